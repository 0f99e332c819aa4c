// SPDX-License-Identifier: BSD-3-Clause
/* warp.cu - shuffles, votes, reductions, matrix fragments. */
#include "selftest.h"

namespace
{
/* ---- shuffles, on 40 threads: one full warp and one of 8 lanes ---- */

__global__ void shuffle_kernel(int *out)
{
    const int lane = threadIdx.x % 32, v = 100 + threadIdx.x;
    const unsigned mask = threadIdx.x < 32 ? 0xffffffffu : 0xffu;
    int *mine = out + 6 * threadIdx.x;
    mine[0] = __shfl_sync(mask, v, 3);
    mine[1] = __shfl_xor_sync(mask, v, 5);
    mine[2] = __shfl_down_sync(mask, v, 2, 8);
    mine[3] = __shfl_up_sync(mask, v, 3, 8);
    mine[4] = __shfl_sync(mask, v, lane + 9, 8);
    mine[5] = int(__shfl_xor_sync(mask, 0.5 * v, 4) * 2);
}

bool shuffles_take_the_right_lane()
{
    const std::vector<int> got = results_of<int>(shuffle_kernel, 40, 240);
    for (int t = 0; t < 40; t++) {
        const int base = 100 + t / 32 * 32, lane = t % 32, group = lane & ~7;
        const int want[6] = {base + 3,
                             base + (lane ^ 5),
                             (lane & 7) + 2 < 8 ? base + lane + 2 : base + lane,
                             (lane & 7) >= 3 ? base + lane - 3 : base + lane,
                             base + group + ((lane + 9) & 7),
                             base + (lane ^ 4)};
        for (int i = 0; i < 6; i++)
            if (got[6 * t + i] != want[i]) {
                fprintf(stderr, "thread %d, shuffle %d: %d, expected %d\n", t, i, got[6 * t + i], want[i]);
                return false;
            }
    }
    return true;
}

__global__ void vote_kernel(unsigned *out)
{
    const unsigned t = threadIdx.x;
    unsigned *mine = out + 8 * t;
    mine[0] = __ballot_sync(0xffffffffu, t % 3 == 0);
    mine[1] = unsigned(__any_sync(0xffffffffu, t == 7));
    mine[2] = unsigned(__all_sync(0xffffffffu, t < 31));
    mine[3] = __match_any_sync(0xffffffffu, t % 4);
    mine[4] = __reduce_add_sync(0xffffffffu, t);
    mine[5] = __reduce_max_sync(0xffffffffu, t ^ 5u);
    mine[6] = unsigned(__reduce_min_sync(0xffffffffu, int(t) - 10) + 10);
    /* Two halves that do not wait for each other. */
    mine[7] = t < 16 ? __reduce_add_sync(0x0000ffffu, t) : __reduce_or_sync(0xffff0000u, 1u << (t - 16));
}

bool votes_and_reductions_see_every_lane()
{
    const std::vector<unsigned> got = results_of<unsigned>(vote_kernel, 32, 256);
    for (unsigned t = 0; t < 32; t++) {
        const unsigned want[8] = {0x49249249u, 1,  0, 0x11111111u << t % 4,
                                  496,         31, 0, t < 16 ? 120u : 0xffffu};
        for (int i = 0; i < 8; i++)
            if (got[8 * t + i] != want[i]) {
                fprintf(stderr, "lane %u, vote %d: %x, expected %x\n", t, i, got[8 * t + i], want[i]);
                return false;
            }
    }
    return true;
}

__global__ void count_kernel(int *out)
{
    out[3 * threadIdx.x] = __syncthreads_count(threadIdx.x % 5 == 0);
    out[3 * threadIdx.x + 1] = __syncthreads_and(threadIdx.x < 99);
    out[3 * threadIdx.x + 2] = __syncthreads_or(threadIdx.x == 99);
    if (threadIdx.x >= 90)
        return; /* those who left are not waited for */
    __syncthreads();
}

bool barriers_count_the_block()
{
    const std::vector<int> got = results_of<int>(count_kernel, 100, 300);
    for (int t = 0; t < 100; t++)
        if (got[3 * t] != 20 || got[3 * t + 1] != 0 || got[3 * t + 2] != 1)
            return false;
    return true;
}

/* ---- d[16][8] = a[16][16] b[16][8], fragments loaded by hand and by ldmatrix ---- */

template <class Half>
__global__ void product_kernel(float *d, const Half *a, const Half *b_transposed, bool by_ldmatrix)
{
    __shared__ __align__(16) Half ta[16][16], tb[16][8];
    const int lane = threadIdx.x, g = lane / 4, t = lane % 4;
    for (int i = lane; i < 256; i += 32)
        ta[i / 16][i % 16] = a[i];
    for (int i = lane; i < 128; i += 32)
        tb[i % 16][i / 16] = b_transposed[i];
    __syncwarp();
    unsigned fa[4], fb[2];
    float sum[4] = {0, 0, 0, 0};
    if (by_ldmatrix) {
        ldmatrix_x4(fa, &ta[lane % 8 + lane / 8 % 2 * 8][lane / 16 * 8]);
        ldmatrix_x2_trans(fb, &tb[lane % 16][0]);
    } else {
        for (int i = 0; i < 4; i++)
            memcpy(&fa[i], &ta[g + 8 * (i % 2)][2 * t + 8 * (i / 2)], 4);
        for (int i = 0; i < 2; i++)
            memcpy(&fb[i], &b_transposed[g * 16 + 2 * t + 8 * i], 4);
    }
    if (sizeof(Half) == 2 && std::is_same<Half, __half>::value)
        mma_m16n8k16_f16(sum, fa, fb);
    else
        mma_m16n8k16_bf16(sum, fa, fb);
    for (int i = 0; i < 4; i++)
        d[(g + 8 * (i / 2)) * 8 + 2 * t + i % 2] = sum[i];
}

template <class Half> bool product_is_right(Half (*round)(float), bool by_ldmatrix)
{
    std::vector<Half> a(256), b(128);
    std::vector<float> fa(256), fb(128);
    for (int i = 0; i < 256; i++)
        a[i] = round(fa[i] = float(i * 7 % 9 - 4));
    for (int i = 0; i < 128; i++)
        b[i] = round(fb[i] = 0.5f * float(i * 5 % 7) - 1);
    device_array<Half> da(a), db(b);
    const std::vector<float> d =
        results_of<float>(product_kernel<Half>, 32, 128, static_cast<const Half *>(da.p),
                          static_cast<const Half *>(db.p), by_ldmatrix);
    for (int row = 0; row < 16; row++)
        for (int column = 0; column < 8; column++) {
            float want = 0; /* small integers and halves: exact in every type */
            for (int k = 0; k < 16; k++)
                want += fa[row * 16 + k] * fb[column * 16 + k];
            if (d[row * 8 + column] != want)
                return false;
        }
    return true;
}

__half to_half(float x)
{
    return __float2half_rn(x);
}
__nv_bfloat16 to_bfloat16(float x)
{
    return __float2bfloat16_rn(x);
}

bool half_matrices_multiply()
{
    return product_is_right(to_half, false) && product_is_right(to_half, true);
}
bool bfloat16_matrices_multiply()
{
    return product_is_right(to_bfloat16, false) && product_is_right(to_bfloat16, true);
}

/* ---- a pipeline of asynchronous copies, two groups in flight ---- */

__global__ void pipeline_kernel(float *out, const float *x)
{
    __shared__ __align__(16) float stage[2][128];
    for (int step = 0; step < 5; step++) {
        if (step < 4)
            cp_async16(&stage[step % 2][4 * threadIdx.x], x + 128 * step + 4 * threadIdx.x);
        cp_async_commit();
        if (step == 0)
            continue;
        cp_async_wait<1>();
        __syncwarp();
        for (int i = threadIdx.x; i < 128; i += 32)
            out[128 * (step - 1) + i] = 2 * stage[(step - 1) % 2][i];
        __syncwarp();
    }
}

bool asynchronous_copies_arrive_in_order()
{
    std::vector<float> x(512), want(512);
    for (int i = 0; i < 512; i++)
        want[i] = 2 * (x[i] = float(i));
    device_array<float> dx(x);
    return results_of<float>(pipeline_kernel, 32, 512, static_cast<const float *>(dx.p)) == want;
}
} // namespace

const std::vector<statement> warp_statements = {
    {"shuffles take the right lane", shuffles_take_the_right_lane},
    {"votes and reductions see every lane", votes_and_reductions_see_every_lane},
    {"barriers count the block and let leavers go", barriers_count_the_block},
    {"f16 fragments multiply as matrices", half_matrices_multiply},
    {"bf16 fragments multiply as matrices", bfloat16_matrices_multiply},
    {"asynchronous copies arrive in order", asynchronous_copies_arrive_in_order},
};
