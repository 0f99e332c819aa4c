// SPDX-License-Identifier: BSD-3-Clause
/* gs_density.c - reading and interpolating the density of gs.h5. */
#include "host/bader/gs_density.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/units.h"
#include "host/store/h5.h"
#include "host/structure/cell.h"
#include "kernels/grid_ops.h"

void gs_density_free(struct gs_density *g)
{
    structure_free(&g->structure);
    free(g->species);
    free(g->z_valence);
    free(g->pseudopotential);
    free(g->miller);
    free(g->rho);
    memset(g, 0, sizeof *g);
}

/* ---- reading ---- */

static kd_status check_species(const char *path, const struct gs_density *g)
{
    for (int i = 0; i < g->structure.n_atom; i++)
        if (g->species[i] < 0 || g->species[i] >= g->n_species)
            FAIL(KD_EINPUT, "%s: species %d of atom %d, expected 0 to %d", path, g->species[i], i, g->n_species - 1);
    return KD_OK;
}

static kd_status read_structure(struct h5 *f, struct gs_density *g)
{
    const char *path = h5_path(f);
    struct h5_array position = {"structure/position_angstrom", H5_DOUBLE, 2};
    TRY(h5_shape(f, position.name, &position));
    if (position.rank != 2 || position.extent[1] != 3 || position.extent[0] > STRUCTURE_MAX_ATOM)
        FAIL(KD_EINPUT, "%s: structure/position_angstrom, expected three numbers per atom", path);
    size_t n = position.extent[0], n_name;
    TRY(structure_create((int)n, &g->structure));
    struct structure *s = &g->structure;
    g->species = malloc(n * sizeof *g->species);
    s->source = malloc(strlen(path) + 1);
    if (!g->species || !s->source)
        FAIL(KD_ENOMEM, "%s: no host memory", path);
    memcpy(s->source, path, strlen(path) + 1);
    TRY(h5_read(f, &(struct h5_array){"structure/cell_angstrom", H5_DOUBLE, 2, {3, 3}, .unit = "angstrom"}, s->cell));
    TRY(h5_read(f, &(struct h5_array){"structure/position_angstrom", H5_DOUBLE, 2, {n, 3}, .unit = "angstrom"}, s->position));
    TRY(h5_read(f, &(struct h5_array){"structure/number", H5_INT, 1, {n}}, s->number));
    TRY(h5_read(f, &(struct h5_array){"structure/species", H5_INT, 1, {n}}, g->species));
    struct h5_array valence = {"structure/z_valence", H5_DOUBLE, 1};
    TRY(h5_read_new(f, &valence, (void **)&g->z_valence));
    TRY(h5_read_strings(f, "structure/pseudopotential", &n_name, &g->pseudopotential));
    if (n_name != valence.extent[0] || n_name < 1 || n_name > 1000)
        FAIL(KD_EINPUT, "%s: %zu pseudopotentials for %zu valences", path, n_name, valence.extent[0]);
    g->n_species = (int)n_name;
    TRY(check_species(path, g));
    return structure_check(s);
}

static kd_status read_density(struct h5 *f, struct gs_density *g)
{
    const char *path = h5_path(f);
    struct h5_array grid = {.name = "grid/density"}, rho = {"wave/density", H5_DOUBLE, 2}, miller = {"wave/miller", H5_INT, 2};
    TRY(h5_get_double(f, "/", "n_electron", &g->n_electron));
    TRY(h5_shape(f, "grid/density", &grid));
    TRY(h5_read_new(f, &rho, (void **)&g->rho));
    TRY(h5_read_new(f, &miller, (void **)&g->miller));
    if (grid.rank != 3 || rho.extent[1] != 2 || miller.extent[1] != 3 || rho.extent[0] != miller.extent[0] || rho.extent[0] < 1)
        FAIL(KD_EINPUT, "%s: shapes of grid/density, wave/density and wave/miller do not fit together", path);
    g->n_g = (int)rho.extent[0];
    for (int a = 0; a < 3; a++) {
        g->n[a] = (int)grid.extent[a];
        if (g->miller[0][a] != 0)
            FAIL(KD_EINPUT, "%s: wave/miller begins with %d, expected G = 0", path, g->miller[0][a]);
    }
    for (int i = 0; i < g->n_g; i++)
        for (int a = 0; a < 3; a++)
            if (2 * abs(g->miller[i][a]) >= g->n[a])
                FAIL(KD_EINPUT, "%s: wave/miller[%d] does not fit the grid", path, i);
    return KD_OK;
}

