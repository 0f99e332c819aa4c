// SPDX-License-Identifier: BSD-3-Clause
/* bader.c - the ops around the climb: the density that is climbed, maxima, what they collect, surfaces. bader_ops.h has the rules. */
#include "kernels/cpu/bader.h"

#include <math.h>
#include <string.h>

#include "kernels/cpu/cpu.h"

/* ---- rows with their neighbours ---- */

static size_t padded_row(const int n[3])
{
    return ((size_t)n[2] + 2 + 15) / 16 * 16 + 16; /* element 0 stands at 16: aligned */
}

size_t bader_window_bytes(const int n[3])
{
    return 9 * padded_row(n) * sizeof(uint32_t);
}

static void load_rows(struct bader_window *w, int j)
{
    int slot = (j + 3) % 3, n1 = w->n[1], n2 = w->n[2];
    for (int a = 0; a < 3; a++) {
        int i = (w->i + a - 1 + w->n[0]) % w->n[0];
        const uint32_t *from = w->field + ((size_t)i * (size_t)n1 + (size_t)((j + n1) % n1)) * (size_t)n2;
        uint32_t *to = w->buffer + (size_t)(3 * a + slot) * padded_row(w->n) + 16;
        memcpy(to, from, (size_t)n2 * sizeof *to);
        to[-1] = from[n2 - 1];
        to[n2] = from[0];
    }
}

void bader_window_open(struct bader_window *w, const void *field, const int n[3], void *buffer, int i)
{
    *w = (struct bader_window){.field = field, .n = {n[0], n[1], n[2]}, .i = i, .j = -1, .buffer = buffer};
    load_rows(w, -1);
    load_rows(w, 0);
}

void bader_window_next(struct bader_window *w)
{
    w->j++;
    load_rows(w, w->j + 1);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            w->row[3 * a + b] = w->buffer + (size_t)(3 * a + (w->j + b + 2) % 3) * padded_row(w->n) + 16;
}

const struct bader_rows *bader_rows_best(void)
{
#if defined(__x86_64__)
    switch (cpu_simd_level()) {
    case CPU_AVX512:
        return &bader_avx512_rows;
    case CPU_AVX2:
        return &bader_avx2_rows;
    case CPU_BASELINE:
        break;
    }
#endif
    return &bader_portable_rows;
}


/* ---- valence plus spheres ---- */

struct strip { /* one row of points at (i, j), and a sphere */
    double start[3], along[3]; /* the row's first point; a3, of which point k lies k/n2 on */
    double center[3];
};

/* First and last k that may be within reach of the center; none when last < first. One more at either end, for rounding. */
static void strip_range(const struct strip *s, double reach, int n2, int *first, int *last)
{
    double aa = 0, ab = 0, bb = 0; /* |a t - b|^2 <= reach^2 */
    for (int x = 0; x < 3; x++) {
        double b = s->center[x] - s->start[x];
        aa += s->along[x] * s->along[x];
        ab += s->along[x] * b;
        bb += b * b;
    }
    double middle = ab / aa, square = middle * middle - (bb - reach * reach) / aa;
    *first = 0;
    *last = -1;
    if (square < 0 && square > -1e-9)
        square = 0;
    if (square < 0)
        return;
    double low = floor((middle - sqrt(square)) * n2) - 1, high = ceil((middle + sqrt(square)) * n2) + 1;
    if (high < 0 || low > n2 - 1)
        return;
    *first = low > 0 ? (int)low : 0;
    *last = high < n2 - 1 ? (int)high : n2 - 1;
}

static void add_strip(const struct strip *s, const struct bader_spheres *spheres, const float *table, int n2, double *row)
{
    int first, last;
    strip_range(s, spheres->reach, n2, &first, &last);
    for (int k = first; k <= last; k++) {
        double t = (double)k / n2;
        double dx = (s->start[0] + t * s->along[0]) - s->center[0];
        double dy = (s->start[1] + t * s->along[1]) - s->center[1];
        double dz = (s->start[2] + t * s->along[2]) - s->center[2];
        double r = sqrt((dx * dx + dy * dy) + dz * dz);
        if (!(r < spheres->reach))
            continue;
        double x = r * spheres->per_bohr;
        int i = (int)x;
        float w = (float)(x - i);
        row[k] += (double)(table[i] + w * (table[i + 1] - table[i]));
    }
}

