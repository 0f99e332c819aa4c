// SPDX-License-Identifier: BSD-3-Clause
/* dipole.h - the start vectors of the chains: e.r |1s> carried to the pseudo waves, in plane waves.
 *
 *     <k+G|phi_a> = (-i) f(|k+G|) (k+G)_a/|k+G| exp(-i (k+G).tau) / sqrt(3) sqrt(3/4 pi),  f(q) = 4 pi/sqrt(volume) int r F(r) j_1(qr) dr
 * for a = x, y, z; F = sum_n d_n r p_n of host/atom/startvec.h. As xspectra.x has it, on a table of step 0.01 with cubic interpolation. */
#ifndef KD_XAS_DIPOLE_H
#define KD_XAS_DIPOLE_H

#include "host/atom/startvec.h"
#include "host/dft/projector.h"

struct dipole {
    struct startvec vector;
    struct beta_table table; /* f(q) */
};

/* From the p partial waves of `absorber` and the 1s of `core`, up to q_max (1/bohr). */
kd_status dipole_create(const struct pseudo *absorber, const struct pseudo *core, double radius_factor, double q_max, struct dipole *out);
void dipole_free(struct dipole *d); /* a zeroed struct is fine */

/* x [3] <- the start vectors along x, y, z at an atom at tau. */
kd_status dipole_vectors(kd_device *dev, const struct dipole *d, const struct crystal *c, const double tau[3], const struct sphere *sphere,
                         const struct pw_basis *basis, const struct la_block *x);

#endif
