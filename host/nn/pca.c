// SPDX-License-Identifier: BSD-3-Clause
/* pca.c - principal components of the training spectra: the span outside which a network has seen nothing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/nn/metrics.h"

/* Covariance of the inputs, [n_in][n_in]. */
static void covariance(const double *x, int stride, int column, int n_in, const int *rows, int n_rows, const double *mean,
                       double *c)
{
    double d[4096];
    for (int r = 0; r < n_rows; r++) {
        const double *v = x + (size_t)rows[r] * (size_t)stride + column;
        for (int i = 0; i < n_in; i++)
            d[i] = v[i] - mean[i];
        for (int i = 0; i < n_in; i++)
            for (int j = 0; j < n_in; j++)
                c[(size_t)i * (size_t)n_in + (size_t)j] += d[i] * d[j] / n_rows;
    }
}

static double dot(int n, const double *a, const double *b)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Dominant eigenvector of c into v, orthogonal to the `before` ones; its eigenvalue. */
static double dominant(int n, const double *c, int before, const double *known, double *v, double *w)
{
    double value = 0;
    for (int i = 0; i < n; i++)
        v[i] = 1 + 0.5 * sin(1.7 * (before + 1) * (i + 1)); /* any start that is orthogonal to nothing in particular */
    for (int iteration = 0; iteration < 300; iteration++) {
        for (int k = 0; k < before; k++) {
            double overlap = dot(n, v, known + (size_t)k * (size_t)n);
            for (int i = 0; i < n; i++)
                v[i] -= overlap * known[(size_t)k * (size_t)n + (size_t)i];
        }
        double norm = sqrt(dot(n, v, v));
        if (!(norm > 0))
            return 0;
        for (int i = 0; i < n; i++)
            v[i] /= norm;
        for (int i = 0; i < n; i++)
            w[i] = dot(n, c + (size_t)i * (size_t)n, v);
        double next = dot(n, v, w);
        if (iteration > 5 && fabs(next - value) <= 1e-9 * next) /* the span matters, not the last digit of an axis */
            return next;
        value = next;
        memcpy(v, w, (size_t)n * sizeof *v);
    }
    double norm = sqrt(dot(n, v, v));
    for (int i = 0; norm > 0 && i < n; i++)
        v[i] /= norm;
    return value;
}

static kd_status find_components(const double *x, int stride, int column, const int *rows, int n_rows, struct nn_pca *p)
{
    int n = p->n_in;
    double *c = calloc((size_t)n * (size_t)n, sizeof *c), *w = malloc((size_t)n * sizeof *w);
    double *residual = malloc((size_t)n_rows * sizeof *residual);
    kd_status status = c && w && residual ? KD_OK : kd_fail(KD_ENOMEM, "components: no host memory");
    if (status == KD_OK) {
        covariance(x, stride, column, n, rows, n_rows, p->mean, c);
        int found = 0;
        for (double first = 0; found < p->n_component; found++) {
            double value = dominant(n, c, found, p->component, p->component + (size_t)found * (size_t)n, w);
            first = found == 0 ? value : first;
            if (!(value > 1e-12 * first))
                break;
            p->deviation[found] = sqrt(value);
        }
        p->n_component = found;
        for (int r = 0; r < n_rows; r++)
            residual[r] = nn_pca_residual(p, x + (size_t)rows[r] * (size_t)stride + column, NULL);
        status = nn_quantile(n_rows, residual, 0.99, &p->residual_99);
        if (status == KD_OK)
            status = nn_quantile(n_rows, residual, 0.999, &p->residual_99_9);
    }
    free(c);
    free(w);
    free(residual);
    return status;
}

kd_status nn_pca_make(const double *x, int stride, int column, int n_in, const int *rows, int n_rows, int n_component,
                      struct nn_pca *out)
{
    if (n_in > 4096 || n_rows < 2)
        FAIL(KD_EINPUT, "components: %d inputs and %d rows, expected at most 4096 and at least 2", n_in, n_rows);
    int most = n_component < n_in ? n_component : n_in;
    *out = (struct nn_pca){.n_in = n_in, .n_component = most < n_rows - 1 ? most : n_rows - 1};
    out->mean = calloc((size_t)n_in, sizeof *out->mean);
    out->component = calloc((size_t)n_in * (size_t)most, sizeof *out->component);
    out->deviation = calloc((size_t)most, sizeof *out->deviation);
    if (!out->mean || !out->component || !out->deviation) {
        nn_pca_free(out);
        FAIL(KD_ENOMEM, "components: no host memory");
    }
    for (int r = 0; r < n_rows; r++)
        for (int i = 0; i < n_in; i++)
            out->mean[i] += x[(size_t)rows[r] * (size_t)stride + (size_t)(column + i)] / n_rows;
    kd_status status = find_components(x, stride, column, rows, n_rows, out);
    if (status != KD_OK)
        nn_pca_free(out);
    return status;
}

void nn_pca_free(struct nn_pca *p)
{
    free(p->mean);
    free(p->component);
    free(p->deviation);
    *p = (struct nn_pca){0};
}

double nn_pca_residual(const struct nn_pca *p, const double *x, double *score)
{
    double d[4096], square = 0;
    for (int i = 0; i < p->n_in; i++)
        d[i] = x[i] - p->mean[i];
    for (int k = 0; k < p->n_component; k++) {
        const double *axis = p->component + (size_t)k * (size_t)p->n_in;
        double s = dot(p->n_in, d, axis);
        for (int i = 0; i < p->n_in; i++)
            d[i] -= s * axis[i];
        if (score)
            score[k] = p->deviation[k] > 0 ? s / p->deviation[k] : 0;
    }
    for (int i = 0; i < p->n_in; i++)
        square += d[i] * d[i];
    return sqrt(square / p->n_in);
}
