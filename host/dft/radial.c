// SPDX-License-Identifier: BSD-3-Clause
/* radial.c - Fourier transforms of radial functions. */
#include "host/dft/radial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/bessel.h"
#include "host/base/units.h"

/* Steps of the tables, 1/bohr: of projectors as in pw.x; of orbitals to start from, 4-point interpolation to 1e-6. */
static const double projector_step = 0.01, orbital_step = 0.05;

/* integral f(r) sin(qr)/(qr) dr, and the derivative by q. buffer[2][mesh]. */
static double sine_transform(const struct pseudo *p, int mesh, const double *f, double q, double *buffer, double *slope)
{
    double *g = buffer, *h = buffer + mesh;
    for (int i = 0; i < mesh; i++) {
        double x = q * p->r[i];
        g[i] = x < 1e-8 ? f[i] : f[i] * sin(x) / x;
        if (slope)
            h[i] = x < 1e-8 ? 0 : f[i] * (cos(x) - sin(x) / x) / q;
    }
    if (slope)
        *slope = upf_simpson(mesh, h, p->rab);
    return upf_simpson(mesh, g, p->rab);
}

/* u[i] = factor * transform of f at q[i]; all values side by side. */
static kd_status transform_all(const struct pseudo *p, const double *f, double factor, int n, const double *q, double *u, double *slope)
{
    int mesh = upf_mesh_cut(p);
    bool failed = false;
#pragma omp parallel
    {
        double *buffer = malloc(2 * (size_t)mesh * sizeof *buffer);
#pragma omp for schedule(dynamic, 16)
        for (int i = 0; i < n; i++) {
            double s;
            if (!buffer) {
#pragma omp atomic write
                failed = true;
                continue;
            }
            u[i] = factor * sine_transform(p, mesh, f, q[i], buffer, slope ? &s : NULL);
            if (slope)
                slope[i] = factor * s;
        }
        free(buffer);
    }
    if (failed)
        FAIL(KD_ENOMEM, "pseudopotential of %s: no host memory", p->element);
    return KD_OK;
}

kd_status radial_local(const struct pseudo *p, int n, const double *q, double *u, double *slope)
{
    double z = p->z_valence, *f = malloc((size_t)p->n * sizeof *f);
    if (!f)
        FAIL(KD_ENOMEM, "pseudopotential of %s: no host memory", p->element);
    for (int i = 0; i < p->n; i++)
        f[i] = p->r[i] * (p->r[i] * p->v_local[i] + z * erf(p->r[i]));
    kd_status status = transform_all(p, f, 4 * KD_PI, n, q, u, slope);
    for (int i = 0; i < n && status == KD_OK; i++) {
        double square = q[i] * q[i], tail = square > 0 ? 4 * KD_PI * z * exp(-square / 4) / square : 0;
        u[i] -= tail;
        if (slope)
            slope[i] += square > 0 ? tail * (2 / q[i] + q[i] / 2) : 0;
    }
    if (status == KD_OK && q[0] == 0) { /* here the whole Coulomb tail comes off, not the smeared one */
        for (int i = 0; i < p->n; i++)
            f[i] = p->r[i] * (p->r[i] * p->v_local[i] + z);
        u[0] = 4 * KD_PI * upf_simpson(upf_mesh_cut(p), f, p->rab);
        if (slope)
            slope[0] = 0;
    }
    free(f);
    return status;
}

kd_status radial_charge(const struct pseudo *p, int n, const double *q, double *u)
{
    return transform_all(p, p->charge, 1, n, q, u, NULL);
}

kd_status radial_core(const struct pseudo *p, int n, const double *q, double *u, double *slope)
{
    if (!p->model_core) {
        memset(u, 0, (size_t)n * sizeof *u);
        if (slope)
            memset(slope, 0, (size_t)n * sizeof *slope);
        return KD_OK;
    }
    double *f = malloc((size_t)p->n * sizeof *f);
    if (!f)
        FAIL(KD_ENOMEM, "pseudopotential of %s: no host memory", p->element);
    for (int i = 0; i < p->n; i++)
        f[i] = p->r[i] * p->r[i] * p->model_core[i];
    kd_status status = transform_all(p, f, 4 * KD_PI, n, q, u, slope);
    free(f);
    return status;
}

