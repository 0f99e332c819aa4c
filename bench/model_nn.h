// SPDX-License-Identifier: BSD-3-Clause
/* model_nn.h - the least time that an RTX 4090 can need for a training step: a model, not a measurement. */
#ifndef KD_MODEL_NN_H
#define KD_MODEL_NN_H

#include <stdio.h>

#include "kernels/nn_ops.h"

/* Work of one launch for all nets of a group. */
struct model_nn_work {
    const char *kernel; /* as in kernels/cuda/resources.tsv */
    double flop;        /* an FMA is two */
    double bytes;       /* to and from L2: tiles of factors once per block, results once */
    double wavefronts;  /* of shared memory, 128 bytes each */
    double blocks;
};
enum { MODEL_NN_KERNELS = 2 * NN_MAX_LAYER };

/* The launches of one FP32 step of n_net nets with `batch` rows: how many. */
int model_nn_work(const struct nn_shape *shape, int batch, int n_net, struct model_nn_work work[MODEL_NN_KERNELS]);

/* Tables for one net and for as many as keep their state in L2, marked "MODEL, not measured". */
void model_nn_print(FILE *out, const char *name, const struct nn_shape *shape, int batch);

#endif
