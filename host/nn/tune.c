// SPDX-License-Identifier: BSD-3-Clause
/* tune.c - ridge of the last layer about the trained weights, in its dual form: n x n for n references. */
#include "host/nn/tune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/text.h"

/* ---- the list ---- */

kd_status nn_references_read(const char *path, int *n, struct nn_reference out[NN_MAX_REFERENCE])
{
    struct text t;
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    kd_status status = KD_OK;
    *n = 0;
    TRY(text_read(path, 1 << 20, &t));
    for (char *line; (line = text_next(&t));) {
        char *token[4], *comment = strchr(line, '#');
        if (comment)
            *comment = '\0';
        if (text_blank(line, '\0'))
            continue;
        struct nn_reference *r = &out[*n];
        int count = text_split(line, token, 4);
        if (*n == NN_MAX_REFERENCE)
            TRY_OUT(text_error(&t, "more than %d references", NN_MAX_REFERENCE));
        r->shift_ev = 0;
        if (count < 2 || count > 3 || !number_double(token[1], &r->charge_e) || (count == 3 && !number_double(token[2], &r->shift_ev)))
            TRY_OUT(text_error(&t, "expected FILE CHARGE_E [SHIFT_EV]"));
        int written = snprintf(r->path, sizeof r->path, "%.*s%s", token[0][0] == '/' ? 0 : folder, path, token[0]);
        if (written < 0 || (size_t)written >= sizeof r->path)
            TRY_OUT(text_error(&t, "a name of more than %zu characters", sizeof r->path - 1));
        ++*n;
    }
    if (*n < 3)
        status = kd_fail(KD_EINPUT, "%s: %d references, expected at least 3: one is left out at a time", path, *n);
out:
    text_free(&t);
    return status;
}

/* ---- features ---- */

static double activated(const struct nn_net *net, double z)
{
    switch (net->shape.activation) {
    case NN_RELU:
        return z > 0 ? z : 0;
    case NN_LEAKY_RELU:
        return z > 0 ? z : net->slope * z;
    case NN_TANH:
        return tanh(z);
    default:
        return 0.5 * z * (1 + erf(z * 0.70710678118654752440));
    }
}

/* Units of the last hidden layer and a constant 1, for the bias: h[n][width + 1]. */
static kd_status features(kd_device *dev, enum kd_precision precision, const struct nn_net *net, const struct nn_samples *samples, double *h)
{
    struct nn_net front = *net;
    int n = samples->n_row, width = net->shape.width[net->shape.n_layer - 1];
    double *ones = malloc((size_t)width * sizeof *ones), *zeros = calloc((size_t)width, sizeof *zeros);
    double *z = malloc((size_t)n * (size_t)width * sizeof *z);
    kd_status status = ones && zeros && z ? KD_OK : kd_fail(KD_ENOMEM, "tuning: no host memory");
    for (int k = 0; status == KD_OK && k < width; k++)
        ones[k] = 1;
    front.shape.n_layer--;
    front.target_scale = ones;
    front.target_shift = zeros;
    if (status == KD_OK)
        status = nn_infer(dev, precision, 1, &front, samples, NULL, 0, z);
    for (int i = 0; status == KD_OK && i < n; i++) {
        for (int k = 0; k < width; k++)
            h[(size_t)i * (size_t)(width + 1) + (size_t)k] = activated(net, z[(size_t)i * (size_t)width + (size_t)k]);
        h[(size_t)i * (size_t)(width + 1) + (size_t)width] = 1;
    }
    free(ones);
    free(zeros);
    free(z);
    return status;
}

/* ---- the ridge ---- */

struct member { /* one net and what it says about the references */
    struct nn_net *net;
    int n, width;       /* references; features, the constant among them */
    double *h;          /* [n][width] */
    double *gram;       /* [n][n] h . h */
    double *residual;   /* [n] target - prediction, in scaled units */
    double mean_square; /* of |h| */
};

