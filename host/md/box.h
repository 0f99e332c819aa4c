// SPDX-License-Identifier: BSD-3-Clause
/* box.h - the periodic cell that molecular dynamics computes in. */
#ifndef KD_BOX_H
#define KD_BOX_H

#include "host/structure/structure.h"

/* The lattice vectors of the periodic directions, and for each other direction a vector at right angles to all of them, long
 * enough that images of the atoms are farther apart than range. KD_EINPUT: a cell flatter than 0.5 angstrom. */
kd_status box_around(const struct structure *s, double range, double cell[3][3]);

/* Move r by lattice vectors to frac 0 <= f < 1; a position inside stays as it is to the last bit. */
void box_wrap(const double cell[3][3], double r[3]);

#endif
