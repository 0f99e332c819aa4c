// SPDX-License-Identifier: BSD-3-Clause
/* oncv.c - optimised pseudo-waves of one angular momentum, generalised norm conservation for two of them. */
#include "host/atom/oncv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/bessel.h"
#include "host/atom/dense.h"
#include "host/base/units.h"

enum { N = ONCV_MAX_BASIS, N_Q = 120 };

/* j_l(x) with j_{-1} = cos x / x. */
static double j(int l, double x)
{
    return l < 0 ? cos(x) / x : bessel_j(l, x);
}

/* int_0^R r^2 j_l(a r) j_l(b r) dr (Lommel). */
static double lommel(int l, double a, double b, double radius)
{
    double x = a * radius, y = b * radius;
    if (fabs(a - b) * radius < 1e-5)
        return 0.5 * radius * radius * radius * (j(l, x) * j(l, x) - j(l - 1, x) * j(l + 1, x));
    return radius * radius / (a * a - b * b) * (b * j(l, x) * j(l - 1, y) - a * j(l - 1, x) * j(l, y));
}

/* Derivatives 0 .. n-1 of u = r j_l(q r) at r, from u'' = (l(l+1)/r^2 - q^2) u differentiated by Leibniz' rule. */
static void basis_match(int l, double q, double r, int n, double *u)
{
    double x = q * r, inverse[WAVE_MATCH]; /* derivatives of l(l+1)/r^2 - q^2 */
    u[0] = r * j(l, x);
    u[1] = j(l, x) + x * (j(l - 1, x) - (l + 1) / x * j(l, x));
    double value = l * (l + 1) / (r * r);
    for (int m = 0; m < WAVE_MATCH; m++) {
        inverse[m] = value;
        value *= -(m + 2) / r;
    }
    inverse[0] -= q * q;
    for (int m = 2; m < n; m++) {
        double binomial = 1, sum = 0;
        for (int k = 0; k <= m - 2; k++) {
            sum += binomial * inverse[k] * u[m - 2 - k];
            binomial *= (double)(m - 2 - k) / (k + 1);
        }
        u[m] = sum;
    }
}

/* Transform of the outer part, int_rc^inf r P(r) j_l(q r) dr; scattering waves are faded out over a few bohr, which only adds
 * Fourier components well below any q_cut. */
static void outer_transform(const struct radial_grid *g, const struct wave *w, int n_q, const double *q, double *out)
{
    const double step = 0.02, fade = 2;
    double rc = g->r[w->core];
    int n = 1000;
    memset(out, 0, sizeof *out * (size_t)n_q);
    for (int i = 0; i <= n; i++) {
        double r = rc + i * step, s = (r - rc) / fade;
        double p = radial_value(g, w->p, r) * (w->bound ? 1 : exp(-s * s * s * s));
        if (fabs(p) < 1e-9)
            continue;
        double weight = (i == 0 || i == n ? 1 : i % 2 ? 4 : 2) * step / 3 * r * p;
        for (int k = 0; k < n_q; k++)
            out[k] += weight * j(w->l, q[k] * r);
    }
}

/* One pseudo-wave being optimised, in the orthonormal basis b_a = sum_k x[a][k] u_k. */
struct optimum {
    int n, n_constraint;
    double x[N * N];        /* rows: orthonormal functions */
    double constraint[N * N], target[N];
    double start[N];        /* satisfies the constraints with the least norm */
    double free[N * N];     /* rows: functions that every constraint maps to zero */
    int n_free;
    double kinetic[N * N];  /* <b_a| T |b_b>, acting to the right, within r_c */
};

