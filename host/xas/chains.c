// SPDX-License-Identifier: BSD-3-Clause
/* chains.c - from the coefficients of Lanczos chains to a spectrum. */
#include "host/xas/chains.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TAIL = 5, BLOCK = 32 }; /* steps that the terminator averages; energies at a time */

kd_status chains_create(int n_k, int n_pol, int n_max, struct chains *out)
{
    size_t chain = (size_t)n_k * (size_t)n_pol, cells = chain * (size_t)n_max;
    *out = (struct chains){n_k, n_pol, 0, n_max, NULL, NULL, NULL, NULL};
    out->weight = calloc((size_t)n_k + chain + 2 * cells, sizeof(double));
    if (!out->weight)
        FAIL(KD_ENOMEM, "chains: no host memory for %d steps", n_max);
    out->norm = out->weight + n_k;
    out->a = out->norm + chain;
    out->b = out->a + cells;
    return KD_OK;
}

void chains_free(struct chains *c)
{
    free(c->weight);
    memset(c, 0, sizeof *c);
}

/* Self-energy of the infinite chain, (z - a)/2 -+ sqrt(((z - a)/2)^2 - b^2), with negative imaginary part; n energies. */
static void terminator(double a, double b, int n, const double *energy, const double *gamma, double *re, double *im)
{
    for (int e = 0; e < n; e++) {
        double x = 0.5 * (energy[e] - a), y = 0.5 * gamma[e];
        double u = x * x - y * y - b * b, v = 2 * x * y, size = hypot(u, v); /* (x + iy)^2 - b^2 */
        double p = sqrt(0.5 * (size + fabs(u))), q = p > 0 ? 0.5 * v / p : 0, rr = u >= 0 ? p : fabs(q), ri = u >= 0 ? q : copysign(p, v);
        re[e] = ri > 0 ? x - rr : x + rr; /* of the two roots the one that lowers the imaginary part */
        im[e] = y - fabs(ri);
    }
}

/* Im 1/(a_0 - z - b_0^2/(a_1 - z - ...)) for up to BLOCK energies: the levels from the last to the first, all energies abreast. */
static void fraction(const double *a, const double *b, int m, int n, const double *energy, const double *gamma, double *out)
{
    double re[BLOCK], im[BLOCK]; /* z - a_i - b_i^2 / (what is below) */
    int tail = m < TAIL ? m : TAIL;
    double mean_a = 0, mean_b = 0;
    for (int i = m - tail; i < m; i++) {
        mean_a += a[i] / tail;
        mean_b += b[i] / tail;
    }
    terminator(mean_a, mean_b, n, energy, gamma, re, im);
    for (int e = 0; e < n; e++) { /* Sigma / b^2 is the Green function of the rest; its inverse takes the place of a level */
        double size = mean_b > 0 ? mean_b * mean_b / (re[e] * re[e] + im[e] * im[e]) : 0;
        double r = re[e] * size, i = -im[e] * size;
        re[e] = mean_b > 0 ? r : energy[e] - mean_a;
        im[e] = mean_b > 0 ? i : gamma[e];
    }
    for (int i = m - 1; i >= 0; i--) {
        double square = b[i] * b[i], level = a[i];
        for (int e = 0; e < n; e++) {
            double f = square / (re[e] * re[e] + im[e] * im[e]);
            re[e] = energy[e] - level - f * re[e];
            im[e] = gamma[e] + f * im[e];
        }
    }
    for (int e = 0; e < n; e++) /* Im of -1/(z - ...) */
        out[e] = im[e] / (re[e] * re[e] + im[e] * im[e]);
}

void chains_spectrum(const struct chains *c, int n_step, int n_e, const double *energy, const double *gamma, double *s)
{
    int m = n_step, n_block = (n_e + BLOCK - 1) / BLOCK;
#pragma omp parallel for collapse(2) schedule(dynamic)
    for (int pol = 0; pol < c->n_pol; pol++)
        for (int block = 0; block < n_block; block++) {
            int first = block * BLOCK, n = n_e - first < BLOCK ? n_e - first : BLOCK;
            double part[BLOCK], *out = s + (size_t)pol * (size_t)n_e + first;
            memset(out, 0, (size_t)n * sizeof *out);
            for (int k = 0; k < c->n_k; k++) {
                size_t chain = (size_t)k * (size_t)c->n_pol + (size_t)pol, at = chain * (size_t)c->n_max;
                double scale = c->weight[k] * c->norm[chain] * c->norm[chain];
                if (scale == 0)
                    continue;
                fraction(c->a + at, c->b + at, m, n, energy + first, gamma + first, part);
                for (int e = 0; e < n; e++)
                    out[e] += scale * part[e];
            }
        }
}

