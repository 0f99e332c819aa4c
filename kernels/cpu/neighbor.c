// SPDX-License-Identifier: BSD-3-Clause
/* neighbor.c - full neighbour lists: candidates from bins, the exact test of md_ops.h, sorting, reverse slots. */
#include "kernels/cpu/neighbor.h"

#include <limits.h>
#include <stdint.h>

#include "kernels/cpu/cpu.h"

/* What a search needs; all scratch. */
struct search {
    const struct md_batch *batch;
    const struct md_neighbors *list;
    const double *range2; /* [n_species][n_species] (cutoff + skin)^2 */
    struct neighbor_bins bins;
};

/* Candidates are kept by one number, so that sorting by (j, packed shift) is sorting integers. */
static uint64_t key_of(int j, int packed)
{
    return (uint64_t)(uint32_t)j << 32 | (uint32_t)packed;
}

/* The contract's test, every operation rounded by itself (this file is compiled without fused multiply-add). */
static int within(const double *ri, const double *rj, const double *cell, const int shift[3], double range2)
{
    double d[3];
    for (int x = 0; x < 3; x++)
        d[x] = (rj[x] - ri[x]) + ((shift[0] * cell[x] + shift[1] * cell[3 + x]) + shift[2] * cell[6 + x]);
    return (d[0] * d[0] + d[1] * d[1]) + d[2] * d[2] < range2;
}

/* Keeps the `capacity` smallest keys in order. */
static void insert(uint64_t *keys, int n, int capacity, uint64_t key)
{
    int s = n < capacity ? n : capacity - 1;
    if (n >= capacity && key > keys[s])
        return;
    for (; s > 0 && keys[s - 1] > key; s--)
        keys[s] = keys[s - 1];
    keys[s] = key;
}

/* Write the list of lane `lane`, counted over all tiles; slots beyond n name atom i. */
static void write_lane(const struct md_neighbors *list, int lane, int i, int n, const uint64_t *keys)
{
    size_t at = (size_t)(lane / MD_TILE) * (size_t)list->capacity * MD_TILE + (size_t)(lane % MD_TILE);
    for (int s = 0; s < list->capacity; s++, at += MD_TILE) {
        list->index_d[at] = s < n ? (int)(keys[s] >> 32) : i;
        list->shift_d[at] = s < n ? (int)(keys[s] & 0xffffffffu) : md_shift_pack(0, 0, 0);
        list->reverse_d[at] = s;
    }
    list->count_d[lane] = n;
}

/* The contract's test of atom i and candidate p of a run. Returns the neighbours found so far, INT_MAX for a shift that
 * cannot be packed. */
static int try_candidate(const struct search *q, int i, const struct neighbor_run *run, int p, int found, uint64_t *keys)
{
    const struct md_batch *batch = q->batch;
    const double *cell = batch->cell_d + 9 * (size_t)batch->replica_d[i], *position = batch->position_d;
    const int j = q->bins.order[p], *wi = q->bins.wrap + 3 * (size_t)i, *wj = q->bins.wrap + 3 * (size_t)j;
    int shift[3], farthest = 0;
    for (int k = 0; k < 3; k++) {
        shift[k] = run->image[k] + wi[k] - wj[k];
        int size = shift[k] < 0 ? -shift[k] : shift[k];
        farthest = size > farthest ? size : farthest;
    }
    if (farthest > 511)
        return INT_MAX;
    double range2 = q->range2[batch->species_d[i] * batch->n_species + batch->species_d[j]];
    if ((i == j && farthest == 0) || !within(position + 4 * (size_t)i, position + 4 * (size_t)j, cell, shift, range2))
        return found;
    insert(keys, found, q->list->capacity, key_of(j, md_shift_pack(shift[0], shift[1], shift[2])));
    return found + 1;
}

