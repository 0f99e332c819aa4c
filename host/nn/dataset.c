// SPDX-License-Identifier: BSD-3-Clause
/* dataset.c - reading dataset.h5, splits and folds. */
#include "host/nn/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/hash.h"
#include "host/base/rng.h"
#include "host/store/h5.h"

/* ---- reading ---- */

static kd_status read_numbers(struct h5 *f, const char *name, enum h5_kind kind, int rank, size_t rows, size_t columns,
                              void *out)
{
    struct h5_array a = {.name = name, .kind = kind, .rank = rank, .extent = {rows, columns}};
    size_t bytes = rows * (rank > 1 ? columns : 1) * (kind == H5_INT ? sizeof(int) : sizeof(double));
    void *values = malloc(bytes ? bytes : 1);
    if (!values)
        FAIL(KD_ENOMEM, "%s: no memory for %s", h5_path(f), name);
    kd_status status = h5_read(f, &a, values);
    for (size_t i = 0; status == KD_OK && kind == H5_DOUBLE && i < bytes / sizeof(double); i++)
        if (!isfinite(((double *)values)[i]))
            status = kd_fail(KD_EINPUT, "%s: %s holds %g at %zu, expected finite numbers", h5_path(f), name,
                             ((double *)values)[i], i);
    if (status != KD_OK) {
        free(values);
        return status;
    }
    *(void **)out = values;
    return KD_OK;
}

static kd_status read_extent(struct h5 *f, const char *name, int rank, int *rows, int *columns)
{
    struct h5_array a;
    TRY(h5_shape(f, name, &a));
    if (a.rank != rank || a.extent[0] < 1 || a.extent[0] > 100000000 || (rank > 1 && a.extent[1] > 1000000))
        FAIL(KD_EINPUT, "%s: %s has rank %d, expected %d with at least one row", h5_path(f), name, a.rank, rank);
    *rows = (int)a.extent[0];
    if (columns)
        *columns = (int)a.extent[1];
    return KD_OK;
}

static kd_status check_axis(const struct nn_dataset *d)
{
    double step = d->n_energy > 1 ? (d->energy_ev[d->n_energy - 1] - d->energy_ev[0]) / (d->n_energy - 1) : 0;
    if (!(step > 0))
        FAIL(KD_EINPUT, "%s: energy_ev does not rise, expected an ascending axis", d->path);
    for (int i = 0; i < d->n_energy; i++)
        if (fabs(d->energy_ev[i] - d->energy_ev[0] - i * step) > 1e-3 * step)
            FAIL(KD_EINPUT, "%s: energy_ev[%d] = %g eV is off the even grid, expected %g", d->path, i, d->energy_ev[i],
                 d->energy_ev[0] + i * step);
    return KD_OK;
}

static void fingerprint(struct nn_dataset *d)
{
    size_t n = (size_t)d->n_row;
    uint64_t hash = HASH_START;
    hash = hash_bytes(hash, d->energy_ev, (size_t)d->n_energy * sizeof(double));
    hash = hash_bytes(hash, d->spectra, n * (size_t)d->n_energy * sizeof(double));
    hash = hash_bytes(hash, d->charge_e, n * sizeof(double));
    hash = hash_bytes(hash, d->rdf, n * (size_t)d->n_r * sizeof(double));
    d->fingerprint = hash_bytes(hash, d->structure_id, n * sizeof(int));
}

static kd_status read_all(struct h5 *f, struct nn_dataset *d)
{
    TRY(read_extent(f, "spectra", 2, &d->n_row, &d->n_energy));
    TRY(read_extent(f, "r_angstrom", 1, &d->n_r, NULL));
    size_t n = (size_t)d->n_row, n_energy = (size_t)d->n_energy, n_r = (size_t)d->n_r;
    TRY(read_numbers(f, "energy_ev", H5_DOUBLE, 1, n_energy, 0, &d->energy_ev));
    TRY(check_axis(d));
    TRY(read_numbers(f, "spectra", H5_DOUBLE, 2, n, n_energy, &d->spectra));
    TRY(read_numbers(f, "charge_e", H5_DOUBLE, 1, n, 0, &d->charge_e));
    TRY(read_numbers(f, "r_angstrom", H5_DOUBLE, 1, n_r, 0, &d->r_angstrom));
    TRY(read_numbers(f, "rdf", H5_DOUBLE, 2, n, n_r, &d->rdf));
    TRY(read_numbers(f, "structure_id", H5_INT, 1, n, 0, &d->structure_id));
    TRY(read_numbers(f, "site", H5_INT, 1, n, 0, &d->site));
    TRY(read_numbers(f, "x", H5_DOUBLE, 1, n, 0, &d->x));
    if (h5_exists(f, "coordination"))
        TRY(read_numbers(f, "coordination", H5_INT, 2, n, 2, &d->coordination));
    long long synthetic = 0;
    if (h5_has_attribute(f, "/", "synthetic"))
        TRY(h5_get_int(f, "/", "synthetic", &synthetic));
    d->synthetic = synthetic != 0;
    fingerprint(d);
    return KD_OK;
}

kd_status nn_dataset_read(const char *path, struct nn_dataset *out)
{
    struct h5 *f;
    *out = (struct nn_dataset){0};
    snprintf(out->path, sizeof out->path, "%s", path);
    TRY(h5_open(path, &f));
    kd_status status = read_all(f, out);
    h5_close(f);
    if (status != KD_OK)
        nn_dataset_free(out);
    return status;
}

void nn_dataset_free(struct nn_dataset *d)
{
    free(d->energy_ev);
    free(d->spectra);
    free(d->charge_e);
    free(d->r_angstrom);
    free(d->rdf);
    free(d->structure_id);
    free(d->site);
    free(d->x);
    free(d->coordination);
    *d = (struct nn_dataset){0};
}

