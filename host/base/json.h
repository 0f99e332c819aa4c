// SPDX-License-Identifier: BSD-3-Clause
/* json.h - JSON objects built and read. The only door to jansson.
 *
 * Building never fails at the call: when memory runs out the object is marked broken, and js_print says so.
 *     struct js *root = js_new();
 *     js_double(root, "energy_ev", e);
 *     struct js *frame = js_object(js_array(root, "frames"), NULL);
 *     js_doubles(frame, "virial_ev", 6, virial);
 *     TRY_OUT(js_print(root, stdout));
 * Wherever a key is asked for, NULL appends to an array. A key that is there already is replaced. Keys keep their order.
 * Children belong to their parent: only roots are freed. All functions take NULL objects and then do nothing. */
#ifndef KD_JSON_H
#define KD_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "kernels/status.h"

struct js;

struct js *js_new(void); /* an empty object */
struct js *js_new_array(void);
void js_free(struct js *root);

/* NaN and infinities become null, with a log_warning that names the key: the text is always valid JSON. Strings that are
 * not UTF-8 have their bad bytes replaced by '?'. */
void js_double(struct js *parent, const char *key, double value);
void js_int(struct js *parent, const char *key, long long value);
void js_bool(struct js *parent, const char *key, bool value);
void js_string(struct js *parent, const char *key, const char *value); /* NULL gives null */
void js_null(struct js *parent, const char *key);
void js_doubles(struct js *parent, const char *key, size_t n, const double *value);
void js_ints(struct js *parent, const char *key, size_t n, const int *value);
struct js *js_object(struct js *parent, const char *key); /* a new empty child */
struct js *js_array(struct js *parent, const char *key);
void js_put(struct js *parent, const char *key, struct js *child); /* takes a root over */
void js_merge(struct js *object, struct js *from); /* moves all members of the root `from` */

/* One line and a newline, numbers with 17 significant digits. KD_EIO when the stream fails (it is flushed), KD_ENOMEM
 * when anything put into any object of this thread since the last print was lost. */
kd_status js_print(const struct js *root, FILE *f);
/* The same as a string that the caller frees; NULL when memory runs out. */
char *js_text(const struct js *root);

/* Read a file (at most 256 MB) or a text. KD_EINPUT "file:line:column: what" for what is not JSON or holds a key twice. */
kd_status js_read(const char *path, struct js **root);
kd_status js_parse(const char *name, const char *text, size_t length, struct js **root);

enum js_kind { JS_NONE, JS_NULL, JS_BOOL, JS_INT, JS_DOUBLE, JS_STRING, JS_ARRAY, JS_OBJECT };
enum js_kind js_kind(const struct js *j); /* JS_NONE of NULL */

/* Reading: NULL, or false with *value unchanged, where the key is missing or of another kind. Integers read as doubles. */
const struct js *js_get(const struct js *object, const char *key);
const struct js *js_item(const struct js *array, size_t i);
size_t js_size(const struct js *array_or_object); /* 0 for anything else */
bool js_get_double(const struct js *object, const char *key, double *value);
bool js_get_int(const struct js *object, const char *key, long long *value);
bool js_get_bool(const struct js *object, const char *key, bool *value);
const char *js_get_string(const struct js *object, const char *key); /* borrowed */
bool js_get_doubles(const struct js *object, const char *key, size_t n, double *value); /* exactly n numbers */
bool js_value_int(const struct js *item, long long *value);
bool js_value_bool(const struct js *item, bool *value);
bool js_value_double(const struct js *item, double *value); /* of js_item, js_get */
const char *js_value_string(const struct js *item);
/* Walk an object: key i, 0 <= i < js_size, in the order of the text; NULL beyond. */
const char *js_key(const struct js *object, size_t i);

#endif
