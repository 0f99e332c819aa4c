// SPDX-License-Identifier: BSD-3-Clause
/* place.h - images of atoms in a periodic cell of any shape. */
#ifndef KD_BADER_PLACE_H
#define KD_BADER_PLACE_H

#include "kernels/status.h"

struct place_list {
    int n;
    double (*center)[3]; /* [n] */
    int *kind;           /* [n] */
};

/* Every image of every atom that comes within reach of a point of the cell (points from 0 to below 1 along each row of `cell`); by atom,
 * then by image. Atoms of kind -1 are left out. KD_ENOMEM. */
kd_status place_images(const double cell[3][3], int n_atom, const double (*position)[3], const int *kind, double reach,
                       struct place_list *out);
void place_list_free(struct place_list *l); /* a zeroed struct is fine */

/* The atom whose nearest image is nearest to r (the first of equals), and how far it is. */
int place_nearest(const double cell[3][3], int n_atom, const double (*position)[3], const double r[3], double *distance);

#endif
