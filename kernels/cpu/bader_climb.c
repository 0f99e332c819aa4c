// SPDX-License-Identifier: BSD-3-Clause
/* bader_climb.c - every point finds its maximum: steepest steps, paths made short, edges climbed again. bader_ops.h has the rules. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/cpu/bader.h"
#include "kernels/cpu/cpu.h"

enum {
    LOCAL = 512,  /* points that a thread gathers before it takes room in the common list */
    BLOCK = 1024, /* climbs that a thread takes at once */
};

struct climber {
    const struct bader_grid *grid;
    const struct bader_climb *climb;
    const float *rho;
    int *maximum;
    int n0, n1, n2, n_thread;
    size_t n_point;
    uint8_t *direction, *edge, *mark; /* [n_point] */
    int *list, *next;                 /* [n_point] points that climb, their new maxima */
    int *back[3], *forth[3];          /* [n_a] from a point to its neighbours along a, in numbers */
    int *back_two[3], *forth_two[3];  /* and to theirs */
    unsigned char *window;            /* [n_thread][bader_window_bytes] */
    size_t window_bytes;
    bool *stopped;                    /* the watch wants the end */
};

/* Part `done` of `all` of the work between shares from and to of the climb is finished: go on? Any thread; the first one asks. */
static bool goes_on(const struct climber *c, double from, double to, size_t done, size_t all)
{
    const struct bader_watch *w = c->climb->watch;
    if (__atomic_load_n(c->stopped, __ATOMIC_RELAXED))
        return false;
    if (w && cpu_thread() == 0 && w->stop(w->context, from + (to - from) * (double)done / (double)all))
        __atomic_store_n(c->stopped, true, __ATOMIC_RELAXED);
    return !__atomic_load_n(c->stopped, __ATOMIC_RELAXED);
}

/* ---- steepest steps ---- */

struct place {
    int i, j, k;
    int q; /* number */
};

static struct place place_of(const struct climber *c, int q)
{
    return (struct place){q / c->n2 / c->n1, q / c->n2 % c->n1, q % c->n2, q};
}

/* One step, -1, 0 or 1 along each direction. */
static struct place step(const struct climber *c, struct place p, int a, int b, int d)
{
    p.q += (a > 0 ? c->forth[0][p.i] : a < 0 ? c->back[0][p.i] : 0) + (b > 0 ? c->forth[1][p.j] : b < 0 ? c->back[1][p.j] : 0) +
           (d > 0 ? c->forth[2][p.k] : d < 0 ? c->back[2][p.k] : 0);
    p.i += a;
    p.j += b;
    p.k += d;
    p.i += p.i < 0 ? c->n0 : p.i >= c->n0 ? -c->n0 : 0;
    p.j += p.j < 0 ? c->n1 : p.j >= c->n1 ? -c->n1 : 0;
    p.k += p.k < 0 ? c->n2 : p.k >= c->n2 ? -c->n2 : 0;
    return p;
}

static struct place step_towards(const struct climber *c, struct place p, int direction)
{
    return step(c, p, direction / 9 - 1, direction / 3 % 3 - 1, direction % 3 - 1);
}

/* On level ground: the neighbour of the smallest number. */
static uint8_t level_direction(const struct climber *c, int q)
{
    struct place p = place_of(c, q);
    int least = q, direction = 13;
    for (int d = 0; d < 27; d++) {
        struct place to = step_towards(c, p, d);
        if (c->rho[to.q] == c->rho[q] && to.q < least) {
            least = to.q;
            direction = d;
        }
    }
    return (uint8_t)direction;
}

static void point_row(const struct climber *c, int i, int j)
{
    int n2 = c->n2, first = (i * c->n1 + j) * n2, offset[27];
    uint8_t *direction = c->direction + first;
    for (int d = 0; d < 27; d++)
        offset[d] = step_towards(c, (struct place){i, j, 1, first + 1}, d).q - (first + 1);
    for (int k = 0; k < n2; k++) {
        if (direction[k] == 13)
            direction[k] = level_direction(c, first + k);
        c->maximum[first + k] = first + k + offset[direction[k]];
    }
    for (int k = 0; k < n2; k += n2 - 1)
        c->maximum[first + k] = step_towards(c, (struct place){i, j, k, first + k}, direction[k]).q;
}

