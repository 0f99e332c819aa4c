// SPDX-License-Identifier: BSD-3-Clause
/* local.c - smooth continuations towards the nucleus. */
#include "host/atom/local.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/dense.h"

enum { TERMS = 5 };

/* Derivatives 0..TERMS-1 of f at mesh point `at`. */
static kd_status derivatives(const struct radial_grid *g, const double *f, int at, double *value)
{
    double *work = malloc(2 * sizeof *work * (size_t)g->n);
    if (!work)
        FAIL(KD_ENOMEM, "local potential: %d points", g->n);
    memcpy(work, f, sizeof *f * (size_t)g->n);
    for (int m = 0; m < TERMS; m++) {
        value[m] = work[at];
        radial_derivative(g, work, work + g->n);
        memcpy(work, work + g->n, sizeof *f * (size_t)g->n);
    }
    free(work);
    return KD_OK;
}

/* Coefficients of sum_k c_k x^(2k), x = r / r_at, with the given derivatives at x = 1 (already in units of r_at). */
static kd_status even_polynomial(int n, const double *value, double *c)
{
    double a[TERMS * TERMS];
    for (int m = 0; m < n; m++) {
        for (int k = 0; k < n; k++) {
            double factor = 1;
            for (int d = 0; d < m; d++)
                factor *= 2 * k - d;
            a[m * n + k] = factor;
        }
        c[m] = value[m];
    }
    return dense_solve(n, a, c);
}

kd_status local_continue(const struct radial_grid *g, const double *f, int at, double depth, double *smooth)
{
    double value[TERMS], c[TERMS], scale = 1;
    TRY(derivatives(g, f, at, value));
    for (int m = 0; m < TERMS; m++) {
        value[m] *= scale;
        scale *= g->r[at];
    }
    TRY(even_polynomial(TERMS, value, c));
    memcpy(smooth, f, sizeof *f * (size_t)g->n);
    for (int i = 0; i < at; i++) {
        double x2 = g->r[i] / g->r[at] * g->r[i] / g->r[at], sum = 0;
        for (int k = TERMS - 1; k >= 0; k--)
            sum = sum * x2 + c[k];
        smooth[i] = sum + depth * pow(1 - x2, 5);
    }
    return KD_OK;
}

void local_calm_origin(const struct radial_grid *g, double radius, double *v)
{
    int i = radial_grid_index(g, radius), j = radial_grid_index(g, 1.6 * radius);
    double slope = (v[j] - v[i]) / (g->r[j] * g->r[j] - g->r[i] * g->r[i]);
    for (int k = 0; k < i; k++)
        v[k] = v[i] + slope * (g->r[k] * g->r[k] - g->r[i] * g->r[i]);
}

kd_status local_model_core(const struct radial_grid *g, const double *density, int at, double *model)
{
    /* log of the density is continued, so that the model is positive whatever the polynomial does */
    double value[TERMS], c[TERMS], rc = g->r[at];
    TRY(derivatives(g, density, at, value));
    double d0 = value[0], d1 = value[1] / d0, d2 = value[2] / d0;
    double logs[3] = {log(d0), d1 * rc, (d2 - d1 * d1) * rc * rc};
    TRY(even_polynomial(3, logs, c));
    memcpy(model, density, sizeof *density * (size_t)g->n);
    for (int i = 0; i < at; i++) {
        double x2 = g->r[i] / rc * g->r[i] / rc;
        model[i] = exp(c[0] + x2 * (c[1] + x2 * c[2]));
    }
    return KD_OK;
}
