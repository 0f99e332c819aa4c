// SPDX-License-Identifier: BSD-3-Clause
/* pw_search.cu - the PPCG update: the lowest Ritz vectors of span(x, w, p) of every sub-block of bands, all sub-blocks at once.
 *
 * Three kernels, no number leaves the device: Gram matrices (FP32 over 512 numbers, FP64 beyond), Ritz problems (one block each, FP64
 * Jacobi), new vectors. 76 sub-blocks of 8 bands at 216 atoms read 1.75 GB for the first and as much for the last. */
#include "kernels/cuda/jacobi.cuh"
#include "kernels/cuda/pw.cuh"

enum { SIDE = 16, FLUSH = 512, RANGE = 8192, PITCH = JACOBI_MOST + 1, UPDATE = 128 };

struct search { /* by value */
    const void *x[3];  /* x, w, p */
    const void *hx[3];
    size_t ld[3], ldh[3]; /* numbers */
    size_t n;
    int n_vec, sub, parts; /* parts: 2 or 3 */
    double *partial;       /* [sub-block][range][2][most][most] wide numbers: <S|S>, <S|H S> */
    double *work;          /* [sub-block][2][most][most] wide */
    double *step;          /* [sub-block][2 sub][most] wide: coefficients of the new x, then of the new p */
    int *failed;           /* [sub-block] */
    int n_range;
    double drop;
};

static __host__ __device__ __forceinline__ int bands_of(const search &q, int block)
{
    const int rest = q.n_vec - block * q.sub;
    return rest < q.sub ? rest : q.sub;
}

static __host__ __device__ __forceinline__ size_t cells_of(const search &q)
{
    return static_cast<size_t>(q.parts * q.sub) * (q.parts * q.sub);
}

/* Number g of vector v of the span of a sub-block. */
template <class N>
static __device__ __forceinline__ N number_at(const void *const x[3], const size_t ld[3], int first, int n, int v, size_t g)
{
    const int part = v < n ? 0 : v < 2 * n ? 1 : 2;
    return static_cast<const N *>(x[part])[(first + v - part * n) * ld[part] + g];
}

/* One block: RANGE numbers of one sub-block. A thread holds R x R elements (ti + 16 a, tj + 16 b) of both matrices. */
template <class T, bool COMPLEX, int R>
__global__ void __launch_bounds__(SIDE *SIDE) span_gram_kernel(const search q)
{
    using N = typename number_types<T, COMPLEX>::number;
    using W = typename number_types<T, COMPLEX>::wide;
    constexpr int DEPTH = COMPLEX ? 16 : 32;
    __shared__ N xs[DEPTH * PITCH], hs[DEPTH * PITCH];
    const int tid = threadIdx.x, ti = tid % SIDE, tj = tid / SIDE, block = blockIdx.y, n = bands_of(q, block), span = q.parts * n;
    const size_t from = static_cast<size_t>(blockIdx.x) * RANGE, to = from + RANGE < q.n ? from + RANGE : q.n;
    N s[R][R] = {}, m[R][R] = {};
    W wide_s[R][R] = {}, wide_m[R][R] = {};
    for (size_t g = from; g < to; g += DEPTH) {
        for (int i = tid; i < SIDE * R * DEPTH; i += SIDE * SIDE) {
            const int k = i % DEPTH, v = i / DEPTH;
            const bool there = v < span && g + k < to;
            xs[k * PITCH + v] = there ? number_at<N>(q.x, q.ld, block * q.sub, n, v, g + k) : zero_of(N());
            hs[k * PITCH + v] = there ? number_at<N>(q.hx, q.ldh, block * q.sub, n, v, g + k) : zero_of(N());
        }
        __syncthreads();
#pragma unroll 4
        for (int k = 0; k < DEPTH; k++) {
            N a[R], b[R], h[R];
#pragma unroll
            for (int r = 0; r < R; r++) {
                a[r] = xs[k * PITCH + ti + SIDE * r];
                b[r] = xs[k * PITCH + tj + SIDE * r];
                h[r] = hs[k * PITCH + tj + SIDE * r];
            }
#pragma unroll
            for (int i = 0; i < R; i++)
#pragma unroll
                for (int j = 0; j < R; j++) {
                    s[i][j] = add_conjugate_product(s[i][j], a[i], b[j]);
                    m[i][j] = add_conjugate_product(m[i][j], a[i], h[j]);
                }
        }
        __syncthreads();
        if ((g + DEPTH - from) % FLUSH != 0 && g + DEPTH < to)
            continue;
#pragma unroll
        for (int i = 0; i < R; i++)
#pragma unroll
            for (int j = 0; j < R; j++) {
                wide_s[i][j] = add_wide(wide_s[i][j], s[i][j]);
                wide_m[i][j] = add_wide(wide_m[i][j], m[i][j]);
                s[i][j] = m[i][j] = zero_of(N());
            }
    }
    W *out = reinterpret_cast<W *>(q.partial) + (static_cast<size_t>(block) * q.n_range + blockIdx.x) * 2 * cells_of(q);
#pragma unroll
    for (int i = 0; i < R; i++)
#pragma unroll
        for (int j = 0; j < R; j++) {
            const int row = ti + SIDE * i, column = tj + SIDE * j;
            if (row < span && column < span) {
                out[column * span + row] = wide_s[i][j];
                out[cells_of(q) + column * span + row] = wide_m[i][j];
            }
        }
}

