// SPDX-License-Identifier: BSD-3-Clause
/* radial.h - the radial wave equation of one electron in a spherical potential, scalar-relativistic or not.
 *
 * With P = r psi and x = ln r the Koelling-Harmon equations (J. Phys. C 10, 3107 (1977)) are the pair
 *     dP/dx = P + 2 M r Q,      dQ/dx = -Q + r [ l(l+1) / (2 M r^2) + v - E ] P + r s,
 *     M = 1 + (E - v) alpha^2 / 2,
 * alpha = 0 being Schroedinger's equation and s(r) a source (for separable pseudopotentials: (T + v - E) P = -s).
 * They are integrated by the seven-step Adams-Moulton formula; being linear, each implicit step is a 2x2 solve.
 * States are normalised by their large component alone, as norm-conserving pseudopotentials need it (and as ld1.x does). */
#ifndef KD_ATOM_RADIAL_H
#define KD_ATOM_RADIAL_H

#include "host/atom/grid.h"

struct radial_equation {
    const struct radial_grid *grid;
    int l;
    double alpha;         /* fine-structure constant, or 0 */
    double z;             /* charge of the point nucleus in v, 0 for a smooth potential */
    const double *v;      /* [n] Ha */
    const double *source; /* [n] or NULL */
};

/* The solution regular at the origin, from r = 0 to point last: P and Q up to there, zero beyond. Returns the number of nodes of
 * P. With a source it is the particular solution that vanishes fastest at the origin. */
int radial_outward(const struct radial_equation *eq, double energy, int last, double *p, double *q);

/* The solution that decays at infinity, from its practical infinity in to point first; zero before and after.
 * Needs v + l(l+1)/2r^2 > energy at the far end; KD_ENOCONV otherwise. */
kd_status radial_inward(const struct radial_equation *eq, double energy, int first, double *p, double *q);

/* Last point where a classical electron of this energy may be, -1 when there is none. */
int radial_turning_point(const struct radial_equation *eq, double energy);

/* The bound state with n_node nodes: *energy is a guess on entry (any value), P normalised to one and positive at first, Q with
 * it. KD_ENOCONV: not bound below -1e-5 Ha within this mesh. Converged to 1e-12 relative. */
kd_status radial_bound(const struct radial_equation *eq, int n_node, double *energy, double *p, double *q);

/* Radial derivatives P' and P'' from the equations themselves: slope[n], curvature[n]. */
void radial_slopes(const struct radial_equation *eq, double energy, const double *p, const double *q, double *slope,
                   double *curvature);

#endif
