// SPDX-License-Identifier: BSD-3-Clause
/* cmd_train.c - kedge train: networks that read a charge or an RDF from a spectrum. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/train_learn.h"
#include "apps/train_tune.h"
#include "host/base/text.h"
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
    "Under mpirun (srun) the nets, be they folds, grid points, windows or members, are shared out over the processes, one device each (with "
    "--device auto or cuda, rank N of a machine takes its GPU N). The files are the bytes that one process writes. --restart wants as many "
    "processes as before.\n"
    "--data-parallel is for one large net: each device (--devices) or process takes a slice of every batch, gradients are added up in the order "
    "of devices, and all take the same step. The bits then depend on how many there are, and on nothing else.\n"
    "--tune MODEL --references LIST moves the last layer of a charge model towards measured spectra of known charge (LIST: lines FILE "
    "CHARGE_E [SHIFT_EV]) and reports what each is read as when it is left out; DATASET is not needed then.\n"
    "--replay FILE runs a reference state made by PyTorch and reports how far apart we are; DATASET is not needed then.";

static const char examples[] =
    "  kedge train dataset.h5 --target charge -o charge.h5\n"
    "  kedge train dataset.h5 --target rdf --split structure --folds 5 --ensemble 5 -o rdf.h5\n"
    "  kedge train dataset.h5 --target charge --grid grid.json --set patience=40 -o best.h5\n"
    "  kedge train dataset.h5 --target charge --window 1836.25:1842.5 -o window_b.h5\n"
    "  mpirun -n 4 kedge train dataset.h5 --target charge --grid grid.json --ensemble 8 -o best.h5\n"
    "  kedge train --tune charge.h5 --references beamline.txt -o tuned.h5\n"
    "  kedge train --replay reference.h5 --json\n";

enum { KEY_TARGET = APP_KEY, KEY_SPLIT, KEY_FOLDS, KEY_GRID, KEY_ENSEMBLE, KEY_WINDOW, KEY_SET, KEY_REPLAY, KEY_FRACTION,
       KEY_RESOLUTION, KEY_WINDOWS, KEY_TUNE, KEY_REFERENCES, KEY_DEVICES, KEY_DATA_PARALLEL };

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
    {"data-parallel", KEY_DATA_PARALLEL, NULL, 0, "Devices or processes share every batch instead of the nets", 0},
    {"tune", KEY_TUNE, "MODEL", 0, "Fit the last layer of a model to measured references", 0},
    {"references", KEY_REFERENCES, "LIST", 0, "Lines FILE CHARGE_E [SHIFT_EV], for --tune", 0},
    {"replay", KEY_REPLAY, "FILE", 0, "Compare with a reference state of PyTorch", 0},
    {0},
};

static kd_status take_window(const char *arg, struct train_choices *c)
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
    struct train_choices *c = app->choices;
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
        return app_int("--devices", arg, 1, TRAIN_MOST_DEVICES, &c->devices);
    case KEY_DATA_PARALLEL:
        c->data_parallel = true;
        return KD_OK;
    case KEY_SET:
        if (c->n_set == TRAIN_MOST_SETS)
            FAIL(KD_EINPUT, "--set: more than %d of them", TRAIN_MOST_SETS);
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

static kd_status run(struct app *app)
{
    struct train_choices *c = app->choices;
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
    int n_point = 1;
    for (int i = 0; i < c->n_set; i++)
        TRY(apply_set(&base, c->set[i]));
    TRY(nn_settings_check(&base));
    if (c->grid)
        TRY(nn_grid_read(c->grid, &base, &n_point, &settings));
    kd_status status = train_learn(app, n_point, settings ? settings : &base);
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
    .choices_size = sizeof(struct train_choices),
    .run = run,
};
