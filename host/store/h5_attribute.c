// SPDX-License-Identifier: BSD-3-Clause
/* h5_attribute.c - attributes of groups and datasets. */
#include <stdlib.h>
#include <string.h>

#include "host/store/h5_file.h"

bool h5_has_attribute(struct h5 *f, const char *object, const char *name)
{
    bool found = H5Aexists_by_name(f->id, object, name, H5P_DEFAULT) > 0;
    H5Eclear2(H5E_DEFAULT);
    return found;
}

/* Where an attribute is, for messages: "group/dataset@units". */
static const char *place(char words[160], const char *object, const char *name)
{
    snprintf(words, 160, "%s@%s", object, name);
    return words;
}

static kd_status set(struct h5 *f, const char *object, const char *name, const hid_t types[2], hid_t space, const void *v)
{
    char where[160];
    hid_t attribute = -1;
    herr_t failed = 0;
    if (h5_has_attribute(f, object, name))
        failed = H5Adelete_by_name(f->id, object, name, H5P_DEFAULT);
    if (failed >= 0 && space >= 0 && types[0] >= 0)
        attribute = H5Acreate_by_name(f->id, object, name, types[0], space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    kd_status status = KD_OK;
    if (attribute < 0 || H5Awrite(attribute, types[1], v) < 0)
        status = h5_broken(f, place(where, object, name), "cannot write");
    if (attribute >= 0 && H5Aclose(attribute) < 0 && status == KD_OK)
        status = h5_broken(f, place(where, object, name), "cannot write");
    if (space >= 0)
        H5Sclose(space);
    return status;
}

/* Variable length: h5py reads such text as str, and fixed text as bytes. */
kd_status h5_set_text(struct h5 *f, const char *object, const char *name, const char *value)
{
    hid_t type = h5_string_type(H5T_VARIABLE);
    const hid_t types[2] = {type, type};
    kd_status status = set(f, object, name, types, H5Screate(H5S_SCALAR), &value);
    if (type >= 0)
        H5Tclose(type);
    return status;
}

static kd_status set_scalar(struct h5 *f, const char *object, const char *name, enum h5_kind kind, const void *v)
{
    char where[160];
    const hid_t types[2] = {h5_file_type(kind), h5_memory_type(kind)};
    TRY(h5_finite(f, place(where, object, name), kind, 1, v));
    return set(f, object, name, types, H5Screate(H5S_SCALAR), v);
}

kd_status h5_set_double(struct h5 *f, const char *object, const char *name, double value)
{
    return set_scalar(f, object, name, H5_DOUBLE, &value);
}

kd_status h5_set_int(struct h5 *f, const char *object, const char *name, long long value)
{
    return set_scalar(f, object, name, H5_LONG, &value);
}

kd_status h5_set_numbers(struct h5 *f, const char *object, const char *name, enum h5_kind kind, size_t n, const void *v)
{
    char where[160];
    const hid_t types[2] = {h5_file_type(kind), h5_memory_type(kind)};
    const hsize_t extent = n;
    TRY(h5_finite(f, place(where, object, name), kind, n, v));
    return set(f, object, name, types, H5Screate_simple(1, &extent, NULL), v);
}

/* ---- a JSON object as attributes ---- */

static kd_status set_array(struct h5 *f, const char *object, const char *name, const struct js *array)
{
    size_t n = js_size(array);
    double *number = malloc((n + 1) * sizeof *number);
    kd_status status = KD_OK;
    bool numbers = n > 0;
    if (!number)
        FAIL(KD_ENOMEM, "%s: no host memory", f->path);
    for (size_t i = 0; i < n && numbers; i++)
        numbers = js_value_double(js_item(array, i), &number[i]);
    if (numbers) {
        status = h5_set_numbers(f, object, name, H5_DOUBLE, n, number);
    } else { /* strings, mixtures and nothing: as JSON text */
        char *text = js_text(array);
        status = text ? h5_set_text(f, object, name, text) : kd_fail(KD_ENOMEM, "%s: no host memory", f->path);
        free(text);
    }
    free(number);
    return status;
}

kd_status h5_set_members(struct h5 *f, const char *object, const char *prefix, const struct js *members)
{
    for (size_t i = 0; i < js_size(members); i++) {
        const struct js *value = js_get(members, js_key(members, i));
        char name[160];
        snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] ? "." : "", js_key(members, i));
        double number = 0;
        long long whole = 0;
        bool truth = false;
        switch (js_kind(value)) {
        case JS_NONE:
        case JS_NULL:
            break;
        case JS_BOOL:
            js_value_bool(value, &truth);
            TRY(h5_set_int(f, object, name, truth));
            break;
        case JS_INT:
            js_value_int(value, &whole);
            TRY(h5_set_int(f, object, name, whole));
            break;
        case JS_DOUBLE:
            js_value_double(value, &number);
            TRY(h5_set_double(f, object, name, number));
            break;
        case JS_STRING:
            TRY(h5_set_text(f, object, name, js_value_string(value)));
            break;
        case JS_ARRAY:
            TRY(set_array(f, object, name, value));
            break;
        case JS_OBJECT:
            TRY(h5_set_members(f, object, name, value));
            break;
        }
    }
    return KD_OK;
}

