// SPDX-License-Identifier: BSD-3-Clause
/* la.c - linear algebra of the CPU: OpenBLAS on fixed chunks, LAPACK on the small matrices.
 *
 * OpenBLAS runs single-threaded and OpenMP goes over chunks of fixed size, so that the bits do not depend on the thread count. */
#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/backend.h"
#include "kernels/cpu/cpu.h"
#include "kernels/cpu/la.h"

enum { CHUNK = 2048, WAVE = 8, SLAB = 512 }; /* numbers per chunk of a sum; partial matrices in flight; numbers per slab of a rotation */

/* c[n][m] (row i of m numbers) = alpha a[n][k] op(b) + beta c, row major; op(b) is b[k][m], or the adjoint of b[m][k]. */
struct product {
    enum la_type type;
    int n, m, k;
    bool adjoint;
    const void *a, *b;
    size_t lda, ldb, ldc;
    double alpha, beta;
    void *c;
};

static void multiply(const struct product *p)
{
    CBLAS_TRANSPOSE op = p->adjoint ? (la_is_complex(p->type) ? CblasConjTrans : CblasTrans) : CblasNoTrans;
    int lda = (int)p->lda, ldb = (int)p->ldb, ldc = (int)p->ldc;
    if (p->type == LA_F32) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, op, p->n, p->m, p->k, (float)p->alpha, p->a, lda, p->b, ldb, (float)p->beta,
                    p->c, ldc);
    } else if (p->type == LA_F64) {
        cblas_dgemm(CblasRowMajor, CblasNoTrans, op, p->n, p->m, p->k, p->alpha, p->a, lda, p->b, ldb, p->beta, p->c, ldc);
    } else if (p->type == LA_C32) {
        float alpha[2] = {(float)p->alpha, 0}, beta[2] = {(float)p->beta, 0};
        cblas_cgemm(CblasRowMajor, CblasNoTrans, op, p->n, p->m, p->k, alpha, p->a, lda, p->b, ldb, beta, p->c, ldc);
    } else {
        double alpha[2] = {p->alpha, 0}, beta[2] = {p->beta, 0};
        cblas_zgemm(CblasRowMajor, CblasNoTrans, op, p->n, p->m, p->k, alpha, p->a, lda, p->b, ldb, beta, p->c, ldc);
    }
}

/* c[n][n] = a a^H: one triangle calculated, the other copied. */
static void square_product(const struct product *p)
{
    int n = p->n, lda = (int)p->lda, ldc = (int)p->ldc;
    if (p->type == LA_F32)
        cblas_ssyrk(CblasRowMajor, CblasUpper, CblasNoTrans, n, p->k, 1, p->a, lda, 0, p->c, ldc);
    else if (p->type == LA_F64)
        cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, n, p->k, 1, p->a, lda, 0, p->c, ldc);
    else if (p->type == LA_C32)
        cblas_cherk(CblasRowMajor, CblasUpper, CblasNoTrans, n, p->k, 1, p->a, lda, 0, p->c, ldc);
    else
        cblas_zherk(CblasRowMajor, CblasUpper, CblasNoTrans, n, p->k, 1, p->a, lda, 0, p->c, ldc);
    for (int j = 0; j < n; j++)
        for (int i = 0; i < j; i++) {
            size_t to = (size_t)j * p->ldc + (size_t)i, from = (size_t)i * p->ldc + (size_t)j, size = la_size(p->type);
            memcpy((char *)p->c + to * size, (char *)p->c + from * size, size);
            if (p->type == LA_C32)
                ((float *)p->c)[2 * to + 1] *= -1;
            else if (p->type == LA_C64)
                ((double *)p->c)[2 * to + 1] *= -1;
        }
}

/* Numbers per chunk, by n alone: at most CHUNK, and all chunks alike, so that no thread waits for another. */
static size_t chunk_of(size_t n)
{
    size_t count = n / CHUNK + 1;
    return (n / count + 16) / 16 * 16;
}

void cpu_la_single_thread(void)
{
    openblas_set_num_threads(1);
}

static const char *at(const struct la_block *b, size_t g)
{
    return (const char *)b->x_d + g * la_size(b->type);
}

static size_t la_scratch(const kd_device *dev, int n_vec)
{
    size_t n = (size_t)n_vec;
    size_t partial = kd_scratch_round(WAVE * n * n * 16);
    size_t buffers = kd_scratch_round(n * SLAB * 16 * (size_t)dev->n_thread) + kd_scratch_round(n * n * 16);
    return partial > buffers ? partial : buffers;
}

