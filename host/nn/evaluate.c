// SPDX-License-Identifier: BSD-3-Clause
/* evaluate.c - scores, rankings, the straight line, and averaged spectra. */
#include "host/nn/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/log.h"
#include "host/nn/spectrum.h"

void nn_evaluation_free(struct nn_evaluation *e)
{
    free(e->expected);
    free(e->predicted);
    free(e->spread);
    free(e->row_rmse);
    free(e->rank);
    free(e->line_predicted);
    free(e->seen);
    free(e->seen_expected);
    free(e->seen_predicted);
    free(e->seen_row_rmse);
    free(e->worst);
    free(e->structure_id);
    free(e->structure_unseen);
    free(e->structure_x);
    free(e->mean_expected);
    free(e->mean_predicted);
    free(e->structure_rmse);
    *e = (struct nn_evaluation){0};
}

void nn_paper_window(const struct nn_dataset *d, int window, double *low_ev, double *high_ev)
{
    double start = d->energy_ev[0], width = d->energy_ev[d->n_energy - 1] - start;
    int parts = window < 8 ? 8 : 2, k = window < 8 ? window : window - 8;
    *low_ev = start + width * k / parts;
    *high_ev = start + width * (k + 1) / parts;
}

/* ---- what is evaluated ---- */

struct exam {
    kd_device *dev;
    enum kd_precision precision;
    const struct nn_model *model;
    const struct nn_dataset *data;
    double *x; /* spectra as the model wants them: broadened like those of its training */
    const double *y;
    int *test, n_test;
    bool *seen; /* [n_row] */
};

static void exam_free(struct exam *x)
{
    free(x->x);
    free(x->test);
    free(x->seen);
}

static kd_status exam_check(const struct exam *x)
{
    const struct nn_model *m = x->model;
    const struct nn_dataset *d = x->data;
    int n_out;
    nn_dataset_target(d, m->target, &n_out);
    double step = d->energy_ev[1] - d->energy_ev[0];
    bool fits = d->n_energy == m->n_axis && n_out == m->n_out;
    for (int i = 0; fits && i < m->n_in; i++)
        fits = fabs(d->energy_ev[m->column + i] - m->energy_ev[i]) < 1e-3 * step;
    if (!fits)
        FAIL(KD_EINPUT, "%s: %d energies %g to %g eV and %d outputs, expected those that the model was trained on", d->path,
             d->n_energy, d->energy_ev[0], d->energy_ev[d->n_energy - 1], n_out);
    return KD_OK;
}

static kd_status exam_prepare(struct exam *x)
{
    const struct nn_dataset *d = x->data;
    const struct nn_model *m = x->model;
    int n_out;
    size_t n_energy = (size_t)d->n_energy;
    TRY(exam_check(x));
    x->y = nn_dataset_target(d, m->target, &n_out);
    x->x = malloc((size_t)d->n_row * n_energy * sizeof *x->x);
    x->test = malloc((size_t)d->n_row * sizeof *x->test);
    x->seen = calloc((size_t)d->n_row, sizeof *x->seen);
    if (!x->x || !x->test || !x->seen)
        FAIL(KD_ENOMEM, "evaluation: no host memory");
    double step = (d->energy_ev[d->n_energy - 1] - d->energy_ev[0]) / (d->n_energy - 1);
    for (int i = 0; i < d->n_row; i++)
        nn_spectrum_broaden(d->n_energy, step, d->spectra + (size_t)i * n_energy, m->resolution_ev, x->x + (size_t)i * n_energy);
    bool own = m->fingerprint == d->fingerprint;
    for (int i = 0; i < d->n_row; i++)
        x->seen[i] = own;
    for (int i = 0; own && i < m->n_test; i++) {
        if (m->test[i] < 0 || m->test[i] >= d->n_row)
            FAIL(KD_EINPUT, "%s: has no row %d, which the model held out", d->path, m->test[i]);
        x->seen[m->test[i]] = false;
    }
    for (int i = 0; i < d->n_row; i++)
        if (!x->seen[i])
            x->test[x->n_test++] = i;
    return KD_OK;
}

