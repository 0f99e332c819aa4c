// SPDX-License-Identifier: BSD-3-Clause
/* learn.c - cross validation, the final ensemble, and the model that is made of it. */
#include "host/nn/school.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/base/clock.h"
#include "host/nn/spectrum.h"

void nn_outcome_free(struct nn_outcome *o)
{
    for (int p = 0; o->point && p < o->n_point; p++)
        free(o->point[p].fold_rmse);
    free(o->point);
    free(o->predicted);
    free(o->spread);
    *o = (struct nn_outcome){0};
}

/* ---- inputs ---- */

static kd_status open_school(struct school *s)
{
    const struct nn_dataset *d = s->data;
    const struct nn_lesson *l = s->lesson;
    size_t n = (size_t)d->n_row * (size_t)d->n_energy;
    s->samples = (struct nn_samples){.n_row = d->n_row, .n_x = d->n_energy, .x = d->spectra};
    s->samples.y = nn_dataset_target(d, l->target, &s->n_out);
    s->samples.n_y = s->n_out;
    s->n_in = d->n_energy;
    if (l->windowed)
        TRY(nn_window_columns(d, l->low_ev, l->high_ev, &s->column, &s->n_in));
    if (l->resolution_ev > 0) {
        double step = (d->energy_ev[d->n_energy - 1] - d->energy_ev[0]) / (d->n_energy - 1);
        if (!(s->broadened = malloc(n * sizeof *s->broadened)))
            FAIL(KD_ENOMEM, "training: no host memory");
        for (int i = 0; i < d->n_row; i++)
            nn_spectrum_broaden(d->n_energy, step, d->spectra + (size_t)i * (size_t)d->n_energy, l->resolution_ev,
                                s->broadened + (size_t)i * (size_t)d->n_energy);
        s->samples.x = s->broadened;
    }
    return nn_split_make(d, l->split, l->test_fraction, l->seed, &s->split);
}

static void close_school(struct school *s)
{
    free(s->broadened);
    nn_split_free(&s->split);
}

/* Jobs must not share a seed, or grid points would share luck: the number of the job is mixed in. */
static uint64_t job_seed(uint64_t seed, int number)
{
    return seed * 0x9E3779B97F4A7C15u + (uint64_t)number * 0xD1B54A32D192ED03u + 1;
}

static struct nn_job job_of(const struct school *s, const struct nn_settings *settings, const struct nn_split *rows, int number)
{
    return (struct nn_job){.settings = *settings,
                           .column = s->column,
                           .n_in = s->n_in,
                           .n_train = rows->n_train,
                           .train = rows->train,
                           .n_validation = rows->n_test,
                           .validation = rows->test,
                           .seed = job_seed(s->lesson->seed, number)};
}

/* ---- cross validation ---- */

/* Pool the held-out predictions of all folds of one point. */
static kd_status score_point(const struct school *s, const struct nn_net *net, const struct nn_split *fold, struct nn_point *point)
{
    int n_fold = s->lesson->n_fold > 0 ? s->lesson->n_fold : 0, total = 0;
    size_t n_out = (size_t)s->n_out, at = 0;
    for (int k = 0; k < n_fold; k++)
        total += fold[k].n_test;
    double *predicted = malloc((size_t)total * n_out * sizeof *predicted), *expected = malloc((size_t)total * n_out * sizeof *expected);
    point->fold_rmse = calloc((size_t)n_fold, sizeof *point->fold_rmse);
    kd_status status = predicted && expected && point->fold_rmse ? KD_OK : kd_fail(KD_ENOMEM, "cross validation: no host memory");
    bool diverged = false;
    for (int k = 0; status == KD_OK && k < n_fold; k++) {
        if (net[k].diverged) {
            point->fold_rmse[k] = -1;
            diverged = true;
            continue;
        }
        status = nn_infer(s->run->dev, s->run->precision, 1, &net[k], &s->samples, fold[k].test, fold[k].n_test, predicted + at);
        for (int i = 0; i < fold[k].n_test; i++)
            memcpy(expected + at + (size_t)i * n_out, s->samples.y + (size_t)fold[k].test[i] * n_out, n_out * sizeof *expected);
        size_t n = (size_t)fold[k].n_test * n_out;
        point->fold_rmse[k] = nn_score_of((int)n, predicted + at, expected + at).rmse;
        at += n;
    }
    struct nn_score all = nn_score_of((int)at, predicted, expected);
    point->rmse = diverged ? -1 : all.rmse;
    point->r2 = diverged ? 0 : all.r2;
    free(predicted);
    free(expected);
    return status;
}

