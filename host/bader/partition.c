// SPDX-License-Identifier: BSD-3-Clause
/* partition.c - density to device, climb, maxima to atoms, sums back. */
#include "host/bader/partition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/clock.h"
#include "host/base/progress.h"
#include "host/base/stop.h"
#include "host/base/units.h"
#include "host/bader/place.h"
#include "host/structure/cell.h"

enum { MOST_MAXIMA = 1 << 20 };
static const double NUCLEAR = 0.3 / KD_BOHR_ANGSTROM; /* bohr */

struct work { /* device memory */
    double *valence_d, *frac_d, *distance_d, *center_d;
    float *reference_d, *table_d;
    int *maximum_d, *rounds_d, *point_d, *count_d, *atom_d, *species_d;
    long long *charge_d, *volume_d;
};

static void work_free(kd_device *dev, struct work *w)
{
    void *all[] = {w->valence_d, w->frac_d,  w->distance_d, w->center_d, w->reference_d, w->table_d,  w->maximum_d,
                   w->rounds_d,  w->point_d, w->count_d,    w->atom_d,   w->species_d,   w->charge_d, w->volume_d};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        kd_free(dev, all[i]);
}

void bader_partition_free(struct bader_partition *p)
{
    free(p->electrons);
    free(p->volume);
    free(p->distance);
    free(p->maximum);
    memset(p, 0, sizeof *p);
}

struct bader_grid bader_grid_make(const int n[3], const double cell[3][3], int order)
{
    struct bader_grid grid = {.n = {n[0], n[1], n[2]}, .order = order};
    double step[3][3], inverse[3][3], metric[3][3], largest = 0;
    memcpy(grid.cell, cell, sizeof grid.cell);
    for (int a = 0; a < 3; a++)
        for (int x = 0; x < 3; x++)
            step[a][x] = cell[a][x] / n[a];
    for (int d = 0; d < 27; d++) {
        int by[3] = {d / 9 - 1, d / 3 % 3 - 1, d % 3 - 1};
        double length = 0;
        for (int x = 0; x < 3; x++) {
            double r = by[0] * step[0][x] + by[1] * step[1][x] + by[2] * step[2][x];
            length += r * r;
        }
        grid.slope_weight[d] = d == 13 ? 0 : (float)(1 / sqrt(length));
    }
    /* slopes g = step . gradient, and the way along the gradient is inverse . gradient in grid steps */
    cell_inverse((const double(*)[3])step, inverse);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            metric[a][b] = 0;
            for (int x = 0; x < 3; x++)
                metric[a][b] += inverse[x][a] * inverse[x][b];
            largest = fmax(largest, fabs(metric[a][b]));
        }
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) /* what is rounding error only must not tilt the way */
            grid.metric[a][b] = fabs(metric[a][b]) < 1e-12 * largest ? 0 : (float)(metric[a][b] / largest);
    return grid;
}

/* ---- to the device ---- */

/* Largest scale for which no sum of 64-bit integers overflows. KD_EINPUT for NaN and infinities. */
static kd_status check_density(const struct bader_task *t, const double *value, size_t n, int *scale_bits)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += fabs(value[i]);
    if (!isfinite(sum))
        FAIL(KD_EINPUT, "%s: the density is not finite", t->name);
    if (!(sum > 0))
        FAIL(KD_EINPUT, "%s: the density is zero everywhere", t->name);
    int exponent;
    frexp(sum, &exponent);
    *scale_bits = 61 - exponent < 900 ? 61 - exponent : 900;
    return KD_OK;
}

static kd_status upload_cores(kd_device *dev, const struct bader_task *t, struct work *w, struct bader_spheres *spheres)
{
    int longest = 2;
    kd_status status = KD_OK;
    for (int c = 0; c < t->n_core; c++)
        longest = t->core[c].n > longest ? t->core[c].n : longest;
    float *table = calloc((size_t)(t->n_core ? t->n_core : 1) * (size_t)longest, sizeof *table);
    struct place_list images = {0};
    if (!table)
        FAIL(KD_ENOMEM, "bader: no host memory");
    for (int c = 0; c < t->n_core; c++)
        memcpy(table + (size_t)c * (size_t)longest, t->core[c].density, (size_t)t->core[c].n * sizeof *table);
    *spheres = (struct bader_spheres){.n_species = t->n_core, .n_point = longest, .reach = (double)(longest - 1) / CORE_PER_BOHR,
                                      .per_bohr = CORE_PER_BOHR};
    TRY_OUT(place_images(t->cell, t->n_core ? t->n_atom : 0, t->position, t->core_of, spheres->reach, &images));
    TRY_OUT(kd_alloc_copy(dev, dev->stream, images.center, (size_t)images.n * sizeof *images.center, &w->center_d));
    TRY_OUT(kd_alloc_copy(dev, dev->stream, images.kind, (size_t)images.n * sizeof *images.kind, &w->species_d));
    TRY_OUT(kd_alloc_copy(dev, dev->stream, table, (size_t)spheres->n_species * (size_t)longest * sizeof *table, &w->table_d));
    spheres->n = images.n;
    spheres->center_d = w->center_d;
    spheres->species_d = w->species_d;
    spheres->table_d = w->table_d;
out:
    place_list_free(&images);
    free(table);
    return status;
}

