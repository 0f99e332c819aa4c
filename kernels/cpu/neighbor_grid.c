// SPDX-License-Identifier: BSD-3-Clause
/* neighbor_grid.c - sorting atoms into bins at least as wide as the range, and walking the bins around one.
 *
 * One way for every size: a cell smaller than the range has one bin and looks at its images; a large one has about as many
 * bins as atoms at most, so that memory and time stay linear even when most of the cell is empty. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/cpu/neighbor.h"

static int bins_allowed(int n_atom)
{
    return 2 * n_atom + 8;
}

size_t neighbor_most_bins(const struct md_batch *batch)
{
    return 2 * (size_t)batch->n_atom + 8 * (size_t)batch->n_replica;
}

static void cross(const double a[3], const double b[3], double c[3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static int largest_of(const int n[3])
{
    int k = n[1] > n[0] ? 1 : 0;
    return n[2] > n[k] ? 2 : k;
}

static void lay_grid(const double *cell, int n_atom, double range, struct neighbor_grid *grid)
{
    double height[3];
    memcpy(grid->cell, cell, sizeof grid->cell);
    for (int k = 0; k < 3; k++) {
        double face[3], volume;
        cross(cell + 3 * ((k + 1) % 3), cell + 3 * ((k + 2) % 3), face);
        volume = dot(cell + 3 * k, face);
        height[k] = fabs(volume) / sqrt(dot(face, face));
        for (int x = 0; x < 3; x++)
            grid->inverse[3 * x + k] = face[x] / volume;
        double most = floor(height[k] / range);
        grid->n[k] = most >= 1 ? (most < 1024 ? (int)most : 1024) : 1;
    }
    while ((int64_t)grid->n[0] * grid->n[1] * grid->n[2] > bins_allowed(n_atom))
        grid->n[largest_of(grid->n)] /= 2;
    for (int k = 0; k < 3; k++) {
        double reach = ceil(range * grid->n[k] / height[k]);
        grid->reach[k] = reach >= 1 && reach < 512 ? (int)reach : reach >= 512 ? 512 : 1;
    }
}

/* Bin and wrap of atom i; returns 1 when its position cannot be counted in lattice vectors. */
static int place_atom(const struct neighbor_grid *grid, const double *r, int wrap[3], int *bin)
{
    int lost = 0, at[3];
    for (int k = 0; k < 3; k++) {
        double frac = r[0] * grid->inverse[k] + r[1] * grid->inverse[3 + k] + r[2] * grid->inverse[6 + k];
        if (!(fabs(frac) < 1e6)) {
            frac = 0;
            lost = 1;
        }
        double whole = floor(frac);
        wrap[k] = (int)whole;
        at[k] = (int)((frac - whole) * grid->n[k]);
        at[k] = at[k] < grid->n[k] ? at[k] : grid->n[k] - 1;
    }
    *bin = grid->first_bin + (at[0] * grid->n[1] + at[1]) * grid->n[2] + at[2];
    return lost;
}

static int share_of(const struct neighbor_bins *bins, int t, int n_thread)
{
    return (int)((int64_t)bins->n_bin * t / n_thread);
}

/* Atoms of bins from .. to-1 are counted. */
static void count_share(struct neighbor_bins *bins, int n_atom, int from, int to)
{
    for (int i = 0; i < n_atom; i++)
        if (bins->bin[i] >= from && bins->bin[i] < to)
            bins->head[bins->bin[i]]++;
}

/* They take their places in the order. */
static void sort_share(const struct md_batch *batch, struct neighbor_bins *bins, int from, int to)
{
    for (int i = 0; i < batch->n_atom; i++) {
        if (bins->bin[i] < from || bins->bin[i] >= to)
            continue;
        int place = bins->head[bins->bin[i]]++;
        const double *r = batch->position_d + 4 * (size_t)i, *cell = batch->cell_d + 9 * (size_t)batch->replica_d[i];
        const int *w = bins->wrap + 3 * (size_t)i;
        double *inside = bins->inside + 4 * (size_t)place;
        bins->order[place] = i;
        bins->kind[place] = batch->species_d[i];
        for (int x = 0; x < 3; x++)
            inside[x] = r[x] - (w[0] * cell[x] + w[1] * cell[3 + x] + w[2] * cell[6 + x]);
    }
}

