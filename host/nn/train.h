// SPDX-License-Identifier: BSD-3-Clause
/* train.h - many networks trained at once: folds, grid points, windows and seeds are jobs of one run.
 *
 * Jobs are gathered into groups of one shape and batch; every round hands all groups to the device. What a job gives depends
 * on its own settings, rows and seed only: not on the other jobs, the number of threads, or an interruption. */
#ifndef KD_NN_TRAIN_H
#define KD_NN_TRAIN_H

#include <stddef.h>

#include "host/nn/settings.h"
#include "kernels/comm_ops.h"

/* Inputs and targets of all jobs, borrowed: x[n_row][n_x], y[n_row][n_y]. */
struct nn_samples {
    int n_row, n_x, n_y;
    const double *x, *y;
};

struct nn_job {
    struct nn_settings settings;
    int column, n_in; /* columns column .. column+n_in-1 of x: the energy window */
    int n_train, n_validation;
    const int *train, *validation; /* rows, borrowed; validation may be empty unless settings.patience > 0 */
    uint64_t seed;
};

/* A trained network: y = net((x - input_shift) * input_scale) / target_scale + target_shift. */
struct nn_net {
    struct nn_shape shape;
    double slope;
    int column;
    double *parameter;    /* [nn_parameter_count] canonical order */
    double *input_shift;  /* [n_in] and so on */
    double *input_scale, *target_shift, *target_scale;
    int n_epoch;          /* epochs done */
    int best_epoch;       /* whose parameters these are: the last, or that of the lowest validation loss with patience */
    double *loss;         /* [n_epoch] mean training loss, in scaled units */
    double *validation_loss; /* [n_epoch], or NULL */
    bool diverged;        /* a loss was not finite: training stopped there */
    uint64_t seed;
};

struct nn_run {
    kd_device *dev;
    int n_more;              /* more than 1: jobs are shared out over more[n_more] instead, one host thread each (ensemble-parallel) */
    kd_device *const *more;
    struct kd_comm *ranks;   /* other processes of the same run, or NULL: jobs are shared out over them first. All of them make the same calls,
                              * get the same status and have all networks afterwards */
    bool split_batch;        /* with n_more: all devices work on each net, a slice of every batch each (data-parallel). Gradients are added up in
                              * the order of devices: the bits depend on their number, and are not those of one */
    struct kd_comm *shared;  /* the same for ranks: a communicator of all of them on dev, or NULL */
    enum kd_precision precision;
    const char *checkpoint;  /* file to keep the state in, or NULL */
    double checkpoint_every; /* seconds */
    bool restart;            /* go on from that file if it is there */
    bool keep_finished;      /* write the file when all is done too: a later stage may be interrupted */
    const char *what;        /* of the progress line; NULL: none */
};

/* Train n_job networks. net[n_job] is filled in; the caller frees each with nn_net_free. KD_ESTOPPED after a request to stop,
 * with the checkpoint written (if there is a name for it): the same call with restart gives the same bits as an unbroken one.
 * A job whose loss became infinite or NaN ends with `diverged` set; the others go on. */
kd_status nn_train(const struct nn_run *run, const struct nn_samples *samples, int n_job, const struct nn_job *job,
                   struct nn_net *net);
/* What nn_train does with several devices: the dearest jobs first to the device with the least to do. The networks have the bits that any
 * one of the devices would give; checkpoints are run->checkpoint + ".deviceK", and --restart wants as many devices as before. */
kd_status nn_train_spread(const struct nn_run *run, const struct nn_samples *samples, int n_job, const struct nn_job *job,
                          struct nn_net *net);
/* What nn_train does with ranks, in the same way; checkpoints are run->checkpoint + ".rankR". */
kd_status nn_train_ranks(const struct nn_run *run, const struct nn_samples *samples, int n_job, const struct nn_job *job,
                         struct nn_net *net);
/* What nn_train does with several devices and split_batch. */
kd_status nn_train_together(const struct nn_run *run, const struct nn_samples *samples, int n_job, const struct nn_job *job,
                            struct nn_net *net);
void nn_net_free(struct nn_net *net); /* a zeroed struct is fine */

/* Room for everything of a network but its history; parameters uninitialised. */
kd_status nn_net_create(const struct nn_shape *shape, struct nn_net *out);
/* PyTorch's Linear: weights and biases uniform in +-1/sqrt(inputs), from (seed, RNG_WEIGHTS). */
void nn_net_initialise(struct nn_net *net, uint64_t seed);

/* Outputs of networks of any shapes for the same rows: out[n_net][n_row][outputs of the net], one after the other. All nets must
 * have the same number of outputs. rows NULL: all. */
kd_status nn_infer(kd_device *dev, enum kd_precision precision, int n_net, const struct nn_net *net,
                   const struct nn_samples *samples, const int *rows, int n_rows, double *out);

#endif