/* ---- Ritz problems ---- */

template <class W>
struct ritz_memory { /* shared */
    W *a, *v;
    jacobi_rotation<W> *rotation;
    double *sum, *norm, *value;
    int *kept; /* columns of the basis; rank of each eigenvalue */
};

template <class W>
static __device__ __forceinline__ ritz_memory<W> ritz_parts(unsigned char *shared, int most)
{
    ritz_memory<W> m;
    m.a = reinterpret_cast<W *>(shared);
    m.v = m.a + most * most;
    m.rotation = reinterpret_cast<jacobi_rotation<W> *>(m.v + most * most);
    m.sum = reinterpret_cast<double *>(m.rotation + (most + 1) / 2);
    m.norm = m.sum + JACOBI_THREADS;
    m.value = m.norm + most;
    m.kept = reinterpret_cast<int *>(m.value + most);
    return m;
}

template <class W>
static size_t ritz_bytes(int most)
{
    return 2 * sizeof(W) * most * most + sizeof(jacobi_rotation<W>) * ((most + 1) / 2) + sizeof(double) * (JACOBI_THREADS + 2 * most) +
           sizeof(int) * most;
}

/* Element i of matrix `which`, over the ranges in order. */
template <class W>
static __device__ __forceinline__ W summed(const search &q, int block, int which, int i)
{
    const W *from = reinterpret_cast<const W *>(q.partial) + static_cast<size_t>(block) * q.n_range * 2 * cells_of(q) + which * cells_of(q) + i;
    W sum = zero_of(W());
    for (int r = 0; r < q.n_range; r++)
        sum = add_wide(sum, from[2 * cells_of(q) * r]);
    return sum;
}

/* Scaled to unit norms: <S|S> to shared a, <S|H S> to m. False for numbers that are not finite. */
template <class W>
static __device__ __forceinline__ bool ritz_load(const search &q, int block, int span, const ritz_memory<W> &r, W *m)
{
    const int tid = threadIdx.x;
    for (int i = tid; i < span; i += JACOBI_THREADS) {
        const double d = real_of(summed<W>(q, block, 0, i * span + i));
        r.norm[i] = d > 0 ? 1 / sqrt(d) : 0;
    }
    __syncthreads();
    int bad = 0;
    for (int i = tid; i < span * span; i += JACOBI_THREADS) {
        const double scale = r.norm[i % span] * r.norm[i / span];
        r.a[i] = scaled(scale, summed<W>(q, block, 0, i));
        m[i] = scaled(scale, summed<W>(q, block, 1, i));
        bad |= !(size_of(r.a[i]) < 1e300) || !(size_of(m[i]) < 1e300);
    }
    return !__syncthreads_or(bad);
}

/* An orthonormal basis of the span, columns of `basis`: eigenvectors of <S|S> by 1/sqrt(eigenvalue), small ones dropped. */
template <class W>
static __device__ __forceinline__ int ritz_basis(const search &q, int span, const ritz_memory<W> &r, W *basis)
{
    jacobi(span, r.a, r.v, r.rotation, r.sum);
    int rank = 0;
    for (int j = 0; j < span; j++) { /* every thread the same */
        const double sigma = real_of(r.a[j * span + j]);
        if (!(sigma > q.drop))
            continue;
        for (int i = threadIdx.x; i < span; i += JACOBI_THREADS)
            basis[rank * span + i] = scaled(1 / sqrt(sigma), r.v[j * span + i]);
        rank++;
    }
    __syncthreads();
    return rank;
}

/* m in the basis: a = basis^H m basis, by way of v = m basis. */
template <class W>
static __device__ __forceinline__ void ritz_project(int span, int rank, const ritz_memory<W> &r, const W *m, const W *basis)
{
    for (int i = threadIdx.x; i < span * rank; i += JACOBI_THREADS) {
        W sum = zero_of(W());
        for (int k = 0; k < span; k++)
            sum = add_product(sum, m[k * span + i % span], basis[i / span * span + k]);
        r.v[i] = sum;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < rank * rank; i += JACOBI_THREADS) {
        W sum = zero_of(W());
        for (int k = 0; k < span; k++)
            sum = add_conjugate_product(sum, basis[i % rank * span + k], r.v[i / rank * span + k]);
        r.a[i] = sum;
    }
    __syncthreads();
}

