// SPDX-License-Identifier: BSD-3-Clause
/* cmd_evaluate.c - kedge evaluate: what trained networks are worth. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/app.h"
#include "host/base/log.h"
#include "host/nn/evaluate.h"

static const char doc[] =
    "For every model, on the rows of the dataset that it never saw: RMSE, R2, by number of oxygen neighbours; for a charge the straight "
    "line through white-line height, area and edge position; for an RDF the ranking of sites by RMSE and six cases from best to worst; "
    "and the spectra averaged over each structure against the averaged targets. The last file is the dataset; models may be of any "
    "target, window and split. OUT (HDF5, docs/formats.md) has all numbers of all tables and figures; kedge report draws them. --table gives "
    "the scores as tab-separated text.";

static const char examples[] = "  kedge evaluate charge.h5 rdf.h5 dataset.h5 -o results.h5\n"
                               "  kedge evaluate charge*.h5 dataset.h5 -o windows.h5 --json\n";

enum { KEY_TABLE = APP_KEY };

struct choices {
    const char *out, *table;
};

static const struct argp_option options[] = {
    {"output", 'o', "FILE", 0, "Results (HDF5)", 0},
    {"table", KEY_TABLE, "FILE", 0, "Scores, tab-separated", 0},
    {0},
};

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    if (key == 'o')
        c->out = arg;
    else if (key == KEY_TABLE)
        c->table = arg;
    else
        return app_option_unknown(app);
    return KD_OK;
}

static void put_score(struct js *object, const struct nn_score *s)
{
    js_double(object, "rmse", s->rmse);
    js_double(object, "r2", s->r2);
    js_double(object, "mae", s->mae);
    js_double(object, "bias", s->bias);
    js_int(object, "n", s->n);
}

static void say(struct app *app, const char *name, const struct nn_evaluation *e, struct js *models)
{
    const struct nn_model *m = e->model;
    const char *unit = m->target == NN_CHARGE ? "e" : "";
    struct js *object = js_object(models, NULL);
    js_string(object, "file", name);
    js_string(object, "target", nn_target_name(m->target));
    js_string(object, "split", m->split_kind == NN_BY_STRUCTURE ? "structure" : "site");
    js_double(object, "low_ev", e->low_ev);
    js_double(object, "high_ev", e->high_ev);
    put_score(object, &e->all);
    put_score(js_object(object, "averaged"), &e->averaged);
    app_print(app, "%s: %s from %.2f to %.2f eV, split by %s\n", name, nn_target_name(m->target), e->low_ev, e->high_ev,
              m->split_kind == NN_BY_STRUCTURE ? "structure" : "site");
    app_print(app, "  unseen sites        RMSE %8.4f %-2s R2 %7.4f   n %d\n", e->all.rmse, unit, e->all.r2, e->n_test);
    if (e->n_seen > 0) {
        put_score(js_object(object, "seen"), &e->seen_score);
        app_print(app, "  sites of training   RMSE %8.4f %-2s R2 %7.4f   n %d\n", e->seen_score.rmse, unit, e->seen_score.r2, e->n_seen);
    }
    struct js *classes = js_array(object, "classes");
    for (int c = 0; c < NN_N_CLASS; c++) {
        if (e->by_class[c].n == 0)
            continue;
        struct js *entry = js_object(classes, NULL);
        js_int(entry, "oxygen_neighbours", c);
        put_score(entry, &e->by_class[c]);
        app_print(app, "    %d O neighbours    RMSE %8.4f %-2s bias %+.4f   n %d\n", c, e->by_class[c].rmse, unit, e->by_class[c].bias,
                  e->by_class[c].n);
    }
    if (e->has_line) {
        put_score(js_object(object, "line"), &e->line_score);
        app_print(app, "  three descriptors   RMSE %8.4f %-2s R2 %7.4f\n", e->line_score.rmse, unit, e->line_score.r2);
    }
    if (m->target == NN_RDF) {
        double cases[NN_N_CASE];
        for (int k = 0; k < NN_N_CASE; k++)
            cases[k] = e->row_rmse[e->cases[k]];
        js_doubles(object, "case_rmse", NN_N_CASE, cases);
        app_print(app, "  ranked sites        RMSE %.4f %.4f %.4f %.4f %.4f %.4f\n", cases[0], cases[1], cases[2], cases[3], cases[4],
                  cases[5]);
    }
    app_print(app, "  averaged spectra    RMSE %8.4f %-2s R2 %7.4f   %d structures\n", e->averaged.rmse, unit, e->averaged.r2,
              e->n_structure);
}

static kd_status evaluate_all(struct app *app, const struct nn_dataset *data, int n, struct nn_model *model,
                              struct nn_evaluation *e)
{
    const struct choices *c = app->choices;
    kd_device *dev;
    TRY(app_device(app, &dev));
    struct js *models = js_array(app->json, "models");
    for (int i = 0; i < n; i++) {
        TRY(nn_model_read(app->file[i], &model[i]));
        if (model[i].fingerprint != data->fingerprint)
            log_warning("%s: was trained on another dataset; every row of %s counts as unseen", app->file[i], data->path);
        TRY(nn_evaluate(dev, app->precision, &model[i], data, &e[i]));
    }
    TRY(nn_results_write(c->out, data, n, e, app->file));
    if (c->table)
        TRY(nn_results_table(c->table, n, e, app->file));
    for (int i = 0; i < n; i++)
        say(app, app->file[i], &e[i], models);
    return KD_OK;
}

static kd_status run(struct app *app)
{
    const struct choices *c = app->choices;
    int n = app->n_file - 1;
    struct nn_dataset data;
    if (!c->out)
        FAIL(KD_EINPUT, "kedge evaluate: expected -o RESULTS.h5");
    TRY(nn_dataset_read(app->file[n], &data));
    if (data.synthetic)
        log_warning("%s: spectra of an analytic model, not of physics; scores are no results", data.path);
    struct nn_model *model = calloc((size_t)n, sizeof *model);
    struct nn_evaluation *e = calloc((size_t)n, sizeof *e);
    kd_status status = model && e ? evaluate_all(app, &data, n, model, e) : kd_fail(KD_ENOMEM, "kedge evaluate: no host memory");
    for (int i = 0; model && e && i < n; i++) {
        nn_evaluation_free(&e[i]);
        nn_model_free(&model[i]);
    }
    free(model);
    free(e);
    nn_dataset_free(&data);
    return status;
}

const struct app_command cmd_evaluate = {
    .name = "evaluate",
    .summary = "Scores of trained networks on unseen sites, windows, averaged spectra",
    .arguments = "MODEL.h5... DATASET.h5",
    .doc = doc,
    .examples = examples,
    .n_file_min = 2,
    .n_file_max = -1,
    .option = options,
    .take = take,
    .choices_size = sizeof(struct choices),
    .run = run,
};
