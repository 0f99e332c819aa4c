// SPDX-License-Identifier: BSD-3-Clause
/* la_ops.h - linear algebra on blocks of long vectors, and on the small matrices between them.
 *
 * A block is [n_vec][ld]: n_vec vectors of n numbers, each starting ld numbers after the one before. Orbitals are blocks: complex,
 * or real where the wavefunction is real (kernels/pw_ops.h says how a half sphere becomes a plain real vector).
 *
 * Small matrices are double (complex: pairs re, im), device memory, stored as m[j][i] with the column j slow: m[j][i] = <a_i|b_j>.
 * So an eigenvector, and the coefficients of one new vector, are contiguous.
 *
 * Sums over a long index go over fixed chunks, added in FP64 in one order: no result depends on the number of threads or on the
 * device's size. Inside a chunk of an FP32 block the sum is FP32. */
#ifndef KD_LA_OPS_H
#define KD_LA_OPS_H

#include "kernels/device.h"

#ifdef __cplusplus
extern "C" {
#endif

enum la_type { LA_F32, LA_F64, LA_C32, LA_C64 };

static inline int la_is_complex(enum la_type t)
{
    return t == LA_C32 || t == LA_C64;
}
static inline int la_is_double(enum la_type t)
{
    return t == LA_F64 || t == LA_C64;
}
/* Bytes of one number. */
static inline size_t la_size(enum la_type t)
{
    return (la_is_double(t) ? 8u : 4u) * (la_is_complex(t) ? 2u : 1u);
}
/* Doubles of one element of a small matrix. */
static inline size_t la_width(enum la_type t)
{
    return la_is_complex(t) ? 2 : 1;
}

struct la_block {
    enum la_type type;
    int n_vec;
    size_t n, ld; /* numbers per vector, ld >= n */
    void *x_d;    /* [n_vec][ld] */
};

/* Vectors first .. first+count-1 of a block. */
static inline struct la_block la_slice(const struct la_block *b, int first, int count)
{
    struct la_block part = *b;
    part.n_vec = count;
    part.x_d = (char *)b->x_d + (size_t)first * b->ld * la_size(b->type);
    return part;
}

struct la_ops {
    /* Scratch that any op of this table takes for blocks of up to n_vec vectors. */
    size_t (*scratch)(const kd_device *dev, int n_vec);

    /* m[j][i] = <a_i|b_j> = sum_g conj(a_i[g]) b_j[g], [b.n_vec][a.n_vec]. a and b may be the same block. */
    kd_status (*gram)(kd_device *dev, kd_stream *s, const struct la_block *a, const struct la_block *b, double *m_d);

    /* y_j = beta y_j + alpha sum_i m[j][i] x_i. m is [y.n_vec][x.n_vec]. y must not overlap x. */
    kd_status (*combine)(kd_device *dev, kd_stream *s, const struct la_block *x, const double *m_d, double alpha, double beta,
                         const struct la_block *y);

    /* x_j <- sum_i m[j][i] x_i, in place, for each of n_block blocks of equal shape: rotation to eigenvectors. */
    kd_status (*rotate)(kd_device *dev, kd_stream *s, int n_block, const struct la_block *x, const double *m_d);

    /* d[j] = Re <a_j|b_j>, FP64. */
    kd_status (*dot)(kd_device *dev, kd_stream *s, const struct la_block *a, const struct la_block *b, double *d_d);

    /* y = w x, elementwise; w [n] double, one weight per (complex) number, the same for every vector. y may be x. */
    kd_status (*scale)(kd_device *dev, kd_stream *s, const struct la_block *x, const double *w_d, const struct la_block *y);

    /* In: Hermitian positive definite Gram matrix of x. Out: upper triangular c, as a matrix for rotate, that makes x orthonormal
     * (c = inverse Cholesky factor). *info_d (one int) is 0, or the 1-based index of the first dependent vector. */
    kd_status (*orthonormalizer)(kd_device *dev, kd_stream *s, enum la_type type, int n, double *m_d, int *info_d);

    /* Hermitian eigenproblem m v = w s v, s positive definite (NULL: the unit matrix). m -> eigenvectors m[j][.] with v^H s v = 1, a
     * matrix for rotate; w[n] ascending; s is overwritten. Upper triangles (i <= j of m[j][i]) are read. *info_d (one int): 0, or
     * the 1-based index of the first dependent vector of s (then m and w are undefined).
     * When it does not converge (NaN in m): *info_d = -1, and KD_EINTERNAL where the op has run by the time it returns. */
    kd_status (*eigh)(kd_device *dev, kd_stream *s, enum la_type type, int n, double *m_d, double *s_d, double *w_d, int *info_d);
};

#ifdef __cplusplus
}
#endif
#endif
