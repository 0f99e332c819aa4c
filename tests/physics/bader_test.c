// SPDX-License-Identifier: BSD-3-Clause
/* bader_test.c - partitions whose answer is known: by symmetry, by formula, by invariance, by Henkelman's program. */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/bader/partition.h"
#include "host/base/stop.h"
#include "tests/support/model_density.h"

static kd_device *cpu;
static const double pi = 3.14159265358979323846;

struct model {
    int n[3], n_atom;
    double cell[3][3];
    double position[64][3];
    int kind_of[64];
    struct model_atom kind[2];
};

static struct bader_task task_of(const struct model *m, const double *value)
{
    struct bader_task t = {.name = "model", .n = {m->n[0], m->n[1], m->n[2]}, .n_atom = m->n_atom, .order = 2,
                           .position = (const double(*)[3])m->position, .valence = value};
    memcpy(t.cell, m->cell, sizeof t.cell);
    return t;
}

static void divide(const struct model *m, int order, struct bader_partition *out)
{
    double *value = model_grid(m->n, (const double(*)[3])m->cell, m->n_atom, (const double(*)[3])m->position, m->kind_of, m->kind);
    assert_non_null(value);
    struct bader_task t = task_of(m, value);
    t.order = order;
    assert_ok(bader_divide(cpu, &t, out));
    free(value);
}

static void cubic(struct model *m, double edge, int n)
{
    memset(m, 0, sizeof *m);
    for (int a = 0; a < 3; a++) {
        m->cell[a][a] = edge;
        m->n[a] = n;
    }
    m->kind[0] = model_silicon;
    m->kind[1] = model_oxygen;
}

/* ---- symmetry ---- */

static void identical_atoms_on_a_lattice_share_alike(void **state)
{
    (void)state;
    static const int n_atom[4] = {1, 2, 4, 8};
    static const double site[4][8][3] = {
        {{0}},
        {{0}, {.5, .5, .5}},
        {{0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}},
        {{0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}, {.25, .25, .25}, {.25, .75, .75}, {.75, .25, .75}, {.75, .75, .25}},
    };
    struct model m;
    for (int lattice = 0; lattice < 4; lattice++) {
        struct bader_partition p;
        cubic(&m, 9, 44);
        m.n_atom = n_atom[lattice];
        for (int i = 0; i < m.n_atom; i++) /* off the points, so that no slopes tie */
            for (int x = 0; x < 3; x++)
                m.position[i][x] = 9 * (site[lattice][i][x] + 0.0037 * (x + 1));
        divide(&m, 2, &p);
        assert_int_equal(p.n_maximum, m.n_atom);
        assert_int_equal(p.n_empty, 0);
        double share = p.n_electron / m.n_atom, volume = 729.0 / m.n_atom;
        for (int i = 0; i < m.n_atom; i++) { /* points on a surface go one way or the other: below one in a hundred of them */
            assert_near(p.volume[i], volume, 5e-3 * volume);
            assert_near(p.electrons[i], share, 1e-3 * share);
        }
        bader_partition_free(&p);
    }
}

/* ---- a surface known by formula ---- */

/* exp(cos x + cos y) (c0 + c1 cos t + c2 cos 2t), t = 2 pi z / L: maxima at t = 0 and pi, the surface is the plane cos t = -c1/(4 c2),
 * whatever the lattice vectors that span the crystal. */
