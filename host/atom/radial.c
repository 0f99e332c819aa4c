// SPDX-License-Identifier: BSD-3-Clause
/* radial.c - the radial wave equation of one electron in a spherical potential. */
#include "host/atom/radial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 6, MAX_ITERATION = 200 };

/* Adams-Moulton weights of y'(n+1), y'(n), ... y'(n-5), over 60480 (Hairer, Norsett, Wanner, Solving ODEs I, III.1). */
static const double weight[STEPS + 1] = {19087, 65112, -46461, 37504, -20211, 6312, -863};

/* Coefficients of the pair at one point: dP/dx = P + b Q, dQ/dx = c P - Q + s. */
struct coefficients {
    double b, c, s;
};

static struct coefficients at(const struct radial_equation *eq, double energy, int i)
{
    double r = eq->grid->r[i], kinetic = energy - eq->v[i];
    double mass = 1 + 0.5 * eq->alpha * eq->alpha * kinetic;
    struct coefficients k = {.b = 2 * mass * r, .c = eq->l * (eq->l + 1) / (2 * mass * r) - kinetic * r};
    if (eq->source)
        k.s = eq->source[i] * r;
    return k;
}

/* One implicit step to point i from the STEPS points before it (direction +1) or after it (-1). slope[] are the stored
 * derivatives, newest first; they are shifted. */
static void step(const struct radial_equation *eq, double energy, int i, int direction, double slope[STEPS][2], double *p,
                 double *q)
{
    double h = direction * eq->grid->dx / 60480, known[2] = {p[i - direction], q[i - direction]};
    for (int k = 0; k < STEPS; k++) {
        known[0] += h * weight[k + 1] * slope[k][0];
        known[1] += h * weight[k + 1] * slope[k][1];
    }
    struct coefficients c = at(eq, energy, i);
    double w = h * weight[0];
    known[1] += w * c.s;
    /* (1 - w) P - w b Q = known0,  -w c P + (1 + w) Q = known1 */
    double determinant = (1 - w) * (1 + w) - w * w * c.b * c.c;
    p[i] = ((1 + w) * known[0] + w * c.b * known[1]) / determinant;
    q[i] = ((1 - w) * known[1] + w * c.c * known[0]) / determinant;
    memmove(slope[1], slope[0], sizeof slope[0] * (STEPS - 1));
    slope[0][0] = p[i] + c.b * q[i];
    slope[0][1] = c.c * p[i] - q[i] + c.s;
}

static void first_slopes(const struct radial_equation *eq, double energy, int newest, int direction, const double *p,
                         const double *q, double slope[STEPS][2])
{
    for (int k = 0; k < STEPS; k++) {
        int i = newest - direction * k;
        struct coefficients c = at(eq, energy, i);
        slope[k][0] = p[i] + c.b * q[i];
        slope[k][1] = c.c * p[i] - q[i] + c.s;
    }
}

/* The first STEPS points: the leading power of the relativistic solution, three terms of the non-relativistic one. */
static void series(const struct radial_equation *eq, double energy, double *p, double *q)
{
    const double *r = eq->grid->r;
    int l = eq->l;
    double za = eq->z * eq->alpha, gamma = sqrt(1 + l * (l + 1) - za * za);
    double a1 = -eq->z / (l + 1);
    double a2 = 2 * (-eq->z * a1 + eq->v[0] + eq->z / r[0] - energy) / (4 * l + 6);
    for (int i = 0; i < STEPS; i++) {
        double x = r[i] / r[0]; /* scaled so that high l cannot underflow */
        if (eq->source) {
            p[i] = q[i] = 0;
        } else if (za > 0) {
            p[i] = pow(x, gamma);
            q[i] = p[i] * (gamma - 1) / (za * eq->alpha);
        } else {
            double power = pow(x, l + 1);
            p[i] = power * (1 + r[i] * (a1 + r[i] * a2));
            q[i] = 0.5 * power / r[i] * (l + r[i] * ((l + 1) * a1 + r[i] * (l + 2) * a2));
        }
    }
}

int radial_outward(const struct radial_equation *eq, double energy, int last, double *p, double *q)
{
    int n_node = 0;
    double slope[STEPS][2];
    memset(p, 0, sizeof *p * (size_t)eq->grid->n);
    memset(q, 0, sizeof *q * (size_t)eq->grid->n);
    series(eq, energy, p, q);
    first_slopes(eq, energy, STEPS - 1, 1, p, q, slope);
    for (int i = STEPS; i <= last; i++) {
        step(eq, energy, i, 1, slope, p, q);
        n_node += p[i] * p[i - 1] < 0;
        if (fabs(p[i]) > 1e250) { /* far into a barrier: rescale all that was done */
            for (int j = 0; j <= i; j++) {
                p[j] *= 1e-250;
                q[j] *= 1e-250;
            }
            for (int k = 0; k < STEPS; k++) {
                slope[k][0] *= 1e-250;
                slope[k][1] *= 1e-250;
            }
        }
    }
    return n_node;
}

static double barrier(const struct radial_equation *eq, double energy, int i)
{
    double r = eq->grid->r[i];
    return eq->v[i] - energy + eq->l * (eq->l + 1) / (2 * r * r);
}

int radial_turning_point(const struct radial_equation *eq, double energy)
{
    int i = eq->grid->n - 1;
    while (i >= 0 && barrier(eq, energy, i) > 0)
        i--;
    return i;
}