static void reference_plane(const struct bader_grid *grid, const struct bader_spheres *spheres, const double *valence, int i, double *row,
                            float *reference)
{
    int n1 = grid->n[1], n2 = grid->n[2];
    double u = (double)i / grid->n[0];
    struct strip s;
    memcpy(s.along, grid->cell[2], sizeof s.along);
    for (int j = 0; j < n1; j++) {
        size_t first = ((size_t)i * (size_t)n1 + (size_t)j) * (size_t)n2;
        double v = (double)j / n1;
        for (int x = 0; x < 3; x++)
            s.start[x] = u * grid->cell[0][x] + v * grid->cell[1][x];
        memcpy(row, valence + first, (size_t)n2 * sizeof *row);
        for (int a = 0; a < spheres->n; a++) {
            memcpy(s.center, spheres->center_d + 3 * a, sizeof s.center);
            add_strip(&s, spheres, spheres->table_d + (size_t)spheres->species_d[a] * (size_t)spheres->n_point, n2, row);
        }
        for (int k = 0; k < n2; k++)
            reference[first + (size_t)k] = (float)row[k];
    }
}

static kd_status cpu_reference(kd_device *dev, kd_stream *stream, const struct bader_grid *grid, const struct bader_spheres *spheres,
                               const double *valence_d, float *reference_d)
{
    (void)stream;
    size_t mark = kd_scratch_mark(dev), length = (size_t)grid->n[2];
    double *rows;
    TRY(kd_scratch_take(dev, (size_t)dev->n_thread * length * sizeof *rows, (void **)&rows));
    cpu_enter(dev);
#pragma omp parallel for schedule(dynamic, 1) num_threads(dev->n_thread)
    for (int i = 0; i < grid->n[0]; i++)
        reference_plane(grid, spheres, valence_d, i, rows + (size_t)cpu_thread() * length, reference_d);
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}

/* ---- maxima and what they collect ---- */

static kd_status cpu_maxima(kd_device *dev, kd_stream *stream, const struct bader_grid *grid, const int *maximum_d, int capacity,
                            int *point_d, int *count_d)
{
    (void)stream;
    int n = 0, n_point = (int)bader_points(grid->n);
    cpu_enter(dev);
    for (int q = 0; q < n_point; q++)
        if (maximum_d[q] == q) {
            if (n < capacity)
                point_d[n] = q;
            n++;
        }
    *count_d = n;
    cpu_leave(dev);
    return KD_OK;
}