static void steepest_steps(const struct climber *c)
{
    const struct bader_rows *rows = bader_rows_best();
#pragma omp parallel for schedule(static) num_threads(c->n_thread)
    for (int i = 0; i < c->n0; i++) {
        struct bader_window w;
        if (!goes_on(c, 0, 0.1, (size_t)i * (size_t)c->n_thread, (size_t)c->n0)) /* the first thread's planes come first */
            continue;
        bader_window_open(&w, c->rho, c->grid->n, c->window + (size_t)cpu_thread() * c->window_bytes, i);
        for (int j = 0; j < c->n1; j++) {
            bader_window_next(&w);
            rows->steepest((const float *const *)w.row, c->grid->slope_weight, c->n2,
                           c->direction + ((size_t)i * (size_t)c->n1 + (size_t)j) * (size_t)c->n2);
            point_row(c, i, j);
        }
    }
}

/* Everybody points to its maximum. Threads share the paths: whatever another has written is an ancestor too. */
static void shorten_paths(const struct climber *c)
{
    int *up = c->maximum;
#pragma omp parallel for schedule(static) num_threads(c->n_thread)
    for (size_t q = 0; q < c->n_point; q++) {
        int top = (int)q, above;
        while ((above = __atomic_load_n(&up[top], __ATOMIC_RELAXED)) != top)
            top = above;
        for (int at = (int)q; at != top;) {
            above = __atomic_load_n(&up[at], __ATOMIC_RELAXED);
            __atomic_store_n(&up[at], top, __ATOMIC_RELAXED);
            at = above;
        }
    }
}

/* ---- edges ---- */

/* A thread's points into the common list, wherever there is room. */
static void append(int *list, size_t *n, const int *local, int n_local)
{
    size_t at = __atomic_fetch_add(n, (size_t)n_local, __ATOMIC_RELAXED);
    memcpy(list + at, local, (size_t)n_local * sizeof *local);
}

/* Marks all edges; returns the number of those that are no maximum, which are listed. */
static size_t find_edges(const struct climber *c)
{
    const struct bader_rows *rows = bader_rows_best();
    size_t n = 0;
#pragma omp parallel for schedule(static) num_threads(c->n_thread)
    for (int i = 0; i < c->n0; i++) {
        struct bader_window w;
        int local[LOCAL], n_local = 0;
        bader_window_open(&w, c->maximum, c->grid->n, c->window + (size_t)cpu_thread() * c->window_bytes, i);
        for (int j = 0; j < c->n1; j++) {
            int first = (i * c->n1 + j) * c->n2;
            bader_window_next(&w);
            rows->edges((const int *const *)w.row, c->n2, c->edge + first);
            for (int k = 0; k < c->n2; k++) {
                local[n_local] = first + k;
                n_local += c->edge[first + k] && c->maximum[first + k] != first + k;
                if (n_local < LOCAL && (k < c->n2 - 1 || j < c->n1 - 1))
                    continue;
                append(c->list, &n, local, n_local);
                n_local = 0;
            }
        }
    }
    return n;
}

static bool is_edge(const struct climber *c, int q)
{
    struct place p = place_of(c, q);
    int own = c->maximum[q];
    for (int d = 0; d < 27; d++)
        if (c->maximum[step_towards(c, p, d).q] != own)
            return true;
    return false;
}

/* ---- near-grid ---- */

/* Along direction a, of which p has coordinate x. */
static float slope_along(const struct climber *c, int a, int q, int x)
{
    const float *rho = c->rho + q;
    float below = rho[c->back[a][x]], above = rho[c->forth[a][x]];
    if (*rho > below && *rho > above)
        return 0;
    return c->grid->order == 2 ? above - below : 8 * (above - below) - (rho[c->forth_two[a][x]] - rho[c->back_two[a][x]]);
}

/* rintf for small numbers, which a plain x86-64 has no instruction for. */
static float round_even(float x)
{
    return (x + 12582912.0f) - 12582912.0f;
}

