// SPDX-License-Identifier: BSD-3-Clause
/* broaden.h - the half width at half maximum of the Lorentzian, as a function of the energy above the edge. */
#ifndef KD_XAS_BROADEN_H
#define KD_XAS_BROADEN_H

#include "host/base/json.h"
#include "kernels/status.h"

enum { BROADEN_MAX = 512 };

/* Straight lines between points, constant outside them: one point is constant broadening, two are xspectra.x's "variable". */
struct broadening {
    int n;
    double energy[BROADEN_MAX], gamma[BROADEN_MAX]; /* Ha, energies relative to the edge, ascending */
};

/* "0.8", or "0.4@5,1.5@30" (gamma@energy ...), in eV. KD_EINPUT. */
kd_status broaden_parse(const char *text, struct broadening *b);
/* Two columns: energy above the edge (eV), gamma (eV); # starts a comment. KD_EINPUT with file:line. */
kd_status broaden_read(const char *path, struct broadening *b);

double broaden_at(const struct broadening *b, double energy);
void broaden_json(const struct broadening *b, struct js *object); /* gamma_ev, gamma_energy_ev */

#endif
