// SPDX-License-Identifier: BSD-3-Clause
/* cmd_train.c - kedge train: networks that read a charge or an RDF from a spectrum. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/app.h"
#include "apps/train_tune.h"
#include "host/base/log.h"
#include "host/base/text.h"
#include "host/nn/evaluate.h"
#include "host/nn/learn.h"
#include "host/nn/replay.h"

static const char doc[] =
    "Defaults are the paper's networks: charge 256-256-256-256-1 leaky ReLU for 271 epochs, rdf 256-512-512-512-256 ReLU for 583, Adam "
    "1e-3, batch 128, MSE; semantics are PyTorch's. A fifth of the sites (--split site) or of the structures (--split structure: no "
    "leak between sites of one cell) is never trained on and gives the scores.\n"
    "--folds N cross validates on the rest; --grid FILE is a JSON object of lists, all combinations of which are cross validated at once "
    "(5 folds unless said otherwise), best by RMSE:\n"
    "  {\"learning_rate\": [1e-3, 3e-4], \"hidden\": [[256, 256], [512, 512, 512]], \"dropout\": [0, 0.1]}\n"
    "--set NAME=VALUE changes one setting: hidden activation slope loss huber_delta learning_rate beta1 beta2 epsilon weight_decay "
    "decoupled dropout batch epochs drop_last schedule final_factor step_factor step_epochs warmup_epochs patience bf16 "
    "scale_input scale_target. The model file opens in PyTorch with five lines of h5py (docs/networks.md). On a request to stop, OUT.checkpoint is "
    "written; --restart goes on from it and ends with the same bits.\n"
    "--tune MODEL --references LIST moves the last layer of a charge model towards measured spectra of known charge (LIST: lines FILE "
    "CHARGE_E [SHIFT_EV]) and reports what each is read as when it is left out; DATASET is not needed then.\n"
    "--replay FILE runs a reference state made by PyTorch and reports how far apart we are; DATASET is not needed then.";

static const char examples[] =
    "  kedge train dataset.h5 --target charge -o charge.h5\n"
    "  kedge train dataset.h5 --target rdf --split structure --folds 5 --ensemble 5 -o rdf.h5\n"
    "  kedge train dataset.h5 --target charge --grid grid.json --set patience=40 -o best.h5\n"
    "  kedge train dataset.h5 --target charge --window 1836.25:1842.5 -o window_b.h5\n"
    "  kedge train --tune charge.h5 --references beamline.txt -o tuned.h5\n"
    "  kedge train --replay reference.h5 --json\n";

enum { KEY_TARGET = APP_KEY, KEY_SPLIT, KEY_FOLDS, KEY_GRID, KEY_ENSEMBLE, KEY_WINDOW, KEY_SET, KEY_REPLAY, KEY_FRACTION,
       KEY_RESOLUTION, KEY_WINDOWS, KEY_TUNE, KEY_REFERENCES, KEY_DEVICES, MAX_SET = 32, MAX_DEVICE = 16 };

struct choices {
    const char *out, *grid, *replay, *tune, *references, *set[MAX_SET];
    enum nn_target target;
    enum nn_split_kind split;
    bool target_given, folds_given, windowed, all_windows;
    int folds, ensemble, devices, n_set;
    double low_ev, high_ev, fraction, resolution_ev;
};

static const struct argp_option options[] = {
    {"output", 'o', "FILE", 0, "The model (HDF5)", 0},
    {"target", KEY_TARGET, "WHAT", 0, "charge (e) or rdf: what is learnt", 0},
    {"split", KEY_SPLIT, "BY", 0, "Hold out by site (default, the paper's) or by structure", 0},
    {"test-fraction", KEY_FRACTION, "X", 0, "Part that is held out, 0.2", 0},
    {"folds", KEY_FOLDS, "N", 0, "Cross validation; 0: none (default without --grid)", 0},
    {"grid", KEY_GRID, "FILE", 0, "Settings to try, JSON", 0},
    {"ensemble", KEY_ENSEMBLE, "N", 0, "Nets that differ in their seed: their spread gives the interval; 1", 0},
    {"window", KEY_WINDOW, "A:B", 0, "Use only energies A..B (eV)", 0},
    {"windows", KEY_WINDOWS, NULL, 0, "Also ten nets on parts of the axis (8 eighths, 2 halves): OUT becomes OUT_a.h5 .. OUT_j.h5", 0},
    {"resolution-ev", KEY_RESOLUTION, "X", 0, "Broaden the spectra first by a Gaussian of this FWHM (eV)", 0},
    {"set", KEY_SET, "NAME=VALUE", 0, "Change one setting (JSON value); may be repeated", 0},
    {"devices", KEY_DEVICES, "N", 0, "Share the nets out over N devices, from the one of --device on; 1", 0},
    {"tune", KEY_TUNE, "MODEL", 0, "Fit the last layer of a model to measured references", 0},
    {"references", KEY_REFERENCES, "LIST", 0, "Lines FILE CHARGE_E [SHIFT_EV], for --tune", 0},
    {"replay", KEY_REPLAY, "FILE", 0, "Compare with a reference state of PyTorch", 0},
    {0},
};

static kd_status take_window(const char *arg, struct choices *c)
{
    char copy[96], shown[48], *colon;
    snprintf(copy, sizeof copy, "%s", arg);
    colon = strchr(copy, ':');
    if (colon)
        *colon = '\0';
    if (!colon || !number_double(copy, &c->low_ev) || !number_double(colon + 1, &c->high_ev) || c->low_ev >= c->high_ev)
        FAIL(KD_EINPUT, "--window: \"%s\", expected A:B in eV with A < B", text_show(shown, arg));
    c->windowed = true;
    return KD_OK;
}

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    switch (key) {
    case 'o':
        c->out = arg;
        return KD_OK;
    case KEY_TARGET:
        c->target_given = true;
        return nn_target_parse(arg, &c->target);
    case KEY_SPLIT:
        if (strcmp(arg, "site") != 0 && strcmp(arg, "structure") != 0)
            FAIL(KD_EINPUT, "--split: \"%.40s\", expected site or structure", arg);
        c->split = strcmp(arg, "structure") == 0 ? NN_BY_STRUCTURE : NN_BY_SITE;
        return KD_OK;
    case KEY_FRACTION:
        return app_double("--test-fraction", arg, 0.001, 0.95, &c->fraction);
    case KEY_FOLDS:
        c->folds_given = true;
        return app_int("--folds", arg, 0, 1000, &c->folds);
    case KEY_GRID:
        c->grid = arg;
        return KD_OK;
    case KEY_ENSEMBLE:
        return app_int("--ensemble", arg, 1, 1000, &c->ensemble);
    case KEY_WINDOW:
        return take_window(arg, c);
    case KEY_WINDOWS:
        c->all_windows = true;
        return KD_OK;
    case KEY_RESOLUTION:
        return app_double("--resolution-ev", arg, 0, 20, &c->resolution_ev);
    case KEY_DEVICES:
        return app_int("--devices", arg, 1, MAX_DEVICE, &c->devices);
    case KEY_SET:
        if (c->n_set == MAX_SET)
            FAIL(KD_EINPUT, "--set: more than %d of them", MAX_SET);
        c->set[c->n_set++] = arg;
        return KD_OK;
    case KEY_TUNE:
        c->tune = arg;
        return KD_OK;
    case KEY_REFERENCES:
        c->references = arg;
        return KD_OK;
    case KEY_REPLAY:
        c->replay = arg;
        return KD_OK;
    }
    return app_option_unknown(app);
}

/* ---- replay ---- */

