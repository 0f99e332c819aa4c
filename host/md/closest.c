// SPDX-License-Identifier: BSD-3-Clause
/* closest.c - the closest pair of every replica, read from the neighbour lists. */
#include <math.h>
#include <stdlib.h>

#include "host/md/batch.h"

struct lists {
    int *count, *index, *shift;
    double *position, *cell;
};

static void search_replica(const struct batch *b, const struct lists *h, int replica, struct closest_pair *best)
{
    const double *cell = h->cell + 9 * (size_t)replica;
    *best = (struct closest_pair){.distance = INFINITY, .i = -1, .j = -1};
    for (int i = b->first[replica]; i < b->first[replica + 1]; i++) {
        size_t at = (size_t)(i / MD_TILE) * (size_t)b->list.capacity * MD_TILE + (size_t)(i % MD_TILE);
        for (int s = 0; s < h->count[i]; s++, at += MD_TILE) {
            const double *ri = h->position + 4 * (size_t)i, *rj = h->position + 4 * (size_t)h->index[at];
            double r2 = 0;
            for (int x = 0; x < 3; x++) {
                double d = rj[x] - ri[x];
                for (int k = 0; k < 3; k++)
                    d += MD_SHIFT(h->shift[at], k) * cell[3 * k + x];
                r2 += d * d;
            }
            if (sqrt(r2) < best->distance)
                *best = (struct closest_pair){sqrt(r2), i - b->first[replica], h->index[at] - b->first[replica]};
        }
    }
}

kd_status batch_closest(const struct batch *b, struct closest_pair *closest)
{
    kd_device *dev = b->dev;
    size_t n_atom = (size_t)b->md.n_atom, n_replica = (size_t)b->md.n_replica;
    size_t padded = (n_atom + MD_TILE - 1) / MD_TILE * MD_TILE, entries = padded * (size_t)b->list.capacity;
    struct lists h = {
        .count = malloc(padded * sizeof(int)),
        .index = malloc(entries * sizeof(int)),
        .shift = malloc(entries * sizeof(int)),
        .position = malloc(n_atom * 4 * sizeof(double)),
        .cell = malloc(n_replica * 9 * sizeof(double)),
    };
    kd_status status = KD_OK;
    if (!h.count || !h.index || !h.shift || !h.position || !h.cell)
        FAIL_OUT(KD_ENOMEM, "closest pairs: no host memory for %zu atoms", n_atom);
    TRY_OUT(kd_download(dev, dev->stream, h.count, b->list.count_d, padded * sizeof(int)));
    TRY_OUT(kd_download(dev, dev->stream, h.index, b->list.index_d, entries * sizeof(int)));
    TRY_OUT(kd_download(dev, dev->stream, h.shift, b->list.shift_d, entries * sizeof(int)));
    TRY_OUT(kd_download(dev, dev->stream, h.position, b->position_d, n_atom * 4 * sizeof(double)));
    TRY_OUT(kd_download(dev, dev->stream, h.cell, b->cell_d, n_replica * 9 * sizeof(double)));
    for (int r = 0; r < b->md.n_replica; r++)
        search_replica(b, &h, r, &closest[r]);
out:
    free(h.count);
    free(h.index);
    free(h.shift);
    free(h.position);
    free(h.cell);
    return status;
}
