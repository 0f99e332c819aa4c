// SPDX-License-Identifier: BSD-3-Clause
/* score.c - what a model carries besides its nets, and how good it is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/nn/school.h"

enum { N_COMPONENT = 12 }; /* principal components kept: beyond them spectra of SiOx hold only noise */

/* Composition as a straight line of the mean charge of a structure, over the training rows; *n_structure < 2: none. */
static kd_status composition_points(const struct school *s, double *charge, double *x, int *n_structure)
{
    const struct nn_dataset *d = s->data;
    int *id = malloc((size_t)s->split.n_train * sizeof *id), *count = calloc((size_t)s->split.n_train, sizeof *count), n = 0;
    kd_status status = id && count ? KD_OK : kd_fail(KD_ENOMEM, "model: no host memory");
    for (int i = 0; status == KD_OK && i < s->split.n_train; i++) {
        int row = s->split.train[i], k = 0;
        while (k < n && id[k] != d->structure_id[row])
            k++;
        if (k == n) {
            id[n] = d->structure_id[row];
            x[n] = d->x[row];
            charge[n++] = 0;
        }
        charge[k] += d->charge_e[row];
        count[k]++;
    }
    for (int k = 0; status == KD_OK && k < n; k++)
        charge[k] /= count[k];
    *n_structure = n;
    free(id);
    free(count);
    return status;
}

/* Composition from the mean charge of structures, oxygen neighbours from that of sites. Where there is nothing to fit: 1.6 e per O
 * (alpha-quartz: +3.2 e at x = 2) and 0.8 e per Si-O bond. */
static kd_status fit_lines(const struct school *s, struct nn_model *m)
{
    const struct nn_dataset *d = s->data;
    int n = s->split.n_train, n_structure = 0;
    double *q = malloc((size_t)n * sizeof *q), *y = malloc((size_t)n * sizeof *y), line[2];
    kd_status status = q && y ? composition_points(s, q, y, &n_structure) : kd_fail(KD_ENOMEM, "model: no host memory");
    m->x_of_charge[0] = m->oxygen_of_charge[0] = 0;
    m->x_of_charge[1] = 1 / 1.6;
    m->oxygen_of_charge[1] = 1 / 0.8;
    if (status == KD_OK && nn_linear_fit(n_structure, 1, q, y, line) == KD_OK)
        memcpy(m->x_of_charge, line, sizeof line);
    for (int i = 0; status == KD_OK && d->coordination && i < n; i++) {
        q[i] = d->charge_e[s->split.train[i]];
        y[i] = d->coordination[2 * s->split.train[i] + 1];
    }
    if (status == KD_OK && d->coordination && nn_linear_fit(n, 1, q, y, line) == KD_OK)
        memcpy(m->oxygen_of_charge, line, sizeof line);
    if (status == KD_OK)
        kd_error_clear();
    free(q);
    free(y);
    return status;
}

kd_status school_describe(const struct school *s, const struct nn_settings *settings, struct nn_model *m)
{
    const struct nn_dataset *d = s->data;
    const struct nn_lesson *l = s->lesson;
    m->target = l->target;
    m->settings = *settings;
    m->n_in = s->n_in;
    m->n_out = s->n_out;
    m->column = s->column;
    m->n_axis = d->n_energy;
    m->fingerprint = d->fingerprint;
    m->synthetic = d->synthetic;
    m->split_kind = l->split;
    m->test_fraction = l->test_fraction;
    m->split_seed = l->seed;
    m->resolution_ev = l->resolution_ev;
    m->calibration = 1;
    m->n_test = s->split.n_test;
    m->energy_ev = malloc((size_t)s->n_in * sizeof *m->energy_ev);
    m->output_axis = l->target == NN_RDF ? malloc((size_t)s->n_out * sizeof *m->output_axis) : NULL;
    m->error_output = calloc((size_t)s->n_out, sizeof *m->error_output);
    m->test = malloc((size_t)m->n_test * sizeof *m->test);
    if (!m->energy_ev || (l->target == NN_RDF && !m->output_axis) || !m->error_output || !m->test)
        FAIL(KD_ENOMEM, "model: no host memory");
    memcpy(m->energy_ev, d->energy_ev + s->column, (size_t)s->n_in * sizeof *m->energy_ev);
    if (m->output_axis)
        memcpy(m->output_axis, d->r_angstrom, (size_t)s->n_out * sizeof *m->output_axis);
    memcpy(m->test, s->split.test, (size_t)m->n_test * sizeof *m->test);
    TRY(fit_lines(s, m));
    return nn_pca_make(s->samples.x, s->samples.n_x, s->column, s->n_in, s->split.train, s->split.n_train, N_COMPONENT, &m->pca);
}

