// SPDX-License-Identifier: BSD-3-Clause
/* oncv.h - optimised pseudo-waves of one angular momentum, generalised norm conservation for two of them.
 *
 * D. R. Hamann, Phys. Rev. B 88, 085117 (2013). Inside r_c a pseudo-wave is a sum of r j_l(q_k r). It joins the all-electron wave
 * with n_match - 1 continuous derivatives, keeps <phi_i|phi_j> = <psi_i|psi_j> within r_c, and among what is then left has the
 * least kinetic energy beyond the wave vector q_cut (Rappe, Rabe, Kaxiras, Joannopoulos 1990): a quadratic form on a sphere, whose
 * global minimum is found from its secular equation. */
#ifndef KD_ATOM_ONCV_H
#define KD_ATOM_ONCV_H

#include "host/atom/wave.h"

enum { ONCV_MAX_BASIS = 12, ONCV_PER_CHANNEL = 2 };

struct oncv_channel {
    int l;
    int core;                        /* mesh index of r_c */
    double rc;
    int n_basis;
    double q[ONCV_MAX_BASIS];        /* wave vectors of the basis */
    struct wave wave[ONCV_PER_CHANNEL]; /* all-electron */
    double c[ONCV_PER_CHANNEL][ONCV_MAX_BASIS]; /* pseudo-wave = sum_k c_k r j_l(q_k r), r <= r_c */
    double *phi[ONCV_PER_CHANNEL];   /* [grid.n] r times the pseudo-wave; = wave.p beyond r_c; owned by the caller */
};

struct oncv_options {
    int n_match; /* matched value and derivatives, 3 .. 5 */
    int n_basis; /* n_match + 2 .. ONCV_MAX_BASIS */
    double q_cut; /* bohr^-1 */
};

/* Fill c and phi from wave[]; the second wave also keeps its overlap with the first. KD_EINPUT: r_c too small or too few basis
 * functions for the norm (the message says which wave). */
kd_status oncv_optimise(const struct radial_grid *g, const struct oncv_options *o, struct oncv_channel *channel);

/* (energy - T) phi of pseudo-wave i at mesh point k <= core, from the basis. */
double oncv_energy_minus_kinetic(const struct radial_grid *g, const struct oncv_channel *channel, int i, int k);

/* Kinetic energy (Ha) of pseudo-wave i that plane waves beyond q lack: E_r(q[m]) for n ascending q. Bound waves only make sense. */
kd_status oncv_residual(const struct radial_grid *g, const struct oncv_channel *channel, int i, int n, const double *q,
                        double *residual);

#endif
