// SPDX-License-Identifier: BSD-3-Clause
/* neighbor.cuh - what the kernels of the neighbour lists share: bins, wrapped atoms, the job. */
#ifndef KD_NEIGHBOR_CUH
#define KD_NEIGHBOR_CUH

#include "kernels/cuda/cuda.cuh"

/* The bins of one replica. */
struct bin_grid {
    double inverse[9]; /* frac[k] = sum_a r[a] inverse[3 a + k] */
    float range;       /* largest cutoff + skin */
    int n[3];          /* bins along each lattice vector */
    int reach[3];      /* bins to search on either side */
};

struct wrapped_atom { /* in the home cell */
    float x, y, z;
    int atom;
};

struct whole_cells {
    int k[3];
};

struct neighbor_work {
    bin_grid *grid;       /* [n_replica] */
    int *bin_start;       /* [n_atom + n_replica] counts, then first place of each bin */
    int *bin_of;          /* [n_atom] */
    int *rank;            /* [n_atom] arrival number in the bin */
    whole_cells *wrap;    /* [n_atom] between an atom and its image in the home cell */
    wrapped_atom *home;   /* [n_atom] by atom */
    wrapped_atom *sorted; /* [n_atom] by bin */
};

struct neighbor_job {
    md_batch batch;
    md_neighbors list;
    neighbor_work work;
    const double *cutoff;
    double skin;
    const int *on; /* 0 there: nothing is to be done; NULL: always on */
};

#endif
