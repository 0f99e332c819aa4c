// SPDX-License-Identifier: BSD-3-Clause
/* grid.c - the logarithmic radial mesh of an atom, and calculus on it. */
#include "host/atom/grid.h"

#include <math.h>
#include <stdlib.h>

kd_status radial_grid_make(double zmesh, double xmin, double dx, double rmax, struct radial_grid *g)
{
    if (!(dx > 0 && dx < 0.1) || !(zmesh > 0) || !(rmax > 0))
        FAIL(KD_EINPUT, "radial mesh: dx %g, zmesh %g, rmax %g, expected 0 < dx < 0.1 and positive zmesh, rmax", dx,
             zmesh, rmax);
    double n = floor((log(rmax * zmesh) - xmin) / dx * (1 + 1e-12)) + 1;
    if (!(n >= 64 && n < 1e6))
        FAIL(KD_EINPUT, "radial mesh: %g points, expected 64 to 1e6", n);
    *g = (struct radial_grid){.n = (int)n, .dx = dx, .xmin = xmin, .zmesh = zmesh};
    g->r = malloc(2 * sizeof *g->r * (size_t)g->n);
    if (!g->r)
        FAIL(KD_ENOMEM, "radial mesh: %d points", g->n);
    g->rab = g->r + g->n;
    for (int i = 0; i < g->n; i++) {
        g->r[i] = exp(xmin + i * dx) / zmesh;
        g->rab[i] = g->r[i] * dx;
    }
    return KD_OK;
}

void radial_grid_free(struct radial_grid *g)
{
    free(g->r);
    *g = (struct radial_grid){0};
}

int radial_grid_index(const struct radial_grid *g, double radius)
{
    int low = 0, high = g->n - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (g->r[middle] >= radius * (1 - 1e-12))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

double radial_integral(const struct radial_grid *g, const double *f)
{
    double sum = 0;
    for (int i = 0; i < g->n; i++)
        sum += f[i] * g->rab[i];
    return sum;
}

double radial_integral2(const struct radial_grid *g, const double *f, const double *a)
{
    double sum = 0;
    for (int i = 0; i < g->n; i++)
        sum += f[i] * a[i] * g->rab[i];
    return sum;
}

/* Integral over the interval [i, i+1] of h(x) known at six points around it (open Adams-type weights, error O(dx^7)). */
static double interval(const double h[6])
{
    return (11 * (h[0] + h[5]) - 93 * (h[1] + h[4]) + 802 * (h[2] + h[3])) / 1440;
}

void radial_cumulative(const struct radial_grid *g, const double *f, int power, double *integral)
{
    double h[6], sum = f[0] * g->r[0] / (power + 1);
    for (int k = 0; k < 6; k++)
        h[k] = k < 2 ? 0 : f[k - 2] * g->rab[k - 2];
    /* below the first point the integrand falls as r^(power+1) in x */
    h[1] = h[2] * exp(-(power + 1) * g->dx);
    h[0] = h[2] * exp(-2 * (power + 1) * g->dx);
    for (int i = 0; i < g->n; i++) {
        double next = i + 4 < g->n ? f[i + 4] * g->rab[i + 4] : 0;
        integral[i] = sum;
        sum += interval(h);
        for (int k = 0; k < 5; k++)
            h[k] = h[k + 1];
        h[5] = next;
    }
}

/* f a dr/dx at point i, zero before the mesh and after it. */
static double product(const struct radial_grid *g, const double *f, const double *a, int i)
{
    return i < 0 || i >= g->n ? 0 : f[i] * a[i] * g->rab[i];
}

double radial_integral_to(const struct radial_grid *g, const double *f, const double *a, int last)
{
    double sum = 0, h[6];
    for (int k = 0; k < 6; k++)
        h[k] = product(g, f, a, k - 2);
    for (int i = 0; i < last; i++) {
        sum += interval(h);
        for (int k = 0; k < 5; k++)
            h[k] = h[k + 1];
        h[5] = product(g, f, a, i + 4);
    }
    return sum;
}

void radial_derivative(const struct radial_grid *g, const double *f, double *slope)
{
    static const double c[4] = {672.0 / 840, -168.0 / 840, 32.0 / 840, -3.0 / 840};
    int n = g->n;
    for (int i = 4; i < n - 4; i++) {
        double sum = 0;
        for (int k = 0; k < 4; k++)
            sum += c[k] * (f[i + k + 1] - f[i - k - 1]);
        slope[i] = sum / g->rab[i];
    }
    for (int k = 0; k < 4; k++) {
        const double *a = f + k, *b = f + n - 1 - k;
        slope[k] = (-25 * a[0] + 48 * a[1] - 36 * a[2] + 16 * a[3] - 3 * a[4]) / (12 * g->rab[k]);
        slope[n - 1 - k] = (25 * b[0] - 48 * b[-1] + 36 * b[-2] - 16 * b[-3] + 3 * b[-4]) / (12 * g->rab[n - 1 - k]);
    }
}

double radial_value(const struct radial_grid *g, const double *f, double radius)
{
    if (radius <= g->r[0])
        return f[0];
    if (radius > g->r[g->n - 1] * (1 + 1e-12))
        return 0;
    double x = (log(radius * g->zmesh) - g->xmin) / g->dx;
    int first = (int)x - 2;
    if (first < 0)
        first = 0;
    if (first > g->n - 6)
        first = g->n - 6;
    double value = 0;
    for (int i = 0; i < 6; i++) {
        double weight = 1;
        for (int j = 0; j < 6; j++)
            if (j != i)
                weight *= (x - first - j) / (i - j);
        value += weight * f[first + i];
    }
    return value;
}

void radial_hartree(const struct radial_grid *g, const double *charge, double *v)
{
    double h[6], outside = 0, inside = charge[0] / 2;
    for (int i = 0; i < g->n; i++)
        outside += charge[i] * g->dx; /* integral of charge / r dr */
    radial_cumulative(g, charge, 2, v);
    for (int k = 0; k < 6; k++)
        h[k] = k < 2 ? charge[0] * exp(2 * (k - 2) * g->dx) * g->dx : charge[k - 2] * g->dx;
    for (int i = 0; i < g->n; i++) {
        v[i] = v[i] / g->r[i] + outside - inside;
        inside += interval(h);
        for (int k = 0; k < 5; k++)
            h[k] = h[k + 1];
        h[5] = i + 4 < g->n ? charge[i + 4] * g->dx : 0;
    }
}
