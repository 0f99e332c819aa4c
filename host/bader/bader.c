// SPDX-License-Identifier: BSD-3-Clause
/* bader.c - densities in, charges out. */
#include "host/bader/bader.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/upf.h"
#include "host/base/log.h"
#include "host/base/units.h"
#include "host/bader/cube_file.h"
#include "host/bader/gs_density.h"
#include "host/structure/cell.h"
#include "host/structure/element.h"

struct bader_options bader_defaults(void)
{
    return (struct bader_options){.grid_factor = 3};
}

void bader_charges_free(struct bader_charges *b)
{
    structure_free(&b->structure);
    bader_partition_free(&b->part);
    free(b->z_valence);
    free(b->charge);
    for (int c = 0; c < b->n_core; c++)
        core_free(&b->core[c]);
    memset(b, 0, sizeof *b);
}

static void hash_density(const double *value, size_t n, char text[24])
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < n; i++) {
        uint64_t word;
        memcpy(&word, &value[i], sizeof word);
        hash = (hash ^ word) * 1099511628211u;
    }
    snprintf(text, 24, "%016llx", (unsigned long long)hash);
}

static kd_status room_for_atoms(struct bader_charges *b)
{
    size_t n = (size_t)b->structure.n_atom;
    b->z_valence = malloc(n * sizeof *b->z_valence);
    b->charge = malloc(n * sizeof *b->charge);
    if (!b->z_valence || !b->charge)
        FAIL(KD_ENOMEM, "bader: no host memory");
    for (size_t i = 0; i < n; i++)
        b->z_valence[i] = b->charge[i] = NAN;
    return KD_OK;
}

/* ---- the common part ---- */

static kd_status refuse_empty(const struct bader_charges *b, const struct bader_options *o)
{
    const struct bader_partition *p = &b->part;
    for (int i = 0; i < b->structure.n_atom && p->n_empty; i++) {
        bool has = false;
        for (int m = 0; m < p->n_maximum; m++)
            has = has || (p->maximum[m].nuclear && p->maximum[m].atom == i);
        if (has)
            continue;
        const char *hint = b->n_core ? "is the grid too coarse?" : "a valence density has none at its nuclei: add the core (--reference, --valence)";
        if (!o->force)
            FAIL(KD_EINPUT, "%s: %d of %d atoms have no maximum, the first is atom %d (%s); %s", b->input, p->n_empty, b->structure.n_atom, i,
                 element_symbol(b->structure.number[i]), hint);
        log_warning("%d of %d atoms have no maximum, the first is atom %d (%s): their charges mean nothing; %s", p->n_empty,
                    b->structure.n_atom, i, element_symbol(b->structure.number[i]), hint);
        break;
    }
    return KD_OK;
}

/* Divides; positions and cell are those of b->structure, b->core holds n_core tables. */
static kd_status divide(kd_device *dev, const struct bader_options *o, const double *valence, const double *reference, const int *core_of,
                        struct bader_charges *b)
{
    const struct structure *s = &b->structure;
    struct bader_task task = {.name = b->input, .order = b->order, .n_atom = s->n_atom, .valence = valence, .reference = reference, .n_core = b->n_core,
                              .core = b->core, .core_of = core_of};
    double(*position)[3] = malloc((size_t)s->n_atom * sizeof *position);
    kd_status status = KD_OK;
    if (!position)
        FAIL(KD_ENOMEM, "bader: no host memory");
    memcpy(task.n, b->n, sizeof task.n);
    for (int a = 0; a < 3; a++)
        for (int x = 0; x < 3; x++)
            task.cell[a][x] = bohr_from_angstrom(s->cell[a][x]);
    for (int i = 0; i < s->n_atom; i++)
        for (int x = 0; x < 3; x++)
            position[i][x] = bohr_from_angstrom(s->position[i][x]);
    task.position = (const double(*)[3])position;
    hash_density(valence, (size_t)b->n[0] * (size_t)b->n[1] * (size_t)b->n[2], b->input_hash);
    TRY_OUT(bader_divide(dev, &task, &b->part));
    for (int i = 0; i < s->n_atom; i++)
        b->charge[i] = b->z_valence[i] - b->part.electrons[i];
    if (b->n_expected)
        b->sum_error = b->part.n_electron - b->expected_electrons;
    if (b->part.n_other)
        log_warning("%s: %d maxima of the density are no nuclei; each went to the nearest atom", b->input, b->part.n_other);
    TRY_OUT(refuse_empty(b, o));
out:
    free(position);
    return status;
}

/* ---- gs.h5 ---- */

/* From the file if it holds one for as many electrons; else the own atom. */
static kd_status find_core(const char *path, int number, double z_valence, struct core *core)
{
    struct pseudo p;
    if (path && upf_read(path, &p) == KD_OK) {
        bool fits = p.core_charge && p.z == number && fabs(p.z_valence - z_valence) < 1e-6;
        kd_status status = fits ? core_from_pseudo(&p, path, core) : KD_OK;
        pseudo_free(&p);
        if (fits)
            return status;
    }
    kd_error_clear();
    TRY(core_from_atom(number, z_valence, core));
    if (core->n_electron > 0)
        log_info("core of %s: %s", element_symbol(number), core->source);
    return KD_OK;
}

