// SPDX-License-Identifier: BSD-3-Clause
/* bader_test.c - every op of the partition on every device against the CPU with one thread: the same bits. */
#include "tests/twin/twin.h"

#include "host/bader/partition.h"
#include "tests/support/model_density.h"

struct bader_case {
    const char *name;
    int n[3], order;
    double cell[3][3];
    int levels; /* values are rounded to so many steps, so that slopes tie and ground is level; 0: not */
    bool noise; /* no atoms, random numbers: maxima everywhere */
};

static const struct bader_case cases[] = {
    {"three points", {3, 4, 3}, 2, {{3, 0, 0}, {0, 4, 0}, {0, 0, 3}}, 0, true},
    {"noise", {17, 12, 35}, 2, {{9, 0, 0}, {0, 7, 0}, {0, 0, 18}}, 0, true},
    {"noise in steps", {16, 15, 33}, 4, {{9, 0, 0}, {1, 7, 0}, {0, -2, 18}}, 5, true},
    {"cubic atoms", {30, 30, 30}, 2, {{9, 0, 0}, {0, 9, 0}, {0, 0, 9}}, 0, false},
    {"triclinic atoms", {31, 26, 38}, 4, {{8.6, 0, 0}, {1.3, 8.2, 0}, {-0.9, 1.1, 9.1}}, 0, false},
    {"atoms on level ground", {24, 30, 28}, 4, {{8, 0, 0}, {-4, 7, 0}, {0, 0, 9}}, 40, false},
};
enum { N_CASE = sizeof cases / sizeof *cases, N_ATOM = 5, N_TABLE = 1200 };

struct outcome {
    size_t n;
    float *reference;
    int *maximum, rounds[BADER_MAX_ROUND + 1], *point, n_basin;
    long long *charge, *volume;
    double distance[N_ATOM];
};

static void *fetch(kd_device *dev, const void *src_d, size_t bytes)
{
    void *x = malloc(bytes ? bytes : 1);
    twin_download(dev, x, src_d, bytes);
    return x;
}

