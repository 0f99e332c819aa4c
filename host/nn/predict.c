// SPDX-License-Identifier: BSD-3-Clause
/* predict.c - from a measured spectrum to a charge and an RDF, and to the doubts about them. */
#include "host/nn/predict.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "host/nn/spectrum.h"

static const double SHIFT_STEP = 0.1; /* eV */

void nn_reading_free(struct nn_reading *r)
{
    free(r->energy_ev);
    free(r->mu);
    free(r->sensitivity);
    free(r->window);
    free(r->r_angstrom);
    free(r->rdf);
    free(r->rdf_sigma);
    *r = (struct nn_reading){0};
}

double nn_peak_energy(const struct nn_measured *m)
{
    int top = 0;
    for (int i = 1; i < m->n; i++)
        if (m->mu[i] > m->mu[top])
            top = i;
    if (top == 0 || top == m->n - 1)
        return m->energy_ev[top];
    const double *e = m->energy_ev + top, *y = m->mu + top;
    double a = (y[-1] - y[0]) / (e[-1] - e[0]), b = (y[1] - y[0]) / (e[1] - e[0]);
    double curvature = (b - a) / (e[1] - e[-1]);
    return curvature < 0 ? e[0] - (a - curvature * (e[-1] - e[0])) / (2 * curvature) : e[0];
}

static void doubt(struct nn_reading *r, const char *format, ...) KD_PRINTF(2, 3);

static void doubt(struct nn_reading *r, const char *format, ...)
{
    va_list args;
    if (r->n_reason == NN_MAX_REASON)
        return;
    va_start(args, format);
    vsnprintf(r->reason[r->n_reason++], sizeof r->reason[0], format, args);
    va_end(args);
}

/* ---- the spectrum on the scale of the training ---- */

struct scan { /* a spectrum ready to be put on any axis */
    int n;
    double *energy_ev, *mu; /* as measured, but for the calibration of the axis */
    bool as_is;
    const struct nn_model *lead;
};

/* Fit row = step * (mean + scores . components) + offset + slope * t, which is linear in (step, step * scores, offset, slope). Scores are
 * held near 0 with the widths that they have in the training set (a ridge), or scale and background could mimic them; the noise is that of
 * the training residuals. Two rounds, since the widths scale with the step. */
static kd_status fit_levels(const struct nn_model *m, const double *row, struct nn_levels *levels)
{
    int n = m->n_in, k = m->pca.n_component, columns = k + 3, rows = n + k;
    double *a = malloc((size_t)rows * (size_t)columns * sizeof *a), *y = malloc((size_t)rows * sizeof *y);
    double *c = calloc((size_t)columns, sizeof *c), middle = 0.5 * (m->energy_ev[0] + m->energy_ev[n - 1]);
    double low = row[0], high = row[0];
    for (int i = 0; i < n; i++) {
        low = fmin(low, row[i]);
        high = fmax(high, row[i]);
    }
    double step = (high - low) / 2; /* a white line is about twice the step */
    kd_status status = a && y && c ? KD_OK : kd_fail(KD_ENOMEM, "spectrum: no host memory");
    if (status == KD_OK && !(step > 0))
        status = kd_fail(KD_EINPUT, "spectrum: it is flat, expected an edge");
    for (int round = 0; status == KD_OK && round < 3; round++) {
        memset(a, 0, (size_t)rows * (size_t)columns * sizeof *a);
        for (int i = 0; i < n; i++) {
            double *at = a + (size_t)i * (size_t)columns;
            at[0] = m->pca.mean[i];
            at[1] = 1;
            at[2] = (m->energy_ev[i] - middle) / 10;
            for (int j = 0; j < k; j++)
                at[3 + j] = m->pca.component[(size_t)j * (size_t)n + (size_t)i];
            y[i] = row[i];
        }
        for (int j = 0; j < k; j++) {
            a[(size_t)(n + j) * (size_t)columns + 3 + (size_t)j] = m->pca.residual_99 / fmax(m->pca.deviation[j], 1e-12);
            y[n + j] = 0;
        }
        status = nn_least_squares(rows, columns, a, y, c);
        if (status == KD_OK && !(c[0] > 0.02 * step))
            status = kd_fail(KD_EINPUT, "spectrum: it has nothing in common with the training spectra, expected an edge at these energies");
        step = c[0];
    }
    if (status == KD_OK)
        *levels = (struct nn_levels){c[0], c[1], c[2] / 10};
    free(a);
    free(y);
    free(c);
    return status;
}

