// SPDX-License-Identifier: BSD-3-Clause
/* xas.cu - Lanczos chains on CUDA: all k-points and polarisations of a site step together, and no number of a step leaves the device.
 *
 * A step is the local part of H of every k-point's block, the nonlocal one of all of them (pw_factors.cu), then three kernels over all chains. Sums go over chunks of CHUNK reals in FP64; whoever needs
 * a sum adds its chunks up again, in order, so that no kernel waits for another block. */
#include "kernels/cuda/pw.cuh"
#include "kernels/cuda/pw_factors.cuh"
#include "kernels/cuda/sum.cuh"

#include <vector>

enum { CHUNK = 4096, THREADS = 256, MOST_K = 32 };

struct chains { /* of up to MOST_K k-points of one precision, by value */
    void *w[MOST_K];
    const void *u[MOST_K], *before[MOST_K];
    size_t n[MOST_K], ld[MOST_K]; /* reals */
    int row[MOST_K];              /* k-point of the block: chain row * n_pol + polarisation */
    int n_k, n_pol, n_max, n_chunk, step;
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
__global__ void __launch_bounds__(THREADS) chain_alpha_kernel(const chains c)
{
    const portion p = portion_of(c);
    T *w = static_cast<T *>(c.w[blockIdx.z]) + p.at;
    const T *u = static_cast<const T *>(c.u[blockIdx.z]) + p.at, *before = static_cast<const T *>(c.before[blockIdx.z]) + p.at;
    const T b = c.step > 0 ? static_cast<T>(c.b[static_cast<size_t>(p.chain) * c.n_max + c.step - 1]) : 0;
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
__global__ void __launch_bounds__(THREADS) chain_beta_kernel(const chains c, double *next)
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
        c.a[static_cast<size_t>(p.chain) * c.n_max + c.step] = a;
    chains to = c;
    to.partial = next;
    keep_partial(to, p, sum);
}

/* Partial sums of |w|^2 of a start vector. */
template <class T>
__global__ void __launch_bounds__(THREADS) chain_norm_kernel(const chains c)
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
__global__ void __launch_bounds__(THREADS) chain_unit_kernel(const chains c)
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
        c.b[static_cast<size_t>(p.chain) * c.n_max + c.step] = norm;
}

/* ---- launches ---- */

static int chunk_count(const struct xas_block *q)
{
    size_t most = 1;
    for (int i = 0; i < q->n_k; i++)
        most = 2 * static_cast<size_t>(q->k[i].h.basis->n_pw) > most ? 2 * static_cast<size_t>(q->k[i].h.basis->n_pw) : most;
    return static_cast<int>((most + CHUNK - 1) / CHUNK);
}

static size_t partial_count(const struct xas_block *q)
{
    return static_cast<size_t>(q->n_k < MOST_K ? q->n_k : MOST_K) * q->n_pol * chunk_count(q);
}

/* The k-points whose projectors are taken apart, at a step. */
static std::vector<factor_block> taken_apart(const struct xas_block *q, int step)
{
    std::vector<factor_block> f;
    for (int i = 0; i < q->n_k; i++) {
        const struct xas_k *k = &q->k[i];
        if (k->h.nonlocal && k->h.nonlocal->factors)
            f.push_back({k->h.basis, k->h.nonlocal->factors, &k->vector[step % 3], &k->vector[(step + 1) % 3]});
    }
    return f;
}

static size_t xas_scratch(const kd_device *dev, const struct xas_block *q)
{
    const std::vector<factor_block> f = taken_apart(q, 0);
    size_t most = f.empty() ? 0 : cuda_factors_scratch(static_cast<int>(f.size()), f.data());
    for (int i = 0; i < q->n_k; i++) {
        const struct xas_k *k = &q->k[i];
        const bool whole = k->h.nonlocal && !k->h.nonlocal->factors;
        const size_t bytes = cuda_pw_ops.scratch(dev, k->h.basis, q->n_pol, whole ? k->h.nonlocal->n_proj : 0);
        most = bytes > most ? bytes : most;
    }
    return most + 2 * kd_scratch_round(partial_count(q) * sizeof(double));
}

