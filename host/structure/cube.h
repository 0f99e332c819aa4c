// SPDX-License-Identifier: BSD-3-Clause
/* cube.h - points in a periodic cube, binned: who is near? */
#ifndef KD_CUBE_H
#define KD_CUBE_H

#include <stdbool.h>

#include "kernels/status.h"

struct cube {
    double edge, range;
    int n_bin;           /* along an edge; 1 when the cube is too small for bins */
    int *head, *next;    /* lists of points; -1 ends */
    const double (*position)[3]; /* borrowed; 0 <= x < edge */
};

/* Room for n points, none in it. Distances up to `range` can be asked for. KD_ENOMEM. */
kd_status cube_create(double edge, double range, const double (*position)[3], int n, struct cube *out);
void cube_free(struct cube *c); /* a zeroed struct is fine */
void cube_add(struct cube *c, int point);

/* Calls visit(context, point, squared minimum-image distance) for every point that may be within range of r; stops, and returns
 * false, when visit does. */
bool cube_near(const struct cube *c, const double r[3], bool (*visit)(void *context, int point, double r2), void *context);

#endif
