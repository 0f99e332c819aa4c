// SPDX-License-Identifier: BSD-3-Clause
/* check.h - is this pseudopotential any good? Every answer a number, every number a verdict. */
#ifndef KD_ATOM_CHECK_H
#define KD_ATOM_CHECK_H

#include "host/atom/generation.h"

enum { CHECK_MAX_L = 3, CHECK_MAX_CURVE = 200, CHECK_MAX_EXCITATION = 6, CHECK_N_CUTOFF = 240 };

struct check_excitation {
    char configuration[160];
    double ae, ps; /* Ha above the reference atom */
};

struct check_wave { /* per channel and wave: what the reconstruction of XANES relies on */
    int l;
    double energy;     /* Ha */
    double norm_ratio; /* int_0^rc psi_AE^2 / int_0^rc psi_PS^2 */
    double slope_ae, slope_ps; /* logarithmic derivatives at r_c */
};

struct check {
    double norm_error, eigenvalue_error; /* Ha; the latter divided by 1 + E^2 */
    int n_wave;
    struct check_wave wave[2 * (RECIPE_MAX_L + 1)];

    /* logarithmic derivatives as angles (units of pi, wave_phase), from half a hartree below the valence to +5 Ha; the
     * verdict is on s, p, d: f shows what the local potential does alone */
    int n_energy;
    double energy[CHECK_MAX_CURVE];
    double phase_ae[CHECK_MAX_L + 1][CHECK_MAX_CURVE], phase_ps[CHECK_MAX_L + 1][CHECK_MAX_CURVE];
    double phase_error[CHECK_MAX_L + 1]; /* worst, units of pi */
    double phase_radius;

    int levels_ae[CHECK_MAX_L + 1], levels_ps[CHECK_MAX_L + 1]; /* in a sphere of 6 bohr, below +5 Ha */
    double level_error[CHECK_MAX_L + 1];                        /* Ha, worst of those below +2 Ha */

    int n_excitation;
    struct check_excitation excitation[CHECK_MAX_EXCITATION];
    double excitation_error; /* Ha, worst of those within half a hartree: what chemistry does to an atom */

    /* missing kinetic energy per electron (Ha) of the worst occupied wave against the cutoff (Ry) */
    double cutoff_ry[CHECK_N_CUTOFF], residual[CHECK_N_CUTOFF];
    double ecut_1mha_ry, ecut_01mha_ry; /* 1 and 0.1 mHa per electron; 0 when beyond the table */

    /* verdicts */
    bool norm_ok, eigenvalue_ok, phase_ok, ghost_ok, excitation_ok, cutoff_ok;
    bool ok; /* all of them */
};

/* Limits of the verdicts. */
struct check_limits {
    double norm, eigenvalue_ha, phase, excitation_ha, ecut_ry;
};
extern const struct check_limits check_limits;

/* All checks, a fraction of a second. KD_ENOCONV when a configuration does not converge. */
kd_status check_run(const struct generation *g, struct check *c);

/* The names of the checks that failed, "ghosts, excitation energies"; "" when all passed. */
void check_failures(const struct check *c, char text[128]);

#endif