static kd_status prepare(const struct nn_question *q, const struct nn_model *lead, struct scan *s, struct nn_reading *r)
{
    const struct nn_measured *m = q->spectrum;
    s->n = m->n;
    s->as_is = q->as_is;
    s->lead = lead;
    s->energy_ev = malloc((size_t)m->n * sizeof *s->energy_ev);
    s->mu = malloc((size_t)m->n * sizeof *s->mu);
    double *flat = malloc((size_t)m->n * sizeof *flat);
    kd_status status = s->energy_ev && s->mu && flat ? KD_OK : kd_fail(KD_ENOMEM, "spectrum: no host memory");
    for (int i = 0; status == KD_OK && i < m->n; i++) {
        s->energy_ev[i] = m->energy_ev[i] + q->shift_ev;
        s->mu[i] = m->mu[i];
    }
    double first = lead->energy_ev[0], last = lead->energy_ev[lead->n_in - 1], step = (last - first) / (lead->n_in - 1);
    if (status == KD_OK && (s->energy_ev[0] > first + step || s->energy_ev[s->n - 1] < last - step))
        status = kd_fail(KD_EINPUT, "spectrum: covers %.2f to %.2f eV, expected %.2f to %.2f eV: nothing is extrapolated",
                         s->energy_ev[0], s->energy_ev[s->n - 1], first, last);
    if (status == KD_OK && !m->normalised && !q->as_is &&
        nn_normalise(m->n, s->energy_ev, s->mu, &r->normalisation, flat) != KD_OK) {
        r->normalisation = (struct nn_normalisation){0};
        kd_error_clear();
    }
    free(flat);
    return status;
}

/* One row on the axis of a model, shifted and on the scale that `levels` says. */
static void place(const struct nn_model *m, const struct scan *s, double shift, const struct nn_levels *levels, double *row)
{
    double middle = 0.5 * (s->lead->energy_ev[0] + s->lead->energy_ev[s->lead->n_in - 1]);
    for (int i = 0; i < m->n_axis; i++)
        row[i] = 0;
    for (int i = 0; i < m->n_in; i++) {
        double raw = nn_spectrum_at(s->n, s->energy_ev, s->mu, m->energy_ev[i] - shift);
        row[m->column + i] = (raw - levels->offset - levels->slope_per_ev * (m->energy_ev[i] - middle)) / levels->step;
    }
}

/* Levels of the spectrum shifted by so much, on the leading model. */
static kd_status find_levels(const struct scan *s, double shift, struct nn_levels *levels)
{
    const struct nn_model *lead = s->lead;
    *levels = (struct nn_levels){1, 0, 0};
    if (s->as_is)
        return KD_OK;
    double *row = malloc((size_t)lead->n_axis * sizeof *row);
    if (!row)
        FAIL(KD_ENOMEM, "spectrum: no host memory");
    place(lead, s, shift, levels, row);
    kd_status status = fit_levels(lead, row + lead->column, levels);
    free(row);
    return status;
}

/* ---- the leading charge model ---- */

static double model_sigma(const struct nn_model *m, double spread, double error)
{
    return sqrt(pow(m->calibration * spread, 2) + error * error);
}

/* Charges of shifted copies, of the spectrum itself (the middle one), and the slope. */
static kd_status shift_curve(kd_device *dev, enum kd_precision precision, const struct nn_model *m, const struct scan *s,
                             struct nn_reading *r)
{
    size_t n_axis = (size_t)m->n_axis;
    double *x = malloc(NN_N_SHIFT * n_axis * sizeof *x), spread[NN_N_SHIFT];
    int middle = NN_N_SHIFT / 2, best = middle;
    kd_status status = x ? KD_OK : kd_fail(KD_ENOMEM, "spectrum: no host memory");
    for (int k = 0; status == KD_OK && k < NN_N_SHIFT; k++) {
        struct nn_levels levels;
        r->shift_ev[k] = (k - middle) * SHIFT_STEP;
        status = find_levels(s, r->shift_ev[k], &levels);
        if (status != KD_OK)
            break;
        place(m, s, r->shift_ev[k], &levels, x + (size_t)k * n_axis);
        r->shift_residual[k] = nn_pca_residual(&m->pca, x + (size_t)k * n_axis + m->column, NULL);
        if (r->shift_residual[k] < r->shift_residual[best])
            best = k;
    }
    struct nn_samples samples = {NN_N_SHIFT, m->n_axis, 0, x, NULL};
    if (status == KD_OK)
        status = nn_model_predict(dev, precision, m, &samples, NULL, 0, r->shift_charge, spread);
    if (status != KD_OK) {
        free(x);
        return status;
    }
    r->charge_e = r->shift_charge[middle];
    r->residual = r->shift_residual[middle];
    r->residual_limit = 1.5 * m->pca.residual_99_9;
    r->best_shift_ev = r->shift_ev[best];
    r->slope_e_ev = (r->shift_charge[middle + 1] - r->shift_charge[middle - 1]) / (2 * SHIFT_STEP);
    r->sigma_model_e = model_sigma(m, spread[middle], m->error_rms);
    memcpy(r->mu, x + (size_t)middle * n_axis, n_axis * sizeof *r->mu);
    free(x);
    return status;
}