/* b_a and the kinetic matrix. */
static kd_status orthonormal(const struct oncv_channel *c, struct optimum *o)
{
    double overlap[N * N], w[N], v[N * N];
    int n = o->n = c->n_basis;
    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++)
            overlap[a * n + b] = lommel(c->l, c->q[a], c->q[b], c->rc);
    double keep[N * N];
    memcpy(keep, overlap, sizeof *keep * (size_t)(n * n));
    TRY(dense_eigen(n, overlap, w, v));
    if (!(w[0] > 1e-13 * w[n - 1]))
        FAIL(KD_EINTERNAL, "pseudo-wave: the basis is linearly dependent");
    for (int a = 0; a < n; a++)
        for (int k = 0; k < n; k++)
            o->x[a * n + k] = v[a * n + k] / sqrt(w[a]);
    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++) {
            double sum = 0;
            for (int k = 0; k < n; k++)
                for (int m = 0; m < n; m++)
                    sum += o->x[a * n + k] * keep[k * n + m] * 0.5 * c->q[m] * c->q[m] * o->x[b * n + m];
            o->kinetic[a * n + b] = sum;
        }
    return KD_OK;
}

/* Rows: value and derivatives at r_c, each scaled by r_c^m / m! to like size; for the second wave its overlap with the first. */
static void constrain(const struct radial_grid *g, const struct oncv_channel *c, int i, int n_match, struct optimum *o)
{
    int n = o->n;
    double u[N][WAVE_MATCH];
    for (int k = 0; k < n; k++)
        basis_match(c->l, c->q[k], c->rc, n_match, u[k]);
    double scale = 1;
    for (int m = 0; m < n_match; m++) {
        for (int a = 0; a < n; a++) {
            double sum = 0;
            for (int k = 0; k < n; k++)
                sum += o->x[a * n + k] * u[k][m];
            o->constraint[m * n + a] = sum * scale;
        }
        o->target[m] = c->wave[i].match[m] * scale;
        scale *= c->rc / (m + 1);
    }
    o->n_constraint = n_match;
    if (i == 0)
        return;
    for (int a = 0; a < n; a++) {
        double sum = 0;
        for (int k = 0; k < n; k++)
            for (int m = 0; m < n; m++)
                sum += o->x[a * n + k] * lommel(c->l, c->q[k], c->q[m], c->rc) * c->c[0][m];
        o->constraint[n_match * n + a] = sum;
    }
    o->target[n_match] = radial_integral_to(g, c->wave[0].p, c->wave[1].p, c->core);
    o->n_constraint++;
}

/* Least-norm solution and null space, from the projector 1 - A^T (A A^T)^-1 A. */
static kd_status split(struct optimum *o)
{
    int n = o->n, m = o->n_constraint;
    double gram[N * N], inverse[N * N], projector[N * N], w[N], v[N * N], pull[N * N];
    for (int a = 0; a < m; a++)
        for (int b = 0; b < m; b++) {
            gram[a * m + b] = 0;
            for (int k = 0; k < n; k++)
                gram[a * m + b] += o->constraint[a * n + k] * o->constraint[b * n + k];
        }
    TRY(dense_inverse(m, gram, inverse));
    for (int k = 0; k < n; k++)
        for (int b = 0; b < m; b++) {
            pull[k * m + b] = 0;
            for (int a = 0; a < m; a++)
                pull[k * m + b] += o->constraint[a * n + k] * inverse[a * m + b];
        }
    for (int k = 0; k < n; k++) {
        o->start[k] = 0;
        for (int b = 0; b < m; b++)
            o->start[k] += pull[k * m + b] * o->target[b];
        for (int i = 0; i < n; i++) {
            projector[k * n + i] = k == i;
            for (int b = 0; b < m; b++)
                projector[k * n + i] -= pull[k * m + b] * o->constraint[b * n + i];
        }
    }
    for (int k = 0; k < n; k++)
        for (int i = 0; i < k; i++)
            projector[k * n + i] = projector[i * n + k] = 0.5 * (projector[k * n + i] + projector[i * n + k]);
    TRY(dense_eigen(n, projector, w, v));
    o->n_free = n - m;
    memcpy(o->free, v + m * n, sizeof *v * (size_t)((n - m) * n)); /* eigenvalue one: the last n - m */
    return KD_OK;
}

