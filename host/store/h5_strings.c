// SPDX-License-Identifier: BSD-3-Clause
/* h5_strings.c - datasets of strings, fixed or variable, read into one block. */
#include <stdlib.h>
#include <string.h>

#include "host/store/h5_file.h"

/* Pointers, then the bytes of all strings. `at(i)` of width bytes each, or *pointer[i]. */
static char **pack(size_t n, size_t width, const char *fixed, char *const *variable)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += (fixed ? strnlen(fixed + i * width, width) : strlen(variable[i] ? variable[i] : "")) + 1;
    char **strings = malloc(n * sizeof *strings + bytes + 1);
    if (!strings)
        return NULL;
    char *next = (char *)(strings + n);
    for (size_t i = 0; i < n; i++) {
        const char *from = fixed ? fixed + i * width : variable[i] ? variable[i] : "";
        size_t length = fixed ? strnlen(from, width) : strlen(from);
        memcpy(next, from, length);
        next[length] = '\0';
        strings[i] = next;
        next += length + 1;
    }
    return strings;
}

static kd_status read_fixed(struct h5 *f, const char *name, hid_t set, hid_t type, size_t n, char ***strings)
{
    size_t width = H5Tget_size(type), bytes;
    if (__builtin_mul_overflow(n, width, &bytes) || bytes > (size_t)1 << 32)
        return h5_refuse(f, KD_EINPUT, name, "more text than 4 GB, expected less");
    char *block = malloc(bytes + 1);
    kd_status status = KD_OK;
    if (!block)
        return h5_refuse(f, KD_ENOMEM, name, "no host memory");
    if (n > 0 && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, block) < 0)
        status = h5_broken(f, name, "cannot read");
    else if (!(*strings = pack(n, width, block, NULL)))
        status = h5_refuse(f, KD_ENOMEM, name, "no host memory");
    free(block);
    return status;
}

static kd_status read_variable(struct h5 *f, const char *name, hid_t set, hid_t type, size_t n, char ***strings)
{
    if (n > (size_t)1 << 28)
        return h5_refuse(f, KD_EINPUT, name, "more strings than expected");
    char **pointer = calloc(n + 1, sizeof *pointer);
    hid_t space = H5Dget_space(set);
    kd_status status = KD_OK;
    if (!pointer || space < 0)
        status = h5_refuse(f, KD_ENOMEM, name, "no host memory");
    else if (n > 0 && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointer) < 0)
        status = h5_broken(f, name, "cannot read");
    else if (!(*strings = pack(n, 0, NULL, pointer)))
        status = h5_refuse(f, KD_ENOMEM, name, "no host memory");
    if (pointer && space >= 0 && n > 0)
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointer);
    if (space >= 0)
        H5Sclose(space);
    free(pointer);
    return status;
}

kd_status h5_read_strings(struct h5 *f, const char *name, size_t *n, char ***strings)
{
    *strings = NULL;
    *n = 0;
    if (!h5_exists(f, name))
        return h5_refuse(f, KD_EINPUT, name, "no such dataset");
    hid_t set = H5Dopen2(f->id, name, H5P_DEFAULT);
    if (set < 0)
        return h5_broken(f, name, "cannot open, expected a dataset");
    hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    kd_status status;
    if (type < 0 || count < 0)
        status = h5_broken(f, name, "cannot read its shape");
    else if (H5Tget_class(type) != H5T_STRING)
        status = h5_refuse(f, KD_EINPUT, name, "not text, expected strings");
    else if (H5Tis_variable_str(type) > 0)
        status = read_variable(f, name, set, type, (size_t)count, strings);
    else
        status = read_fixed(f, name, set, type, (size_t)count, strings);
    if (status == KD_OK)
        *n = (size_t)count;
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    H5Dclose(set);
    return status;
}
