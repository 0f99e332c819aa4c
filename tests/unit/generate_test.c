// SPDX-License-Identifier: BSD-3-Clause
/* generate_test.c - random structures: counts, sites, distances, seeds. */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

#include "host/structure/generate.h"

static void make(const char *formula, enum generate_rule rule, double density, uint64_t seed, int replica, struct structure *out)
{
    struct generate_options o = {rule, {0}, density, seed, replica};
    assert_ok(formula_parse(formula, &o.formula));
    assert_ok(generate_structure(&o, out));
}

static double closest(const struct structure *s, int a, int b)
{
    double d;
    assert_ok(generate_closest(s, a, b, &d));
    return d;
}

static int count(const struct structure *s, int number)
{
    int n = 0;
    for (int a = 0; a < s->n_atom; a++)
        n += s->number[a] == number;
    return n;
}

static void a_formula_may_repeat_elements_and_leave_counts_out(void **state)
{
    (void)state;
    struct formula f;
    assert_ok(formula_parse("SiO2", &f));
    assert_int_equal(formula_atoms(&f), 3);
    assert_ok(formula_parse("Si4 O3Si", &f));
    assert_int_equal(formula_count(&f, 14), 5);
    assert_int_equal(formula_count(&f, 8), 3);
}

static void a_wrong_formula_is_named(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "si8", "Xx3", "Si0", "Si-3", "Si99999999999", "8Si"};
    struct formula f;
    for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
        assert_int_equal(formula_parse(wrong[w], &f), KD_EINPUT);
        assert_non_null(strstr(kd_error_message(), "--formula"));
    }
}

static void the_nine_cells_have_1058_silicon_atoms(void **state)
{
    (void)state;
    int sum = 0;
    struct formula f, g;
    for (int k = 0; k < PAPER_CELLS; k++) {
        formula_paper_index(k, &f);
        assert_ok(formula_paper(0.25 * k, &g));
        assert_int_equal(formula_atoms(&f), formula_atoms(&g));
        assert_near((double)formula_count(&f, 8) / formula_count(&f, 14), 0.25 * k, 1e-12);
        sum += formula_count(&f, 14);
    }
    assert_int_equal(sum, 1058); /* the paper: 5290 spectra of five replicas */
    assert_int_equal(formula_paper(0.3, &g), KD_EINPUT);
}

static void paper_cells_have_the_densities_of_a_15_angstrom_box(void **state)
{
    (void)state;
    /* counted by hand in the design notes: g/cm^3 to two digits */
    static const struct {
        const char *formula;
        double gcc;
    } cell[] = {{"Si72O144", 2.13}, {"Si100O100", 2.17}, {"Si160", 2.21}, {"Si80O140", 2.21}, {"Si150O75", 2.66}, {"Si180O45", 2.84}};
    for (size_t c = 0; c < sizeof cell / sizeof *cell; c++) {
        struct structure s;
        make(cell[c].formula, GENERATE_SITES, 0, 5, 0, &s);
        assert_near(s.cell[0][0], 15, 1e-12);
        assert_near(structure_density(&s), cell[c].gcc, 0.005);
        structure_free(&s);
    }
}

static void no_two_atoms_share_a_site(void **state)
{
    (void)state;
    struct structure s;
    make("Si180O45", GENERATE_SITES, 0, 11, 0, &s);
    assert_int_equal(count(&s, 14), 180);
    assert_int_equal(count(&s, 8), 45);
    /* Pn-3m: neighbouring Si and O sites a sqrt(3)/4 apart, O sites a/sqrt(2) */
    assert_near(closest(&s, 14, 14), 3.75 * sqrt(3) / 4, 1e-9);
    assert_near(closest(&s, 8, 8), 3.75 / sqrt(2), 1e-9);
    structure_free(&s);
}

static void more_oxygen_than_oxygen_sites_overflows_to_silicon_sites(void **state)
{
    (void)state;
    struct structure s;
    make("SiO20", GENERATE_SITES, 0, 1, 0, &s); /* 8 cells of 6: 48 sites, 32 of them O: fits; and pure oxygen */
    structure_free(&s);
    make("O34", GENERATE_SITES, 0, 1, 0, &s);
    assert_int_equal(count(&s, 8), 34);
    assert_true(closest(&s, 8, 8) > 1.6);
    structure_free(&s);
}

static void hard_cores_are_kept(void **state)
{
    (void)state;
    struct structure s;
    make("Si400O800", GENERATE_RANDOM, 2.2, 3, 0, &s); /* large enough for bins */
    assert_near(structure_density(&s), 2.2, 1e-9);
    assert_true(closest(&s, 14, 14) >= 1.9 && closest(&s, 8, 8) >= 1.9 && closest(&s, 14, 8) >= 1.4);
    assert_non_null(strstr(s.info, "core_factor=1.0000"));
    structure_free(&s);
}

static void cores_shrink_when_the_density_asks_for_it_and_it_is_said(void **state)
{
    (void)state;
    struct structure s;
    make("Si8O16", GENERATE_RANDOM, 6, 3, 0, &s);
    assert_null(strstr(s.info, "core_factor=1.0000"));
    assert_non_null(strstr(s.info, "d_SiO="));
    structure_free(&s);
}

static void seed_replica_and_formula_choose_the_structure(void **state)
{
    (void)state;
    struct structure a, b;
    for (int rule = GENERATE_SITES; rule <= GENERATE_RANDOM; rule++) {
        make("Si24O24", (enum generate_rule)rule, 0, 9, 2, &a);
        for (int k = 0; k < 3; k++) {
            make("Si24O24", (enum generate_rule)rule, 0, k == 1 ? 10 : 9, k == 2 ? 3 : 2, &b);
            bool same = memcmp(a.position, b.position, 48 * sizeof *a.position) == 0;
            assert_true(same == (k == 0));
            structure_free(&b);
        }
        structure_free(&a);
    }
}

static void what_cannot_be_placed_is_refused(void **state)
{
    (void)state;
    struct structure s;
    struct generate_options o = {GENERATE_SITES, {0}, 0, 1, 0};
    assert_ok(formula_parse("SiC", &o.formula));
    assert_int_equal(generate_structure(&o, &s), KD_EINPUT);
    o.rule = GENERATE_RANDOM;
    assert_int_equal(generate_structure(&o, &s), KD_EINPUT); /* no density */
    o.density_gcc = 26;
    assert_int_equal(generate_structure(&o, &s), KD_EINPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_formula_may_repeat_elements_and_leave_counts_out),
        cmocka_unit_test(a_wrong_formula_is_named),
        cmocka_unit_test(the_nine_cells_have_1058_silicon_atoms),
        cmocka_unit_test(paper_cells_have_the_densities_of_a_15_angstrom_box),
        cmocka_unit_test(no_two_atoms_share_a_site),
        cmocka_unit_test(more_oxygen_than_oxygen_sites_overflows_to_silicon_sites),
        cmocka_unit_test(hard_cores_are_kept),
        cmocka_unit_test(cores_shrink_when_the_density_asks_for_it_and_it_is_said),
        cmocka_unit_test(seed_replica_and_formula_choose_the_structure),
        cmocka_unit_test(what_cannot_be_placed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
