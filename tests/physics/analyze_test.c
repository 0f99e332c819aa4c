// SPDX-License-Identifier: BSD-3-Clause
/* analyze_test.c - the analysis of crystals, ideal gases and a LAMMPS glass whose numbers are known. */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/paths.h"
#include "host/base/rng.h"
#include "host/base/units.h"
#include "host/md/analyze.h"

static kd_device *device;

static void analyze_file(const char *path, const int repeat[3], const struct analyze_options *o, struct analysis *out)
{
    struct structure *frame, larger;
    int n;
    assert_ok(structures_read(path, &frame, &n));
    assert_ok(structure_repeat(frame, repeat, &larger));
    assert_ok(analyze_structure(device, o, &larger, out));
    structure_free(&larger);
    structures_free(frame, n);
}

static const struct angle_kind *angle(const struct analysis *a, int end, int centre, int other)
{
    for (int k = 0; k < a->n_angle; k++)
        if (a->angle[k].centre == centre && a->angle[k].end[0] == end && a->angle[k].end[1] == other)
            return &a->angle[k];
    return NULL;
}

static void silicon_has_four_neighbours_at_109_degrees_in_any_supercell(void **state)
{
    (void)state;
    struct analyze_options o;
    char path[PATH_MAX];
    analyze_defaults(&o);
    assert_ok(data_file("structures/silicon-8.xyz", path));
    for (int m = 1; m <= 3; m++) { /* m = 1: the cell is smaller than the range of g(r) */
        struct analysis a;
        analyze_file(path, (int[]){m, 1, m}, &o, &a);
        assert_near(a.site_histogram[4][0], a.n_atom, 0);
        assert_near(a.bonds[0], 2.0 * a.n_atom, 0);
        const struct angle_kind *k = angle(&a, 14, 14, 14);
        assert_non_null(k);
        assert_int_equal(k->n, 6 * a.n_atom);
        assert_near(k->sum / (double)k->n, 109.4712206, 1e-6); /* acos(-1/3) */
        /* shells of diamond: 4, 12, 12 neighbours at sqrt(3)/4, sqrt(1/2), sqrt(11)/4 of a */
        double shell[3] = {0};
        const double edge = 5.4309, limit[3] = {0.55 * edge, 0.76 * edge, 0.90 * edge};
        for (int b = 0; b < o.axis.n_bin; b++) {
            double r = rdf_radius(&o.axis, b), width = o.axis.r_max / o.axis.n_bin;
            for (int s = 0; s < 3; s++)
                if (r < limit[s] && (s == 0 || r >= limit[s - 1]))
                    shell[s] += a.total[b] * 4 * KD_PI * r * r * width * a.density_atoms;
        }
        assert_near(shell[0], 4, 1e-9);
        assert_near(shell[1], 12, 1e-9);
        assert_near(shell[2], 12, 1e-9);
        analysis_free(&a);
    }
}

static void quartz_is_made_of_tetrahedra_that_share_corners(void **state)
{
    (void)state;
    struct analyze_options o;
    struct analysis a;
    char path[PATH_MAX];
    analyze_defaults(&o);
    assert_ok(data_file("structures/quartz-alpha-9.xyz", path));
    analyze_file(path, (int[]){1, 1, 1}, &o, &a);
    assert_near(a.site_histogram[0][4], 3, 0);
    assert_near(a.oxygen_histogram[2], 6, 0);
    /* alpha-quartz, Levien 1980: Si-O-Si 143.7 degrees */
    assert_near(angle(&a, 14, 8, 14)->sum / 6, 143.7, 0.5);
    analysis_free(&a);
}

static void a_lammps_glass_has_the_coordinations_of_the_design_notes(void **state)
{
    (void)state;
    struct analyze_options o;
    struct analysis a;
    analyze_defaults(&o);
    analyze_file(ORACLE_MD "/asio2_216.xyz", (int[]){1, 1, 1}, &o, &a);
    /* an independent analysis of this glass: density 2.113; Si by n_O 1/7/78/14 % for 2/3/4/5; O by n_Si 98/2 %; Si-O-Si 144 +- 8 */
    double by_oxygen[COORDINATION_MAX + 1] = {0};
    for (int s = 0; s <= COORDINATION_MAX; s++)
        for (int n_o = 0; n_o <= COORDINATION_MAX; n_o++)
            by_oxygen[n_o] += a.site_histogram[s][n_o] / a.n_site;
    assert_near(a.density_gcc, 2.113, 5e-4);
    assert_near(by_oxygen[2], 0.01, 0.005);
    assert_near(by_oxygen[3], 0.07, 0.005);
    assert_near(by_oxygen[4], 0.78, 0.005);
    assert_near(by_oxygen[5], 0.14, 0.005);
    assert_near(a.oxygen_histogram[2] / 144, 0.98, 0.005);
    const struct angle_kind *bridge = angle(&a, 14, 8, 14);
    assert_near(bridge->sum / (double)bridge->n, 144, 1);
    analysis_free(&a);
}

