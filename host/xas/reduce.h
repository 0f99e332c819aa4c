// SPDX-License-Identifier: BSD-3-Clause
/* reduce.h - the potential on a smaller product grid: the chains need it between plane waves of the orbitals only.
 *
 * Every Fourier component that the smaller grid can hold is kept (|index| <= (N-1)/2 along each axis): H is then exact for differences of
 * less than N/2 and wrong only between opposite rims of the sphere. N = 1.3 times twice the largest index of the orbitals gives spectra to
 * 0.1 % (measured: docs/xanes.md). */
#ifndef KD_XAS_REDUCE_H
#define KD_XAS_REDUCE_H

#include "host/dft/sphere.h"
#include "kernels/grid_ops.h"

struct reduce {
    kd_device *dev;
    bool same; /* nothing to reduce */
    int n[3];  /* the smaller grid */
    struct grid *large, *small;
    double *wave_d; /* components kept */
    double *v_d;    /* [n0][n1][n2] */
};

/* factor: in units of twice the largest |k+G| along each axis; at least what the spheres span, at most `full`. */
kd_status reduce_create(kd_device *dev, const struct crystal *c, double ecut, double factor, const int full[3], struct reduce *out);
void reduce_free(struct reduce *r); /* a zeroed struct is fine */

/* *small_d: the potential full_d on the smaller grid (memory of r, or full_d itself). */
kd_status reduce_potential(struct reduce *r, double *full_d, double **small_d);

#endif