/* m[j][i] += part[j][i] of every chunk of a wave, in order. */
static void add_partials(double *m, const char *part, size_t count, bool single, int n_chunk)
{
    for (size_t e = 0; e < count; e++)
        for (int c = 0; c < n_chunk; c++)
            m[e] += single ? (double)((const float *)part)[(size_t)c * count + e] : ((const double *)part)[(size_t)c * count + e];
}

static kd_status cpu_gram(kd_device *dev, kd_stream *s, const struct la_block *a, const struct la_block *b, double *m_d)
{
    (void)s;
    size_t mark = kd_scratch_mark(dev), cells = (size_t)a->n_vec * (size_t)b->n_vec, width = la_width(a->type);
    size_t each = cells * la_size(a->type);
    char *part;
    if (a->n != b->n || a->type != b->type)
        FAIL(KD_EINTERNAL, "gram: blocks of %zu and %zu numbers", a->n, b->n);
    TRY(kd_scratch_take(dev, WAVE * each, (void **)&part));
    cpu_enter(dev);
    memset(m_d, 0, cells * width * sizeof(double));
    size_t chunk = chunk_of(a->n);
    int n_chunk = (int)((a->n + chunk - 1) / chunk);
    for (int first = 0; first < n_chunk; first += WAVE) {
        int count = n_chunk - first < WAVE ? n_chunk - first : WAVE;
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
        for (int c = 0; c < count; c++) {
            size_t g = (size_t)(first + c) * chunk, k = a->n - g < chunk ? a->n - g : chunk;
            struct product p = {a->type, b->n_vec, a->n_vec, (int)k, true, at(b, g), at(a, g), b->ld, a->ld, (size_t)a->n_vec, 1, 0,
                                part + (size_t)c * each};
            if (a->x_d == b->x_d && a->n_vec == b->n_vec && a->ld == b->ld)
                square_product(&p);
            else
                multiply(&p);
        }
        add_partials(m_d, part, cells * width, !la_is_double(a->type), count);
    }
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}

/* The small matrix in the precision of the block: m itself, or a copy in scratch. */
static kd_status coefficients(kd_device *dev, const struct la_block *x, size_t cells, const double *m_d, const void **c)
{
    *c = m_d;
    if (la_is_double(x->type))
        return KD_OK;
    float *copy;
    size_t count = cells * la_width(x->type);
    TRY(kd_scratch_take(dev, count * sizeof(float), (void **)&copy));
    cpu_enter(dev);
    for (size_t e = 0; e < count; e++)
        copy[e] = (float)m_d[e];
    cpu_leave(dev);
    *c = copy;
    return KD_OK;
}

static kd_status cpu_combine(kd_device *dev, kd_stream *s, const struct la_block *x, const double *m_d, double alpha, double beta,
                             const struct la_block *y)
{
    (void)s;
    size_t mark = kd_scratch_mark(dev);
    const void *c;
    TRY(coefficients(dev, x, (size_t)x->n_vec * (size_t)y->n_vec, m_d, &c));
    cpu_enter(dev);
    size_t chunk = chunk_of(x->n);
    int n_chunk = (int)((x->n + chunk - 1) / chunk);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (int i = 0; i < n_chunk; i++) {
        size_t g = (size_t)i * chunk, m = x->n - g < chunk ? x->n - g : chunk;
        multiply(&(struct product){x->type, y->n_vec, (int)m, x->n_vec, false, c, at(x, g), (size_t)x->n_vec, x->ld, y->ld, alpha,
                                   beta, (void *)at(y, g)});
    }
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}

static void rotate_slab(const struct la_block *x, const void *c, size_t g, char *copy)
{
    size_t m = x->n - g < SLAB ? x->n - g : SLAB, size = la_size(x->type);
    for (int j = 0; j < x->n_vec; j++)
        memcpy(copy + (size_t)j * SLAB * size, at(x, g) + (size_t)j * x->ld * size, m * size);
    multiply(&(struct product){x->type, x->n_vec, (int)m, x->n_vec, false, c, copy, (size_t)x->n_vec, SLAB, x->ld, 1, 0,
                               (void *)at(x, g)});
}

static kd_status cpu_rotate(kd_device *dev, kd_stream *s, int n_block, const struct la_block *x, const double *m_d)
{
    (void)s;
    size_t mark = kd_scratch_mark(dev), each = (size_t)x->n_vec * SLAB * la_size(x->type);
    const void *c;
    char *copy;
    TRY(coefficients(dev, x, (size_t)x->n_vec * (size_t)x->n_vec, m_d, &c));
    TRY(kd_scratch_take(dev, (size_t)dev->n_thread * each, (void **)&copy));
    cpu_enter(dev);
    int n_slab = (int)((x->n + SLAB - 1) / SLAB);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread) collapse(2)
    for (int b = 0; b < n_block; b++)
        for (int i = 0; i < n_slab; i++)
            rotate_slab(&x[b], c, (size_t)i * SLAB, copy + (size_t)cpu_thread() * each);
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}

