// SPDX-License-Identifier: BSD-3-Clause
/* hole.h - the pseudopotential of an absorber, and what its core adds to the energy of a transition. */
#ifndef KD_XAS_HOLE_H
#define KD_XAS_HOLE_H

#include <limits.h>

#include "host/atom/pseudo.h"

/* The set of `ground`'s element with one 1s electron taken out, by the same recipe, from the cache directory or made (0.3 s). path: where it
 * lies; "" when there is no place to keep it. KD_EINPUT: a set of another program, for which the user must bring the partner. */
kd_status hole_pseudo(const struct pseudo *ground, struct pseudo *out, char path[PATH_MAX]);

/* (E_AE* - E_PS*) - (E_AE - E_PS), Ha: Mizoguchi et al., J. Phys.: Condens. Matter 21, 104204 (2009). All-electron energies that a file
 * lacks are calculated for the ground configuration, with the hole that the valence charges tell. NAN without pseudo-atom energies. */
kd_status hole_core_difference(const struct pseudo *ground, const struct pseudo *excited, double *energy);

/* Tabulated K edge, Ha (X-Ray Data Booklet, LBNL 2009; xspectra.x has the same numbers); z = 3..18, else 0. */
double hole_k_edge(int z);

/* Of everything in a set that a spectrum depends on. */
unsigned long long hole_fingerprint(const struct pseudo *p);

#endif