static kd_status find_cores(const struct gs_density *g, struct bader_charges *b)
{
    if (g->n_species > BADER_ELEMENTS)
        FAIL(KD_EINPUT, "%s: %d species, expected at most %d", b->input, g->n_species, BADER_ELEMENTS);
    for (int t = 0; t < g->n_species; t++) {
        int number = 0;
        for (int i = 0; i < g->structure.n_atom; i++)
            number = g->species[i] == t ? g->structure.number[i] : number;
        if (number == 0)
            FAIL(KD_EINPUT, "%s: species %d belongs to no atom", b->input, t);
        TRY(find_core(g->pseudopotential[t], number, g->z_valence[t], &b->core[t]));
        b->n_core++;
    }
    return KD_OK;
}

kd_status bader_ground_state(kd_device *dev, const char *path, const struct bader_options *o, struct bader_charges *out)
{
    struct gs_density g = {0};
    double *valence = NULL;
    kd_status status = KD_OK;
    memset(out, 0, sizeof *out);
    if (o->grid_factor < 1 || o->grid_factor > 6)
        FAIL(KD_EINPUT, "--grid-factor: %d, expected 1 to 6", o->grid_factor);
    if (o->valence_only && !o->force)
        FAIL(KD_EINPUT, "--valence-only: without its core a silicon of quartz has no basin at all (charge +4); to see that, add --force");
    snprintf(out->input, sizeof out->input, "%s", path);
    TRY(gs_density_read(path, &g));
    TRY_OUT(structure_copy(&g.structure, &out->structure));
    TRY_OUT(room_for_atoms(out));
    out->valence_only = o->valence_only;
    out->order = o->order ? o->order : 4;
    if (!o->valence_only)
        TRY_OUT(find_cores(&g, out));
    for (int i = 0; i < g.structure.n_atom; i++)
        out->z_valence[i] = g.z_valence[g.species[i]];
    out->n_expected = 1;
    out->expected_electrons = g.n_electron;
    TRY_OUT(gs_density_pad(&g, dev->n_thread, o->grid_factor, out->n, &valence));
    TRY_OUT(divide(dev, o, valence, NULL, g.species, out));
out:
    free(valence);
    gs_density_free(&g);
    if (status != KD_OK)
        bader_charges_free(out);
    return status;
}

/* ---- cube files ---- */

/* z_valence and cores of the elements that --valence names; *core_of is the caller's. */
static kd_status cube_cores(const struct bader_options *o, struct bader_charges *b, int **core_of)
{
    const struct structure *s = &b->structure;
    *core_of = malloc((size_t)s->n_atom * sizeof **core_of);
    if (!*core_of)
        FAIL(KD_ENOMEM, "bader: no host memory");
    for (int v = 0; v < o->n_valence; v++)
        if (!o->reference && !o->valence_only) {
            TRY(core_from_atom(o->valence[v].number, o->valence[v].electrons, &b->core[v]));
            b->n_core++;
        }
    for (int i = 0; i < s->n_atom; i++) {
        (*core_of)[i] = -1;
        for (int v = 0; v < o->n_valence; v++)
            if (o->valence[v].number == s->number[i]) {
                b->z_valence[i] = o->valence[v].electrons;
                (*core_of)[i] = b->n_core ? v : -1;
            }
    }
    return KD_OK;
}

static kd_status read_reference(const struct bader_options *o, const struct cube_file *valence, struct cube_file *reference)
{
    if (!o->reference)
        return KD_OK;
    TRY(cube_file_read(o->reference, reference));
    for (int a = 0; a < 3; a++) {
        if (reference->n[a] != valence->n[a])
            FAIL(KD_EINPUT, "%s: %d points along axis %d, the density has %d", o->reference, reference->n[a], a, valence->n[a]);
        for (int x = 0; x < 3; x++)
            if (fabs(reference->cell[a][x] - valence->cell[a][x]) > 1e-3)
                FAIL(KD_EINPUT, "%s: the cell differs from that of the density by %g bohr", o->reference,
                     fabs(reference->cell[a][x] - valence->cell[a][x]));
    }
    return KD_OK;
}

kd_status bader_cube(kd_device *dev, const char *path, const struct bader_options *o, struct bader_charges *out)
{
    struct cube_file valence = {0}, reference = {0};
    int *core_of = NULL;
    kd_status status = KD_OK;
    memset(out, 0, sizeof *out);
    snprintf(out->input, sizeof out->input, "%s", path);
    TRY(cube_file_read(path, &valence));
    TRY_OUT(read_reference(o, &valence, &reference));
    TRY_OUT(structure_copy(&valence.structure, &out->structure));
    memcpy(out->n, valence.n, sizeof out->n);
    TRY_OUT(room_for_atoms(out));
    TRY_OUT(cube_cores(o, out, &core_of));
    out->valence_only = o->valence_only;
    out->order = o->order ? o->order : 2;
    TRY_OUT(divide(dev, o, valence.value, reference.value, core_of, out));
out:
    free(core_of);
    cube_file_free(&valence);
    cube_file_free(&reference);
    if (status != KD_OK)
        bader_charges_free(out);
    return status;
}
