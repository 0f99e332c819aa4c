// SPDX-License-Identifier: BSD-3-Clause
/* shells.c - all pairs within a range, by the neighbour lists of the device. */
#include "host/md/shells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/md/batch.h"

/* Lists of an arbitrary range: a potential without numbers whose cutoffs are all `range`. */
static kd_status ranges_of(const struct structure *s, double range, struct potential *p)
{
    memset(p, 0, sizeof *p);
    for (int a = 0; a < s->n_atom; a++) {
        if (potential_species(p, s->number[a]) >= 0)
            continue;
        if (p->n_species == POTENTIAL_MAX_SPECIES)
            FAIL(KD_EINPUT, "%s: more than %d elements, expected at most that many", s->source ? s->source : "structure",
                 POTENTIAL_MAX_SPECIES);
        p->number[p->n_species++] = s->number[a];
    }
    size_t n = (size_t)p->n_species;
    p->entry = calloc(n * n * n, sizeof *p->entry);
    p->cutoff = malloc(n * n * sizeof *p->cutoff);
    p->source = strdup("analysis");
    if (!p->entry || !p->cutoff || !p->source) {
        potential_free(p);
        FAIL(KD_ENOMEM, "neighbours: no host memory");
    }
    for (size_t c = 0; c < n * n; c++)
        p->cutoff[c] = range;
    p->range = range;
    return KD_OK;
}

struct tables {
    int *count, *index, *shift;
    double *position, cell[9];
};

static kd_status download(const struct batch *b, struct tables *t)
{
    kd_device *dev = b->dev;
    size_t n = (size_t)b->md.n_atom, padded = (n + MD_TILE - 1) / MD_TILE * MD_TILE, entries = padded * (size_t)b->list.capacity;
    t->count = malloc(padded * sizeof(int));
    t->index = malloc(entries * sizeof(int));
    t->shift = malloc(entries * sizeof(int));
    t->position = malloc(n * 4 * sizeof(double));
    if (!t->count || !t->index || !t->shift || !t->position)
        FAIL(KD_ENOMEM, "neighbours: no host memory for %zu atoms", n);
    TRY(kd_download(dev, dev->stream, t->count, b->list.count_d, padded * sizeof(int)));
    TRY(kd_download(dev, dev->stream, t->index, b->list.index_d, entries * sizeof(int)));
    TRY(kd_download(dev, dev->stream, t->shift, b->list.shift_d, entries * sizeof(int)));
    TRY(kd_download(dev, dev->stream, t->position, b->position_d, n * 4 * sizeof(double)));
    return kd_download(dev, dev->stream, t->cell, b->cell_d, sizeof t->cell);
}

static void unpack(const struct batch *b, const struct tables *t, struct shells *out)
{
    int n = 0;
    for (int i = 0; i < out->n_atom; i++) {
        size_t at = (size_t)(i / MD_TILE) * (size_t)b->list.capacity * MD_TILE + (size_t)(i % MD_TILE);
        out->start[i] = n;
        for (int s = 0; s < t->count[i]; s++, at += MD_TILE, n++) {
            struct shell_atom *near = &out->near[n];
            double r2 = 0;
            near->atom = t->index[at];
            for (int x = 0; x < 3; x++) {
                near->d[x] = t->position[4 * (size_t)near->atom + (size_t)x] - t->position[4 * (size_t)i + (size_t)x];
                for (int k = 0; k < 3; k++)
                    near->d[x] += MD_SHIFT(t->shift[at], k) * t->cell[3 * k + x];
                r2 += near->d[x] * near->d[x];
            }
            near->r = sqrt(r2);
        }
    }
    out->start[out->n_atom] = n;
}

static kd_status gather(const struct batch *b, struct tables *t, struct shells *out)
{
    TRY(download(b, t));
    size_t total = 0;
    for (int i = 0; i < out->n_atom; i++)
        total += (size_t)t->count[i];
    out->start = malloc(((size_t)out->n_atom + 1) * sizeof *out->start);
    out->near = malloc((total + 1) * sizeof *out->near);
    if (!out->start || !out->near || total > 2000000000)
        FAIL(KD_ENOMEM, "neighbours: no host memory for %zu pairs", total);
    unpack(b, t, out);
    return KD_OK;
}

kd_status shells_find(kd_device *dev, const struct structure *s, double range, struct shells *out)
{
    struct potential p;
    struct batch b = {0};
    struct tables t = {0};
    *out = (struct shells){.n_atom = s->n_atom};
    TRY(ranges_of(s, range, &p));
    kd_status status;
    TRY_OUT(batch_create(dev, &p, s, 1, &b));
    TRY_OUT(batch_build_lists(&b, 0));
    TRY_OUT(gather(&b, &t, out));
out:
    if (status != KD_OK)
        shells_free(out);
    free(t.count);
    free(t.index);
    free(t.shift);
    free(t.position);
    batch_free(&b);
    potential_free(&p);
    return status;
}

void shells_free(struct shells *s)
{
    free(s->start);
    free(s->near);
    memset(s, 0, sizeof *s);
}
