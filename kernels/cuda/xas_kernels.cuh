// SPDX-License-Identifier: BSD-3-Clause
/* xas_kernels.cuh - the recurrence of Lanczos chains: three kernels a step over all chains of one precision (xas.cu).
 *
 * Sums go over chunks of CHUNK reals in FP64; whoever needs a sum adds its chunks up again, in order, so that no kernel waits for another
 * block. */
#ifndef KD_CUDA_XAS_KERNELS_CUH
#define KD_CUDA_XAS_KERNELS_CUH

#include "kernels/cuda/pw.cuh"
#include "kernels/cuda/sum.cuh"

/* Steps of a graph: a multiple of 3, and a few hundred kernels, which take about as long to capture as to launch. */
enum { CHUNK = 4096, THREADS = 256, MOST_K = 32, SPAN = 12 };

struct chains { /* of up to MOST_K k-points of one precision, by value */
    void *w[MOST_K];
    const void *u[MOST_K], *before[MOST_K];
    size_t n[MOST_K], ld[MOST_K]; /* reals */
    int row[MOST_K];              /* k-point of the block: chain row * n_pol + polarisation */
    int n_k, n_pol, n_max, n_chunk;
    int step;         /* -1: the start */
    const int *count; /* on the device: steps before those of the graph; NULL: step is the number itself */
    double *norm, *a, *b;
    double *partial; /* [k][polarisation][chunk] */
};

/* What the thread block of (chunk, polarisation, k) works on. */
struct portion {
    size_t first, last, at; /* reals of the chunk; where the vector starts */
    int chain, partial;
};

static __device__ __forceinline__ portion portion_of(const chains &c)
{
    const int k = blockIdx.z, v = blockIdx.y;
    const size_t first = static_cast<size_t>(blockIdx.x) * CHUNK, end = first + CHUNK;
    return {first, end < c.n[k] ? end : c.n[k], v * c.ld[k], c.row[k] * c.n_pol + v, (k * c.n_pol + v) * c.n_chunk};
}

static __device__ __forceinline__ int step_of(const chains &c)
{
    return c.count ? *c.count + c.step : c.step;
}

static __device__ __forceinline__ double chunks_of(const chains &c, const portion &p)
{
    double sum = 0;
    for (int i = 0; i < c.n_chunk; i++)
        sum += c.partial[p.partial + i];
    return sum;
}

static __device__ __forceinline__ void keep_partial(const chains &c, const portion &p, double sum)
{
    __shared__ double shared[THREADS];
    sum = block_sum<THREADS>(sum, shared);
    if (threadIdx.x == 0)
        c.partial[p.partial + blockIdx.x] = sum;
}

/* w -= b_(n-1) u_(n-1); partial sums of <u_n|w>. */
template <class T>
static __global__ void __launch_bounds__(THREADS) chain_alpha_kernel(const chains c)
{
    const portion p = portion_of(c);
    T *w = static_cast<T *>(c.w[blockIdx.z]) + p.at;
    const T *u = static_cast<const T *>(c.u[blockIdx.z]) + p.at, *before = static_cast<const T *>(c.before[blockIdx.z]) + p.at;
    const int step = step_of(c);
    const T b = step > 0 ? static_cast<T>(c.b[static_cast<size_t>(p.chain) * c.n_max + step - 1]) : 0;
    double sum = 0;
    for (size_t g = p.first + threadIdx.x; g < p.last; g += THREADS) {
        const T x = w[g] - b * before[g];
        w[g] = x;
        sum += static_cast<double>(x) * static_cast<double>(u[g]);
    }
    keep_partial(c, p, sum);
}

/* Stores a_n of the sums before; w -= a_n u_n; partial sums of |w|^2 into the other half of `partial`. */
template <class T>
static __global__ void __launch_bounds__(THREADS) chain_beta_kernel(const chains c, double *next)
{
    const portion p = portion_of(c);
    T *w = static_cast<T *>(c.w[blockIdx.z]) + p.at;
    const T *u = static_cast<const T *>(c.u[blockIdx.z]) + p.at;
    const double a = chunks_of(c, p);
    double sum = 0;
    for (size_t g = p.first + threadIdx.x; g < p.last; g += THREADS) {
        const T x = w[g] - static_cast<T>(a) * u[g];
        w[g] = x;
        sum += static_cast<double>(x) * static_cast<double>(x);
    }
    if (blockIdx.x == 0 && threadIdx.x == 0)
        c.a[static_cast<size_t>(p.chain) * c.n_max + step_of(c)] = a;
    chains to = c;
    to.partial = next;
    keep_partial(to, p, sum);
}

/* Partial sums of |w|^2 of a start vector. */
template <class T>
static __global__ void __launch_bounds__(THREADS) chain_norm_kernel(const chains c)
{
    const portion p = portion_of(c);
    const T *w = static_cast<const T *>(c.w[blockIdx.z]) + p.at;
    double sum = 0;
    for (size_t g = p.first + threadIdx.x; g < p.last; g += THREADS)
        sum += static_cast<double>(w[g]) * static_cast<double>(w[g]);
    keep_partial(c, p, sum);
}

/* w becomes a unit vector, or stays 0; its norm is b_n, or (step < 0) the norm of the start vector. */
template <class T>
static __global__ void __launch_bounds__(THREADS) chain_unit_kernel(const chains c)
{
    const portion p = portion_of(c);
    T *w = static_cast<T *>(c.w[blockIdx.z]) + p.at;
    const double norm = sqrt(chunks_of(c, p));
    const T scale = norm > 0 ? static_cast<T>(1 / norm) : 0;
    for (size_t g = p.first + threadIdx.x; g < p.last; g += THREADS)
        w[g] *= scale;
    if (blockIdx.x != 0 || threadIdx.x != 0)
        return;
    if (c.step < 0)
        c.norm[p.chain] = norm;
    else
        c.b[static_cast<size_t>(p.chain) * c.n_max + step_of(c)] = norm;
}

/* The counter of a graph's steps becomes `first`, or (first < 0) moves on by SPAN. */
static __global__ void __launch_bounds__(1) chain_count_kernel(int *count, int first)
{
    *count = first < 0 ? *count + SPAN : first;
}

#endif