static kd_status search(struct school *s, struct nn_outcome *o)
{
    const struct nn_lesson *l = s->lesson;
    if (l->n_fold < 1 || l->n_point < 1 || l->n_point > 1000000 / l->n_fold)
        FAIL(KD_EINPUT, "cross validation: %d grid points of %d folds, expected at most 1000000 trainings", l->n_point, l->n_fold);
    int n_job = l->n_point * l->n_fold;
    struct nn_split *fold = calloc((size_t)l->n_fold, sizeof *fold);
    struct nn_job *job = calloc((size_t)n_job, sizeof *job);
    struct nn_net *net = calloc((size_t)n_job, sizeof *net);
    o->point = calloc((size_t)l->n_point, sizeof *o->point);
    kd_status status = fold && job && net && o->point ? KD_OK : kd_fail(KD_ENOMEM, "cross validation: no host memory");
    for (int k = 0; status == KD_OK && k < l->n_fold; k++)
        status = nn_fold_make(s->data, l->split, s->split.train, s->split.n_train, l->n_fold, k, l->seed, &fold[k]);
    for (int j = 0; status == KD_OK && j < n_job; j++)
        job[j] = job_of(s, &l->settings[j / l->n_fold], &fold[j % l->n_fold], 1000 + j);
    char checkpoint[4096];
    struct nn_run run = *s->run;
    run.what = run.what ? "cross validation" : NULL;
    run.keep_finished = true;
    if (run.checkpoint) {
        snprintf(checkpoint, sizeof checkpoint, "%s.search", run.checkpoint);
        run.checkpoint = checkpoint;
    }
    status = kd_comm_agree(run.ranks, status);
    if (status == KD_OK)
        status = nn_train(&run, &s->samples, n_job, job, net);
    o->best = -1;
    for (int p = 0; status == KD_OK && p < l->n_point; p++) {
        status = score_point(s, net + p * l->n_fold, fold, &o->point[p]);
        if (o->point[p].rmse >= 0 && (o->best < 0 || o->point[p].rmse < o->point[o->best].rmse))
            o->best = p;
    }
    if (status == KD_OK && o->best < 0)
        status = kd_fail(KD_ENOCONV, "cross validation: every grid point diverged, expected smaller learning rates");
    status = kd_comm_agree(run.ranks, status);
    if (status == KD_OK && run.ranks) /* every rank has scored; should they differ in their processors, the first one's choice counts */
        status = kd_comm_tell(run.ranks, 0, sizeof o->best, &o->best);
    for (int j = 0; net && j < n_job; j++)
        nn_net_free(&net[j]);
    for (int k = 0; fold && k < l->n_fold; k++)
        nn_split_free(&fold[k]);
    free(fold);
    free(job);
    free(net);
    return status;
}

/* ---- the ensemble ---- */

/* Train all members of n models that differ in their columns only. */
static kd_status train_members(const struct nn_run *run, struct school *s, int n, const struct nn_settings *settings,
                               struct nn_model *m)
{
    const struct nn_lesson *l = s->lesson;
    int n_member = l->n_ensemble, n_job = n * n_member;
    struct nn_job *job = calloc((size_t)n_job, sizeof *job);
    struct nn_net *net = calloc((size_t)n_job, sizeof *net);
    struct nn_split stop = {0};
    kd_status status = job && net ? KD_OK : kd_fail(KD_ENOMEM, "ensemble: no host memory");
    if (status == KD_OK && settings->patience > 0) /* a tenth of the training rows watches the loss */
        status = nn_fold_make(s->data, l->split, s->split.train, s->split.n_train, 10, 0, l->seed, &stop);
    struct nn_split rows = settings->patience > 0 ? stop : (struct nn_split){s->split.n_train, 0, s->split.train, NULL};
    for (int j = 0; status == KD_OK && j < n_job; j++)
        job[j] = job_of(&s[j / n_member], settings, &rows, j % n_member);
    status = kd_comm_agree(run->ranks, status);
    if (status == KD_OK)
        status = nn_train(run, &s->samples, n_job, job, net);
    for (int j = 0; status == KD_OK && j < n_job; j++)
        if (net[j].diverged)
            status = kd_fail(KD_ENOCONV, "training: the loss of net %d is not finite after epoch %d, expected a smaller learning rate",
                             j, net[j].n_epoch);
    for (int i = 0; i < n && status == KD_OK; i++) {
        if (!(m[i].net = malloc((size_t)n_member * sizeof *net)))
            status = kd_fail(KD_ENOMEM, "ensemble: no host memory");
        for (int k = 0; status == KD_OK && k < n_member; k++) {
            m[i].net[k] = net[i * n_member + k];
            net[i * n_member + k] = (struct nn_net){0};
            m[i].n_net = k + 1;
        }
    }
    for (int j = 0; net && j < n_job; j++)
        nn_net_free(&net[j]);
    nn_split_free(&stop);
    free(job);
    free(net);
    return status;
}

