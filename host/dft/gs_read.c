// SPDX-License-Identifier: BSD-3-Clause
/* gs_read.c - a ground state read back: what later stages start from. */
#include <stdlib.h>
#include <string.h>

#include "host/base/units.h"
#include "host/dft/gs.h"
#include "host/store/h5.h"

static kd_status read_structure(struct h5 *f, struct gs_file *g)
{
    struct h5_array number = {"structure/number", H5_INT, 1}, species = {"structure/species", H5_INT, 1};
    int *z = NULL;
    kd_status status = KD_OK;
    TRY_OUT(h5_read_new(f, &number, (void **)&z));
    size_t n = number.extent[0];
    if (n < 1 || n > 1000000)
        FAIL_OUT(KD_EINPUT, "%s: %zu atoms", h5_path(f), n);
    TRY_OUT(structure_create((int)n, &g->structure));
    memcpy(g->structure.number, z, n * sizeof *z);
    TRY_OUT(h5_read(f, &(struct h5_array){"structure/cell_angstrom", H5_DOUBLE, 2, {3, 3}}, g->structure.cell));
    TRY_OUT(h5_read(f, &(struct h5_array){"structure/position_angstrom", H5_DOUBLE, 2, {n, 3}}, g->structure.position));
    TRY_OUT(h5_read_strings(f, "structure/pseudopotential", &g->n_species, &g->pseudo));
    TRY_OUT(h5_read_new(f, &species, (void **)&g->species));
    if (species.extent[0] != n)
        FAIL_OUT(KD_EINPUT, "%s: %zu species for %zu atoms", h5_path(f), species.extent[0], n);
    for (size_t i = 0; i < n; i++)
        if (g->species[i] < 0 || (size_t)g->species[i] >= g->n_species)
            FAIL_OUT(KD_EINPUT, "%s: atom %zu has species %d of %zu", h5_path(f), i, g->species[i], g->n_species);
    g->structure.source = strdup(h5_path(f));
    TRY_OUT(structure_check(&g->structure));
out:
    free(z);
    return status;
}

static kd_status read_numbers(struct h5 *f, struct gs_file *g)
{
    char smearing[32];
    TRY(h5_get_double(f, "/", "ecut_ha", &g->ecut));
    TRY(h5_get_double(f, "/", "charge_e", &g->charge));
    TRY(h5_get_double(f, "/", "n_electron", &g->n_electron));
    TRY(h5_get_double(f, "/", "smearing_width_ha", &g->width));
    TRY(h5_get_text(f, "/", "smearing", smearing, sizeof smearing));
    TRY(smearing_parse(smearing, &g->smearing));
    TRY(h5_get_double(f, "energy_ha", "total", &g->energy));
    TRY(h5_get_double(f, "energy_ha", "fermi", &g->fermi));
    TRY(h5_get_double(f, "energy_ha", "homo", &g->homo));
    TRY(h5_get_numbers(f, "/", "kpoint_mesh", H5_INT, 3, g->mesh));
    return h5_get_numbers(f, "/", "kpoint_shift", H5_INT, 3, g->shift);
}

kd_status gs_read(const char *path, struct gs_file *out)
{
    struct h5 *f;
    char kind[32];
    kd_status status = KD_OK;
    memset(out, 0, sizeof *out);
    TRY(h5_open(path, &f));
    TRY_OUT(h5_get_text(f, "/", "kind", kind, sizeof kind));
    if (strcmp(kind, "ground_state") != 0)
        FAIL_OUT(KD_EINPUT, "%s: kind \"%s\", expected ground_state (made by kedge scf -o)", path, kind);
    TRY_OUT(read_structure(f, out));
    TRY_OUT(read_numbers(f, out));
    struct h5_array rho = {"wave/density", H5_DOUBLE, 2}, miller = {"wave/miller", H5_INT, 2};
    TRY_OUT(h5_read_new(f, &rho, (void **)&out->rho_g));
    TRY_OUT(h5_read_new(f, &miller, (void **)&out->miller));
    out->n_g = rho.extent[0];
    if (rho.extent[1] != 2 || miller.extent[0] != out->n_g || miller.extent[1] != 3)
        FAIL_OUT(KD_EINPUT, "%s: shapes of density and Miller indices do not fit together", path);
out:
    h5_close(f);
    if (status != KD_OK)
        gs_file_free(out);
    return status;
}

void gs_file_free(struct gs_file *g)
{
    structure_free(&g->structure);
    free(g->pseudo);
    free(g->species);
    free(g->rho_g);
    free(g->miller);
    memset(g, 0, sizeof *g);
}
