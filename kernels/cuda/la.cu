// SPDX-License-Identifier: BSD-3-Clause
/* la.cu - blocks of long vectors: products by cuBLAS over fixed chunks, sums in one order.
 *
 * A Gram matrix in FP32 is summed over chunks of CHUNK numbers by SGEMM, and over the chunks in FP64: its error stays that of one
 * chunk. Chunks are a batch, so that a small matrix over long vectors fills the card. */
#include "kernels/cuda/libraries.cuh"
#include "kernels/cuda/sum.cuh"

enum { DOT_THREADS = 256 };
static constexpr int MOST_CHUNKS = 64;
static constexpr size_t CHUNK = 4096;      /* numbers per partial sum */
static constexpr size_t SLAB = 8192;       /* numbers per slab of a rotation in place */
static constexpr size_t PARTIAL = 64 << 20; /* bytes of partial matrices in flight */

static const char *at(const struct la_block *b, size_t g)
{
    return static_cast<const char *>(b->x_d) + g * la_size(b->type);
}

/* Chunks whose partial matrices are in flight together. */
static int wave_of(size_t each)
{
    const size_t fit = PARTIAL / each;
    return static_cast<int>(fit < 1 ? 1 : fit > MOST_CHUNKS ? MOST_CHUNKS : fit);
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t cuda_la_scratch(const kd_device *dev, int n_vec)
{
    const size_t n = n_vec, each = n * n * 16;
    const size_t rotation = kd_scratch_round(n * SLAB * 16) + kd_scratch_round(each);
    size_t bytes = most(kd_scratch_round(wave_of(each) * each), rotation);
    bytes = most(bytes, cuda_small_scratch(dev, n_vec));
    return bytes + kd_scratch_round(BLAS_WORK);
}

/* ---- Gram matrices ---- */

/* One number of the matrix per thread: the partial sums of a wave, in order, onto those of the waves before. */
template <class T>
__global__ void __launch_bounds__(256) add_chunks(int n_chunk, size_t count, const T *part, bool first, double *m)
{
    const size_t i = static_cast<size_t>(blockIdx.x) * 256 + threadIdx.x;
    if (i >= count)
        return;
    double sum = first ? 0 : m[i];
    for (int c = 0; c < n_chunk; c++)
        sum += static_cast<double>(part[c * count + i]);
    m[i] = sum;
}

static kd_status add_wave(kd_stream *s, enum la_type type, int n_chunk, size_t count, const void *part, bool first, double *m_d)
{
    const dim3 grid(blocks_for(count, 256)), block(256);
    if (la_is_double(type))
        CUDA_TRY(LAUNCH(add_chunks<double>, grid, block, 0, cuda_stream(s), n_chunk, count, static_cast<const double *>(part), first, m_d));
    else
        CUDA_TRY(LAUNCH(add_chunks<float>, grid, block, 0, cuda_stream(s), n_chunk, count, static_cast<const float *>(part), first, m_d));
    return KD_OK;
}

static kd_status gram(kd_device *dev, kd_stream *s, const struct la_block *a, const struct la_block *b, double *m_d)
{
    const size_t cells = static_cast<size_t>(a->n_vec) * b->n_vec, each = cells * la_size(a->type);
    const int wave = wave_of(each), n_chunk = static_cast<int>((a->n + CHUNK - 1) / CHUNK), whole = static_cast<int>(a->n / CHUNK);
    cublasHandle_t blas;
    unsigned char *part;
    TRY(cuda_blas(dev, s, &blas));
    TRY(scratch(dev, wave * each, &part));
    for (int first = 0; first < n_chunk; first += wave) {
        const int count = n_chunk - first < wave ? n_chunk - first : wave, full = whole - first < count ? whole - first : count;
        struct product p = {a->type, true, a->n_vec, b->n_vec, static_cast<int>(CHUNK), at(a, first * CHUNK),
                            at(b, first * CHUNK), part, a->ld, b->ld, static_cast<size_t>(a->n_vec), 1, 0, full,
                            CHUNK, CHUNK, cells};
        if (full > 0)
            TRY(cuda_multiply(blas, &p));
        if (full < count) { /* the rest of the last chunk */
            p.k = static_cast<int>(a->n - whole * CHUNK);
            p.a = at(a, whole * CHUNK);
            p.b = at(b, whole * CHUNK);
            p.c = part + static_cast<size_t>(full) * each;
            p.batch = 1;
            TRY(cuda_multiply(blas, &p));
        }
        TRY(add_wave(s, a->type, count, cells * la_width(a->type), part, first == 0, m_d));
    }
    return KD_OK;
}

kd_status cuda_la_gram(kd_device *dev, kd_stream *s, const struct la_block *a, const struct la_block *b, double *m_d)
{
    if (a->n != b->n || a->type != b->type)
        FAIL(KD_EINTERNAL, "gram: blocks of %zu and %zu numbers", a->n, b->n);
    if (a->n_vec == 0 || b->n_vec == 0)
        return KD_OK;
    const size_t mark = kd_scratch_mark(dev);
    const kd_status status = gram(dev, s, a, b, m_d);
    kd_scratch_release(dev, mark);
    return status;
}

/* ---- linear combinations ---- */

/* The small matrix in the precision of the block: m itself, or a copy in scratch. */
static kd_status coefficients(kd_device *dev, kd_stream *s, enum la_type type, size_t cells, const double *m_d, const void **c)
{
    *c = m_d;
    if (la_is_double(type))
        return KD_OK;
    float *copy;
    TRY(scratch(dev, cells * la_width(type), &copy));
    *c = copy;
    return cuda_convert(s, true, cells * la_width(type), m_d, copy);
}

static kd_status combine(kd_device *dev, kd_stream *s, const struct la_block *x, const double *m_d, double alpha, double beta,
                         const struct la_block *y)
{
    cublasHandle_t blas;
    const void *c;
    TRY(cuda_blas(dev, s, &blas));
    TRY(coefficients(dev, s, x->type, static_cast<size_t>(x->n_vec) * y->n_vec, m_d, &c));
    const struct product p = {x->type, false, static_cast<int>(x->n), y->n_vec, x->n_vec, x->x_d, c, y->x_d, x->ld,
                              static_cast<size_t>(x->n_vec), y->ld, alpha, beta, 1, 0, 0, 0};
    return cuda_multiply(blas, &p);
}

kd_status cuda_la_combine(kd_device *dev, kd_stream *s, const struct la_block *x, const double *m_d, double alpha, double beta,
                          const struct la_block *y)
{
    if (y->n_vec == 0)
        return KD_OK;
    const size_t mark = kd_scratch_mark(dev);
    const kd_status status = combine(dev, s, x, m_d, alpha, beta, y);
    kd_scratch_release(dev, mark);
    return status;
}

/* Slab by slab: copied out, multiplied back. */
static kd_status rotate(kd_device *dev, kd_stream *s, int n_block, const struct la_block *x, const double *m_d)
{
    const size_t size = la_size(x->type), n_vec = x->n_vec;
    cublasHandle_t blas;
    unsigned char *copy;
    const void *c;
    TRY(cuda_blas(dev, s, &blas));
    TRY(coefficients(dev, s, x->type, n_vec * n_vec, m_d, &c));
    TRY(scratch(dev, n_vec * SLAB * size, &copy));
    for (int b = 0; b < n_block; b++)
        for (size_t g = 0; g < x[b].n; g += SLAB) {
            const size_t m = x[b].n - g < SLAB ? x[b].n - g : SLAB;
            void *slab = const_cast<char *>(at(&x[b], g));
            CUDA_TRY(cudaMemcpy2DAsync(copy, SLAB * size, slab, x[b].ld * size, m * size, n_vec, cudaMemcpyDeviceToDevice, cuda_stream(s)));
            const struct product p = {x->type, false, static_cast<int>(m), x->n_vec, x->n_vec, copy, c, slab, SLAB, n_vec, x[b].ld, 1, 0,
                                      1, 0, 0, 0};
            TRY(cuda_multiply(blas, &p));
        }
    return KD_OK;
}

kd_status cuda_la_rotate(kd_device *dev, kd_stream *s, int n_block, const struct la_block *x, const double *m_d)
{
    if (n_block == 0 || x->n_vec == 0)
        return KD_OK;
    const size_t mark = kd_scratch_mark(dev);
    const kd_status status = rotate(dev, s, n_block, x, m_d);
    kd_scratch_release(dev, mark);
    return status;
}

/* ---- vector by vector ---- */

/* Re <a_j|b_j>, one block per vector j, reals strided over its threads, FP64; then a fixed tree. Memory bound also in FP64: two
 * operations per 8 bytes. */
template <class T>
__global__ void __launch_bounds__(DOT_THREADS) dot_kernel(size_t count, const T *a, size_t lda, const T *b, size_t ldb, double *d)
{
    __shared__ double sum[DOT_THREADS];
    const T *x = a + blockIdx.x * lda, *y = b + blockIdx.x * ldb;
    double mine = 0;
    for (size_t g = threadIdx.x; g < count; g += DOT_THREADS)
        mine += static_cast<double>(x[g]) * static_cast<double>(y[g]);
    const double total = block_sum<DOT_THREADS>(mine, sum);
    if (threadIdx.x == 0)
        d[blockIdx.x] = total;
}

kd_status cuda_la_dot(kd_device *dev, kd_stream *s, const struct la_block *a, const struct la_block *b, double *d_d)
{
    TRY(cuda_bind(dev));
    const size_t w = la_width(a->type);
    const dim3 grid(a->n_vec), block(DOT_THREADS);
    if (a->n_vec == 0)
        return KD_OK;
    if (la_is_double(a->type))
        CUDA_TRY(LAUNCH(dot_kernel<double>, grid, block, 0, cuda_stream(s), a->n * w, static_cast<const double *>(a->x_d), a->ld * w,
                        static_cast<const double *>(b->x_d), b->ld * w, d_d));
    else
        CUDA_TRY(LAUNCH(dot_kernel<float>, grid, block, 0, cuda_stream(s), a->n * w, static_cast<const float *>(a->x_d), a->ld * w,
                        static_cast<const float *>(b->x_d), b->ld * w, d_d));
    return KD_OK;
}

/* One real per thread, one vector per row of blocks. */
template <class T>
__global__ void __launch_bounds__(256) scale_kernel(size_t count, size_t width, const T *x, size_t ldx, const double *w, T *y, size_t ldy)
{
    const size_t g = static_cast<size_t>(blockIdx.x) * 256 + threadIdx.x;
    if (g < count)
        y[blockIdx.y * ldy + g] = static_cast<T>(w[g / width] * static_cast<double>(x[blockIdx.y * ldx + g]));
}

kd_status cuda_la_scale(kd_device *dev, kd_stream *s, const struct la_block *x, const double *w_d, const struct la_block *y)
{
    TRY(cuda_bind(dev));
    const size_t w = la_width(x->type), count = x->n * w;
    const dim3 grid(blocks_for(count, 256), x->n_vec), block(256);
    if (x->n_vec == 0)
        return KD_OK;
    if (la_is_double(x->type))
        CUDA_TRY(LAUNCH(scale_kernel<double>, grid, block, 0, cuda_stream(s), count, w, static_cast<const double *>(x->x_d), x->ld * w, w_d,
                        static_cast<double *>(y->x_d), y->ld * w));
    else
        CUDA_TRY(LAUNCH(scale_kernel<float>, grid, block, 0, cuda_stream(s), count, w, static_cast<const float *>(x->x_d), x->ld * w, w_d,
                        static_cast<float *>(y->x_d), y->ld * w));
    return KD_OK;
}
