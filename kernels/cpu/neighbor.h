// SPDX-License-Identifier: BSD-3-Clause
/* neighbor.h - atoms sorted into the bins of their replicas' cells. */
#ifndef KD_NEIGHBOR_H
#define KD_NEIGHBOR_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/md_ops.h"

/* Bins of one replica: n[0] x n[1] x n[2] slices of the cell along its lattice vectors, the last index fastest. */
struct neighbor_grid {
    int n[3];
    int reach[3];      /* bins to look at on either side; more than n where the cell is smaller than the range */
    int first_bin;     /* of the replica, in head[] */
    double cell[9];
    double inverse[9]; /* frac_k = sum_x r_x inverse[3 x + k] */
};

struct neighbor_bins {
    double range;               /* largest cutoff + skin, and a little more */
    struct neighbor_grid *grid; /* [n_replica] */
    int *bin;                   /* [n_atom] */
    int *wrap;                  /* [n_atom][3] lattice vectors to subtract to come into the cell */
    int *order;                 /* [n_atom] atoms bin by bin, ascending within a bin */
    double *inside;             /* [n_atom][4] wrapped positions in that order */
    int *kind;                  /* [n_atom] species in that order */
    int *head;                  /* [n_bin + 1] first place of each bin in order */
    int n_bin;
    int lost;                   /* atoms whose position is not finite or too far away to count lattice vectors */
};

/* Upper bound of the number of bins of a batch. */
size_t neighbor_most_bins(const struct md_batch *batch);

/* Fill everything but range (given). The arrays are the caller's. */
void neighbor_sort(const struct md_batch *batch, int n_thread, struct neighbor_bins *bins);

/* A run of atoms in `order` that lie in consecutive bins of one periodic image. */
struct neighbor_run {
    int from, to;
    int image[3];
    double translation[3]; /* image . cell */
};

/* The runs that may hold neighbours of an atom in one bin, one after the other. */
struct neighbor_walk {
    const struct neighbor_grid *grid;
    int around[3], place[3], image[3], left[3];
};
void neighbor_walk_start(const struct neighbor_bins *bins, int replica, int bin, struct neighbor_walk *walk);
/* False at the end. */
bool neighbor_walk_next(const struct neighbor_bins *bins, struct neighbor_walk *walk, struct neighbor_run *run);

/* The op of md_ops.h in memory of the caller's (neighbor_bytes, 64-byte aligned). */
size_t neighbor_bytes(const struct md_batch *batch, int capacity);
void neighbor_build_in(void *memory, int n_thread, const struct md_batch *batch, const double *cutoff, double skin,
                       const struct md_neighbors *list);

/* The same lists, in the same order, for many steps of one replica: all neighbours in one row, atom after atom. An entry holds
 * the index j (bits 0-31), the slot of the reverse bond in j's list (32-47), the species of j (48-51) and the shift (52-57: two
 * bits for each of -1, 0, 1, 2 plus 1, direction 0 highest); with NEIGHBOR_FAR, the shift is packed in far[] at the same place. */
#define NEIGHBOR_FAR  (1ull << 63)
#define NEIGHBOR_BOND ((1ull << 52) - 1) /* j, reverse slot and species: a struct tersoff_bond */

/* Those six bits of a packed shift; *is_far: some direction lies outside -1 .. 2, and they mean nothing. */
static inline uint32_t neighbor_near(int packed, bool *is_far)
{
    const uint32_t code = (uint32_t)packed - ((511u << 20) | (511u << 10) | 511u); /* from (-1, -1, -1) */
    *is_far = (code & ~0x300C03u) != 0;
    return (code * ((1u << 20) | (1u << 12) | (1u << 4)) >> 20) & 63; /* brings bits 0-1, 10-11, 20-21 together */
}

struct neighbor_rows {
    int capacity;    /* most neighbours of an atom */
    int64_t *start;  /* [n_atom + 1] first entry of each atom */
    uint64_t *entry; /* [n_atom * capacity] */
    int *far;        /* [n_atom * capacity] */
    int *most;       /* [1] as max_count_d of md_neighbors; above capacity there are no lists */
};
void neighbor_rows_in(void *memory, int n_thread, const struct md_batch *batch, const double *cutoff, double skin,
                      const struct neighbor_rows *rows);

#endif