static void two_different_atoms_meet_where_the_formula_says(void **state)
{
    (void)state;
    static const double c0 = 2, c1 = 0.5, c2 = 0.4, edge[3] = {5, 6, 9};
    for (int skew = 0; skew < 3; skew++) {
        struct model m = {.n = {60, 72, 108}, .n_atom = 2, .position = {{0}, {0, 0, 4.5}}};
        for (int a = 0; a < 3; a++)
            m.cell[a][a] = edge[a];
        for (int x = 0; x < skew; x++) /* a3 + a1, then + a2 as well: the same lattice */
            m.cell[2][x] = edge[x];
        double *value = malloc((size_t)m.n[0] * (size_t)m.n[1] * (size_t)m.n[2] * sizeof *value);
        size_t q = 0;
        for (int i = 0; i < m.n[0]; i++)
            for (int j = 0; j < m.n[1]; j++)
                for (int k = 0; k < m.n[2]; k++, q++) {
                    double w = (double)k / m.n[2], x = (double)i / m.n[0] + (skew > 0 ? w : 0), y = (double)j / m.n[1] + (skew > 1 ? w : 0);
                    double t = 2 * pi * w;
                    value[q] = exp(cos(2 * pi * x) + cos(2 * pi * y)) * (c0 + c1 * cos(t) + c2 * cos(2 * t));
                }
        struct bader_partition p;
        struct bader_task task = task_of(&m, value);
        assert_ok(bader_divide(cpu, &task, &p));
        double t = acos(-c1 / (4 * c2)), volume = edge[0] * edge[1] * edge[2], i0 = 1.2660658777520084; /* I0(1) */
        double first = (2 * t * c0 + 2 * c1 * sin(t) + c2 * sin(2 * t)) / (2 * pi) * volume * i0 * i0;
        assert_int_equal(p.n_maximum, 2);
        /* half a layer of points on either side of the atom */
        assert_near(p.volume[0] / volume, t / pi, 0.51 * 2 / m.n[2]);
        assert_near(p.electrons[0], first, 0.51 * 2 / m.n[2] * (c0 - c1 * c1 / (8 * c2) - c2) * volume * i0 * i0);
        assert_near(p.electrons[0] + p.electrons[1], c0 * volume * i0 * i0, 1e-9 * c0 * volume);
        assert_near(p.distance[0], 9 * t / (2 * pi), 0.06);
        bader_partition_free(&p);
        free(value);
    }
}

/* ---- invariance ---- */

/* Eight atoms in a triclinic cell, h = 0.17 bohr (0.09 angstrom). */
static void glass(struct model *m)
{
    static const double frac[8][3] = {{.03, .02, .05}, {.27, .30, .18}, {.55, .08, .45}, {.12, .58, .52},
                                      {.70, .62, .10}, {.48, .75, .70}, {.85, .35, .75}, {.25, .15, .82}};
    static const double cell[3][3] = {{8.6, 0, 0}, {1.3, 8.2, 0}, {-0.9, 1.1, 9.1}};
    memset(m, 0, sizeof *m);
    *m = (struct model){.n = {50, 48, 54}, .n_atom = 8};
    memcpy(m->cell, cell, sizeof cell);
    m->kind[0] = model_silicon;
    m->kind[1] = model_oxygen;
    for (int i = 0; i < 8; i++) {
        double at[3];
        cell_cartesian(cell, frac[i], at);
        m->kind_of[i] = i % 3 != 0;
        memcpy(m->position[i], at, sizeof at);
    }
}

static void compare(const struct bader_partition *got, const struct bader_partition *want, double tolerance)
{
    for (int i = 0; i < got->n_atom; i++)
        assert_near(got->electrons[i], want->electrons[i % want->n_atom], tolerance);
}

static void charges_do_not_depend_on_where_the_origin_is(void **state)
{
    (void)state;
    struct model m;
    struct bader_partition p, moved;
    for (int order = 2; order <= 4; order += 2) {
        glass(&m);
        for (int a = 0; a < 3; a++)
            m.n[a] += 40; /* 0.05 angstrom: a padded ground state's */
        m.kind[0] = (struct model_atom){{2.4, 4}, {0.9, 2}, 1};
        m.kind[1] = (struct model_atom){{6.8, 1.9}, {1.2, 2}, 1};
        divide(&m, order, &p);
        assert_near(p.electrons[0] + p.electrons[1] + p.electrons[2] + p.electrons[3] + p.electrons[4] + p.electrons[5] + p.electrons[6] +
                        p.electrons[7], p.n_electron, 1e-6);
        double by[3] = {0.21, 0.37, 0.47}, shift[3]; /* whole points and parts of them: atoms cross the faces of the cell */
        cell_cartesian((const double(*)[3])m.cell, by, shift);
        for (int i = 0; i < m.n_atom; i++)
            for (int x = 0; x < 3; x++)
                m.position[i][x] += shift[x] + 0.063;
        divide(&m, order, &moved);
        compare(&moved, &p, 2e-3); /* which side the points on a surface fall on; goes down as h^2 */
        assert_int_equal(moved.n_maximum, 8);
        bader_partition_free(&moved);
        bader_partition_free(&p);
    }
}