static int ascending(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static void make_positions(const struct bader_case *c, double (*position)[3])
{
    static const double frac[N_ATOM][3] = {{.03, .02, .05}, {.57, .30, .18}, {.55, .78, .45}, {.12, .58, .52}, {.99, .35, .85}};
    for (int i = 0; i < N_ATOM; i++)
        cell_cartesian(c->cell, frac[i], position[i]);
}

static double *make_valence(const struct bader_case *c, size_t n)
{
    static const struct model_atom kind = {{4, 2}, {1.3, 3}, 0};
    static const int kind_of[N_ATOM] = {0};
    double position[N_ATOM][3], *value;
    make_positions(c, position);
    if (c->noise) {
        value = malloc(n * sizeof *value);
        for (size_t q = 0; q < n; q++)
            value[q] = 1 + twin_random(7, q);
    } else {
        value = model_grid(c->n, c->cell, N_ATOM, (const double(*)[3])position, kind_of, &kind);
    }
    for (size_t q = 0; q < n && c->levels; q++)
        value[q] = floor(value[q] * c->levels) / c->levels;
    return value;
}

/* valence_d and reference_d: two species of cores on the atoms, none on noise. */
static void run_reference(kd_device *dev, const struct bader_case *c, const struct bader_grid *grid, const double *valence_d, float *reference_d)
{
    static const int kind[N_ATOM] = {0, 1, 0, 1, 1};
    double position[N_ATOM][3];
    float table[2][N_TABLE];
    struct place_list images;
    make_positions(c, position);
    for (int i = 0; i < N_TABLE; i++)
        for (int t = 0; t < 2; t++)
            table[t][i] = i == N_TABLE - 1 ? 0 : (float)(20 * exp(-i * (0.01 + 0.004 * t)));
    struct bader_spheres spheres = {.n_species = 2, .n_point = N_TABLE, .reach = (N_TABLE - 1) / 256.0, .per_bohr = 256};
    assert_ok(place_images(c->cell, c->noise ? 0 : N_ATOM, (const double(*)[3])position, kind, spheres.reach, &images));
    spheres.n = images.n;
    double *center_d;
    int *species_d;
    float *table_d;
    assert_ok(kd_alloc_copy(dev, dev->stream, images.center, (size_t)images.n * sizeof *images.center, &center_d));
    assert_ok(kd_alloc_copy(dev, dev->stream, images.kind, (size_t)images.n * sizeof *images.kind, &species_d));
    assert_ok(kd_alloc_copy(dev, dev->stream, table, sizeof table, &table_d));
    spheres.center_d = center_d;
    spheres.species_d = species_d;
    spheres.table_d = table_d;
    assert_ok(dev->bader->reference(dev, dev->stream, grid, &spheres, valence_d, reference_d));
    kd_free(dev, center_d);
    kd_free(dev, species_d);
    kd_free(dev, table_d);
    place_list_free(&images);
}

static void run_sums(kd_device *dev, const struct bader_case *c, const struct bader_grid *grid, const double *valence_d, int *maximum_d,
                     struct outcome *o)
{
    int capacity = (int)o->n, *point_d, *count_d, *atom_d;
    long long *charge_d, *volume_d;
    double inverse[3][3], position[N_ATOM][3], frac[N_ATOM][3], *frac_d, *distance_d;
    assert_ok(kd_alloc(dev, o->n * sizeof(int), &point_d));
    assert_ok(kd_alloc(dev, sizeof(int), &count_d));
    assert_ok(dev->bader->maxima(dev, dev->stream, grid, maximum_d, capacity, point_d, count_d));
    twin_download(dev, &o->n_basin, count_d, sizeof o->n_basin);
    assert_in_range(o->n_basin, 1, capacity);
    size_t n = (size_t)o->n_basin, bytes = n * sizeof(long long);
    o->point = fetch(dev, point_d, n * sizeof(int));
    qsort(o->point, n, sizeof(int), ascending);
    assert_ok(kd_upload(dev, dev->stream, point_d, o->point, n * sizeof(int)));
    assert_ok(kd_alloc(dev, bytes, &charge_d));
    assert_ok(kd_alloc(dev, bytes, &volume_d));
    struct bader_basins basins = {.n = o->n_basin, .point_d = point_d, .maximum_d = maximum_d, .valence_d = valence_d, .scale_bits = 40,
                                  .charge_d = charge_d, .volume_d = volume_d};
    assert_ok(dev->bader->integrate(dev, dev->stream, grid, &basins));
    o->charge = fetch(dev, charge_d, bytes);
    o->volume = fetch(dev, volume_d, bytes);
    int *atom = malloc(n * sizeof *atom);
    for (size_t m = 0; m < n; m++)
        atom[m] = (int)(m % (N_ATOM - 1)); /* the last one owns nothing */
    make_positions(c, position);
    cell_inverse(c->cell, inverse);
    for (int i = 0; i < N_ATOM; i++)
        cell_frac((const double(*)[3])inverse, position[i], frac[i]);
    assert_ok(kd_alloc_copy(dev, dev->stream, atom, n * sizeof *atom, &atom_d));
    assert_ok(kd_alloc_copy(dev, dev->stream, frac, sizeof frac, &frac_d));
    assert_ok(kd_alloc(dev, sizeof o->distance, &distance_d));
    struct bader_surface surface = {.n_basin = o->n_basin, .n_atom = N_ATOM, .point_d = point_d, .atom_d = atom_d, .maximum_d = maximum_d,
                                    .frac_d = frac_d, .distance_d = distance_d};
    assert_ok(dev->bader->surface(dev, dev->stream, grid, &surface));
    twin_download(dev, o->distance, distance_d, sizeof o->distance);
    void *all[] = {point_d, count_d, atom_d, charge_d, volume_d, frac_d, distance_d};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        kd_free(dev, all[i]);
    free(atom);
}

static void run(kd_device *dev, const struct bader_case *c, struct outcome *o)
{
    struct bader_grid grid = bader_grid_make(c->n, c->cell, c->order);
    size_t n = o->n = (size_t)c->n[0] * (size_t)c->n[1] * (size_t)c->n[2];
    double *valence = make_valence(c, n), *valence_d;
    float *reference_d;
    int *maximum_d, *rounds_d;
    assert_ok(kd_scratch_reserve(dev, dev->bader->scratch(dev, &grid)));
    assert_ok(kd_alloc_copy(dev, dev->stream, valence, n * sizeof *valence, &valence_d));
    assert_ok(kd_alloc(dev, n * sizeof *reference_d, &reference_d));
    assert_ok(kd_alloc(dev, n * sizeof *maximum_d, &maximum_d));
    assert_ok(kd_alloc(dev, sizeof o->rounds, &rounds_d));
    run_reference(dev, c, &grid, valence_d, reference_d);
    struct bader_climb climb = {.reference_d = reference_d, .maximum_d = maximum_d, .rounds_d = rounds_d};
    assert_ok(dev->bader->climb(dev, dev->stream, &grid, &climb));
    o->reference = fetch(dev, reference_d, n * sizeof *reference_d);
    o->maximum = fetch(dev, maximum_d, n * sizeof *maximum_d);
    twin_download(dev, o->rounds, rounds_d, sizeof o->rounds);
    run_sums(dev, c, &grid, valence_d, maximum_d, o);
    kd_free(dev, valence_d);
    kd_free(dev, reference_d);
    kd_free(dev, maximum_d);
    kd_free(dev, rounds_d);
    free(valence);
}

static void outcome_free(struct outcome *o)
{
    free(o->reference);
    free(o->maximum);
    free(o->point);
    free(o->charge);
    free(o->volume);
}

static void compare(const struct outcome *got, const struct outcome *want)
{
    size_t n = (size_t)want->n_basin;
    assert_memory_equal(got->reference, want->reference, want->n * sizeof(float));
    assert_memory_equal(got->maximum, want->maximum, want->n * sizeof(int));
    assert_memory_equal(got->rounds, want->rounds, sizeof want->rounds);
    assert_int_equal(got->n_basin, want->n_basin);
    assert_memory_equal(got->point, want->point, n * sizeof(int));
    assert_memory_equal(got->charge, want->charge, n * sizeof(long long));
    assert_memory_equal(got->volume, want->volume, n * sizeof(long long));
    assert_memory_equal(got->distance, want->distance, sizeof want->distance);
}

/* What holds on any device: a maximum has nothing above it, belongs to itself, and all points are counted. */
static void check_properties(const struct bader_case *c, const struct outcome *o)
{
    long long points = 0;
    for (int m = 0; m < o->n_basin; m++) {
        int q = o->point[m], at[3] = {q / c->n[2] / c->n[1], q / c->n[2] % c->n[1], q % c->n[2]};
        for (int d = 0; d < 27; d++) {
            int i = (at[0] + d / 9 - 1 + c->n[0]) % c->n[0], j = (at[1] + d / 3 % 3 - 1 + c->n[1]) % c->n[1];
            int k = (at[2] + d % 3 - 1 + c->n[2]) % c->n[2];
            assert_true(o->reference[(i * c->n[1] + j) * c->n[2] + k] <= o->reference[q]);
        }
        points += o->volume[m];
    }
    assert_int_equal(points, o->n);
    for (size_t q = 0; q < o->n; q++)
        assert_int_equal(o->maximum[o->maximum[q]], o->maximum[q]);
}

static void every_case_agrees(void **state)
{
    kd_device *dev = twin_take(state);
    const struct bader_ops *ops = dev->bader;
    assert_non_null(ops);
    assert_whole_table(ops);
    for (int c = 0; c < N_CASE; c++) {
        struct outcome got, want;
        kd_device *oracle;
        assert_ok(kd_device_open("cpu", 1, &oracle, NULL));
        run(oracle, &cases[c], &want);
        kd_device_close(oracle);
        check_properties(&cases[c], &want);
        run(dev, &cases[c], &got);
        compare(&got, &want);
        printf("  %s: %s, %d maxima, %d changes\n", dev->backend, cases[c].name, got.n_basin, got.rounds[0]);
        outcome_free(&got);
        outcome_free(&want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        twin_tests(every_case_agrees),
    };
    return cmocka_run_group_tests(tests, twin_open, twin_close);
}
