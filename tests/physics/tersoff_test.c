// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_test.c - what must hold for any interatomic potential: derivatives, conservation, invariances, reproducibility. */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/md/batch.h"
#include "host/md/energy.h"
#include "tests/twin/md_cases.h"

static kd_device *cpu;

static int case_of(const char *name)
{
    for (int c = 0; c < md_case_count(); c++)
        if (strcmp(md_case_name(c), name) == 0)
            return c;
    fail_msg("no case \"%s\"", name);
    return -1;
}

static void make(const char *name, struct md_case *c)
{
    assert_ok(md_case_make(case_of(name), c));
}

static void evaluate(const struct md_case *c, enum kd_precision precision, struct structure *s, int n)
{
    assert_ok(energy_evaluate(cpu, &c->potential, precision, s, n));
}

static const char *const small_cases[] = {"33 atoms", "triclinic gas", "one atom among its images", "melt of 216",
                                          "3 species, lambda3, m = 1 and 3", "3 species, cell below the range",
                                          "1 species, lambda3"};
enum { N_SMALL = sizeof small_cases / sizeof *small_cases };

/* ---- derivatives ---- */

/* Coefficients of f(-2h) f(-h) f(h) f(2h) in the fourth-order central difference. */
static const double stencil[4] = {1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12};
static const int step_of[4] = {-2, -1, 1, 2};

/* The energies of the four displaced copies give -f; h = 1e-3 balances h^4 against rounding of an energy of 1e3 eV. */
static const double H = 1e-3;

static void force_is_minus_the_gradient_of_the_energy(void **state)
{
    (void)state;
    for (int m = 0; m < N_SMALL; m++) {
        struct md_case c;
        make(small_cases[m], &c);
        struct structure *s = &c.frame[0], copy[4];
        evaluate(&c, KD_DOUBLE, s, 1);
        double scale = fmax(energy_max_force(s), 1), worst = 0;
        for (int a = 0; a < s->n_atom; a += 1 + s->n_atom / 12)
            for (int x = 0; x < 3; x++) {
                double slope = 0;
                for (int k = 0; k < 4; k++) {
                    assert_ok(structure_copy(s, &copy[k]));
                    copy[k].position[a][x] += step_of[k] * H / 4;
                }
                evaluate(&c, KD_DOUBLE, copy, 4);
                for (int k = 0; k < 4; k++) {
                    slope += stencil[k] * copy[k].energy / (H / 4);
                    structure_free(&copy[k]);
                }
                worst = fmax(worst, fabs(slope + s->force[a][x]) / scale);
            }
        printf("  %s: %.1e of the largest force\n", c.name, worst);
        /* third derivatives jump where a taper begins (f_C is C1): a stencil across such a point errs by h^2 or so */
        assert_near(worst, 0, 1e-7);
        md_case_free(&c);
    }
}

/* r -> (1 + e) r, cell -> cell (1 + e), for one symmetric strain component. */
static void strain(struct structure *s, int v, double e)
{
    static const int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
    double add[3][3] = {{0}};
    add[row[v]][column[v]] += e / 2;
    add[column[v]][row[v]] += e / 2;
    double(*vector[2])[3] = {s->cell, s->position};
    int n[2] = {3, s->n_atom};
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < n[k]; i++) {
            double r[3];
            memcpy(r, vector[k][i], sizeof r);
            for (int x = 0; x < 3; x++)
                for (int y = 0; y < 3; y++)
                    vector[k][i][x] += add[x][y] * r[y];
        }
}

static void virial_is_minus_the_derivative_by_strain(void **state)
{
    (void)state;
    for (int m = 0; m < N_SMALL; m++) {
        struct md_case c;
        make(small_cases[m], &c);
        struct structure *s = &c.frame[0], copy[4];
        evaluate(&c, KD_DOUBLE, s, 1);
        double scale = 1, worst = 0, h = 2e-5;
        for (int v = 0; v < 6; v++)
            scale = fmax(scale, fabs(s->virial[v]));
        for (int v = 0; v < 6; v++) {
            double slope = 0;
            for (int k = 0; k < 4; k++) {
                assert_ok(structure_copy(s, &copy[k]));
                strain(&copy[k], v, step_of[k] * h);
            }
            evaluate(&c, KD_DOUBLE, copy, 4);
            for (int k = 0; k < 4; k++) {
                slope += stencil[k] * copy[k].energy / h;
                structure_free(&copy[k]);
            }
            worst = fmax(worst, fabs(slope + s->virial[v]) / scale);
        }
        printf("  %s: %.1e of the largest component\n", c.name, worst);
        assert_near(worst, 0, 1e-7); /* rounding of the energy over h: 1e-13 * 1e3 eV / 2e-5 against hundreds of eV */
        md_case_free(&c);
    }
}

/* ---- conservation and invariances ---- */