/* The k-points of one precision from `next` on; moves `next` behind the last one looked at. */
static chains collect(const struct xas_block *q, bool wide, int step, double *partial, int *next)
{
    chains c = {};
    c.n_pol = q->n_pol;
    c.n_max = q->n_max;
    c.n_chunk = chunk_count(q);
    c.step = step;
    c.norm = q->norm_d;
    c.a = q->a_d;
    c.b = q->b_d;
    c.partial = partial;
    for (; *next < q->n_k && c.n_k < MOST_K; ++*next) {
        const struct xas_k *k = &q->k[*next];
        if (la_is_double(k->h.basis->type) != wide)
            continue;
        const int w = step < 0 ? 0 : (step + 1) % 3, u = step < 0 ? 0 : step % 3, before = step < 0 ? 2 : (step + 2) % 3;
        c.w[c.n_k] = k->vector[w].x_d;
        c.u[c.n_k] = k->vector[u].x_d;
        c.before[c.n_k] = k->vector[before].x_d;
        c.n[c.n_k] = 2 * static_cast<size_t>(k->h.basis->n_pw);
        c.ld[c.n_k] = k->vector[w].ld * la_width(k->h.basis->type);
        c.row[c.n_k++] = *next;
    }
    return c;
}

template <class T>
static kd_status recur(const struct xas_block *q, int step, double *partial[2], cudaStream_t s)
{
    for (int next = 0; next < q->n_k;) {
        chains c = collect(q, sizeof(T) == sizeof(double), step, partial[0], &next);
        const dim3 grid(c.n_chunk, c.n_pol, c.n_k), block(THREADS);
        if (c.n_k == 0)
            continue;
        if (step < 0) {
            CUDA_TRY(LAUNCH(chain_norm_kernel<T>, grid, block, 0, s, c));
        } else {
            CUDA_TRY(LAUNCH(chain_alpha_kernel<T>, grid, block, 0, s, c));
            CUDA_TRY(LAUNCH(chain_beta_kernel<T>, grid, block, 0, s, c, partial[1]));
            c.partial = partial[1];
        }
        CUDA_TRY(LAUNCH(chain_unit_kernel<T>, grid, block, 0, s, c));
    }
    return KD_OK;
}

static kd_status start(kd_device *dev, kd_stream *s, const struct xas_block *q)
{
    const size_t mark = kd_scratch_mark(dev);
    double *partial[2];
    TRY(cuda_bind(dev));
    TRY(scratch(dev, partial_count(q), &partial[0]));
    TRY(scratch(dev, partial_count(q), &partial[1]));
    for (int i = 0; i < q->n_k; i++) {
        const struct la_block *before = &q->k[i].vector[2];
        CUDA_TRY(cudaMemsetAsync(before->x_d, 0, q->n_pol * before->ld * la_size(before->type), cuda_stream(s)));
    }
    TRY(recur<float>(q, -1, partial, cuda_stream(s)));
    TRY(recur<double>(q, -1, partial, cuda_stream(s)));
    kd_scratch_release(dev, mark);
    return KD_OK;
}

static kd_status one_step(kd_device *dev, kd_stream *s, const struct xas_block *q, int step, double *partial[2])
{
    for (int i = 0; i < q->n_k; i++) {
        const struct xas_k *k = &q->k[i];
        struct pw_hamiltonian h = k->h;
        if (h.nonlocal && h.nonlocal->factors)
            h.nonlocal = nullptr;
        TRY(cuda_pw_ops.apply(dev, s, &h, &k->vector[step % 3], &k->vector[(step + 1) % 3]));
    }
    const std::vector<factor_block> f = taken_apart(q, step);
    TRY(cuda_factors_add(dev, s, static_cast<int>(f.size()), f.data()));
    TRY(recur<float>(q, step, partial, cuda_stream(s)));
    return recur<double>(q, step, partial, cuda_stream(s));
}

static kd_status advance(kd_device *dev, kd_stream *s, const struct xas_block *q, int first, int n_step)
{
    if (first < 0 || n_step < 0 || first + n_step > q->n_max)
        FAIL(KD_EINTERNAL, "chains: steps %d to %d, room for %d", first, first + n_step, q->n_max);
    const size_t mark = kd_scratch_mark(dev);
    double *partial[2];
    kd_status status = KD_OK;
    TRY(cuda_bind(dev));
    TRY(scratch(dev, partial_count(q), &partial[0]));
    TRY(scratch(dev, partial_count(q), &partial[1]));
    for (int step = first; step < first + n_step && status == KD_OK; step++)
        status = one_step(dev, s, q, step, partial);
    kd_scratch_release(dev, mark);
    return status;
}

const struct xas_ops cuda_xas_ops = {
    xas_scratch,
    start,
    advance,
};
