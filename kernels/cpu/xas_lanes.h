// SPDX-License-Identifier: BSD-3-Clause
/* xas_lanes.h - what xas.c asks of a SIMD codelet: projections on few vectors, and the three passes of a Lanczos step. */
#ifndef KD_XAS_LANES_H
#define KD_XAS_LANES_H

#include "kernels/xas_ops.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { XAS_CHUNK = 1024 }; /* reals whose products are summed in the precision of the vectors; then FP64 */

struct pw_factors; /* kernels/cpu/pw.h */

/* Projectors of one k-point and the vectors of its chains. Lengths in reals: a complex number is two. */
struct xas_panel {
    int complex, n_vec;
    size_t n;
    const struct pw_factors *factors;
    const void *x[XAS_MAX_POLARISATION];
    void *w[XAS_MAX_POLARISATION];
};

struct xas_lanes {
    const char *name;
    /* c[v][j] = <p_j|x_v> over the reals first .. first+XAS_CHUNK-1, complex: pairs re, im. */
    void (*project)(const struct xas_panel *panel, size_t first, double *c);
    /* w_v += sum_j c[v][j] p_j over the same reals. */
    void (*add)(const struct xas_panel *panel, size_t first, const double *c);
    /* w -= b before; returns <x|w>. */
    double (*alpha)(size_t n, void *w, const void *before, const void *x, double b);
    /* w -= a x; returns <w|w>. */
    double (*beta)(size_t n, void *w, const void *x, double a);
    void (*scale)(size_t n, void *w, double factor);
};

extern const struct xas_lanes xas_baseline[2]; /* float, double */
#if defined(__x86_64__)
extern const struct xas_lanes xas_avx2[2];
extern const struct xas_lanes xas_avx512[2];
#endif

#ifdef __cplusplus
}
#endif
#endif