static void charges_do_not_depend_on_orientation_and_supercell(void **state)
{
    (void)state;
    static const double turn[3][3] = {{0.36, 0.48, -0.8}, {-0.8, 0.6, 0}, {0.48, 0.64, 0.6}};
    struct model m, turned;
    struct bader_partition p, other;
    glass(&m);
    divide(&m, 2, &p);
    turned = m;
    for (int v = 0; v < 3 + m.n_atom; v++) {
        const double *from = v < 3 ? m.cell[v] : m.position[v - 3];
        double *to = v < 3 ? turned.cell[v] : turned.position[v - 3];
        for (int x = 0; x < 3; x++)
            to[x] = from[0] * turn[0][x] + from[1] * turn[1][x] + from[2] * turn[2][x];
    }
    divide(&turned, 2, &other);
    compare(&other, &p, 2e-3);
    bader_partition_free(&other);
    turned = m; /* twice the cell along b */
    turned.n[1] = 2 * m.n[1];
    turned.n_atom = 16;
    for (int x = 0; x < 3; x++)
        turned.cell[1][x] = 2 * m.cell[1][x];
    for (int i = 8; i < 16; i++)
        for (int x = 0; x < 3; x++) {
            turned.kind_of[i] = m.kind_of[i - 8];
            turned.position[i][x] = m.position[i - 8][x] + m.cell[1][x];
        }
    divide(&turned, 2, &other);
    compare(&other, &p, 2e-3);
    bader_partition_free(&other);
    bader_partition_free(&p);
}

static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    struct model m;
    struct bader_partition one, five;
    kd_device *single = cpu;
    glass(&m);
    divide(&m, 4, &one);
    assert_ok(kd_device_open("cpu", 5, &cpu, NULL));
    divide(&m, 4, &five);
    kd_device_close(cpu);
    cpu = single;
    assert_memory_equal(one.electrons, five.electrons, 8 * sizeof(double));
    assert_memory_equal(one.volume, five.volume, 8 * sizeof(double));
    assert_memory_equal(one.distance, five.distance, 8 * sizeof(double));
    bader_partition_free(&one);
    bader_partition_free(&five);
}

/* ---- what must not be hidden ---- */

static void an_atom_without_a_maximum_is_counted(void **state)
{
    (void)state;
    struct model m;
    struct bader_partition p;
    glass(&m);
    m.kind[0] = (struct model_atom){{2, -2}, {2.5, 5}, 0}; /* hollow at the nucleus, as a valence density is */
    divide(&m, 2, &p);
    assert_int_equal(p.n_empty, 3);
    bader_partition_free(&p);
}

static void level_ground_belongs_to_one_atom_and_empty_space_is_not_listed(void **state)
{
    (void)state;
    struct model m;
    cubic(&m, 16, 64);
    m.n_atom = 2;
    for (int x = 0; x < 3; x++) {
        m.position[0][x] = 5;
        m.position[1][x] = 8.1;
    }
    double *value = model_grid(m.n, (const double(*)[3])m.cell, 2, (const double(*)[3])m.position, m.kind_of, m.kind);
    for (int q = 0; q < 64 * 64 * 64; q++)
        value[q] = value[q] > 5 ? 5 : value[q] < 1e-3 ? 0 : value[q];
    struct bader_partition p;
    struct bader_task t = task_of(&m, value);
    assert_ok(bader_divide(cpu, &t, &p));
    assert_int_equal(p.n_empty, 0);
    assert_int_equal(p.n_other, 0);
    assert_near(p.electrons[0], p.electrons[1], 0.02 * p.n_electron); /* one atom's points are not the other's mirrored */
    assert_near(p.electrons[0] + p.electrons[1], p.n_electron, 1e-9);
    bader_partition_free(&p);
    value[7] = NAN;
    assert_int_equal(bader_divide(cpu, &t, &p), KD_EINPUT);
    memset(value, 0, 64 * 64 * 64 * sizeof *value);
    assert_int_equal(bader_divide(cpu, &t, &p), KD_EINPUT);
    free(value);
}

/* ---- being stopped ---- */

static bool stop_later(void *context, double done)
{
    int *left = context;
    assert_in_range((int)(100 * done), 0, 100);
    if (done > 0.3)
        stop_request("test");
    return *left -= done > 0.3, *left <= 0;
}

