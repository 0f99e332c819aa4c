// SPDX-License-Identifier: BSD-3-Clause
/* nn_tile.cuh - one tile of a matrix product by one block.
 *
 * Threads hold RM x RN results in registers; slabs of KB terms go through two shared buffers, the next one being fetched into
 * registers while the present one is used, so there is one barrier per slab. Slabs are k-major, so that a thread reads its RM
 * (RN) factors with one wide load. The finished tile goes through shared memory once more: the epilogue sees (row, column, value)
 * with neighbouring threads on neighbouring columns, and all its global accesses are coalesced. */
#ifndef KD_NN_TILE_CUH
#define KD_NN_TILE_CUH

#include "kernels/cuda/lane.cuh"

template <int TM_, int TN_, int RM_, int RN_>
struct nn_tile {
    static constexpr bool TENSOR = false;
    static constexpr int TM = TM_, TN = TN_, RM = RM_, RN = RN_, KB = 16;
    static constexpr int THREADS = (TM / RM) * (TN / RN);
    static constexpr int BLOCKS = THREADS > 256 ? 1 : 2; /* per multiprocessor, at least: bounds the registers */
    static constexpr int LDA = TM + 4, LDB = TN + 4; /* 4: rows stay aligned for wide loads, stores conflict less */
    static constexpr int SLAB = KB * (LDA + LDB), OUT = TM * (TN + 1);
    static constexpr int SHARED = 2 * SLAB > OUT ? 2 * SLAB : OUT; /* numbers */
    static constexpr int FETCH_A = (TM * KB + THREADS - 1) / THREADS, FETCH_B = (TN * KB + THREADS - 1) / THREADS;
};

/* The same product by the tensor cores: factors rounded to bfloat16, sums in FP32. A warp holds 32 x 16 results, as 2 x 2 fragments. */
template <int TM_, int TN_>
struct nn_tile_bf16 {
    static constexpr bool TENSOR = true;
    static constexpr int TM = TM_, TN = TN_, KB = 16, ROWS = 32, COLUMNS = 16; /* of a warp */
    static constexpr int THREADS = 32 * (TM / ROWS) * (TN / COLUMNS);
    static constexpr int BLOCKS = 2;
    static constexpr int LD = KB + 8; /* bfloat16: rows of 12 words, so that the 8 rows of a fragment fall into different banks */
    static constexpr int SLAB = (TM + TN) * LD, OUT = TM * (TN + 1);
    static constexpr int SHARED = SLAB > OUT ? SLAB : OUT; /* floats: two slabs of bfloat16 */
    static constexpr int FETCH_A = (TM * KB + THREADS - 1) / THREADS, FETCH_B = (TN * KB + THREADS - 1) / THREADS;
};

template <class T, int N>
struct alignas(sizeof(T) * N > 16 ? 16 : sizeof(T) * N) nn_pack {
    T v[N];
};

/* Element `at` of a slab of `width` rows (or columns) and KB terms, counted along the direction in which its source is contiguous. */
template <int KB>
__device__ __forceinline__ bool nn_place(bool along_k, int width, int at, int *m, int *k)
{
    *m = along_k ? at / KB : at % width;
    *k = along_k ? at % KB : at / width;
    return *m < width && *k < KB;
}

/* One slab of factors from registers into shared memory, a row of KB terms per row of A and column of B. */
template <class S, bool ALONG_K, int N>
__device__ __forceinline__ void nn_store_bf16(int width, const float (&fetched)[N], __nv_bfloat16 *rows)
{
    int m, k;
#pragma unroll
    for (int j = 0; j < N; j++)
        if (nn_place<S::KB>(ALONG_K, width, threadIdx.x + j * S::THREADS, &m, &k))
            rows[m * S::LD + k] = __float2bfloat16_rn(fetched[j]);
}

