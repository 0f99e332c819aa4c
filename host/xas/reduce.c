// SPDX-License-Identifier: BSD-3-Clause
/* reduce.c - the potential on a smaller product grid. */
#include "host/xas/reduce.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/units.h"

/* Lengths that the line codelets have, and then products of 2, 3, 5. */
static int next_length(int least)
{
    for (int n = least;; n++) {
        int rest = n;
        for (int p = 2; p <= 5; p++)
            while (rest % p == 0)
                rest /= p;
        if (rest == 1 && n % 2 == 0)
            return n;
    }
}

static void choose_grid(const struct crystal *c, double ecut, double factor, const int full[3], int n[3])
{
    for (int a = 0; a < 3; a++) {
        const double *v = c->cell[a];
        double most = sqrt(2 * ecut) * sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) / (2 * KD_PI); /* index along a */
        int least = (int)ceil(2 * most * factor), span = 2 * (int)ceil(most) + 1;
        n[a] = next_length(least > span ? least : span);
        n[a] = n[a] < full[a] ? n[a] : full[a];
    }
}

/* One of G and -G of all that both grids can hold, G = 0 first. */
static kd_status list_box(const struct crystal *c, const int n[3], struct sphere *out)
{
    int half[3] = {(n[0] - 1) / 2, (n[1] - 1) / 2, (n[2] - 1) / 2};
    size_t most = (size_t)(2 * half[0] + 1) * (size_t)(2 * half[1] + 1) * (size_t)(2 * half[2] + 1) / 2 + 1;
    memset(out, 0, sizeof *out);
    out->miller = malloc(most * sizeof *out->miller);
    out->g = malloc(most * sizeof *out->g);
    if (!out->miller || !out->g) {
        sphere_free(out);
        FAIL(KD_ENOMEM, "reduced grid: no host memory");
    }
    for (int x = 0; x <= half[0]; x++)
        for (int y = x ? -half[1] : 0; y <= half[1]; y++)
            for (int z = x || y ? -half[2] : 0; z <= half[2]; z++) {
                int m[3] = {x, y, z};
                memcpy(out->miller[out->n], m, sizeof m);
                for (int b = 0; b < 3; b++)
                    out->g[out->n][b] = x * c->reciprocal[0][b] + y * c->reciprocal[1][b] + z * c->reciprocal[2][b];
                out->n++;
            }
    return KD_OK;
}

kd_status reduce_create(kd_device *dev, const struct crystal *c, double ecut, double factor, const int full[3], struct reduce *out)
{
    struct sphere box;
    memset(out, 0, sizeof *out);
    out->dev = dev;
    choose_grid(c, ecut, factor, full, out->n);
    out->same = memcmp(out->n, full, sizeof out->n) == 0;
    if (out->same)
        return KD_OK;
    TRY(list_box(c, out->n, &box));
    struct grid_spec spec = {{full[0], full[1], full[2]}, c->volume, box.n, (const int(*)[3])box.miller, (const double(*)[3])box.g};
    kd_status status = dev->grid->create(dev, &spec, &out->large);
    memcpy(spec.n, out->n, sizeof spec.n);
    if (status == KD_OK)
        status = dev->grid->create(dev, &spec, &out->small);
    if (status == KD_OK)
        status = kd_alloc(dev, (size_t)box.n * 2 * sizeof(double), &out->wave_d);
    if (status == KD_OK)
        status = kd_alloc(dev, (size_t)out->n[0] * (size_t)out->n[1] * (size_t)out->n[2] * sizeof(double), &out->v_d);
    if (status == KD_OK)
        status = kd_scratch_reserve(dev, dev->grid->scratch(dev, out->large));
    if (status == KD_OK)
        status = kd_scratch_reserve(dev, dev->grid->scratch(dev, out->small));
    sphere_free(&box);
    return status;
}

void reduce_free(struct reduce *r)
{
    if (!r->dev)
        return;
    r->dev->grid->destroy(r->dev, r->large);
    r->dev->grid->destroy(r->dev, r->small);
    kd_free(r->dev, r->wave_d);
    kd_free(r->dev, r->v_d);
    memset(r, 0, sizeof *r);
}

kd_status reduce_potential(struct reduce *r, double *full_d, double **small_d)
{
    *small_d = r->same ? full_d : r->v_d;
    if (r->same)
        return KD_OK;
    TRY(r->dev->grid->forward(r->dev, r->dev->stream, r->large, full_d, r->wave_d));
    return r->dev->grid->backward(r->dev, r->dev->stream, r->small, r->wave_d, r->v_d);
}
