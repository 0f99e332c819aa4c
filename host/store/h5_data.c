// SPDX-License-Identifier: BSD-3-Clause
/* h5_data.c - datasets: written, grown, measured, read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "host/store/h5_file.h"

enum { CHUNK_BYTES = 1 << 20, DEFLATE_LEVEL = 4 };
static const size_t READ_LIMIT = (size_t)16 << 30;

/* Product of the extents; false when it does not fit in memory. */
static bool count_numbers(const struct h5_array *a, size_t *n)
{
    *n = 1;
    for (int i = 0; i < a->rank; i++)
        if (__builtin_mul_overflow(*n, a->extent[i], n))
            return false;
    size_t bytes;
    return !__builtin_mul_overflow(*n, h5_kind_size(a->kind), &bytes);
}

/* ---- writing ---- */

/* A chunk of about CHUNK_BYTES: the largest extents are halved until it fits. Depends on the shape only. */
static void chunk_shape(const struct h5_array *a, hsize_t chunk[H5_MAX_RANK])
{
    for (int i = 0; i < a->rank; i++)
        chunk[i] = a->extent[i] ? a->extent[i] : 1;
    if (a->flags & H5_EXTEND)
        chunk[0] = CHUNK_BYTES;
    for (;;) {
        double bytes = (double)h5_kind_size(a->kind);
        int largest = 0;
        for (int i = 0; i < a->rank; i++) {
            bytes *= (double)chunk[i];
            if (chunk[i] > chunk[largest])
                largest = i;
        }
        if (bytes <= CHUNK_BYTES || chunk[largest] == 1)
            return;
        chunk[largest] = (chunk[largest] + 1) / 2;
    }
}

static hid_t creation_list(const struct h5_array *a, size_t n)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    bool chunked = a->rank > 0 && ((a->flags & H5_EXTEND) || ((a->flags & H5_DEFLATE) && n > 0));
    herr_t failed = list < 0 ? -1 : H5Pset_obj_track_times(list, false);
    if (failed >= 0 && chunked) {
        hsize_t chunk[H5_MAX_RANK];
        chunk_shape(a, chunk);
        failed = H5Pset_chunk(list, a->rank, chunk);
        if (failed >= 0 && (a->flags & H5_DEFLATE))
            failed = H5Pset_shuffle(list) < 0 ? -1 : H5Pset_deflate(list, DEFLATE_LEVEL);
    }
    if (failed >= 0)
        return list;
    if (list >= 0)
        H5Pclose(list);
    return -1;
}

static hid_t dataspace(const struct h5_array *a)
{
    hsize_t now[H5_MAX_RANK], most[H5_MAX_RANK];
    for (int i = 0; i < a->rank; i++)
        now[i] = most[i] = a->extent[i];
    if (a->flags & H5_EXTEND)
        most[0] = H5S_UNLIMITED;
    return a->rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(a->rank, now, most);
}