double cpu_dot_reals(enum la_type type, size_t n, const void *a, const void *b)
{
    size_t count = n * la_width(type);
    double sum = 0;
    for (size_t first = 0; first < count; first += CHUNK) { /* 16 lanes, then one order: the same bits everywhere */
        size_t last = count - first < CHUNK ? count : first + CHUNK;
        double lane[16] = {0};
        if (la_is_double(type)) {
            const double *x = a, *y = b;
            for (size_t g = first; g < last; g++)
                lane[g % 16] += x[g] * y[g];
        } else {
            const float *x = a, *y = b;
            for (size_t g = first; g < last; g++)
                lane[g % 16] += (double)x[g] * (double)y[g];
        }
        for (int l = 0; l < 16; l++)
            sum += lane[l];
    }
    return sum;
}

static kd_status cpu_dot(kd_device *dev, kd_stream *s, const struct la_block *a, const struct la_block *b, double *d_d)
{
    (void)s;
    cpu_enter(dev);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (int j = 0; j < a->n_vec; j++)
        d_d[j] = cpu_dot_reals(a->type, a->n, at(a, (size_t)j * a->ld), at(b, (size_t)j * b->ld));
    cpu_leave(dev);
    return KD_OK;
}

static void scale_double(size_t n, size_t width, const double *w, const double *x, double *y)
{
    if (width == 1)
        for (size_t g = 0; g < n; g++)
            y[g] = w[g] * x[g];
    else
        for (size_t g = 0; g < n * width; g++)
            y[g] = w[g / width] * x[g];
}

static kd_status cpu_scale(kd_device *dev, kd_stream *s, const struct la_block *x, const double *w_d, const struct la_block *y)
{
    (void)s;
    size_t width = la_width(x->type);
    cpu_enter(dev);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (int j = 0; j < x->n_vec; j++) {
        const char *from = at(x, (size_t)j * x->ld);
        char *to = (char *)at(y, (size_t)j * y->ld);
        if (la_is_double(x->type))
            scale_double(x->n, width, w_d, (const double *)(const void *)from, (double *)(void *)to);
        else
            for (size_t g = 0; g < x->n * width; g++)
                ((float *)(void *)to)[g] = (float)(w_d[g / width] * (double)((const float *)(const void *)from)[g]);
    }
    cpu_leave(dev);
    return KD_OK;
}

static kd_status cpu_orthonormalizer(kd_device *dev, kd_stream *s, enum la_type type, int n, double *m_d, int *info_d)
{
    (void)s;
    cpu_enter(dev); /* column major, upper: S = R^H R, c = R^-1; x_j <- sum_i c[j][i] x_i */
    int info = la_is_complex(type) ? LAPACKE_zpotrf_work(LAPACK_COL_MAJOR, 'U', n, (void *)m_d, n)
                                   : LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', n, m_d, n);
    if (info == 0)
        info = la_is_complex(type) ? LAPACKE_ztrtri_work(LAPACK_COL_MAJOR, 'U', 'N', n, (void *)m_d, n)
                                   : LAPACKE_dtrtri_work(LAPACK_COL_MAJOR, 'U', 'N', n, m_d, n);
    size_t width = la_width(type);
    for (int j = 0; j < n; j++)
        memset(m_d + ((size_t)j * (size_t)n + (size_t)j + 1) * width, 0, (size_t)(n - j - 1) * width * sizeof(double));
    *info_d = info;
    cpu_leave(dev);
    return KD_OK;
}

/* ---- panels and Ritz problems of one thread ---- */

void cpu_panel_gram(enum la_type type, int n_a, int n_b, int n, size_t ld, const void *a, const void *b, void *part, double *m)
{
    size_t count = (size_t)n_a * (size_t)n_b * la_width(type);
    if (la_is_double(type)) {
        multiply(&(struct product){type, n_b, n_a, n, true, b, a, ld, ld, (size_t)n_a, 1, 1, m});
        return;
    }
    multiply(&(struct product){type, n_b, n_a, n, true, b, a, ld, ld, (size_t)n_a, 1, 0, part});
    for (size_t e = 0; e < count; e++)
        m[e] += (double)((const float *)part)[e];
}

void cpu_panel_combine(enum la_type type, int n_y, int n_x, int n, const void *c, const void *x, size_t ldx, void *y, size_t ldy)
{
    multiply(&(struct product){type, n_y, n, n_x, false, c, x, (size_t)n_x, ldx, ldy, 1, 0, y});
}

static bool all_finite(const double *x, size_t count)
{
    bool finite = true;
    for (size_t e = 0; e < count; e++)
        finite = finite && isfinite(x[e]);
    return finite;
}