/* The next point of the climb; r is what rounding has left behind. */
static struct place near_grid_step(const struct climber *c, struct place p, float r[3])
{
    const float *rho = c->rho, (*m)[3] = c->grid->metric;
    float own = rho[p.q], g[3], u[3], largest = 0;
    g[0] = slope_along(c, 0, p.q, p.i);
    g[1] = slope_along(c, 1, p.q, p.j);
    g[2] = slope_along(c, 2, p.q, p.k);
    for (int a = 0; a < 3; a++) {
        u[a] = (m[a][0] * g[0] + m[a][1] * g[1]) + m[a][2] * g[2];
        largest = fabsf(u[a]) > largest ? fabsf(u[a]) : largest;
    }
    if (!(largest < 1e-30f)) {
        int s[3];
        for (int a = 0; a < 3; a++) {
            float v = u[a] / largest, whole = round_even(v);
            r[a] += v - whole;
            float rest = round_even(r[a]);
            r[a] -= rest;
            s[a] = (int)whole + (int)rest;
        }
        struct place to = step(c, p, s[0], s[1], s[2]);
        if (rho[to.q] > own)
            return to;
    }
    r[0] = r[1] = r[2] = 0;
    return step_towards(c, p, c->direction[p.q]);
}

static int climb_from(const struct climber *c, int q)
{
    struct place p = place_of(c, q);
    float r[3] = {0, 0, 0};
    for (;;) {
        struct place to = near_grid_step(c, p, r);
        if (to.q == p.q)
            return p.q;
        if (!c->edge[to.q])
            return c->maximum[to.q];
        p = to;
    }
}

/* ---- rounds ---- */

/* (Shares from and to of the whole are for the watch.) Climbs from list[n] with the maxima as they are, then all changes at once; the points that changed come first in the list. */
static size_t climb_round(const struct climber *c, size_t n, double from, double to)
{
    size_t n_changed = 0;
    size_t n_block = (n + BLOCK - 1) / BLOCK;
#pragma omp parallel for schedule(dynamic, 1) num_threads(c->n_thread)
    for (size_t b = 0; b < n_block; b++)
        if (goes_on(c, from, to, b, n_block))
            for (size_t x = b * BLOCK; x < n && x < (b + 1) * BLOCK; x++)
                c->next[x] = climb_from(c, c->list[x]);
    if (*c->stopped)
        return 0;
    for (size_t x = 0; x < n; x++) {
        int q = c->list[x];
        if (c->maximum[q] == c->next[x])
            continue;
        c->maximum[q] = c->next[x];
        c->list[n_changed++] = q;
    }
    return n_changed;
}

/* Points that touch one of list[n_changed], each once, in next[]; returns how many. */
static size_t touched(const struct climber *c, size_t n_changed)
{
    size_t n = 0;
#pragma omp parallel num_threads(c->n_thread)
    {
        int local[LOCAL + 27], n_local = 0;
#pragma omp for schedule(static)
        for (size_t x = 0; x < n_changed; x++) {
            struct place p = place_of(c, c->list[x]);
            for (int d = 0; d < 27; d++) {
                int q = step_towards(c, p, d).q;
                if (__atomic_exchange_n(&c->mark[q], 1, __ATOMIC_RELAXED) == 0)
                    local[n_local++] = q;
            }
            if (n_local < LOCAL)
                continue;
            append(c->next, &n, local, n_local);
            n_local = 0;
        }
        append(c->next, &n, local, n_local);
    }
    return n;
}

/* Edges around the changes; those of them that are no maximum are listed and counted. */
static size_t renew_edges(const struct climber *c, size_t n_changed)
{
    size_t n = touched(c, n_changed), n_list = 0;
#pragma omp parallel for schedule(static) num_threads(c->n_thread)
    for (size_t x = 0; x < n; x++) {
        c->edge[c->next[x]] = is_edge(c, c->next[x]);
        c->mark[c->next[x]] = 0;
    }
    for (size_t x = 0; x < n; x++) {
        int q = c->next[x];
        if (c->edge[q] && c->maximum[q] != q)
            c->list[n_list++] = q;
    }
    return n_list;
}

