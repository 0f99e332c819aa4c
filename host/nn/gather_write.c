// SPDX-License-Identifier: BSD-3-Clause
/* gather_write.c - dataset.h5, and the same in words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/nn/dataset.h"
#include "host/nn/gather_room.h"
#include "host/store/h5.h"

/* structure_id counts the structures that have rows, in the order of their first row: number[cell], -1 for none. */
static int number_structures(const struct gather *g, int *number)
{
    int n = 0;
    for (int c = 0; c < g->n_cell; c++)
        number[c] = -1;
    for (int i = 0; i < g->n_row; i++)
        if (number[g->row[i].structure] < 0) {
            int own = g->row[i].structure, same = -1;
            for (int c = 0; c < g->n_cell; c++) /* the same structure twice, once from a dataset */
                if (number[c] >= 0 && strcmp(g->cell[c].hash, g->cell[own].hash) == 0)
                    same = number[c];
            number[own] = same >= 0 ? same : n++;
        }
    return n;
}

/* columns of all rows, `from` on, `width` wide (in a row of `value`), in single precision: what networks train on, and half the file. */
static kd_status write_block(struct h5 *f, const struct gather *g, const struct h5_array *a, size_t from, size_t width)
{
    float *block = malloc((size_t)g->n_row * width * sizeof *block);
    if (!block)
        FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
    for (int i = 0; i < g->n_row; i++)
        for (size_t c = 0; c < width; c++)
            block[(size_t)i * width + c] = (float)g->row[i].value[from + c];
    kd_status status = h5_write(f, a, block);
    free(block);
    return status;
}

static kd_status write_values(struct h5 *f, const struct gather *g)
{
    size_t n = (size_t)g->n_row, n_e = (size_t)g->o.n_energy, n_r = (size_t)g->n_r;
    double *r = malloc(n_r * sizeof *r);
    if (!r)
        FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
    for (int b = 0; b < g->n_r; b++)
        r[b] = rdf_radius(&g->o.bonds.site_axis, b);
    kd_status status = h5_write(f, &(struct h5_array){"r_angstrom", H5_DOUBLE, 1, {n_r}, .unit = "angstrom"}, r);
    free(r);
    TRY(status);
    TRY(h5_set_double(f, "r_angstrom", "smoothing_angstrom", g->o.bonds.site_axis.smoothing));
    TRY(h5_write(f, &(struct h5_array){"energy_ev", H5_DOUBLE, 1, {n_e}, .unit = "eV"}, g->energy_ev));
    TRY(write_block(f, g, &(struct h5_array){"spectra", H5_FLOAT, 2, {n, n_e}, .unit = "Mb", .flags = H5_DEFLATE}, 0, n_e));
    TRY(write_block(f, g, &(struct h5_array){"rdf", H5_FLOAT, 2, {n, n_r}, .unit = "1", .flags = H5_DEFLATE}, n_e, n_r));
    return write_block(f, g, &(struct h5_array){"rdf_partial", H5_FLOAT, 3, {n, 2, n_r}, .unit = "1", .flags = H5_DEFLATE}, n_e + n_r, 2 * n_r);
}

static kd_status write_columns(struct h5 *f, const struct gather *g, const int *number)
{
    size_t n = (size_t)g->n_row;
    double *x = malloc(2 * n * sizeof *x);
    int *k = malloc(4 * n * sizeof *k);
    kd_status status = KD_OK;
    if (!x || !k)
        FAIL_OUT(KD_ENOMEM, "%s: no host memory", h5_path(f));
    for (size_t i = 0; i < n; i++) {
        const struct gather_row *row = &g->row[i];
        x[i] = row->charge;
        x[n + i] = row->x;
        k[i] = number[row->structure];
        k[n + i] = row->site;
        memcpy(k + 2 * n + 2 * i, row->coordination, sizeof row->coordination);
    }
    TRY_OUT(h5_write(f, &(struct h5_array){"charge_e", H5_DOUBLE, 1, {n}, .unit = "e"}, x));
    TRY_OUT(h5_write(f, &(struct h5_array){"x", H5_DOUBLE, 1, {n}, .unit = "1"}, x + n));
    TRY_OUT(h5_write(f, &(struct h5_array){"structure_id", H5_INT, 1, {n}, .unit = "1"}, k));
    TRY_OUT(h5_write(f, &(struct h5_array){"site", H5_INT, 1, {n}, .unit = "1"}, k + n));
    TRY_OUT(h5_write(f, &(struct h5_array){"coordination", H5_INT, 2, {n, 2}, .unit = "1"}, k + 2 * n));
out:
    free(x);
    free(k);
    return status;
}

static kd_status write_structures(struct h5 *f, const struct gather *g, const int *number, int n)
{
    static const char *const name[4] = {"structure/name", "structure/hash", "structure/charges", "structure/xanes"};
    const char **text = calloc(4 * (size_t)n, sizeof *text);
    double *x = malloc((size_t)n * sizeof *x);
    kd_status status = KD_OK;
    if (!text || !x)
        FAIL_OUT(KD_ENOMEM, "%s: no host memory", h5_path(f));
    for (int c = g->n_cell - 1; c >= 0; c--) /* the first of equal ones stays */
        if (number[c] >= 0) {
            const char *own[4] = {g->cell[c].name, g->cell[c].hash, g->cell[c].charges, g->cell[c].xanes};
            for (int t = 0; t < 4; t++)
                text[t * n + number[c]] = own[t];
            x[number[c]] = g->cell[c].x;
        }
    for (int t = 0; t < 4; t++)
        TRY_OUT(h5_write_strings(f, name[t], (size_t)n, text + t * n));
    TRY_OUT(h5_write(f, &(struct h5_array){"structure/x", H5_DOUBLE, 1, {(size_t)n}, .unit = "1"}, x));
out:
    free(text);
    free(x);
    return status;
}

