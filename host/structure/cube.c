// SPDX-License-Identifier: BSD-3-Clause
/* cube.c - points in a periodic cube, binned. */
#include "host/structure/cube.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BINS = 256 };

kd_status cube_create(double edge, double range, const double (*position)[3], int n, struct cube *out)
{
    double most = floor(edge / range);
    int n_bin = most < MOST_BINS ? (int)most : MOST_BINS;
    while (n_bin > 2 && (double)n_bin * n_bin * n_bin > 4.0 * n + 64)
        n_bin--;
    if (n_bin < 3)
        n_bin = 1;
    size_t bins = (size_t)n_bin * (size_t)n_bin * (size_t)n_bin;
    *out = (struct cube){.edge = edge, .range = range, .n_bin = n_bin, .position = position};
    out->head = malloc(bins * sizeof *out->head);
    out->next = malloc((size_t)n * sizeof *out->next);
    if (!out->head || !out->next) {
        cube_free(out);
        FAIL(KD_ENOMEM, "bins: no host memory for %d points", n);
    }
    memset(out->head, -1, bins * sizeof *out->head);
    return KD_OK;
}

void cube_free(struct cube *c)
{
    free(c->head);
    free(c->next);
    memset(c, 0, sizeof *c);
}

static int bin_along(const struct cube *c, double x)
{
    int b = (int)floor(x / c->edge * c->n_bin);
    return b < 0 ? 0 : b < c->n_bin ? b : c->n_bin - 1;
}

void cube_add(struct cube *c, int point)
{
    const double *r = c->position[point];
    int bin = (bin_along(c, r[0]) * c->n_bin + bin_along(c, r[1])) * c->n_bin + bin_along(c, r[2]);
    c->next[point] = c->head[bin];
    c->head[bin] = point;
}

static bool visit_bin(const struct cube *c, int bin, const double r[3], bool (*visit)(void *, int, double), void *context)
{
    for (int p = c->head[bin]; p >= 0; p = c->next[p]) {
        double r2 = 0;
        for (int x = 0; x < 3; x++) {
            double d = c->position[p][x] - r[x];
            d -= c->edge * nearbyint(d / c->edge);
            r2 += d * d;
        }
        if (!visit(context, p, r2))
            return false;
    }
    return true;
}

bool cube_near(const struct cube *c, const double r[3], bool (*visit)(void *context, int point, double r2), void *context)
{
    int n = c->n_bin;
    if (n == 1)
        return visit_bin(c, 0, r, visit, context);
    int at[3] = {bin_along(c, r[0]), bin_along(c, r[1]), bin_along(c, r[2])};
    for (int s = 0; s < 27; s++) {
        int x = (at[0] + s / 9 - 1 + n) % n, y = (at[1] + s / 3 % 3 - 1 + n) % n, z = (at[2] + s % 3 - 1 + n) % n;
        if (!visit_bin(c, (x * n + y) * n + z, r, visit, context))
            return false;
    }
    return true;
}