/* One run of candidates for the atom at `place` of the order. */
static int search_run(const struct search *q, int place, const struct neighbor_run *run, int found, uint64_t *keys)
{
    const double *here = q->bins.inside + 4 * (size_t)place, range2 = q->bins.range2;
    const double x = here[0] - run->translation[0], y = here[1] - run->translation[1], z = here[2] - run->translation[2];
    const int i = q->bins.order[place];
    for (int p = run->from; p < run->to && found < INT_MAX; p++) {
        const double *r = q->bins.inside + 4 * (size_t)p;
        double dx = r[0] - x, dy = r[1] - y, dz = r[2] - z;
        if (dx * dx + dy * dy + dz * dz < range2)
            found = try_candidate(q, i, run, p, found, keys);
    }
    return found;
}

enum { RUNS_KEPT = 64 }; /* an ordinary bin has 9 to 18 runs around it, a cell below the range any number */

/* Lists of the atoms of one bin; they look at the same runs. Returns the most neighbours that one of them has. */
static int search_bin(const struct search *q, int bin, uint64_t *keys)
{
    const struct neighbor_bins *bins = &q->bins;
    int most = 0, n_run = 0;
    if (bins->head[bin] == bins->head[bin + 1])
        return 0;
    const int replica = q->batch->replica_d[bins->order[bins->head[bin]]];
    struct neighbor_run kept[RUNS_KEPT], run;
    int64_t state = 0, behind;
    while (n_run < RUNS_KEPT && neighbor_next_run(bins, replica, bin, &state, &kept[n_run]))
        n_run++;
    for (int place = bins->head[bin]; place < bins->head[bin + 1]; place++) {
        int i = bins->order[place], found = 0;
        for (int k = 0; k < n_run && found < INT_MAX; k++)
            found = search_run(q, place, &kept[k], found, keys);
        for (behind = state; n_run == RUNS_KEPT && found < INT_MAX && neighbor_next_run(bins, replica, bin, &behind, &run);)
            found = search_run(q, place, &run, found, keys);
        most = found > most ? found : most;
        write_lane(q->list, i, i, found == INT_MAX ? 0 : found < q->list->capacity ? found : q->list->capacity, keys);
    }
    return most;
}