/* A file and those of the devices, each of them made by this rank. */
static void remove_files(const struct nn_run *run, const char *name)
{
    char path[4160];
    unlink(name);
    for (int k = 0; k < run->n_more; k++) {
        snprintf(path, sizeof path, "%s.device%d", name, k);
        unlink(path);
    }
}

static void remove_checkpoints(const struct nn_run *run)
{
    char name[4096], rank[24] = "";
    if (!run->checkpoint)
        return;
    if (run->ranks && run->ranks->size > 1 && !run->shared) /* with shared batches rank 0 keeps one file for all */
        snprintf(rank, sizeof rank, ".rank%d", run->ranks->rank);
    for (int search = 0; search < 2; search++) {
        snprintf(name, sizeof name, "%s%s%s", run->checkpoint, search ? ".search" : "", rank);
        remove_files(run, name);
    }
}

kd_status nn_learn(const struct nn_run *run, const struct nn_dataset *data, const struct nn_lesson *lesson,
                   struct nn_model *model, struct nn_outcome *outcome)
{
    struct school s = {.run = run, .data = data, .lesson = lesson};
    double started = clock_seconds();
    *model = (struct nn_model){0};
    *outcome = (struct nn_outcome){.n_fold = lesson->n_fold, .n_point = lesson->n_point};
    kd_status status = kd_comm_agree(run->ranks, open_school(&s));
    if (status == KD_OK && lesson->n_fold > 0)
        status = search(&s, outcome);
    const struct nn_settings *settings = &lesson->settings[outcome->best > 0 ? outcome->best : 0];
    if (status == KD_OK)
        status = train_members(run, &s, 1, settings, model);
    if (status == KD_OK)
        status = school_describe(&s, settings, model);
    if (status == KD_OK)
        status = school_score(&s, model, outcome);
    status = kd_comm_agree(run->ranks, status);
    if (status == KD_OK)
        remove_checkpoints(run);
    outcome->seconds = clock_seconds() - started;
    close_school(&s);
    if (status != KD_OK) {
        nn_model_free(model);
        nn_outcome_free(outcome);
    }
    return status;
}

kd_status nn_learn_windows(const struct nn_run *run, const struct nn_dataset *data, const struct nn_lesson *lesson, int n,
                           const double (*window_ev)[2], struct nn_model *model, struct nn_outcome *outcome)
{
    struct school *s = calloc((size_t)n, sizeof *s);
    double started = clock_seconds();
    memset(model, 0, (size_t)n * sizeof *model);
    memset(outcome, 0, (size_t)n * sizeof *outcome);
    if (!s)
        return kd_comm_agree(run->ranks, kd_fail(KD_ENOMEM, "windows: no host memory"));
    s[0] = (struct school){.run = run, .data = data, .lesson = lesson};
    kd_status status = open_school(&s[0]);
    for (int w = 0; status == KD_OK && w < n; w++) {
        if (w > 0)
            s[w] = s[0];
        status = nn_window_columns(data, window_ev[w][0], window_ev[w][1], &s[w].column, &s[w].n_in);
    }
    status = kd_comm_agree(run->ranks, status);
    if (status == KD_OK)
        status = train_members(run, s, n, &lesson->settings[0], model);
    for (int w = 0; status == KD_OK && w < n; w++) {
        status = school_describe(&s[w], &lesson->settings[0], &model[w]);
        if (status == KD_OK)
            status = school_score(&s[w], &model[w], &outcome[w]);
        outcome[w].seconds = (clock_seconds() - started) / n;
    }
    status = kd_comm_agree(run->ranks, status);
    if (status == KD_OK)
        remove_checkpoints(run);
    close_school(&s[0]);
    free(s);
    for (int w = 0; status != KD_OK && w < n; w++) {
        nn_model_free(&model[w]);
        nn_outcome_free(&outcome[w]);
    }
    return status;
}
