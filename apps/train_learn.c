// SPDX-License-Identifier: BSD-3-Clause
/* train_learn.c - kedge train DATASET: what is learnt, where, and what is said about it. */
#include "apps/train_learn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/ranks.h"
#include "host/base/log.h"
#include "host/nn/evaluate.h"

static void say_score(struct app *app, const char *name, const struct nn_score *s, const char *unit, struct js *object)
{
    app_print(app, "%-22s RMSE %.4f %s   R2 %.4f   MAE %.4f   bias %+.4f   (%d values)\n", name, s->rmse, unit, s->r2, s->mae,
              s->bias, s->n);
    js_double(object, "rmse", s->rmse);
    js_double(object, "r2", s->r2);
    js_double(object, "mae", s->mae);
    js_double(object, "bias", s->bias);
    js_int(object, "n", s->n);
}

static void say_search(struct app *app, const struct nn_lesson *l, const struct nn_outcome *o)
{
    struct js *points = js_array(app->json, "points"), *folds = js_array(app->json, "folds");
    for (int p = 0; o->point && p < o->n_point; p++) {
        struct js *point = js_object(points, NULL);
        js_double(point, "rmse", o->point[p].rmse);
        js_double(point, "r2", o->point[p].r2);
        js_doubles(point, "fold_rmse", (size_t)o->n_fold, o->point[p].fold_rmse);
        nn_settings_json(&l->settings[p], js_object(point, "settings"));
        app_print(app, "%s %-4d RMSE %.4f   R2 %.4f   (%d folds)\n", p == o->best ? "* point" : "  point", p, o->point[p].rmse,
                  o->point[p].r2, o->n_fold);
        for (int k = 0; p == o->best && k < o->n_fold; k++) {
            struct js *fold = js_object(folds, NULL);
            js_int(fold, "fold", k);
            js_double(fold, "rmse", o->point[p].fold_rmse[k]);
        }
    }
}

static void say_outcome(struct app *app, const struct nn_lesson *l, const struct nn_model *m, const struct nn_outcome *o)
{
    const char *unit = l->target == NN_CHARGE ? "e" : "";
    say_search(app, l, o);
    say_score(app, "training rows", &o->train, unit, js_object(app->json, "train"));
    say_score(app, "test rows", &o->test, unit, js_object(app->json, "test"));
    struct js *classes = js_array(app->json, "classes");
    for (int c = 0; c < NN_N_CLASS; c++) {
        char name[32];
        if (o->test_class[c].n == 0)
            continue;
        snprintf(name, sizeof name, "  Si%d+", c);
        struct js *object = js_object(classes, NULL);
        js_int(object, "oxygen_neighbours", c);
        say_score(app, name, &o->test_class[c], unit, object);
    }
    js_double(app->json, "rmse", o->test.rmse);
    js_double(app->json, "r2", o->test.r2);
    js_int(app->json, "epochs", o->n_epoch);
    js_double(app->json, "seconds", o->seconds);
    js_double(app->json, "calibration", m->calibration);
    js_bool(app->json, "synthetic", m->synthetic);
    nn_settings_json(&m->settings, js_object(app->json, "settings"));
    app_print(app, "%d epochs, %d net%s, %.1f s\n", o->n_epoch, m->n_net, m->n_net > 1 ? "s" : "", o->seconds);
}

/* "model.h5" -> "model_a.h5", ... */
static void window_name(const char *out, int window, char *name, size_t size)
{
    size_t length = strlen(out), stem = length > 3 && strcmp(out + length - 3, ".h5") == 0 ? length - 3 : length;
    snprintf(name, size, "%.*s_%c.h5", (int)stem, out, 'a' + window);
}

/* Rank 0 writes. */
static kd_status write_model(const struct nn_run *run, const char *name, const struct nn_model *m)
{
    return run->ranks && run->ranks->rank > 0 ? KD_OK : nn_model_write(name, m);
}

static kd_status learn_windows(struct app *app, const struct nn_run *run, const struct nn_dataset *data, struct nn_lesson lesson)
{
    const struct train_choices *c = app->choices;
    double window_ev[NN_N_WINDOW][2];
    struct nn_model model[NN_N_WINDOW];
    struct nn_outcome outcome[NN_N_WINDOW];
    char checkpoint[4096];
    struct nn_run own = *run;
    snprintf(checkpoint, sizeof checkpoint, "%s.windows", run->checkpoint);
    own.checkpoint = checkpoint;
    lesson.n_fold = 0;
    for (int w = 0; w < NN_N_WINDOW; w++)
        nn_paper_window(data, w, &window_ev[w][0], &window_ev[w][1]);
    TRY(nn_learn_windows(&own, data, &lesson, NN_N_WINDOW, window_ev, model, outcome));
    struct js *windows = js_array(app->json, "windows");
    kd_status status = KD_OK;
    for (int w = 0; w < NN_N_WINDOW; w++) {
        char name[4096];
        window_name(c->out, w, name, sizeof name);
        if (status == KD_OK)
            status = write_model(run, name, &model[w]);
        struct js *object = js_object(windows, NULL);
        js_string(object, "file", name);
        js_double(object, "low_ev", window_ev[w][0]);
        js_double(object, "high_ev", window_ev[w][1]);
        js_double(object, "rmse", outcome[w].test.rmse);
        js_double(object, "r2", outcome[w].test.r2);
        app_print(app, "window %c %8.2f to %8.2f eV   RMSE %.4f   R2 %.4f\n", 'a' + w, window_ev[w][0], window_ev[w][1],
                  outcome[w].test.rmse, outcome[w].test.r2);
        nn_model_free(&model[w]);
        nn_outcome_free(&outcome[w]);
    }
    return status;
}

