// SPDX-License-Identifier: BSD-3-Clause
/* model_grid.h - the least time that an RTX 4090 can need for a partition: a model, not a measurement. */
#ifndef KD_MODEL_GRID_H
#define KD_MODEL_GRID_H

#include <stdio.h>

#include "kernels/bader_ops.h"

/* Counted from a partition that the CPU has made. */
struct model_grid {
    double n_point;
    double n_step;  /* from all points to their maxima, at least: sum of the larger of the three distances in points */
    double n_edge;  /* edge points, which climb */
    int n_round;    /* launches of the three kernels of a round that find work */
    double n_change;/* points that change in all rounds */
};
void model_grid_count(const struct bader_grid *grid, const int *maximum, const int *rounds, struct model_grid *out);

/* A table of the launches, marked "MODEL, not measured": bytes of memory and of L1, least time, limiter. */
void model_grid_print(FILE *out, const char *name, const struct bader_grid *grid, const struct model_grid *m);

#endif
