// SPDX-License-Identifier: BSD-3-Clause
/* startvec.h - what carries |1s> into the space of pseudo waves: the radial part of the XANES start vector.
 *
 *     |phi_0> = sum_n d_n sum_a eps_a |p_n, a>,      d_n = int_0^rc r phi_n^AE(r) psi_1s(r) dr
 * over the p partial waves n (Taillefumier et al., PRB 66, 195107 (2002); Gougoussis et al., PRB 80, 075102 (2009)). The projectors
 * p_n = sum_m S^-1_nm f phi_m^PS, S_nm = <phi_n^PS| f |phi_m^PS>, are cut smoothly by f = 1 up to 2/3 r_c, 1 - 3x^2 + 2x^3 from there
 * to r_c; r_c = 1.5 times the partial wave's radius. This is the definition of xspectra.x, to the integration rule. */
#ifndef KD_ATOM_STARTVEC_H
#define KD_ATOM_STARTVEC_H

#include "host/atom/pseudo.h"

enum { STARTVEC_MAX = 4 };

struct startvec {
    int n_partial;             /* p channels of the absorber */
    double dipole[STARTVEC_MAX]; /* d_n, bohr, for partial waves scaled to int f phi_PS^2 = 1 */
    int n;                     /* mesh points of the absorber's set */
    double *projector;         /* [n_partial][n] r p_n(r) */
    double *radial;            /* [n] sum_n d_n r p_n(r): everything that a plane-wave code needs */
    double norm;               /* sqrt(<phi_0|phi_0>) for one unit polarisation vector, complete basis: sqrt(int radial^2 / 3) */
};

/* absorber: the set (with core hole or not) whose p partial waves are used; core: the set with the 1s, normally the ground state's.
 * radius_factor 0 = 1.5. KD_EINPUT: no p partial waves, no 1s, different elements, or radii that reach r = 10 bohr.
 * The 1s is interpolated if the meshes differ. Free with startvec_free. */
kd_status startvec_make(const struct pseudo *absorber, const struct pseudo *core, double radius_factor, struct startvec *s);
void startvec_free(struct startvec *s);

/* The norm with plane waves up to ecut (Ha) only: sqrt(2/pi int_0^sqrt(2 ecut) q^2 f(q)^2 dq / 3), f the j_1 transform of radial. */
kd_status startvec_norm(const struct pseudo *absorber, const struct startvec *s, double ecut, double *norm);

#endif
