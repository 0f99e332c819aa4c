// SPDX-License-Identifier: BSD-3-Clause
/* pseudo_atom.h - the atom of a separable pseudopotential on the mesh of the all-electron atom it comes from. */
#ifndef KD_ATOM_PSEUDO_ATOM_H
#define KD_ATOM_PSEUDO_ATOM_H

#include "host/atom/atom.h"

enum { SEPARABLE_MAX = 8 };

/* v_ion(r) + sum_k |beta_k> strength_k <beta_k|, all orthonormal. */
struct separable {
    const struct radial_grid *grid;
    enum xc_kind xc;
    double z_valence;
    double *v_ion;      /* [n] Ha */
    double *model_core; /* [n] 4 pi r^2 density, NULL without */
    int n_projector;
    int l[SEPARABLE_MAX];
    double strength[SEPARABLE_MAX];
    double *beta[SEPARABLE_MAX]; /* [n] r beta, zero from point `core` on */
    int core;
};

struct pseudo_atom_state {
    int l;
    double occupation;
    double energy;  /* in: a guess; out: Ha */
    double *phi;    /* [n] or NULL */
};

/* Self-consistent pseudo-atom. Every state is the one nearest to its guess. v[n]: in, a starting screened local potential; out, the
 * self-consistent one. total (Ha) is the valence energy with E_xc of valence plus model core, as plane-wave codes count it.
 * KD_ENOCONV when a state is lost or the density does not settle. */
kd_status pseudo_atom_solve(const struct separable *s, int n_state, struct pseudo_atom_state *state, double *v, double *total);

/* The regular solution in the screened potential v at `energy`, up to point last: phi[n] (zero beyond), slope of phi at last. */
kd_status pseudo_atom_outward(const struct separable *s, const double *v, int l, double energy, int last, double *phi,
                              double *slope);

#endif
