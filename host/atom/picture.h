// SPDX-License-Identifier: BSD-3-Clause
/* picture.h - tables and gnuplot scripts that show a pseudopotential. */
#ifndef KD_ATOM_PICTURE_H
#define KD_ATOM_PICTURE_H

#include "host/atom/check.h"

/* Writes into directory (made if need be): waves.dat, potentials.dat, phases.dat, cutoff.dat and report.gp, which `gnuplot report.gp`
 * turns into waves.svg, potentials.svg, phases.svg, cutoff.svg; gnuplot is run when it is installed. KD_EIO. */
kd_status picture_report(const char *directory, const struct generation *g, const struct check *c);

#endif