/* ---- single sites ---- */

static kd_status score_classes(const struct exam *x, struct nn_evaluation *e)
{
    if (x->model->target != NN_CHARGE || !x->data->coordination)
        return KD_OK;
    double *p = malloc((size_t)x->n_test * sizeof *p), *q = malloc((size_t)x->n_test * sizeof *q);
    if (!p || !q) {
        free(p);
        free(q);
        FAIL(KD_ENOMEM, "evaluation: no host memory");
    }
    for (int c = 0; c < NN_N_CLASS; c++) {
        int n = 0;
        for (int i = 0; i < x->n_test; i++) {
            int oxygen = x->data->coordination[2 * x->test[i] + 1];
            if ((oxygen < NN_N_CLASS ? oxygen : NN_N_CLASS - 1) != c)
                continue;
            p[n] = e->predicted[i];
            q[n++] = e->expected[i];
        }
        e->by_class[c] = nn_score_of(n, p, q);
    }
    free(p);
    free(q);
    return KD_OK;
}

/* The straight line through three descriptors, fitted on the training rows, or on all of a foreign dataset. */
static kd_status fit_line(const struct exam *x, struct nn_evaluation *e)
{
    const struct nn_dataset *d = x->data;
    size_t n = (size_t)d->n_row;
    double *all = malloc(n * NN_N_DESCRIPTOR * sizeof *all), *train = malloc(n * NN_N_DESCRIPTOR * sizeof *train);
    double *y = malloc(n * sizeof *y);
    int n_train = 0;
    e->line_predicted = malloc((size_t)x->n_test * sizeof *e->line_predicted);
    kd_status status = all && train && y && e->line_predicted ? KD_OK : kd_fail(KD_ENOMEM, "evaluation: no host memory");
    for (int i = 0; status == KD_OK && i < d->n_row; i++) {
        nn_descriptors(d->n_energy, d->energy_ev, x->x + (size_t)i * (size_t)d->n_energy, all + (size_t)i * NN_N_DESCRIPTOR);
        if (!x->seen[i] && x->n_test < d->n_row)
            continue;
        memcpy(train + (size_t)n_train * NN_N_DESCRIPTOR, all + (size_t)i * NN_N_DESCRIPTOR, NN_N_DESCRIPTOR * sizeof *all);
        y[n_train++] = x->y[i];
    }
    if (status == KD_OK)
        status = nn_linear_fit(n_train, NN_N_DESCRIPTOR, train, y, e->line);
    bool fitted = status == KD_OK;
    if (status == KD_EINPUT) { /* a handful of fresh sites: the networks have answers, a line through them has none */
        log_info("no straight line to compare with: %s", kd_error_message());
        kd_error_clear();
        status = KD_OK;
    }
    for (int i = 0; fitted && i < x->n_test; i++)
        e->line_predicted[i] = nn_linear_at(NN_N_DESCRIPTOR, all + (size_t)x->test[i] * NN_N_DESCRIPTOR, e->line);
    if (fitted) {
        e->line_score = nn_score_of(x->n_test, e->line_predicted, e->expected);
        e->has_line = true;
    }
    free(all);
    free(train);
    free(y);
    return status;
}