/* 4 pi integral r f(r) j_l(qr) dr over the first mesh points, f = r times a radial function. */
static double bessel_transform(const struct pseudo *p, int mesh, const double *f, int l, double q, double *buffer)
{
    for (int i = 0; i < mesh; i++)
        buffer[i] = f[i] * p->r[i] * bessel_j(l, q * p->r[i]);
    return 4 * KD_PI * upf_simpson(mesh, buffer, p->rab);
}

/* ---- projectors ---- */

/* Jacobi rotations: a symmetric -> diagonal in a, eigenvectors in the columns of v. */
static void diagonalize(int n, double a[PSEUDO_MAX_PROJECTOR][PSEUDO_MAX_PROJECTOR], double v[PSEUDO_MAX_PROJECTOR][PSEUDO_MAX_PROJECTOR])
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            v[i][j] = i == j;
    for (int sweep = 0; sweep < 60; sweep++)
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++) {
                if (a[p][q] == 0)
                    continue;
                double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
                double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1)), c = 1 / sqrt(t * t + 1), s = t * c;
                for (int k = 0; k < n; k++) {
                    double x = a[k][p], y = a[k][q];
                    a[k][p] = c * x - s * y;
                    a[k][q] = s * x + c * y;
                }
                for (int k = 0; k < n; k++) {
                    double x = a[p][k], y = a[q][k];
                    a[p][k] = c * x - s * y;
                    a[q][k] = s * x + c * y;
                    x = v[k][p];
                    y = v[k][q];
                    v[k][p] = c * x - s * y;
                    v[k][q] = s * x + c * y;
                }
            }
}

/* Rotated projectors of one l: mix[new][old] and couplings, appended to the table. */
static void rotate_channel(const struct pseudo *p, int l, struct beta_table *t, double mix[PSEUDO_MAX_PROJECTOR][PSEUDO_MAX_PROJECTOR])
{
    int old[PSEUDO_MAX_PROJECTOR], n = 0;
    double a[PSEUDO_MAX_PROJECTOR][PSEUDO_MAX_PROJECTOR], v[PSEUDO_MAX_PROJECTOR][PSEUDO_MAX_PROJECTOR];
    for (int b = 0; b < p->n_projector; b++)
        if (p->projector[b].l == l)
            old[n++] = b;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            a[i][j] = 0.5 * (p->d[old[i] * p->n_projector + old[j]] + p->d[old[j] * p->n_projector + old[i]]);
    diagonalize(n, a, v);
    for (int j = 0; j < n; j++) {
        if (a[j][j] == 0)
            continue;
        t->l[t->n_beta] = l;
        t->coupling[t->n_beta] = a[j][j];
        for (int i = 0; i < n; i++)
            mix[t->n_beta][old[i]] = v[i][j];
        t->n_beta++;
    }
}

/* table[b] = sum of mix[b][f] times the transform of function f, a number r times a radial function, over mesh points. */
static void tabulate_at(const struct pseudo *p, int n_function, const double *const *function, const int *l, int mesh, int i, double *buffer,
                        double mix[PSEUDO_MAX_PROJECTOR][PSEUDO_MAX_PROJECTOR], struct beta_table *out)
{
    for (int f = 0; f < n_function; f++) {
        double u = bessel_transform(p, mesh, function[f], l[f], out->step * i, buffer);
        for (int b = 0; b < out->n_beta; b++)
            out->table[(size_t)b * (size_t)out->n_q + (size_t)i] += mix[b][f] * u;
    }
}