static void forces_sum_to_zero_in_both_precisions(void **state)
{
    (void)state;
    for (int m = 0; m < N_SMALL; m++)
        for (int precision = KD_MIXED; precision <= KD_DOUBLE; precision++) {
            struct md_case c;
            make(small_cases[m], &c);
            evaluate(&c, (enum kd_precision)precision, c.frame, 1);
            double sum[3] = {0, 0, 0};
            for (int a = 0; a < c.frame[0].n_atom; a++)
                for (int x = 0; x < 3; x++)
                    sum[x] += c.frame[0].force[a][x];
            for (int x = 0; x < 3; x++) /* every partial force enters twice, with opposite signs, and is summed in FP64 */
                assert_near(sum[x], 0, 1e-12 * c.frame[0].n_atom * fmax(energy_max_force(c.frame), 1));
            md_case_free(&c);
        }
}

static void same_energy(const struct structure *a, const struct structure *b, double factor)
{
    assert_near(b->energy, factor * a->energy, 1e-12 * fmax(fabs(b->energy), 10.0 * b->n_atom)); /* other rounding */
}

static void translation_changes_nothing(void **state)
{
    (void)state;
    for (int m = 0; m < N_SMALL; m++) {
        struct md_case c;
        struct structure moved;
        make(small_cases[m], &c);
        evaluate(&c, KD_DOUBLE, c.frame, 1);
        assert_ok(structure_copy(&c.frame[0], &moved));
        for (int a = 0; a < moved.n_atom; a++)
            for (int x = 0; x < 3; x++)
                moved.position[a][x] += 1.2345 + x;
        evaluate(&c, KD_DOUBLE, &moved, 1);
        same_energy(&c.frame[0], &moved, 1);
        for (int a = 0; a < moved.n_atom; a++)
            for (int x = 0; x < 3; x++)
                assert_near(moved.force[a][x], c.frame[0].force[a][x], 1e-11 * fmax(energy_max_force(c.frame), 1));
        structure_free(&moved);
        md_case_free(&c);
    }
}

/* A rotation about (1, 2, 3) by 0.7, by Rodrigues' formula. */
static void rotate(const double r[3], double out[3])
{
    const double length = sqrt(14), n[3] = {1 / length, 2 / length, 3 / length}, c = cos(0.7), s = sin(0.7);
    double along = n[0] * r[0] + n[1] * r[1] + n[2] * r[2];
    double cross[3] = {n[1] * r[2] - n[2] * r[1], n[2] * r[0] - n[0] * r[2], n[0] * r[1] - n[1] * r[0]};
    for (int x = 0; x < 3; x++)
        out[x] = c * r[x] + s * cross[x] + (1 - c) * along * n[x];
}

static void rotation_turns_the_forces_along(void **state)
{
    (void)state;
    for (int m = 0; m < N_SMALL; m++) {
        struct md_case c;
        struct structure turned;
        make(small_cases[m], &c);
        evaluate(&c, KD_DOUBLE, c.frame, 1);
        assert_ok(structure_copy(&c.frame[0], &turned));
        for (int k = 0; k < 3; k++)
            rotate(c.frame[0].cell[k], turned.cell[k]);
        for (int a = 0; a < turned.n_atom; a++)
            rotate(c.frame[0].position[a], turned.position[a]);
        evaluate(&c, KD_DOUBLE, &turned, 1);
        same_energy(&c.frame[0], &turned, 1);
        for (int a = 0; a < turned.n_atom; a++) {
            double want[3];
            rotate(c.frame[0].force[a], want);
            for (int x = 0; x < 3; x++)
                assert_near(turned.force[a][x], want[x], 1e-11 * fmax(energy_max_force(c.frame), 1));
        }
        structure_free(&turned);
        md_case_free(&c);
    }
}

static void permutation_of_atoms_permutes_the_forces(void **state)
{
    (void)state;
    struct md_case c;
    struct structure shuffled;
    make("melt of 216", &c);
    struct structure *s = &c.frame[0];
    evaluate(&c, KD_DOUBLE, s, 1);
    assert_ok(structure_copy(s, &shuffled));
    for (int a = 0; a < s->n_atom; a++) { /* 41 and 216 have no common factor */
        int from = 41 * a % s->n_atom;
        shuffled.number[a] = s->number[from];
        memcpy(shuffled.position[a], s->position[from], sizeof shuffled.position[a]);
    }
    evaluate(&c, KD_DOUBLE, &shuffled, 1);
    same_energy(s, &shuffled, 1);
    for (int a = 0; a < s->n_atom; a++)
        for (int x = 0; x < 3; x++)
            assert_near(shuffled.force[a][x], s->force[41 * a % s->n_atom][x], 1e-11 * energy_max_force(s));
    structure_free(&shuffled);
    md_case_free(&c);
}

