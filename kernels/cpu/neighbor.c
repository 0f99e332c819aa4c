// SPDX-License-Identifier: BSD-3-Clause
/* neighbor.c - full neighbour lists: candidates from bins, the exact test of md_ops.h, sorting, reverse slots; as the tables of
 * md_ops.h, or as rows for a run. */
#include "kernels/cpu/neighbor.h"

#include <limits.h>
#include <stdint.h>

#include "kernels/cpu/cpu.h"

/* What a search needs; all scratch. */
struct search {
    const struct md_batch *batch;
    int capacity;
    int *count;           /* [n_atom] */
    const double *range2; /* [n_species][n_species] (cutoff + skin)^2 */
    const double *wider2; /* the same and a little more, for wrapped positions */
    struct neighbor_bins bins;
    uint64_t *keys;       /* [n_atom][capacity] the lists before they go into tiles */
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

enum {
    RUNS_KEPT = 64,        /* an ordinary bin has 9 to 18 runs around it, a cell below the range any number */
    CANDIDATES_KEPT = 512
};

/* Atoms that pass a distance test a little wider than the contract's, gathered without branches: which one passes cannot be
 * predicted, and there are ten candidates to a neighbour. */
struct candidates {
    int n;
    struct {
        int place, run;
    } at[CANDIDATES_KEPT];
};

/* The contract's test of the candidates of atom i. Returns the neighbours found so far, INT_MAX for a shift that cannot be
 * packed. */
static int test_candidates(const struct search *q, int i, const struct neighbor_run *runs, const struct candidates *c,
                           int found, uint64_t *keys)
{
    const struct md_batch *batch = q->batch;
    const double *cell = batch->cell_d + 9 * (size_t)batch->replica_d[i], *position = batch->position_d;
    const double *range2 = q->range2 + batch->species_d[i] * batch->n_species;
    const int *wi = q->bins.wrap + 3 * (size_t)i;
    for (int n = 0; n < c->n; n++) {
        const int j = q->bins.order[c->at[n].place], *wj = q->bins.wrap + 3 * (size_t)j;
        const struct neighbor_run *run = &runs[c->at[n].run];
        int shift[3], outside = 0, any = i ^ j;
        for (int k = 0; k < 3; k++) {
            shift[k] = run->image[k] + wi[k] - wj[k];
            outside |= shift[k] < -511 || shift[k] > 511;
            any |= shift[k];
        }
        if (outside)
            return INT_MAX;
        if (any == 0 || !within(position + 4 * (size_t)i, position + 4 * (size_t)j, cell, shift,
                                range2[q->bins.kind[c->at[n].place]]))
            continue;
        insert(keys, found, q->capacity, key_of(j, md_shift_pack(shift[0], shift[1], shift[2])));
        found++;
    }
    return found;
}

/* The neighbours of the atom at `place` of the order in n_run runs. */
static int search_runs(const struct search *q, int place, const struct neighbor_run *runs, int n_run, int found,
                       uint64_t *keys)
{
    const double *here = q->bins.inside + 4 * (size_t)place;
    const double *wider2 = q->wider2 + q->bins.kind[place] * q->batch->n_species;
    const int i = q->bins.order[place];
    struct candidates c;
    c.n = 0;
    for (int k = 0; k < n_run; k++) {
        const struct neighbor_run *run = &runs[k];
        const double x = here[0] - run->translation[0], y = here[1] - run->translation[1], z = here[2] - run->translation[2];
        for (int from = run->from, to; from < run->to; from = to) {
            if (c.n > CANDIDATES_KEPT / 2) {
                found = test_candidates(q, i, runs, &c, found, keys);
                c.n = 0;
                if (found == INT_MAX)
                    return found;
            }
            to = run->to - from > CANDIDATES_KEPT / 2 - 1 ? from + CANDIDATES_KEPT / 2 - 1 : run->to;
            int n = c.n;
            for (int p = from; p < to; p++) {
                const double *r = q->bins.inside + 4 * (size_t)p;
                double dx = r[0] - x, dy = r[1] - y, dz = r[2] - z;
                c.at[n].place = p;
                c.at[n].run = k;
                n += dx * dx + dy * dy + dz * dz < wider2[q->bins.kind[p]];
            }
            c.n = n;
        }
    }
    return test_candidates(q, i, runs, &c, found, keys);
}

/* Sorted keys of the atoms of one bin; they look at the same runs. Returns the most neighbours that one of them has. */
static int search_bin(const struct search *q, int bin)
{
    const struct neighbor_bins *bins = &q->bins;
    int most = 0, n_run = 0;
    if (bins->head[bin] == bins->head[bin + 1])
        return 0;
    const int replica = q->batch->replica_d[bins->order[bins->head[bin]]];
    struct neighbor_run kept[RUNS_KEPT], run;
    struct neighbor_walk walk, behind;
    neighbor_walk_start(bins, replica, bin, &walk);
    while (n_run < RUNS_KEPT && neighbor_walk_next(bins, &walk, &kept[n_run]))
        n_run++;
    for (int place = bins->head[bin]; place < bins->head[bin + 1]; place++) {
        const int i = bins->order[place], capacity = q->capacity;
        uint64_t *keys = q->keys + (size_t)i * (size_t)capacity;
        int found = search_runs(q, place, kept, n_run, 0, keys);
        for (behind = walk; n_run == RUNS_KEPT && found < INT_MAX && neighbor_walk_next(bins, &behind, &run);)
            found = search_runs(q, place, &run, 1, found, keys);
        most = found > most ? found : most;
        q->count[i] = found == INT_MAX ? 0 : found < capacity ? found : capacity;
    }
    return most;
}

/* Up to so many keys are compared one by one: nobody can foresee where a search by halves turns. */
enum { COMPARED = 24 };

/* Slot of (i, -shift) in j's list; 0 when a list that overflowed has lost it. */
static int find_reverse(const struct search *q, int i, uint64_t key)
{
    const int j = (int)(key >> 32), packed = (int)(key & 0xffffffffu), n = q->count[j];
    const uint64_t *keys = q->keys + (size_t)j * (size_t)q->capacity;
    const uint64_t wanted = key_of(i, 2 * md_shift_pack(0, 0, 0) - packed);
    int slot = 0;
    if (n <= COMPARED) {
        for (int s = 0; s < n; s++)
            slot += keys[s] < wanted;
        return slot < n ? slot : 0;
    }
    for (int half = n; half > 0;) { /* keys before `slot` are smaller */
        int step = half / 2;
        if (keys[slot + step] < wanted) {
            slot += step + 1;
            half -= step + 1;
        } else {
            half = step;
        }
    }
    return slot < n ? slot : 0;
}

/* The tables of one tile; slots beyond the count, and lanes beyond the last atom, name an atom and themselves. */
static void write_tile(const struct search *q, const struct md_neighbors *list, int tile)
{
    const int last = q->batch->n_atom - 1;
    for (int lane = 0; lane < MD_TILE; lane++) {
        const int place = tile * MD_TILE + lane, i = place < last ? place : last;
        const int n = place <= last ? list->count_d[place] : 0;
        const uint64_t *keys = q->keys + (size_t)i * (size_t)list->capacity;
        size_t at = (size_t)tile * (size_t)list->capacity * MD_TILE + (size_t)lane;
        for (int s = 0; s < list->capacity; s++, at += MD_TILE) {
            list->index_d[at] = s < n ? (int)(keys[s] >> 32) : i;
            list->shift_d[at] = s < n ? (int)(keys[s] & 0xffffffffu) : md_shift_pack(0, 0, 0);
            list->reverse_d[at] = s < n ? find_reverse(q, i, keys[s]) : s;
        }
    }
    if (tile == last / MD_TILE)
        for (int place = last + 1; place < (tile + 1) * MD_TILE; place++)
            list->count_d[place] = 0;
}

/* Sorted keys of every atom. Returns the most neighbours that one has, INT_MAX when one cannot be listed. */
static int find_keys(struct search *q, int n_thread)
{
    int most = 0;
    neighbor_sort(q->batch, n_thread, &q->bins);
#pragma omp parallel for schedule(dynamic, 32) reduction(max : most) num_threads(n_thread) if (q->bins.n_bin > 1 && n_thread > 1)
    for (int b = 0; b < q->bins.n_bin; b++) {
        int n = search_bin(q, b);
        most = n > most ? n : most;
    }
    return q->bins.lost > 0 ? INT_MAX : most;
}

/* The row of atom i. */
static void write_row(const struct search *q, const struct neighbor_rows *rows, int i)
{
    const uint64_t *keys = q->keys + (size_t)i * (size_t)q->capacity;
    const int n = q->count[i];
    for (int s = 0; s < n; s++) {
        const uint64_t key = keys[s], kind = (uint64_t)q->batch->species_d[key >> 32];
        const int64_t at = rows->start[i] + s;
        bool is_far;
        uint64_t entry = (uint64_t)neighbor_near((int)(uint32_t)key, &is_far) << 52 | kind << 48 | (uint64_t)find_reverse(q, i, key) << 32 | key >> 32;
        if (is_far) {
            entry |= NEIGHBOR_FAR;
            rows->far[at] = (int)(uint32_t)key;
        }
        rows->entry[at] = entry;
    }
}

/* range2[2 n_species^2]: the exact squares, then the wider ones. */
static void set_ranges(struct search *q, const double *cutoff, double skin, double *range2)
{
    int n = q->batch->n_species * q->batch->n_species;
    double largest = 0;
    for (int p = 0; p < n; p++) {
        double range = cutoff[p] + skin;
        range2[p] = range * range;
        range2[n + p] = range2[p] * (1 + 1e-9) + 1e-9;
        largest = range > largest ? range : largest;
    }
    q->range2 = range2;
    q->wider2 = range2 + n;
    q->bins.range = largest * (1 + 1e-9) + 1e-9;
}

struct sizes {
    size_t grid, bin, wrap, order, inside, kind, head, range2, keys, count;
};

static struct sizes sizes_of(const struct md_batch *batch, int capacity)
{
    size_t n = (size_t)batch->n_atom;
    return (struct sizes){
        .grid = (size_t)batch->n_replica * sizeof(struct neighbor_grid),
        .bin = n * sizeof(int),
        .wrap = 3 * n * sizeof(int),
        .order = n * sizeof(int),
        .inside = 4 * n * sizeof(double),
        .kind = n * sizeof(int),
        .head = (neighbor_most_bins(batch) + 1) * sizeof(int),
        .range2 = 2 * (size_t)batch->n_species * (size_t)batch->n_species * sizeof(double),
        .keys = n * (size_t)capacity * sizeof(uint64_t),
        .count = n * sizeof(int),
    };
}

size_t neighbor_bytes(const struct md_batch *batch, int capacity)
{
    struct sizes s = sizes_of(batch, capacity);
    return kd_scratch_round(s.grid) + kd_scratch_round(s.bin) + kd_scratch_round(s.wrap) + kd_scratch_round(s.order) +
           kd_scratch_round(s.inside) + kd_scratch_round(s.kind) + kd_scratch_round(s.head) + kd_scratch_round(s.range2) + kd_scratch_round(s.keys) +
           kd_scratch_round(s.count);
}

static void *carve(char **at, size_t bytes)
{
    char *here = *at;
    *at += kd_scratch_round(bytes);
    return here;
}

static void open_search(void *memory, const struct md_batch *batch, int capacity, int *count, const double *cutoff, double skin,
                        struct search *q)
{
    struct sizes size = sizes_of(batch, capacity);
    char *at = memory;
    *q = (struct search){.batch = batch, .capacity = capacity};
    q->bins.grid = carve(&at, size.grid);
    q->bins.bin = carve(&at, size.bin);
    q->bins.wrap = carve(&at, size.wrap);
    q->bins.order = carve(&at, size.order);
    q->bins.inside = carve(&at, size.inside);
    q->bins.kind = carve(&at, size.kind);
    q->bins.head = carve(&at, size.head);
    double *range2 = carve(&at, size.range2);
    q->keys = carve(&at, size.keys);
    q->count = carve(&at, size.count);
    if (count)
        q->count = count;
    set_ranges(q, cutoff, skin, range2);
}

void neighbor_build_in(void *memory, int n_thread, const struct md_batch *batch, const double *cutoff, double skin,
                       const struct md_neighbors *list)
{
    const int n_tile = (batch->n_atom + MD_TILE - 1) / MD_TILE;
    struct search q;
    open_search(memory, batch, list->capacity, list->count_d, cutoff, skin, &q);
    *list->max_count_d = find_keys(&q, n_thread);
#pragma omp parallel for schedule(static) num_threads(n_thread) if (n_tile > 1 && n_thread > 1)
    for (int t = 0; t < n_tile; t++)
        write_tile(&q, list, t);
}

void neighbor_rows_in(void *memory, int n_thread, const struct md_batch *batch, const double *cutoff, double skin,
                      const struct neighbor_rows *rows)
{
    const int n_atom = batch->n_atom;
    struct search q;
    open_search(memory, batch, rows->capacity, NULL, cutoff, skin, &q);
    *rows->most = find_keys(&q, n_thread);
    if (*rows->most > rows->capacity)
        return;
    rows->start[0] = 0;
    for (int i = 0; i < n_atom; i++)
        rows->start[i + 1] = rows->start[i] + q.count[i];
#pragma omp parallel for schedule(static) num_threads(n_thread) if (n_atom > MD_TILE && n_thread > 1)
    for (int i = 0; i < n_atom; i++)
        write_row(&q, rows, i);
}

size_t cpu_neighbor_scratch(const kd_device *dev, const struct md_batch *batch, int capacity)
{
    (void)dev;
    return neighbor_bytes(batch, capacity);
}

kd_status cpu_neighbor_build(kd_device *dev, kd_stream *s, const struct md_batch *batch, const double *cutoff_d, double skin,
                             const struct md_neighbors *list)
{
    (void)s;
    void *memory;
    if (list->capacity < 1)
        FAIL(KD_EINPUT, "neighbor_build: lists of %d slots, expected at least 1", list->capacity);
    size_t mark = kd_scratch_mark(dev);
    TRY(kd_scratch_take(dev, neighbor_bytes(batch, list->capacity), &memory));
    cpu_enter(dev);
    neighbor_build_in(memory, dev->n_thread, batch, cutoff_d, skin, list);
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}