/* d charge / d mu at each energy, by central differences: all perturbed spectra in one call. */
static kd_status sensitivity(kd_device *dev, enum kd_precision precision, const struct nn_model *m, struct nn_reading *r)
{
    size_t n_axis = (size_t)m->n_axis, n = 2 * (size_t)m->n_in;
    double *x = malloc(n * n_axis * sizeof *x), *y = malloc(n * sizeof *y), step = 0.01; /* of a step of order 1 */
    kd_status status = x && y ? KD_OK : kd_fail(KD_ENOMEM, "sensitivity: no host memory");
    for (size_t k = 0; status == KD_OK && k < n; k++) {
        memcpy(x + k * n_axis, r->mu, n_axis * sizeof *x);
        x[k * n_axis + (size_t)m->column + k / 2] += k % 2 ? -step : step;
    }
    struct nn_samples samples = {(int)n, m->n_axis, 0, x, NULL};
    if (status == KD_OK)
        status = nn_model_predict(dev, precision, m, &samples, NULL, 0, y, NULL);
    for (int i = 0; status == KD_OK && i < m->n_in; i++)
        r->sensitivity[m->column + i] = (y[2 * i] - y[2 * i + 1]) / (2 * step);
    free(x);
    free(y);
    return status;
}

/* ---- the others ---- */

static kd_status read_window(kd_device *dev, enum kd_precision precision, const struct nn_model *m, const struct scan *s, int number,
                             struct nn_reading *r)
{
    double *x = malloc((size_t)m->n_axis * sizeof *x), spread;
    struct nn_window_reading *w = &r->window[r->n_window];
    if (!x)
        FAIL(KD_ENOMEM, "spectrum: no host memory");
    *w = (struct nn_window_reading){.model = number, .low_ev = m->energy_ev[0], .high_ev = m->energy_ev[m->n_in - 1]};
    place(m, s, 0, &r->levels, x);
    struct nn_samples samples = {1, m->n_axis, 0, x, NULL};
    kd_status status = nn_model_predict(dev, precision, m, &samples, NULL, 0, &w->charge_e, &spread);
    w->sigma_e = model_sigma(m, spread, m->error_rms);
    w->deviation = (w->charge_e - r->charge_e) / hypot(w->sigma_e, r->sigma_model_e);
    r->n_window++;
    free(x);
    return status;
}

static kd_status read_rdf(kd_device *dev, enum kd_precision precision, const struct nn_model *m, const struct scan *s, struct nn_reading *r)
{
    size_t n = (size_t)m->n_out;
    double *x = malloc((size_t)m->n_axis * sizeof *x);
    r->r_angstrom = malloc(n * sizeof *r->r_angstrom);
    r->rdf = malloc(n * sizeof *r->rdf);
    r->rdf_sigma = malloc(n * sizeof *r->rdf_sigma);
    kd_status status = x && r->r_angstrom && r->rdf && r->rdf_sigma ? KD_OK : kd_fail(KD_ENOMEM, "spectrum: no host memory");
    struct nn_samples samples = {1, m->n_axis, 0, x, NULL};
    if (status == KD_OK) {
        place(m, s, 0, &r->levels, x);
        status = nn_model_predict(dev, precision, m, &samples, NULL, 0, r->rdf, r->rdf_sigma);
    }
    for (size_t i = 0; status == KD_OK && i < n; i++) {
        r->r_angstrom[i] = m->output_axis[i];
        r->rdf_sigma[i] = model_sigma(m, r->rdf_sigma[i], m->error_output[i]);
    }
    r->n_r = status == KD_OK ? m->n_out : 0;
    free(x);
    return status;
}

