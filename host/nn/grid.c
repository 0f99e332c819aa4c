// SPDX-License-Identifier: BSD-3-Clause
/* grid.c - grid files: all combinations of settings. */
#include <stdlib.h>
#include <string.h>

#include "host/nn/learn.h"

enum { MOST_POINTS = 100000 };

/* Values of one member: how many, and the k-th. Widths are an array already. */
static size_t value_count(const char *name, const struct js *member)
{
    bool widths = strcmp(name, "hidden") == 0;
    double number;
    if (js_size(member) == 0)
        return 1;
    return widths && js_value_double(js_item(member, 0), &number) ? 1 : js_size(member);
}

static const struct js *value_at(const char *name, const struct js *member, size_t k)
{
    double number;
    if (js_size(member) == 0 || (strcmp(name, "hidden") == 0 && js_value_double(js_item(member, 0), &number)))
        return member;
    return js_item(member, k);
}

static kd_status expand(const struct js *grid, size_t n_point, const struct nn_settings *base, struct nn_settings *settings)
{
    for (size_t p = 0; p < n_point; p++) {
        size_t rest = p;
        settings[p] = *base;
        for (size_t i = js_size(grid); i-- > 0;) {
            const char *name = js_key(grid, i);
            const struct js *member = js_get(grid, name);
            size_t n = value_count(name, member);
            TRY(nn_settings_set(&settings[p], name, value_at(name, member, rest % n)));
            rest /= n;
        }
        TRY(nn_settings_check(&settings[p]));
    }
    return KD_OK;
}

kd_status nn_grid_read(const char *path, const struct nn_settings *base, int *n_point, struct nn_settings **settings)
{
    struct js *grid;
    size_t n = 1;
    TRY(js_read(path, &grid));
    *settings = NULL;
    kd_status status = js_size(grid) > 0 && js_key(grid, 0) ? KD_OK
                       : kd_fail(KD_EINPUT, "%s: expected an object such as {\"learning_rate\": [1e-3, 3e-4]}", path);
    for (size_t i = 0; status == KD_OK && i < js_size(grid); i++) {
        n *= value_count(js_key(grid, i), js_get(grid, js_key(grid, i)));
        if (n > MOST_POINTS)
            status = kd_fail(KD_EINPUT, "%s: more than %d combinations", path, MOST_POINTS);
    }
    if (status == KD_OK && !(*settings = malloc(n * sizeof **settings)))
        status = kd_fail(KD_ENOMEM, "%s: no host memory", path);
    if (status == KD_OK)
        status = expand(grid, n, base, *settings);
    if (status != KD_OK) {
        char line[512];
        snprintf(line, sizeof line, "%s", kd_error_message());
        if (!strstr(line, path))
            status = kd_fail(status, "%s: %s", path, line);
        free(*settings);
        *settings = NULL;
    }
    *n_point = (int)n;
    js_free(grid);
    return status;
}
