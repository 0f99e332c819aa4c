// SPDX-License-Identifier: BSD-3-Clause
/* ewald.c - electrostatics of point ions in a compensating background. */
#include "host/dft/ewald.h"

#include <math.h>
#include <stdlib.h>

#include "host/base/units.h"

static const double reach = 6.6; /* erfc and exp(-x^2) at this argument are below 1e-19 */

struct sums {
    const struct crystal *c;
    double alpha; /* exp(-alpha r^2) splits the two sums, 1/bohr^2 */
    double *z;    /* [n_atom] */
    double energy, (*force)[3], strain[6];
};

static void add_strain(double strain[6], double f, const double r[3])
{
    strain[0] += f * r[0] * r[0];
    strain[1] += f * r[1] * r[1];
    strain[2] += f * r[2] * r[2];
    strain[3] += f * r[1] * r[2];
    strain[4] += f * r[0] * r[2];
    strain[5] += f * r[0] * r[1];
}

/* One image: half the pair energy, as every ordered pair comes once. */
static void pair(struct sums *s, int i, int j, const double r[3], double length)
{
    double zz = s->z[i] * s->z[j], x = sqrt(s->alpha) * length, e = erfc(x) / length;
    double slope = -(e + 2 * sqrt(s->alpha / KD_PI) * exp(-x * x)) / length; /* d/dr of erfc(x)/r */
    s->energy += 0.5 * zz * e;
    add_strain(s->strain, 0.5 * zz * slope / length, r);
    for (int a = 0; a < 3; a++)
        s->force[i][a] += zz * slope / length * r[a]; /* r points from i to j: dr/dr_i = -r/|r|, and both orders count */
}

static void real_space(struct sums *s)
{
    const struct crystal *c = s->c;
    double cut = reach / sqrt(s->alpha);
    int most[3];
    for (int a = 0; a < 3; a++) {
        const double *b = c->reciprocal[a];
        most[a] = (int)(cut * sqrt(b[0] * b[0] + b[1] * b[1] + b[2] * b[2]) / (2 * KD_PI)) + 1;
    }
    for (int i = 0; i < c->n_atom; i++)
        for (int j = 0; j < c->n_atom; j++) {
            double d[3], f[3];
            for (int a = 0; a < 3; a++)
                d[a] = c->tau[j][a] - c->tau[i][a];
            for (int a = 0; a < 3; a++)
                f[a] = -round((d[0] * c->reciprocal[a][0] + d[1] * c->reciprocal[a][1] + d[2] * c->reciprocal[a][2]) / (2 * KD_PI));
            for (int x = -most[0]; x <= most[0]; x++)
                for (int y = -most[1]; y <= most[1]; y++)
                    for (int z = -most[2]; z <= most[2]; z++) {
                        double r[3], shift[3] = {x + f[0], y + f[1], z + f[2]};
                        for (int a = 0; a < 3; a++)
                            r[a] = d[a] + shift[0] * c->cell[0][a] + shift[1] * c->cell[1][a] + shift[2] * c->cell[2][a];
                        double length = sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]);
                        if (length < cut && length > 1e-10)
                            pair(s, i, j, r, length);
                    }
        }
}

/* One G and -G together. */
static void wave(struct sums *s, const double g[3], double square, double *cosine, double *sine)
{
    const struct crystal *c = s->c;
    double re = 0, im = 0;
    for (int i = 0; i < c->n_atom; i++) {
        double angle = g[0] * c->tau[i][0] + g[1] * c->tau[i][1] + g[2] * c->tau[i][2];
        cosine[i] = cos(angle);
        sine[i] = sin(angle);
        re += s->z[i] * cosine[i];
        im += s->z[i] * sine[i];
    }
    double f = 4 * KD_PI / c->volume * exp(-square / (4 * s->alpha)) / square, e = f * (re * re + im * im);
    s->energy += e;
    add_strain(s->strain, e * (2 / square + 0.5 / s->alpha), g);
    for (int a = 0; a < 3; a++)
        s->strain[a] -= e;
    for (int i = 0; i < c->n_atom; i++) /* -d/dr_i of f |S|^2 */
        for (int a = 0; a < 3; a++)
            s->force[i][a] += 2 * f * s->z[i] * g[a] * (sine[i] * re - cosine[i] * im);
}

static kd_status reciprocal_space(struct sums *s)
{
    const struct crystal *c = s->c;
    double cut = 2 * reach * sqrt(s->alpha), *phase = malloc(2 * (size_t)c->n_atom * sizeof *phase);
    int most[3];
    if (!phase)
        FAIL(KD_ENOMEM, "ewald: no host memory");
    for (int a = 0; a < 3; a++) {
        const double *v = c->cell[a];
        most[a] = (int)(cut * sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) / (2 * KD_PI)) + 1;
    }
    for (int x = 0; x <= most[0]; x++)
        for (int y = x ? -most[1] : 0; y <= most[1]; y++)
            for (int z = x || y ? -most[2] : 1; z <= most[2]; z++) {
                double g[3];
                for (int a = 0; a < 3; a++)
                    g[a] = x * c->reciprocal[0][a] + y * c->reciprocal[1][a] + z * c->reciprocal[2][a];
                double square = g[0] * g[0] + g[1] * g[1] + g[2] * g[2];
                if (square <= cut * cut)
                    wave(s, g, square, phase, phase + c->n_atom);
            }
    free(phase);
    return KD_OK;
}

kd_status ewald(const struct crystal *c, double *energy, double (*force)[3], double strain[6])
{
    size_t n = (size_t)c->n_atom;
    struct sums s = {.c = c, .alpha = KD_PI * cbrt((double)n / (c->volume * c->volume))};
    kd_status status = KD_OK;
    double total = 0;
    s.z = malloc(n * sizeof *s.z);
    s.force = calloc(n, sizeof *s.force);
    if (!s.z || !s.force)
        FAIL_OUT(KD_ENOMEM, "ewald: no host memory");
    for (size_t i = 0; i < n; i++) {
        s.z[i] = c->pseudo[c->species[i]]->z_valence;
        s.energy -= sqrt(s.alpha / KD_PI) * s.z[i] * s.z[i];
        total += s.z[i];
    }
    double background = KD_PI * total * total / (2 * c->volume * s.alpha);
    s.energy -= background;
    for (int a = 0; a < 3; a++)
        s.strain[a] += background;
    real_space(&s);
    TRY_OUT(reciprocal_space(&s));
    *energy = s.energy;
    for (size_t i = 0; i < n && force; i++)
        for (int a = 0; a < 3; a++)
            force[i][a] += s.force[i][a];
    for (int v = 0; v < 6 && strain; v++)
        strain[v] += s.strain[v];
out:
    free(s.z);
    free(s.force);
    return status;
}