static void collect_doubts(const struct nn_question *q, struct nn_reading *r)
{
    if (!r->has_charge)
        return;
    if (r->residual > r->residual_limit)
        doubt(r, "the spectrum is unlike those of the training: residual %.3g, limit %.3g", r->residual, r->residual_limit);
    double at_best = INFINITY;
    for (int k = 0; k < NN_N_SHIFT; k++)
        at_best = fmin(at_best, r->shift_residual[k]);
    if (fabs(r->best_shift_ev) > q->axis_error_ev + SHIFT_STEP && at_best < 0.5 * r->residual)
        doubt(r, "it would fit twice as well with its energies shifted by %+.1f eV: is the axis calibrated?", r->best_shift_ev);
    for (int w = 0; w < r->n_window; w++)
        if (fabs(r->window[w].deviation) > 3)
            doubt(r, "the window %.2f to %.2f eV says %.2f +- %.2f e, %.1f sigma away from the whole spectrum", r->window[w].low_ev,
                  r->window[w].high_ev, r->window[w].charge_e, r->window[w].sigma_e, fabs(r->window[w].deviation));
}

static kd_status read_lead(kd_device *dev, enum kd_precision precision, const struct nn_question *q, const struct nn_model *lead,
                           const struct scan *s, struct nn_reading *r)
{
    r->n_axis = lead->n_axis;
    r->energy_ev = malloc((size_t)lead->n_axis * sizeof *r->energy_ev);
    r->mu = calloc((size_t)lead->n_axis, sizeof *r->mu);
    r->sensitivity = calloc((size_t)lead->n_axis, sizeof *r->sensitivity);
    if (!r->energy_ev || !r->mu || !r->sensitivity)
        FAIL(KD_ENOMEM, "spectrum: no host memory");
    double step = (lead->energy_ev[lead->n_in - 1] - lead->energy_ev[0]) / (lead->n_in - 1);
    for (int i = 0; i < lead->n_axis; i++)
        r->energy_ev[i] = lead->energy_ev[0] + (i - lead->column) * step;
    TRY(find_levels(s, 0, &r->levels));
    if (lead->target != NN_CHARGE) {
        place(lead, s, 0, &r->levels, r->mu);
        return KD_OK;
    }
    r->has_charge = true;
    TRY(shift_curve(dev, precision, lead, s, r));
    TRY(sensitivity(dev, precision, lead, r));
    r->sigma_axis_e = fabs(r->slope_e_ev) * q->axis_error_ev;
    r->sigma_e = hypot(r->sigma_model_e, r->sigma_axis_e);
    r->x = lead->x_of_charge[0] + lead->x_of_charge[1] * r->charge_e;
    r->x_sigma = fabs(lead->x_of_charge[1]) * r->sigma_e;
    r->oxygen = lead->oxygen_of_charge[0] + lead->oxygen_of_charge[1] * r->charge_e;
    return KD_OK;
}

kd_status nn_read_spectrum(kd_device *dev, enum kd_precision precision, const struct nn_question *q, struct nn_reading *out)
{
    const struct nn_model *lead = NULL;
    struct scan s = {0};
    *out = (struct nn_reading){0};
    for (int pass = 0; pass < 2 && !lead; pass++) /* a whole-axis charge model, else any whole-axis model */
        for (int i = 0; i < q->n_model && !lead; i++)
            if (q->model[i].n_in == q->model[i].n_axis && (pass == 1 || q->model[i].target == NN_CHARGE))
                lead = &q->model[i];
    if (!lead)
        FAIL(KD_EINPUT, "prediction: no model of the whole energy axis, expected at least one beside those of windows");
    out->window = calloc((size_t)q->n_model, sizeof *out->window);
    kd_status status = out->window ? prepare(q, lead, &s, out) : kd_fail(KD_ENOMEM, "spectrum: no host memory");
    if (status == KD_OK)
        status = read_lead(dev, precision, q, lead, &s, out);
    for (int i = 0; status == KD_OK && i < q->n_model; i++) {
        const struct nn_model *m = &q->model[i];
        if (m->target == NN_RDF && m->n_in == m->n_axis && out->n_r == 0)
            status = read_rdf(dev, precision, m, &s, out);
        else if (m != lead && m->target == NN_CHARGE && out->has_charge)
            status = read_window(dev, precision, m, &s, i, out);
    }
    if (status == KD_OK)
        collect_doubts(q, out);
    free(s.energy_ev);
    free(s.mu);
    if (status != KD_OK)
        nn_reading_free(out);
    return status;
}
