// SPDX-License-Identifier: BSD-3-Clause
/* nn_cases.h - the one list of inputs for the network ops, and how they get onto a device: twin tests, property tests and the
 * benchmark use it. */
#ifndef KD_NN_CASES_H
#define KD_NN_CASES_H

#include "host/nn/resident.h"

/* A group of nets of one shape with data, rows and rates. Nets differ in weights, window, loss, dropout and rows. */
struct nn_case {
    const char *name;
    bool bench, bf16;
    int n_net, batch, n_epoch;
    int row_stride, step_stride, validation_stride; /* 0: no validation */
    double dropout;
    struct nn_samples samples;
    double *x, *y;
    struct nn_net *net;           /* [n_net] */
    struct nn_settings *settings; /* [n_net] */
    int *order;                   /* [n_net][n_epoch][row_stride] */
    int *count;                   /* [n_net]; the last of several nets rests: 0 */
    double *rate;                 /* [n_net][n_epoch][step_stride][NN_N_RATE] */
    uint64_t *first_step;         /* [n_net] */
    int *validation, *validation_count; /* [n_net][validation_stride], [n_net] */
};

int nn_case_count(void);
const char *nn_case_name(int index);
bool nn_case_is_bench(int index);
/* Builds case `index`, with another number of nets unless n_net is 0; net i is the same whatever their number (but for rests: only the
 * last of the case's own number does). The caller frees it. */
kd_status nn_case_make(int index, int n_net, struct nn_case *out);
void nn_case_free(struct nn_case *c);

/* A case on a device. */
struct nn_stage {
    const struct nn_case *input;
    kd_device *dev;
    enum kd_precision precision;
    struct nn_group group;
    struct nn_epochs epochs;
    struct nn_data data;
    struct nn_rows first_batch; /* the first rows of epoch 0, at most a batch of each net */
    size_t n_parameter;
    int n_out;
    void *gradient_d, *output_d;
    double *gradient_loss_d;
};

/* Uploads everything and reserves scratch. */
kd_status nn_stage_open(kd_device *dev, enum kd_precision precision, const struct nn_case *c, struct nn_stage *out);
void nn_stage_close(struct nn_stage *s);
kd_status nn_stage_train(struct nn_stage *s);
/* gradient[n_net][n_parameter] and loss[n_net] of the first batch. */
kd_status nn_stage_gradient(struct nn_stage *s, double *gradient, double *loss);
/* output[n_net][row_stride][n_out] of the rows of epoch 0; rows beyond a net's count are NaN. */
kd_status nn_stage_infer(struct nn_stage *s, double *output);
/* loss[n_net][n_epoch][step_stride], validation[n_net][n_epoch] (may be NULL); steps beyond a net's count are NaN. */
kd_status nn_stage_losses(struct nn_stage *s, double *loss, double *validation);

#endif
