// SPDX-License-Identifier: BSD-3-Clause
/* grid.cuh - the dense grid of the CUDA backend: tables, plans, transforms. */
#ifndef KD_CUDA_GRID_CUH
#define KD_CUDA_GRID_CUH

#include "kernels/cuda/libraries.cuh"
#include "kernels/grid_ops.h"

struct grid {
    kd_device *dev;
    int n[3], n_g;
    size_t n_point, n_half; /* real points; half-complex numbers */
    double volume;
    int2 *place_d;  /* [n_g] x: place in the half-complex array, or ~place where it holds the conjugate; y: second place, or -1 */
    double *g_d;    /* [n_g][3] */
    cufftHandle to_g, to_r;
    size_t work_bytes; /* of either transform, from scratch */
};

/* What goes through a transform: f (+ more, unless NULL), times i G_axis unless axis < 0. */
struct grid_source {
    const double2 *f, *more;
    int axis;
};
/* r <- source; half [n_half] is overwritten. work: grid->work_bytes. */
kd_status cuda_grid_to_r(kd_stream *s, const struct grid *grid, struct grid_source source, double2 *half, void *work, double *r_d);
/* f = transform of r, or (axis >= 0) f += i G_axis times it. */
kd_status cuda_grid_to_g(kd_stream *s, const struct grid *grid, const double *r_d, int axis, double2 *half, void *work, double2 *f);

size_t cuda_grid_potential_scratch(const struct grid *grid);
kd_status cuda_grid_potential(kd_device *dev, kd_stream *s, const struct grid *grid, const struct grid_potential *p);

#endif
