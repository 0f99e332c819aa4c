// SPDX-License-Identifier: BSD-3-Clause
/* pw_lines_plan.c - tables of the line codelets: factors, roots, occupied rows, columns of plane waves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cpu/pw.h"
#include "kernels/cpu/pw_codelet.h"
#include "kernels/cpu/pw_lines.h"

/* n = p q: the pruned side works in p, so p wants a multiple of 4 or at least many parts; both have codelets in dft_line.hpp. */
static const struct {
    int n, p, q;
} factor[] = {{16, 4, 4},   {18, 6, 3},   {20, 4, 5},   {24, 8, 3},   {25, 5, 5},   {27, 9, 3},   {30, 10, 3},  {32, 8, 4},   {36, 12, 3},
              {40, 8, 5},   {45, 15, 3},  {48, 8, 6},   {50, 10, 5},  {54, 9, 6},   {60, 10, 6},  {64, 8, 8},   {72, 8, 9},   {75, 15, 5},
              {80, 8, 10},  {81, 9, 9},   {90, 10, 9},  {96, 8, 12},  {100, 10, 10}, {108, 12, 9}, {120, 12, 10}, {125, 5, 25}, {128, 8, 16},
              {135, 15, 9}, {144, 12, 12}, {150, 10, 15}, {160, 10, 16}, {180, 12, 15}, {192, 12, 16},
              {200, 8, 25}, {225, 9, 25},  {240, 15, 16}, {250, 10, 25}, {256, 16, 16}};

static bool factors(int n, struct line_axis *x)
{
    for (size_t i = 0; i < sizeof factor / sizeof *factor; i++)
        if (factor[i].n == n) {
            x->n = n;
            x->p = factor[i].p;
            x->q = factor[i].q;
            return true;
        }
    return false;
}

static const struct line_codelets *codelets_of(enum la_type type)
{
#if defined(__x86_64__)
    enum cpu_simd level = cpu_simd_level();
    if (level == CPU_AVX512)
        return &pw_codelets_avx512[la_is_double(type)];
    if (level == CPU_AVX2)
        return &pw_codelets_avx2[la_is_double(type)];
#endif
    (void)type;
    return NULL;
}

static void partner(const struct pw_spec *spec, int g, int m[3])
{
    for (int a = 0; a < 3; a++)
        m[a] = -spec->miller[g][a] - spec->twice_k[a];
}

static void extents(const struct pw_spec *spec, bool real, struct line_axis axis[3])
{
    for (int a = 0; a < 3; a++) {
        int low = spec->miller[0][a], high = low;
        for (int g = 0; g < spec->n_pw; g++) {
            int m[3], v = spec->miller[g][a];
            partner(spec, g, m);
            low = v < low ? v : low;
            high = v > high ? v : high;
            low = real && m[a] < low ? m[a] : low;
            high = real && m[a] > high ? m[a] : high;
        }
        axis[a].lo = low;
        axis[a].count = high - low + 1;
    }
}

/* Parts of p at both ends that hold lo .. lo + count - 1. */
static int pattern_of(const struct line_axis *x, int lo, int count)
{
    int most = 1, full = (x->p + 1) / 2;
    for (int m = lo; m < lo + count; m++) {
        int part = ((m % x->n + x->n) % x->n) / x->q, end = part + 1 < x->p - part ? part + 1 : x->p - part;
        most = end > most ? end : most;
    }
    return most < full ? most : full;
}

/* ---- one piece of memory for all tables ---- */

struct arena {
    char *base; /* NULL: only counting */
    size_t used;
};
static void *room(struct arena *a, size_t bytes)
{
    void *p = a->base ? a->base + a->used : NULL;
    a->used += (bytes + 63) / 64 * 64;
    return p;
}

static void put(void *to, size_t at, double value, bool wide)
{
    if (wide)
        ((double *)to)[at] = value;
    else
        ((float *)to)[at] = (float)value;
}

/* [outer][inner] pairs cos, sin of 2 pi o i / n. */
static void *roots(struct arena *a, int n, int outer, int inner, bool wide)
{
    void *to = room(a, (size_t)(2 * n) * (wide ? 8 : 4));
    for (int o = 0; o < outer && to; o++)
        for (int i = 0; i < inner; i++) {
            double angle = 2 * M_PI * (double)(o * i % n) / n;
            put(to, (size_t)(2 * (o * inner + i)), cos(angle), wide);
            put(to, (size_t)(2 * (o * inner + i) + 1), sin(angle), wide);
        }
    return to;
}

