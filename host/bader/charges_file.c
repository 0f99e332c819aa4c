// SPDX-License-Identifier: BSD-3-Clause
/* charges_file.c - charges as JSON and as charges.h5. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/bader/bader.h"
#include "host/base/units.h"
#include "host/store/h5.h"
#include "host/structure/element.h"

static double volume_angstrom3(double volume)
{
    double edge = angstrom_from_bohr(1);
    return volume * edge * edge * edge;
}

/* ---- JSON ---- */

static void other_maxima_json(const struct bader_charges *b, struct js *object)
{
    struct js *list = js_array(object, "other_maxima");
    for (int m = 0; m < b->part.n_maximum; m++) {
        const struct bader_maximum *top = &b->part.maximum[m];
        if (top->nuclear || fabs(top->electrons) < BADER_EMPTY)
            continue;
        struct js *one = js_object(list, NULL);
        double r[3];
        for (int x = 0; x < 3; x++)
            r[x] = angstrom_from_bohr(top->position[x]);
        js_doubles(one, "position_angstrom", 3, r);
        js_int(one, "atom", top->atom);
        js_double(one, "distance_angstrom", angstrom_from_bohr(top->distance));
        js_double(one, "electrons", top->electrons);
    }
}

void bader_json(const struct bader_charges *b, struct js *object)
{
    int n = b->structure.n_atom;
    struct js *charge = js_array(object, "charges_e"), *electrons = js_array(object, "electrons");
    struct js *volume = js_array(object, "volumes_angstrom3"), *distance = js_array(object, "surface_distances_angstrom");
    struct js *symbol = js_array(object, "elements");
    for (int i = 0; i < n; i++) {
        if (isnan(b->charge[i]))
            js_null(charge, NULL);
        else
            js_double(charge, NULL, b->charge[i]);
        js_double(electrons, NULL, b->part.electrons[i]);
        js_double(volume, NULL, volume_angstrom3(b->part.volume[i]));
        js_double(distance, NULL, angstrom_from_bohr(b->part.distance[i]));
        js_string(symbol, NULL, element_symbol(b->structure.number[i]));
    }
    js_double(object, "n_electron", b->part.n_electron);
    js_double(object, "sum_error_e", b->sum_error);
    js_ints(object, "grid", 3, b->n);
    js_int(object, "order", b->order);
    js_bool(object, "valence_only", b->valence_only);
    js_int(object, "n_maximum", b->part.n_maximum);
    js_int(object, "n_other_maxima", b->part.n_other);
    js_int(object, "n_atoms_without_basin", b->part.n_empty);
    js_int(object, "rounds", b->part.n_round);
    js_double(object, "seconds_partition", b->part.seconds);
    other_maxima_json(b, object);
    struct js *cores = js_array(object, "cores");
    for (int c = 0; c < b->n_core; c++) {
        struct js *one = js_object(cores, NULL);
        js_string(one, "element", element_symbol(b->core[c].number));
        js_double(one, "z_valence", b->core[c].z_valence);
        js_string(one, "source", b->core[c].source);
    }
}

/* ---- charges.h5 ---- */

static kd_status write_structure(struct h5 *f, const struct structure *s)
{
    size_t n = (size_t)s->n_atom;
    TRY(h5_write(f, &(struct h5_array){"structure/cell_angstrom", H5_DOUBLE, 2, {3, 3}, .unit = "angstrom"}, s->cell));
    TRY(h5_write(f, &(struct h5_array){"structure/position_angstrom", H5_DOUBLE, 2, {n, 3}, .unit = "angstrom"}, s->position));
    return h5_write(f, &(struct h5_array){"structure/number", H5_INT, 1, {n}, .unit = "1"}, s->number);
}

/* volume and distance, converted. */
static kd_status write_shapes(struct h5 *f, const struct bader_charges *b)
{
    size_t n = (size_t)b->structure.n_atom;
    double *x = malloc(n * sizeof *x);
    kd_status status = KD_OK;
    if (!x)
        FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
    for (size_t i = 0; i < n; i++)
        x[i] = volume_angstrom3(b->part.volume[i]);
    TRY_OUT(h5_write(f, &(struct h5_array){"volume_angstrom3", H5_DOUBLE, 1, {n}, .unit = "angstrom^3"}, x));
    for (size_t i = 0; i < n; i++)
        x[i] = angstrom_from_bohr(b->part.distance[i]);
    TRY_OUT(h5_write(f, &(struct h5_array){"surface_distance_angstrom", H5_DOUBLE, 1, {n}, .unit = "angstrom"}, x));
out:
    free(x);
    return status;
}