static double *expected_of(const struct school *s, const int *rows, int n)
{
    size_t n_out = (size_t)s->n_out;
    double *expected = malloc((size_t)n * n_out * sizeof *expected);
    for (int i = 0; expected && i < n; i++)
        memcpy(expected + (size_t)i * n_out, s->samples.y + (size_t)rows[i] * n_out, n_out * sizeof *expected);
    return expected;
}

/* Scores by valence class, errors per output, and the factor between spread and error. */
static kd_status score_test(const struct school *s, const double *expected, struct nn_model *m, struct nn_outcome *o)
{
    int n = s->split.n_test;
    size_t n_out = (size_t)s->n_out, total = (size_t)n * n_out;
    double *p = malloc(total * sizeof *p), *e = malloc(total * sizeof *e);
    kd_status status = p && e ? KD_OK : kd_fail(KD_ENOMEM, "scores: no host memory");
    for (int c = 0; status == KD_OK && c < NN_N_CLASS && s->data->coordination && s->lesson->target == NN_CHARGE; c++) {
        int members = 0;
        for (int i = 0; i < n; i++) {
            int oxygen = s->data->coordination[2 * s->split.test[i] + 1];
            if ((oxygen < NN_N_CLASS ? oxygen : NN_N_CLASS - 1) != c)
                continue;
            p[members] = o->predicted[i];
            e[members++] = expected[i];
        }
        o->test_class[c] = nn_score_of(members, p, e);
    }
    for (size_t out = 0; status == KD_OK && out < n_out; out++) {
        for (int i = 0; i < n; i++) {
            p[i] = o->predicted[(size_t)i * n_out + out];
            e[i] = expected[(size_t)i * n_out + out];
        }
        m->error_output[out] = nn_score_of(n, p, e).rmse;
    }
    size_t used = 0;
    for (size_t i = 0; status == KD_OK && i < total; i++)
        if (o->spread[i] > 0)
            p[used++] = fabs(o->predicted[i] - expected[i]) / o->spread[i];
    if (status == KD_OK && used > 0)
        status = nn_quantile((int)used, p, 0.6827, &m->calibration);
    m->error_rms = o->test.rmse;
    free(p);
    free(e);
    return status;
}

kd_status school_score(const struct school *s, struct nn_model *m, struct nn_outcome *o)
{
    size_t n_out = (size_t)s->n_out;
    double *train = malloc((size_t)s->split.n_train * n_out * sizeof *train);
    double *train_expected = expected_of(s, s->split.train, s->split.n_train);
    double *expected = expected_of(s, s->split.test, s->split.n_test);
    o->predicted = malloc((size_t)s->split.n_test * n_out * sizeof *o->predicted);
    o->spread = malloc((size_t)s->split.n_test * n_out * sizeof *o->spread);
    kd_status status = train && train_expected && expected && o->predicted && o->spread
                           ? KD_OK
                           : kd_fail(KD_ENOMEM, "scores: no host memory");
    if (status == KD_OK)
        status = nn_model_predict(s->run->dev, s->run->precision, m, &s->samples, s->split.train, s->split.n_train, train, NULL);
    if (status == KD_OK)
        status = nn_model_predict(s->run->dev, s->run->precision, m, &s->samples, s->split.test, s->split.n_test, o->predicted,
                                  o->spread);
    if (status == KD_OK) {
        o->train = nn_score_of((int)((size_t)s->split.n_train * n_out), train, train_expected);
        o->test = nn_score_of((int)((size_t)s->split.n_test * n_out), o->predicted, expected);
        o->n_epoch = m->net[0].n_epoch;
        status = score_test(s, expected, m, o);
    }
    free(train);
    free(train_expected);
    free(expected);
    return status;
}