/* Residual-kinetic quadratic form on the free functions: form[a][b] and linear[a] (with `start`), both symmetric parts. */
static kd_status residual_form(const struct radial_grid *g, const struct oncv_channel *c, int i, double q_cut,
                               const struct optimum *o, double *form, double *linear)
{
    int n = o->n, f = o->n_free;
    double q[N_Q], tail[N_Q], dq = q_cut / N_Q;
    double vector[N + 1][N]; /* free functions and, last, the start, in the u basis */
    for (int k = 0; k < N_Q; k++)
        q[k] = (k + 0.5) * dq;
    outer_transform(g, &c->wave[i], N_Q, q, tail);
    for (int a = 0; a <= f; a++)
        for (int k = 0; k < n; k++) {
            const double *row = a < f ? o->free + a * n : o->start;
            vector[a][k] = 0;
            for (int b = 0; b < n; b++)
                vector[a][k] += row[b] * o->x[b * n + k];
        }
    for (int a = 0; a < f; a++)
        for (int b = 0; b <= f; b++) {
            const double *left = o->free + a * n, *right = b < f ? o->free + b * n : o->start;
            double sum = 0;
            for (int k = 0; k < n; k++)
                for (int m = 0; m < n; m++)
                    sum += left[k] * o->kinetic[k * n + m] * right[m];
            *(b < f ? &form[a * f + b] : &linear[a]) = sum;
        }
    for (int k = 0; k < N_Q; k++) {
        double image[N + 1], u[N];
        for (int m = 0; m < n; m++)
            u[m] = lommel(c->l, c->q[m], q[k], c->rc);
        for (int a = 0; a <= f; a++) {
            image[a] = a == f ? tail[k] : 0;
            for (int m = 0; m < n; m++)
                image[a] += vector[a][m] * u[m];
        }
        double weight = 2 / KD_PI * 0.5 * pow(q[k], 4) * dq;
        for (int a = 0; a < f; a++) {
            for (int b = 0; b < f; b++)
                form[a * f + b] -= weight * image[a] * image[b];
            linear[a] -= weight * image[a] * image[f];
        }
    }
    return KD_OK;
}

/* Minimise x.form.x + 2 linear.x on |x|^2 = radius2: x = -(form - lambda)^-1 linear with lambda below the lowest eigenvalue. */
static kd_status sphere_minimum(int f, double *form, const double *linear, double radius2, double *x)
{
    double e[N], v[N * N], g[N];
    for (int a = 0; a < f; a++)
        for (int b = 0; b < a; b++)
            form[a * f + b] = form[b * f + a] = 0.5 * (form[a * f + b] + form[b * f + a]);
    TRY(dense_eigen(f, form, e, v));
    double size = 0;
    for (int a = 0; a < f; a++) {
        g[a] = 0;
        for (int b = 0; b < f; b++)
            g[a] += v[a * f + b] * linear[b];
        size += g[a] * g[a];
    }
    double high = e[0], low = e[0] - sqrt(size / radius2) - 1e-12;
    for (int k = 0; k < 200; k++) {
        double lambda = 0.5 * (low + high), sum = 0;
        for (int a = 0; a < f; a++)
            sum += g[a] * g[a] / ((e[a] - lambda) * (e[a] - lambda));
        *(sum > radius2 ? &high : &low) = lambda;
    }
    double lambda = low, sum = 0;
    for (int b = 0; b < f; b++)
        x[b] = 0;
    for (int a = 0; a < f; a++) {
        double y = -g[a] / (e[a] - lambda);
        sum += y * y;
        for (int b = 0; b < f; b++)
            x[b] += y * v[a * f + b];
    }
    for (int b = 0; b < f; b++) /* the last bits of the norm */
        x[b] *= sum > 0 ? sqrt(radius2 / sum) : 0;
    return KD_OK;
}