/* The devices behind the first; several on one CPU share its cores. */
static kd_status open_more(const struct app *app, int n, kd_device **more)
{
    char spec[48];
    more[0] = app->dev;
    for (int k = 1; k < n; k++) {
        bool cpu = strcmp(app->dev->backend, "cpu") == 0;
        if (cpu)
            snprintf(spec, sizeof spec, "cpu");
        else
            snprintf(spec, sizeof spec, "%.20s:%d", app->dev->backend, app->dev->index + k);
        TRY(kd_device_open(spec, app->n_thread, &more[k], NULL));
    }
    return KD_OK;
}

static kd_status learn_on(struct app *app, const struct nn_run *run, const struct nn_dataset *data, struct nn_lesson *lesson)
{
    const struct train_choices *c = app->choices;
    struct nn_model model;
    struct nn_outcome outcome;
    TRY(nn_learn(run, data, lesson, &model, &outcome));
    kd_status status = kd_comm_agree(run->ranks, write_model(run, c->out, &model));
    if (status == KD_OK)
        say_outcome(app, lesson, &model, &outcome);
    lesson->settings = &model.settings;
    if (status == KD_OK && c->all_windows)
        status = learn_windows(app, run, data, *lesson);
    nn_model_free(&model);
    nn_outcome_free(&outcome);
    return status;
}

/* What run->dev and run->more need: as many devices as asked for, or one a rank. */
static kd_status open_devices(struct app *app, const struct app_ranks *r, kd_device **more, struct nn_run *run)
{
    const struct train_choices *c = app->choices;
    if (r->ranks.size > 1 && c->devices > 1)
        FAIL(KD_EINPUT, "--devices %d of %d processes: expected one of the two, every process takes one device", c->devices, r->ranks.size);
    if (c->data_parallel && r->ranks.size == 1 && c->devices <= 1)
        FAIL(KD_EINPUT, "--data-parallel: one device, expected --devices 2 or more, or mpirun");
    TRY(app_device(app, &run->dev));
    run->more = more;
    run->n_more = c->devices > 1 ? c->devices : 0;
    run->split_batch = c->data_parallel;
    return open_more(app, run->n_more, more);
}

/* With shared batches ranks add up gradients: by NCCL where each has a GPU of its own, else by way of the host. */
static kd_status open_sums(const struct app_ranks *r, kd_device *dev, struct kd_comm **sums)
{
    struct kd_comm *own;
    TRY(kd_comm_agree(r->comm, ranks_comm(&r->ranks, dev, sums)));
    bool gpu = strcmp(dev->backend, "cuda") == 0;
    kd_status all_gpus = kd_comm_agree(r->comm, gpu ? KD_OK : kd_fail(KD_EDEVICE, "one of the processes has no GPU"));
    if (all_gpus == KD_OK && ranks_device_comm(*sums, &own) == KD_OK) {
        kd_comm_close(*sums);
        *sums = own;
    } else if (gpu) {
        log_info("gradients go by way of the host: %s", kd_error_message());
    }
    kd_error_clear();
    return KD_OK;
}

static kd_status learn(struct app *app, const struct app_ranks *r, const struct nn_dataset *data, struct nn_lesson *lesson)
{
    const struct train_choices *c = app->choices;
    kd_device *more[TRAIN_MOST_DEVICES] = {0};
    char checkpoint[4096];
    if (data->synthetic)
        log_warning("%s: spectra of an analytic model, not of physics; scores are no results", data->path);
    snprintf(checkpoint, sizeof checkpoint, "%s.checkpoint", c->out);
    struct nn_run run = {.ranks = r->comm,
                         .precision = app->precision,
                         .checkpoint = checkpoint,
                         .checkpoint_every = 60,
                         .restart = app->restart,
                         .what = app->silent ? NULL : "train"};
    struct kd_comm *sums = NULL;
    kd_status status = kd_comm_agree(r->comm, open_devices(app, r, more, &run));
    if (status == KD_OK && c->data_parallel && r->ranks.size > 1)
        status = open_sums(r, run.dev, &sums);
    run.shared = sums;
    if (status == KD_OK)
        status = kd_comm_agree(r->comm, learn_on(app, &run, data, lesson));
    kd_comm_close(sums);
    for (int k = 1; k < run.n_more; k++)
        if (more[k])
            kd_device_close(more[k]);
    return status;
}

kd_status train_learn(struct app *app, int n_point, const struct nn_settings *settings)
{
    const struct train_choices *c = app->choices;
    struct app_ranks ranks;
    struct nn_dataset data = {0};
    struct nn_lesson lesson = {.target = c->target,
                               .split = c->split,
                               .test_fraction = c->fraction > 0 ? c->fraction : 0.2,
                               .n_fold = c->folds_given ? c->folds : n_point > 1 ? 5 : 0,
                               .n_point = n_point,
                               .settings = settings,
                               .n_ensemble = c->ensemble > 0 ? c->ensemble : 1,
                               .windowed = c->windowed,
                               .low_ev = c->low_ev,
                               .high_ev = c->high_ev,
                               .resolution_ev = c->resolution_ev,
                               .seed = app->seed};
    if (n_point > 1 && lesson.n_fold == 0)
        FAIL(KD_EINPUT, "--folds 0: a grid of %d points needs cross validation to choose from, expected --folds 2 or more", n_point);
    kd_status status = app_ranks_begin(app, &ranks);
    if (status == KD_OK) {
        js_int(app->json, "ranks", ranks.ranks.size);
        status = kd_comm_agree(ranks.comm, nn_dataset_read(app->file[0], &data));
    }
    if (status == KD_OK)
        status = learn(app, &ranks, &data, &lesson);
    nn_dataset_free(&data);
    app_ranks_end(&ranks);
    return status;
}
