// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_lanes.h - what tersoff.c asks of a SIMD codelet: the bonds of a block of atoms, and the sum of forces. */
#ifndef KD_TERSOFF_LANES_H
#define KD_TERSOFF_LANES_H

#include <stdint.h>

#include "kernels/cpu/neighbor.h"
#include "kernels/md_ops.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    TERSOFF_CHUNK = 64,    /* atoms whose energies are summed first, counted from the first atom of a replica */
    TERSOFF_BLOCK = 256,   /* largest number of atoms that a codelet takes at once */
    TERSOFF_SPECIES = 8,
    TERSOFF_SUMS = 8       /* energy, six of the virial, one unused */
};

/* A directed bond within the range of the potential ("live"): neighbour j of species `kind`, at `slot` of i's list; where lists
 * are rows, the slot of the reverse bond in j's list. */
struct tersoff_bond {
    int32_t j;
    uint16_t slot, kind;
};

/* Which slots of an atom are live (one bit each, 64 slots per word), and where the first live bond of the word is stored.
 * The live bond at slot s is number start + popcount(mask & below s): the reverse of a bond is found without a search. */
struct tersoff_live {
    uint64_t mask;
    int64_t start;
};

/* One call of the op. Live bonds of a block lie one after the other from capacity * (first atom of the block). */
struct tersoff_call {
    const struct md_batch *batch;
    const struct md_neighbors *list;  /* one of the two */
    const struct neighbor_rows *rows;
    int capacity;
    const struct tersoff_table *potential;
    int n_word;                 /* words of 64 slots per atom */
    void *table;                /* the codelet's parameters */
    void *partial;              /* [n_atom * capacity][4] float or double: dE_i/d(r_j - r_i) */
    struct tersoff_bond *bond;  /* [n_atom * capacity] */
    struct tersoff_live *live;  /* [n_atom][n_word] */
    double *sums;               /* [n_chunk][TERSOFF_SUMS] */
};

/* Atoms first .. first + n - 1 of one replica; its sums go to chunk, chunk + 1, ... */
struct tersoff_block {
    int replica, first, n, chunk;
};

struct tersoff_codelet {
    const char *name;
    size_t real_bytes; /* 4 or 8 */
    size_t table_bytes;
    size_t (*workspace_bytes)(int capacity); /* per thread */
    void (*prepare)(const struct tersoff_call *call);
    void (*bonds)(const struct tersoff_call *call, const struct tersoff_block *block, void *workspace);
    void (*gather)(const struct tersoff_call *call, const struct tersoff_block *block, double (*force)[4]); /* of the block's atoms */
};

extern const struct tersoff_codelet tersoff_baseline[2]; /* [KD_MIXED], [KD_DOUBLE] */
#if defined(__x86_64__)
extern const struct tersoff_codelet tersoff_avx2[2];
extern const struct tersoff_codelet tersoff_avx512[2];
#endif

#ifdef __cplusplus
}
#endif
#endif