/* Make the dataset and write all of it; types are those of the file and of the memory. */
static kd_status create_dataset(struct h5 *f, const struct h5_array *a, size_t n, const hid_t types[2], const void *values)
{
    kd_status status = h5_parents(f, a->name);
    if (status != KD_OK)
        return status;
    hid_t space = dataspace(a), list = creation_list(a, n), set = -1;
    if (space >= 0 && list >= 0)
        set = H5Dcreate2(f->id, a->name, types[0], space, H5P_DEFAULT, list, H5P_DEFAULT);
    if (set < 0 || (n > 0 && H5Dwrite(set, types[1], H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0))
        status = h5_broken(f, a->name, "cannot write");
    if (set >= 0 && H5Dclose(set) < 0 && status == KD_OK)
        status = h5_broken(f, a->name, "cannot write");
    if (list >= 0)
        H5Pclose(list);
    if (space >= 0)
        H5Sclose(space);
    if (status == KD_OK && a->unit)
        status = h5_set_text(f, a->name, "units", a->unit);
    return status;
}

kd_status h5_write(struct h5 *f, const struct h5_array *a, const void *values)
{
    size_t n;
    if (a->rank < 0 || a->rank > H5_MAX_RANK || !count_numbers(a, &n))
        return h5_refuse(f, KD_EINTERNAL, a->name, "a shape that cannot be");
    if (!(a->flags & H5_ALLOW_NAN))
        TRY(h5_finite(f, a->name, a->kind, n, values));
    const hid_t types[2] = {h5_file_type(a->kind), h5_memory_type(a->kind)};
    return create_dataset(f, a, n, types, values);
}

kd_status h5_write_strings(struct h5 *f, const char *name, size_t n, const char *const *strings)
{
    size_t width = 1;
    for (size_t i = 0; i < n; i++)
        width = strlen(strings[i]) > width ? strlen(strings[i]) : width;
    char *block = calloc(n + 1, width);
    hid_t type = h5_string_type(width);
    kd_status status;
    if (!block || type < 0) {
        status = h5_refuse(f, KD_ENOMEM, name, "no host memory");
    } else {
        for (size_t i = 0; i < n; i++)
            memcpy(block + i * width, strings[i], strlen(strings[i]));
        const hid_t types[2] = {type, type};
        status = create_dataset(f, &(struct h5_array){.name = name, .rank = 1, .extent = {n}}, n, types, block);
    }
    if (type >= 0)
        H5Tclose(type);
    free(block);
    return status;
}

kd_status h5_append(struct h5 *f, const char *name, size_t n, const void *values)
{
    struct h5_array a;
    TRY(h5_shape(f, name, &a));
    hsize_t extent[H5_MAX_RANK], start[H5_MAX_RANK] = {a.extent[0]}, count[H5_MAX_RANK];
    for (int i = 0; i < a.rank; i++)
        extent[i] = count[i] = a.extent[i];
    if (a.rank == 0)
        return h5_refuse(f, KD_EINTERNAL, name, "a scalar does not grow");
    extent[0] += n;
    count[0] = a.extent[0] = n;
    size_t total;
    if (!count_numbers(&a, &total))
        return h5_refuse(f, KD_EINTERNAL, name, "a shape that cannot be");
    TRY(h5_finite(f, name, a.kind, total, values));
    hid_t set = H5Dopen2(f->id, name, H5P_DEFAULT), space = -1, block = -1;
    kd_status status = KD_OK;
    if (set < 0 || H5Dset_extent(set, extent) < 0 || (space = H5Dget_space(set)) < 0 ||
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
        (block = H5Screate_simple(a.rank, count, NULL)) < 0 ||
        (total > 0 && H5Dwrite(set, h5_memory_type(a.kind), block, space, H5P_DEFAULT, values) < 0))
        status = h5_broken(f, name, "cannot append");
    if (block >= 0)
        H5Sclose(block);
    if (space >= 0)
        H5Sclose(space);
    if (set >= 0 && H5Dclose(set) < 0 && status == KD_OK)
        status = h5_broken(f, name, "cannot append");
    return status;
}

/* ---- shapes ---- */

/* The kind of a numeric file type; false for strings and the like. */
static bool kind_of(hid_t type, enum h5_kind *kind)
{
    size_t size = H5Tget_size(type);
    H5T_class_t class = H5Tget_class(type);
    if (class == H5T_FLOAT)
        *kind = size <= 4 ? H5_FLOAT : H5_DOUBLE;
    else if (class == H5T_ENUM && size == 1) /* h5py's bool */
        *kind = H5_BYTE;
    else if (class == H5T_INTEGER || class == H5T_ENUM)
        *kind = size > 4 || (size == 4 && H5Tget_sign(type) == H5T_SGN_NONE) ? H5_LONG
                : size == 1 && H5Tget_sign(type) == H5T_SGN_NONE              ? H5_BYTE
                                                                              : H5_INT;
    else
        return false;
    return true;
}

/* Rank and extents; strings get kind H5_BYTE and *string true. */
static kd_status measure(struct h5 *f, hid_t set, struct h5_array *a, bool *string)
{
    hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    hsize_t extent[H5S_MAX_RANK];
    kd_status status = KD_OK;
    a->rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, extent, NULL);
    if (type < 0 || a->rank < 0)
        status = h5_broken(f, a->name, "cannot read its shape");
    else if (a->rank > H5_MAX_RANK || H5Sget_simple_extent_type(space) == H5S_NULL)
        status = h5_refuse(f, KD_EINPUT, a->name, "a shape of no or too many dimensions");
    *string = status == KD_OK && H5Tget_class(type) == H5T_STRING;
    if (status == KD_OK && !*string && !kind_of(type, &a->kind))
        status = h5_refuse(f, KD_EINPUT, a->name, "neither numbers nor text");
    for (int i = 0; status == KD_OK && i < a->rank; i++)
        a->extent[i] = (size_t)extent[i];
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    return status;
}