/* valence_d and reference_d. */
static kd_status upload(kd_device *dev, const struct bader_task *t, const struct bader_grid *grid, size_t n, struct work *w)
{
    struct bader_spheres spheres;
    TRY(kd_alloc(dev, n * sizeof *w->valence_d, &w->valence_d));
    TRY(kd_alloc(dev, n * sizeof *w->reference_d, &w->reference_d));
    TRY(kd_alloc(dev, n * sizeof *w->maximum_d, &w->maximum_d));
    TRY(upload_cores(dev, t, w, &spheres));
    if (t->reference) { /* by way of valence_d, which is filled after it */
        spheres.n = 0;
        TRY(kd_upload(dev, dev->stream, w->valence_d, t->reference, n * sizeof *t->reference));
        TRY(dev->bader->reference(dev, dev->stream, grid, &spheres, w->valence_d, w->reference_d));
    }
    TRY(kd_upload(dev, dev->stream, w->valence_d, t->valence, n * sizeof *t->valence));
    return t->reference ? KD_OK : dev->bader->reference(dev, dev->stream, grid, &spheres, w->valence_d, w->reference_d);
}

/* ---- maxima ---- */

static int by_number(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* The sorted numbers of the maxima, on host and device; *point is the caller's. */
static kd_status find_maxima(kd_device *dev, const struct bader_task *t, const struct bader_grid *grid, struct work *w, int **point, int *n)
{
    size_t all = (size_t)grid->n[0] * (size_t)grid->n[1] * (size_t)grid->n[2];
    int capacity = all < MOST_MAXIMA ? (int)all : MOST_MAXIMA;
    TRY(kd_alloc(dev, (size_t)capacity * sizeof(int), &w->point_d));
    TRY(kd_alloc(dev, sizeof(int), &w->count_d));
    TRY(dev->bader->maxima(dev, dev->stream, grid, w->maximum_d, capacity, w->point_d, w->count_d));
    TRY(kd_download(dev, dev->stream, n, w->count_d, sizeof *n));
    if (*n < 1 || *n > capacity)
        FAIL(KD_EINPUT, "%s: the density has %d maxima, expected at most %d: is it noise?", t->name, *n, capacity);
    *point = malloc((size_t)*n * sizeof **point);
    if (!*point)
        FAIL(KD_ENOMEM, "bader: no host memory");
    TRY(kd_download(dev, dev->stream, *point, w->point_d, (size_t)*n * sizeof **point));
    qsort(*point, (size_t)*n, sizeof **point, by_number);
    return kd_upload(dev, dev->stream, w->point_d, *point, (size_t)*n * sizeof **point);
}

/* Every maximum to its nearest atom. */
static void assign(const struct bader_task *t, const int *point, struct bader_partition *out)
{
    double diagonal = 0;
    for (int d = 0; d < 27; d++) {
        double length = 0;
        for (int x = 0; x < 3; x++) {
            double r = (d / 9 - 1) * t->cell[0][x] / t->n[0] + (d / 3 % 3 - 1) * t->cell[1][x] / t->n[1] +
                       (d % 3 - 1) * t->cell[2][x] / t->n[2];
            length += r * r;
        }
        diagonal = fmax(diagonal, sqrt(length));
    }
    for (int m = 0; m < out->n_maximum; m++) {
        struct bader_maximum *top = &out->maximum[m];
        double frac[3] = {(double)(point[m] / t->n[2] / t->n[1]) / t->n[0], (double)(point[m] / t->n[2] % t->n[1]) / t->n[1],
                          (double)(point[m] % t->n[2]) / t->n[2]};
        cell_cartesian(t->cell, frac, top->position);
        top->atom = place_nearest(t->cell, t->n_atom, t->position, top->position, &top->distance);
        top->nuclear = top->distance <= fmax(NUCLEAR, diagonal);
    }
}

/* ---- sums ---- */

static kd_status sum_basins(kd_device *dev, const struct bader_grid *grid, struct work *w, int scale_bits, double point_volume,
                            struct bader_partition *out)
{
    size_t n = (size_t)out->n_maximum, bytes = n * sizeof(long long);
    long long *charge = malloc(2 * bytes), *volume = charge + n;
    kd_status status = KD_OK;
    if (!charge)
        FAIL(KD_ENOMEM, "bader: no host memory");
    TRY_OUT(kd_alloc(dev, bytes, &w->charge_d));
    TRY_OUT(kd_alloc(dev, bytes, &w->volume_d));
    struct bader_basins basins = {.n = out->n_maximum, .point_d = w->point_d, .maximum_d = w->maximum_d, .valence_d = w->valence_d,
                                  .scale_bits = scale_bits, .charge_d = w->charge_d, .volume_d = w->volume_d};
    TRY_OUT(dev->bader->integrate(dev, dev->stream, grid, &basins));
    TRY_OUT(kd_download(dev, dev->stream, charge, w->charge_d, bytes));
    TRY_OUT(kd_download(dev, dev->stream, volume, w->volume_d, bytes));
    double unit = ldexp(point_volume, -scale_bits);
    for (size_t m = 0; m < n; m++) {
        struct bader_maximum *top = &out->maximum[m];
        top->electrons = (double)charge[m] * unit;
        top->volume = (double)volume[m] * point_volume;
        out->electrons[top->atom] += top->electrons;
        out->volume[top->atom] += top->volume;
        out->n_electron += top->electrons;
    }
out:
    free(charge);
    return status;
}

static kd_status measure_surfaces(kd_device *dev, const struct bader_task *t, const struct bader_grid *grid, struct work *w,
                                  struct bader_partition *out)
{
    size_t n = (size_t)out->n_maximum, n_atom = (size_t)t->n_atom;
    double inverse[3][3], (*frac)[3] = malloc(n_atom * sizeof *frac);
    int *atom = malloc(n * sizeof *atom);
    kd_status status = KD_OK;
    if (!frac || !atom)
        FAIL_OUT(KD_ENOMEM, "bader: no host memory");
    cell_inverse(t->cell, inverse);
    for (size_t i = 0; i < n_atom; i++) {
        cell_frac((const double(*)[3])inverse, t->position[i], frac[i]);
        for (int a = 0; a < 3; a++) {
            frac[i][a] -= floor(frac[i][a]);
            frac[i][a] = frac[i][a] < 1 ? frac[i][a] : 0;
        }
    }
    for (size_t m = 0; m < n; m++)
        atom[m] = out->maximum[m].atom;
    TRY_OUT(kd_alloc_copy(dev, dev->stream, frac, n_atom * sizeof *frac, &w->frac_d));
    TRY_OUT(kd_alloc_copy(dev, dev->stream, atom, n * sizeof *atom, &w->atom_d));
    TRY_OUT(kd_alloc(dev, n_atom * sizeof *w->distance_d, &w->distance_d));
    struct bader_surface surface = {.n_basin = out->n_maximum, .n_atom = t->n_atom, .point_d = w->point_d, .atom_d = w->atom_d,
                                    .maximum_d = w->maximum_d, .frac_d = w->frac_d, .distance_d = w->distance_d};
    TRY_OUT(dev->bader->surface(dev, dev->stream, grid, &surface));
    TRY_OUT(kd_download(dev, dev->stream, out->distance, w->distance_d, n_atom * sizeof *out->distance));
    for (size_t i = 0; i < n_atom; i++)
        out->distance[i] = out->distance[i] < 1e29 ? out->distance[i] : 0;
out:
    free(frac);
    free(atom);
    return status;
}

static kd_status count_kinds(struct bader_partition *out)
{
    bool *has = calloc((size_t)out->n_atom, sizeof *has);
    if (!has)
        FAIL(KD_ENOMEM, "bader: no host memory");
    for (int m = 0; m < out->n_maximum; m++) {
        out->n_other += !out->maximum[m].nuclear && fabs(out->maximum[m].electrons) >= BADER_EMPTY;
        if (out->maximum[m].nuclear)
            has[out->maximum[m].atom] = true;
    }
    for (int i = 0; i < out->n_atom; i++)
        out->n_empty += !has[i];
    free(has);
    return KD_OK;
}

/* ---- all of it ---- */

static kd_status go_on(void)
{
    return stop_requested() ? stop_status("no charges, nothing was written") : KD_OK;
}

static bool watch_climb(void *progress, double done)
{
    progress_at(progress, done);
    return stop_requested();
}

static kd_status climb(kd_device *dev, const struct bader_task *t, const struct bader_grid *grid, struct work *w,
                       struct bader_partition *out)
{
    struct progress progress;
    struct bader_watch watch = {watch_climb, &progress};
    int rounds[BADER_MAX_ROUND + 1];
    TRY(kd_alloc(dev, sizeof rounds, &w->rounds_d));
    struct bader_climb job = {.reference_d = w->reference_d, .maximum_d = w->maximum_d, .rounds_d = w->rounds_d, .watch = &watch};
    progress_begin(&progress, "partition", "points", 1, (double)t->n[0] * t->n[1] * t->n[2]);
    kd_status status = dev->bader->climb(dev, dev->stream, grid, &job);
    progress_end(&progress);
    if (status == KD_ESTOPPED)
        return go_on();
    TRY(status);
    TRY(kd_download(dev, dev->stream, rounds, w->rounds_d, sizeof rounds));
    while (out->n_round < BADER_MAX_ROUND && rounds[out->n_round])
        out->n_round++;
    if (out->n_round == BADER_MAX_ROUND)
        FAIL(KD_ENOCONV, "%s: %d points still change their atom after %d rounds", t->name, rounds[BADER_MAX_ROUND - 1], BADER_MAX_ROUND);
    out->n_round++; /* the one in which nothing changed */
    return KD_OK;
}

static kd_status divide(kd_device *dev, const struct bader_task *t, struct work *w, struct bader_partition *out)
{
    struct bader_grid grid = bader_grid_make(t->n, t->cell, t->order);
    size_t n = (size_t)t->n[0] * (size_t)t->n[1] * (size_t)t->n[2];
    int scale_bits = 0, reference_bits = 0, *point = NULL;
    kd_status status = KD_OK;
    TRY(go_on());
    TRY(check_density(t, t->valence, n, &scale_bits));
    if (t->reference)
        TRY(check_density(t, t->reference, n, &reference_bits));
    TRY(kd_scratch_reserve(dev, dev->bader->scratch(dev, &grid)));
    TRY(upload(dev, t, &grid, n, w));
    TRY(dev->ops->stream_sync(dev, dev->stream));
    double started = clock_seconds();
    TRY(go_on());
    TRY(climb(dev, t, &grid, w, out));
    TRY(go_on());
    TRY_OUT(find_maxima(dev, t, &grid, w, &point, &out->n_maximum));
    out->maximum = calloc((size_t)out->n_maximum, sizeof *out->maximum);
    if (!out->maximum)
        FAIL_OUT(KD_ENOMEM, "bader: no host memory");
    assign(t, point, out);
    TRY_OUT(sum_basins(dev, &grid, w, scale_bits, fabs(cell_volume(t->cell)) / (double)n, out));
    TRY_OUT(measure_surfaces(dev, t, &grid, w, out));
    out->seconds = clock_seconds() - started;
    TRY_OUT(count_kinds(out));
out:
    free(point);
    return status;
}

kd_status bader_divide(kd_device *dev, const struct bader_task *t, struct bader_partition *out)
{
    struct work w = {0};
    size_t n = (size_t)t->n_atom;
    *out = (struct bader_partition){.n_atom = t->n_atom};
    if (!dev->bader)
        FAIL(KD_EDEVICE, "bader: device %s cannot do this yet, expected --device cpu", dev->backend);
    if (t->n[0] < 3 || t->n[1] < 3 || t->n[2] < 3 || (double)t->n[0] * t->n[1] * t->n[2] > 2147483647.0 || t->n_atom < 1)
        FAIL(KD_EINPUT, "%s: %d atoms on a grid of %d x %d x %d, expected at least 3 points along each direction and below 2^31 in all",
             t->name, t->n_atom, t->n[0], t->n[1], t->n[2]);
    out->electrons = calloc(n, sizeof(double));
    out->volume = calloc(n, sizeof(double));
    out->distance = calloc(n, sizeof(double));
    kd_status status = out->electrons && out->volume && out->distance ? KD_OK : kd_fail(KD_ENOMEM, "bader: no host memory");
    if (status == KD_OK)
        status = divide(dev, t, &w, out);
    work_free(dev, &w);
    if (status != KD_OK)
        bader_partition_free(out);
    return status;
}
