// SPDX-License-Identifier: BSD-3-Clause
/* xas_kernels.cuh - the recurrence of Lanczos chains over all chains of one precision (xas.cu).
 *
 * From the sums <u|w>, <w|w>, <u|u> of w = H u - b_(n-1) u_(n-1):  a = <u|w>,  b^2 = |w - a u|^2 = <w|w> - a^2 (2 - <u|u>),  so that the next
 * vector takes one pass. With 1 in place of <u|u> an error of the norm would grow by (a/b)^2 a step. Sums are left in chunks, in FP64; whoever
 * needs one adds the chunks up again, in a fixed order, so that no kernel waits for another block. */
#ifndef KD_CUDA_XAS_KERNELS_CUH
#define KD_CUDA_XAS_KERNELS_CUH

#include "kernels/cuda/pw.cuh"
#include "kernels/cuda/pw_factors.cuh"
#include "kernels/cuda/sum.cuh"

/* Steps of a graph: a multiple of 3, and a few hundred kernels, which take about as long to capture as to launch. */
enum { CHUNK = 4096, THREADS = 256, MOST_K = 32, SPAN = 12 };

struct chains { /* of up to MOST_K k-points of one precision, by value */
    void *w[MOST_K];
    const void *u[MOST_K], *before[MOST_K];
    size_t n[MOST_K], ld[MOST_K]; /* reals */
    int row[MOST_K];              /* k-point of the block: chain row * n_pol + polarisation */
    int chunks[MOST_K];           /* of when.n_chunk that are set */
    int n_k, n_pol;
    chain_step when;
    double *norm, *a, *b;
    double *sums; /* [chain][CHAIN_SUMS][n_chunk] */
};

/* What the thread block of (chunk, polarisation, k) works on. */
struct portion {
    size_t first, last, at; /* reals of the chunk; where the vector starts */
    size_t chain;
};

static __device__ __forceinline__ portion portion_of(const chains &c)
{
    const int k = blockIdx.z, v = blockIdx.y;
    const size_t first = static_cast<size_t>(blockIdx.x) * CHUNK, end = first + CHUNK;
    return {first, end < c.n[k] ? end : c.n[k], v * c.ld[k], static_cast<size_t>(c.row[k]) * c.n_pol + v};
}

static __device__ __forceinline__ void keep_sums(const chains &c, const portion &p, double (&mine)[CHAIN_SUMS])
{
    __shared__ double shared[CHAIN_SUMS * THREADS / 32];
    double total[CHAIN_SUMS];
    block_sums<THREADS, CHAIN_SUMS>(mine, shared, total);
    if (threadIdx.x == 0 && static_cast<int>(blockIdx.x) < c.chunks[blockIdx.z])
#pragma unroll
        for (int i = 0; i < CHAIN_SUMS; i++)
            c.sums[(p.chain * CHAIN_SUMS + i) * c.when.n_chunk + blockIdx.x] = total[i];
}

/* w -= b_(n-1) u_(n-1), and the sums: what the last pass of projectors that are taken apart does on its way. */
template <class T>
static __global__ void __launch_bounds__(THREADS) chain_sums_kernel(const chains c)
{
    const portion p = portion_of(c);
    T *w = static_cast<T *>(c.w[blockIdx.z]) + p.at;
    const T *u = static_cast<const T *>(c.u[blockIdx.z]) + p.at, *before = static_cast<const T *>(c.before[blockIdx.z]) + p.at;
    const int step = number_of(c.when);
    const T b = step > 0 ? static_cast<T>(c.b[p.chain * c.when.n_max + step - 1]) : 0;
    double mine[CHAIN_SUMS] = {};
    for (size_t g = p.first + threadIdx.x; g < p.last; g += THREADS) {
        const T x = w[g] - b * before[g];
        const double wide = static_cast<double>(x), of_u = static_cast<double>(u[g]);
        w[g] = x;
        mine[CHAIN_UW] += wide * of_u;
        mine[CHAIN_WW] += wide * wide;
        mine[CHAIN_UU] += of_u * of_u;
    }
    keep_sums(c, p, mine);
}

/* The norm of a start vector as the sums of a step with a = 0. */
template <class T>
static __global__ void __launch_bounds__(THREADS) chain_norm_kernel(const chains c)
{
    const portion p = portion_of(c);
    const T *w = static_cast<const T *>(c.w[blockIdx.z]) + p.at;
    double mine[CHAIN_SUMS] = {};
    for (size_t g = p.first + threadIdx.x; g < p.last; g += THREADS)
        mine[CHAIN_WW] += static_cast<double>(w[g]) * static_cast<double>(w[g]);
    keep_sums(c, p, mine);
}

/* w = (w - a_n u_n) / b_n, or 0 where b_n is 0; stores a_n and b_n, or (step < 0, where u is w and a is 0) the norm of the start vector. */
template <class T>
static __global__ void __launch_bounds__(THREADS) chain_next_kernel(const chains c)
{
    __shared__ double shared[CHAIN_SUMS * THREADS / 32];
    const portion p = portion_of(c);
    double mine[CHAIN_SUMS] = {}, sum[CHAIN_SUMS];
#pragma unroll
    for (int i = 0; i < CHAIN_SUMS; i++)
        for (int chunk = threadIdx.x; chunk < c.chunks[blockIdx.z]; chunk += THREADS)
            mine[i] += c.sums[(p.chain * CHAIN_SUMS + i) * c.when.n_chunk + chunk];
    block_sums<THREADS, CHAIN_SUMS>(mine, shared, sum);
    const double a = sum[CHAIN_UW], square = sum[CHAIN_WW] - a * a * (2 - sum[CHAIN_UU]), b = square > 0 ? sqrt(square) : 0;
    T *w = static_cast<T *>(c.w[blockIdx.z]) + p.at;
    const T *u = static_cast<const T *>(c.u[blockIdx.z]) + p.at;
    const T scale = b > 0 ? static_cast<T>(1 / b) : 0, part = static_cast<T>(a);
    for (size_t g = p.first + threadIdx.x; g < p.last; g += THREADS)
        w[g] = scale * (w[g] - part * u[g]);
    if (blockIdx.x != 0 || threadIdx.x != 0)
        return;
    if (c.when.step < 0) {
        c.norm[p.chain] = b;
        return;
    }
    const size_t at = p.chain * c.when.n_max + number_of(c.when);
    c.a[at] = a;
    c.b[at] = b;
}

/* The counter of a graph's steps becomes `first`, or (first < 0) moves on by SPAN. */
static __global__ void __launch_bounds__(1) chain_count_kernel(int *count, int first)
{
    *count = first < 0 ? *count + SPAN : first;
}

#endif