static kd_status replay(struct app *app, const char *path)
{
    kd_device *dev;
    struct nn_replay r;
    TRY(app_device(app, &dev));
    TRY(nn_replay_run(dev, app->precision, path, &r));
    app_print(app, "output of step 0      %.2e relative\n", r.output_rel);
    app_print(app, "gradient of step 0    %.2e relative, largest in %s\n", r.gradient_rel, r.worst_tensor);
    for (int s = 0; s < r.n_step; s++)
        app_print(app, "loss of step %-3d      %.9g  %.2e relative\n", s, r.loss[s], r.loss_rel[s]);
    app_print(app, "output after the last %.2e relative\n", r.final_output_rel);
    js_double(app->json, "output_rel", r.output_rel);
    js_double(app->json, "gradient_rel", r.gradient_rel);
    js_string(app->json, "gradient_tensor", r.worst_tensor);
    js_doubles(app->json, "loss_rel", (size_t)r.n_step, r.loss_rel);
    js_doubles(app->json, "loss", (size_t)r.n_step, r.loss);
    js_double(app->json, "final_output_rel", r.final_output_rel);
    nn_replay_free(&r);
    return KD_OK;
}

/* ---- training ---- */

/* "name=value": the value is JSON; a bare word is taken as a string. */
static kd_status apply_set(struct nn_settings *settings, const char *text)
{
    char name[64], json[512];
    const char *equals = strchr(text, '=');
    struct js *object;
    if (!equals || equals == text || (size_t)(equals - text) >= sizeof name)
        FAIL(KD_EINPUT, "--set: \"%.40s\", expected NAME=VALUE", text);
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    snprintf(json, sizeof json, "{\"v\":%.400s}", equals + 1);
    if (js_parse("--set", json, strlen(json), &object) != KD_OK) {
        snprintf(json, sizeof json, "{\"v\":\"%.400s\"}", equals + 1);
        TRY(js_parse("--set", json, strlen(json), &object));
    }
    kd_status status = nn_settings_set(settings, name, js_get(object, "v"));
    js_free(object);
    return status;
}

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

