// SPDX-License-Identifier: BSD-3-Clause
/* wave.h - the all-electron waves that a pseudopotential is to reproduce. */
#ifndef KD_ATOM_WAVE_H
#define KD_ATOM_WAVE_H

#include <stdbool.h>

#include "host/atom/atom.h"

enum { WAVE_MATCH = 6 }; /* value and derivatives kept at the core radius */

struct wave {
    int l;
    double energy;           /* Ha */
    bool bound;              /* normalised to one; else to one within the core radius and meaningful up to `n_good` points */
    int core;                /* mesh index of the core radius */
    int n_good;
    double match[WAVE_MATCH]; /* P, P', P'', ... at the core radius */
    double norm;             /* int_0^rc P^2 */
    double *p;               /* [grid.n] r psi; owned by the caller */
};

/* The wave of a at angular momentum l: the bound state n l when n > 0 (it must be among a's states), else the regular solution at
 * `energy`. rc is moved to the mesh point at or above it. work[3 n] is scratch, p[n] receives the wave. KD_EINPUT: no such state. */
kd_status wave_make(const struct atom *a, int n, int l, double energy, double rc, double *work, double *p, struct wave *w);

/* The logarithmic derivative as an angle in units of pi, modulo 1: atan(k P / P') / pi with k = sqrt(2 max(E, 0) + 1). Far out this is
 * the phase of the wave, so differences of it are phase shifts and weigh alike at every energy. */
double wave_angle(double energy, double p, double slope);
/* wave_angle of a's regular solution at mesh point `at`. work[2 n]. */
double wave_phase(const struct atom *a, int l, double energy, int at, double *work);

#endif
