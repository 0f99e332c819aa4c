// SPDX-License-Identifier: BSD-3-Clause
/* gs_start.c - start from the density of another ground state. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/dft/gs.h"
#include "host/store/h5.h"
#include "host/structure/cell.h"
#include "host/structure/element.h"

struct earlier { /* what is read */
    size_t n_g, n_atom;
    double cell[3][3], (*position)[3], (*rho)[2];
    int (*miller)[3], *number;
};

static void earlier_free(struct earlier *e)
{
    free(e->position);
    free(e->rho);
    free(e->miller);
    free(e->number);
}

static kd_status earlier_read(const char *path, struct earlier *e)
{
    struct h5 *f;
    kd_status status = KD_OK;
    char kind[32];
    memset(e, 0, sizeof *e);
    TRY(h5_open(path, &f));
    struct h5_array position = {"structure/position_angstrom", H5_DOUBLE, 2}, number = {"structure/number", H5_INT, 1};
    struct h5_array rho = {"wave/density", H5_DOUBLE, 2}, miller = {"wave/miller", H5_INT, 2};
    TRY_OUT(h5_get_text(f, "/", "kind", kind, sizeof kind));
    if (strcmp(kind, "ground_state") != 0)
        FAIL_OUT(KD_EINPUT, "%s: kind \"%s\", expected ground_state", path, kind);
    TRY_OUT(h5_read(f, &(struct h5_array){"structure/cell_angstrom", H5_DOUBLE, 2, {3, 3}}, e->cell));
    TRY_OUT(h5_read_new(f, &position, (void **)&e->position));
    TRY_OUT(h5_read_new(f, &number, (void **)&e->number));
    TRY_OUT(h5_read_new(f, &rho, (void **)&e->rho));
    TRY_OUT(h5_read_new(f, &miller, (void **)&e->miller));
    e->n_atom = position.extent[0];
    e->n_g = rho.extent[0];
    if (position.extent[1] != 3 || number.extent[0] != e->n_atom || rho.extent[1] != 2 || miller.extent[0] != e->n_g || miller.extent[1] != 3)
        FAIL_OUT(KD_EINPUT, "%s: shapes of positions, numbers, density and Miller indices do not fit together", path);
out:
    h5_close(f);
    if (status != KD_OK)
        earlier_free(e);
    return status;
}

static kd_status same_atoms(const char *path, const struct earlier *e, const struct structure *s)
{
    if (e->n_atom != (size_t)s->n_atom)
        FAIL(KD_EINPUT, "%s: %zu atoms, the structure has %d", path, e->n_atom, s->n_atom);
    for (int i = 0; i < s->n_atom; i++)
        if (e->number[i] != s->number[i])
            FAIL(KD_EINPUT, "%s: atom %d is %s, the structure has %s", path, i, element_symbol(e->number[i]), element_symbol(s->number[i]));
    return KD_OK;
}

/* f += rho of the earlier sphere where both have the G; cells differ by strain, so numbers of electrons are kept. */
static kd_status add_earlier(const struct earlier *e, const struct sphere *density, double ratio, double (*f)[2])
{
    int most = 1;
    for (int g = 0; g < density->n; g++)
        for (int a = 0; a < 3; a++)
            most = abs(density->miller[g][a]) > most ? abs(density->miller[g][a]) : most;
    size_t side = 2 * (size_t)most + 1;
    int *where = malloc(side * side * side * sizeof *where);
    if (!where)
        FAIL(KD_ENOMEM, "gs: no host memory");
    memset(where, -1, side * side * side * sizeof *where);
    for (int g = 0; g < density->n; g++) {
        const int *m = density->miller[g];
        where[((size_t)(m[0] + most) * side + (size_t)(m[1] + most)) * side + (size_t)(m[2] + most)] = g;
    }
    for (size_t i = 0; i < e->n_g; i++) {
        const int *m = e->miller[i];
        if (abs(m[0]) > most || abs(m[1]) > most || abs(m[2]) > most)
            continue;
        int g = where[((size_t)(m[0] + most) * side + (size_t)(m[1] + most)) * side + (size_t)(m[2] + most)];
        for (int c = 0; c < 2 && g >= 0; c++)
            f[g][c] += ratio * e->rho[i][c];
    }
    free(where);
    return KD_OK;
}

/* Atomic densities with the tables of now at the places of then: the same fractions of the cell of now. e->position is moved there. */
static kd_status atoms_then(const struct earlier *e, const struct scf *s, const struct structure *structure, double (*f)[2])
{
    struct structure then = *structure;
    struct crystal c;
    double inverse[3][3], frac[3];
    cell_inverse(e->cell, inverse);
    then.position = e->position;
    for (int i = 0; i < then.n_atom; i++) {
        cell_frac((const double(*)[3])inverse, e->position[i], frac);
        cell_cartesian((const double(*)[3])then.cell, frac, e->position[i]);
    }
    TRY(crystal_create(&then, s->crystal->n_species, s->crystal->pseudo, s->crystal->species, &c));
    kd_status status = ion_superpose(&c, &s->density, s->ion.charge, f);
    crystal_free(&c);
    return status;
}

static kd_status combine(const struct earlier *e, struct scf *s, const struct structure *structure, double (*rho)[2], double (*atoms)[2])
{
    double then = fabs(cell_volume(e->cell)), now = fabs(cell_volume((const double(*)[3])structure->cell));
    TRY(ion_superpose(s->crystal, &s->density, s->ion.charge, rho));
    TRY(atoms_then(e, s, structure, atoms));
    for (int g = 0; g < s->density.n; g++)
        for (int c = 0; c < 2; c++)
            rho[g][c] -= atoms[g][c];
    TRY(add_earlier(e, &s->density, then / now, rho));
    rho[0][0] = s->n_electron / s->crystal->volume; /* also when the charge of the cell has changed */
    rho[0][1] = 0;
    return scf_set_density(s, (const double(*)[2])rho);
}

kd_status gs_start_density(const char *path, struct scf *s, const struct structure *structure)
{
    struct earlier e;
    size_t n = (size_t)s->density.n;
    kd_status status = KD_OK;
    TRY(earlier_read(path, &e));
    double(*rho)[2] = malloc(2 * n * sizeof *rho);
    if (!rho)
        FAIL_OUT(KD_ENOMEM, "%s: no host memory", path);
    TRY_OUT(same_atoms(path, &e, structure));
    TRY_OUT(combine(&e, s, structure, rho, rho + n));
    TRY_OUT(scf_start_orbitals(s));
out:
    free(rho);
    earlier_free(&e);
    return status;
}
