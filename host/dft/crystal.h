// SPDX-License-Identifier: BSD-3-Clause
/* crystal.h - what the electrons move in: a cell of ions with pseudopotentials. Hartree atomic units. */
#ifndef KD_DFT_CRYSTAL_H
#define KD_DFT_CRYSTAL_H

#include "host/atom/pseudo.h"
#include "host/structure/structure.h"

struct crystal {
    double cell[3][3], reciprocal[3][3]; /* rows, bohr and 1/bohr; b_i . a_j = 2 pi delta_ij */
    double volume;
    int n_atom, n_species;
    int *species;          /* [n_atom] */
    double (*tau)[3];      /* [n_atom] Cartesian, bohr */
    const struct pseudo **pseudo; /* [n_species] borrowed */
    double n_electron;     /* of the neutral cell */
};

/* species[n_atom] numbers the potentials pseudo[n_species], which are borrowed. KD_EINPUT: not periodic in three directions, a
 * potential of another functional than PBE, two atoms at one place. */
kd_status crystal_create(const struct structure *s, int n_species, const struct pseudo *const *pseudo, const int *species,
                         struct crystal *out);
void crystal_free(struct crystal *c); /* a zeroed struct is fine */

#endif