static kd_status score_sites(const struct exam *x, struct nn_evaluation *e)
{
    size_t n_out = (size_t)x->model->n_out, n = (size_t)x->n_test * n_out;
    struct nn_samples samples = {x->data->n_row, x->data->n_energy, 0, x->x, NULL};
    e->n_test = x->n_test;
    e->n_out = x->model->n_out;
    e->expected = malloc(n * sizeof *e->expected);
    e->predicted = malloc(n * sizeof *e->predicted);
    e->spread = malloc(n * sizeof *e->spread);
    e->row_rmse = malloc((size_t)x->n_test * sizeof *e->row_rmse);
    e->rank = malloc((size_t)x->n_test * sizeof *e->rank);
    if (!e->expected || !e->predicted || !e->spread || !e->row_rmse || !e->rank)
        FAIL(KD_ENOMEM, "evaluation: no host memory");
    for (int i = 0; i < x->n_test; i++)
        memcpy(e->expected + (size_t)i * n_out, x->y + (size_t)x->test[i] * n_out, n_out * sizeof *e->expected);
    TRY(nn_model_predict(x->dev, x->precision, x->model, &samples, x->test, x->n_test, e->predicted, e->spread));
    e->all = nn_score_of((int)n, e->predicted, e->expected);
    nn_row_rmse(x->n_test, e->n_out, e->predicted, e->expected, e->row_rmse);
    TRY(nn_rank(x->n_test, e->row_rmse, e->rank));
    for (int k = 0; k < NN_N_CASE; k++)
        e->cases[k] = e->rank[(int)lround((double)k / (NN_N_CASE - 1) * (x->n_test - 1))];
    return score_classes(x, e);
}

/* What the model says about the rows that it was trained on. */
static kd_status score_seen(const struct exam *x, struct nn_evaluation *e)
{
    const struct nn_dataset *d = x->data;
    size_t n_out = (size_t)e->n_out, n = (size_t)(d->n_row - x->n_test);
    struct nn_samples samples = {d->n_row, d->n_energy, 0, x->x, NULL};
    e->seen = malloc((n + 1) * sizeof *e->seen);
    e->seen_expected = malloc((n * n_out + 1) * sizeof *e->seen_expected);
    e->seen_predicted = malloc((n * n_out + 1) * sizeof *e->seen_predicted);
    e->seen_row_rmse = malloc((n + 1) * sizeof *e->seen_row_rmse);
    if (!e->seen || !e->seen_expected || !e->seen_predicted || !e->seen_row_rmse)
        FAIL(KD_ENOMEM, "evaluation: no host memory");
    for (int i = 0; i < d->n_row; i++) {
        if (!x->seen[i])
            continue;
        memcpy(e->seen_expected + (size_t)e->n_seen * n_out, x->y + (size_t)i * n_out, n_out * sizeof *x->y);
        e->seen[e->n_seen++] = i;
    }
    if (e->n_seen == 0)
        return KD_OK;
    TRY(nn_model_predict(x->dev, x->precision, x->model, &samples, e->seen, e->n_seen, e->seen_predicted, NULL));
    e->seen_score = nn_score_of((int)((size_t)e->n_seen * n_out), e->seen_predicted, e->seen_expected);
    nn_row_rmse(e->n_seen, e->n_out, e->seen_predicted, e->seen_expected, e->seen_row_rmse);
    return KD_OK;
}

/* ---- averaged spectra ---- */