static int syevd(bool is_complex, int n, double *m, double *w)
{
    return is_complex ? LAPACKE_zheevd(LAPACK_COL_MAJOR, 'V', 'U', n, (void *)m, n, w)
                      : LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'U', n, m, n, w);
}

/* c = op(a) b, column major n x n-ish small matrices. */
static void small_product(enum la_type type, bool adjoint, int rows, int columns, int k, const double *a, int lda, const double *b,
                          int ldb, double *c, int ldc)
{
    CBLAS_TRANSPOSE op = adjoint ? CblasConjTrans : CblasNoTrans;
    double one[2] = {1, 0}, zero[2] = {0, 0};
    if (la_is_complex(type))
        cblas_zgemm(CblasColMajor, op, CblasNoTrans, rows, columns, k, one, a, lda, b, ldb, zero, c, ldc);
    else
        cblas_dgemm(CblasColMajor, op, CblasNoTrans, rows, columns, k, 1, a, lda, b, ldb, 0, c, ldc);
}

/* s <- d s d, d = 1 / norms (0 for a vector of norm 0). */
static void scale_both(int n, size_t width, const double *d, double *s)
{
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            for (size_t e = 0; e < width; e++)
                s[((size_t)j * (size_t)n + (size_t)i) * width + e] *= d[i] * d[j];
}

int cpu_ritz(enum la_type type, int n, int want, double *s, double *m, double *c, double *w, double drop, double *work)
{
    size_t width = la_width(type), column = (size_t)n * width, cells = (size_t)n * column;
    enum la_type kind = la_is_complex(type) ? LA_C64 : LA_F64;
    double *basis = work, *half = basis + cells, *inner = half + cells, *norm = inner + cells, *sigma = norm + n;
    if (!all_finite(s, cells) || !all_finite(m, cells))
        return -1;
    for (int i = 0; i < n; i++) {
        double d = s[(size_t)i * column + (size_t)i * width];
        norm[i] = d > 0 ? 1 / sqrt(d) : 0;
    }
    scale_both(n, width, norm, s);
    scale_both(n, width, norm, m);
    if (syevd(width == 2, n, s, sigma) != 0)
        return -1;
    int rank = 0; /* eigenvectors of s, by 1/sqrt(sigma): an orthonormal basis */
    for (int j = 0; j < n; j++) {
        if (sigma[j] <= drop)
            continue;
        for (size_t e = 0; e < column; e++)
            basis[(size_t)rank * column + e] = s[(size_t)j * column + e] / sqrt(sigma[j]);
        rank++;
    }
    small_product(kind, false, n, rank, n, m, n, basis, n, half, n);
    small_product(kind, true, rank, rank, n, basis, n, half, n, inner, rank);
    if (rank == 0 || syevd(width == 2, rank, inner, w) != 0)
        return -1;
    int found = rank < want ? rank : want;
    small_product(kind, false, n, found, rank, basis, n, inner, rank, c, n);
    for (int j = 0; j < found; j++)
        for (size_t e = 0; e < column; e++)
            c[(size_t)j * column + e] *= norm[e / width];
    return found;
}

int kd_host_eigh(bool is_complex, int n, double *m, double *s, double *w)
{
    size_t cells = (size_t)n * (size_t)n * (is_complex ? 2 : 1);
    if (!all_finite(m, cells) || (s && !all_finite(s, cells)))
        return -1;
    int info = !s ? syevd(is_complex, n, m, w)
               : is_complex ? LAPACKE_zhegvd(LAPACK_COL_MAJOR, 1, 'V', 'U', n, (void *)m, n, (void *)s, n, w)
                            : LAPACKE_dsygvd(LAPACK_COL_MAJOR, 1, 'V', 'U', n, m, n, s, n, w);
    return info > n ? info - n : info == 0 ? 0 : -1;
}

static kd_status cpu_eigh(kd_device *dev, kd_stream *s, enum la_type type, int n, double *m_d, double *s_d, double *w_d, int *info_d)
{
    (void)s;
    cpu_enter(dev);
    int info = *info_d = kd_host_eigh(la_is_complex(type), n, m_d, s_d, w_d);
    cpu_leave(dev);
    if (info < 0)
        FAIL(KD_EINTERNAL, "eigh: %d x %d matrix, no convergence or not finite", n, n);
    return KD_OK;
}

const struct la_ops cpu_la_ops = {
    .scratch = la_scratch,
    .gram = cpu_gram,
    .combine = cpu_combine,
    .rotate = cpu_rotate,
    .dot = cpu_dot,
    .scale = cpu_scale,
    .orthonormalizer = cpu_orthonormalizer,
    .eigh = cpu_eigh,
};
