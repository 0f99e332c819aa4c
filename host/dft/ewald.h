// SPDX-License-Identifier: BSD-3-Clause
/* ewald.h - electrostatics of point ions in a compensating background (Ewald 1921). */
#ifndef KD_DFT_EWALD_H
#define KD_DFT_EWALD_H

#include "host/dft/crystal.h"

/* Energy (Ha), force[n_atom][3] (Ha/bohr, added to) and strain derivative dE/de (xx yy zz yz xz xy, Ha, added to) of the ions with
 * their valence charges; force and strain may be NULL. Converged to round-off whatever the cell. */
kd_status ewald(const struct crystal *c, double *energy, double (*force)[3], double strain[6]);

#endif
