// SPDX-License-Identifier: BSD-3-Clause
/* round.h - the state of a training run between rounds; shared by train.c, round.c and checkpoint.c. */
#ifndef KD_NN_ROUND_H
#define KD_NN_ROUND_H

#include "host/nn/resident.h"
#include "host/nn/train.h"

enum { NN_ROUND_EPOCHS = 8 }; /* epochs per call where no job needs a look at its validation loss in between */

struct job_state {
    int epoch;        /* done so far */
    int64_t step;     /* Adam steps done so far */
    double best;      /* lowest validation loss */
    int best_epoch, waited;
    bool done, diverged;
    double *loss, *validation_loss;  /* [settings.n_epoch] */
    double *best_parameter;          /* with patience */
};

/* Jobs of one shape and batch, on the device. */
struct job_group {
    int n_job, *job; /* numbers of its jobs */
    struct nn_group group;
    void *gradient_d, *none_d; /* with shared batches: [n_job][n_parameter] real; [n_job] int, zeros */
    struct nn_epochs epochs; /* strides and device pointers; n_epoch changes from round to round */
    size_t n_parameter;
    /* host images of what a round sends and receives */
    int *order, *count;
    double *rate, *loss, *validation_loss;
    uint64_t *first_step;
};

struct training {
    const struct nn_run *run;
    const struct nn_samples *samples;
    int n_job, n_group;
    const struct nn_job *job;
    struct nn_net *net;
    struct job_state *state; /* [n_job] */
    struct job_group *group; /* [n_group] */
    struct nn_data data;
    uint64_t fingerprint; /* of samples and jobs */
};

/* Set up groups on the device (round.c). */
kd_status training_prepare(struct training *t);
void training_release(struct training *t);
/* One round of all groups that have something to do; *left counts unfinished jobs. */
kd_status training_round(struct training *t, int *left);

/* With run->shared (shared_epoch.c): memory of the groups; one epoch of all groups; are all ranks in the same state, and does one of them
 * want to stop? All ranks call these together, but for the first. */
kd_status shared_prepare(struct training *t);
kd_status shared_epoch(const struct training *t);
kd_status shared_start(const struct training *t);
bool shared_stop(const struct training *t, kd_status *status);

kd_status checkpoint_write(struct training *t);
/* KD_EINPUT when the file belongs to other jobs or data; missing is fine. */
kd_status checkpoint_read(struct training *t);

#endif