static kd_status open_dataset(struct h5 *f, const char *name, hid_t *set, struct h5_array *a, bool *string)
{
    memset(a, 0, sizeof *a);
    a->name = name;
    *set = -1;
    if (!h5_exists(f, name))
        return h5_refuse(f, KD_EINPUT, name, "no such dataset");
    *set = H5Dopen2(f->id, name, H5P_DEFAULT);
    if (*set < 0)
        return h5_broken(f, name, "cannot open, expected a dataset");
    kd_status status = measure(f, *set, a, string);
    if (status != KD_OK) {
        H5Dclose(*set);
        *set = -1;
    }
    return status;
}

kd_status h5_shape(struct h5 *f, const char *name, struct h5_array *a)
{
    hid_t set;
    bool string;
    TRY(open_dataset(f, name, &set, a, &string));
    H5Dclose(set);
    if (string)
        return h5_refuse(f, KD_EINPUT, name, "text, expected numbers");
    return KD_OK;
}

/* ---- reading ---- */

static kd_status check_unit(struct h5 *f, const struct h5_array *a)
{
    char unit[64];
    if (!a->unit)
        return KD_OK;
    TRY(h5_get_text(f, a->name, "units", unit, sizeof unit));
    if (strcmp(unit, a->unit) != 0)
        FAIL(KD_EINPUT, "%s: %s: units \"%s\", expected \"%s\"", f->path, a->name, unit, a->unit);
    return KD_OK;
}

/* Would the file's numbers survive in memory as `want`? */
static bool converts(enum h5_kind have, enum h5_kind want)
{
    bool whole = want != H5_DOUBLE && want != H5_FLOAT;
    if (!whole)
        return true;
    return have != H5_DOUBLE && have != H5_FLOAT && h5_kind_size(have) <= h5_kind_size(want);
}

/* Rows first .. first+rows-1 of an open dataset whose shape is *have. */
static kd_status read_rows(struct h5 *f, hid_t set, const struct h5_array *have, const struct h5_array *want,
                           const size_t rows[2], void *values)
{
    struct h5_array part = *have;
    part.kind = want->kind;
    if (part.rank > 0)
        part.extent[0] = rows[1];
    hsize_t start[H5_MAX_RANK] = {rows[0]}, count[H5_MAX_RANK];
    for (int i = 0; i < part.rank; i++)
        count[i] = part.extent[i];
    size_t n;
    if (!converts(have->kind, want->kind))
        return h5_refuse(f, KD_EINPUT, have->name, "holds numbers of another kind, expected smaller whole numbers");
    if (!count_numbers(&part, &n))
        return h5_refuse(f, KD_EINPUT, have->name, "a shape that cannot be");
    if (n == 0)
        return KD_OK;
    hid_t space = H5Dget_space(set), block = part.rank ? H5Screate_simple(part.rank, count, NULL) : H5Screate(H5S_SCALAR);
    kd_status status = KD_OK;
    if (space < 0 || block < 0 ||
        (part.rank && H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0) ||
        H5Dread(set, h5_memory_type(want->kind), block, space, H5P_DEFAULT, values) < 0)
        status = h5_broken(f, have->name, "cannot read");
    if (space >= 0)
        H5Sclose(space);
    if (block >= 0)
        H5Sclose(block);
    if (status == KD_OK && !(want->flags & H5_ALLOW_NAN))
        status = h5_finite(f, have->name, want->kind, n, values);
    return status;
}