/* Also the test of images: the cells below the range see themselves, their supercells see copies. */
static void supercell_has_eight_times_the_energy(void **state)
{
    (void)state;
    for (int m = 0; m < N_SMALL; m++) {
        struct md_case c;
        struct structure eight;
        make(small_cases[m], &c);
        evaluate(&c, KD_DOUBLE, c.frame, 1);
        assert_ok(structure_repeat(&c.frame[0], (int[3]){2, 2, 2}, &eight));
        evaluate(&c, KD_DOUBLE, &eight, 1);
        same_energy(&c.frame[0], &eight, 8);
        for (int v = 0; v < 6; v++)
            assert_near(eight.virial[v], 8 * c.frame[0].virial[v], 1e-12 * 100 * eight.n_atom);
        int n = c.frame[0].n_atom;
        for (int a = 0; a < eight.n_atom; a++)
            for (int x = 0; x < 3; x++)
                assert_near(eight.force[a][x], c.frame[0].force[a % n][x], 1e-11 * fmax(energy_max_force(c.frame), 1));
        structure_free(&eight);
        md_case_free(&c);
    }
}

/* A slab in a periodic box with much space, and the same slab with an open direction. */
static void an_open_direction_is_empty_space(void **state)
{
    (void)state;
    struct md_case c;
    struct structure open;
    make("glass of 216", &c);
    struct structure *s = &c.frame[0];
    structure_wrap(s);
    assert_ok(structure_copy(s, &open));
    open.periodic[2] = false;
    s->cell[2][2] += 30;
    evaluate(&c, KD_DOUBLE, s, 1);
    evaluate(&c, KD_DOUBLE, &open, 1);
    same_energy(s, &open, 1);
    for (int a = 0; a < s->n_atom; a++)
        for (int x = 0; x < 3; x++)
            assert_near(open.force[a][x], s->force[a][x], 1e-11 * energy_max_force(s));
    structure_free(&open);
    md_case_free(&c);
}

/* ---- the same bits ---- */

static void results_have_the_same_bits_for_every_number_of_threads(void **state)
{
    (void)state;
    const char *names[] = {"batch of seven sizes", "1729 atoms", "c-Si 4096", "3 species, lambda3, m = 1 and 3"};
    for (size_t m = 0; m < sizeof names / sizeof *names; m++)
        for (int precision = KD_MIXED; precision <= KD_DOUBLE; precision++) {
            struct md_case one, many;
            make(names[m], &one);
            evaluate(&one, (enum kd_precision)precision, one.frame, one.n_frame);
            for (int n_thread = 2; n_thread <= 4; n_thread++) {
                kd_device *dev;
                assert_ok(kd_device_open("cpu", n_thread, &dev, NULL));
                make(names[m], &many);
                assert_ok(energy_evaluate(dev, &many.potential, (enum kd_precision)precision, many.frame, many.n_frame));
                for (int f = 0; f < one.n_frame; f++) {
                    assert_memory_equal(&one.frame[f].energy, &many.frame[f].energy, sizeof(double));
                    assert_memory_equal(one.frame[f].virial, many.frame[f].virial, 6 * sizeof(double));
                    assert_memory_equal(one.frame[f].force, many.frame[f].force,
                                        (size_t)one.frame[f].n_atom * sizeof *one.frame[f].force);
                }
                md_case_free(&many);
                kd_device_close(dev);
            }
            md_case_free(&one);
        }
}

static void a_replica_has_the_same_bits_alone_and_in_a_batch(void **state)
{
    (void)state;
    for (int precision = KD_MIXED; precision <= KD_DOUBLE; precision++) {
        struct md_case together, alone;
        make("batch of seven sizes", &together);
        make("batch of seven sizes", &alone);
        evaluate(&together, (enum kd_precision)precision, together.frame, together.n_frame);
        for (int f = 0; f < alone.n_frame; f++) {
            evaluate(&alone, (enum kd_precision)precision, &alone.frame[f], 1);
            assert_memory_equal(&alone.frame[f].energy, &together.frame[f].energy, sizeof(double));
            assert_memory_equal(alone.frame[f].virial, together.frame[f].virial, 6 * sizeof(double));
            assert_memory_equal(alone.frame[f].force, together.frame[f].force,
                                (size_t)alone.frame[f].n_atom * sizeof *alone.frame[f].force);
        }
        md_case_free(&together);
        md_case_free(&alone);
    }
}

static int open_cpu(void **state)
{
    (void)state;
    return kd_device_open("cpu", 1, &cpu, NULL) != KD_OK;
}

static int close_cpu(void **state)
{
    (void)state;
    kd_device_close(cpu);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(force_is_minus_the_gradient_of_the_energy),
        cmocka_unit_test(virial_is_minus_the_derivative_by_strain),
        cmocka_unit_test(forces_sum_to_zero_in_both_precisions),
        cmocka_unit_test(translation_changes_nothing),
        cmocka_unit_test(rotation_turns_the_forces_along),
        cmocka_unit_test(permutation_of_atoms_permutes_the_forces),
        cmocka_unit_test(supercell_has_eight_times_the_energy),
        cmocka_unit_test(an_open_direction_is_empty_space),
        cmocka_unit_test(results_have_the_same_bits_for_every_number_of_threads),
        cmocka_unit_test(a_replica_has_the_same_bits_alone_and_in_a_batch),
    };
    return cmocka_run_group_tests(tests, open_cpu, close_cpu);
}
