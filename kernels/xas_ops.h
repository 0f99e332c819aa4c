// SPDX-License-Identifier: BSD-3-Clause
/* xas_ops.h - Lanczos chains of one absorbing site: all k-points and polarisations as one block.
 *
 * Each chain is the plain three-term recurrence of H with a start vector u_0 (Haydock, Heine, Kelly, J. Phys. C 5, 2845 (1972)), for
 * n = 0, 1, 2 ...
 *     w = H u_n - b_(n-1) u_(n-1),   a_n = <u_n|w>,   w <- w - a_n u_n,   b_n = |w|,   u_(n+1) = w / b_n      (b_(-1) = 0)
 * without reorthogonalisation: round-off makes copies of converged states that share their weight, and costs a few steps. Vectors
 * have the type of their basis (kernels/pw_ops.h); every sum over plane waves ends in FP64 in one fixed order, and a_n, b_n are
 * FP64 on the device. A chain whose b_n is 0 has spanned its whole space: its vectors, a and b are 0 from there on.
 *
 * The numbers of a step stay on the device: nothing is downloaded inside advance. Results do not depend on the number of threads,
 * on how steps are divided into calls, nor on which k-points and polarisations travel together (the CPU; a GPU keeps this for equal
 * shapes of the block). */
#ifndef KD_XAS_OPS_H
#define KD_XAS_OPS_H

#include "kernels/pw_ops.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { XAS_MAX_POLARISATION = 8 };

struct xas_k { /* one k-point */
    struct pw_hamiltonian h;
    struct la_block vector[3]; /* [n_pol] each, equal shapes, of the basis' type. u_n lives in vector[n % 3] */
};

struct xas_block {
    int n_k, n_pol; /* 1 .. XAS_MAX_POLARISATION */
    int n_max;      /* steps that a_d and b_d hold */
    const struct xas_k *k; /* [n_k] host */
    double *norm_d;        /* [n_k][n_pol] norms of the start vectors */
    double *a_d, *b_d;     /* [n_k][n_pol][n_max], Ha */
};

struct xas_ops {
    /* Scratch that start and advance take. */
    size_t (*scratch)(const kd_device *dev, const struct xas_block *block);

    /* vector[0] holds start vectors of any norm: norm_d gets their norms, vector[0] is normalised (left 0 where it is 0), vector[2]
     * becomes 0. */
    kd_status (*start)(kd_device *dev, kd_stream *s, const struct xas_block *block);

    /* In place of start where step `first` is the next one of chains that were begun earlier (a restart): vectors, norm_d, a_d and b_d are as
     * advance left them. KD_EINTERNAL: a step beyond n_max. */
    kd_status (*resume)(kd_device *dev, kd_stream *s, const struct xas_block *block, int first);

    /* After start or resume, and once more after one of them whenever a Hamiltonian, a block or a basis is another, also at the same address.
     * Steps first .. first+n_step-1 of every chain. In: u_first in vector[first % 3], u_(first-1) in vector[(first + 2) % 3], and
     * b_(first-1) in b_d: exactly these continue a chain after a restart. Out: a_n, b_n of the steps, and the two newest vectors.
     * KD_EINTERNAL: steps beyond n_max. */
    kd_status (*advance)(kd_device *dev, kd_stream *s, const struct xas_block *block, int first, int n_step);
};

#ifdef __cplusplus
}
#endif
#endif
