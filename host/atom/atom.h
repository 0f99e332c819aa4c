// SPDX-License-Identifier: BSD-3-Clause
/* atom.h - the all-electron atom: one spherical, spin-restricted Kohn-Sham atom, self-consistent. */
#ifndef KD_ATOM_ATOM_H
#define KD_ATOM_ATOM_H

#include <stdbool.h>

#include "host/atom/configuration.h"
#include "host/atom/grid.h"
#include "host/atom/xc.h"

struct atom_options {
    int z;
    struct configuration configuration; /* any occupation: ions, fractions, core holes; occupation 0 = report the level */
    enum xc_kind xc;
    bool relativistic; /* scalar-relativistic (Koelling-Harmon) or Schroedinger */
    double dx;         /* mesh, 0 = 0.0125: energies converged to 1e-7 Ha for H to Ar */
};

struct atom_energies { /* Ha */
    double total, kinetic, nuclear, hartree, xc;
};

struct atom_state {
    int n, l;
    double occupation, energy;
    double *p, *q; /* [grid.n]: r psi, normalised to one, and the small component's partner of radial.h */
};

struct atom {
    struct atom_options options;
    struct radial_grid grid;
    int n_state;
    struct atom_state state[ATOM_MAX_SHELL]; /* as listed in the configuration */
    double *v;                               /* [n] the self-consistent potential, Ha */
    double *charge;                          /* [n] 4 pi r^2 density of all electrons */
    struct atom_energies energies;
    int n_iteration;
};

/* alpha of the scalar-relativistic equations (CODATA 2018). */
double atom_alpha(const struct atom_options *o);

/* Solve. KD_EINPUT: a charge that makes no sense; KD_ENOCONV: a level is not bound or the density did not settle.
 * The atom is the caller's: atom_free. Deterministic. */
kd_status atom_solve(const struct atom_options *o, struct atom **atom);
void atom_free(struct atom *a);

/* charge[n] of the states for which keep[] is true. */
void atom_charge(const struct atom *a, const bool *keep, double *charge);

#endif
