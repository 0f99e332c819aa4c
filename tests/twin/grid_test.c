// SPDX-License-Identifier: BSD-3-Clause
/* grid_test.c - every op of the dense grid on every device against the CPU, whose exchange-correlation is libxc's. */
#include "kernels/grid_ops.h"
#include "tests/twin/twin.h"

struct grid_case {
    const char *name;
    int n[3];
    double scale, spread; /* density = scale (1 + spread waves): spread > 1 makes it negative somewhere, scale probes the thresholds */
    bool core;
};

static const struct grid_case cases[] = {
    {"solid", {12, 10, 15}, 0.03, 0.5, false},
    {"with model core, negative places", {9, 16, 14}, 0.02, 2.5, true},
    {"vacuum: about the thresholds", {12, 12, 12}, 1e-6, 1.2, false},
    {"dense, steep", {8, 8, 8}, 40, 0.9, true},
};
enum { N_CASE = sizeof cases / sizeof *cases };

static const double reciprocal[3][3] = {{0.61, 0.02, -0.05}, {-0.07, 0.66, 0.03}, {0.04, 0.08, 0.58}};
static const double volume = 1050;

struct sphere { /* half of the G-vectors that the grid can hold */
    int n;
    int (*miller)[3];
    double (*g)[3];
};

static void make_sphere(const int n[3], struct sphere *s)
{
    s->n = 0;
    s->miller = malloc((size_t)(n[0] * n[1] * n[2]) * sizeof *s->miller);
    s->g = malloc((size_t)(n[0] * n[1] * n[2]) * sizeof *s->g);
    for (int x = 0; 2 * x < n[0]; x++)
        for (int y = -(n[1] - 1) / 2; 2 * y < n[1]; y++)
            for (int z = -(n[2] - 1) / 2; 2 * z < n[2]; z++) {
                if (x == 0 && (y < 0 || (y == 0 && z < 0)))
                    continue;
                double g[3], square = 0;
                for (int a = 0; a < 3; a++) {
                    g[a] = x * reciprocal[0][a] + y * reciprocal[1][a] + z * reciprocal[2][a];
                    square += g[a] * g[a];
                }
                if (square > 11)
                    continue;
                memcpy(s->g[s->n], g, sizeof g);
                memcpy(s->miller[s->n++], (int[3]){x, y, z}, 3 * sizeof(int));
            }
}

struct outcome {
    double *back, *round, *rho, *effective, *xc, *symmetric, sum[GRID_N_SUM];
    size_t n_point, n_g;
};

static double *take(kd_device *dev, double *x_d, size_t count)
{
    double *x = malloc(count * sizeof *x);
    twin_download(dev, x, x_d, count * sizeof *x);
    kd_free(dev, x_d);
    return x;
}

static double *room(kd_device *dev, size_t count)
{
    double *x_d;
    assert_ok(kd_alloc(dev, count * sizeof *x_d, &x_d));
    return x_d;
}

static double *waves(const struct grid_case *c, const struct sphere *s, uint32_t stream)
{
    double *f = calloc(2 * (size_t)s->n, sizeof *f);
    f[0] = c->scale;
    for (int i = 1; i < s->n; i++) {
        double size = c->scale * c->spread * exp(-1.2 * (s->g[i][0] * s->g[i][0] + s->g[i][1] * s->g[i][1] + s->g[i][2] * s->g[i][2]));
        f[2 * i] = size * twin_random(stream, 2 * (size_t)i);
        f[2 * i + 1] = size * twin_random(stream, 2 * (size_t)i + 1);
    }
    return f;
}

/* Orbits of all lengths from 1 to 48 that interleave; the last places of the grid are in none. */
static void symmetrize(kd_device *dev, const struct grid *grid, const double *rho_d, struct outcome *out)
{
    int n_left = (int)out->n_point - 7, n_orbit = 0, taken = 0, *first = malloc(out->n_point * sizeof *first);
    int *place = malloc(out->n_point * sizeof *place);
    for (int stride = 13; taken < n_left; n_orbit++) {
        first[n_orbit] = taken;
        for (int length = 1 + n_orbit % 48; length > 0 && taken < n_left; length--, taken++)
            place[taken] = (int)((long)taken * stride % n_left);
    }
    first[n_orbit] = taken;
    assert_int_not_equal(n_left % 13, 0); /* so that no place comes twice */
    int *first_d = twin_upload(dev, first, (size_t)(n_orbit + 1) * sizeof *first);
    int *place_d = twin_upload(dev, place, (size_t)taken * sizeof *place);
    double *to_d = room(dev, out->n_point), *rho = malloc(out->n_point * sizeof *rho);
    assert_ok(kd_copy(dev, dev->stream, to_d, rho_d, out->n_point * sizeof *rho));
    assert_ok(dev->grid->symmetrize(dev, dev->stream, grid, n_orbit, first_d, place_d, to_d));
    out->symmetric = take(dev, to_d, out->n_point);
    twin_download(dev, rho, rho_d, out->n_point * sizeof *rho);
    for (int i = 0; i < n_orbit; i++) {
        double mean = 0;
        for (int p = first[i]; p < first[i + 1]; p++)
            mean += rho[place[p]] / (first[i + 1] - first[i]);
        for (int p = first[i]; p < first[i + 1]; p++)
            assert_near(out->symmetric[place[p]], mean, 1e-13 * fmax(1, fabs(mean)));
    }
    for (size_t p = (size_t)n_left; p < out->n_point; p++)
        assert_true(out->symmetric[p] == rho[p]);
    kd_free(dev, first_d);
    kd_free(dev, place_d);
    free(first);
    free(place);
    free(rho);
}

