// SPDX-License-Identifier: BSD-3-Clause
/* structure.c - making, copying, repeating and checking structures. */
#include "host/structure/structure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/units.h"
#include "host/structure/cell.h"
#include "host/structure/element.h"

kd_status structure_create(int n_atom, struct structure *out)
{
    memset(out, 0, sizeof *out);
    if (n_atom < 1 || n_atom > STRUCTURE_MAX_ATOM)
        FAIL(KD_EINPUT, "structure: %d atoms, expected 1 to %d", n_atom, STRUCTURE_MAX_ATOM);
    out->n_atom = n_atom;
    for (int k = 0; k < 3; k++)
        out->periodic[k] = true;
    out->number = calloc((size_t)n_atom, sizeof *out->number);
    out->position = calloc((size_t)n_atom, sizeof *out->position);
    if (!out->number || !out->position) {
        structure_free(out);
        FAIL(KD_ENOMEM, "structure: no memory for %d atoms", n_atom);
    }
    return KD_OK;
}

void structure_free(struct structure *s)
{
    free(s->number);
    free(s->position);
    free(s->velocity);
    free(s->force);
    free(s->info);
    free(s->source);
    memset(s, 0, sizeof *s);
}

static kd_status add_vectors(int n_atom, double (**vector)[3])
{
    if (*vector)
        return KD_OK;
    *vector = calloc((size_t)n_atom, sizeof **vector);
    if (!*vector)
        FAIL(KD_ENOMEM, "structure: no memory for %d atoms", n_atom);
    return KD_OK;
}

kd_status structure_add_velocity(struct structure *s)
{
    return add_vectors(s->n_atom, &s->velocity);
}

kd_status structure_add_force(struct structure *s)
{
    return add_vectors(s->n_atom, &s->force);
}

static kd_status copy_text(const char *from, char **to)
{
    *to = from ? strdup(from) : NULL;
    if (from && !*to)
        FAIL(KD_ENOMEM, "structure: no memory");
    return KD_OK;
}

static kd_status copy_into(const struct structure *from, struct structure *out)
{
    size_t n = (size_t)from->n_atom;
    memcpy(out->cell, from->cell, sizeof out->cell);
    memcpy(out->periodic, from->periodic, sizeof out->periodic);
    memcpy(out->number, from->number, n * sizeof *out->number);
    memcpy(out->position, from->position, n * sizeof *out->position);
    if (from->velocity) {
        TRY(structure_add_velocity(out));
        memcpy(out->velocity, from->velocity, n * sizeof *out->velocity);
    }
    if (from->force) {
        TRY(structure_add_force(out));
        memcpy(out->force, from->force, n * sizeof *out->force);
    }
    out->has_energy = from->has_energy;
    out->has_virial = from->has_virial;
    out->energy = from->energy;
    memcpy(out->virial, from->virial, sizeof out->virial);
    TRY(copy_text(from->info, &out->info));
    return copy_text(from->source, &out->source);
}

kd_status structure_copy(const struct structure *from, struct structure *out)
{
    TRY(structure_create(from->n_atom, out));
    kd_status status = copy_into(from, out);
    if (status != KD_OK)
        structure_free(out);
    return status;
}

bool structure_is_cluster(const struct structure *s)
{
    for (int k = 0; k < 3; k++)
        for (int a = 0; a < 3; a++)
            if (s->periodic[k] || s->cell[k][a] != 0)
                return false;
    return true;
}

