// SPDX-License-Identifier: BSD-3-Clause
/* replay.h - a reference state made by PyTorch, run through our training: how far apart are we? */
#ifndef KD_NN_REPLAY_H
#define KD_NN_REPLAY_H

#include "kernels/device.h"

struct nn_replay {
    int n_step;
    double output_rel;       /* of the first batch, before any step: |ours - theirs| / |theirs|, Euclidean norms */
    double gradient_rel;     /* the largest over the gradient tensors of step 0 */
    char worst_tensor[64];   /* which that was */
    double *loss_rel;        /* [n_step] */
    double *loss;            /* [n_step] ours */
    double final_output_rel; /* first 8 samples after all steps */
};

/* File: x, y, layers.K.weight, layers.K.bias, order, step0/output, step0/layers.K.{weight,bias}.grad, losses, final_output_first8;
 * attributes activation, batch, lr, and optionally
 * loss_kind, huber_delta, weight_decay, decoupled. Batch s is order[(s*batch) % n ...], cut at the end of order. Adam 0.9, 0.999, 1e-8.
 * KD_EINPUT for a file that is not one. */
kd_status nn_replay_run(kd_device *dev, enum kd_precision precision, const char *path, struct nn_replay *out);
void nn_replay_free(struct nn_replay *r);

#endif
