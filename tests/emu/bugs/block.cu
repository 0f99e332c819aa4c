// SPDX-License-Identifier: BSD-3-Clause
/* block.cu - bugs inside one block: barriers, warps, shared memory. */
#include "bugs.h"

namespace
{
/* ---- a barrier is missing between the two steps of a reduction ---- */

template <bool BUG>
__global__ void __launch_bounds__(256) sum_kernel(const float *__restrict__ x, float *__restrict__ sum)
{
    __shared__ float part[8];
    float s = x[threadIdx.x];
    for (int offset = 16; offset > 0; offset /= 2)
        s += __shfl_xor_sync(0xffffffffu, s, offset);
    if (threadIdx.x % 32 == 0)
        part[threadIdx.x / 32] = s;
    if (!BUG)
        __syncthreads();
    if (threadIdx.x == 0) {
        for (int w = 1; w < 8; w++)
            s += part[w];
        *sum = s;
    }
}

bool reduction_without_barrier(bool planted)
{
    device_array<float> x(std::vector<float>(256, 1.0f)), sum(1);
    MUST(planted ? LAUNCH(sum_kernel<true>, dim3(1), dim3(256), 0, 0, x.p, sum.p)
                 : LAUNCH(sum_kernel<false>, dim3(1), dim3(256), 0, 0, x.p, sum.p));
    MUST(cudaDeviceSynchronize());
    return sum.download()[0] == 256.0f;
}

/* ---- the tile is refilled while others still read it ---- */

constexpr int TILE = 16;

template <bool BUG>
__global__ void gemm_kernel(const float *__restrict__ a, const float *__restrict__ b, float *__restrict__ c,
                            int n)
{
    __shared__ float ta[TILE][TILE], tb[TILE][TILE];
    const int row = blockIdx.y * TILE + threadIdx.y, column = blockIdx.x * TILE + threadIdx.x;
    float s = 0;
    for (int k = 0; k < n; k += TILE) {
        ta[threadIdx.y][threadIdx.x] = a[row * n + k + threadIdx.x];
        tb[threadIdx.y][threadIdx.x] = b[(k + threadIdx.y) * n + column];
        __syncthreads();
        for (int j = 0; j < TILE; j++)
            s += ta[threadIdx.y][j] * tb[j][threadIdx.x];
        if (!BUG)
            __syncthreads();
    }
    c[row * n + column] = s;
}

bool gemm_without_second_barrier(bool planted)
{
    const int n = 32;
    std::vector<float> a(n * n), b(n * n);
    for (int i = 0; i < n * n; i++) {
        a[i] = float(i * 37 % 11 - 5);
        b[i] = float(i * 53 % 13 - 6);
    }
    device_array<float> da(a), db(b), dc(n * n);
    MUST(planted ? LAUNCH(gemm_kernel<true>, dim3(2, 2), dim3(TILE, TILE), 0, 0, da.p, db.p, dc.p, n)
                 : LAUNCH(gemm_kernel<false>, dim3(2, 2), dim3(TILE, TILE), 0, 0, da.p, db.p, dc.p, n));
    MUST(cudaDeviceSynchronize());
    const std::vector<float> c = dc.download();
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            float s = 0;
            for (int k = 0; k < n; k++)
                s += a[i * n + k] * b[k * n + j];
            if (s != c[i * n + j])
                return false;
        }
    return true;
}

/* ---- a histogram counts without atomics ---- */

template <bool BUG>
__global__ void histogram_kernel(const int *__restrict__ bin, int n, int n_bin, int *__restrict__ count)
{
    DYN_SHARED(int, mine);
    for (int i = threadIdx.x; i < n_bin; i += blockDim.x)
        mine[i] = 0;
    __syncthreads();
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        if (BUG)
            mine[bin[i]]++;
        else
            atomicAdd(&mine[bin[i]], 1);
    }
    __syncthreads();
    for (int i = threadIdx.x; i < n_bin; i += blockDim.x)
        count[i] = mine[i];
}

bool histogram_without_atomics(bool planted)
{
    const int n = 1000, n_bin = 16;
    std::vector<int> bin(n), want(n_bin, 0);
    for (int i = 0; i < n; i++)
        want[bin[i] = i * 7919 % n_bin]++;
    device_array<int> d_bin(bin), count(n_bin);
    const size_t bytes = n_bin * sizeof(int);
    MUST(planted ? LAUNCH(histogram_kernel<true>, dim3(1), dim3(128), bytes, 0, d_bin.p, n, n_bin, count.p)
                 : LAUNCH(histogram_kernel<false>, dim3(1), dim3(128), bytes, 0, d_bin.p, n, n_bin, count.p));
    MUST(cudaDeviceSynchronize());
    return count.download() == want;
}

/* ---- one step too far in shared memory lands in the neighbouring array ---- */

template <bool BUG> __global__ void neighbour_kernel(float *out)
{
    __shared__ float first[64], second[64];
    first[threadIdx.x] = 1;
    second[threadIdx.x] = 2;
    __syncthreads();
    out[threadIdx.x] = first[threadIdx.x + (BUG ? 1 : 0)] + 0 * second[63 - threadIdx.x];
}

