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
    double *w = malloc(3 * bytes), *root = w ? w + m->n_real : NULL, *damp = w ? root + m->n_real : NULL;
    if (!w)
        FAIL(KD_ENOMEM, "mixing: no host memory");
    for (size_t i = 0; i < m->n_real; i++) {
        double q = density->shell[density->shell_of[i / 2]], square = q * q;
        w[i] = square > 0 ? 4 * KD_PI * volume / square : 0; /* both G and -G, times 1/2 */
        root[i] = sqrt(w[i]);
        damp[i] = square > 0 ? m->fraction * square / (square + kerker * kerker) : m->fraction;
    }
    kd_status status = kd_alloc_copy(m->dev, m->dev->stream, w, bytes, &m->metric_d);
    if (status == KD_OK)
        status = kd_alloc_copy(m->dev, m->dev->stream, root, bytes, &m->root_d);
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
    struct la_block *block[3] = {&out->rho, &out->residual, &out->weighted};
    for (int i = 0; i < 3; i++) {
        *block[i] = (struct la_block){LA_F64, MIX_HISTORY + 1, out->n_real, out->n_real, NULL};
        TRY(kd_alloc(dev, (MIX_HISTORY + 1) * out->n_real * sizeof(double), &block[i]->x_d));
    }
    TRY(kd_alloc(dev, (MIX_HISTORY + 1) * (MIX_HISTORY + 1) * sizeof(double), &out->m_d));
    TRY(kd_alloc(dev, out->n_real * sizeof(double), &out->step_d));
    return kd_alloc(dev, sizeof(double), &out->dot_d);
}

void mix_free(struct mix *m)
{
    if (!m->dev)
        return;
    void *all[9] = {m->metric_d, m->root_d, m->damp_d, m->rho.x_d, m->residual.x_d, m->weighted.x_d, m->m_d, m->dot_d, m->step_d};
    for (int i = 0; i < 9; i++)
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

static kd_status difference(struct mix *m, const double *in_d, const double *out_d, const struct la_block *y)
{
    double one = 1;
    struct la_block out = vector(m, out_d);
    TRY(kd_copy(m->dev, m->dev->stream, y->x_d, in_d, m->n_real * sizeof(double)));
    return add(m, &out, &one, -1, y);
}

kd_status mix_distance(struct mix *m, const double *in_d, const double *out_d, double *energy)
{
    kd_device *dev = m->dev;
    struct la_block r = la_slice(&m->residual, MIX_HISTORY, 1), w = la_slice(&m->weighted, MIX_HISTORY, 1);
    TRY(difference(m, in_d, out_d, &r));
    TRY(dev->la->scale(dev, dev->stream, &r, m->metric_d, &w));
    TRY(dev->la->dot(dev, dev->stream, &r, &w, m->dot_d));
    return kd_download(dev, dev->stream, energy, m->dot_d, sizeof *energy);
}

/* Gaussian elimination with pivoting; false when singular. a[n][n], b[n] overwritten. */
static bool solve(int n, double a[MIX_HISTORY][MIX_HISTORY], double *b)
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

/* c[j] of the history such that |F + sum_j c_j (F_j - F)| is smallest; gram of the weighted residuals, the newest last. */
static void best_combination(int n, const double *gram, double *c)
{
    double a[MIX_HISTORY][MIX_HISTORY];
    int full = n + 1;
    double last = gram[n * full + n], trace = 0;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++)
            a[i][j] = gram[i * full + j] - gram[n * full + j] - gram[i * full + n] + last;
        c[i] = last - gram[i * full + n];
        trace += a[i][i];
    }
    for (int i = 0; i < n; i++)
        a[i][i] += 1e-12 * trace / n; /* nearly parallel steps */
    if (!solve(n, a, c))
        memset(c, 0, (size_t)n * sizeof *c);
}

/* Coefficients of the stored vectors, downloaded Gram matrix in between: a few numbers. */
static kd_status coefficients(struct mix *m, double c[MIX_HISTORY + 1])
{
    kd_device *dev = m->dev;
    double gram[(MIX_HISTORY + 1) * (MIX_HISTORY + 1)];
    int n = m->n_stored;
    struct la_block w = la_slice(&m->weighted, MIX_HISTORY - n, n + 1);
    TRY(dev->la->gram(dev, dev->stream, &w, &w, m->m_d));
    TRY(kd_download(dev, dev->stream, gram, m->m_d, (size_t)((n + 1) * (n + 1)) * sizeof(double)));
    best_combination(n, gram, c);
    c[n] = 1;
    for (int j = 0; j < n; j++)
        c[n] -= c[j];
    return KD_OK;
}

/* The newest vector becomes history: every vector moves one place down. */
static kd_status age(struct mix *m)
{
    kd_device *dev = m->dev;
    size_t bytes = m->n_real * sizeof(double);
    struct la_block *block[3] = {&m->rho, &m->residual, &m->weighted};
    for (int b = 0; b < 3; b++)
        for (int j = 0; j < MIX_HISTORY; j++)
            TRY(kd_copy(dev, dev->stream, (double *)block[b]->x_d + (size_t)j * m->n_real, (double *)block[b]->x_d + (size_t)(j + 1) * m->n_real,
                        bytes));
    m->n_stored = m->n_stored < MIX_HISTORY ? m->n_stored + 1 : MIX_HISTORY;
    return KD_OK;
}

kd_status mix_next(struct mix *m, double *in_d, const double *out_d)
{
    kd_device *dev = m->dev;
    double c[MIX_HISTORY + 1], one = 1;
    int n = m->n_stored;
    struct la_block rho = la_slice(&m->rho, MIX_HISTORY, 1), r = la_slice(&m->residual, MIX_HISTORY, 1);
    struct la_block w = la_slice(&m->weighted, MIX_HISTORY, 1), next = vector(m, in_d), step = vector(m, m->step_d);
    TRY(kd_copy(dev, dev->stream, rho.x_d, in_d, m->n_real * sizeof(double)));
    TRY(difference(m, in_d, out_d, &r));
    TRY(dev->la->scale(dev, dev->stream, &r, m->root_d, &w));
    TRY(coefficients(m, c));
    struct la_block all_r = la_slice(&m->residual, MIX_HISTORY - n, n + 1), all_rho = la_slice(&m->rho, MIX_HISTORY - n, n + 1);
    TRY(add(m, &all_r, c, 0, &step));
    TRY(add(m, &all_rho, c, 0, &next));
    TRY(dev->la->scale(dev, dev->stream, &step, m->damp_d, &step));
    TRY(add(m, &step, &one, 1, &next));
    return age(m);
}
