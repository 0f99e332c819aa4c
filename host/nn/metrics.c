// SPDX-License-Identifier: BSD-3-Clause
/* metrics.c - scores, ranks, descriptors and the linear baseline. */
#include "host/nn/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct nn_score nn_score_of(int n, const double *predicted, const double *expected)
{
    struct nn_score s = {.n = n};
    double mean = 0, total = 0, residual = 0, absolute = 0, bias = 0;
    if (n == 0)
        return s;
    for (int i = 0; i < n; i++)
        mean += expected[i] / n;
    for (int i = 0; i < n; i++) {
        double d = predicted[i] - expected[i];
        residual += d * d;
        absolute += fabs(d);
        bias += d;
        total += (expected[i] - mean) * (expected[i] - mean);
    }
    s.rmse = sqrt(residual / n);
    s.mae = absolute / n;
    s.bias = bias / n;
    s.r2 = total > 0 ? 1 - residual / total : 0;
    return s;
}

void nn_row_rmse(int n, int m, const double *predicted, const double *expected, double *rmse)
{
    for (int i = 0; i < n; i++)
        rmse[i] = nn_score_of(m, predicted + (size_t)i * (size_t)m, expected + (size_t)i * (size_t)m).rmse;
}

struct ranked {
    double value;
    int index;
};

static int by_value(const void *a, const void *b)
{
    const struct ranked *p = a, *q = b;
    if (p->value != q->value)
        return p->value < q->value ? -1 : 1;
    return (p->index > q->index) - (p->index < q->index);
}

kd_status nn_rank(int n, const double *value, int *order)
{
    struct ranked *r = malloc((size_t)(n > 0 ? n : 1) * sizeof *r);
    if (!r)
        FAIL(KD_ENOMEM, "rank: no host memory");
    for (int i = 0; i < n; i++)
        r[i] = (struct ranked){value[i], i};
    qsort(r, (size_t)n, sizeof *r, by_value);
    for (int i = 0; i < n; i++)
        order[i] = r[i].index;
    free(r);
    return KD_OK;
}

kd_status nn_quantile(int n, const double *value, double p, double *quantile)
{
    int *order = malloc((size_t)(n > 0 ? n : 1) * sizeof *order);
    if (!order)
        FAIL(KD_ENOMEM, "quantile: no host memory");
    kd_status status = nn_rank(n, value, order);
    if (status == KD_OK) {
        double at = p * (n - 1);
        int low = (int)at, high = low + 1 < n ? low + 1 : low;
        *quantile = value[order[low]] + (at - low) * (value[order[high]] - value[order[low]]);
    }
    free(order);
    return status;
}

/* ---- descriptors ---- */

void nn_descriptors(int n, const double *energy, const double *mu, double d[NN_N_DESCRIPTOR])
{
    int top = 0, steepest = 1;
    double step = (energy[n - 1] - energy[0]) / (n - 1), rise = -INFINITY;
    for (int i = 1; i < n; i++)
        if (mu[i] > mu[top])
            top = i;
    for (int i = 1; i < n - 1 && i <= top; i++) {
        double slope = mu[i + 1] - mu[i - 1];
        if (slope > rise) {
            rise = slope;
            steepest = i;
        }
    }
    double edge = energy[steepest];
    if (steepest > 1 && steepest < n - 2) {
        double left = mu[steepest] - mu[steepest - 2], right = mu[steepest + 2] - mu[steepest];
        double curvature = left - 2 * rise + right;
        if (curvature < 0)
            edge += 0.5 * step * (left - right) / curvature;
    }
    double area = 0;
    for (int i = 0; i < n; i++)
        if (energy[i] >= edge && energy[i] <= edge + 10)
            area += mu[i] * step;
    d[0] = mu[top];
    d[1] = area;
    d[2] = edge;
}

/* ---- least squares ---- */

kd_status nn_least_squares(int n, int m, double *a, double *y, double *c)
{
    for (int k = 0; k < m; k++) {
        double norm = 0;
        for (int i = k; i < n; i++)
            norm += a[(size_t)i * (size_t)m + (size_t)k] * a[(size_t)i * (size_t)m + (size_t)k];
        norm = sqrt(norm);
        if (!(norm > 1e-10 * sqrt((double)n)))
            FAIL(KD_EINPUT, "linear fit: column %d is a combination of the others, expected independent ones", k);
        double alpha = a[(size_t)k * (size_t)m + (size_t)k] > 0 ? -norm : norm, square = 0;
        a[(size_t)k * (size_t)m + (size_t)k] -= alpha;
        for (int i = k; i < n; i++)
            square += a[(size_t)i * (size_t)m + (size_t)k] * a[(size_t)i * (size_t)m + (size_t)k];
        for (int j = k + 1; j <= m; j++) {
            double dot = 0;
            for (int i = k; i < n; i++)
                dot += a[(size_t)i * (size_t)m + (size_t)k] * (j < m ? a[(size_t)i * (size_t)m + (size_t)j] : y[i]);
            for (int i = k; i < n; i++) {
                double change = 2 * dot / square * a[(size_t)i * (size_t)m + (size_t)k];
                if (j < m)
                    a[(size_t)i * (size_t)m + (size_t)j] -= change;
                else
                    y[i] -= change;
            }
        }
        a[(size_t)k * (size_t)m + (size_t)k] = alpha;
    }
    for (int k = m - 1; k >= 0; k--) {
        double sum = y[k];
        for (int j = k + 1; j < m; j++)
            sum -= a[(size_t)k * (size_t)m + (size_t)j] * c[j];
        c[k] = sum / a[(size_t)k * (size_t)m + (size_t)k];
    }
    return KD_OK;
}

kd_status nn_linear_fit(int n, int m, const double *x, const double *y, double *c)
{
    if (n < m + 1)
        FAIL(KD_EINPUT, "linear fit: %d rows for %d coefficients", n, m + 1);
    size_t width = (size_t)m + 1;
    double *a = malloc((size_t)n * width * sizeof *a), *b = malloc((size_t)n * sizeof *b);
    double *mean = calloc(width, sizeof *mean), *scale = calloc(width, sizeof *scale);
    kd_status status = a && b && mean && scale ? KD_OK : kd_fail(KD_ENOMEM, "linear fit: no host memory");
    for (int k = 0; status == KD_OK && k < m; k++) {
        for (int i = 0; i < n; i++)
            mean[k] += x[(size_t)i * (size_t)m + (size_t)k] / n;
        for (int i = 0; i < n; i++)
            scale[k] += pow(x[(size_t)i * (size_t)m + (size_t)k] - mean[k], 2) / n;
        scale[k] = sqrt(scale[k]);
        if (!(scale[k] > 0))
            status = kd_fail(KD_EINPUT, "linear fit: column %d is constant", k);
    }
    for (int i = 0; status == KD_OK && i < n; i++) {
        a[(size_t)i * width] = 1;
        for (int k = 0; k < m; k++)
            a[(size_t)i * width + (size_t)k + 1] = (x[(size_t)i * (size_t)m + (size_t)k] - mean[k]) / scale[k];
        b[i] = y[i];
    }
    if (status == KD_OK)
        status = nn_least_squares(n, m + 1, a, b, c);
    for (int k = 0; status == KD_OK && k < m; k++) {
        c[k + 1] /= scale[k];
        c[0] -= c[k + 1] * mean[k];
    }
    free(a);
    free(b);
    free(mean);
    free(scale);
    return status;
}

double nn_linear_at(int m, const double *x, const double *c)
{
    double y = c[0];
    for (int k = 0; k < m; k++)
        y += c[k + 1] * x[k];
    return y;
}