static kd_status write_left_out(struct h5 *f, const struct gather *g)
{
    size_t n = (size_t)g->n_loss;
    if (n == 0)
        return KD_OK;
    const char **text = malloc(2 * n * sizeof *text);
    int *site = malloc(n * sizeof *site);
    kd_status status = KD_OK;
    if (!text || !site)
        FAIL_OUT(KD_ENOMEM, "%s: no host memory", h5_path(f));
    for (size_t i = 0; i < n; i++) {
        text[i] = g->loss[i].structure;
        text[n + i] = g->loss[i].reason;
        site[i] = g->loss[i].site;
    }
    TRY_OUT(h5_write_strings(f, "left_out/structure", n, text));
    TRY_OUT(h5_write_strings(f, "left_out/reason", n, text + n));
    TRY_OUT(h5_write(f, &(struct h5_array){"left_out/site", H5_INT, 1, {n}, .unit = "1"}, site));
out:
    free(text);
    free(site);
    return status;
}

/* split/site_test and split/structure_test: 1 for rows to test on, as kedge train divides with the same seed and fraction. */
static kd_status write_splits(struct h5 *f, const struct gather *g, const int *number, int n_structure)
{
    static const char *const name[2] = {"split/site_test", "split/structure_test"};
    size_t n = (size_t)g->n_row;
    int *id = malloc(2 * n * sizeof *id), *test = id + n;
    kd_status status = KD_OK;
    if (!id)
        FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
    for (size_t i = 0; i < n; i++)
        id[i] = number[g->row[i].structure];
    struct nn_dataset d = {.n_row = g->n_row, .structure_id = id};
    for (int kind = 0; kind < 2; kind++) {
        struct nn_split split;
        if ((kind == NN_BY_SITE ? g->n_row : n_structure) < 2)
            continue;
        TRY_OUT(nn_split_make(&d, (enum nn_split_kind)kind, g->o.test_fraction, g->o.split_seed, &split));
        memset(test, 0, n * sizeof *test);
        for (int i = 0; i < split.n_test; i++)
            test[split.test[i]] = 1;
        nn_split_free(&split);
        TRY_OUT(h5_write(f, &(struct h5_array){name[kind], H5_INT, 1, {n}, .unit = "1"}, test));
        TRY_OUT(h5_set_int(f, name[kind], "seed", (long long)g->o.split_seed));
        TRY_OUT(h5_set_double(f, name[kind], "test_fraction", g->o.test_fraction));
    }
out:
    free(id);
    return status;
}

static kd_status write_all(struct h5 *f, const struct gather *g, const struct js *provenance, int *number)
{
    int n_structure = number_structures(g, number);
    TRY(h5_set_text(f, "/", "creator", "kedge dataset"));
    TRY(h5_set_text(f, "/", "kind", "dataset"));
    TRY(h5_set_text(f, "/", "recipe", g->recipe));
    TRY(h5_set_double(f, "/", "calibration_ev", g->calibration_ev));
    TRY(h5_set_text(f, "/", "charge_method", g->method));
    if (g->synthetic)
        TRY(h5_set_int(f, "/", "synthetic", 1));
    if (provenance)
        TRY(h5_set_members(f, "/", "provenance", provenance));
    TRY(write_values(f, g));
    TRY(write_columns(f, g, number));
    TRY(write_structures(f, g, number, n_structure));
    TRY(write_splits(f, g, number, n_structure));
    return write_left_out(f, g);
}

kd_status gather_write(const struct gather *g, const char *path, const struct js *provenance)
{
    struct h5 *f;
    if (g->n_row == 0)
        FAIL(KD_EINPUT, "%s: no site could be taken; %s%s%s", path, g->n_loss ? g->loss[0].structure : "nothing was given",
             g->n_loss ? ": " : "", g->n_loss ? g->loss[0].reason : "");
    int *number = malloc((size_t)g->n_cell * sizeof *number);
    if (!number)
        FAIL(KD_ENOMEM, "%s: no host memory", path);
    kd_status status = h5_create(path, &f);
    if (status == KD_OK) {
        status = write_all(f, g, provenance, number);
        if (status == KD_OK)
            status = h5_commit(f);
        else
            h5_abandon(f);
    }
    free(number);
    return status;
}

void gather_json(const struct gather *g, struct js *object)
{
    int *number = malloc(((size_t)g->n_cell + 1) * sizeof *number);
    js_int(object, "n_site", g->n_row);
    if (number)
        js_int(object, "n_structure", number_structures(g, number));
    free(number);
    js_string(object, "recipe", g->recipe);
    js_double(object, "calibration_ev", g->calibration_ev);
    js_string(object, "charge_method", g->method);
    js_int(object, "n_left_out", g->n_loss);
    struct js *list = js_array(object, "left_out");
    for (int i = 0; i < g->n_loss; i++) {
        struct js *one = js_object(list, NULL);
        js_string(one, "structure", g->loss[i].structure);
        if (g->loss[i].site >= 0)
            js_int(one, "site", g->loss[i].site);
        js_string(one, "reason", g->loss[i].reason);
    }
}