static kd_status check_cell(const struct structure *s, const char *place)
{
    if (structure_is_cluster(s))
        return KD_OK;
    double box = 1; /* volume of a rectangular cell with these vectors */
    for (int k = 0; k < 3; k++) {
        const double *v = s->cell[k];
        double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
        if (!(length >= STRUCTURE_MIN_VECTOR && length <= STRUCTURE_MAX_LENGTH))
            FAIL(KD_EINPUT, "%s: lattice vector %d has the length %g A, expected %g to %g", place, k + 1,
                 length, STRUCTURE_MIN_VECTOR, STRUCTURE_MAX_LENGTH);
        box *= length;
    }
    double volume = cell_volume(s->cell);
    /* A flat cell of rounded numbers has a volume of rounding errors. */
    if (fabs(volume) <= 1e-9 * box)
        FAIL(KD_EINPUT, "%s: cell volume %g A^3, expected three independent lattice vectors", place, volume);
    if (volume < 0)
        FAIL(KD_EINPUT,
             "%s: the cell is left-handed (volume %g A^3), expected a right-handed one: swap two lattice "
             "vectors",
             place, volume);
    return KD_OK;
}

static kd_status check_vectors(const struct structure *s, const double (*vector)[3], const char *place,
                               const char *what)
{
    for (int i = 0; vector && i < s->n_atom; i++)
        for (int a = 0; a < 3; a++)
            if (!isfinite(vector[i][a]))
                FAIL(KD_EINPUT, "%s: %s of atom %d is not finite, expected a number", place, what, i + 1);
    return KD_OK;
}

kd_status structure_check(const struct structure *s)
{
    const char *place = s->source ? s->source : "structure";
    if (s->n_atom < 1)
        FAIL(KD_EINPUT, "%s: no atoms, expected at least one", place);
    TRY(check_cell(s, place));
    for (int i = 0; i < s->n_atom; i++)
        if (!element_symbol(s->number[i]))
            FAIL(KD_EINPUT, "%s: atom %d has atomic number %d, expected 1 to %d", place, i + 1, s->number[i],
                 ELEMENT_LAST);
    TRY(check_vectors(s, (const double(*)[3])s->position, place, "position"));
    for (int i = 0; i < s->n_atom; i++)
        for (int a = 0; a < 3; a++)
            if (fabs(s->position[i][a]) > STRUCTURE_MAX_LENGTH)
                FAIL(KD_EINPUT, "%s: atom %d at %g A, expected at most %g", place, i + 1, s->position[i][a],
                     STRUCTURE_MAX_LENGTH);
    TRY(check_vectors(s, (const double(*)[3])s->velocity, place, "velocity"));
    TRY(check_vectors(s, (const double(*)[3])s->force, place, "force"));
    bool finite = !s->has_energy || isfinite(s->energy);
    for (int v = 0; v < 6; v++)
        finite = finite && (!s->has_virial || isfinite(s->virial[v]));
    if (!finite)
        FAIL(KD_EINPUT, "%s: energy or virial is not finite, expected numbers", place);
    return KD_OK;
}

void structure_wrap(struct structure *s)
{
    if (structure_is_cluster(s))
        return;
    double inverse[3][3];
    cell_inverse((const double(*)[3])s->cell, inverse);
    for (int i = 0; i < s->n_atom; i++) {
        double frac[3];
        cell_frac((const double(*)[3])inverse, s->position[i], frac);
        for (int k = 0; k < 3; k++)
            for (int a = 0; s->periodic[k] && a < 3; a++)
                s->position[i][a] -= floor(frac[k]) * s->cell[k][a];
    }
}

/* Atoms of the copy that stands at cell (n0, n1, n2) go to out[first...]. */
static void place_copy(const struct structure *s, const int n[3], int first, struct structure *out)
{
    for (int i = 0; i < s->n_atom; i++) {
        out->number[first + i] = s->number[i];
        for (int a = 0; a < 3; a++) {
            out->position[first + i][a] =
                s->position[i][a] + n[0] * s->cell[0][a] + n[1] * s->cell[1][a] + n[2] * s->cell[2][a];
            if (s->velocity)
                out->velocity[first + i][a] = s->velocity[i][a];
            if (s->force)
                out->force[first + i][a] = s->force[i][a];
        }
    }
}