/* A density of FP32 orbitals holds its electrons to 1e-7; charges are to add up to 1e-6. */
static kd_status normalise(const char *path, struct gs_density *g)
{
    double found = g->rho[0][0] * fabs(cell_volume((const double(*)[3])g->structure.cell)) / pow(KD_BOHR_ANGSTROM, 3);
    if (!(fabs(found - g->n_electron) <= 1e-4 * (1 + g->n_electron)))
        FAIL(KD_EINPUT, "%s: the density holds %g electrons, expected %g", path, found, g->n_electron);
    double ratio = g->n_electron / found;
    for (int i = 0; i < g->n_g; i++)
        for (int c = 0; c < 2; c++)
            g->rho[i][c] *= ratio;
    return KD_OK;
}

kd_status gs_density_read(const char *path, struct gs_density *g)
{
    struct h5 *f;
    char kind[32];
    kd_status status = KD_OK;
    memset(g, 0, sizeof *g);
    TRY(h5_open(path, &f));
    TRY_OUT(h5_get_text(f, "/", "kind", kind, sizeof kind));
    if (strcmp(kind, "ground_state") != 0)
        FAIL_OUT(KD_EINPUT, "%s: kind \"%s\", expected ground_state", path, kind);
    TRY_OUT(read_structure(f, g));
    TRY_OUT(read_density(f, g));
    TRY_OUT(normalise(path, g));
out:
    h5_close(f);
    if (status != KD_OK)
        gs_density_free(g);
    return status;
}

/* ---- interpolation ---- */

static kd_status transform(kd_device *cpu, const struct grid_spec *spec, const double (*rho)[2], double *value)
{
    size_t n = (size_t)spec->n[0] * (size_t)spec->n[1] * (size_t)spec->n[2];
    struct grid *grid = NULL;
    double *g_d = NULL, *r_d = NULL;
    kd_status status = KD_OK;
    TRY(cpu->grid->create(cpu, spec, &grid));
    TRY_OUT(kd_scratch_reserve(cpu, cpu->grid->scratch(cpu, grid)));
    TRY_OUT(kd_alloc_copy(cpu, cpu->stream, rho, (size_t)spec->n_g * sizeof *rho, &g_d));
    TRY_OUT(kd_alloc(cpu, n * sizeof *r_d, &r_d));
    TRY_OUT(cpu->grid->backward(cpu, cpu->stream, grid, g_d, r_d));
    TRY_OUT(kd_download(cpu, cpu->stream, value, r_d, n * sizeof *value));
out:
    kd_free(cpu, g_d);
    kd_free(cpu, r_d);
    cpu->grid->destroy(cpu, grid);
    return status;
}

kd_status gs_density_pad(const struct gs_density *g, int n_thread, int factor, int n[3], double **value)
{
    double points = 1;
    for (int a = 0; a < 3; a++) {
        n[a] = factor * g->n[a];
        points *= n[a];
    }
    if (points > 2147483647.0)
        FAIL(KD_EINPUT, "--grid-factor: %d x %d x %d points, expected fewer than 2^31 in all", n[0], n[1], n[2]);
    kd_device *cpu;
    TRY(kd_device_open("cpu", n_thread, &cpu, NULL));
    double(*wave)[3] = calloc((size_t)g->n_g, sizeof *wave); /* gradients are not asked for */
    kd_status status = KD_OK;
    *value = malloc((size_t)points * sizeof **value);
    if (!wave || !*value)
        FAIL_OUT(KD_ENOMEM, "bader: no host memory for %g points", points);
    struct grid_spec spec = {.n = {n[0], n[1], n[2]}, .volume = 1, .n_g = g->n_g, .miller = (const int(*)[3])g->miller,
                             .g = (const double(*)[3])wave};
    TRY_OUT(transform(cpu, &spec, (const double(*)[2])g->rho, *value));
out:
    free(wave);
    kd_device_close(cpu);
    if (status != KD_OK) {
        free(*value);
        *value = NULL;
    }
    return status;
}