/* One block: one sub-block. The coefficients of the n lowest Ritz vectors; the new p is the new x without its part along the old x. */
template <class W>
__global__ void __launch_bounds__(JACOBI_THREADS) ritz_kernel(const search q)
{
    DYN_SHARED(unsigned char, shared);
    const int most = q.parts * q.sub, block = blockIdx.x, n = bands_of(q, block), span = q.parts * n, tid = threadIdx.x;
    const ritz_memory<W> r = ritz_parts<W>(shared, most);
    W *m = reinterpret_cast<W *>(q.work) + static_cast<size_t>(block) * 2 * cells_of(q), *basis = m + cells_of(q);
    W *step = reinterpret_cast<W *>(q.step) + static_cast<size_t>(block) * 2 * q.sub * most;
    const bool finite = ritz_load(q, block, span, r, m);
    const int rank = finite ? ritz_basis(q, span, r, basis) : 0;
    if (tid == 0)
        q.failed[block] = rank < n;
    if (rank < n)
        return;
    ritz_project(span, rank, r, m, basis);
    jacobi(rank, r.a, r.v, r.rotation, r.sum);
    for (int j = tid; j < rank; j += JACOBI_THREADS)
        r.value[j] = real_of(r.a[j * rank + j]);
    __syncthreads();
    for (int j = tid; j < rank; j += JACOBI_THREADS) {
        int place = 0;
        for (int k = 0; k < rank; k++)
            place += r.value[k] < r.value[j] || (r.value[k] == r.value[j] && k < j);
        r.kept[place] = j;
    }
    __syncthreads();
    for (int i = tid; i < n * span; i += JACOBI_THREADS) {
        const int j = i / span, row = i % span;
        W sum = zero_of(W());
        for (int k = 0; k < rank; k++)
            sum = add_product(sum, basis[k * span + row], r.v[r.kept[j] * rank + k]);
        sum = scaled(r.norm[row], sum);
        step[j * most + row] = sum;
        step[(q.sub + j) * most + row] = row < n ? zero_of(W()) : sum;
    }
}

/* ---- new vectors ---- */

/* NB combinations at number g of the vectors from `begin` on, with the coefficients c[vector][NB] in shared memory. */
template <class N, int NB>
static __device__ __forceinline__ void combine(const void *const x[3], const size_t ld[3], int first, int n, int begin, int span,
                                               const N *c, size_t g, N (&sum)[NB])
{
#pragma unroll
    for (int j = 0; j < NB; j++)
        sum[j] = zero_of(N());
    for (int v = begin; v < span; v++) {
        const N value = number_at<N>(x, ld, first, n, v, g);
#pragma unroll
        for (int j = 0; j < NB; j++)
            sum[j] = add_product(sum[j], c[v * NB + j], value);
    }
}

template <class N, int NB>
static __device__ __forceinline__ void put(void *x, size_t ld, int first, int n, size_t g, const N (&sum)[NB])
{
#pragma unroll
    for (int j = 0; j < NB; j++)
        if (j < n)
            static_cast<N *>(x)[(first + j) * ld + g] = sum[j];
}

/* One number of all vectors of a sub-block per thread, in place: new x, then new p (which needs w and p only); the same for H of them.
 * A sub-block whose Ritz problem failed keeps its x and gets p = 0. */
template <class T, bool COMPLEX, int NB>
__global__ void __launch_bounds__(UPDATE) update_kernel(const search q)
{
    using N = typename number_types<T, COMPLEX>::number;
    using W = typename number_types<T, COMPLEX>::wide;
    __shared__ N c[JACOBI_MOST * NB];
    const int block = blockIdx.y, n = bands_of(q, block), most = q.parts * q.sub, span = q.parts * n, first = block * q.sub;
    const size_t g = static_cast<size_t>(blockIdx.x) * UPDATE + threadIdx.x;
    const bool failed = q.failed[block] != 0;
    const W *step = reinterpret_cast<const W *>(q.step) + static_cast<size_t>(block) * 2 * q.sub * most;
    for (int i = threadIdx.x; i < span * NB; i += UPDATE)
        narrow(failed || i % NB >= n ? zero_of(W()) : step[i % NB * most + i / NB], &c[i]);
    __syncthreads();
    if (g >= q.n)
        return;
    for (int h = 0; h < 2; h++) {
        const void *const *x = h ? q.hx : q.x;
        const size_t *ld = h ? q.ldh : q.ld;
        N sum[NB];
        if (!failed) {
            combine<N, NB>(x, ld, first, n, 0, span, c, g, sum);
            put<N, NB>(const_cast<void *>(x[0]), ld[0], first, n, g, sum);
        }
        combine<N, NB>(x, ld, first, n, failed ? span : n, span, c, g, sum);
        put<N, NB>(const_cast<void *>(x[2]), ld[2], first, n, g, sum);
    }
}