static kd_status learn_windows(struct app *app, const struct nn_run *run, const struct nn_dataset *data, struct nn_lesson lesson)
{
    const struct choices *c = app->choices;
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
            status = nn_model_write(name, &model[w]);
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
    const struct choices *c = app->choices;
    struct nn_model model;
    struct nn_outcome outcome;
    TRY(nn_learn(run, data, lesson, &model, &outcome));
    kd_status status = nn_model_write(c->out, &model);
    if (status == KD_OK)
        say_outcome(app, lesson, &model, &outcome);
    lesson->settings = &model.settings;
    if (status == KD_OK && c->all_windows)
        status = learn_windows(app, run, data, *lesson);
    nn_model_free(&model);
    nn_outcome_free(&outcome);
    return status;
}

static kd_status learn(struct app *app, const struct choices *c, const struct nn_dataset *data, struct nn_settings *settings,
                       int n_point)
{
    kd_device *more[MAX_DEVICE] = {0};
    char checkpoint[4096];
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
    if (data->synthetic)
        log_warning("%s: spectra of an analytic model, not of physics; scores are no results", data->path);
    snprintf(checkpoint, sizeof checkpoint, "%s.checkpoint", c->out);
    struct nn_run run = {.precision = app->precision,
                         .checkpoint = checkpoint,
                         .checkpoint_every = 60,
                         .restart = app->restart,
                         .what = "train"};
    TRY(app_device(app, &run.dev));
    run.more = more;
    run.n_more = c->devices > 1 ? c->devices : 0;
    kd_status status = open_more(app, run.n_more, more);
    if (status == KD_OK)
        status = learn_on(app, &run, data, &lesson);
    for (int k = 1; k < run.n_more; k++)
        if (more[k])
            kd_device_close(more[k]);
    return status;
}

static kd_status run(struct app *app)
{
    struct choices *c = app->choices;
    if (c->replay)
        return replay(app, c->replay);
    if (c->tune || c->references) {
        if (!c->tune || !c->references || !c->out || app->n_file != 0)
            FAIL(KD_EINPUT, "kedge train --tune: expected --tune MODEL.h5 --references LIST -o OUT.h5, and no dataset");
        return train_tune(app, c->tune, c->references, c->out);
    }
    if (app->n_file != 1 || !c->target_given || !c->out)
        FAIL(KD_EINPUT, "kedge train: expected DATASET.h5, --target charge or rdf, and -o MODEL.h5");
    struct nn_settings base = nn_default_settings(c->target), *settings = NULL;
    struct nn_dataset data;
    int n_point = 1;
    for (int i = 0; i < c->n_set; i++)
        TRY(apply_set(&base, c->set[i]));
    TRY(nn_settings_check(&base));
    if (c->grid)
        TRY(nn_grid_read(c->grid, &base, &n_point, &settings));
    kd_status status = nn_dataset_read(app->file[0], &data);
    if (status == KD_OK)
        status = learn(app, c, &data, settings ? settings : &base, n_point);
    nn_dataset_free(&data);
    free(settings);
    return status;
}

const struct app_command cmd_train = {
    .name = "train",
    .summary = "Train networks: spectrum to charge or RDF",
    .arguments = "DATASET.h5",
    .doc = doc,
    .examples = examples,
    .n_file_min = 0,
    .n_file_max = 1,
    .option = options,
    .take = take,
    .choices_size = sizeof(struct choices),
    .run = run,
};