static void run(kd_device *dev, const struct grid_case *c, struct outcome *out)
{
    struct sphere s;
    struct grid *grid;
    make_sphere(c->n, &s);
    struct grid_spec spec = {{c->n[0], c->n[1], c->n[2]}, volume, s.n, (const int(*)[3])s.miller, (const double(*)[3])s.g};
    assert_ok(dev->grid->create(dev, &spec, &grid));
    assert_ok(kd_scratch_reserve(dev, dev->grid->scratch(dev, grid)));
    size_t n = (size_t)(c->n[0] * c->n[1] * c->n[2]), bytes = 2 * (size_t)s.n * sizeof(double);
    out->n_point = n;
    out->n_g = 2 * (size_t)s.n;
    double *f = waves(c, &s, 40), *core = waves(c, &s, 41), *local = malloc(n * sizeof *local);
    for (size_t i = 0; i < n; i++)
        local[i] = twin_random(42, i);
    double *f_d = twin_upload(dev, f, bytes), *core_d = twin_upload(dev, core, bytes), *local_d = twin_upload(dev, local, n * 8);
    double *r_d = room(dev, n), *g_d = room(dev, out->n_g), *rho_d = room(dev, n), *v_d = room(dev, n), *xc_d = room(dev, n);
    double *sum_d = room(dev, GRID_N_SUM);
    assert_ok(dev->grid->backward(dev, dev->stream, grid, f_d, r_d));
    assert_ok(dev->grid->forward(dev, dev->stream, grid, r_d, g_d));
    struct grid_potential p = {f_d, c->core ? core_d : NULL, local_d, rho_d, v_d, xc_d, sum_d};
    assert_ok(dev->grid->potential(dev, dev->stream, grid, &p));
    symmetrize(dev, grid, rho_d, out);
    out->back = take(dev, r_d, n);
    out->round = take(dev, g_d, out->n_g);
    out->rho = take(dev, rho_d, n);
    out->effective = take(dev, v_d, n);
    out->xc = take(dev, xc_d, n);
    twin_download(dev, out->sum, sum_d, sizeof out->sum);
    assert_near(twin_difference(out->round, f, out->n_g), 0, 1e-14 * c->scale); /* there and back */
    assert_int_equal(kd_scratch_mark(dev), 0);
    void *all[4] = {f_d, core_d, local_d, sum_d};
    for (int i = 0; i < 4; i++)
        kd_free(dev, all[i]);
    dev->grid->destroy(dev, grid);
    free(f);
    free(core);
    free(local);
    free(s.miller);
    free(s.g);
}

static void free_outcome(struct outcome *o)
{
    double *all[6] = {o->back, o->round, o->rho, o->effective, o->xc, o->symmetric};
    for (int i = 0; i < 6; i++)
        free(all[i]);
}

/* FP64 on both sides, other orders of sums: 1e-12 of the largest value. Potentials: 2e-10 near vacuum, where derivatives of the
 * density divided by powers of it amplify the rounding of the transforms. */
static void compare(const struct grid_case *c, const struct outcome *got, const struct outcome *want)
{
    double potential = (c->scale < 1e-3 ? 2e-10 : 2e-12) * fmax(1, twin_largest(want->xc, want->n_point));
    assert_near(twin_difference(got->back, want->back, want->n_point), 0, 1e-13 * c->scale);
    assert_near(twin_difference(got->rho, want->rho, want->n_point), 0, 1e-13 * c->scale);
    assert_near(twin_difference(got->symmetric, want->symmetric, want->n_point), 0, 1e-13 * c->scale);
    assert_near(twin_difference(got->xc, want->xc, want->n_point), 0, potential);
    assert_near(twin_difference(got->effective, want->effective, want->n_point), 0, potential * fmax(1, c->scale));
    for (int i = 0; i < GRID_N_SUM; i++)
        assert_near(got->sum[i], want->sum[i], 1e-11 * fmax(fabs(want->sum[i]), c->scale));
}

static void every_case_agrees(void **state)
{
    kd_device *dev = twin_take(state);
    assert_non_null(dev->grid);
    assert_whole_table(dev->grid);
    for (int i = 0; i < N_CASE; i++) {
        struct outcome want, got;
        run(twin_device[TWIN_CPU], &cases[i], &want);
        run(dev, &cases[i], &got);
        compare(&cases[i], &got, &want);
        free_outcome(&want);
        free_outcome(&got);
        printf("  %s: %s\n", dev->backend, cases[i].name);
    }
    struct grid *grid = NULL;
    int zero[1][3] = {{0, 0, 0}};
    double g[1][3] = {{0, 0, 0}};
    struct grid_spec eleven = {{8, 11, 8}, volume, 1, (const int(*)[3])zero, (const double(*)[3])g};
    assert_int_equal(dev->grid->create(dev, &eleven, &grid), KD_EINPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        twin_tests(every_case_agrees),
    };
    return cmocka_run_group_tests(tests, twin_open, twin_close);
}
