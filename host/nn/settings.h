// SPDX-License-Identifier: BSD-3-Clause
/* settings.h - the hyper-parameters of one network, their defaults and limits. */
#ifndef KD_NN_SETTINGS_H
#define KD_NN_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "host/base/json.h"
#include "kernels/nn_ops.h"

enum nn_target { NN_CHARGE, NN_RDF };

enum nn_schedule {
    NN_CONSTANT,
    NN_COSINE,      /* from learning_rate down to final_factor * learning_rate over all epochs (Loshchilov and Hutter 2017) */
    NN_EXPONENTIAL, /* the same end point, geometrically */
    NN_STEP,        /* times step_factor every step_epochs */
    NN_N_SCHEDULE
};

struct nn_settings {
    int n_hidden, hidden[NN_MAX_LAYER - 1]; /* widths of the hidden layers */
    enum nn_activation activation;
    double slope; /* of leaky ReLU */
    enum nn_loss loss;
    double huber_delta;
    double learning_rate, beta1, beta2, epsilon, weight_decay;
    bool decoupled; /* AdamW (Loshchilov and Hutter 2019) in place of Adam's L2 term */
    double dropout;
    int batch, n_epoch;
    bool drop_last; /* leave out the short last batch of an epoch; PyTorch's default, and ours, keeps it */
    enum nn_schedule schedule;
    double final_factor, step_factor;
    int step_epochs, warmup_epochs; /* linear warm-up */
    int patience;                   /* epochs without a better validation loss before a net stops; 0: never */
    bool bf16;                      /* tensor cores: factors of products rounded to bfloat16 (nn_ops.h) */
    bool scale_input, scale_target; /* standardise with means and deviations of the training rows */
};

/* The paper's network for a target: charge 256-256-256-256-1 leaky ReLU, 271 epochs; RDF 256-512-512-512-256 ReLU, 583 epochs;
 * both Adam 1e-3, batch 128, MSE. Inputs and targets are standardised (the paper does not say). */
struct nn_settings nn_default_settings(enum nn_target target);

/* Widths with input and output. */
struct nn_shape nn_shape_of(const struct nn_settings *settings, int n_in, int n_out);

/* Change one setting by name ("learning_rate", "hidden", "activation", ...) from a JSON value, as in a grid file.
 * KD_EINPUT names the setting, with the nearest known name, or the range expected. */
kd_status nn_settings_set(struct nn_settings *settings, const char *name, const struct js *value);
kd_status nn_settings_check(const struct nn_settings *settings);
/* All settings as members of an object; nn_settings_read takes them back. */
void nn_settings_json(const struct nn_settings *settings, struct js *object);
kd_status nn_settings_read(struct nn_settings *settings, const struct js *object);

/* Learning rate of an epoch (0, 1, ...) before Adam's bias corrections. */
double nn_learning_rate(const struct nn_settings *settings, int epoch);

const char *nn_target_name(enum nn_target target);
kd_status nn_target_parse(const char *name, enum nn_target *target);
const char *nn_activation_name(enum nn_activation activation);
kd_status nn_activation_parse(const char *name, enum nn_activation *activation);
kd_status nn_loss_parse(const char *name, enum nn_loss *loss);

#endif
