// SPDX-License-Identifier: BSD-3-Clause
/* batch.c - structures to a device and back. */
#include "host/md/batch.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/md/box.h"
#include "host/structure/element.h"

enum { FIRST_CAPACITY = 24, MOST_NEIGHBORS = 1000 };

/* ---- set-up ---- */

/* Host images of the device arrays, one allocation each. */
struct host_arrays {
    int *replica, *species;
    double *cell, *position;
};

static kd_status fill_replica(const struct potential *p, const struct structure *s, int replica, int first,
                              struct host_arrays *host)
{
    double cell[3][3];
    TRY(box_around(s, p->range, cell));
    memcpy(host->cell + 9 * (size_t)replica, cell, sizeof cell);
    for (int a = 0; a < s->n_atom; a++) {
        size_t i = (size_t)first + (size_t)a;
        host->replica[i] = replica;
        host->species[i] = potential_species(p, s->number[a]);
        if (host->species[i] < 0)
            FAIL(KD_EINPUT, "%s: atom %d is %s, which %s has no parameters for", s->source ? s->source : "structure", a + 1,
                 element_symbol(s->number[a]), p->source);
        memcpy(host->position + 4 * i, s->position[a], 3 * sizeof(double));
        box_wrap(cell, host->position + 4 * i);
    }
    return KD_OK;
}

static kd_status upload_replicas(struct batch *b, const struct structure *structure)
{
    size_t n_atom = (size_t)b->md.n_atom, n_replica = (size_t)b->md.n_replica;
    struct host_arrays host = {
        .replica = malloc(n_atom * sizeof(int)),
        .species = malloc(n_atom * sizeof(int)),
        .cell = malloc(n_replica * 9 * sizeof(double)),
        .position = calloc(n_atom * 4, sizeof(double)),
    };
    kd_device *dev = b->dev;
    kd_status status = KD_OK;
    if (!host.replica || !host.species || !host.cell || !host.position)
        FAIL_OUT(KD_ENOMEM, "batch: no host memory for %zu atoms", n_atom);
    for (int r = 0; r < b->md.n_replica; r++)
        TRY_OUT(fill_replica(b->potential, &structure[r], r, b->first[r], &host));
    TRY_OUT(kd_alloc_copy(dev, dev->stream, b->first, (n_replica + 1) * sizeof(int), &b->md.first_d));
    TRY_OUT(kd_alloc_copy(dev, dev->stream, host.replica, n_atom * sizeof(int), &b->md.replica_d));
    TRY_OUT(kd_alloc_copy(dev, dev->stream, host.species, n_atom * sizeof(int), &b->md.species_d));
    TRY_OUT(kd_alloc_copy(dev, dev->stream, host.cell, n_replica * 9 * sizeof(double), &b->cell_d));
    TRY_OUT(kd_alloc_copy(dev, dev->stream, host.position, n_atom * 4 * sizeof(double), &b->position_d));
    b->md.cell_d = b->cell_d;
    b->md.position_d = b->position_d;
out:
    free(host.replica);
    free(host.species);
    free(host.cell);
    free(host.position);
    return status;
}

static kd_status count_atoms(struct batch *b, const struct structure *structure, int n)
{
    long long n_atom = 0;
    b->first = malloc(((size_t)n + 1) * sizeof *b->first);
    if (!b->first)
        FAIL(KD_ENOMEM, "batch: no host memory for %d replicas", n);
    for (int r = 0; r < n; r++) {
        b->first[r] = (int)n_atom;
        n_atom += structure[r].n_atom;
        if (n_atom > STRUCTURE_MAX_ATOM)
            FAIL(KD_EINPUT, "batch: more than %d atoms in all, expected fewer", STRUCTURE_MAX_ATOM);
        b->md.max_atom = structure[r].n_atom > b->md.max_atom ? structure[r].n_atom : b->md.max_atom;
    }
    b->first[n] = (int)n_atom;
    b->md.n_replica = n;
    b->md.n_atom = (int)n_atom;
    b->md.first = b->first;
    return KD_OK;
}

kd_status batch_create(kd_device *dev, const struct potential *potential, const struct structure *structure, int n,
                       struct batch *out)
{
    struct batch b = {.dev = dev, .potential = potential};
    kd_status status;
    if (!dev->md)
        FAIL(KD_EDEVICE, "device %s: no molecular dynamics in this backend", dev->backend);
    if (n < 1)
        FAIL(KD_EINPUT, "batch: no structure, expected at least one");
    b.md.n_species = potential->n_species;
    TRY_OUT(count_atoms(&b, structure, n));
    TRY_OUT(potential_upload(dev, potential, &b.table));
    TRY_OUT(upload_replicas(&b, structure));
    TRY_OUT(kd_alloc(dev, (size_t)b.md.n_atom * 4 * sizeof(double), &b.forces.force_d));
    TRY_OUT(kd_alloc(dev, (size_t)n * sizeof(double), &b.forces.energy_d));
    TRY_OUT(kd_alloc(dev, (size_t)n * 6 * sizeof(double), &b.forces.virial_d));
    *out = b;
    return KD_OK;
out:
    batch_free(&b);
    memset(out, 0, sizeof *out);
    return status;
}

