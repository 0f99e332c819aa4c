// SPDX-License-Identifier: BSD-3-Clause
/* la.h - what the CPU's other files use of la.c. */
#ifndef KD_CPU_LA_H
#define KD_CPU_LA_H

#include "kernels/la_ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* OpenBLAS with one thread: parallel loops are ours. Called when the device opens. */
void cpu_la_single_thread(void);

/* Re <a|b>, FP64 products and sum in one fixed order. */
double cpu_dot_reals(enum la_type type, size_t n, const void *a, const void *b);

/* Products of small panels, for one thread. Panels are [vector][ld].
 * gram: m[j][i] += <a_i|b_j> over n numbers; part holds one product in the panel's precision.
 * combine: y[j] (ldy) = sum_i c[j][i] x_i over n numbers, c in the panel's precision. */
void cpu_panel_gram(enum la_type type, int n_a, int n_b, int n, size_t ld, const void *a, const void *b, void *part, double *m);
void cpu_panel_combine(enum la_type type, int n_y, int n_x, int n, const void *c, const void *x, size_t ldx, void *y, size_t ldy);

/* Lowest `want` Ritz pairs of n vectors: s and m are their Gram and Hamiltonian matrices (both overwritten). c[want][n] coefficients,
 * w[n] eigenvalues. Combinations whose square norm (of vectors scaled to 1) is below `drop` are left out. work: 3 n n numbers of the
 * kind and 2 n doubles. Returns how many pairs there are, at most want; -1 when the matrices are not finite. */
int cpu_ritz(enum la_type type, int n, int want, double *s, double *m, double *c, double *w, double drop, double *work);

#ifdef __cplusplus
}
#endif
#endif