/* Invert a symmetric positive definite a[n][n] in place by Gauss and Jordan; false when it is not. */
static bool invert(int n, double *a)
{
    for (int k = 0; k < n; k++) {
        double *pivot_row = a + (size_t)k * (size_t)n, pivot = pivot_row[k];
        if (!(pivot > 0))
            return false;
        pivot_row[k] = 1;
        for (int j = 0; j < n; j++)
            pivot_row[j] /= pivot;
        for (int i = 0; i < n; i++) {
            double *row = a + (size_t)i * (size_t)n, factor = row[k];
            if (i == k)
                continue;
            row[k] = 0;
            for (int j = 0; j < n; j++)
                row[j] -= factor * pivot_row[j];
        }
    }
    return true;
}

/* Coefficients alpha of the move sum_i alpha_i h_i, and leave-one-out errors alpha_i / inverse_ii; infinite strength: no move. */
static kd_status solve(const struct member *m, double strength, double *alpha, double *error)
{
    size_t n = (size_t)m->n;
    if (isinf(strength)) {
        memset(alpha, 0, n * sizeof *alpha);
        memcpy(error, m->residual, n * sizeof *error);
        return KD_OK;
    }
    double *a = malloc(n * n * sizeof *a);
    if (!a)
        FAIL(KD_ENOMEM, "tuning: no host memory");
    memcpy(a, m->gram, n * n * sizeof *a);
    for (size_t i = 0; i < n; i++)
        a[i * n + i] += strength * m->mean_square;
    bool inverted = invert(m->n, a);
    for (size_t i = 0; inverted && i < n; i++) {
        alpha[i] = 0;
        for (size_t j = 0; j < n; j++)
            alpha[i] += a[i * n + j] * m->residual[j];
        error[i] = alpha[i] / a[i * n + i];
    }
    free(a);
    if (!inverted)
        FAIL(KD_EINPUT, "tuning: the references are dependent, expected different spectra");
    return KD_OK;
}

static kd_status member_prepare(kd_device *dev, enum kd_precision precision, const struct nn_samples *samples, const double *charge_e,
                                struct member *m)
{
    const struct nn_net *net = m->net;
    size_t n = (size_t)m->n, width = (size_t)m->width;
    const double *last = net->parameter + nn_parameter_count(&net->shape) - width; /* weights of the one output, then its bias */
    m->h = malloc(n * width * sizeof *m->h);
    m->gram = malloc(n * n * sizeof *m->gram);
    m->residual = malloc(n * sizeof *m->residual);
    if (!m->h || !m->gram || !m->residual)
        FAIL(KD_ENOMEM, "tuning: no host memory");
    TRY(features(dev, precision, net, samples, m->h));
    for (size_t i = 0; i < n; i++) {
        double y = 0;
        for (size_t k = 0; k < width; k++)
            y += last[k] * m->h[i * width + k];
        m->residual[i] = (charge_e[i] - net->target_shift[0]) * net->target_scale[0] - y;
        for (size_t j = 0; j < n; j++) {
            double dot = 0;
            for (size_t k = 0; k < width; k++)
                dot += m->h[i * width + k] * m->h[j * width + k];
            m->gram[i * n + j] = dot;
        }
        m->mean_square += m->gram[i * n + i] / (double)n;
    }
    return KD_OK;
}

/* Move the last layer. */
static kd_status member_move(const struct member *m, double strength, double *alpha, double *error)
{
    size_t width = (size_t)m->width;
    double *last = m->net->parameter + nn_parameter_count(&m->net->shape) - width;
    TRY(solve(m, strength, alpha, error));
    for (int i = 0; i < m->n; i++)
        for (size_t k = 0; k < width; k++)
            last[k] += alpha[i] * m->h[(size_t)i * width + k];
    return KD_OK;
}

/* Charges that the ensemble would give for each reference when tuned on the others. */
static kd_status leave_one_out(const struct member *member, int n_member, double strength, const double *charge_e, double *work,
                               double *charge, double *rmse)
{
    int n = member[0].n;
    double square = 0;
    memset(charge, 0, (size_t)n * sizeof *charge);
    for (int k = 0; k < n_member; k++) {
        TRY(solve(&member[k], strength, work, work + n));
        for (int i = 0; i < n; i++)
            charge[i] += (charge_e[i] - work[n + i] / member[k].net->target_scale[0]) / n_member;
    }
    for (int i = 0; i < n; i++)
        square += (charge[i] - charge_e[i]) * (charge[i] - charge_e[i]) / n;
    *rmse = sqrt(square);
    return KD_OK;
}