/* ---- launches ---- */

static int range_count(size_t n)
{
    return static_cast<int>((n + RANGE - 1) / RANGE);
}

size_t cuda_search_scratch(const struct pw_basis *b, int n_band)
{
    const size_t width = la_width(b->type) * sizeof(double), bands = n_band + PW_MAX_SUB, wide = 3 * PW_MAX_SUB;
    const size_t cells = bands * 3 * wide; /* of all sub-blocks: n_band / sub of (3 sub)^2 */
    return kd_scratch_round(2 * cells * range_count(b->n_number) * width) + kd_scratch_round(2 * cells * width) +
           kd_scratch_round(2 * bands * wide * width) + kd_scratch_round(bands * sizeof(int));
}

template <class T, bool COMPLEX>
static kd_status launch(const search &q, int n_block, cudaStream_t s)
{
    using W = typename number_types<T, COMPLEX>::wide;
    const int most = q.parts * q.sub;
    const dim3 ranges(q.n_range, n_block), numbers(blocks_for(q.n, UPDATE), n_block);
    if (most <= 2 * SIDE)
        CUDA_TRY(LAUNCH((span_gram_kernel<T, COMPLEX, 2>), ranges, dim3(SIDE * SIDE), 0, s, q));
    else
        CUDA_TRY(LAUNCH((span_gram_kernel<T, COMPLEX, 3>), ranges, dim3(SIDE * SIDE), 0, s, q));
    const size_t bytes = ritz_bytes<W>(most);
    if (bytes > 48 * 1024)
        CUDA_TRY(cudaFuncSetAttribute(ritz_kernel<W>, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(ritz_bytes<W>(JACOBI_MOST))));
    CUDA_TRY(LAUNCH(ritz_kernel<W>, dim3(n_block), dim3(JACOBI_THREADS), bytes, s, q));
    if (q.sub <= 8)
        CUDA_TRY(LAUNCH((update_kernel<T, COMPLEX, 8>), numbers, dim3(UPDATE), 0, s, q));
    else
        CUDA_TRY(LAUNCH((update_kernel<T, COMPLEX, 16>), numbers, dim3(UPDATE), 0, s, q));
    return KD_OK;
}

static kd_status run(kd_device *dev, kd_stream *s, const struct pw_search *p)
{
    const int n_block = (p->x.n_vec + p->sub - 1) / p->sub;
    const size_t width = la_width(p->x.type);
    search q = {{p->x.x_d, p->w.x_d, p->p.x_d}, {p->hx.x_d, p->hw.x_d, p->hp.x_d}, {p->x.ld, p->w.ld, p->p.ld}, {p->hx.ld, p->hw.ld, p->hp.ld},
                p->x.n, p->x.n_vec, p->sub, p->has_p ? 3 : 2, nullptr, nullptr, nullptr, nullptr, range_count(p->x.n),
                la_is_double(p->x.type) ? 1e-12 : 1e-5};
    const size_t cells = n_block * cells_of(q) * width;
    TRY(cuda_bind(dev));
    TRY(scratch(dev, 2 * cells * q.n_range, &q.partial));
    TRY(scratch(dev, 2 * cells, &q.work));
    TRY(scratch(dev, static_cast<size_t>(n_block) * 2 * q.sub * q.parts * q.sub * width, &q.step));
    TRY(scratch(dev, static_cast<size_t>(n_block), &q.failed));
    switch (p->x.type) {
    case LA_F32: return launch<float, false>(q, n_block, cuda_stream(s));
    case LA_F64: return launch<double, false>(q, n_block, cuda_stream(s));
    case LA_C32: return launch<float, true>(q, n_block, cuda_stream(s));
    default: return launch<double, true>(q, n_block, cuda_stream(s));
    }
}

kd_status cuda_pw_search_update(kd_device *dev, kd_stream *s, const struct pw_search *q)
{
    if (q->sub < 1 || q->sub > PW_MAX_SUB)
        FAIL(KD_EINTERNAL, "search: sub-blocks of %d bands, expected 1 to %d", q->sub, PW_MAX_SUB);
    if (q->x.n_vec == 0)
        return KD_OK;
    const size_t mark = kd_scratch_mark(dev);
    const kd_status status = run(dev, s, q);
    kd_scratch_release(dev, mark);
    return status;
}
