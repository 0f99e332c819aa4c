// SPDX-License-Identifier: BSD-3-Clause
/* calibration.c - the constant of the energy axis as a file. */
#include "host/xas/calibration.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/commit.h"

kd_status calibration_write(const char *path, const struct calibration *c, const struct js *provenance)
{
    struct commit file;
    struct js *root = js_new();
    js_string(root, "kind", "xanes_calibration");
    js_double(root, "constant_ev", c->constant_ev);
    js_double(root, "target_ev", c->target_ev);
    js_double(root, "peak_ev", c->peak_ev);
    js_string(root, "reference", c->reference);
    js_string(root, "recipe", c->recipe);
    char *text = provenance ? js_text(provenance) : NULL;
    struct js *copy = NULL;
    kd_status status = text ? js_parse("provenance", text, strlen(text), &copy) : KD_OK;
    if (copy)
        js_put(root, "provenance", copy);
    free(text);
    if (status == KD_OK)
        status = commit_open(path, &file);
    if (status == KD_OK) {
        status = js_print(root, file.file);
        if (status == KD_OK)
            status = commit_finish(&file);
        else
            commit_abandon(&file);
    }
    js_free(root);
    return status;
}

kd_status calibration_read(const char *path, struct calibration *c)
{
    struct js *root;
    memset(c, 0, sizeof *c);
    TRY(js_read(path, &root));
    const char *kind = js_get_string(root, "kind"), *reference = js_get_string(root, "reference"), *recipe = js_get_string(root, "recipe");
    bool good = kind && strcmp(kind, "xanes_calibration") == 0 && reference && recipe && js_get_double(root, "constant_ev", &c->constant_ev) &&
                js_get_double(root, "target_ev", &c->target_ev) && js_get_double(root, "peak_ev", &c->peak_ev) && isfinite(c->constant_ev);
    if (good) {
        snprintf(c->reference, sizeof c->reference, "%s", reference);
        snprintf(c->recipe, sizeof c->recipe, "%s", recipe);
    }
    js_free(root);
    return good ? KD_OK : kd_fail(KD_EINPUT, "%s: no calibration, expected a file of kedge xanes --calibrate", path);
}

/* Value of key in "key=value key=value"; its length. */
static const char *value_of(const char *recipe, const char *key, size_t n_key, size_t *n)
{
    for (const char *at = recipe; *at; at += strcspn(at, " "), at += strspn(at, " "))
        if (strncmp(at, key, n_key) == 0 && at[n_key] == '=') {
            *n = strcspn(at + n_key + 1, " ");
            return at + n_key + 1;
        }
    return NULL;
}

kd_status calibration_check(const struct calibration *c, const char *recipe)
{
    for (const char *at = c->recipe; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
        size_t n_key = strcspn(at, "= "), n_other, n = strcspn(at, " ") - n_key;
        const char *other = value_of(recipe, at, n_key, &n_other);
        if (!other || n == 0 || strncmp(at, "kpoints=", 8) == 0 || strncmp(at, "shift=", 6) == 0)
            continue;
        if (n - 1 != n_other || strncmp(at + n_key + 1, other, n_other) != 0)
            FAIL(KD_EINPUT, "calibration with %s: its %.*s is %.*s, that of the spectra %.*s; they cannot be compared", c->reference, (int)n_key, at,
                 (int)(n - 1), at + n_key + 1, (int)n_other, other);
    }
    return KD_OK;
}
