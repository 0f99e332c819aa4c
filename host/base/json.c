// SPDX-License-Identifier: BSD-3-Clause
/* json.c - JSON by jansson: the nodes of json.h are jansson's, children belong to their parent. */
#include "host/base/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/base/log.h"

static const size_t READ_LIMIT = 256000000;
static const size_t PRINT_FLAGS = JSON_REAL_PRECISION(17) | JSON_ENSURE_ASCII;

static _Thread_local bool lost; /* something could not be put in, since the last print of this thread */

static json_t *node(const struct js *j)
{
    return (json_t *)(size_t)j;
}

/* ---- building ---- */

static struct js *made(json_t *root)
{
    if (!root)
        lost = true;
    return (struct js *)root;
}

struct js *js_new(void)
{
    return made(json_object());
}

struct js *js_new_array(void)
{
    return made(json_array());
}

void js_free(struct js *root)
{
    json_decref(node(root));
}

/* Takes `value` over, whatever happens; returns it while it lives in the parent. */
static struct js *put(struct js *parent, const char *key, json_t *value)
{
    if (!parent) {
        json_decref(value);
        return NULL;
    }
    int failed = key ? json_object_set_new(node(parent), key, value) : json_array_append_new(node(parent), value);
    if (failed)
        lost = true;
    return failed ? NULL : (struct js *)value;
}

void js_put(struct js *parent, const char *key, struct js *child)
{
    put(parent, key, node(child));
}

void js_merge(struct js *object, struct js *from)
{
    if (object && from && json_object_update(node(object), node(from)))
        lost = true;
    js_free(from);
}

void js_double(struct js *parent, const char *key, double value)
{
    if (isfinite(value)) {
        put(parent, key, json_real(value));
        return;
    }
    if (key)
        log_warning("%s is not a finite number: null in JSON", key);
    else
        log_warning("an array holds a number that is not finite: null in JSON");
    put(parent, key, json_null());
}

void js_int(struct js *parent, const char *key, long long value)
{
    put(parent, key, json_integer(value));
}

void js_bool(struct js *parent, const char *key, bool value)
{
    put(parent, key, json_boolean(value));
}

void js_null(struct js *parent, const char *key)
{
    put(parent, key, json_null());
}

/* File names need not be UTF-8: what is not becomes '?'. */
static json_t *latin_string(const char *value)
{
    char *copy = strdup(value);
    for (char *c = copy; c && *c; c++)
        if ((unsigned char)*c > 127)
            *c = '?';
    json_t *string = copy ? json_string(copy) : NULL;
    free(copy);
    return string;
}

void js_string(struct js *parent, const char *key, const char *value)
{
    if (!value) {
        js_null(parent, key);
        return;
    }
    json_t *string = json_string(value);
    put(parent, key, string ? string : latin_string(value));
}

void js_doubles(struct js *parent, const char *key, size_t n, const double *value)
{
    struct js *array = js_array(parent, key);
    bool finite = true;
    for (size_t i = 0; i < n; i++) {
        finite = finite && isfinite(value[i]);
        put(array, NULL, isfinite(value[i]) ? json_real(value[i]) : json_null());
    }
    if (!finite)
        log_warning("%s holds numbers that are not finite: null in JSON", key ? key : "an array");
}

void js_ints(struct js *parent, const char *key, size_t n, const int *value)
{
    struct js *array = js_array(parent, key);
    for (size_t i = 0; i < n; i++)
        put(array, NULL, json_integer(value[i]));
}

struct js *js_object(struct js *parent, const char *key)
{
    return put(parent, key, json_object());
}

struct js *js_array(struct js *parent, const char *key)
{
    return put(parent, key, json_array());
}

/* ---- printing ---- */

kd_status js_print(const struct js *root, FILE *f)
{
    bool broken = lost || !root;
    lost = false;
    if (broken)
        FAIL(KD_ENOMEM, "JSON: no host memory for all results");
    char *text = js_text(root);
    if (!text)
        FAIL(KD_ENOMEM, "JSON: no host memory for the text");
    errno = 0;
    bool failed = fputs(text, f) < 0 || fputc('\n', f) == EOF || fflush(f) != 0;
    free(text);
    if (failed)
        FAIL(KD_EIO, "JSON: cannot write, %s", errno ? strerror(errno) : "output error");
    return KD_OK;
}

char *js_text(const struct js *root)
{
    return root ? json_dumps(node(root), PRINT_FLAGS) : NULL;
}