/* Slot of (i, -shift) in j's list; 0 when a list that overflowed has lost it. */
static int find_reverse(const struct md_neighbors *list, int i, int j, int packed)
{
    const size_t row = (size_t)(j / MD_TILE) * (size_t)list->capacity * MD_TILE + (size_t)(j % MD_TILE);
    const uint64_t key = key_of(i, 2 * md_shift_pack(0, 0, 0) - packed);
    int low = 0, high = list->count_d[j];
    while (low < high) {
        int middle = (low + high) / 2;
        size_t at = row + (size_t)middle * MD_TILE;
        if (key_of(list->index_d[at], list->shift_d[at]) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count_d[j] ? low : 0;
}

static void reverse_tile(const struct md_batch *batch, const struct md_neighbors *list, int tile)
{
    for (int lane = 0; lane < MD_TILE && tile * MD_TILE + lane < batch->n_atom; lane++) {
        int i = tile * MD_TILE + lane;
        size_t at = (size_t)tile * (size_t)list->capacity * MD_TILE + (size_t)lane;
        for (int s = 0; s < list->count_d[i]; s++, at += MD_TILE)
            list->reverse_d[at] = find_reverse(list, i, list->index_d[at], list->shift_d[at]);
    }
}

static void build(struct search *q, int n_thread, uint64_t *keys)
{
    const struct md_batch *batch = q->batch;
    const int n_tile = (batch->n_atom + MD_TILE - 1) / MD_TILE;
    int most = 0;
    neighbor_sort(batch, n_thread, &q->bins);
#pragma omp parallel num_threads(n_thread) if (n_tile > 1)
    {
        uint64_t *own = keys + (size_t)cpu_thread() * (size_t)q->list->capacity;
#pragma omp for schedule(dynamic, 32) reduction(max : most)
        for (int b = 0; b < q->bins.n_bin; b++) {
            int n = search_bin(q, b, own);
            most = n > most ? n : most;
        }
#pragma omp single
        for (int lane = batch->n_atom; lane < n_tile * MD_TILE; lane++)
            write_lane(q->list, lane, batch->n_atom - 1, 0, own);
#pragma omp for schedule(static)
        for (int t = 0; t < n_tile; t++)
            reverse_tile(batch, q->list, t);
    }
    *q->list->max_count_d = q->bins.lost > 0 ? INT_MAX : most;
}

/* Fills range2 (exact) and the bins' range2, a little larger: it is compared with wrapped positions. */
static void set_ranges(struct search *q, const double *cutoff, double skin, double *range2)
{
    int n = q->batch->n_species;
    double largest = 0;
    for (int p = 0; p < n * n; p++) {
        double range = cutoff[p] + skin;
        range2[p] = range * range;
        largest = range > largest ? range : largest;
    }
    largest *= 1 + 1e-9;
    q->range2 = range2;
    q->bins.range2 = largest * largest + 1e-9;
}

struct sizes {
    size_t grid, bin, wrap, order, inside, head, range2, keys;
};

static struct sizes sizes_of(const struct md_batch *batch, int capacity, int n_thread)
{
    size_t n = (size_t)batch->n_atom;
    return (struct sizes){
        .grid = (size_t)batch->n_replica * sizeof(struct neighbor_grid),
        .bin = n * sizeof(int),
        .wrap = 3 * n * sizeof(int),
        .order = n * sizeof(int),
        .inside = 4 * n * sizeof(double),
        .head = (neighbor_most_bins(batch) + 1) * sizeof(int),
        .range2 = (size_t)batch->n_species * (size_t)batch->n_species * sizeof(double),
        .keys = (size_t)capacity * (size_t)n_thread * sizeof(uint64_t),
    };
}

size_t cpu_neighbor_scratch(const kd_device *dev, const struct md_batch *batch, int capacity)
{
    struct sizes s = sizes_of(batch, capacity, dev->n_thread);
    return kd_scratch_round(s.grid) + kd_scratch_round(s.bin) + kd_scratch_round(s.wrap) + kd_scratch_round(s.order) +
           kd_scratch_round(s.inside) + kd_scratch_round(s.head) + kd_scratch_round(s.range2) + kd_scratch_round(s.keys);
}

kd_status cpu_neighbor_build(kd_device *dev, kd_stream *s, const struct md_batch *batch, const double *cutoff_d, double skin,
                             const struct md_neighbors *list)
{
    (void)s;
    if (list->capacity < 1)
        FAIL(KD_EINPUT, "neighbor_build: lists of %d slots, expected at least 1", list->capacity);
    struct sizes size = sizes_of(batch, list->capacity, dev->n_thread);
    struct search q = {.batch = batch, .list = list};
    double *range2;
    uint64_t *keys;
    size_t mark = kd_scratch_mark(dev);
    kd_status status = KD_OK;
    TRY_OUT(kd_scratch_take(dev, size.grid, (void **)&q.bins.grid));
    TRY_OUT(kd_scratch_take(dev, size.bin, (void **)&q.bins.bin));
    TRY_OUT(kd_scratch_take(dev, size.wrap, (void **)&q.bins.wrap));
    TRY_OUT(kd_scratch_take(dev, size.order, (void **)&q.bins.order));
    TRY_OUT(kd_scratch_take(dev, size.inside, (void **)&q.bins.inside));
    TRY_OUT(kd_scratch_take(dev, size.head, (void **)&q.bins.head));
    TRY_OUT(kd_scratch_take(dev, size.range2, (void **)&range2));
    TRY_OUT(kd_scratch_take(dev, size.keys, (void **)&keys));
    cpu_enter(dev);
    set_ranges(&q, cutoff_d, skin, range2);
    build(&q, dev->n_thread, keys);
    cpu_leave(dev);
out:
    kd_scratch_release(dev, mark);
    return status;
}
