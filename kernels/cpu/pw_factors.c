// SPDX-License-Identifier: BSD-3-Clause
/* pw_factors.c - nonlocal projectors as forms of a species times phases of an atom. */
#include <math.h>
#include <string.h>

#include "kernels/cpu/pw.h"

static void put(const struct pw_basis *b, void *plane, size_t at, double value)
{
    if (la_is_double(b->type))
        ((double *)plane)[at] = value;
    else
        ((float *)plane)[at] = (float)value;
}

/* (-i)^l = i^(l odd) times this */
static double sign_of(int l)
{
    return (l + 1) / 2 % 2 ? -1 : 1;
}

static void fill_forms(const struct pw_basis *b, const struct pw_projector_spec *spec, struct pw_factors *f)
{
    int row = 0;
    for (int s = 0; s < spec->n_species; s++)
        for (int odd = 0; odd < 2; odd++) {
            f->first_form_d[2 * s + odd] = row;
            for (int j = spec->first_form[s]; j < spec->first_form[s + 1]; j++) {
                if (spec->l[j] % 2 != odd)
                    continue;
                for (int g = 0; g < b->n_pw; g++) {
                    double scale = b->real && g != b->self ? sqrt(2.0) : 1;
                    put(b, f->form_d, (size_t)row * f->ld + (size_t)g, sign_of(spec->l[j]) * scale * spec->form[(size_t)j * (size_t)b->n_pw + (size_t)g]);
                }
                row++;
            }
        }
    f->first_form_d[2 * spec->n_species] = row;
}

static void fill_atoms(const struct pw_basis *b, const struct pw_projector_spec *spec, struct pw_factors *f)
{
    int column = 0;
    for (int i = 0; i < spec->n_atom; i++) {
        int s = f->species_d[i] = spec->species[i];
        for (int odd = 0; odd < 2; odd++)
            for (int j = spec->first_form[s]; j < spec->first_form[s + 1]; j++)
                if (spec->l[j] % 2 == odd)
                    f->coupling_d[column++] = spec->coupling[j];
    }
#pragma omp parallel for schedule(static) num_threads(b->dev->n_thread)
    for (int i = 0; i < spec->n_atom; i++)
        for (int g = 0; g < b->n_pw; g++) {
            const double *q = b->kg_d + g, *tau = spec->tau[i];
            double angle = q[0] * tau[0] + q[b->n_pw] * tau[1] + q[2 * (size_t)b->n_pw] * tau[2];
            size_t at = ((size_t)(g / PW_FACTOR_PAD) * (size_t)spec->n_atom + (size_t)i) * 2 * PW_FACTOR_PAD + (size_t)(g % PW_FACTOR_PAD);
            put(b, f->phase_d, at, cos(angle));
            put(b, f->phase_d, at + PW_FACTOR_PAD, g == b->self ? 0 : sin(angle));
        }
}

kd_status cpu_factors_create(kd_device *dev, const struct pw_basis *b, const struct pw_projector_spec *spec, struct pw_factors *f)
{
    size_t real = la_is_double(b->type) ? sizeof(double) : sizeof(float);
    size_t n_form = (size_t)spec->first_form[spec->n_species], n_atom = (size_t)spec->n_atom;
    memset(f, 0, sizeof *f);
    f->ld = ((size_t)b->n_pw + PW_FACTOR_PAD - 1) / PW_FACTOR_PAD * PW_FACTOR_PAD;
    f->n_atom = spec->n_atom;
    for (int i = 0; i < spec->n_atom; i++)
        f->n_proj += spec->first_form[spec->species[i] + 1] - spec->first_form[spec->species[i]];
    TRY(kd_alloc(dev, n_form * f->ld * real + 64, &f->form_d));
    TRY(kd_alloc(dev, 2 * n_atom * f->ld * real + 64, &f->phase_d));
    TRY(kd_alloc(dev, (2 * (size_t)spec->n_species + 1) * sizeof(int), (void **)&f->first_form_d));
    TRY(kd_alloc(dev, n_atom * sizeof(int) + 64, (void **)&f->species_d));
    TRY(kd_alloc(dev, (size_t)f->n_proj * sizeof(double) + 64, (void **)&f->coupling_d));
    cpu_enter(dev);
    memset(f->form_d, 0, n_form * f->ld * real);
    memset(f->phase_d, 0, 2 * n_atom * f->ld * real);
    fill_forms(b, spec, f);
    fill_atoms(b, spec, f);
    cpu_leave(dev);
    return KD_OK;
}

void cpu_factors_destroy(kd_device *dev, struct pw_factors *f)
{
    kd_free(dev, f->form_d);
    kd_free(dev, f->phase_d);
    kd_free(dev, f->first_form_d);
    kd_free(dev, f->species_d);
    kd_free(dev, f->coupling_d);
}