/* ---- parsing ---- */

kd_status js_parse(const char *name, const char *text, size_t length, struct js **root)
{
    json_error_t error;
    *root = (struct js *)json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (*root)
        return KD_OK;
    if (json_error_code(&error) == json_error_out_of_memory)
        FAIL(KD_ENOMEM, "%s: no host memory", name);
    FAIL(KD_EINPUT, "%s:%d:%d: %s, expected JSON", name, error.line, error.column, error.text);
}

kd_status js_read(const char *path, struct js **root)
{
    *root = NULL;
    struct stat s;
    if (stat(path, &s) == 0 && S_ISDIR(s.st_mode))
        FAIL(KD_EINPUT, "%s: a directory, expected a file", path);
    FILE *f = fopen(path, "rb");
    if (!f)
        FAIL(KD_EINPUT, "%s: cannot open, %s", path, strerror(errno));
    json_error_t error;
    if (fseek(f, 0, SEEK_END) == 0 && ftell(f) > (long)READ_LIMIT) {
        fclose(f);
        FAIL(KD_EINPUT, "%s: larger than %zu bytes, expected a smaller file", path, READ_LIMIT);
    }
    rewind(f);
    *root = (struct js *)json_loadf(f, JSON_REJECT_DUPLICATES, &error);
    bool unreadable = ferror(f);
    fclose(f);
    if (*root)
        return KD_OK;
    if (unreadable)
        FAIL(KD_EIO, "%s: cannot read", path);
    if (json_error_code(&error) == json_error_out_of_memory)
        FAIL(KD_ENOMEM, "%s: no host memory", path);
    FAIL(KD_EINPUT, "%s:%d:%d: %s, expected JSON", path, error.line, error.column, error.text);
}

/* ---- reading ---- */

enum js_kind js_kind(const struct js *j)
{
    if (!j)
        return JS_NONE;
    switch (json_typeof(node(j))) {
    case JSON_OBJECT:
        return JS_OBJECT;
    case JSON_ARRAY:
        return JS_ARRAY;
    case JSON_STRING:
        return JS_STRING;
    case JSON_INTEGER:
        return JS_INT;
    case JSON_REAL:
        return JS_DOUBLE;
    case JSON_TRUE:
    case JSON_FALSE:
        return JS_BOOL;
    case JSON_NULL:
        return JS_NULL;
    }
    return JS_NONE;
}

const struct js *js_get(const struct js *object, const char *key)
{
    return (const struct js *)json_object_get(node(object), key);
}

const struct js *js_item(const struct js *array, size_t i)
{
    return (const struct js *)json_array_get(node(array), i);
}

size_t js_size(const struct js *j)
{
    return json_is_object(node(j)) ? json_object_size(node(j)) : json_array_size(node(j));
}

bool js_value_double(const struct js *item, double *value)
{
    if (!json_is_number(node(item)))
        return false;
    *value = json_number_value(node(item));
    return true;
}

const char *js_value_string(const struct js *item)
{
    return json_string_value(node(item));
}

bool js_get_double(const struct js *object, const char *key, double *value)
{
    return js_value_double(js_get(object, key), value);
}

bool js_value_int(const struct js *item, long long *value)
{
    if (!json_is_integer(node(item)))
        return false;
    *value = json_integer_value(node(item));
    return true;
}

bool js_get_int(const struct js *object, const char *key, long long *value)
{
    return js_value_int(js_get(object, key), value);
}

bool js_value_bool(const struct js *item, bool *value)
{
    if (!json_is_boolean(node(item)))
        return false;
    *value = json_is_true(node(item));
    return true;
}

bool js_get_bool(const struct js *object, const char *key, bool *value)
{
    return js_value_bool(js_get(object, key), value);
}

const char *js_get_string(const struct js *object, const char *key)
{
    return js_value_string(js_get(object, key));
}

bool js_get_doubles(const struct js *object, const char *key, size_t n, double *value)
{
    const struct js *array = js_get(object, key);
    if (!json_is_array(node(array)) || js_size(array) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!json_is_number(node(js_item(array, i))))
            return false;
    for (size_t i = 0; i < n; i++)
        js_value_double(js_item(array, i), &value[i]);
    return true;
}

const char *js_key(const struct js *object, size_t i)
{
    void *at = json_object_iter(node(object));
    while (at && i-- > 0)
        at = json_object_iter_next(node(object), at);
    return at ? json_object_iter_key(at) : NULL;
}