/* "4 x 256"; "one number" of a scalar. */
static void shape_words(const struct h5_array *a, int skip, char words[160])
{
    size_t n = 0;
    words[0] = '\0';
    for (int i = 0; i < a->rank && n < 140; i++)
        n += (size_t)snprintf(words + n, 160 - n, i < skip ? "%sany" : "%s%zu", i ? " x " : "", a->extent[i]);
    if (a->rank == 0)
        strcpy(words, "one number");
}

/* Do rank and extents agree, but for the first `skip`? */
static kd_status check_shape(struct h5 *f, const struct h5_array *have, const struct h5_array *want, int skip)
{
    bool same = have->rank == want->rank;
    for (int i = skip; same && i < have->rank; i++)
        same = have->extent[i] == want->extent[i];
    if (same)
        return KD_OK;
    char found[160], expected[160];
    shape_words(have, 0, found);
    shape_words(want, skip, expected);
    FAIL(KD_EINPUT, "%s: %s: shape %s, expected %s", f->path, have->name, found, expected);
}

static kd_status open_numbers(struct h5 *f, const struct h5_array *a, hid_t *set, struct h5_array *have)
{
    bool string;
    TRY(open_dataset(f, a->name, set, have, &string));
    kd_status status = string ? h5_refuse(f, KD_EINPUT, a->name, "text, expected numbers") : check_unit(f, a);
    if (status != KD_OK)
        H5Dclose(*set);
    return status;
}

kd_status h5_read(struct h5 *f, const struct h5_array *a, void *values)
{
    hid_t set;
    struct h5_array have;
    TRY(open_numbers(f, a, &set, &have));
    kd_status status = check_shape(f, &have, a, 0);
    if (status == KD_OK)
        status = read_rows(f, set, &have, a, (size_t[2]){0, have.extent[0]}, values);
    H5Dclose(set);
    return status;
}

kd_status h5_read_rows(struct h5 *f, const struct h5_array *a, size_t first, size_t n, void *values)
{
    hid_t set;
    struct h5_array have;
    TRY(open_numbers(f, a, &set, &have));
    kd_status status = check_shape(f, &have, a, 1);
    if (status == KD_OK && (have.rank == 0 || first > have.extent[0] || n > have.extent[0] - first))
        status = h5_refuse(f, KD_EINPUT, a->name, "fewer rows than expected");
    if (status == KD_OK)
        status = read_rows(f, set, &have, a, (size_t[2]){first, n}, values);
    H5Dclose(set);
    return status;
}

kd_status h5_read_new(struct h5 *f, struct h5_array *a, void **values)
{
    hid_t set;
    struct h5_array have;
    size_t n;
    *values = NULL;
    TRY(open_numbers(f, a, &set, &have));
    struct h5_array shape = have;
    shape.kind = a->kind;
    kd_status status = KD_OK;
    if (a->rank >= 0 && a->rank != have.rank)
        status = kd_fail(KD_EINPUT, "%s: %s: %d dimensions, expected %d", f->path, a->name, have.rank, a->rank);
    else if (!count_numbers(&shape, &n) || n * h5_kind_size(a->kind) > READ_LIMIT)
        status = h5_refuse(f, KD_EINPUT, a->name, "larger than 16 GB, expected less");
    else if (!(*values = malloc(n * h5_kind_size(a->kind) + 1)))
        status = h5_refuse(f, KD_ENOMEM, a->name, "no host memory");
    else
        status = read_rows(f, set, &have, a, (size_t[2]){0, have.extent[0]}, *values);
    H5Dclose(set);
    if (status == KD_OK) {
        a->rank = have.rank;
        memcpy(a->extent, have.extent, sizeof a->extent);
        return KD_OK;
    }
    free(*values);
    *values = NULL;
    return status;
}