static void axis_tables(struct arena *a, struct line_axis *x, bool wide)
{
    int *row = room(a, (size_t)x->n * sizeof *row);
    x->row = row;
    x->pattern = pattern_of(x, x->lo, x->count);
    for (int i = 0; i < x->n && row; i++)
        row[i] = -1;
    for (int m = x->lo; m < x->lo + x->count && row; m++)
        row[(m % x->n + x->n) % x->n] = m - x->lo;
    x->twiddle_in = roots(a, x->n, x->q, x->p, wide);
    x->twiddle_out = roots(a, x->n, x->p, x->q, wide);
}

/* ---- columns, by rows ---- */

struct row_of_y { /* which row and side a y belongs to; [count of y] */
    int row, side;
};

static void find_rows(const struct pw_lines *l, const struct pw_spec *spec, struct line_row *row, struct row_of_y *of, int *n_row)
{
    const struct line_axis *y = &l->axis[1];
    *n_row = 0;
    for (int i = 0; i < y->count; i++) {
        int mirror = -(y->lo + i) - spec->twice_k[1] - y->lo; /* of real orbitals: the range maps to itself */
        if (l->real && mirror < i)
            continue;
        struct line_row r = {.n_side = l->real && mirror != i ? 2 : 1, .y = {i, mirror}};
        of[i] = (struct row_of_y){*n_row, 0};
        if (r.n_side == 2)
            of[mirror] = (struct row_of_y){*n_row, 1};
        row[(*n_row)++] = r;
    }
}

static struct line_column column_at(const struct pw_lines *l, const struct pw_spec *spec, int g, int side)
{
    int m[3];
    partner(spec, g, m);
    return (struct line_column){g, 0, side, spec->miller[g][0] - l->axis[0].lo, spec->miller[g][2] - l->axis[2].lo, m[0] - l->axis[0].lo,
                                m[2] - l->axis[2].lo};
}

static bool goes_on(const struct pw_spec *spec, int g)
{
    if (g + 1 >= spec->n_pw)
        return false;
    const int *m = spec->miller[g], *n = spec->miller[g + 1];
    return m[0] == n[0] && m[1] == n[1] && n[2] == m[2] + 1;
}

/* Columns of every row, one row after another. */
static void fill_columns(struct pw_lines *l, const struct pw_spec *spec, struct line_row *row, const struct row_of_y *of,
                         struct line_column *column)
{
    l->n_column = 0;
    for (int r = 0; r < l->n_row; r++) {
        row[r].first_column = l->n_column;
        for (int g = 0, start = 0; g < spec->n_pw; g++) {
            if (goes_on(spec, g))
                continue;
            struct row_of_y at = of[spec->miller[start][1] - l->axis[1].lo];
            if (at.row == r) {
                column[l->n_column] = column_at(l, spec, start, at.side);
                column[l->n_column++].n = g + 1 - start;
            }
            start = g + 1;
        }
        row[r].n_column = l->n_column - row[r].first_column;
    }
}

static void widen(struct line_row *r, int side, int x)
{
    int last = r->first[side] + r->count[side];
    if (r->count[side] == 0)
        last = r->first[side] = x;
    r->first[side] = x < r->first[side] ? x : r->first[side];
    last = x + 1 > last ? x + 1 : last;
    r->count[side] = last - r->first[side];
}

static void occupied_x(const struct pw_lines *l, struct line_row *row)
{
    for (int r = 0; r < l->n_row; r++) {
        for (int k = row[r].first_column; k < row[r].first_column + row[r].n_column; k++) {
            const struct line_column *c = &l->column[k];
            widen(&row[r], c->side, c->x);
            if (l->real)
                widen(&row[r], row[r].n_side == 2 ? 1 - c->side : c->side, c->mirror_x);
        }
        for (int s = 0; s < row[r].n_side; s++)
            row[r].pattern[s] = pattern_of(&l->axis[0], l->axis[0].lo + row[r].first[s], row[r].count[s]);
    }
}

static void find_self(struct pw_lines *l, const struct pw_basis *basis, const struct pw_spec *spec, const struct row_of_y *of)
{
    l->self = basis->self;
    l->self_row = -1;
    if (l->self < 0)
        return;
    const int *m = spec->miller[l->self];
    l->self_row = of[m[1] - l->axis[1].lo].row;
    l->self_y = of[m[1] - l->axis[1].lo].side;
    l->self_x = m[0] - l->axis[0].lo;
    l->self_z = m[2] - l->axis[2].lo;
}

/* ---- shapes ---- */