/* Place of a maximum in the ascending list. */
static int rank_of(const int *point, int n, int maximum)
{
    int low = 0, high = n - 1;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (point[middle] < maximum)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_run(const struct bader_basins *b, int maximum, long long charge, long long volume)
{
    int rank = rank_of(b->point_d, b->n, maximum);
    __atomic_fetch_add(&b->charge_d[rank], charge, __ATOMIC_RELAXED);
    __atomic_fetch_add(&b->volume_d[rank], volume, __ATOMIC_RELAXED);
}

static kd_status cpu_integrate(kd_device *dev, kd_stream *stream, const struct bader_grid *grid, const struct bader_basins *basins)
{
    (void)stream;
    int n_row = grid->n[0] * grid->n[1], n2 = grid->n[2];
    double scale = ldexp(1, basins->scale_bits);
    cpu_enter(dev);
    memset(basins->charge_d, 0, (size_t)basins->n * sizeof(long long));
    memset(basins->volume_d, 0, (size_t)basins->n * sizeof(long long));
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (int row = 0; row < n_row; row++) {
        const int *maximum = basins->maximum_d + (size_t)row * (size_t)n2;
        const double *valence = basins->valence_d + (size_t)row * (size_t)n2;
        long long charge = 0;
        int from = 0;
        for (int k = 0; k < n2; k++) {
            charge += llrint(valence[k] * scale);
            if (k < n2 - 1 && maximum[k + 1] == maximum[k])
                continue;
            add_run(basins, maximum[k], charge, k + 1 - from);
            charge = 0;
            from = k + 1;
        }
    }
    cpu_leave(dev);
    return KD_OK;
}

/* ---- surfaces ---- */

static void name_atoms(const struct bader_grid *grid, const struct bader_surface *s, int n_thread, int *atom)
{
    size_t n_point = bader_points(grid->n);
#pragma omp parallel num_threads(n_thread)
    {
        int last = -1, owner = -1;
#pragma omp for schedule(static)
        for (size_t q = 0; q < n_point; q++) {
            if (s->maximum_d[q] != last) {
                last = s->maximum_d[q];
                owner = s->atom_d[rank_of(s->point_d, s->n_basin, last)];
            }
            atom[q] = owner;
        }
    }
}

/* Distance of point (u, v, w) of the unit cell from an atom. */
static double atom_distance(const struct bader_grid *grid, const double frac[3], double u, double v, double w)
{
    double d[3] = {u - frac[0], v - frac[1], w - frac[2]}, r[3];
    for (int a = 0; a < 3; a++)
        d[a] -= d[a] > 0.5 ? 1 : d[a] < -0.5 ? -1 : 0;
    for (int x = 0; x < 3; x++)
        r[x] = (d[0] * grid->cell[0][x] + d[1] * grid->cell[1][x]) + d[2] * grid->cell[2][x];
    return sqrt((r[0] * r[0] + r[1] * r[1]) + r[2] * r[2]);
}

static void lower(double *least, double value)
{
    double old;
    __atomic_load(least, &old, __ATOMIC_RELAXED);
    while (value < old && !__atomic_compare_exchange(least, &old, &value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

static void surface_plane(const struct bader_grid *grid, const struct bader_surface *s, const int *atom, int i, void *window, uint8_t *edge)
{
    const struct bader_rows *rows = bader_rows_best();
    struct bader_window w;
    bader_window_open(&w, atom, grid->n, window, i);
    for (int j = 0; j < grid->n[1]; j++) {
        bader_window_next(&w);
        rows->edges((const int *const *)w.row, grid->n[2], edge);
        for (int k = 0; k < grid->n[2]; k++)
            if (edge[k]) {
                int a = (int)w.row[4][k];
                lower(&s->distance_d[a], atom_distance(grid, s->frac_d + 3 * a, (double)i / grid->n[0], (double)j / grid->n[1],
                                                       (double)k / grid->n[2]));
            }
    }
}

static kd_status cpu_surface(kd_device *dev, kd_stream *stream, const struct bader_grid *grid, const struct bader_surface *s)
{
    (void)stream;
    size_t mark = kd_scratch_mark(dev), window = kd_scratch_round(bader_window_bytes(grid->n)), length = (size_t)grid->n[2];
    int *atom;
    unsigned char *windows;
    uint8_t *edge;
    TRY(kd_scratch_take(dev, bader_points(grid->n) * sizeof *atom, (void **)&atom));
    TRY(kd_scratch_take(dev, (size_t)dev->n_thread * window, (void **)&windows));
    TRY(kd_scratch_take(dev, (size_t)dev->n_thread * length, (void **)&edge));
    cpu_enter(dev);
    for (int a = 0; a < s->n_atom; a++)
        s->distance_d[a] = 1e30;
    name_atoms(grid, s, dev->n_thread, atom);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (int i = 0; i < grid->n[0]; i++)
        surface_plane(grid, s, atom, i, windows + (size_t)cpu_thread() * window, edge + (size_t)cpu_thread() * length);
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}

static size_t cpu_scratch(const kd_device *dev, const struct bader_grid *grid)
{
    size_t thread = (size_t)dev->n_thread, length = (size_t)grid->n[2];
    size_t climb = cpu_bader_climb_scratch(dev, grid), reference = kd_scratch_round(thread * length * sizeof(double));
    size_t surface = kd_scratch_round(bader_points(grid->n) * sizeof(int)) +
                     kd_scratch_round(thread * kd_scratch_round(bader_window_bytes(grid->n))) + kd_scratch_round(thread * length);
    size_t most = climb > reference ? climb : reference;
    return most > surface ? most : surface;
}

const struct bader_ops cpu_bader_ops = {
    .scratch = cpu_scratch,
    .reference = cpu_reference,
    .climb = cpu_bader_climb,
    .maxima = cpu_maxima,
    .integrate = cpu_integrate,
    .surface = cpu_surface,
};
