// SPDX-License-Identifier: BSD-3-Clause
/* train.c - a training run from its jobs to its networks. */
#include "host/nn/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/clock.h"
#include "host/base/hash.h"
#include "host/base/progress.h"
#include "host/base/stop.h"
#include "host/nn/round.h"

/* ---- scaling ---- */

static void mean_and_deviation(const double *v, size_t stride, const int *rows, int n, double *mean, double *deviation)
{
    double sum = 0, square = 0;
    for (int i = 0; i < n; i++)
        sum += v[(size_t)rows[i] * stride];
    *mean = sum / n;
    for (int i = 0; i < n; i++) {
        double d = v[(size_t)rows[i] * stride] - *mean;
        square += d * d;
    }
    *deviation = sqrt(square / n);
}

/* Inputs: each energy gets mean 0 and deviation 1; a flat energy (before the edge) is not blown up beyond 100 times the typical one.
 * Targets: each output gets mean 0; one scale for all, so that the loss keeps its meaning over the bins of an RDF. */
static void set_scaling(const struct nn_samples *samples, const struct nn_job *job, struct nn_net *net)
{
    double typical = 0;
    for (int i = 0; job->settings.scale_input && i < job->n_in; i++) {
        double deviation;
        mean_and_deviation(samples->x + job->column + i, (size_t)samples->n_x, job->train, job->n_train,
                           &net->input_shift[i], &deviation);
        net->input_scale[i] = deviation;
        typical += deviation * deviation;
    }
    double floor_deviation = fmax(0.01 * sqrt(typical / job->n_in), 1e-30);
    for (int i = 0; job->settings.scale_input && i < job->n_in; i++)
        net->input_scale[i] = 1 / fmax(net->input_scale[i], floor_deviation);
    double variance = 0;
    for (int o = 0; job->settings.scale_target && o < samples->n_y; o++) {
        double deviation;
        mean_and_deviation(samples->y + o, (size_t)samples->n_y, job->train, job->n_train, &net->target_shift[o],
                           &deviation);
        variance += deviation * deviation;
    }
    for (int o = 0; job->settings.scale_target && o < samples->n_y; o++)
        net->target_scale[o] = variance > 0 ? 1 / sqrt(variance / samples->n_y) : 1;
}

/* ---- checks and identity ---- */

static kd_status check_job(const struct nn_samples *samples, const struct nn_job *job, int j)
{
    TRY(nn_settings_check(&job->settings));
    if (job->n_train < 1 || job->column < 0 || job->n_in < 1 || job->column + job->n_in > samples->n_x)
        FAIL(KD_EINPUT, "training job %d: %d rows, columns %d to %d, expected rows and columns below %d", j, job->n_train,
             job->column, job->column + job->n_in - 1, samples->n_x);
    if (job->settings.patience > 0 && job->n_validation < 1)
        FAIL(KD_EINPUT, "training job %d: patience %d needs validation rows", j, job->settings.patience);
    for (int i = 0; i < job->n_train + job->n_validation; i++) {
        int row = i < job->n_train ? job->train[i] : job->validation[i - job->n_train];
        if (row < 0 || row >= samples->n_row)
            FAIL(KD_EINPUT, "training job %d: row %d, expected 0 to %d", j, row, samples->n_row - 1);
    }
    return KD_OK;
}

static kd_status identity(struct training *t)
{
    uint64_t hash = HASH_START;
    hash = hash_bytes(hash, t->samples->x, (size_t)t->samples->n_row * (size_t)t->samples->n_x * sizeof(double));
    hash = hash_bytes(hash, t->samples->y, (size_t)t->samples->n_row * (size_t)t->samples->n_y * sizeof(double));
    hash = hash_bytes(hash, &t->run->precision, sizeof t->run->precision);
    if (t->run->shared) /* its bits depend on the number of ranks */
        hash = hash_bytes(hash, &t->run->shared->size, sizeof t->run->shared->size);
    for (int j = 0; j < t->n_job; j++) {
        const struct nn_job *job = &t->job[j];
        struct js *object = js_new();
        nn_settings_json(&job->settings, object);
        char *text = js_text(object);
        js_free(object);
        if (!text)
            FAIL(KD_ENOMEM, "training: no host memory");
        hash = hash_bytes(hash, text, strlen(text));
        free(text);
        int numbers[] = {job->column, job->n_in, job->n_train, job->n_validation};
        hash = hash_bytes(hash, numbers, sizeof numbers);
        hash = hash_bytes(hash, &job->seed, sizeof job->seed);
        hash = hash_bytes(hash, job->train, (size_t)job->n_train * sizeof(int));
        hash = hash_bytes(hash, job->validation, (size_t)job->n_validation * sizeof(int));
    }
    t->fingerprint = hash;
    return KD_OK;
}

/* ---- the run ---- */

