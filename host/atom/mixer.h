// SPDX-License-Identifier: BSD-3-Clause
/* mixer.h - Anderson's extrapolation for a radial potential. */
#ifndef KD_ATOM_MIXER_H
#define KD_ATOM_MIXER_H

#include "host/atom/grid.h"

enum { MIXER_DEPTH = 6 };

struct mixer {
    int n, count;
    double beta;
    double *input[MIXER_DEPTH], *residual[MIXER_DEPTH]; /* ring of the last iterations, [n] each */
    double *memory;
};

kd_status mixer_make(int n, double beta, struct mixer *m);
void mixer_free(struct mixer *m);
/* v[n] went in, v_out[n] came out: v becomes the next input (D. G. Anderson, J. ACM 12, 547 (1965)). *change is the r^2-weighted
 * rms of r (v_out - v). Scalar products weigh with r^2 dr, so that the tail, not the nucleus, is what is mixed. */
kd_status mixer_step(struct mixer *m, const struct radial_grid *g, double *v, const double *v_out, double *change);

#endif