static kd_status tabulate(const struct pseudo *p, int n_function, const double *const *function, const int *l, int mesh,
                          double mix[PSEUDO_MAX_PROJECTOR][PSEUDO_MAX_PROJECTOR], struct beta_table *out)
{
    bool failed = false;
    out->table = calloc((size_t)(out->n_beta + 1) * (size_t)out->n_q, sizeof *out->table);
    if (!out->table)
        FAIL(KD_ENOMEM, "pseudopotential of %s: no host memory", p->element);
#pragma omp parallel
    {
        double *buffer = malloc((size_t)(p->n + 1) * sizeof *buffer);
#pragma omp for schedule(dynamic, 8)
        for (int i = 0; i < out->n_q; i++) {
            if (buffer)
                tabulate_at(p, n_function, function, l, mesh, i, buffer, mix, out);
            else {
#pragma omp atomic write
                failed = true;
            }
        }
        free(buffer);
    }
    if (!failed)
        return KD_OK;
    beta_table_free(out);
    FAIL(KD_ENOMEM, "pseudopotential of %s: no host memory", p->element);
}

kd_status beta_table_create(const struct pseudo *p, double q_max, struct beta_table *out)
{
    double mix[PSEUDO_MAX_PROJECTOR][PSEUDO_MAX_PROJECTOR] = {{0}};
    const double *function[PSEUDO_MAX_PROJECTOR];
    int longest = 0, l_of[PSEUDO_MAX_PROJECTOR];
    memset(out, 0, sizeof *out);
    for (int b = 0; b < p->n_projector; b++) {
        longest = p->projector[b].n_cutoff > longest ? p->projector[b].n_cutoff : longest;
        function[b] = p->projector[b].beta;
        l_of[b] = p->projector[b].l;
        if (l_of[b] > 3)
            FAIL(KD_EINPUT, "pseudopotential of %s: a projector of l = %d, expected at most 3", p->element, l_of[b]);
    }
    for (int l = 0; l <= 3; l++)
        rotate_channel(p, l, out, mix);
    out->step = projector_step;
    out->n_q = (int)(q_max / out->step) + 8;
    return tabulate(p, p->n_projector, function, l_of, 2 * ((longest + 1) / 2) - 1, mix, out);
}

kd_status orbital_table_create(const struct pseudo *p, double q_max, struct beta_table *out)
{
    double mix[PSEUDO_MAX_PROJECTOR][PSEUDO_MAX_PROJECTOR] = {{0}};
    const double *function[PSEUDO_MAX_PROJECTOR];
    memset(out, 0, sizeof *out);
    for (int o = 0; o < p->n_orbital; o++) {
        if (p->orbital[o].occupation < 0 || p->orbital[o].l > 3)
            continue;
        int b = out->n_beta++;
        function[b] = p->orbital[o].chi;
        out->l[b] = p->orbital[o].l;
        out->coupling[b] = 1;
        mix[b][b] = 1;
    }
    out->step = orbital_step;
    out->n_q = (int)(q_max / out->step) + 8;
    return tabulate(p, out->n_beta, function, out->l, upf_mesh_cut(p), mix, out);
}

void beta_table_free(struct beta_table *t)
{
    free(t->table);
    t->table = NULL;
}

double beta_at(const struct beta_table *t, int b, double q, double *slope)
{
    double step = t->step;
    int i = (int)(q / step);
    double p = q / step - i, u = 1 - p, v = 2 - p, w = 3 - p;
    const double *f = t->table + (size_t)b * (size_t)t->n_q + i;
    if (slope)
        *slope = (f[0] * (-v * w - u * w - u * v) / 6 + f[1] * (v * w - p * w - p * v) / 2 - f[2] * (u * w - p * w - p * u) / 2 +
                  f[3] * (u * v - p * v - p * u) / 6) / step;
    return f[0] * u * v * w / 6 + f[1] * p * v * w / 2 - f[2] * p * u * w / 2 + f[3] * p * u * v / 6;
}
