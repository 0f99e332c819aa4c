// SPDX-License-Identifier: BSD-3-Clause
/* mix.c - Pulay mixing of densities. */
#include "host/dft/mix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/units.h"

static kd_status upload_weights(struct mix *m, const struct sphere *density, double volume, double kerker)
{
    size_t bytes = m->n_real * sizeof(double);
    double *w = malloc(2 * bytes), *damp = w ? w + m->n_real : NULL;
    if (!w)
        FAIL(KD_ENOMEM, "mixing: no host memory");
    for (size_t i = 0; i < m->n_real; i++) {
        double q = density->shell[density->shell_of[i / 2]], square = q * q;
        w[i] = square > 0 ? 4 * KD_PI * volume / square : 0; /* both G and -G, times 1/2 */
        damp[i] = square > 0 ? m->fraction * square / (square + kerker * kerker) : m->fraction;
    }
    kd_status status = kd_alloc_copy(m->dev, m->dev->stream, w, bytes, &m->metric_d);
    if (status == KD_OK)
        status = kd_alloc_copy(m->dev, m->dev->stream, damp, bytes, &m->damp_d);
    free(w);
    return status;
}

kd_status mix_create(kd_device *dev, const struct sphere *density, double volume, double fraction, double kerker, struct mix *out)
{
    memset(out, 0, sizeof *out);
    out->dev = dev;
    out->n_real = 2 * (size_t)density->n;
    out->fraction = fraction;
    TRY(upload_weights(out, density, volume, kerker));
    struct la_block *block[2] = {&out->rho, &out->residual};
    for (int i = 0; i < 2; i++) {
        *block[i] = (struct la_block){LA_F64, MIX_SLOTS, out->n_real, out->n_real, NULL};
        TRY(kd_alloc(dev, MIX_SLOTS * out->n_real * sizeof(double), &block[i]->x_d));
    }
    TRY(kd_alloc(dev, MIX_SLOTS * sizeof(double), &out->m_d));
    return kd_alloc(dev, out->n_real * sizeof(double), &out->step_d);
}

void mix_free(struct mix *m)
{
    if (!m->dev)
        return;
    void *all[6] = {m->metric_d, m->damp_d, m->rho.x_d, m->residual.x_d, m->m_d, m->step_d};
    for (int i = 0; i < 6; i++)
        kd_free(m->dev, all[i]);
    memset(m, 0, sizeof *m);
}

void mix_restart(struct mix *m)
{
    m->n_stored = 0;
}

static struct la_block vector(const struct mix *m, const double *x_d)
{
    return (struct la_block){LA_F64, 1, m->n_real, m->n_real, (void *)x_d};
}

/* y = sum_j c[j] x_j + beta y for vectors of one block; c goes up. */
static kd_status add(struct mix *m, const struct la_block *x, const double *c, double beta, const struct la_block *y)
{
    kd_device *dev = m->dev;
    TRY(kd_upload(dev, dev->stream, m->m_d, c, (size_t)x->n_vec * sizeof *c));
    return dev->la->combine(dev, dev->stream, x, m->m_d, 1, beta, y);
}

int mix_used(const struct mix *m)
{
    return m->n_stored < MIX_SLOTS ? m->n_stored + 1 : MIX_SLOTS;
}

kd_status mix_distance(struct mix *m, const double *in_d, const double *out_d, double *energy)
{
    kd_device *dev = m->dev;
    int newest = m->n_stored % MIX_SLOTS, n = mix_used(m);
    double row[MIX_SLOTS], one = 1;
    struct la_block all = la_slice(&m->residual, 0, n), r = la_slice(&m->residual, newest, 1), weighted = vector(m, m->step_d);
    struct la_block out = vector(m, out_d);
    TRY(kd_copy(dev, dev->stream, r.x_d, in_d, m->n_real * sizeof(double)));
    TRY(add(m, &out, &one, -1, &r));
    TRY(dev->la->scale(dev, dev->stream, &r, m->metric_d, &weighted));
    TRY(dev->la->gram(dev, dev->stream, &all, &weighted, m->m_d));
    TRY(kd_download(dev, dev->stream, row, m->m_d, (size_t)n * sizeof *row));
    for (int i = 0; i < n; i++)
        m->gram[i][newest] = m->gram[newest][i] = row[i];
    *energy = row[newest];
    return KD_OK;
}

/* Gaussian elimination with pivoting; false when singular. a[n][n], b[n] overwritten. */
static bool solve(int n, double a[MIX_SLOTS][MIX_SLOTS], double *b)
{
    for (int c = 0; c < n; c++) {
        int best = c;
        for (int r = c + 1; r < n; r++)
            best = fabs(a[r][c]) > fabs(a[best][c]) ? r : best;
        if (fabs(a[best][c]) < 1e-300)
            return false;
        for (int k = 0; k < n; k++) {
            double x = a[c][k];
            a[c][k] = a[best][k];
            a[best][k] = x;
        }
        double x = b[c];
        b[c] = b[best];
        b[best] = x;
        for (int r = c + 1; r < n; r++) {
            double f = a[r][c] / a[c][c];
            for (int k = c; k < n; k++)
                a[r][k] -= f * a[c][k];
            b[r] -= f * b[c];
        }
    }
    for (int c = n - 1; c >= 0; c--) {
        for (int k = c + 1; k < n; k++)
            b[c] -= a[c][k] * b[k];
        b[c] /= a[c][c];
    }
    return true;
}

/* c[slot] with sum 1 such that |sum_j c_j F_j| is smallest. */
static void best_combination(const struct mix *m, double c[MIX_SLOTS])
{
    double a[MIX_SLOTS][MIX_SLOTS], b[MIX_SLOTS], trace = 0;
    int newest = m->n_stored % MIX_SLOTS, n = mix_used(m) - 1, slot[MIX_SLOTS];
    for (int i = 0; i < n; i++) /* from the oldest: they follow the newest in the ring, once it is full */
        slot[i] = (newest + MIX_SLOTS - n + i) % MIX_SLOTS;
    for (int i = 0; i < n; i++) {
        const double *row = m->gram[slot[i]], *last = m->gram[newest];
        for (int j = 0; j < n; j++)
            a[i][j] = row[slot[j]] - last[slot[j]] - row[newest] + last[newest];
        b[i] = last[newest] - row[newest];
        trace += a[i][i];
    }
    for (int i = 0; i < n; i++)
        a[i][i] += 1e-12 * trace / n; /* nearly parallel steps */
    if (!solve(n, a, b))
        memset(b, 0, sizeof b);
    c[newest] = 1;
    for (int i = 0; i < n; i++) {
        c[slot[i]] = b[i];
        c[newest] -= b[i];
    }
}

kd_status mix_next(struct mix *m, double *in_d)
{
    kd_device *dev = m->dev;
    double c[MIX_SLOTS], one = 1;
    int n = mix_used(m);
    struct la_block rho = la_slice(&m->rho, 0, n), r = la_slice(&m->residual, 0, n);
    struct la_block next = vector(m, in_d), step = vector(m, m->step_d);
    TRY(kd_copy(dev, dev->stream, la_slice(&m->rho, m->n_stored % MIX_SLOTS, 1).x_d, in_d, m->n_real * sizeof(double)));
    best_combination(m, c);
    TRY(add(m, &r, c, 0, &step));
    TRY(add(m, &rho, c, 0, &next));
    TRY(dev->la->scale(dev, dev->stream, &step, m->damp_d, &step));
    TRY(add(m, &step, &one, 1, &next));
    m->n_stored++;
    return KD_OK;
}
