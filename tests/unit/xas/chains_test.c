// SPDX-License-Identifier: BSD-3-Clause
/* chains_test.c - spectra from coefficients, broadening, site files, calibration. */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

#include "host/base/units.h"
#include "host/xas/calibration.h"

/* A semi-infinite chain of equal links: its Green function is known, and the terminator is exact. */
static void terminator_makes_a_uniform_chain_exact(void **state)
{
    struct chains c;
    double energy[5] = {-3, -0.7, 0, 1.1, 2.6}, gamma[5] = {0.1, 0.2, 0.3, 0.1, 0.2}, s[5];
    (void)state;
    assert_ok(chains_create(1, 1, 12, &c));
    c.weight[0] = 1;
    c.norm[0] = 2;
    for (int n = 0; n < 12; n++) {
        c.a[n] = 0.3;
        c.b[n] = 0.8;
    }
    for (int steps = 6; steps <= 12; steps += 3) {
        chains_spectrum(&c, steps, 5, energy, gamma, s);
        for (int e = 0; e < 5; e++) {
            double x = 0.5 * (energy[e] - 0.3) / 0.8, y = 0.5 * gamma[e] / 0.8; /* G = (w - sqrt(w^2 - 1)) / b, w = (z - a) / 2b */
            double u = x * x - y * y - 1, v = 2 * x * y, size = sqrt(0.5 * (hypot(u, v) - u)); /* |Im sqrt| */
            assert_near(s[e], 4 * (size - y) / 0.8, 1e-12);
        }
    }
    chains_free(&c);
}

static void poles_of_a_uniform_chain_are_cosines(void **state)
{
    enum { N = 40 };
    double a[N], b[N], e[N], w[N], sum = 0, first = 0;
    (void)state;
    for (int n = 0; n < N; n++) {
        a[n] = -0.2;
        b[n] = 0.5;
    }
    assert_ok(chains_poles(N, a, b, e, w));
    for (int j = 0; j < N; j++) {
        int found = 0;
        sum += w[j];
        first += w[j] * e[j];
        for (int k = 1; k <= N; k++) {
            double angle = KD_PI * k / (N + 1);
            if (fabs(e[j] - (-0.2 + cos(angle))) < 1e-13) {
                assert_near(w[j], 2 * sin(angle) * sin(angle) / (N + 1), 1e-13);
                found++;
            }
        }
        assert_int_equal(found, 1);
    }
    assert_near(sum, 1, 1e-13);        /* sum rule */
    assert_near(first, -0.2, 1e-13);   /* <u_0|H|u_0> = a_0 */
}

static void occupied_states_are_taken_out_pole_by_pole(void **state)
{
    struct chains c;
    double energy[2] = {-1.5, 2.5}, gamma[2] = {0.05, 0.05}, s[2], left;
    (void)state;
    assert_ok(chains_create(1, 1, 3, &c));
    c.weight[0] = c.norm[0] = 1;
    c.a[0] = 0.5; /* two levels, at -1 and 2: weights (2 - 0.5)/3 and (0.5 + 1)/3 */
    c.a[1] = 0.5;
    c.b[0] = 1.5;
    chains_spectrum(&c, 2, 2, energy, gamma, s);
    memset(s, 0, sizeof s);
    assert_ok(chains_cut(&c, 2, 0, 2, energy, gamma, s));
    for (int e = 0; e < 2; e++) {
        left = energy[e] + 1;
        assert_near(s[e], -0.5 * gamma[e] / (left * left + gamma[e] * gamma[e]), 1e-13);
    }
    c.a[1] = NAN;
    assert_int_equal(chains_cut(&c, 2, 0, 2, energy, gamma, s), KD_ENOCONV);
    chains_free(&c);
}

static void broadening_is_read_strictly_and_interpolated(void **state)
{
    static const char *const bad[] = {"", "x", "0", "-1", "0.8,0.9", "0.4@5,", "0.4@5,1.5@3", "0.4@", "0.8 eV", "nan"};
    struct broadening b = {0};
    (void)state;
    assert_ok(broaden_parse("0.4@5,1.5@30", &b));
    assert_near(ev_from_ha(broaden_at(&b, ha_from_ev(-3))), 0.4, 1e-12);
    assert_near(ev_from_ha(broaden_at(&b, ha_from_ev(17.5))), 0.95, 1e-12);
    assert_near(ev_from_ha(broaden_at(&b, ha_from_ev(99))), 1.5, 1e-12);
    assert_ok(broaden_parse("0.8", &b));
    assert_near(ev_from_ha(broaden_at(&b, 0.1)), 0.8, 1e-12);
    for (size_t i = 1; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(bad[i], "0.4@5,") != 0)
            assert_int_equal(broaden_parse(bad[i], &b), KD_EINPUT);
    assert_int_equal(broaden_parse(bad[0], &b), KD_EINPUT);
}

static void a_calibration_of_another_recipe_is_refused(void **state)
{
    struct calibration c = {.reference = "quartz", .recipe = "final_state=xch ecut_ry=50 kpoints=2x2x2 Si=aa O=bb Si*=cc"};
    (void)state;
    assert_ok(calibration_check(&c, "final_state=xch ecut_ry=50 kpoints=1x1x1 Si=aa Si*=cc")); /* no oxygen, another mesh */
    assert_int_equal(calibration_check(&c, "final_state=fch ecut_ry=50 kpoints=2x2x2 Si=aa Si*=cc"), KD_EINPUT);
    assert_int_equal(calibration_check(&c, "final_state=xch ecut_ry=40 kpoints=2x2x2 Si=aa Si*=cc"), KD_EINPUT);
    assert_int_equal(calibration_check(&c, "final_state=xch ecut_ry=50 kpoints=2x2x2 Si=aa Si*=cd"), KD_EINPUT);
    assert_int_equal(calibration_check(&c, "final_state=xch ecut_ry=50 kpoints=2x2x2 Si=ab Si*=cc"), KD_EINPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminator_makes_a_uniform_chain_exact),
        cmocka_unit_test(poles_of_a_uniform_chain_are_cosines),
        cmocka_unit_test(occupied_states_are_taken_out_pole_by_pole),
        cmocka_unit_test(broadening_is_read_strictly_and_interpolated),
        cmocka_unit_test(a_calibration_of_another_recipe_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