/* One implicit QL sweep over l..m with Wilkinson's shift; first[] is the first row of the eigenvectors. */
static void sweep(int l, int m, double *d, double *o, double *first)
{
    double g = (d[l + 1] - d[l]) / (2 * o[l]), r = hypot(g, 1), s = 1, c = 1, p = 0;
    g = d[m] - d[l] + o[l] / (g + copysign(r, g));
    for (int i = m - 1; i >= l; i--) {
        double f = s * o[i], b = c * o[i];
        r = hypot(f, g);
        o[i + 1] = r;
        if (r == 0) { /* underflow: the matrix has split */
            d[i + 1] -= p;
            o[m] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        f = first[i + 1];
        first[i + 1] = s * first[i] + c * f;
        first[i] = c * first[i] - s * f;
    }
    d[l] -= p;
    o[l] = g;
    o[m] = 0;
}

kd_status chains_poles(int n, const double *a, const double *b, double *e, double *w)
{
    double *o = calloc((size_t)n + 1, sizeof *o);
    if (!o)
        FAIL(KD_ENOMEM, "chains: no host memory");
    memcpy(e, a, (size_t)n * sizeof *e);
    memcpy(o, b, (size_t)(n - 1) * sizeof *o);
    memset(w, 0, (size_t)n * sizeof *w);
    w[0] = 1;
    for (int l = 0; l < n; l++)
        for (int turn = 0;; turn++) {
            int m = l;
            while (m < n - 1 && fabs(o[m]) > 1e-16 * (fabs(e[m]) + fabs(e[m + 1])))
                m++;
            if (m == l)
                break;
            if (turn == 60 || !isfinite(e[l])) {
                free(o);
                FAIL(KD_ENOCONV, "chains: a tridiagonal matrix of %d levels cannot be diagonalised", n);
            }
            sweep(l, m, e, o, w);
        }
    bool finite = true;
    for (int i = 0; i < n; i++) {
        w[i] *= w[i];
        finite = finite && isfinite(e[i]) && isfinite(w[i]);
    }
    free(o);
    return finite ? KD_OK : kd_fail(KD_ENOCONV, "chains: a tridiagonal matrix of %d levels is not finite", n);
}

static kd_status cut_chain(const struct chains *c, size_t chain, double scale, int m, double level, int n_e, const double *energy,
                           const double *gamma, double *s)
{
    double *pole = malloc(2 * (size_t)m * sizeof *pole), *weight = pole + m;
    if (!pole)
        FAIL(KD_ENOMEM, "chains: no host memory");
    size_t at = chain * (size_t)c->n_max;
    kd_status status = chains_poles(m, c->a + at, c->b + at, pole, weight);
    for (int i = 0; i < m && status == KD_OK; i++)
        for (int e = 0; e < n_e && pole[i] <= level; e++) {
            double x = energy[e] - pole[i];
            s[e] += scale * weight[i] * gamma[e] / (x * x + gamma[e] * gamma[e]);
        }
    free(pole);
    return status;
}

kd_status chains_cut(const struct chains *c, int n_step, double level, int n_e, const double *energy, const double *gamma, double *s)
{
    int m = n_step, n_chain = c->n_k * c->n_pol;
    double *part = calloc((size_t)n_chain * (size_t)n_e, sizeof *part);
    kd_status *status = calloc((size_t)n_chain, sizeof *status), worst = KD_OK;
    if (!part || !status || m < 1) {
        free(part);
        free(status);
        FAIL(KD_ENOMEM, "chains: no host memory, or no steps");
    }
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < n_chain; i++) {
        double scale = c->weight[i / c->n_pol] * c->norm[i] * c->norm[i];
        if (scale > 0)
            status[i] = cut_chain(c, (size_t)i, scale, m, level, n_e, energy, gamma, part + (size_t)i * (size_t)n_e);
    }
    for (int i = 0; i < n_chain; i++) {
        worst = status[i] ? status[i] : worst;
        for (int e = 0; e < n_e; e++)
            s[(size_t)(i % c->n_pol) * (size_t)n_e + (size_t)e] -= part[(size_t)i * (size_t)n_e + (size_t)e];
    }
    free(part);
    free(status);
    return worst ? kd_fail(worst, "chains: the occupied states cannot be taken out: the coefficients are not finite") : KD_OK;
}
