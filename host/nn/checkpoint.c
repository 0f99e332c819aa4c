// SPDX-License-Identifier: BSD-3-Clause
/* checkpoint.c - a training run in a file, so that it can go on with the same bits. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/nn/round.h"
#include "host/store/h5.h"

static const char *const part_names[NN_N_PART] = {"weights", "moment1", "moment2"};

static kd_status write_group(struct training *t, struct h5 *f, int number)
{
    struct job_group *g = &t->group[number];
    size_t n = (size_t)g->n_job;
    double *all = malloc(n * g->n_parameter * sizeof *all);
    if (!all)
        FAIL(KD_ENOMEM, "checkpoint: no host memory");
    kd_status status = KD_OK;
    for (int part = 0; status == KD_OK && part < NN_N_PART; part++) {
        char name[64];
        snprintf(name, sizeof name, "group%d/%s", number, part_names[part]);
        status = nn_group_get(t->run->dev, t->run->precision, &g->group, (enum nn_part)part, all);
        if (status == KD_OK) /* the weights of a diverged net are not numbers; they are kept as they are */
            status = h5_write(f, &(struct h5_array){name, H5_DOUBLE, 2, {n, g->n_parameter}, "1", H5_ALLOW_NAN}, all);
    }
    free(all);
    return status;
}

static kd_status write_job(struct h5 *f, const struct training *t, int j)
{
    const struct job_state *s = &t->state[j];
    char name[64];
    double numbers[] = {s->epoch, (double)s->step, s->best, s->best_epoch, s->waited, s->done, s->diverged};
    snprintf(name, sizeof name, "job%d/state", j);
    TRY(h5_write(f, &(struct h5_array){name, H5_DOUBLE, 1, {sizeof numbers / sizeof *numbers}, "1", 0}, numbers));
    size_t n = (size_t)t->job[j].settings.n_epoch;
    snprintf(name, sizeof name, "job%d/loss", j);
    TRY(h5_write(f, &(struct h5_array){name, H5_DOUBLE, 1, {n}, "1", 0}, s->loss));
    snprintf(name, sizeof name, "job%d/validation_loss", j);
    TRY(h5_write(f, &(struct h5_array){name, H5_DOUBLE, 1, {n}, "1", 0}, s->validation_loss));
    if (!s->best_parameter)
        return KD_OK;
    snprintf(name, sizeof name, "job%d/best", j);
    return h5_write(f, &(struct h5_array){name, H5_DOUBLE, 1, {nn_parameter_count(&t->net[j].shape)}, "1", 0},
                    s->best_parameter);
}

static kd_status write_all(struct training *t, struct h5 *f)
{
    TRY(h5_set_text(f, "/", "kedge", "training checkpoint 1"));
    TRY(h5_set_int(f, "/", "fingerprint", (long long)t->fingerprint));
    for (int g = 0; g < t->n_group; g++)
        TRY(write_group(t, f, g));
    for (int j = 0; j < t->n_job; j++)
        TRY(write_job(f, t, j));
    return KD_OK;
}

/* Several devices, each with a host thread, keep files of their own; HDF5 need not be built for threads. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static kd_status write_locked(struct training *t)
{
    struct h5 *f;
    TRY(h5_create(t->run->checkpoint, &f));
    kd_status status = write_all(t, f);
    if (status == KD_OK)
        return h5_commit(f);
    h5_abandon(f);
    return status;
}

kd_status checkpoint_write(struct training *t)
{
    pthread_mutex_lock(&one_at_a_time);
    kd_status status = write_locked(t);
    pthread_mutex_unlock(&one_at_a_time);
    return status;
}

/* ---- reading ---- */

static kd_status read_group(struct training *t, struct h5 *f, int number)
{
    struct job_group *g = &t->group[number];
    size_t n = (size_t)g->n_job;
    double *all = malloc(n * g->n_parameter * sizeof *all);
    if (!all)
        FAIL(KD_ENOMEM, "checkpoint: no host memory");
    kd_status status = KD_OK;
    for (int part = 0; status == KD_OK && part < NN_N_PART; part++) {
        char name[64];
        snprintf(name, sizeof name, "group%d/%s", number, part_names[part]);
        status = h5_read(f, &(struct h5_array){name, H5_DOUBLE, 2, {n, g->n_parameter}, NULL, 0}, all);
        if (status == KD_OK)
            status = nn_group_put(t->run->dev, t->run->precision, &g->group, (enum nn_part)part, all);
    }
    free(all);
    return status;
}

static kd_status read_job(struct h5 *f, struct training *t, int j)
{
    struct job_state *s = &t->state[j];
    char name[64];
    double numbers[7];
    snprintf(name, sizeof name, "job%d/state", j);
    TRY(h5_read(f, &(struct h5_array){name, H5_DOUBLE, 1, {7}, NULL, 0}, numbers));
    int n_epoch = t->job[j].settings.n_epoch;
    if (!(numbers[0] >= 0 && numbers[0] <= n_epoch && numbers[1] >= 0 && numbers[3] >= 0 && numbers[3] <= n_epoch))
        FAIL(KD_EINPUT, "%s: job %d is at epoch %g, expected 0 to %d", h5_path(f), j, numbers[0], n_epoch);
    s->epoch = (int)numbers[0];
    s->step = (int64_t)numbers[1];
    s->best = numbers[2];
    s->best_epoch = (int)numbers[3];
    s->waited = (int)numbers[4];
    s->done = numbers[5] != 0;
    s->diverged = numbers[6] != 0;
    snprintf(name, sizeof name, "job%d/loss", j);
    TRY(h5_read(f, &(struct h5_array){name, H5_DOUBLE, 1, {(size_t)n_epoch}, NULL, 0}, s->loss));
    snprintf(name, sizeof name, "job%d/validation_loss", j);
    TRY(h5_read(f, &(struct h5_array){name, H5_DOUBLE, 1, {(size_t)n_epoch}, NULL, 0}, s->validation_loss));
    if (!s->best_parameter)
        return KD_OK;
    snprintf(name, sizeof name, "job%d/best", j);
    return h5_read(f, &(struct h5_array){name, H5_DOUBLE, 1, {nn_parameter_count(&t->net[j].shape)}, NULL, 0},
                   s->best_parameter);
}

static kd_status read_locked(struct training *t)
{
    struct h5 *f;
    if (access(t->run->checkpoint, F_OK) != 0)
        return KD_OK;
    TRY(h5_open(t->run->checkpoint, &f));
    long long fingerprint = 0;
    kd_status status = h5_get_int(f, "/", "fingerprint", &fingerprint);
    if (status == KD_OK && (uint64_t)fingerprint != t->fingerprint)
        status = kd_fail(KD_EINPUT, "%s: belongs to other data, rows or settings, expected those of this run",
                         t->run->checkpoint);
    for (int g = 0; status == KD_OK && g < t->n_group; g++)
        status = read_group(t, f, g);
    for (int j = 0; status == KD_OK && j < t->n_job; j++)
        status = read_job(f, t, j);
    h5_close(f);
    return status;
}

kd_status checkpoint_read(struct training *t)
{
    pthread_mutex_lock(&one_at_a_time);
    kd_status status = read_locked(t);
    pthread_mutex_unlock(&one_at_a_time);
    return status;
}
