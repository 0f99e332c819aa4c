// SPDX-License-Identifier: BSD-3-Clause
/* model.h - what the CUDA kernels have to do, counted, and the least time that an RTX 4090 can need for it.
 *
 * A model, not a measurement: operations are exact functions of the structure (tests/cuda/model_test.cc counts them in the
 * kernel's own source), elementary functions and peaks are assumptions stated in model.c. */
#ifndef KD_MODEL_H
#define KD_MODEL_H

#include <stdio.h>

#include "host/md/batch.h"

/* What a Tersoff call works on. */
struct model_md {
    int n_atom, n_replica, max_atom, capacity;
    double n_listed;  /* neighbours in the lists, skin included */
    double n_bond;    /* of them closer than the pair's cutoff: directed bonds */
    double n_tapered; /* of them with R - D < r < R + D */
    double n_triple;  /* ordered pairs of different bonds of one atom */
};

/* Counts from the lists and positions on the device. KD_ENOMEM, KD_EDEVICE. */
kd_status model_md_count(const struct batch *b, struct model_md *out);

/* What the bond kernel calculates for its bonds (beyond finding them): plain operations, and calls of elementary functions. */
struct model_operations {
    double plain, root, reciprocal, sincos, exponential, power, power_above_one;
};
struct model_operations model_md_operations(const struct model_md *m);

/* Work of one launch. Floating-point operations: an FMA is two. */
struct model_work {
    const char *kernel;   /* as in kernels/cuda/resources.tsv */
    double flop, special; /* of the precision of the bonds; special functions (MUFU) */
    double flop64;        /* in FP64 whatever the precision: sums, conversion to the lattice */
    double integer;
    double bytes;         /* to and from L2 when every array is touched once, in 32-byte sectors where gathered */
    double shared_bytes;
    double blocks;
};
enum { MODEL_MD_KERNELS = 4 };

/* The launches of one Tersoff call (potential of the kind that depends on pairs and centres only); how many of them. */
int model_md_work(const struct model_md *m, enum kd_precision precision, struct model_work work[MODEL_MD_KERNELS]);

/* A table of the launches: work, occupancy, least time and what limits it, marked "MODEL, not measured". */
void model_md_print(FILE *out, const char *name, const struct model_md *m, enum kd_precision precision);

#endif
