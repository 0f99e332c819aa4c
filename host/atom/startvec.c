// SPDX-License-Identifier: BSD-3-Clause
/* startvec.c - the radial part of the XANES start vector, as xspectra.x defines it. */
#include "host/atom/startvec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/bessel.h"
#include "host/atom/dense.h"
#include "host/base/units.h"

/* A p channel: its waves and the mesh points up to the two radii of the step. */
struct channel {
    const struct pseudo_partial *wave;
    int n_inner, n_outer; /* points with r <= 2/3 r_c, r <= r_c */
    double scale;
};

void startvec_free(struct startvec *s)
{
    free(s->projector);
    *s = (struct startvec){0};
}

static int points_within(const struct pseudo *p, int n, double radius)
{
    int count = 0;
    while (count < n && p->r[count] <= radius)
        count++;
    return count;
}

/* f_i of the smooth cut; xspectra.x takes the two radii at mesh points. */
static double cut(const struct pseudo *p, int i, int n_inner, int n_outer)
{
    double inner = p->r[n_inner - 1], x = (p->r[i] - inner) / (p->r[n_outer - 1] - inner);
    return i < n_inner ? 1 : i < n_outer ? 1 - 3 * x * x + 2 * x * x * x : 0;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* <a| f |b> with the narrower of the two steps; work[n]. */
static double overlap(const struct pseudo *p, const struct channel *a, const struct channel *b, int n, double *work)
{
    int inner = smaller(a->n_inner, b->n_inner), outer = smaller(a->n_outer, b->n_outer);
    for (int i = 0; i < n; i++)
        work[i] = a->wave->ps[i] * b->wave->ps[i] * a->scale * b->scale * cut(p, i, inner, outer);
    return upf_simpson(n, work, p->rab);
}

static kd_status find_channels(const struct pseudo *p, double factor, struct channel *c, int *n_channel)
{
    int cut_mesh = upf_mesh_cut(p);
    *n_channel = 0;
    for (int k = 0; k < p->n_partial; k++) {
        double radius = p->partial[k].radius * factor;
        if (p->partial[k].l != 1)
            continue;
        if (*n_channel == STARTVEC_MAX)
            FAIL(KD_EINPUT, "%s: more than %d p partial waves", p->element, STARTVEC_MAX);
        struct channel *now = &c[(*n_channel)++];
        *now = (struct channel){&p->partial[k], points_within(p, cut_mesh, radius * 2 / 3), points_within(p, cut_mesh, radius), 1};
        if (now->n_inner < 2 || now->n_outer - now->n_inner < 2 || now->n_outer >= cut_mesh)
            FAIL(KD_EINPUT, "%s: reconstruction radius %g bohr does not fit the mesh", p->element, radius);
    }
    if (!*n_channel)
        FAIL(KD_EINPUT, "%s: no p partial waves (PP_GIPAW) in this set, so no XANES start vector; kedge pseudo makes one", p->element);
    return KD_OK;
}

/* The 1s of `core` at radius r of another mesh: linear between points in ln r is far below what the integral feels. */
static double core_value(const struct pseudo *p, const double *psi, double r)
{
    int low = 0, high = p->n - 1;
    if (r <= p->r[0])
        return p->r[0] > 0 ? psi[0] * r / p->r[0] : psi[0];
    if (r >= p->r[high])
        return 0;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (p->r[middle] <= r)
            low = middle;
        else
            high = middle;
    }
    /* cubic through four neighbours */
    int first = low - 1 < 0 ? 0 : low + 2 >= p->n ? p->n - 4 : low - 1;
    double value = 0;
    for (int i = first; i < first + 4; i++) {
        double weight = 1;
        for (int j = first; j < first + 4; j++)
            weight *= j == i ? 1 : (r - p->r[j]) / (p->r[i] - p->r[j]);
        value += weight * psi[i];
    }
    return value;
}

/* Integral of the natural cubic spline through f[n] at r[n], as xspectra.x takes it (curve[2 n] is work): the trapezium rule on this mesh is off
 * by 3e-5. */
static double spline_integral(int n, const double *r, const double *f, double *curve)
{
    double *c = curve, *d = curve + n, sum = 0; /* second derivatives by elimination: c the ratios, d the right-hand sides */
    c[0] = d[0] = 0;
    for (int i = 1; i < n - 1; i++) {
        double left = r[i] - r[i - 1], right = r[i + 1] - r[i], pivot = 2 * (left + right) - left * c[i - 1];
        c[i] = right / pivot;
        d[i] = (6 * ((f[i + 1] - f[i]) / right - (f[i] - f[i - 1]) / left) - left * d[i - 1]) / pivot;
    }
    d[n - 1] = 0;
    for (int i = n - 2; i >= 0; i--) {
        double h = r[i + 1] - r[i];
        d[i] -= c[i] * d[i + 1];
        sum += 0.5 * h * (f[i] + f[i + 1]) - h * h * h / 24 * (d[i] + d[i + 1]);
    }
    return sum;
}