kd_status radial_inward(const struct radial_equation *eq, double energy, int first, double *p, double *q)
{
    const struct radial_grid *g = eq->grid;
    double slope[STEPS][2], decay = 0;
    int last = first;
    memset(p, 0, sizeof *p * (size_t)g->n);
    memset(q, 0, sizeof *q * (size_t)g->n);
    /* the practical infinity: the wave has fallen by exp(-45), below what a double can add */
    while (last < g->n - 1 && decay < 45) {
        double b = barrier(eq, energy, ++last);
        decay += b > 0 ? sqrt(2 * b) * g->rab[last] : 0;
    }
    if (!(barrier(eq, energy, last) > 0) || last - first < 2 * STEPS)
        FAIL(KD_ENOCONV, "radial equation: no decay at r = %g bohr for E = %g Ha", g->r[last], energy);
    double kappa = sqrt(2 * barrier(eq, energy, last));
    for (int k = 0; k < STEPS; k++) {
        int i = last - k;
        p[i] = 1e-20 * exp(kappa * (g->r[last] - g->r[i]));
        q[i] = -0.5 * (kappa + 1 / g->r[i]) * p[i];
    }
    first_slopes(eq, energy, last - STEPS + 1, -1, p, q, slope);
    for (int i = last - STEPS; i >= first; i--)
        step(eq, energy, i, -1, slope, p, q);
    return KD_OK;
}

/* Joins the two solutions at point m, normalises, and returns the first-order correction of the energy. */
static double join(const struct radial_grid *g, int m, double *p, double *q, const double *p_in, const double *q_in)
{
    double scale = p[m] / p_in[m], jump = q[m] - scale * q_in[m], value = p[m];
    for (int i = m; i < g->n; i++) {
        p[i] = scale * p_in[i];
        q[i] = scale * q_in[i];
    }
    double norm = radial_integral2(g, p, p);
    for (int i = 0; i < g->n; i++) {
        p[i] /= sqrt(norm);
        q[i] /= sqrt(norm);
    }
    return value * jump / norm;
}

/* One trial energy of the search: *sign < 0 when the energy is too high, > 0 too low, 0 when *correction is to be trusted. */
static kd_status trial(const struct radial_equation *eq, int n_node, double energy, double *waves[4], int *sign,
                       double *correction)
{
    int n = eq->grid->n, m = radial_turning_point(eq, energy);
    *correction = 0;
    *sign = m < 4 * STEPS ? 1 : m >= n - 4 * STEPS ? -1 : 0;
    if (*sign)
        return KD_OK;
    int found = radial_outward(eq, energy, m, waves[0], waves[1]);
    *sign = found > n_node ? -1 : found < n_node ? 1 : 0;
    if (*sign)
        return KD_OK;
    TRY(radial_inward(eq, energy, m, waves[2], waves[3]));
    *correction = join(eq->grid, m, waves[0], waves[1], waves[2], waves[3]);
    return KD_OK;
}

kd_status radial_bound(const struct radial_equation *eq, int n_node, double *energy, double *p, double *q)
{
    int n = eq->grid->n;
    double low = 0, high = -1e-5, e = *energy;
    for (int i = 0; i < n; i++)
        low = fmin(low, eq->v[i] + (eq->l + 0.5) * (eq->l + 0.5) / (2 * eq->grid->r[i] * eq->grid->r[i]));
    if (eq->z > 0)
        low = fmax(low, -eq->z * eq->z);
    double *inner = malloc(2 * sizeof *inner * (size_t)n);
    if (!inner)
        FAIL(KD_ENOMEM, "radial equation: %d points", n);
    double *waves[4] = {p, q, inner, inner + n};
    kd_status status = KD_OK;
    int iteration = 0;
    for (; iteration < MAX_ITERATION && status == KD_OK; iteration++) {
        int sign;
        double correction;
        if (!(e > low && e < high))
            e = 0.5 * (low + high);
        status = trial(eq, n_node, e, waves, &sign, &correction);
        if (sign < 0 || correction < 0)
            high = e;
        else
            low = e;
        if (!sign && fabs(correction) <= 1e-12 * (1 + fabs(e)))
            break;
        e = sign ? 0.5 * (low + high) : e + correction;
        if (high - low < 1e-13 * (1 + fabs(e)))
            iteration = MAX_ITERATION;
    }
    free(inner);
    if (status == KD_OK && iteration >= MAX_ITERATION)
        status = kd_fail(KD_ENOCONV, "radial equation: no bound state with l = %d and %d nodes below %g Ha", eq->l, n_node,
                         -1e-5);
    *energy = e;
    return status;
}

void radial_slopes(const struct radial_equation *eq, double energy, const double *p, const double *q, double *slope,
                   double *curvature)
{
    const struct radial_grid *g = eq->grid;
    /* v' is needed for M' only; the curvature array holds it for a moment */
    radial_derivative(g, eq->v, curvature);
    for (int i = 0; i < g->n; i++) {
        double r = g->r[i], mass = 1 + 0.5 * eq->alpha * eq->alpha * (energy - eq->v[i]);
        double mass_slope = -0.5 * eq->alpha * eq->alpha * curvature[i];
        struct coefficients c = at(eq, energy, i);
        double q_slope = (c.c * p[i] - q[i] + c.s) / r;
        slope[i] = p[i] / r + 2 * mass * q[i];
        curvature[i] = (slope[i] - p[i] / r) / r + 2 * (mass_slope * q[i] + mass * q_slope);
    }
}
