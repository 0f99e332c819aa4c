// SPDX-License-Identifier: BSD-3-Clause
/* library_test.c - sets by name are made once, kept, found again, and survive a cache that cannot be used. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/atom/library.h"

static char cache[] = "/tmp/kedge_library_XXXXXX";

static int fresh_cache(void **state)
{
    (void)state;
    strcpy(cache + strlen(cache) - 6, "XXXXXX");
    return mkdtemp(cache) && setenv("KEDGE_CACHE", cache, 1) == 0 ? 0 : -1;
}

static int remove_cache(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", cache);
    return system(command);
}

/* Equal as numbers (a file writes -0 as 0). */
static void assert_same(int n, const double *a, const double *b)
{
    for (int i = 0; i < n; i++)
        assert_true(a[i] == b[i]);
}

static void assert_same_set(const struct pseudo *a, const struct pseudo *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->n_projector, b->n_projector);
    assert_same(a->n, a->r, b->r);
    assert_same(a->n, a->v_local, b->v_local);
    assert_same(a->n, a->charge, b->charge);
    assert_same(a->n, a->core_charge, b->core_charge);
    for (int k = 0; k < a->n_projector; k++) {
        assert_same(a->n, a->projector[k].beta, b->projector[k].beta);
        assert_int_equal(a->projector[k].n_cutoff, b->projector[k].n_cutoff);
    }
    for (int k = 0; k < a->n_partial; k++)
        assert_same(a->n, a->partial[k].ae, b->partial[k].ae);
    assert_same(a->n_projector * a->n_projector, a->d, b->d);
    assert_true(a->energy_ae == b->energy_ae && a->energy_ps == b->energy_ps);
    assert_string_equal(a->configuration, b->configuration);
    assert_string_equal(a->recipe, b->recipe);
}

static void a_set_is_made_once_and_the_same_from_the_cache(void **state)
{
    (void)state;
    struct pseudo made, kept;
    struct stat first, second;
    char path[PATH_MAX];
    assert_ok(pseudo_open("auto:O:1s=1", &made));
    assert_near(made.z_valence, 7, 1e-12);
    assert_string_equal(made.configuration, "1s1 2s2 2p4");
    assert_ok(library_path("auto:O:1s=1", path));
    assert_int_equal(stat(path, &first), 0);
    assert_ok(pseudo_open("auto:O:1s=1.0", &kept));
    assert_int_equal(stat(path, &second), 0);
    assert_true(first.st_ino == second.st_ino); /* not written again */
    assert_same_set(&made, &kept);
    pseudo_free(&made);
    pseudo_free(&kept);
}

static void ground_hole_and_half_hole_have_files_of_their_own(void **state)
{
    (void)state;
    char name[LIBRARY_NAME], path[3][PATH_MAX];
    const double hole[3] = {0, 1, 0.5};
    for (int k = 0; k < 3; k++) {
        library_name("Si", hole[k], name);
        assert_true(library_is_name(name));
        assert_ok(library_path(name, path[k]));
        for (int j = 0; j < k; j++)
            assert_string_not_equal(path[k], path[j]);
    }
    assert_string_equal(name, "auto:Si:1s=0.5");
    assert_false(library_is_name("auto.upf"));
}

static void a_damaged_file_in_the_cache_is_made_anew(void **state)
{
    (void)state;
    struct pseudo p, again;
    char path[PATH_MAX];
    assert_ok(pseudo_open("auto:O", &p));
    assert_ok(library_path("auto:O", path));
    assert_int_equal(truncate(path, 5000), 0);
    assert_ok(pseudo_open("auto:O", &again));
    assert_same_set(&p, &again);
    pseudo_free(&again);
    assert_ok(pseudo_open(path, &again)); /* and whole again */
    pseudo_free(&p);
    pseudo_free(&again);
}

static void a_cache_that_cannot_be_had_changes_nothing(void **state)
{
    (void)state;
    struct pseudo p, q;
    assert_ok(pseudo_open("auto:O", &p));
    assert_int_equal(setenv("KEDGE_CACHE", "/dev/null/nowhere", 1), 0);
    assert_ok(pseudo_open("auto:O", &q));
    assert_same_set(&p, &q);
    pseudo_free(&p);
    pseudo_free(&q);
    assert_int_equal(setenv("KEDGE_CACHE", cache, 1), 0);
}

static void names_that_mean_nothing_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *says;
    } bad[] = {{"auto:", "expected a pseudopotential"}, {"auto:Xx", "no chemical symbol"}, {"auto:Fe", "H to Ar"},
               {"auto:Silicon", "expected a pseudopotential"}, {"auto:Si:1s", "something like"}, {"auto:Si:3s=1", "no core shell"},
               {"auto:Si:1s=3", "0 to 2"}, {"auto:Si:2p=nan", "0 to 2"}, {"/nowhere/Si.upf", "/nowhere/Si.upf"}};
    struct pseudo p;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(pseudo_open(bad[i].name, &p), KD_EINPUT);
        assert_non_null(strstr(kd_error_message(), bad[i].says));
        assert_int_equal(p.n, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_is_made_once_and_the_same_from_the_cache),
        cmocka_unit_test(ground_hole_and_half_hole_have_files_of_their_own),
        cmocka_unit_test(a_damaged_file_in_the_cache_is_made_anew),
        cmocka_unit_test(a_cache_that_cannot_be_had_changes_nothing),
        cmocka_unit_test(names_that_mean_nothing_are_refused),
    };
    return cmocka_run_group_tests_name("library", tests, fresh_cache, remove_cache);
}