static const double strengths[] = {INFINITY, 100, 30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001};

static kd_status choose(const struct member *member, int n_member, const double *charge_e, double *work, struct nn_tuning *t)
{
    double *charge = work + 2 * t->n;
    t->rmse_left_out = INFINITY;
    for (size_t k = 0; k < sizeof strengths / sizeof *strengths; k++) {
        double rmse;
        TRY(leave_one_out(member, n_member, strengths[k], charge_e, work, charge, &rmse));
        if (k == 0) {
            memcpy(t->before, charge, (size_t)t->n * sizeof *charge);
            t->rmse_before = rmse;
        }
        if (rmse >= t->rmse_left_out)
            continue;
        t->rmse_left_out = rmse;
        t->strength = strengths[k];
        memcpy(t->left_out, charge, (size_t)t->n * sizeof *charge);
    }
    t->improved = isfinite(t->strength);
    return KD_OK;
}

void nn_tuning_free(struct nn_tuning *t)
{
    free(t->before);
    free(t->left_out);
    free(t->after);
    *t = (struct nn_tuning){0};
}

static kd_status tune_members(kd_device *dev, enum kd_precision precision, struct nn_model *m, const struct nn_samples *samples,
                              const double *charge_e, struct member *member, double *work, struct nn_tuning *t)
{
    for (int k = 0; k < m->n_net; k++) {
        member[k] = (struct member){.net = &m->net[k], .n = t->n, .width = m->net[k].shape.width[m->net[k].shape.n_layer - 1] + 1};
        TRY(member_prepare(dev, precision, samples, charge_e, &member[k]));
    }
    TRY(choose(member, m->n_net, charge_e, work, t));
    for (int k = 0; t->improved && k < m->n_net; k++)
        TRY(member_move(&member[k], t->strength, work, work + t->n));
    TRY(nn_model_predict(dev, precision, m, samples, NULL, 0, t->after, NULL));
    t->rmse_after = nn_score_of(t->n, t->after, charge_e).rmse;
    if (t->improved)
        m->error_rms = m->error_output[0] = t->rmse_left_out;
    return KD_OK;
}

kd_status nn_tune(kd_device *dev, enum kd_precision precision, struct nn_model *m, int n, const double *x, const double *charge_e,
                  struct nn_tuning *t)
{
    *t = (struct nn_tuning){.n = n};
    if (m->target != NN_CHARGE || m->net[0].shape.n_layer < 2)
        FAIL(KD_EINPUT, "tuning: a model of %s with %d layers, expected a charge and a hidden layer", nn_target_name(m->target),
             m->net[0].shape.n_layer);
    if (n < 3)
        FAIL(KD_EINPUT, "tuning: %d references, expected at least 3: one is left out at a time", n);
    struct nn_samples samples = {n, m->n_axis, 0, x, NULL};
    struct member *member = calloc((size_t)m->n_net, sizeof *member);
    double *work = calloc(3 * (size_t)n, sizeof *work);
    t->before = calloc((size_t)n, sizeof *t->before);
    t->left_out = calloc((size_t)n, sizeof *t->left_out);
    t->after = calloc((size_t)n, sizeof *t->after);
    kd_status status = member && work && t->before && t->left_out && t->after ? KD_OK : kd_fail(KD_ENOMEM, "tuning: no host memory");
    if (status == KD_OK)
        status = tune_members(dev, precision, m, &samples, charge_e, member, work, t);
    for (int k = 0; member && k < m->n_net; k++) {
        free(member[k].h);
        free(member[k].gram);
        free(member[k].residual);
    }
    free(member);
    free(work);
    if (status != KD_OK)
        nn_tuning_free(t);
    return status;
}