static int by_value(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static kd_status list_structures(const struct nn_dataset *d, int **id, int *n)
{
    int *all = malloc((size_t)d->n_row * sizeof *all), found = 0;
    if (!all)
        FAIL(KD_ENOMEM, "evaluation: no host memory");
    memcpy(all, d->structure_id, (size_t)d->n_row * sizeof *all);
    qsort(all, (size_t)d->n_row, sizeof *all, by_value);
    for (int i = 0; i < d->n_row; i++)
        if (i == 0 || all[i] != all[found - 1])
            all[found++] = all[i];
    *id = all;
    *n = found;
    return KD_OK;
}

/* Of each composition the structure with the largest error; compositions within 1e-6 are one. */
static kd_status find_worst(struct nn_evaluation *e)
{
    int *order = malloc((size_t)e->n_structure * sizeof *order);
    e->worst = malloc((size_t)e->n_structure * sizeof *e->worst);
    kd_status status = order && e->worst ? nn_rank(e->n_structure, e->structure_x, order) : kd_fail(KD_ENOMEM, "evaluation: no host memory");
    double x = -INFINITY;
    for (int i = 0; status == KD_OK && i < e->n_structure; i++) {
        int s = order[i];
        if (e->structure_x[s] > x + 1e-6)
            e->worst[e->n_composition++] = s;
        else if (e->structure_rmse[s] > e->structure_rmse[e->worst[e->n_composition - 1]])
            e->worst[e->n_composition - 1] = s;
        x = e->structure_x[s];
    }
    free(order);
    return status;
}

static kd_status score_structures(const struct exam *x, struct nn_evaluation *e)
{
    const struct nn_dataset *d = x->data;
    TRY(list_structures(d, &e->structure_id, &e->n_structure));
    size_t n = (size_t)e->n_structure, n_out = (size_t)e->n_out, n_energy = (size_t)d->n_energy;
    double *mean = calloc(n * n_energy, sizeof *mean);
    int *count = calloc(n, sizeof *count);
    e->structure_unseen = calloc(n, sizeof *e->structure_unseen);
    e->structure_x = calloc(n, sizeof *e->structure_x);
    e->mean_expected = calloc(n * n_out, sizeof *e->mean_expected);
    e->mean_predicted = calloc(n * n_out, sizeof *e->mean_predicted);
    e->structure_rmse = calloc(n, sizeof *e->structure_rmse);
    kd_status status = mean && count && e->structure_unseen && e->structure_x && e->mean_expected && e->mean_predicted &&
                               e->structure_rmse
                           ? KD_OK
                           : kd_fail(KD_ENOMEM, "evaluation: no host memory");
    for (size_t s = 0; status == KD_OK && s < n; s++)
        e->structure_unseen[s] = 1;
    for (int pass = 0; status == KD_OK && pass < 2; pass++) /* count first: means are added up in the order of rows */
        for (int i = 0; i < d->n_row; i++) {
            size_t s = (size_t)((int *)bsearch(&d->structure_id[i], e->structure_id, n, sizeof(int), by_value) - e->structure_id);
            if (pass == 0) {
                count[s]++;
                e->structure_x[s] = d->x[i];
                e->structure_unseen[s] = e->structure_unseen[s] && !x->seen[i];
                continue;
            }
            for (size_t k = 0; k < n_energy; k++)
                mean[s * n_energy + k] += x->x[(size_t)i * n_energy + k] / count[s];
            for (size_t o = 0; o < n_out; o++)
                e->mean_expected[s * n_out + o] += x->y[(size_t)i * n_out + o] / count[s];
        }
    struct nn_samples samples = {e->n_structure, d->n_energy, 0, mean, NULL};
    if (status == KD_OK)
        status = nn_model_predict(x->dev, x->precision, x->model, &samples, NULL, 0, e->mean_predicted, NULL);
    if (status == KD_OK) {
        nn_row_rmse(e->n_structure, e->n_out, e->mean_predicted, e->mean_expected, e->structure_rmse);
        e->averaged = nn_score_of((int)(n * n_out), e->mean_predicted, e->mean_expected);
        status = find_worst(e);
    }
    free(mean);
    free(count);
    return status;
}

kd_status nn_evaluate(kd_device *dev, enum kd_precision precision, const struct nn_model *model, const struct nn_dataset *data,
                      struct nn_evaluation *out)
{
    struct exam x = {.dev = dev, .precision = precision, .model = model, .data = data};
    *out = (struct nn_evaluation){.model = model,
                                  .low_ev = model->energy_ev[0],
                                  .high_ev = model->energy_ev[model->n_in - 1],
                                  .whole_axis = model->n_in == model->n_axis};
    kd_status status = exam_prepare(&x);
    if (status == KD_OK)
        status = score_sites(&x, out);
    if (status == KD_OK)
        status = score_seen(&x, out);
    if (status == KD_OK && out->whole_axis && model->target == NN_CHARGE)
        status = fit_line(&x, out);
    if (status == KD_OK)
        status = score_structures(&x, out);
    exam_free(&x);
    if (status != KD_OK)
        nn_evaluation_free(out);
    return status;
}
