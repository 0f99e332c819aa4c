// SPDX-License-Identifier: BSD-3-Clause
/* local.h - smooth continuations towards the nucleus: the local potential and the model core. */
#ifndef KD_ATOM_LOCAL_H
#define KD_ATOM_LOCAL_H

#include "host/atom/grid.h"

/* smooth[n] = f beyond mesh point `at`; inside, the polynomial in r^2 with five terms that joins with four continuous derivatives,
 * plus depth (1 - (r/r_at)^2)^5, which leaves them alone. */
kd_status local_continue(const struct radial_grid *g, const double *f, int at, double depth, double *smooth);

/* Below `radius` replace v[n] by the parabola a + b r^2 through it: rounding noise of gradient functionals grows as 1/r^2. */
void local_calm_origin(const struct radial_grid *g, double radius, double *v);

/* A model of the core density [n] (bohr^-3): the true one beyond `at`, a monotonic bell with two continuous derivatives inside. */
kd_status local_model_core(const struct radial_grid *g, const double *density, int at, double *model);

#endif
