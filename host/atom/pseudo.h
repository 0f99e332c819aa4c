// SPDX-License-Identifier: BSD-3-Clause
/* pseudo.h - a norm-conserving pseudopotential, as read from a UPF file or made by pseudo_make.
 *
 * Hartree atomic units. All radial functions live on one mesh r[n] (logarithmic or linear, as the file has it; rab = dr/di).
 *     V = v_local(r) + sum_ij |beta_i> d[i][j] <beta_j|,      beta_i(r) = beta[i](r)/r Y_lm
 * Wave functions are r times the radial function: chi, ae, ps. Charges are 4 pi r^2 density (bohr^-1). */
#ifndef KD_ATOM_PSEUDO_H
#define KD_ATOM_PSEUDO_H

#include <stdbool.h>
#include <stddef.h>

#include "host/atom/xc.h"
#include "kernels/status.h"

enum { PSEUDO_MAX_PROJECTOR = 16, PSEUDO_MAX_ORBITAL = 16, PSEUDO_MAX_CORE = 16, PSEUDO_MAX_PARTIAL = 16 };

struct pseudo_projector {
    int l;
    int n_cutoff; /* beta is zero from this point on; <= n */
    double radius;
    double *beta; /* [n] */
};

struct pseudo_orbital { /* a valence orbital of the atom: the start of a plane-wave calculation */
    char label[8];
    int l;
    double occupation; /* negative: not part of the reference atom */
    double energy;     /* Ha; 0 when the file does not say */
    double *chi;       /* [n] */
};

struct pseudo_core_orbital { /* all-electron */
    char label[8];
    int n, l;
    double *psi; /* [n] normalised to one */
};

struct pseudo_partial { /* a partial wave for the reconstruction; ae = ps beyond radius */
    char label[8];
    int l;
    double radius;
    double energy;   /* Ha; 0 when the file does not say */
    double *ae, *ps; /* [n] */
};

struct pseudo {
    char element[4];
    int z;
    double z_valence;
    char functional[64]; /* the file's words */
    enum xc_kind xc;
    bool xc_known; /* functional is one of ours */
    bool relativistic;
    char generated[160]; /* who made it */
    char comment[256];

    int n;
    double *r, *rab; /* [n] */
    double *v_local; /* [n] Ha */
    int n_projector, l_max;
    struct pseudo_projector projector[PSEUDO_MAX_PROJECTOR];
    double *d; /* [n_projector][n_projector] Ha, zero between different l */
    int n_orbital;
    struct pseudo_orbital orbital[PSEUDO_MAX_ORBITAL];
    double *charge;     /* [n] valence charge of the reference atom */
    double *model_core; /* [n] DENSITY (bohr^-3) of the model core, NULL without nonlinear core correction */
    double ecut_ry;     /* suggested cutoff, 0 unknown */

    /* reconstruction (PP_GIPAW); n_core and n_partial 0 without */
    int n_core;
    struct pseudo_core_orbital core[PSEUDO_MAX_CORE];
    int n_partial;
    struct pseudo_partial partial[PSEUDO_MAX_PARTIAL];
    double *v_ae, *v_ps; /* [n] screened local potentials, Ha; NULL without */

    /* what only Kedge's own files have (PP_KEDGE) */
    bool has_atom;
    double energy_ae, energy_ps; /* Ha, of the reference atom or ion; energy_ps is also total_psenergy of foreign files */
    char configuration[160];     /* all-electron reference, "1s1 2s2 ..." */
    char recipe[512];
    double *core_charge; /* [n] all-electron core of the reference atom */

    double **block; /* what pseudo_free frees */
    int n_block;
};

/* n zeroed doubles that live as long as p. KD_ENOMEM. */
kd_status pseudo_array(struct pseudo *p, size_t n, double **array);
void pseudo_free(struct pseudo *p); /* a zeroed struct is fine */

/* Simpson's rule over the first n points (made odd) as Quantum ESPRESSO applies it to a UPF mesh, so that numbers agree. */
double upf_simpson(int n, const double *f, const double *rab);
/* Number of points that Quantum ESPRESSO integrates over: up to the first r > 10 bohr, made odd. */
int upf_mesh_cut(const struct pseudo *p);

#endif
