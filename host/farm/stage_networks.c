// SPDX-License-Identifier: BSD-3-Clause
/* stage_networks.c - networks of a study, what they are worth, and the report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/base/log.h"
#include "host/farm/study.h"
#include "host/nn/evaluate.h"
#include "host/nn/learn.h"
#include "host/report/report.h"

static const char *const target_name[2] = {"charge", "rdf"}, *const split_name[2] = {"site", "structure"};

void study_model_name(const struct study_work *w, char name[FARM_NAME])
{
    snprintf(name, FARM_NAME, "%s-%s%s", target_name[w->target], split_name[w->split], w->windows ? "-windows_j" : "");
}

static void model_path(const char *base, const char *name, int window, char path[PATH_MAX])
{
    if (window < 0)
        snprintf(path, PATH_MAX, "%.*s/models/%s.h5", PATH_MAX - 200, base, name);
    else
        snprintf(path, PATH_MAX, "%.*s/models/%s-windows_%c.h5", PATH_MAX - 200, base, name, 'a' + window);
}

static kd_status train_whole(const struct nn_run *run, const struct nn_dataset *data, const struct nn_lesson *lesson, const char *path)
{
    struct nn_model model;
    struct nn_outcome outcome;
    TRY(nn_learn(run, data, lesson, &model, &outcome));
    kd_status status = nn_model_write(path, &model);
    if (status == KD_OK)
        log_info("%s: RMSE %.4f, R2 %.4f on %d unseen sites", path, outcome.test.rmse, outcome.test.r2, model.n_test);
    nn_model_free(&model);
    nn_outcome_free(&outcome);
    return status;
}

/* The last one is written last: its file says that all are there. */
static kd_status train_windows(const struct nn_run *run, const struct nn_dataset *data, const struct nn_lesson *lesson, const char *base,
                               const char *name)
{
    double window_ev[NN_N_WINDOW][2];
    struct nn_model model[NN_N_WINDOW];
    struct nn_outcome outcome[NN_N_WINDOW];
    char path[PATH_MAX];
    for (int w = 0; w < NN_N_WINDOW; w++)
        nn_paper_window(data, w, &window_ev[w][0], &window_ev[w][1]);
    TRY(nn_learn_windows(run, data, lesson, NN_N_WINDOW, window_ev, model, outcome));
    kd_status status = KD_OK;
    for (int w = 0; w < NN_N_WINDOW; w++) {
        model_path(base, name, w, path);
        if (status == KD_OK)
            status = nn_model_write(path, &model[w]);
        nn_model_free(&model[w]);
        nn_outcome_free(&outcome[w]);
    }
    return status;
}

kd_status stage_train(struct study *s, const struct study_work *w, const char *base)
{
    char path[PATH_MAX], checkpoint[PATH_MAX + 16], name[FARM_NAME];
    struct nn_settings settings = nn_default_settings(w->target ? NN_RDF : NN_CHARGE);
    struct nn_dataset data;
    settings.n_epoch = w->target ? s->set.train.epochs_rdf : s->set.train.epochs_charge;
    struct nn_lesson lesson = {.target = w->target ? NN_RDF : NN_CHARGE,
                               .split = w->split ? NN_BY_STRUCTURE : NN_BY_SITE,
                               .test_fraction = s->set.train.test_fraction,
                               .n_fold = w->windows ? 0 : s->set.train.folds,
                               .n_point = 1,
                               .settings = &settings,
                               .n_ensemble = w->windows ? 1 : s->set.train.ensemble,
                               .seed = (uint64_t)s->set.study.seed};
    snprintf(path, sizeof path, "%.*s/dataset.h5", PATH_MAX - 20, base);
    TRY(nn_dataset_read(path, &data));
    study_model_name(w, name);
    snprintf(checkpoint, sizeof checkpoint, "%.*s/models/%s.checkpoint", PATH_MAX - 200, base, name);
    struct nn_run run = {.dev = s->dev, .precision = s->precision, .checkpoint = checkpoint, .checkpoint_every = 60, .restart = true, .what = "train"};
    name[strcspn(name, "-") + 1 + strlen(split_name[w->split])] = '\0';
    model_path(base, name, -1, path);
    kd_status status = w->windows ? train_windows(&run, &data, &lesson, base, name) : train_whole(&run, &data, &lesson, path);
    nn_dataset_free(&data);
    return status;
}

