// SPDX-License-Identifier: BSD-3-Clause
/* partition.h - a density on a periodic grid is divided among atoms (Bader). Hartree atomic units; written once, against bader_ops. */
#ifndef KD_BADER_PARTITION_H
#define KD_BADER_PARTITION_H

#include <stdbool.h>

#include "host/bader/core.h"
#include "kernels/bader_ops.h"

struct bader_task {
    const char *name;             /* of the density, for messages */
    int n[3];
    double cell[3][3];            /* bohr, rows */
    int n_atom;
    const double (*position)[3];  /* [n_atom] bohr */
    int order;                    /* of slopes, 2 or 4: bader_ops.h */
    const double *valence;        /* [n0][n1][n2] bohr^-3: what is integrated */
    const double *reference;      /* the same shape: what is divided; NULL: valence plus cores */
    int n_core;                   /* 0: none */
    const struct core *core;      /* [n_core] */
    const int *core_of;           /* [n_atom] number of its core, or -1 */
};

#define BADER_EMPTY 1e-6 /* electrons: less is empty space, which may have thousands of maxima */

struct bader_maximum {
    double position[3]; /* bohr */
    int atom;           /* the nearest */
    double distance;    /* to it, bohr */
    bool nuclear;       /* it is that atom: nearer than 0.3 angstrom, or than a grid step allows to tell */
    double electrons, volume; /* of its basin */
};

struct bader_partition {
    int n_atom;
    double *electrons; /* [n_atom] */
    double *volume;    /* [n_atom] bohr^3 */
    double *distance;  /* [n_atom] least distance of its surface, bohr; 0 for an atom without basin, or alone in the cell */
    int n_maximum;
    struct bader_maximum *maximum; /* [n_maximum] by number of the grid point */
    int n_other;       /* maxima that are no nucleus and hold more than BADER_EMPTY; their basins went to the nearest atom */
    int n_empty;       /* atoms that have no maximum: the partition makes no sense for them */
    double n_electron; /* integral of the valence density over the cell */
    int n_round;       /* of climbs; BADER_MAX_ROUND + 1 when they did not settle */
    double seconds;    /* from the density on the device to charges */
};

/* Same bits on every device, at any number of threads. KD_EINPUT: a density that is not finite, has no maximum or more than a
 * million; atoms without basin are counted, not refused. KD_ENOCONV, KD_ENOMEM, KD_EDEVICE. KD_ESTOPPED within a second or so of
 * stop_requested (stop.h). The result is the caller's. */
kd_status bader_divide(kd_device *dev, const struct bader_task *task, struct bader_partition *out);
void bader_partition_free(struct bader_partition *p); /* a zeroed struct is fine */

/* What the ops need to know about n points along the rows of cell. */
struct bader_grid bader_grid_make(const int n[3], const double cell[3][3], int order);

#endif