static kd_status start_job(struct training *t, int j)
{
    const struct nn_job *job = &t->job[j];
    TRY(check_job(t->samples, job, j));
    struct nn_shape shape = nn_shape_of(&job->settings, job->n_in, t->samples->n_y);
    TRY(nn_net_create(&shape, &t->net[j]));
    nn_net_initialise(&t->net[j], job->seed);
    t->net[j].column = job->column;
    t->net[j].slope = job->settings.slope;
    set_scaling(t->samples, job, &t->net[j]);
    size_t n = (size_t)job->settings.n_epoch;
    struct job_state *s = &t->state[j];
    s->loss = calloc(n, sizeof *s->loss);
    s->validation_loss = calloc(n, sizeof *s->validation_loss);
    if (job->settings.patience > 0)
        s->best_parameter = calloc(nn_parameter_count(&shape), sizeof *s->best_parameter);
    if (!s->loss || !s->validation_loss || (job->settings.patience > 0 && !s->best_parameter))
        FAIL(KD_ENOMEM, "training: no host memory");
    return KD_OK;
}

/* Histories and parameters move from the state to the networks. */
static kd_status finish_group(struct training *t, const struct job_group *g)
{
    double *all = malloc((size_t)g->n_job * g->n_parameter * sizeof *all);
    if (!all)
        FAIL(KD_ENOMEM, "training: no host memory");
    kd_status status = nn_group_get(t->run->dev, t->run->precision, &g->group, NN_WEIGHTS, all);
    for (int i = 0; status == KD_OK && i < g->n_job; i++) {
        struct nn_net *net = &t->net[g->job[i]];
        struct job_state *s = &t->state[g->job[i]];
        bool best = s->best_parameter && s->best_epoch > 0;
        memcpy(net->parameter, best ? s->best_parameter : all + (size_t)i * g->n_parameter, g->n_parameter * sizeof *all);
        net->n_epoch = s->epoch;
        net->best_epoch = best ? s->best_epoch : s->epoch;
        net->diverged = s->diverged;
        net->loss = s->loss;
        s->loss = NULL;
        if (t->job[g->job[i]].n_validation) {
            net->validation_loss = s->validation_loss;
            s->validation_loss = NULL;
        }
    }
    free(all);
    return status;
}

static kd_status rounds(struct training *t)
{
    struct progress p;
    int left = 1;
    double total = 0, written = clock_seconds();
    for (int j = 0; j < t->n_job; j++)
        total += t->job[j].settings.n_epoch;
    progress_begin(&p, t->run->what ? t->run->what : "", "net-epochs", total, 1);
    kd_status status = KD_OK;
    bool keeper = !t->run->shared || t->run->shared->rank == 0; /* of the checkpoint */
    while (status == KD_OK && left) {
        if (t->run->shared ? shared_stop(t, &status) : stop_requested())
            break;
        if (status == KD_OK)
            status = training_round(t, &left);
        double finished = 0;
        for (int j = 0; j < t->n_job; j++)
            finished += t->state[j].done ? t->job[j].settings.n_epoch : t->state[j].epoch;
        if (t->run->what)
            progress_at(&p, finished);
        if (status == KD_OK && left && keeper && t->run->checkpoint && clock_seconds() - written > t->run->checkpoint_every) {
            status = checkpoint_write(t);
            written = clock_seconds();
        }
        status = kd_comm_agree(t->run->shared, status);
    }
    progress_end(&p);
    if (status == KD_OK && !left && keeper && t->run->checkpoint && t->run->keep_finished)
        return checkpoint_write(t);
    if (status != KD_OK || !left)
        return status;
    if (!t->run->checkpoint)
        return stop_status("nothing was kept: no checkpoint was asked for");
    if (keeper)
        TRY(checkpoint_write(t));
    return stop_status("training can go on from its checkpoint with --restart");
}

static kd_status begin(struct training *t)
{
    for (int j = 0; j < t->n_job; j++)
        TRY(start_job(t, j));
    TRY(identity(t));
    TRY(training_prepare(t));
    return t->run->restart && t->run->checkpoint ? checkpoint_read(t) : KD_OK;
}

kd_status nn_train(const struct nn_run *run, const struct nn_samples *samples, int n_job, const struct nn_job *job,
                   struct nn_net *net)
{
    if (run->ranks && run->ranks->size > 1 && !run->shared)
        return nn_train_ranks(run, samples, n_job, job, net);
    if (run->n_more > 1)
        return (run->split_batch ? nn_train_together : nn_train_spread)(run, samples, n_job, job, net);
    struct training t = {.run = run, .samples = samples, .n_job = n_job, .job = job, .net = net};
    memset(net, 0, (size_t)n_job * sizeof *net);
    t.state = calloc((size_t)n_job, sizeof *t.state);
    kd_status status = kd_comm_agree(run->shared, t.state ? begin(&t) : kd_fail(KD_ENOMEM, "training: no host memory"));
    if (status == KD_OK && run->shared)
        status = kd_comm_agree(run->shared, shared_start(&t));
    if (status == KD_OK)
        status = rounds(&t);
    for (int g = 0; status == KD_OK && g < t.n_group; g++)
        status = finish_group(&t, &t.group[g]);
    status = kd_comm_agree(run->shared, status);
    training_release(&t);
    for (int j = 0; t.state && j < n_job; j++) {
        free(t.state[j].loss);
        free(t.state[j].validation_loss);
        free(t.state[j].best_parameter);
        if (status != KD_OK)
            nn_net_free(&net[j]);
    }
    free(t.state);
    return status;
}
