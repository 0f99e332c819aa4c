// SPDX-License-Identifier: BSD-3-Clause
/* ion.c - superpositions of atomic functions on the density sphere. */
#include "host/dft/ion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/units.h"
#include "host/dft/radial.h"

kd_status ion_tables_create(const struct crystal *c, const struct sphere *density, struct ion_tables *out)
{
    memset(out, 0, sizeof *out);
    size_t n = (size_t)density->n_shell, count = (size_t)c->n_species * n;
    out->n_species = c->n_species;
    out->n_shell = density->n_shell;
    double **table[5] = {&out->local, &out->local_slope, &out->charge, &out->core, &out->core_slope};
    for (int i = 0; i < 5; i++)
        if (!(*table[i] = malloc(count * sizeof(double)))) {
            ion_tables_free(out);
            FAIL(KD_ENOMEM, "ions: no host memory for radial tables");
        }
    for (int t = 0; t < c->n_species; t++) {
        const struct pseudo *p = c->pseudo[t];
        size_t at = (size_t)t * n;
        kd_status status = radial_local(p, density->n_shell, density->shell, out->local + at, out->local_slope + at);
        if (status == KD_OK)
            status = radial_charge(p, density->n_shell, density->shell, out->charge + at);
        if (status == KD_OK)
            status = radial_core(p, density->n_shell, density->shell, out->core + at, out->core_slope + at);
        if (status != KD_OK) {
            ion_tables_free(out);
            return status;
        }
        out->has_core = out->has_core || p->model_core;
    }
    return KD_OK;
}

void ion_tables_free(struct ion_tables *t)
{
    free(t->local);
    free(t->local_slope);
    free(t->charge);
    free(t->core);
    free(t->core_slope);
    memset(t, 0, sizeof *t);
}

/* exp(-i m b_a.tau) for m = -most..most along one axis. */
struct axis_phase {
    int most;
    double (*value)[2]; /* [2 most + 1] */
};

static void fill_phase(const struct crystal *c, const double tau[3], int axis, struct axis_phase *p)
{
    double angle = tau[0] * c->reciprocal[axis][0] + tau[1] * c->reciprocal[axis][1] + tau[2] * c->reciprocal[axis][2];
    for (int m = -p->most; m <= p->most; m++) {
        p->value[m + p->most][0] = cos(m * angle);
        p->value[m + p->most][1] = -sin(m * angle);
    }
}

static kd_status phases_create(const struct sphere *s, struct axis_phase phase[3])
{
    for (int a = 0; a < 3; a++)
        phase[a].most = 0;
    for (int g = 0; g < s->n; g++)
        for (int a = 0; a < 3; a++)
            phase[a].most = abs(s->miller[g][a]) > phase[a].most ? abs(s->miller[g][a]) : phase[a].most;
    size_t count[3];
    for (int a = 0; a < 3; a++)
        count[a] = 2 * (size_t)phase[a].most + 1;
    phase[0].value = malloc((count[0] + count[1] + count[2]) * sizeof *phase[0].value);
    if (!phase[0].value)
        FAIL(KD_ENOMEM, "ions: no host memory for phases");
    phase[1].value = phase[0].value + count[0];
    phase[2].value = phase[1].value + count[1];
    return KD_OK;
}

static void phase_at(const struct axis_phase phase[3], const int m[3], double out[2])
{
    const double *x = phase[0].value[m[0] + phase[0].most], *y = phase[1].value[m[1] + phase[1].most];
    const double *z = phase[2].value[m[2] + phase[2].most];
    double re = x[0] * y[0] - x[1] * y[1], im = x[0] * y[1] + x[1] * y[0];
    out[0] = re * z[0] - im * z[1];
    out[1] = re * z[1] + im * z[0];
}

kd_status ion_superpose(const struct crystal *c, const struct sphere *density, const double *u, double (*f_g)[2])
{
    struct axis_phase phase[3];
    TRY(phases_create(density, phase));
    memset(f_g, 0, (size_t)density->n * sizeof *f_g);
    for (int i = 0; i < c->n_atom; i++) {
        const double *table = u + (size_t)c->species[i] * (size_t)density->n_shell;
        for (int a = 0; a < 3; a++)
            fill_phase(c, c->tau[i], a, &phase[a]);
#pragma omp parallel for schedule(static)
        for (int g = 0; g < density->n; g++) {
            double e[2], w = table[density->shell_of[g]] / c->volume;
            phase_at(phase, density->miller[g], e);
            f_g[g][0] += w * e[0];
            f_g[g][1] += w * e[1];
        }
    }
    free(phase[0].value);
    return KD_OK;
}

kd_status ion_force(const struct crystal *c, const struct sphere *density, const double *u, const double (*p_g)[2], double (*force)[3])
{
    struct axis_phase phase[3];
    TRY(phases_create(density, phase));
    for (int i = 0; i < c->n_atom; i++) {
        const double *table = u + (size_t)c->species[i] * (size_t)density->n_shell;
        for (int a = 0; a < 3; a++)
            fill_phase(c, c->tau[i], a, &phase[a]);
        for (int g = 1; g < density->n; g++) { /* Re of conj(p) u (-iG) e, both G and -G, sign of -d/dtau */
            double e[2], w = 2 * table[density->shell_of[g]];
            phase_at(phase, density->miller[g], e);
            double im = p_g[g][0] * e[1] - p_g[g][1] * e[0]; /* Im conj(p) e */
            for (int a = 0; a < 3; a++)
                force[i][a] -= w * density->g[g][a] * im;
        }
    }
    free(phase[0].value);
    return KD_OK;
}

kd_status ion_strain(const struct crystal *c, const struct sphere *density, const double *u, const double *slope,
                     const double (*p_g)[2], bool volume_term, double strain[6])
{
    static const int voigt[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    size_t n = (size_t)density->n;
    double(*f)[2] = malloc(2 * n * sizeof *f), (*d)[2] = f + n;
    if (!f)
        FAIL(KD_ENOMEM, "ions: no host memory");
    kd_status status = ion_superpose(c, density, u, f);
    if (status == KD_OK)
        status = ion_superpose(c, density, slope, d);
    for (size_t g = 0; g < n && status == KD_OK; g++) {
        double twice = g ? 2 * c->volume : c->volume, length = density->shell[density->shell_of[g]];
        double energy = twice * (p_g[g][0] * f[g][0] + p_g[g][1] * f[g][1]);
        double tilt = g ? twice * (p_g[g][0] * d[g][0] + p_g[g][1] * d[g][1]) / length : 0;
        for (int v = 0; v < 6; v++) {
            int a = voigt[v][0], b = voigt[v][1];
            strain[v] -= tilt * density->g[g][a] * density->g[g][b] + (volume_term && a == b ? energy : 0);
        }
    }
    free(f);
    return status;
}