/* ---- reading ---- */

static kd_status open_attribute(struct h5 *f, const char *object, const char *name, hid_t *attribute)
{
    char where[160];
    *attribute = H5Aopen_by_name(f->id, object, name, H5P_DEFAULT, H5P_DEFAULT);
    return *attribute < 0 ? h5_broken(f, place(where, object, name), "no such attribute") : KD_OK;
}

kd_status h5_get_text(struct h5 *f, const char *object, const char *name, char *value, size_t size)
{
    char where[160], *bytes = NULL;
    hid_t attribute, type = -1, memory = -1;
    kd_status status = KD_OK;
    TRY(open_attribute(f, object, name, &attribute));
    place(where, object, name);
    type = H5Aget_type(attribute);
    hid_t space = H5Aget_space(attribute);
    if (type < 0 || H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1) {
        status = h5_refuse(f, KD_EINPUT, where, "not a text, expected one");
        goto out;
    }
    bool variable = H5Tis_variable_str(type) > 0;
    size_t width = variable ? sizeof bytes : H5Tget_size(type);
    memory = H5Tcopy(type);
    if (!variable && !(bytes = calloc(width + 1, 1))) {
        status = kd_fail(KD_ENOMEM, "%s: %s: no host memory", f->path, where);
        goto out;
    }
    if (memory < 0 || H5Aread(attribute, memory, variable ? (void *)&bytes : bytes) < 0)
        status = h5_broken(f, where, "cannot read");
    else if (strlen(bytes ? bytes : "") >= size)
        status = h5_refuse(f, KD_EINPUT, where, "a longer text than expected");
    else
        strcpy(value, bytes ? bytes : "");
    if (variable) {
        H5free_memory(bytes);
        bytes = NULL;
    }
out:
    free(bytes);
    if (memory >= 0)
        H5Tclose(memory);
    if (type >= 0)
        H5Tclose(type);
    H5Sclose(space);
    H5Aclose(attribute);
    return status;
}

kd_status h5_get_numbers(struct h5 *f, const char *object, const char *name, enum h5_kind kind, size_t n, void *v)
{
    char where[160];
    hid_t attribute;
    kd_status status = KD_OK;
    TRY(open_attribute(f, object, name, &attribute));
    place(where, object, name);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    bool whole = kind != H5_DOUBLE && kind != H5_FLOAT;
    H5T_class_t class = H5Tget_class(type);
    if ((class != H5T_INTEGER && class != H5T_FLOAT) || (whole && class == H5T_FLOAT))
        status = h5_refuse(f, KD_EINPUT, where, whole ? "expected whole numbers" : "expected numbers");
    else if (H5Sget_simple_extent_npoints(space) != (hssize_t)n)
        status = h5_refuse(f, KD_EINPUT, where, "another count of numbers than expected");
    else if (H5Aread(attribute, h5_memory_type(kind), v) < 0)
        status = h5_broken(f, where, "cannot read");
    else
        status = h5_finite(f, where, kind, n, v);
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    return status;
}

kd_status h5_get_double(struct h5 *f, const char *object, const char *name, double *value)
{
    return h5_get_numbers(f, object, name, H5_DOUBLE, 1, value);
}

kd_status h5_get_int(struct h5 *f, const char *object, const char *name, long long *value)
{
    return h5_get_numbers(f, object, name, H5_LONG, 1, value);
}
