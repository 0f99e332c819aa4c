// SPDX-License-Identifier: BSD-3-Clause
/* crystal.c - from a structure in angstrom to a crystal in bohr. */
#include "host/dft/crystal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/units.h"
#include "host/structure/cell.h"

static kd_status check(const struct structure *s, int n_species, const struct pseudo *const *pseudo)
{
    if (!s->periodic[0] || !s->periodic[1] || !s->periodic[2])
        FAIL(KD_EINPUT, "%s: plane waves need a cell that is periodic in three directions", s->source ? s->source : "structure");
    for (int t = 0; t < n_species; t++)
        if (!pseudo[t]->xc_known || pseudo[t]->xc != XC_PBE)
            FAIL(KD_EINPUT, "pseudopotential of %s: functional \"%s\", expected PBE", pseudo[t]->element, pseudo[t]->functional);
    return KD_OK;
}

/* Distance of two atoms, nearest image among the neighbouring cells of reduced fractions. */
static double separation(const struct crystal *c, const double inverse[3][3], int i, int j)
{
    double d[3], f[3], best = INFINITY;
    for (int a = 0; a < 3; a++)
        d[a] = c->tau[j][a] - c->tau[i][a];
    cell_frac(inverse, d, f);
    for (int a = 0; a < 3; a++)
        f[a] -= round(f[a]);
    for (int x = -1; x <= 1; x++)
        for (int y = -1; y <= 1; y++)
            for (int z = -1; z <= 1; z++) {
                double g[3] = {f[0] + x, f[1] + y, f[2] + z}, r[3];
                cell_cartesian(c->cell, g, r);
                best = fmin(best, sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]));
            }
    return best;
}

kd_status crystal_create(const struct structure *s, int n_species, const struct pseudo *const *pseudo, const int *species,
                         struct crystal *out)
{
    memset(out, 0, sizeof *out);
    TRY(check(s, n_species, pseudo));
    struct crystal c = {.n_atom = s->n_atom, .n_species = n_species};
    double inverse[3][3];
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            c.cell[a][b] = bohr_from_angstrom(s->cell[a][b]);
    c.volume = cell_volume(c.cell);
    cell_inverse(c.cell, inverse);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            c.reciprocal[a][b] = 2 * KD_PI * inverse[b][a];
    c.species = malloc((size_t)s->n_atom * sizeof *c.species);
    c.tau = malloc((size_t)s->n_atom * sizeof *c.tau);
    c.pseudo = malloc((size_t)n_species * sizeof(struct pseudo *));
    if (!c.species || !c.tau || !c.pseudo) {
        crystal_free(&c);
        FAIL(KD_ENOMEM, "crystal: no host memory");
    }
    memcpy(c.species, species, (size_t)s->n_atom * sizeof *c.species);
    memcpy(c.pseudo, pseudo, (size_t)n_species * sizeof(struct pseudo *));
    for (int i = 0; i < s->n_atom; i++) {
        for (int a = 0; a < 3; a++)
            c.tau[i][a] = bohr_from_angstrom(s->position[i][a]);
        c.n_electron += pseudo[species[i]]->z_valence;
    }
    for (int i = 0; i < c.n_atom; i++)
        for (int j = 0; j < i; j++)
            if (separation(&c, inverse, i, j) < 0.3) {
                crystal_free(&c);
                FAIL(KD_EINPUT, "%s: atoms %d and %d are at one place", s->source ? s->source : "structure", j, i);
            }
    *out = c;
    return KD_OK;
}

void crystal_free(struct crystal *c)
{
    free(c->species);
    free(c->tau);
    free(c->pseudo);
    memset(c, 0, sizeof *c);
}