static kd_status fill_supercell(const struct structure *s, const int repeat[3], struct structure *out)
{
    if (s->velocity)
        TRY(structure_add_velocity(out));
    if (s->force)
        TRY(structure_add_force(out));
    TRY(copy_text(s->info, &out->info));
    TRY(copy_text(s->source, &out->source));
    int n[3], first = 0;
    for (n[0] = 0; n[0] < repeat[0]; n[0]++)
        for (n[1] = 0; n[1] < repeat[1]; n[1]++)
            for (n[2] = 0; n[2] < repeat[2]; n[2]++, first += s->n_atom)
                place_copy(s, n, first, out);
    double n_copy = (double)repeat[0] * repeat[1] * repeat[2];
    memcpy(out->periodic, s->periodic, sizeof out->periodic);
    for (int k = 0; k < 3; k++)
        for (int a = 0; a < 3; a++)
            out->cell[k][a] = repeat[k] * s->cell[k][a];
    out->has_energy = s->has_energy;
    out->has_virial = s->has_virial;
    out->energy = n_copy * s->energy;
    for (int v = 0; v < 6; v++)
        out->virial[v] = n_copy * s->virial[v];
    return KD_OK;
}

kd_status structure_repeat(const struct structure *s, const int repeat[3], struct structure *out)
{
    const char *place = s->source ? s->source : "structure";
    double n_copy = 1;
    for (int k = 0; k < 3; k++) {
        if (repeat[k] < 1)
            FAIL(KD_EINPUT, "%s: repeat %d %d %d, expected counts of at least 1", place, repeat[0], repeat[1],
                 repeat[2]);
        n_copy *= repeat[k];
    }
    if (n_copy > 1 && structure_is_cluster(s))
        FAIL(KD_EINPUT, "%s: an isolated cluster cannot be repeated, expected a cell", place);
    if (n_copy * s->n_atom > STRUCTURE_MAX_ATOM)
        FAIL(KD_EINPUT, "%s: %.0f atoms in the supercell, expected at most %d", place, n_copy * s->n_atom,
             STRUCTURE_MAX_ATOM);
    TRY(structure_create((int)n_copy * s->n_atom, out));
    kd_status status = fill_supercell(s, repeat, out);
    if (status != KD_OK)
        structure_free(out);
    return status;
}

double structure_mass(const struct structure *s)
{
    double sum = 0;
    for (int i = 0; i < s->n_atom; i++) {
        double mass = element_mass(s->number[i]);
        if (mass == 0)
            return 0;
        sum += mass;
    }
    return sum;
}

double structure_density(const struct structure *s)
{
    return structure_is_cluster(s)
               ? 0
               : gcc_from_amu_a3(structure_mass(s) / cell_volume((const double(*)[3])s->cell));
}

/* Hill (1900): carbon, hydrogen, then the alphabet; without carbon everything by the alphabet. */
static int hill_order(const void *x, const void *y)
{
    return strcmp(element_symbol(*(const int *)x), element_symbol(*(const int *)y));
}

void structure_formula(const struct structure *s, char *text, size_t size)
{
    int count[ELEMENT_LAST + 1] = {0}, order[ELEMENT_LAST + 1], n = 0, first = 0;
    for (int i = 0; i < s->n_atom; i++)
        count[s->number[i]]++;
    if (count[6])
        order[n++] = 6;
    if (count[6] && count[1])
        order[n++] = 1;
    first = n;
    for (int z = 1; z <= ELEMENT_LAST; z++)
        if (count[z] && !(count[6] && (z == 6 || z == 1)))
            order[n++] = z;
    qsort(order + first, (size_t)(n - first), sizeof *order, hill_order);
    size_t used = 0;
    text[0] = '\0';
    for (int e = 0; e < n && used < size; e++) {
        const char *symbol = element_symbol(order[e]);
        used +=
            (size_t)(count[order[e]] > 1 ? snprintf(text + used, size - used, "%s%d", symbol, count[order[e]])
                                         : snprintf(text + used, size - used, "%s", symbol));
    }
}