/* ---- evaluation ---- */

enum { MOST_MODELS = 4 * (1 + NN_N_WINDOW) };

struct models {
    int n;
    char path[MOST_MODELS][PATH_MAX];
    const char *name[MOST_MODELS];
    struct nn_model model[MOST_MODELS];
    struct nn_evaluation evaluation[MOST_MODELS];
};

/* All models of this dataset that are there. */
static kd_status evaluate_all(struct study *s, const char *base, const struct nn_dataset *data, struct models *m)
{
    for (int target = 0; target < 2; target++)
        for (int split = 0; split < 2; split++)
            for (int window = -1; window < NN_N_WINDOW; window++) {
                char name[FARM_NAME];
                struct nn_model *model = &m->model[m->n];
                snprintf(name, sizeof name, "%s-%s", target_name[target], split_name[split]);
                model_path(base, name, window, m->path[m->n]);
                if (access(m->path[m->n], R_OK) != 0)
                    continue;
                TRY(nn_model_read(m->path[m->n], model));
                if (model->fingerprint != data->fingerprint) { /* of an earlier, smaller dataset */
                    nn_model_free(model);
                    continue;
                }
                m->name[m->n] = strrchr(m->path[m->n], '/') + 1;
                TRY(nn_evaluate(s->dev, s->precision, model, data, &m->evaluation[m->n++]));
            }
    return m->n > 0 ? KD_OK : kd_fail(KD_EINPUT, "%s/models: no model of this dataset", base);
}

kd_status stage_evaluate(struct study *s, const char *base, const char *product)
{
    char path[PATH_MAX];
    struct nn_dataset data;
    struct models *m = calloc(1, sizeof *m);
    if (!m)
        FAIL(KD_ENOMEM, "evaluate: no host memory");
    snprintf(path, sizeof path, "%.*s/dataset.h5", PATH_MAX - 20, base);
    kd_status status = nn_dataset_read(path, &data);
    if (status == KD_OK) {
        status = evaluate_all(s, base, &data, m);
        snprintf(path, sizeof path, "%.*s/results.tsv", PATH_MAX - 20, base);
        if (status == KD_OK)
            status = nn_results_table(path, m->n, m->evaluation, m->name);
        if (status == KD_OK)
            status = nn_results_write(product, &data, m->n, m->evaluation, m->name);
        nn_dataset_free(&data);
    }
    for (int i = 0; i < m->n; i++) {
        nn_evaluation_free(&m->evaluation[i]);
        nn_model_free(&m->model[i]);
    }
    free(m);
    return status;
}

kd_status stage_report(struct study *s, const char *base)
{
    char dataset[PATH_MAX], results[PATH_MAX], out[PATH_MAX];
    snprintf(dataset, sizeof dataset, "%.*s/dataset.h5", PATH_MAX - 20, base);
    snprintf(results, sizeof results, "%.*s/results.h5", PATH_MAX - 20, base);
    snprintf(out, sizeof out, "%.*s/report", PATH_MAX - 20, base);
    struct js *object = js_new();
    TRY(farm_write_progress(&s->farm, s->set.study.title));
    kd_status status = report_write(&(struct report_options){.study = s->farm.directory,
                                                             .dataset = access(dataset, R_OK) == 0 ? dataset : NULL,
                                                             .results = access(results, R_OK) == 0 ? results : NULL,
                                                             .out = out,
                                                             .version = s->version}, object);
    js_free(object);
    return status;
}