static void ideal_gas(int n, double edge, struct structure *s)
{
    struct rng r = rng_start(1, RNG_TEST, 77);
    assert_ok(structure_create(n, s));
    for (int k = 0; k < 3; k++)
        s->cell[k][k] = edge;
    for (int a = 0; a < n; a++) {
        s->number[a] = a % 3 ? 8 : 14;
        for (int x = 0; x < 3; x++)
            s->position[a][x] = edge * rng_uniform(&r);
    }
}

static void an_ideal_gas_has_g_of_one_in_every_partial(void **state)
{
    (void)state;
    struct analyze_options o;
    struct analysis a;
    struct structure s;
    analyze_defaults(&o);
    o.axis.n_bin = 4;
    ideal_gas(3000, 36, &s);
    assert_ok(analyze_structure(device, &o, &s, &a));
    /* bin 1 (2 to 4 angstrom) expects 0.0643 * 235 = 15 neighbours: 1000 Si see 5 Si each, so 2500 pairs, 2 % noise; 5 sigma */
    for (int b = 1; b < 4; b++) {
        assert_near(a.total[b], 1, 0.03);
        for (int p = 0; p < 3; p++)
            assert_near(a.partial[4 * p + b], 1, 0.1);
    }
    analysis_free(&a);
    structure_free(&s);
}

static void smoothing_keeps_the_number_of_neighbours_and_sites_average_to_the_whole(void **state)
{
    (void)state;
    struct rdf_axis axis = {.r_max = 5, .smoothing = 0.1, .n_bin = 256};
    double count[256] = {0}, sum = 0;
    rdf_count(&axis, 2.35, 1, count);
    rdf_count(&axis, 1.60, 1, count);
    for (int b = 0; b < 256; b++)
        sum += count[b];
    assert_near(sum, 2, 2e-4); /* 6e-5 beyond four standard deviations, each side of each */

    struct analyze_options o;
    struct analysis a;
    char path[PATH_MAX];
    analyze_defaults(&o);
    o.axis = o.site_axis;
    assert_ok(data_file("structures/silicon-8.xyz", path));
    analyze_file(path, (int[]){1, 1, 1}, &o, &a);
    for (int b = 0; b < 256; b++) { /* only Si: total g(r) is the mean of the sites' */
        double mean = 0;
        for (int s = 0; s < a.n_site; s++)
            mean += a.site_g[s * 256 + b] / a.n_site;
        assert_near(mean, a.total[b], 1e-12 * (1 + a.total[b]));
    }
    analysis_free(&a);
}

static void cutoffs_are_read_strictly(void **state)
{
    (void)state;
    struct analyze_options o;
    static const char *const wrong[] = {"Si-O", "Si-O=", "Si-O=x", "Si-O=-1", "Xx-O=1", "Si-O=2.1x", "=2"};
    analyze_defaults(&o);
    for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++)
        assert_int_equal(analyze_cutoff(&o, wrong[w]), KD_EINPUT);
    assert_ok(analyze_cutoff(&o, "O-Si=1.95"));
    assert_near(analyze_cutoff_of(&o, 14, 8), 1.95, 0);
    assert_int_equal(o.n_cutoff, 3);
}

static int open_device(void **state)
{
    (void)state;
    return kd_device_open("cpu", 0, &device, NULL) == KD_OK ? 0 : -1;
}

static int close_device(void **state)
{
    (void)state;
    kd_device_close(device);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silicon_has_four_neighbours_at_109_degrees_in_any_supercell),
        cmocka_unit_test(quartz_is_made_of_tetrahedra_that_share_corners),
        cmocka_unit_test(a_lammps_glass_has_the_coordinations_of_the_design_notes),
        cmocka_unit_test(an_ideal_gas_has_g_of_one_in_every_partial),
        cmocka_unit_test(smoothing_keeps_the_number_of_neighbours_and_sites_average_to_the_whole),
        cmocka_unit_test(cutoffs_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, open_device, close_device);
}
