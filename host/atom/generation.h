// SPDX-License-Identifier: BSD-3-Clause
/* generation.h - from a recipe and an electron configuration to a pseudopotential. */
#ifndef KD_ATOM_GENERATION_H
#define KD_ATOM_GENERATION_H

#include "host/atom/oncv.h"
#include "host/atom/pseudo.h"
#include "host/atom/pseudo_atom.h"
#include "host/atom/recipe.h"

/* Raised when the same recipe begins to give other numbers: kept sets are made anew (library.h). */
enum { GENERATION_VERSION = 2 };

struct generation_wave { /* channel[channel].phi[wave] */
    int channel, wave;
};

struct generation {
    struct recipe recipe;
    struct atom *atom; /* the all-electron reference */
    int n_channel;
    struct oncv_channel channel[RECIPE_MAX_L + 1];
    struct separable separable;
    double *v_local;     /* [n] screened, Ha */
    double *charge;      /* [n] pseudo valence charge */
    double *core_charge; /* [n] all-electron core charge */
    double energy_ps;    /* Ha, total energy of the pseudo-atom */
    int n_valence;
    struct pseudo_atom_state valence[ATOM_MAX_SHELL]; /* of the reference: energies of the pseudo-atom, phi of the channels */
    struct generation_wave wave_of[ATOM_MAX_SHELL]; /* [n_valence] */
    double norm_error;   /* worst |<phi_i|phi_j> - <psi_i|psi_j>| within r_c */
    double asymmetry;    /* worst relative asymmetry of <phi_i|chi_j>: the relativistic tail, ~1e-5 */
    double *memory;
};

/* Make it: all-electron atom, two waves per channel, local potential, projectors, unscreening, pseudo-atom. A core hole is simply a
 * configuration with fewer core electrons. KD_EINPUT: the recipe does not fit the atom (the message says where); KD_ENOCONV. */
kd_status generation_make(const struct recipe *r, const struct configuration *c, struct generation **out);
void generation_free(struct generation *g);

/* The file's view of it: the mesh of ld1.x (from exp(-7)/Z), orbitals, core orbitals, partial waves, energies. Free with pseudo_free. */
kd_status generation_pseudo(const struct generation *g, struct pseudo *p);

#endif