void neighbor_sort(const struct md_batch *batch, int n_thread, struct neighbor_bins *bins)
{
    bins->n_bin = 0;
    for (int r = 0; r < batch->n_replica; r++) {
        struct neighbor_grid *grid = &bins->grid[r];
        lay_grid(batch->cell_d + 9 * (size_t)r, batch->first[r + 1] - batch->first[r], bins->range, grid);
        grid->first_bin = bins->n_bin;
        bins->n_bin += grid->n[0] * grid->n[1] * grid->n[2];
    }
    const int n_share = batch->n_atom > 2048 ? n_thread : 1;
    int lost = 0;
#pragma omp parallel for schedule(static) reduction(+ : lost) num_threads(n_share) if (n_share > 1)
    for (int i = 0; i < batch->n_atom; i++)
        lost += place_atom(&bins->grid[batch->replica_d[i]], batch->position_d + 4 * (size_t)i, bins->wrap + 3 * (size_t)i,
                           &bins->bin[i]);
    bins->lost = lost;

    /* Every thread goes over all atoms and sorts those of its share of the bins: ascending within a bin, whatever the shares. */
    memset(bins->head, 0, ((size_t)bins->n_bin + 1) * sizeof(int));
#pragma omp parallel for schedule(static) num_threads(n_share) if (n_share > 1)
    for (int t = 0; t < n_share; t++)
        count_share(bins, batch->n_atom, share_of(bins, t, n_share), share_of(bins, t + 1, n_share));
    for (int b = 0, before = 0; b <= bins->n_bin; b++) {
        int here = bins->head[b];
        bins->head[b] = before;
        before += here;
    }
#pragma omp parallel for schedule(static) num_threads(n_share) if (n_share > 1)
    for (int t = 0; t < n_share; t++)
        sort_share(batch, bins, share_of(bins, t, n_share), share_of(bins, t + 1, n_share));
    for (int b = bins->n_bin; b > 0; b--) /* every head has moved to the next bin's */
        bins->head[b] = bins->head[b - 1];
    bins->head[0] = 0;
}

static int floor_div(int a, int n)
{
    return a >= 0 ? a / n : -((n - 1 - a) / n);
}

/* Direction k back to `reach` bins below the bin that the walk is around. */
static void walk_rewind(struct neighbor_walk *w, int k)
{
    int first = w->around[k] - w->grid->reach[k];
    w->left[k] = 2 * w->grid->reach[k] + 1;
    w->image[k] = floor_div(first, w->grid->n[k]);
    w->place[k] = first - w->image[k] * w->grid->n[k];
}

static void walk_advance(struct neighbor_walk *w, int k, int n)
{
    w->left[k] -= n;
    w->place[k] += n;
    if (w->place[k] == w->grid->n[k]) {
        w->place[k] = 0;
        w->image[k]++;
    }
}

void neighbor_walk_start(const struct neighbor_bins *bins, int replica, int bin, struct neighbor_walk *w)
{
    const struct neighbor_grid *g = w->grid = &bins->grid[replica];
    const int local = bin - g->first_bin;
    w->around[0] = local / (g->n[1] * g->n[2]);
    w->around[1] = local / g->n[2] % g->n[1];
    w->around[2] = local % g->n[2];
    for (int k = 0; k < 3; k++)
        walk_rewind(w, k);
}

bool neighbor_walk_next(const struct neighbor_bins *bins, struct neighbor_walk *w, struct neighbor_run *run)
{
    const struct neighbor_grid *g = w->grid;
    while (w->left[0] > 0) {
        if (w->left[2] == 0) { /* the row along direction 2 is done */
            walk_rewind(w, 2);
            walk_advance(w, 1, 1);
            if (w->left[1] == 0) {
                walk_rewind(w, 1);
                walk_advance(w, 0, 1);
            }
            continue;
        }
        int here = g->n[2] - w->place[2], n = w->left[2] < here ? w->left[2] : here;
        int first = g->first_bin + (w->place[0] * g->n[1] + w->place[1]) * g->n[2] + w->place[2];
        memcpy(run->image, w->image, sizeof run->image);
        run->from = bins->head[first];
        run->to = bins->head[first + n];
        walk_advance(w, 2, n);
        if (run->to == run->from)
            continue;
        for (int x = 0; x < 3; x++)
            run->translation[x] = run->image[0] * g->cell[x] + run->image[1] * g->cell[3 + x] + run->image[2] * g->cell[6 + x];
        return true;
    }
    return false;
}