static void a_climb_ends_when_its_watch_says_so(void **state)
{
    (void)state;
    struct model m;
    int calls = 3, *maximum_d, *rounds_d;
    struct bader_watch watch = {stop_later, &calls};
    float *reference_d;
    glass(&m);
    double *value = model_grid(m.n, (const double(*)[3])m.cell, m.n_atom, (const double(*)[3])m.position, m.kind_of, m.kind);
    size_t n = (size_t)m.n[0] * (size_t)m.n[1] * (size_t)m.n[2];
    float *reference = malloc(n * sizeof *reference);
    for (size_t q = 0; q < n; q++)
        reference[q] = (float)value[q];
    struct bader_grid grid = bader_grid_make(m.n, (const double(*)[3])m.cell, 2);
    assert_ok(kd_scratch_reserve(cpu, cpu->bader->scratch(cpu, &grid)));
    assert_ok(kd_alloc_copy(cpu, cpu->stream, reference, n * sizeof *reference, &reference_d));
    assert_ok(kd_alloc(cpu, n * sizeof *maximum_d, &maximum_d));
    assert_ok(kd_alloc(cpu, (BADER_MAX_ROUND + 1) * sizeof *rounds_d, &rounds_d));
    struct bader_climb climb = {.reference_d = reference_d, .maximum_d = maximum_d, .rounds_d = rounds_d, .watch = &watch};
    assert_int_equal(cpu->bader->climb(cpu, cpu->stream, &grid, &climb), KD_ESTOPPED);
    assert_int_equal(calls, 0); /* asked no more after it had said so */
    kd_free(cpu, reference_d);
    kd_free(cpu, maximum_d);
    kd_free(cpu, rounds_d);
    free(reference);
    struct bader_partition p;
    struct bader_task t = task_of(&m, value);
    assert_int_equal(bader_divide(cpu, &t, &p), KD_ESTOPPED);
    assert_non_null(strstr(kd_error_message(), "test"));
    stop_reset();
    assert_ok(bader_divide(cpu, &t, &p)); /* nothing is left behind */
    assert_int_equal(p.n_empty, 0);
    bader_partition_free(&p);
    free(value);
}

/* ---- Henkelman's program ---- */

/* CHARGE of ACF.dat, bader 1.05 (-b neargrid), of the cube files that tests/oracle/bader/make.sh writes of these models. */
static void charges_are_those_of_the_published_near_grid(void **state)
{
    (void)state;
    static const double triclinic[8] = {
#include "tests/oracle/bader/triclinic.txt"
    };
    struct model m;
    struct bader_partition p;
    glass(&m);
    divide(&m, 2, &p);
    for (int i = 0; i < 8; i++)
        assert_near(p.electrons[i], triclinic[i], 0.004);
    bader_partition_free(&p);
}

static int open_cpu(void **state)
{
    (void)state;
    return kd_device_open("cpu", 1, &cpu, NULL) == KD_OK ? 0 : 1;
}

static int close_cpu(void **state)
{
    (void)state;
    kd_device_close(cpu);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--cube") == 0) { /* --cube: the model as a cube file, for the oracle */
        struct model m;
        glass(&m);
        double *value = model_grid(m.n, (const double(*)[3])m.cell, 8, (const double(*)[3])m.position, m.kind_of, m.kind);
        printf("model\ntriclinic\n%d 0 0 0\n", m.n_atom);
        for (int a = 0; a < 3; a++)
            printf("%d %.12f %.12f %.12f\n", m.n[a], m.cell[a][0] / m.n[a], m.cell[a][1] / m.n[a], m.cell[a][2] / m.n[a]);
        for (int i = 0; i < 8; i++)
            printf("%d 0 %.12f %.12f %.12f\n", m.kind_of[i] ? 8 : 14, m.position[i][0], m.position[i][1], m.position[i][2]);
        for (int q = 0; q < m.n[0] * m.n[1] * m.n[2]; q++)
            printf("%.12E%s", value[q], q % m.n[2] % 6 == 5 || q % m.n[2] == m.n[2] - 1 ? "\n" : " ");
        free(value);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identical_atoms_on_a_lattice_share_alike),
        cmocka_unit_test(two_different_atoms_meet_where_the_formula_says),
        cmocka_unit_test(charges_do_not_depend_on_where_the_origin_is),
        cmocka_unit_test(charges_do_not_depend_on_orientation_and_supercell),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(an_atom_without_a_maximum_is_counted),
        cmocka_unit_test(level_ground_belongs_to_one_atom_and_empty_space_is_not_listed),
        cmocka_unit_test(a_climb_ends_when_its_watch_says_so),
        cmocka_unit_test(charges_are_those_of_the_published_near_grid),
    };
    return cmocka_run_group_tests(tests, open_cpu, close_cpu);
}
