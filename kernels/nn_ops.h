// SPDX-License-Identifier: BSD-3-Clause
/* nn_ops.h - what a device must do for multilayer perceptrons: many of them at once.
 *
 * Nets come in groups. The nets of a group have one shape; rows, folds, windows, seeds, losses and hyper-parameters are
 * each net's own. An op takes several groups, and the net index is a dimension of everything: the CPU gives each net to
 * one core, the GPU puts all nets of a group into gridDim.z.
 *
 * Semantics are PyTorch's (1.13): y = act(x W^T + b) with W[out][in]; no activation after the last layer; losses are means
 * over batch and outputs; Adam with the epsilon outside the bias-corrected root; the last batch of an epoch is short.
 *
 * "real" is float under KD_MIXED and double under KD_DOUBLE. Losses are summed in double, in a fixed order.
 * Nothing depends on the number of threads, on the number of nets in a call, or on how many epochs one call does. */
#ifndef KD_NN_OPS_H
#define KD_NN_OPS_H

#include <stdint.h>

#include "kernels/device.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NN_MAX_LAYER = 8 };

enum nn_activation { NN_RELU, NN_LEAKY_RELU, NN_TANH, NN_GELU, NN_N_ACTIVATION }; /* GELU is the exact one (erf) */
enum nn_loss { NN_MSE, NN_MAE, NN_HUBER, NN_N_LOSS };

/* Layer l maps width[l] inputs to width[l + 1] outputs. */
struct nn_shape {
    int n_layer;
    int width[NN_MAX_LAYER + 1];
    enum nn_activation activation; /* of the hidden layers */
};

/* Parameters in canonical order: for each layer weight[out][in], then bias[out]. */
static inline size_t nn_parameter_count(const struct nn_shape *shape)
{
    size_t n = 0;
    for (int l = 0; l < shape->n_layer; l++)
        n += ((size_t)shape->width[l] + 1) * (size_t)shape->width[l + 1];
    return n;
}

/* Numbers of one net that stay the same through training. */
enum nn_coefficient {
    NN_BETA1,
    NN_ONE_MINUS_BETA1,
    NN_BETA2,
    NN_ONE_MINUS_BETA2,
    NN_EPSILON,
    NN_L2,          /* added to the gradient as l2 * w (Adam's weight_decay); AdamW has 0 here and uses NN_DECAY */
    NN_HUBER_DELTA, /* PyTorch's HuberLoss */
    NN_SLOPE,       /* of leaky ReLU for z <= 0 */
    NN_DROPOUT,     /* probability that a hidden unit is zeroed while training, 0 <= p < 1 */
    NN_N_COEFFICIENT
};

/* Numbers of one step of one net. */
enum nn_rate {
    NN_STEP_SIZE, /* lr / (1 - beta1^t), t = 1, 2, ... */
    NN_INV_ROOT,  /* 1 / sqrt(1 - beta2^t) */
    NN_DECAY,     /* factor on every parameter before the step: 1 - lr * weight_decay for AdamW, else 1 */
    NN_N_RATE
};

struct nn_choice {
    int column;    /* first input is column `column` of the data: energy windows */
    int loss;      /* enum nn_loss */
    uint64_t seed; /* of dropout */
};

/* One group on the device. The owner (host/nn) allocates; ops write only state_d. */
struct nn_group {
    struct nn_shape shape;
    int n_net;
    bool bf16; /* products may round their factors to bfloat16 (sums and weights stay FP32) where that is faster: CUDA does, the CPU does
                * not, and nothing does in double precision */
    void *state_d;                    /* [n_net][state_bytes]: weights and Adam's moments, in the backend's own layout */
    const struct nn_choice *choice_d; /* [n_net] */
    const void *coefficient_d;        /* [n_net][NN_N_COEFFICIENT] real */
    const void *input_shift_d;        /* [n_net][width[0]] real; a net sees (x - shift) * scale */
    const void *input_scale_d;
    const void *target_shift_d;       /* [n_net][width[n_layer]] real; it learns (y - shift) * scale */
    const void *target_scale_d;
};

struct nn_data {
    int n_row, n_x, n_y;
    const void *x_d; /* [n_row][n_x] real */
    const void *y_d; /* [n_row][n_y] real, n_y = outputs; NULL where no op needs it */
};

/* Rows of the data that each net of a group goes through, in order. */
struct nn_rows {
    int stride;         /* >= the largest count */
    const int *index_d; /* [n_net][stride] */
    const int *count_d; /* [n_net] */
};