/* Two neighbouring terms as the 32 bits that a fragment wants. */
__device__ __forceinline__ unsigned nn_pair(const __nv_bfloat16 *at)
{
    return *reinterpret_cast<const unsigned *>(at);
}

/* nn_tile_product on the tensor cores. */
template <class S, bool A_ALONG_K, bool B_ALONG_K, class A, class B>
__device__ __forceinline__ void nn_tensor_product(int n_k, A a, B b, float *shared)
{
    const int t = threadIdx.x, warp = t / 32, g = t % 32 / 4, q = t % 4;
    const int row = warp / (S::TN / S::COLUMNS) * S::ROWS, column = warp % (S::TN / S::COLUMNS) * S::COLUMNS;
    __nv_bfloat16 *slabs = reinterpret_cast<__nv_bfloat16 *>(shared);
    float d[2][2][4] = {}, fetch_a[S::FETCH_A], fetch_b[S::FETCH_B];
    const auto fetch = [&](int k0) {
        int m, k;
#pragma unroll
        for (int j = 0; j < S::FETCH_A; j++)
            fetch_a[j] = nn_place<S::KB>(A_ALONG_K, S::TM, t + j * S::THREADS, &m, &k) && k0 + k < n_k ? a(m, k0 + k) : 0.0f;
#pragma unroll
        for (int j = 0; j < S::FETCH_B; j++)
            fetch_b[j] = nn_place<S::KB>(B_ALONG_K, S::TN, t + j * S::THREADS, &m, &k) && k0 + k < n_k ? b(k0 + k, m) : 0.0f;
    };
    fetch(0);
    nn_store_bf16<S, A_ALONG_K>(S::TM, fetch_a, slabs);
    nn_store_bf16<S, B_ALONG_K>(S::TN, fetch_b, slabs + S::TM * S::LD);
    __syncthreads();
    for (int k0 = 0, half = 0; k0 < n_k; k0 += S::KB, half ^= 1) {
        const __nv_bfloat16 *left = slabs + half * S::SLAB + (row + g) * S::LD + 2 * q;
        const __nv_bfloat16 *right = slabs + half * S::SLAB + (S::TM + column + g) * S::LD + 2 * q;
        const bool more = k0 + S::KB < n_k;
        if (more)
            fetch(k0 + S::KB);
#pragma unroll
        for (int j = 0; j < 2; j++) {
            const unsigned fb[2] = {nn_pair(right + 8 * j * S::LD), nn_pair(right + 8 * j * S::LD + 8)};
#pragma unroll
            for (int i = 0; i < 2; i++) {
                const __nv_bfloat16 *at = left + 16 * i * S::LD;
                const unsigned fa[4] = {nn_pair(at), nn_pair(at + 8 * S::LD), nn_pair(at + 8), nn_pair(at + 8 * S::LD + 8)};
                mma_m16n8k16_bf16(d[i][j], fa, fb);
            }
        }
        if (more) {
            nn_store_bf16<S, A_ALONG_K>(S::TM, fetch_a, slabs + (half ^ 1) * S::SLAB);
            nn_store_bf16<S, B_ALONG_K>(S::TN, fetch_b, slabs + (half ^ 1) * S::SLAB + S::TM * S::LD);
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 2; i++)
#pragma unroll
        for (int j = 0; j < 2; j++)
#pragma unroll
            for (int e = 0; e < 4; e++)
                shared[(row + 16 * i + g + 8 * (e / 2)) * (S::TN + 1) + column + 8 * j + 2 * q + e % 2] = d[i][j][e];
    __syncthreads();
}

/* nn_tile_product on the FP32 or FP64 lanes. */
template <class T, class S, bool A_ALONG_K, bool B_ALONG_K, class A, class B>
__device__ __forceinline__ void nn_simt_product(int n_k, A a, B b, T *shared)
{
    const int t = threadIdx.x, tx = t % (S::TN / S::RN), ty = t / (S::TN / S::RN);
    T c[S::RM][S::RN], fetch_a[S::FETCH_A], fetch_b[S::FETCH_B];
#pragma unroll
    for (int r = 0; r < S::RM; r++)
#pragma unroll
        for (int q = 0; q < S::RN; q++)
            c[r][q] = 0;

    const auto fetch = [&](int k0) {
        int m, k;
#pragma unroll
        for (int j = 0; j < S::FETCH_A; j++)
            fetch_a[j] = nn_place<S::KB>(A_ALONG_K, S::TM, t + j * S::THREADS, &m, &k) && k0 + k < n_k ? a(m, k0 + k) : T(0);
#pragma unroll
        for (int j = 0; j < S::FETCH_B; j++)
            fetch_b[j] = nn_place<S::KB>(B_ALONG_K, S::TN, t + j * S::THREADS, &m, &k) && k0 + k < n_k ? b(k0 + k, m) : T(0);
    };
    const auto store = [&](T *slab) {
        int m, k;
#pragma unroll
        for (int j = 0; j < S::FETCH_A; j++)
            if (nn_place<S::KB>(A_ALONG_K, S::TM, t + j * S::THREADS, &m, &k))
                slab[k * S::LDA + m] = fetch_a[j];
#pragma unroll
        for (int j = 0; j < S::FETCH_B; j++)
            if (nn_place<S::KB>(B_ALONG_K, S::TN, t + j * S::THREADS, &m, &k))
                slab[S::KB * S::LDA + k * S::LDB + m] = fetch_b[j];
    };

    fetch(0);
    store(shared);
    __syncthreads();
    for (int k0 = 0, half = 0; k0 < n_k; k0 += S::KB, half ^= 1) {
        const T *slab = shared + half * S::SLAB;
        const bool more = k0 + S::KB < n_k;
        if (more)
            fetch(k0 + S::KB);
#pragma unroll(64 / sizeof(T) / sizeof(T))
        for (int k = 0; k < S::KB; k++) {
            const auto p = *reinterpret_cast<const nn_pack<T, S::RM> *>(slab + k * S::LDA + ty * S::RM);
            const auto q = *reinterpret_cast<const nn_pack<T, S::RN> *>(slab + S::KB * S::LDA + k * S::LDB + tx * S::RN);
#pragma unroll
            for (int i = 0; i < S::RM; i++)
#pragma unroll
                for (int j = 0; j < S::RN; j++)
                    c[i][j] += p.v[i] * q.v[j];
        }
        if (more)
            store(shared + (half ^ 1) * S::SLAB);
        __syncthreads();
    }
#pragma unroll
    for (int r = 0; r < S::RM; r++)
#pragma unroll
        for (int q = 0; q < S::RN; q++)
            shared[(ty * S::RM + r) * (S::TN + 1) + tx * S::RN + q] = c[r][q];
    __syncthreads();
}

/* a(row, k) and b(k, column) give factors, 0 outside the matrices; A_ALONG_K and B_ALONG_K say in which direction the source is
 * contiguous. Leaves the tile in shared[row * (TN + 1) + column], synchronised. */
template <class T, class S, bool A_ALONG_K, bool B_ALONG_K, class A, class B>
__device__ __forceinline__ void nn_tile_product(int n_k, A a, B b, T *shared)
{
    if constexpr (S::TENSOR) {
        nn_tensor_product<S, A_ALONG_K, B_ALONG_K>(n_k, a, b, shared);
    } else {
        nn_simt_product<T, S, A_ALONG_K, B_ALONG_K>(n_k, a, b, shared);
    }
}

/* f(row, column, value) for every element of the tile. */
template <class T, class S, class F>
__device__ __forceinline__ void nn_tile_each(const T *shared, F f)
{
    for (int at = threadIdx.x; at < S::TM * S::TN; at += S::THREADS)
        f(at / S::TN, at % S::TN, shared[at / S::TN * (S::TN + 1) + at % S::TN]);
}

#endif
