// SPDX-License-Identifier: BSD-3-Clause
/* projector.c - the nonlocal pseudopotential in plane waves. */
#include "host/dft/projector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/units.h"

/* Polynomials of degree l: c x^i y^j z^k summed. */
struct term {
    double c;
    int power[3];
};
struct polynomial {
    double square; /* normalisation: the harmonic is sqrt(square / pi) times the sum */
    int n;
    struct term t[3];
};
static const struct polynomial harmonic[16] = {
    {1.0 / 4, 1, {{1, {0, 0, 0}}}},
    {3.0 / 4, 1, {{1, {0, 0, 1}}}},
    {3.0 / 4, 1, {{1, {1, 0, 0}}}},
    {3.0 / 4, 1, {{1, {0, 1, 0}}}},
    {5.0 / 16, 3, {{2, {0, 0, 2}}, {-1, {2, 0, 0}}, {-1, {0, 2, 0}}}},
    {15.0 / 4, 1, {{1, {1, 0, 1}}}},
    {15.0 / 4, 1, {{1, {0, 1, 1}}}},
    {15.0 / 16, 2, {{1, {2, 0, 0}}, {-1, {0, 2, 0}}}},
    {15.0 / 4, 1, {{1, {1, 1, 0}}}},
    {7.0 / 16, 3, {{2, {0, 0, 3}}, {-3, {2, 0, 1}}, {-3, {0, 2, 1}}}},
    {21.0 / 32, 3, {{4, {1, 0, 2}}, {-1, {3, 0, 0}}, {-1, {1, 2, 0}}}},
    {21.0 / 32, 3, {{4, {0, 1, 2}}, {-1, {2, 1, 0}}, {-1, {0, 3, 0}}}},
    {105.0 / 16, 2, {{1, {2, 0, 1}}, {-1, {0, 2, 1}}}},
    {105.0 / 4, 1, {{1, {1, 1, 1}}}},
    {35.0 / 32, 2, {{1, {3, 0, 0}}, {-3, {1, 2, 0}}}},
    {35.0 / 32, 2, {{3, {2, 1, 0}}, {-1, {0, 3, 0}}}},
};

static double power(double x, int n)
{
    double p = 1;
    while (n-- > 0)
        p *= x;
    return p;
}

double solid_harmonic(int lm, const double q[3], double gradient[3])
{
    const struct polynomial *h = &harmonic[lm];
    double norm = sqrt(h->square / KD_PI), value = 0;
    if (gradient)
        gradient[0] = gradient[1] = gradient[2] = 0;
    for (int i = 0; i < h->n; i++) {
        const struct term *t = &h->t[i];
        double f[3];
        for (int a = 0; a < 3; a++)
            f[a] = power(q[a], t->power[a]);
        value += norm * t->c * f[0] * f[1] * f[2];
        for (int a = 0; a < 3 && gradient; a++)
            if (t->power[a] > 0)
                gradient[a] += norm * t->c * t->power[a] * power(q[a], t->power[a] - 1) * f[(a + 1) % 3] * f[(a + 2) % 3];
    }
    return value;
}

/* form(q) = beta(|q|) Y_lm(q), and its gradient when asked. */
static double form_at(const struct beta_table *t, int b, int lm, const double q[3], double gradient[3])
{
    double length = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2]), slope, solid[3];
    int l = t->l[b];
    if (length < 1e-10) { /* only l = 0 lives at q = 0; the strain derivative carries a factor q */
        if (gradient)
            gradient[0] = gradient[1] = gradient[2] = 0;
        return l == 0 ? beta_at(t, b, 0, NULL) * solid_harmonic(0, q, NULL) : 0;
    }
    double f = beta_at(t, b, length, &slope), s = solid_harmonic(lm, q, solid), scale = power(1 / length, l);
    if (gradient)
        for (int a = 0; a < 3; a++)
            gradient[a] = scale * (solid[a] * f + s * (slope - l * f / length) * q[a] / length);
    return scale * f * s;
}

static const int voigt[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};

static void fill_form(const struct beta_table *t, int b, int lm, const struct sphere *s, int strain, double scale, double *form)
{
#pragma omp parallel for schedule(static)
    for (int g = 0; g < s->n; g++) {
        const double *q = s->g[g];
        double gradient[3];
        double f = form_at(t, b, lm, q, strain < 0 ? NULL : gradient);
        if (strain >= 0) {
            int i = voigt[strain][0], j = voigt[strain][1];
            f = -0.5 * (q[i] * gradient[j] + q[j] * gradient[i]) - (i == j ? 0.5 * f : 0);
        }
        form[g] = scale * f;
    }
}

static kd_status allocate(const struct crystal *c, const struct beta_table *table, size_t n_pw, struct projector_forms *out)
{
    int n_form = 0;
    out->first_form = malloc((size_t)(c->n_species + 1) * sizeof(int));
    for (int t = 0; t < c->n_species && out->first_form; t++) {
        out->first_form[t] = n_form;
        for (int b = 0; b < table[t].n_beta; b++)
            n_form += 2 * table[t].l[b] + 1;
    }
    size_t count = (size_t)n_form + 1;
    out->l = malloc(count * sizeof(int));
    out->coupling = malloc(count * sizeof(double));
    out->form = malloc(count * n_pw * sizeof(double));
    if (!out->first_form || !out->l || !out->coupling || !out->form)
        FAIL(KD_ENOMEM, "projectors: no host memory for %d forms", n_form);
    out->first_form[c->n_species] = n_form;
    return KD_OK;
}

kd_status projector_forms_create(const struct crystal *c, const struct beta_table *table, const struct sphere *s, int strain,
                                 struct projector_forms *out)
{
    memset(out, 0, sizeof *out);
    kd_status status = allocate(c, table, (size_t)s->n, out);
    if (status != KD_OK) {
        projector_forms_free(out);
        return status;
    }
    double scale = 1 / sqrt(c->volume);
    int f = 0;
    for (int t = 0; t < c->n_species; t++)
        for (int b = 0; b < table[t].n_beta; b++)
            for (int m = 0; m <= 2 * table[t].l[b]; m++, f++) {
                int l = table[t].l[b];
                out->l[f] = l;
                out->coupling[f] = table[t].coupling[b];
                fill_form(&table[t], b, l * l + m, s, strain, scale, out->form + (size_t)f * (size_t)s->n);
            }
    out->spec = (struct pw_projector_spec){c->n_species, out->first_form, out->l,       out->coupling,
                                           out->form,    c->n_atom,       c->species,   (const double(*)[3])c->tau};
    return KD_OK;
}

void projector_forms_free(struct projector_forms *f)
{
    free(f->first_form);
    free(f->l);
    free(f->coupling);
    free(f->form);
    memset(f, 0, sizeof *f);
}