const double *nn_dataset_target(const struct nn_dataset *d, enum nn_target target, int *n_out)
{
    *n_out = target == NN_CHARGE ? 1 : d->n_r;
    return target == NN_CHARGE ? d->charge_e : d->rdf;
}

/* ---- divisions ---- */

static int by_value(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Shuffle what is divided (rows, or structures in ascending order of number) and give each row of `from` a rank in 0..n-1. */
static kd_status rank_units(const struct nn_dataset *d, enum nn_split_kind kind, const int *from, int n_from,
                            uint64_t seed, int *unit, int *n_unit)
{
    int *id = malloc((size_t)n_from * sizeof *id), *order = malloc((size_t)n_from * sizeof *order), n = 0;
    if (!id || !order) {
        free(id);
        free(order);
        FAIL(KD_ENOMEM, "split: no host memory");
    }
    for (int i = 0; i < n_from; i++)
        id[i] = kind == NN_BY_STRUCTURE ? d->structure_id[from[i]] : from[i];
    qsort(id, (size_t)n_from, sizeof *id, by_value);
    for (int i = 0; i < n_from; i++)
        if (i == 0 || id[i] != id[n - 1])
            id[n++] = id[i];
    for (int i = 0; i < n; i++)
        order[i] = i;
    struct rng r = rng_start(seed, RNG_SHUFFLE, UINT32_MAX - (uint32_t)kind); /* epochs count from 0: no clash */
    rng_shuffle(&r, order, (size_t)n);
    for (int i = 0; i < n_from; i++) {
        int key = kind == NN_BY_STRUCTURE ? d->structure_id[from[i]] : from[i];
        unit[i] = order[(int *)bsearch(&key, id, (size_t)n, sizeof *id, by_value) - id];
    }
    *n_unit = n;
    free(id);
    free(order);
    return KD_OK;
}

/* Rows whose unit is in first..end-1 become the test set. */
static kd_status divide(const int *from, int n_from, const int *unit, int first, int end, struct nn_split *out)
{
    *out = (struct nn_split){.train = malloc((size_t)n_from * sizeof(int)), .test = malloc((size_t)n_from * sizeof(int))};
    if (!out->train || !out->test) {
        nn_split_free(out);
        FAIL(KD_ENOMEM, "split: no host memory");
    }
    for (int i = 0; i < n_from; i++)
        if (unit[i] >= first && unit[i] < end)
            out->test[out->n_test++] = from[i];
        else
            out->train[out->n_train++] = from[i];
    if (out->n_train > 0 && out->n_test > 0)
        return KD_OK;
    int n_train = out->n_train, n_test = out->n_test;
    nn_split_free(out);
    FAIL(KD_EINPUT, "split: %d rows to train on and %d to test on, expected at least one of each", n_train, n_test);
}

kd_status nn_fold_make(const struct nn_dataset *d, enum nn_split_kind kind, const int *from, int n_from, int n_fold,
                       int fold, uint64_t seed, struct nn_split *out)
{
    int n_unit, *unit = malloc((size_t)(n_from > 0 ? n_from : 1) * sizeof *unit);
    if (!unit)
        FAIL(KD_ENOMEM, "folds: no host memory");
    kd_status status = rank_units(d, kind, from, n_from, seed, unit, &n_unit);
    if (status == KD_OK && n_unit < n_fold)
        status = kd_fail(KD_EINPUT, "--folds %d: only %d %s to divide", n_fold, n_unit,
                         kind == NN_BY_STRUCTURE ? "structures" : "sites");
    if (status == KD_OK)
        status = divide(from, n_from, unit, (int)((long long)n_unit * fold / n_fold),
                        (int)((long long)n_unit * (fold + 1) / n_fold), out);
    free(unit);
    return status;
}

kd_status nn_split_make(const struct nn_dataset *d, enum nn_split_kind kind, double test_fraction, uint64_t seed,
                        struct nn_split *out)
{
    int n_unit, *rows = malloc((size_t)d->n_row * sizeof *rows), *unit = malloc((size_t)d->n_row * sizeof *unit);
    kd_status status = rows && unit ? KD_OK : kd_fail(KD_ENOMEM, "split: no host memory");
    for (int i = 0; status == KD_OK && i < d->n_row; i++)
        rows[i] = i;
    if (status == KD_OK)
        status = rank_units(d, kind, rows, d->n_row, seed, unit, &n_unit);
    if (status == KD_OK) {
        int n_test = (int)lround(test_fraction * n_unit);
        status = divide(rows, d->n_row, unit, n_unit - (n_test > 0 ? n_test : 1), n_unit, out);
    }
    free(rows);
    free(unit);
    return status;
}

void nn_split_free(struct nn_split *s)
{
    free(s->train);
    free(s->test);
    *s = (struct nn_split){0};
}

kd_status nn_window_columns(const struct nn_dataset *d, double low_ev, double high_ev, int *column, int *n_column)
{
    double step = d->energy_ev[1] - d->energy_ev[0];
    int first = (int)ceil((low_ev - d->energy_ev[0]) / step - 1e-6);
    int end = (int)ceil((high_ev - d->energy_ev[0]) / step - 1e-6);
    if (end == d->n_energy - 1) /* a window that ends with the axis takes the last point too */
        end++;
    if (first < 0 || end > d->n_energy || end - first < 4)
        FAIL(KD_EINPUT, "--window %g:%g: expected at least 4 points within %g:%g eV", low_ev, high_ev, d->energy_ev[0],
             d->energy_ev[d->n_energy - 1]);
    *column = first;
    *n_column = end - first;
    return KD_OK;
}