/* Maxima that are no nuclei: x y z distance (angstrom), electrons; and their atoms. */
static kd_status write_other_maxima(struct h5 *f, const struct bader_charges *b)
{
    size_t n = (size_t)b->part.n_other, at = 0;
    double(*row)[5] = malloc((n + 1) * sizeof *row);
    int *atom = malloc((n + 1) * sizeof *atom);
    kd_status status = KD_OK;
    if (!row || !atom)
        FAIL_OUT(KD_ENOMEM, "%s: no host memory", h5_path(f));
    for (int m = 0; m < b->part.n_maximum; m++) {
        const struct bader_maximum *top = &b->part.maximum[m];
        if (top->nuclear || fabs(top->electrons) < BADER_EMPTY)
            continue;
        for (int x = 0; x < 3; x++)
            row[at][x] = angstrom_from_bohr(top->position[x]);
        row[at][3] = angstrom_from_bohr(top->distance);
        row[at][4] = top->electrons;
        atom[at++] = top->atom;
    }
    TRY_OUT(h5_write(f, &(struct h5_array){"other_maxima/xyz_distance_electrons", H5_DOUBLE, 2, {n, 5}, .unit = "angstrom, e"}, row));
    TRY_OUT(h5_write(f, &(struct h5_array){"other_maxima/atom", H5_INT, 1, {n}, .unit = "1"}, atom));
out:
    free(row);
    free(atom);
    return status;
}

static kd_status write_cores(struct h5 *f, const struct bader_charges *b)
{
    TRY(h5_group(f, "cores"));
    for (int c = 0; c < b->n_core; c++)
        TRY(h5_set_text(f, "cores", element_symbol(b->core[c].number), b->core[c].source));
    return KD_OK;
}

static kd_status write_all(struct h5 *f, const struct bader_charges *b, const struct js *provenance)
{
    size_t n = (size_t)b->structure.n_atom;
    TRY(h5_set_text(f, "/", "creator", "kedge bader"));
    TRY(h5_set_text(f, "/", "kind", "charges"));
    if (provenance)
        TRY(h5_set_members(f, "/", "provenance", provenance));
    TRY(write_structure(f, &b->structure));
    TRY(h5_write(f, &(struct h5_array){"charge_e", H5_DOUBLE, 1, {n}, .unit = "e"}, b->charge));
    TRY(h5_write(f, &(struct h5_array){"electrons", H5_DOUBLE, 1, {n}, .unit = "1"}, b->part.electrons));
    TRY(write_shapes(f, b));
    TRY(write_other_maxima(f, b));
    TRY(write_cores(f, b));
    TRY(h5_set_text(f, "/", "method", b->valence_only ? "near-grid, valence only" : "near-grid, valence + core"));
    TRY(h5_set_numbers(f, "/", "grid", H5_INT, 3, b->n));
    TRY(h5_set_int(f, "/", "order", b->order));
    TRY(h5_set_double(f, "/", "n_electron", b->part.n_electron));
    TRY(h5_set_double(f, "/", "sum_error_e", b->sum_error));
    TRY(h5_set_int(f, "/", "n_atoms_without_basin", b->part.n_empty));
    TRY(h5_set_text(f, "/", "density_hash", b->input_hash));
    return h5_set_text(f, "/", "input", b->input);
}

kd_status bader_write(const char *path, const struct bader_charges *b, const struct js *provenance)
{
    struct h5 *f;
    for (int i = 0; i < b->structure.n_atom; i++)
        if (isnan(b->charge[i]))
            FAIL(KD_EINPUT, "%s: the charge of %s is not known, expected --valence %s=N", path, element_symbol(b->structure.number[i]),
                 element_symbol(b->structure.number[i]));
    TRY(h5_create(path, &f));
    kd_status status = write_all(f, b, provenance);
    if (status == KD_OK)
        return h5_commit(f);
    h5_abandon(f);
    return status;
}