static void run(const struct climber *c)
{
    int *rounds = c->climb->rounds_d;
    memset(rounds, 0, (BADER_MAX_ROUND + 1) * sizeof *rounds);
    memset(c->mark, 0, c->n_point);
    steepest_steps(c);
    if (*c->stopped)
        return;
    shorten_paths(c);
    size_t n = find_edges(c);
    for (int round = 0; round < BADER_MAX_ROUND; round++) { /* the first one has nearly all the work */
        size_t n_changed = climb_round(c, n, round ? 0.9 : 0.2, round ? 1 : 0.9);
        rounds[round] = (int)n_changed;
        if (n_changed == 0)
            break;
        n = renew_edges(c, n_changed);
    }
}

/* ---- the op ---- */

size_t cpu_bader_climb_scratch(const kd_device *dev, const struct bader_grid *grid)
{
    size_t n = bader_points(grid->n), bytes = 3 * kd_scratch_round(n) + 2 * kd_scratch_round(n * sizeof(int));
    for (int a = 0; a < 3; a++)
        bytes += 4 * kd_scratch_round((size_t)grid->n[a] * sizeof(int));
    return bytes + (size_t)dev->n_thread * kd_scratch_round(bader_window_bytes(grid->n));
}

static kd_status take_work(kd_device *dev, struct climber *c)
{
    const int *n = c->grid->n;
    TRY(kd_scratch_take(dev, c->n_point, (void **)&c->direction));
    TRY(kd_scratch_take(dev, c->n_point, (void **)&c->edge));
    TRY(kd_scratch_take(dev, c->n_point, (void **)&c->mark));
    TRY(kd_scratch_take(dev, c->n_point * sizeof(int), (void **)&c->list));
    TRY(kd_scratch_take(dev, c->n_point * sizeof(int), (void **)&c->next));
    c->window_bytes = kd_scratch_round(bader_window_bytes(n));
    TRY(kd_scratch_take(dev, (size_t)dev->n_thread * c->window_bytes, (void **)&c->window));
    for (int a = 0; a < 3; a++) {
        TRY(kd_scratch_take(dev, (size_t)n[a] * sizeof(int), (void **)&c->back[a]));
        TRY(kd_scratch_take(dev, (size_t)n[a] * sizeof(int), (void **)&c->forth[a]));
        TRY(kd_scratch_take(dev, (size_t)n[a] * sizeof(int), (void **)&c->back_two[a]));
        TRY(kd_scratch_take(dev, (size_t)n[a] * sizeof(int), (void **)&c->forth_two[a]));
    }
    return KD_OK;
}

static void number_steps(const struct climber *c)
{
    const int *n = c->grid->n;
    for (int a = 0; a < 3; a++) {
        int stride = a == 0 ? n[1] * n[2] : a == 1 ? n[2] : 1;
        for (int x = 0; x < n[a]; x++) {
            c->back[a][x] = x > 0 ? -stride : (n[a] - 1) * stride;
            c->forth[a][x] = x < n[a] - 1 ? stride : -(n[a] - 1) * stride;
            c->back_two[a][x] = ((x + n[a] - 2) % n[a] - x) * stride;
            c->forth_two[a][x] = ((x + 2) % n[a] - x) * stride;
        }
    }
}

kd_status cpu_bader_climb(kd_device *dev, kd_stream *s, const struct bader_grid *grid, const struct bader_climb *climb)
{
    (void)s;
    struct climber c = {.grid = grid, .climb = climb, .rho = climb->reference_d, .maximum = climb->maximum_d, .n0 = grid->n[0],
                        .n1 = grid->n[1], .n2 = grid->n[2], .n_thread = dev->n_thread, .n_point = bader_points(grid->n)};
    size_t mark = kd_scratch_mark(dev);
    bool stopped = false;
    c.stopped = &stopped;
    kd_status status = take_work(dev, &c);
    if (status == KD_OK) {
        cpu_enter(dev);
        number_steps(&c);
        run(&c);
        cpu_leave(dev);
    }
    kd_scratch_release(dev, mark);
    return stopped ? kd_fail(KD_ESTOPPED, "bader: the climb was stopped") : status;
}