static void free_lists(struct batch *b)
{
    kd_free(b->dev, b->list.count_d);
    kd_free(b->dev, b->list.index_d);
    kd_free(b->dev, b->list.shift_d);
    kd_free(b->dev, b->list.reverse_d);
    kd_free(b->dev, b->list.max_count_d);
    memset(&b->list, 0, sizeof b->list);
}

void batch_free(struct batch *b)
{
    if (!b->dev)
        return;
    free_lists(b);
    potential_release(b->dev, &b->table);
    kd_free(b->dev, (void *)b->md.first_d);
    kd_free(b->dev, (void *)b->md.replica_d);
    kd_free(b->dev, (void *)b->md.species_d);
    kd_free(b->dev, b->cell_d);
    kd_free(b->dev, b->position_d);
    kd_free(b->dev, b->forces.force_d);
    kd_free(b->dev, b->forces.energy_d);
    kd_free(b->dev, b->forces.virial_d);
    free(b->first);
    memset(b, 0, sizeof *b);
}

/* ---- neighbour lists ---- */

static kd_status make_lists(struct batch *b, int capacity)
{
    kd_device *dev = b->dev;
    size_t n_tile = ((size_t)b->md.n_atom + MD_TILE - 1) / MD_TILE, entries = n_tile * MD_TILE * (size_t)capacity;
    free_lists(b);
    kd_status status;
    TRY_OUT(kd_alloc(dev, n_tile * MD_TILE * sizeof(int), &b->list.count_d));
    TRY_OUT(kd_alloc(dev, entries * sizeof(int), &b->list.index_d));
    TRY_OUT(kd_alloc(dev, entries * sizeof(int), &b->list.shift_d));
    TRY_OUT(kd_alloc(dev, entries * sizeof(int), &b->list.reverse_d));
    TRY_OUT(kd_alloc(dev, sizeof(int), &b->list.max_count_d));
    size_t lists = dev->md->neighbor_scratch(dev, &b->md, capacity);
    size_t mixed = dev->md->tersoff_scratch(dev, &b->md, capacity, KD_MIXED);
    size_t full = dev->md->tersoff_scratch(dev, &b->md, capacity, KD_DOUBLE);
    size_t most = mixed > full ? mixed : full;
    TRY_OUT(kd_scratch_reserve(dev, lists > most ? lists : most));
    b->list.capacity = capacity;
    return KD_OK;
out:
    free_lists(b);
    return status;
}

kd_status batch_build_lists(struct batch *b, double skin)
{
    kd_device *dev = b->dev;
    if (!b->list.capacity)
        TRY(make_lists(b, FIRST_CAPACITY));
    for (;;) {
        int most;
        TRY(dev->md->neighbor_build(dev, dev->stream, &b->md, b->table.cutoff_d, skin, &b->list));
        TRY(kd_download(dev, dev->stream, &most, b->list.max_count_d, sizeof most));
        if (most == INT_MAX)
            FAIL(KD_EINPUT, "neighbour lists: a position that is not finite or too far from the cell, expected to wrap it");
        if (most > MOST_NEIGHBORS)
            FAIL(KD_EINPUT, "neighbour lists: an atom has %d neighbours within %g angstrom, expected at most %d", most,
                 b->potential->range + skin, MOST_NEIGHBORS);
        if (most <= b->list.capacity) {
            b->skin = skin;
            return KD_OK;
        }
        TRY(make_lists(b, (most + 4 + 7) / 8 * 8)); /* a little room for the next build */
    }
}

/* ---- forces ---- */

kd_status batch_evaluate(struct batch *b, enum kd_precision precision)
{
    return b->dev->md->tersoff(b->dev, b->dev->stream, &b->md, &b->list, &b->table, precision, &b->forces);
}

kd_status batch_download(const struct batch *b, double (*force)[3], double *energy, double (*virial)[6])
{
    kd_device *dev = b->dev;
    size_t n_atom = (size_t)b->md.n_atom, n_replica = (size_t)b->md.n_replica;
    if (energy)
        TRY(kd_download(dev, dev->stream, energy, b->forces.energy_d, n_replica * sizeof *energy));
    if (virial)
        TRY(kd_download(dev, dev->stream, virial, b->forces.virial_d, n_replica * sizeof *virial));
    if (!force)
        return KD_OK;
    double(*four)[4] = malloc(n_atom * sizeof *four);
    if (!four)
        FAIL(KD_ENOMEM, "batch: no host memory for %zu forces", n_atom);
    kd_status status = kd_download(dev, dev->stream, four, b->forces.force_d, n_atom * sizeof *four);
    for (size_t i = 0; status == KD_OK && i < n_atom; i++)
        memcpy(force[i], four[i], 3 * sizeof(double));
    free(four);
    return status;
}
