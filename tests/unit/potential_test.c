// SPDX-License-Identifier: BSD-3-Clause
/* potential_test.c - Tersoff files: what is read, and what is refused in which words. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "host/base/paths.h"
#include "host/md/potential.h"

static const int silicon[] = {14}, oxide[] = {8, 14, 8};

#define SI "3 1 0 100390 16.217 -.59825 .78734 1.1e-6 1.73222 471.18 2.65 .15 2.4799 1830.8\n"

static kd_status parse(const char *text, int n, const int *number, struct potential *p)
{
    return potential_from("x.tersoff", text, strlen(text), n, number, p);
}

static void refuses(const char *text, const char *message)
{
    struct potential p;
    assert_int_equal(parse(text, 1, silicon, &p), KD_EINPUT);
    if (!strstr(kd_error_message(), message))
        fail_msg("\"%s\", expected \"%s\"", kd_error_message(), message);
    assert_null(p.entry);
}

static void the_shipped_file_has_the_published_numbers(void **state)
{
    (void)state;
    char path[PATH_MAX];
    struct potential p;
    assert_ok(data_file("SiO.tersoff", path));
    assert_ok(potential_read(path, 3, oxide, &p));
    assert_int_equal(p.n_species, 2);
    assert_int_equal(potential_species(&p, 8), 0);
    assert_int_equal(potential_species(&p, 14), 1);
    assert_int_equal(potential_species(&p, 6), -1);
    const struct tersoff_params *si = &p.entry[7], *o_si = &p.entry[3];
    assert_true(si->A == 1830.8 && si->B == 471.18 && si->lambda1 == 2.4799 && si->c == 100390 && si->n == 0.78734);
    assert_true(o_si->A == 1856.495 && o_si->B == 378.69 && o_si->beta == 1.1632e-7 && o_si->d == 4.11127);
    assert_near(p.cutoff[3], 2.8, 1e-15);
    assert_near(p.cutoff[1], 2.37, 1e-15);
    assert_near(p.cutoff[2], 2.37, 1e-15);
    assert_near(p.cutoff[0], 2.0, 1e-15);
    assert_near(p.range, 2.8, 1e-15);
    potential_free(&p);
}

static void an_entry_may_go_over_lines_and_comments(void **state)
{
    (void)state;
    struct potential p;
    assert_ok(parse("# title\n\nSi Si # centre and partner\n Si 3 1\n0 100390 16.217 -.59825 .78734 1.1e-6\r\n"
                    "1.73222 471.18 2.65 .15 2.4799 1830.8 Ge Ge Ge 1 1 0 1 0 1 0 0 0 0 0 0 0 0",
                    1, silicon, &p));
    assert_true(p.entry[0].m == 3 && p.entry[0].D == 0.15 && p.entry[0].A == 1830.8);
    potential_free(&p);
}

static void only_the_triples_that_are_needed_must_be_there(void **state)
{
    (void)state;
    struct potential p;
    static const int both[] = {14, 8};
    assert_ok(parse("Si Si Si " SI, 1, silicon, &p));
    potential_free(&p);
    assert_int_equal(parse("Si Si Si " SI "O O O " SI "Si Si O " SI, 2, both, &p), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "x.tersoff: no entry for O O Si, expected one"));
    refuses("O O O " SI, "no entry for Si Si Si, expected one: it has no parameters for this element");
    refuses("", "no entry for Si Si Si");
}

static void what_lammps_refuses_is_refused_with_its_place(void **state)
{
    (void)state;
    refuses("Si Si Si 2 1 0 1 1 0 1 1 1 1 2 .1 1 1", "x.tersoff:1: m of Si Si Si is 2, expected 1 or 3");
    refuses("Si Si Si 3 -1 0 1 1 0 1 1 1 1 2 .1 1 1", "gamma of Si Si Si is -1, expected a number that is not negative");
    refuses("Si Si Si 3 1 0 1 1 0 -1 1 1 1 2 .1 1 1", "n of Si Si Si is -1");
    refuses("Si Si Si 3 1 0 1 1 0 1 1 1 1 2 2.5 1 1", "D is larger than R, expected R - D >= 0");
    refuses("Si Si Si 3 1 0 1 1 0 1 1 1 1 2 -.1 1 1", "D of Si Si Si is -0.1");
    refuses("Si Si Si 3 1 0 1 0 0 1 1 1 1 2 .1 1 1", "d of Si Si Si is 0, expected more than 0");
    refuses("Si Si Si 3 1 0 1 1 0 0 1 1 1 2 .1 1 1", "n is 0, expected more than 0");
    refuses("Si Si Si 3 1 0 1 1 0 1 1 1 1 200 .1 1 1", "R of Si Si Si is 200, expected at most 20 angstrom");
    refuses("Si Si Si 3 1 0 1 1 0 1 1 1 1 2 .1 90 1", "lambda (R + D) is above 80");
    refuses("\n\nSi Si Si 3 1 zero", "x.tersoff:3: lambda3 of Si Si Si is \"zero\", expected a number");
    refuses("Si Si Si 3 1 nan", "lambda3 of Si Si Si is \"nan\"");
    refuses("Si Si Si 3 1 0 1 1 0 1 1", "the file ends within Si Si Si after beta, expected 14 numbers");
    refuses("Si Si", "the file ends within an entry, expected 3 elements and 14 numbers");
    refuses("Si Si 3 1 0", "3, expected the name of an element");
    refuses("Si Si Si " SI "Si Si Si " SI, "x.tersoff:2: a second entry for Si Si Si, expected one");
    refuses("# DATE: 2020 UNITS: real\nSi Si Si " SI, "x.tersoff:1: UNITS: real, expected metal");
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    struct potential p;
    assert_int_equal(potential_read("no/such.tersoff", 1, silicon, &p), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "no/such.tersoff"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_file_has_the_published_numbers),
        cmocka_unit_test(an_entry_may_go_over_lines_and_comments),
        cmocka_unit_test(only_the_triples_that_are_needed_must_be_there),
        cmocka_unit_test(what_lammps_refuses_is_refused_with_its_place),
        cmocka_unit_test(a_missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