bool shared_out_of_bounds(bool planted)
{
    device_array<float> out(64);
    MUST(planted ? LAUNCH(neighbour_kernel<true>, dim3(1), dim3(64), 0, 0, out.p)
                 : LAUNCH(neighbour_kernel<false>, dim3(1), dim3(64), 0, 0, out.p));
    MUST(cudaDeviceSynchronize());
    return out.download() == std::vector<float>(64, 1.0f);
}

/* ---- shared memory is read before the asynchronous copy has arrived ---- */

template <bool BUG> __global__ void staged_kernel(const float *__restrict__ x, float *__restrict__ out)
{
    __shared__ __align__(16) float tile[128];
    cp_async16(tile + 4 * threadIdx.x, x + 4 * threadIdx.x);
    cp_async_commit();
    if (!BUG)
        cp_async_wait<0>();
    __syncthreads();
    for (int i = threadIdx.x; i < 128; i += 32)
        out[i] = tile[i];
}

bool copy_without_wait(bool planted)
{
    std::vector<float> x(128);
    for (int i = 0; i < 128; i++)
        x[i] = float(i);
    device_array<float> dx(x), out(128);
    MUST(planted ? LAUNCH(staged_kernel<true>, dim3(1), dim3(32), 0, 0, dx.p, out.p)
                 : LAUNCH(staged_kernel<false>, dim3(1), dim3(32), 0, 0, dx.p, out.p));
    MUST(cudaDeviceSynchronize());
    return out.download() == x;
}

/* ---- half of the block waits at another barrier ---- */

template <bool BUG> __global__ void diverging_kernel(int *out)
{
    if (BUG && threadIdx.x < 32) {
        __syncthreads();
        out[threadIdx.x] = 1;
    } else {
        out[threadIdx.x] = 1;
        __syncthreads();
    }
}

bool divergent_barrier(bool planted)
{
    device_array<int> out(64);
    MUST(planted ? LAUNCH(diverging_kernel<true>, dim3(1), dim3(64), 0, 0, out.p)
                 : LAUNCH(diverging_kernel<false>, dim3(1), dim3(64), 0, 0, out.p));
    MUST(cudaDeviceSynchronize());
    return out.download() == std::vector<int>(64, 1);
}

/* ---- some lanes shuffle, the others wait at the block's barrier ---- */

template <bool BUG> __global__ void stuck_kernel(int *out)
{
    int v = threadIdx.x;
    if (!BUG || threadIdx.x < 16)
        v = __shfl_sync(0xffffffffu, v, 0);
    __syncthreads();
    out[threadIdx.x] = v;
}

bool deadlock(bool planted)
{
    device_array<int> out(32);
    MUST(planted ? LAUNCH(stuck_kernel<true>, dim3(1), dim3(32), 0, 0, out.p)
                 : LAUNCH(stuck_kernel<false>, dim3(1), dim3(32), 0, 0, out.p));
    MUST(cudaDeviceSynchronize());
    return out.download() == std::vector<int>(32, 0);
}

/* ---- a lane takes part in a shuffle under a mask that leaves it out ---- */

template <bool BUG> __global__ void masked_kernel(int *out)
{
    out[threadIdx.x] = __shfl_xor_sync(BUG ? 0x7fffffffu : 0xffffffffu, int(threadIdx.x), 1);
}

bool lane_outside_its_mask(bool planted)
{
    device_array<int> out(32);
    MUST(planted ? LAUNCH(masked_kernel<true>, dim3(1), dim3(32), 0, 0, out.p)
                 : LAUNCH(masked_kernel<false>, dim3(1), dim3(32), 0, 0, out.p));
    MUST(cudaDeviceSynchronize());
    return out.download()[31] == 30;
}

/* ---- code of the time when a warp ran in lockstep ---- */

template <bool BUG> __global__ void lockstep_kernel(float *x)
{
    __shared__ float s[32];
    const int lane = threadIdx.x;
    s[lane] = x[lane];
    if (!BUG)
        __syncwarp();
    for (int offset = 16; offset > 0; offset /= 2) {
        const float other = lane < offset ? s[lane + offset] : 0;
        if (!BUG)
            __syncwarp();
        if (lane < offset)
            s[lane] += other;
        if (!BUG)
            __syncwarp();
    }
    x[lane] = s[0];
}

bool warp_without_sync(bool planted)
{
    device_array<float> x(std::vector<float>(32, 1.0f));
    MUST(planted ? LAUNCH(lockstep_kernel<true>, dim3(1), dim3(32), 0, 0, x.p)
                 : LAUNCH(lockstep_kernel<false>, dim3(1), dim3(32), 0, 0, x.p));
    MUST(cudaDeviceSynchronize());
    return x.download() == std::vector<float>(32, 32.0f);
}
} // namespace

const std::vector<planted_bug> block_bugs = {
    {"reduction_without_barrier", reduction_without_barrier},
    {"gemm_without_second_barrier", gemm_without_second_barrier},
    {"histogram_without_atomics", histogram_without_atomics},
    {"shared_out_of_bounds", shared_out_of_bounds},
    {"copy_without_wait", copy_without_wait},
    {"divergent_barrier", divergent_barrier},
    {"deadlock", deadlock},
    {"lane_outside_its_mask", lane_outside_its_mask},
    {"warp_without_sync", warp_without_sync},
};
