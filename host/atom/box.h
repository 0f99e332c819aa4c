// SPDX-License-Identifier: BSD-3-Clause
/* box.h - levels of the all-electron and of the pseudo-atom in a hard sphere: the search for ghosts.
 *
 * The all-electron levels are counted by nodes, the pseudo ones found by diagonalising the separable Hamiltonian in spherical Bessel
 * functions: no level can hide, and a ghost is one too many wherever it lies (Gonze, Stumpf, Scheffler, PRB 44, 8503 (1991)
 * ask the same of one projector). */
#ifndef KD_ATOM_BOX_H
#define KD_ATOM_BOX_H

#include "host/atom/generation.h"

enum { BOX_MAX = 24 };

struct box_levels {
    int n;                  /* levels below the energy asked for, at most BOX_MAX */
    double energy[BOX_MAX]; /* Ha, ascending */
};

/* Levels below e_max of a, psi(r_at) = 0, without the n_core lowest. */
void box_all_electron(const struct atom *a, int l, int n_core, int at, double e_max, double *work, struct box_levels *levels);
/* The same of the pseudo-atom in the screened potential v, with plane waves up to e_max + 60 Ha. KD_ENOMEM, KD_EINTERNAL. */
kd_status box_pseudo(const struct separable *s, const double *v, int l, int at, double e_max, struct box_levels *levels);

#endif
