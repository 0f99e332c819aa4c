// SPDX-License-Identifier: BSD-3-Clause
/* chains.h - from the coefficients of Lanczos chains to a spectrum: continued fraction, terminator, occupied states taken out.
 *
 * Hartree atomic units; gamma is the half width at half maximum of the Lorentzian, one per energy. */
#ifndef KD_XAS_CHAINS_H
#define KD_XAS_CHAINS_H

#include "kernels/status.h"

struct chains { /* coefficients of one site */
    int n_k, n_pol;
    int n_step;      /* steps that were done */
    int n_max;       /* row length of a and b */
    double *weight;  /* [n_k] sums to 1 */
    double *norm;    /* [n_k][n_pol] norms of the start vectors, bohr */
    double *a, *b;   /* [n_k][n_pol][n_max] Ha */
};

kd_status chains_create(int n_k, int n_pol, int n_max, struct chains *out);
void chains_free(struct chains *c); /* a zeroed struct is fine */

/* s[n_pol][n_e] = sum_k weight_k norm^2 Im <u_0|(H - E - i gamma)^-1|u_0> from the first n_step steps, in bohr^2/Ha. The last level is
 * that of an infinite chain with the mean a and b of the five steps before it (Haydock's square root terminator, as xspectra.x). */
void chains_spectrum(const struct chains *c, int n_step, int n_e, const double *energy, const double *gamma, double *s);

/* s[n_pol][n_e] -= the Lorentzians of the states below `level`: the poles of the finite chains, each with its weight. KD_ENOMEM;
 * KD_ENOCONV when a chain cannot be diagonalised (NaN). */
kd_status chains_cut(const struct chains *c, int n_step, double level, int n_e, const double *energy, const double *gamma, double *s);

/* Eigenvalues e[n] and squared first components of the eigenvectors w[n] of the tridiagonal matrix with diagonal a[n] and
 * off-diagonal b[n-1], not sorted (implicit QL: Golub, Welsch, Math. Comp. 23, 221 (1969)). KD_ENOCONV. */
kd_status chains_poles(int n, const double *a, const double *b, double *e, double *w);

#endif