static kd_status optimise_wave(const struct radial_grid *g, const struct oncv_options *opt, struct oncv_channel *c, int i)
{
    struct optimum o;
    double form[N * N], linear[N], x[N];
    TRY(orthonormal(c, &o));
    constrain(g, c, i, opt->n_match, &o);
    TRY(split(&o));
    double least = 0;
    for (int k = 0; k < o.n; k++)
        least += o.start[k] * o.start[k];
    if (!(c->wave[i].norm - least > 0))
        FAIL(KD_EINPUT, "pseudo-wave %d of l = %d: no %d functions within rc = %.3f bohr join smoothly with norm %.6f (least %.6f); "
             "a larger radius or another energy is needed", i + 1, c->l, c->n_basis, c->rc, c->wave[i].norm, least);
    TRY(residual_form(g, c, i, opt->q_cut, &o, form, linear));
    TRY(sphere_minimum(o.n_free, form, linear, c->wave[i].norm - least, x));
    for (int a = 0; a < o.n_free; a++)
        for (int k = 0; k < o.n; k++)
            o.start[k] += x[a] * o.free[a * o.n + k];
    for (int k = 0; k < o.n; k++) {
        c->c[i][k] = 0;
        for (int a = 0; a < o.n; a++)
            c->c[i][k] += o.start[a] * o.x[a * o.n + k];
    }
    for (int m = 0; m < g->n; m++) {
        c->phi[i][m] = m <= c->core ? 0 : c->wave[i].p[m];
        for (int k = 0; k < c->n_basis && m <= c->core; k++)
            c->phi[i][m] += c->c[i][k] * g->r[m] * j(c->l, c->q[k] * g->r[m]);
    }
    return KD_OK;
}

kd_status oncv_optimise(const struct radial_grid *g, const struct oncv_options *o, struct oncv_channel *c)
{
    if (o->n_match < 3 || o->n_match >= WAVE_MATCH || o->n_basis < o->n_match + 2 || o->n_basis > ONCV_MAX_BASIS)
        FAIL(KD_EINPUT, "pseudo-wave: %d conditions and %d basis functions, expected 3 to 5 and at least two more", o->n_match,
             o->n_basis);
    c->core = c->wave[0].core;
    c->rc = g->r[c->core];
    c->n_basis = o->n_basis;
    for (int k = 0; k < c->n_basis; k++) /* alternately near a node and near an extremum at r_c */
        c->q[k] = (k + 1 + c->l) * KD_PI / (2 * c->rc);
    for (int i = 0; i < ONCV_PER_CHANNEL; i++)
        TRY(optimise_wave(g, o, c, i));
    return KD_OK;
}

double oncv_energy_minus_kinetic(const struct radial_grid *g, const struct oncv_channel *c, int i, int m)
{
    double sum = 0;
    for (int k = 0; k < c->n_basis; k++)
        sum += c->c[i][k] * (c->wave[i].energy - 0.5 * c->q[k] * c->q[k]) * g->r[m] * j(c->l, c->q[k] * g->r[m]);
    return sum;
}

kd_status oncv_residual(const struct radial_grid *g, const struct oncv_channel *c, int i, int n, const double *q, double *residual)
{
    const struct wave *w = &c->wave[i];
    double *tail = malloc(3 * sizeof *tail * (size_t)(n > g->n ? n : g->n));
    if (!tail)
        FAIL(KD_ENOMEM, "residual kinetic energy: %d wave vectors", n);
    double *slope = tail + (n > g->n ? n : g->n), *density = slope + (n > g->n ? n : g->n);
    outer_transform(g, w, n, q, tail);
    radial_derivative(g, c->phi[i], slope);
    for (int m = 0; m < g->n; m++)
        density[m] = 0.5 * (slope[m] * slope[m] + c->l * (c->l + 1) / (g->r[m] * g->r[m]) * c->phi[i][m] * c->phi[i][m]);
    double left = radial_integral(g, density), before = 0, q_before = 0;
    for (int k = 0; k < n; k++) {
        double image = tail[k];
        for (int m = 0; m < c->n_basis; m++)
            image += c->c[i][m] * lommel(c->l, c->q[m], q[k], c->rc);
        double now = pow(q[k], 4) * image * image / KD_PI;
        left -= 0.5 * (now + before) * (q[k] - q_before);
        residual[k] = left;
        before = now;
        q_before = q[k];
    }
    free(tail);
    return KD_OK;
}