/* Epochs of one group. Step s of an epoch takes rows s*batch .. of that epoch's order; a net whose rows are used up rests. */
struct nn_epochs {
    int n_epoch, batch;
    int row_stride, step_stride; /* step_stride >= ceil(count / batch) of every net */
    const int *order_d;          /* [n_net][n_epoch][row_stride] row numbers; count 0 makes a net rest */
    const int *count_d;          /* [n_net] rows per epoch */
    const void *rate_d;          /* [n_net][n_epoch][step_stride][NN_N_RATE] real */
    const uint64_t *first_step_d;/* [n_net] steps done before this call: the counter of dropout */
    struct nn_rows validation;   /* stride 0: none */
    double *loss_d;              /* [n_net][n_epoch][step_stride] mean loss of each step before its update */
    double *validation_loss_d;   /* [n_net][n_epoch] mean loss after the epoch, without dropout; NULL with stride 0 */
};

/* A part of one step of nn_epochs, for ranks that share batches: rows nn_slice_from(n, part, n_part) up to that of part + 1 of the n rows
 * of a net's batch (nn_slice.h). */
struct nn_slice {
    int epoch, step, part, n_part;
};

enum nn_part { NN_WEIGHTS, NN_MOMENT1, NN_MOMENT2, NN_N_PART };

struct nn_ops {
    /* Bytes of one net's state. */
    size_t (*state_bytes)(const struct nn_shape *shape, enum kd_precision precision);

    /* Canonical parameters values_d[n_net][nn_parameter_count] (real, device) into, or out of, the state. put of NN_WEIGHTS
     * leaves the moments alone. A put followed by a get gives the same bits. */
    kd_status (*put)(kd_device *dev, kd_stream *s, const struct nn_group *group, enum kd_precision precision,
                     enum nn_part part, const void *values_d);
    kd_status (*get)(kd_device *dev, kd_stream *s, const struct nn_group *group, enum kd_precision precision,
                     enum nn_part part, void *values_d);

    /* Train: n_group groups, each with its own epochs, on the same data. FP32 against FP64: 1e-5 relative for the first steps
     * (after that ReLU signs and Adam amplify rounding, in any two implementations). */
    kd_status (*train)(kd_device *dev, kd_stream *s, int n_group, const struct nn_group *group,
                       const struct nn_epochs *epochs, const struct nn_data *data, enum kd_precision precision);

    /* Outputs of every net for its rows, in units of the targets: output_d[g] is [n_net][rows.stride][width[n_layer]] real;
     * rows beyond count are left alone. */
    kd_status (*infer)(kd_device *dev, kd_stream *s, int n_group, const struct nn_group *group,
                       const struct nn_rows *rows, const struct nn_data *data, enum kd_precision precision,
                       void *const *output_d);

    /* Loss and gradient of one batch (all rows of `rows` together, no dropout, no update): gradient_d is
     * [n_net][nn_parameter_count] real, canonical; loss_d [n_net]; both are left alone for a net without rows. One group. */
    kd_status (*gradient)(kd_device *dev, kd_stream *s, const struct nn_group *group, const struct nn_rows *rows,
                          const struct nn_data *data, enum kd_precision precision, void *gradient_d, double *loss_d);

    /* A step of train in two halves, between which ranks add up gradient_d[n_net][nn_parameter_count] (real, canonical). share: this
     * part's summand of the gradient of the mean loss over the whole batch, dropout included, zeros where it has no rows; its summand of the
     * loss goes to the step's place in epochs->loss_d. update: the step by the sum. One part of one gives what train gives, to rounding. */
    kd_status (*share)(kd_device *dev, kd_stream *s, const struct nn_group *group, const struct nn_epochs *epochs,
                       const struct nn_slice *slice, const struct nn_data *data, enum kd_precision precision, void *gradient_d);
    kd_status (*update)(kd_device *dev, kd_stream *s, const struct nn_group *group, const struct nn_epochs *epochs,
                        const struct nn_slice *slice, enum kd_precision precision, const void *gradient_d);

    /* Scratch that any of these ops takes for groups like this one and batches of up to `batch` rows. */
    size_t (*scratch)(const kd_device *dev, int n_group, const struct nn_group *group, int batch,
                      enum kd_precision precision);
};

#ifdef __cplusplus
}
#endif
#endif
