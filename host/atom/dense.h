// SPDX-License-Identifier: BSD-3-Clause
/* dense.h - linear algebra of a few dozen unknowns, as an atom needs it (big matrices go through la_ops). */
#ifndef KD_ATOM_DENSE_H
#define KD_ATOM_DENSE_H

#include "kernels/status.h"

/* Solve a x = b in place by Gaussian elimination with row pivoting: a[n][n] is destroyed, b[n] becomes x.
 * KD_EINTERNAL when a pivot falls below 1e-14 of the largest element. */
kd_status dense_solve(int n, double *a, double *b);
/* Inverse of a[n][n] into inverse[n][n]; a is kept. Codes as dense_solve. */
kd_status dense_inverse(int n, const double *a, double *inverse);
/* Eigenvalues w[n], ascending, and eigenvectors in the ROWS of v[n][n] of symmetric a[n][n] (destroyed): cyclic Jacobi.
 * KD_EINTERNAL if 60 sweeps do not do. */
kd_status dense_eigen(int n, double *a, double *w, double *v);

#endif