/* work[3 n] */
static double dipole(const struct pseudo *p, const struct channel *c, const struct pseudo *core, const double *psi, double *work)
{
    for (int i = 0; i < c->n_outer; i++)
        work[i] = p->r[i] * c->wave->ae[i] * c->scale * core_value(core, psi, p->r[i]);
    return spline_integral(c->n_outer, p->r, work, work + c->n_outer);
}

/* Projectors and their dipole-weighted sum from the scaled channels and S^-1. */
static void assemble(const struct pseudo *p, const struct channel *c, const double *inverse, struct startvec *s)
{
    for (int a = 0; a < s->n_partial; a++)
        for (int i = 0; i < c[a].n_outer; i++) {
            double value = 0;
            for (int b = 0; b < s->n_partial; b++)
                value += inverse[a * s->n_partial + b] * c[b].scale * c[b].wave->ps[i];
            s->projector[(size_t)a * (size_t)s->n + (size_t)i] = value * cut(p, i, c[a].n_inner, c[a].n_outer);
            s->radial[i] += s->dipole[a] * s->projector[(size_t)a * (size_t)s->n + (size_t)i];
        }
}

kd_status startvec_make(const struct pseudo *absorber, const struct pseudo *core, double radius_factor, struct startvec *s)
{
    struct channel c[STARTVEC_MAX];
    double overlaps[STARTVEC_MAX * STARTVEC_MAX], inverse[STARTVEC_MAX * STARTVEC_MAX];
    int n = upf_mesh_cut(absorber);
    const double *psi = NULL;
    *s = (struct startvec){.n = absorber->n};
    for (int k = 0; k < core->n_core && !psi; k++)
        if (core->core[k].n == 1 && core->core[k].l == 0)
            psi = core->core[k].psi;
    if (!psi || core->z != absorber->z)
        FAIL(KD_EINPUT, "%s: no 1s orbital in the set of %s that should hold it", absorber->element, core->element);
    TRY(find_channels(absorber, radius_factor > 0 ? radius_factor : 1.5, c, &s->n_partial));
    s->projector = calloc((size_t)(s->n_partial + 4) * (size_t)s->n, sizeof *s->projector);
    if (!s->projector)
        FAIL(KD_ENOMEM, "start vector: %d points", s->n);
    s->radial = s->projector + s->n_partial * s->n;
    double *work = s->radial + s->n;
    for (int a = 0; a < s->n_partial; a++) {
        c[a].scale = 1 / sqrt(overlap(absorber, &c[a], &c[a], n, work));
        s->dipole[a] = dipole(absorber, &c[a], core, psi, work);
    }
    for (int a = 0; a < s->n_partial; a++)
        for (int b = 0; b < s->n_partial; b++)
            overlaps[a * s->n_partial + b] = overlap(absorber, &c[a], &c[b], n, work);
    kd_status status = dense_inverse(s->n_partial, overlaps, inverse);
    if (status != KD_OK) {
        startvec_free(s);
        return kd_fail_prefix(KD_EINPUT, "%s: p partial waves are linearly dependent", absorber->element);
    }
    assemble(absorber, c, inverse, s);
    for (int i = 0; i < s->n; i++)
        work[i] = s->radial[i] * s->radial[i];
    s->norm = sqrt(upf_simpson(n, work, absorber->rab) / 3);
    return KD_OK;
}

kd_status startvec_norm(const struct pseudo *absorber, const struct startvec *s, double ecut, double *norm)
{
    enum { N_Q = 1000 };
    int n = upf_mesh_cut(absorber);
    double dq = sqrt(2 * ecut) / N_Q, sum = 0;
    double *work = malloc(sizeof *work * (size_t)absorber->n);
    if (!work)
        FAIL(KD_ENOMEM, "start vector: %d points", absorber->n);
    for (int k = 0; k < N_Q; k++) {
        double q = (k + 0.5) * dq;
        for (int i = 0; i < n; i++)
            work[i] = s->radial[i] ? absorber->r[i] * s->radial[i] * bessel_j(1, q * absorber->r[i]) : 0;
        double f = upf_simpson(n, work, absorber->rab);
        sum += q * q * f * f * dq;
    }
    free(work);
    *norm = sqrt(2 / KD_PI * sum / 3);
    return KD_OK;
}
