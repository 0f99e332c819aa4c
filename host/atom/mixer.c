// SPDX-License-Identifier: BSD-3-Clause
/* mixer.c - Anderson's extrapolation for a radial potential. */
#include "host/atom/mixer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/dense.h"

kd_status mixer_make(int n, double beta, struct mixer *m)
{
    *m = (struct mixer){.n = n, .beta = beta};
    m->memory = malloc(2 * MIXER_DEPTH * sizeof *m->memory * (size_t)n);
    if (!m->memory)
        FAIL(KD_ENOMEM, "mixing: %d points", n);
    for (int k = 0; k < MIXER_DEPTH; k++) {
        m->input[k] = m->memory + (size_t)(2 * k) * (size_t)n;
        m->residual[k] = m->input[k] + n;
    }
    return KD_OK;
}

void mixer_free(struct mixer *m)
{
    free(m->memory);
    *m = (struct mixer){0};
}

/* Weighted product of a - a0 and b - b0. */
static double product(const struct radial_grid *g, const double *a, const double *a0, const double *b, const double *b0)
{
    double sum = 0;
    for (int i = 0; i < g->n && g->r[i] < 20; i++)
        sum += (a[i] - a0[i]) * (b[i] - b0[i]) * g->r[i] * g->r[i] * g->rab[i];
    return sum;
}

kd_status mixer_step(struct mixer *m, const struct radial_grid *g, double *v, const double *v_out, double *change)
{
    int now = m->count % MIXER_DEPTH, depth = m->count < MIXER_DEPTH ? m->count : MIXER_DEPTH - 1;
    double a[MIXER_DEPTH * MIXER_DEPTH], theta[MIXER_DEPTH];
    double *f = m->residual[now];
    memcpy(m->input[now], v, sizeof *v * (size_t)m->n);
    for (int i = 0; i < m->n; i++)
        f[i] = v_out[i] - v[i];
    *change = sqrt(product(g, v_out, v, v_out, v));
    /* minimise | f + sum theta_j (f_j - f) | */
    for (int j = 0; j < depth; j++) {
        const double *fj = m->residual[(now + MIXER_DEPTH - 1 - j) % MIXER_DEPTH];
        double minus = 0;
        for (int i = 0; i < g->n && g->r[i] < 20; i++)
            minus += f[i] * (f[i] - fj[i]) * g->r[i] * g->r[i] * g->rab[i];
        theta[j] = minus;
        for (int k = 0; k < depth; k++)
            a[j * depth + k] = product(g, fj, f, m->residual[(now + MIXER_DEPTH - 1 - k) % MIXER_DEPTH], f);
        a[j * depth + j] *= 1 + 1e-12;
    }
    if (depth && dense_solve(depth, a, theta) != KD_OK) {
        kd_error_clear(); /* a history without new directions: plain mixing from here */
        depth = 0;
    }
    for (int i = 0; i < m->n; i++) {
        double input = v[i], residual = f[i];
        for (int j = 0; j < depth; j++) {
            int past = (now + MIXER_DEPTH - 1 - j) % MIXER_DEPTH;
            input += theta[j] * (m->input[past][i] - m->input[now][i]);
            residual += theta[j] * (m->residual[past][i] - f[i]);
        }
        v[i] = input + m->beta * residual;
    }
    m->count++;
    return KD_OK;
}