/* As many x planes together as fill whole groups of lanes, within a buffer for the cache. */
static int choose_planes(const struct pw_lines *l, size_t size)
{
    int best = 1, w = l->width, n_y = l->axis[1].n;
    double least = 1e9;
    for (int n = 1; n <= 8 && n <= l->axis[0].n; n++) {
        double waste = (double)((n * n_y + w - 1) / w * w) / (n * n_y);
        bool fits = (size_t)(n * n_y) * l->stride * size <= 48 * 1024;
        if ((n == 1 || fits) && waste < least - 0.02) {
            least = waste;
            best = n;
        }
    }
    return best;
}

static void shapes(struct pw_lines *l, bool wide)
{
    size_t w = (size_t)l->width, size = wide ? 8 : 4, line = 64 / size;
    l->n_block_z = (int)(((size_t)l->axis[2].count + w - 1) / w);
    l->half = (size_t)l->n_block_z * w;
    l->stride = 2 * l->half;
    l->plane = (size_t)l->axis[1].count * l->stride;
    if (l->plane / line % 2 == 0)
        l->plane += line > w ? line : w; /* an odd number of cache lines: planes must not fall on each other in the cache */
    l->n_plane = choose_planes(l, size);
    l->n_group = (int)(((size_t)(l->n_plane * l->axis[1].n) + w - 1) / w);
    l->side = (size_t)l->axis[0].count * l->stride;
    l->at_b = (l->real ? 2 : 1) * l->side;
    l->at_x = l->at_b + (size_t)l->n_group * w * l->stride;
    l->at_f = l->at_x + 2 * l->half * w;
    l->at_a = l->at_f + 2 * (size_t)l->axis[2].n * w;
    l->bytes = (l->at_a + (size_t)l->axis[0].n * l->plane) * size;
}

/* All tables; with a counting arena nothing is written. */
static void tables(struct arena *a, struct pw_lines *l, const struct pw_basis *basis, const struct pw_spec *spec)
{
    bool wide = la_is_double(spec->type);
    for (int x = 0; x < 3; x++)
        axis_tables(a, &l->axis[x], wide);
    struct line_row *row = room(a, (size_t)l->axis[1].count * sizeof *row);
    struct row_of_y *of = room(a, (size_t)l->axis[1].count * sizeof *of);
    struct line_column *column = room(a, (size_t)spec->n_pw * sizeof *column);
    void *kinetic = room(a, (size_t)spec->n_pw * (wide ? 8 : 4));
    if (!a->base)
        return;
    find_rows(l, spec, row, of, &l->n_row);
    fill_columns(l, spec, row, of, column);
    l->row = row;
    l->column = column;
    occupied_x(l, row);
    find_self(l, basis, spec, of);
    for (int g = 0; g < spec->n_pw; g++)
        put(kinetic, (size_t)g, basis->kinetic_d[g], wide);
    l->kinetic = kinetic;
}

/* For the codelets: transforms that have one, a machine that runs it. */
static bool possible(const struct pw_spec *spec, struct pw_lines *l)
{
    const char *wish = getenv("KEDGE_FFT");
    l->codelets = codelets_of(spec->type);
    if (!l->codelets || (wish && strcmp(wish, "fftw") == 0))
        return false;
    for (int a = 0; a < 3; a++)
        if (!factors(spec->n[a], &l->axis[a]))
            return false;
    return true;
}

kd_status pw_lines_create(const struct pw_basis *basis, const struct pw_spec *spec, struct pw_lines **out)
{
    struct pw_lines l = {.real = basis->real, .n_pw = spec->n_pw};
    struct arena counting = {0}, arena = {0};
    *out = NULL;
    if (!possible(spec, &l))
        return KD_OK;
    l.width = l.codelets->width;
    extents(spec, l.real, l.axis);
    shapes(&l, la_is_double(spec->type));
    for (int a = 0; a < 3 && l.real; a++)
        l.phase[a] = spec->twice_k[0] || spec->twice_k[1] || spec->twice_k[2] ? (const double(*)[2])basis->phase_d[a] : NULL;
    tables(&counting, &l, basis, spec);
    struct pw_lines *own = malloc(sizeof *own);
    arena.base = aligned_alloc(64, counting.used + 64);
    if (!own || !arena.base) {
        free(own);
        free(arena.base);
        FAIL(KD_ENOMEM, "plane waves: no host memory for tables");
    }
    tables(&arena, &l, basis, spec);
    l.owned = arena.base;
    *own = l;
    *out = own;
    return KD_OK;
}

void pw_lines_destroy(struct pw_lines *lines)
{
    if (!lines)
        return;
    free(lines->owned);
    free(lines);
}
