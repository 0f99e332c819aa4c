// SPDX-License-Identifier: BSD-3-Clause
/* h5.h - HDF5 files, thin and checked. The only door to the library.
 *
 * A file that is written has a staged name until h5_commit (host/base/commit.h): it is whole or not there. Every failure names the
 * file and the object: KD_EINPUT when the contents are not what was expected (missing, other shape, truncated, not HDF5),
 * KD_EIO when the system refuses. NaN and infinities are refused both ways. No time stamps: same contents,
 * same bytes. One thread at a time.
 *
 *     struct h5 *f;
 *     TRY(h5_create("gs.h5", &f));
 *     TRY_OUT(h5_write(f, &(struct h5_array){"bands/energy_ha", H5_DOUBLE, 2, {n_k, n_band}, .unit = "Ha"}, energy));
 *     TRY_OUT(h5_set_text(f, "/", "creator", "kedge"));
 *     return h5_commit(f);
 * out:
 *     h5_abandon(f);
 *     return status; */
#ifndef KD_H5_H
#define KD_H5_H

#include <stdbool.h>
#include <stddef.h>

#include "host/base/json.h"
#include "kernels/status.h"

enum { H5_MAX_RANK = 6, H5_EXTEND = 1, H5_DEFLATE = 2, H5_ALLOW_NAN = 4 };

/* Kind of the numbers in memory; files hold the same kind, little-endian. */
enum h5_kind { H5_DOUBLE, H5_FLOAT, H5_INT, H5_LONG /* 64 bit */, H5_BYTE /* unsigned */ };

struct h5_array {
    const char *name; /* "group/dataset": groups are made as needed */
    enum h5_kind kind;
    int rank; /* 0: a scalar */
    size_t extent[H5_MAX_RANK];
    const char *unit; /* attribute "units"; NULL for none. Give "1" to pure numbers */
    int flags;        /* H5_DEFLATE: chunked, shuffled, level 4; H5_EXTEND: first extent grows by h5_append; H5_ALLOW_NAN */
};

struct h5;

/* ---- files ---- */
kd_status h5_create(const char *path, struct h5 **f);
kd_status h5_commit(struct h5 *f);  /* close, fsync, rename; f is gone whatever happens */
void h5_abandon(struct h5 *f);      /* close and remove the staged file; NULL is fine; also closes a file opened to read */
kd_status h5_open(const char *path, struct h5 **f); /* read only */
void h5_close(struct h5 *f);        /* of a file opened to read; NULL is fine */
const char *h5_path(const struct h5 *f);

/* ---- datasets ---- */
/* values: C order, contiguous. Zero extents are legal. An existing name is an error. */
kd_status h5_write(struct h5 *f, const struct h5_array *a, const void *values);
/* Grow a dataset written with H5_EXTEND by `n` along the first axis. */
kd_status h5_append(struct h5 *f, const char *name, size_t n, const void *values);
/* n strings of UTF-8, fixed width. */
kd_status h5_write_strings(struct h5 *f, const char *name, size_t n, const char *const *strings);

bool h5_exists(struct h5 *f, const char *name);
/* Kind, rank, extents of a dataset; a->name is set to `name`, a->unit to NULL. */
kd_status h5_shape(struct h5 *f, const char *name, struct h5_array *a);
/* Read a whole dataset whose rank and extents must be those of *a (kind is converted). unit, if not NULL, must agree with
 * the file's. */
kd_status h5_read(struct h5 *f, const struct h5_array *a, void *values);
/* Read rows first .. first+n-1 along the first axis; a->extent[0] is ignored. */
kd_status h5_read_rows(struct h5 *f, const struct h5_array *a, size_t first, size_t n, void *values);
/* Read a dataset of any shape as a->kind; name, kind and rank of *a are given (rank -1: any), extents are filled in;
 * *values is the caller's to free. A dataset over 16 GB is refused. */
kd_status h5_read_new(struct h5 *f, struct h5_array *a, void **values);
/* n strings, fixed or variable; one block: free(*strings) frees all. */
kd_status h5_read_strings(struct h5 *f, const char *name, size_t *n, char ***strings);

/* ---- groups, links, names ---- */
kd_status h5_group(struct h5 *f, const char *name); /* make it and its parents; existing is fine */
/* Names of a group's members, alphabetical; one block: free(*names). */
kd_status h5_list(struct h5 *f, const char *group, size_t *n, char ***names);
kd_status h5_link(struct h5 *f, const char *existing, const char *name); /* hard link */
kd_status h5_link_external(struct h5 *f, const char *name, const char *file, const char *object);

/* ---- attributes of a group or dataset; "/" is the file. Written over if there ---- */
kd_status h5_set_text(struct h5 *f, const char *object, const char *name, const char *value);
kd_status h5_set_double(struct h5 *f, const char *object, const char *name, double value);
kd_status h5_set_int(struct h5 *f, const char *object, const char *name, long long value);
kd_status h5_set_numbers(struct h5 *f, const char *object, const char *name, enum h5_kind kind, size_t n, const void *v);
/* Every member of a JSON object as an attribute "prefix.key", nested objects with dotted names: provenance (conf_json). */
kd_status h5_set_members(struct h5 *f, const char *object, const char *prefix, const struct js *members);
kd_status h5_get_text(struct h5 *f, const char *object, const char *name, char *value, size_t size);
kd_status h5_get_double(struct h5 *f, const char *object, const char *name, double *value);
kd_status h5_get_int(struct h5 *f, const char *object, const char *name, long long *value);
kd_status h5_get_numbers(struct h5 *f, const char *object, const char *name, enum h5_kind kind, size_t n, void *v);
bool h5_has_attribute(struct h5 *f, const char *object, const char *name);

/* "1.10.8" for kedge info. */
void h5_version(char version[24]);

#endif
