// SPDX-License-Identifier: BSD-3-Clause
/* measured_test.c - measured spectra in all their disguises, and the operations on them. */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/nn/measured.h"
#include "host/nn/metrics.h"
#include "host/nn/normalise.h"
#include "host/nn/spectrum.h"

static kd_status parse(const char *text, struct nn_measured *m)
{
    struct text t;
    assert_ok(text_from("test.dat", text, strlen(text), &t));
    kd_status status = nn_measured_parse(&t, m);
    text_free(&t);
    return status;
}

static const char *const rows[] = {"1840 0.1", "1841 0.2", "1842 0.4", "1843 0.8", "1844 1.6", "1845 1.2", "1846 1.1", "1847 1.0"};

static void numbers_are_found_under_any_header_and_separator(void **state)
{
    (void)state;
    const char *starts[] = {"", "# comment\n", "Energy mu\n", "energy(eV);absorption\n\n%x\n", "! a\n! b\nscan 7 of sample\n"};
    const char *separators[] = {" ", "\t", ", ", ";", "  ,  "};
    for (size_t s = 0; s < 5; s++)
        for (size_t p = 0; p < 5; p++) {
            char text[1024] = "";
            strcat(text, starts[s]);
            for (int i = 0; i < 8; i++) {
                strncat(text, rows[i], 4);
                strcat(text, separators[p]);
                strcat(text, rows[i] + 5);
                strcat(text, s % 2 ? "\r\n" : "\n");
            }
            struct nn_measured m;
            assert_ok(parse(text, &m));
            assert_int_equal(m.n, 8);
            assert_near(m.energy_ev[4], 1844, 0);
            assert_near(m.mu[4], 1.6, 0);
            assert_false(m.normalised);
            nn_measured_free(&m);
        }
}

static void kev_descending_and_duplicates_become_one_ascending_axis(void **state)
{
    (void)state;
    struct nn_measured m;
    assert_ok(parse("1.847 1\n1.846 2\n1.845 3\n1.845 5\n1.844 4\n1.843 5\n1.842 6\n1.841 7\n1.840 8\n1.840 8\n", &m));
    assert_true(m.from_kev && m.reversed);
    assert_int_equal(m.n, 8);
    assert_int_equal(m.n_duplicate, 2);
    assert_near(m.energy_ev[0], 1840, 1e-9);
    assert_near(m.mu[5], 4, 1e-15);
    nn_measured_free(&m);
}

static void xdi_angles_become_energies_by_bragg(void **state)
{
    (void)state;
    struct nn_measured m;
    char text[2048] = "# XDI/1.0\n# Column.1: angle degrees\n# Column.2: mutrans\n# Element.symbol: Si\n# Element.edge: K\n"
                      "# Mono.d_spacing: 3.135 angstrom\n#----\n# angle mutrans\n";
    for (int i = 0; i < 8; i++) {
        char line[64];
        double energy = 2050 + i; /* above hc / 2d: Si(111) cannot reach the Si K edge */
        snprintf(line, sizeof line, "%.12f %d\n", asin(12398.419843320026 / (2 * 3.135 * energy)) * 57.29577951308232, i);
        strcat(text, line);
    }
    assert_ok(parse(text, &m));
    assert_string_equal(m.format, "XDI");
    assert_true(m.from_angle);
    for (int i = 0; i < 8; i++) {
        assert_near(m.energy_ev[i], 2050 + i, 1e-6); /* 12 digits of an angle */
        assert_near(m.mu[i], i, 0);
    }
    nn_measured_free(&m);
}

static void every_bad_file_is_refused_with_its_line(void **state)
{
    (void)state;
    const struct { const char *text, *says; } bad[] = {
        {"", "test.dat:1"},
        {"# only a comment\n", "no data"},
        {"1840\n1841\n", "test.dat:1: 1 numbers"},
        {"1840 1\n1841 1 2\n", "test.dat:2: 3 numbers"},
        {"1840 1\n1841 nan\n", "test.dat:2"},
        {"1840 1\n1841 1e999\n", "test.dat:2"},
        {"1840 1\n1841 2\n", "expected at least 8"},
        {"-1 1\n1 1\n2 1\n3 1\n4 1\n5 1\n6 1\n7 1\n", "positive energy"},
        {"# XDI/3.0\n", "version"},
        {"# XDI/1.0\n1840 1\n", "expected a line of #---"},
        {"# XDI/1.0\n# Element.symbol: Qq\n#----\n", "chemical symbol"},
        {"# XDI/1.0\n# Element.symbol: Si\n# Element.edge: Z\n#----\n", "Element.edge"},
        {"# XDI/1.0\n# Element.symbol: Si\n#----\n1840 1\n", "Element.edge"},
        {"# XDI/1.0\n# no colon here\n#----\n", "expected Family.tag"},
        {"# XDI/1.0\n# 1bad.tag: 3\n#----\n", "expected Family.tag"},
        {"# XDI/1.0\n# Mono.d_spacing: -3\n#----\n", "d_spacing"},
        {"# XDI/1.0\n# Column.x: energy\n#----\n", "Column.x"},
        {"# XDI/1.0\n# Element.symbol: Si\n# Element.edge: K\n# Column.1: angle\n#----\n1 2\n", "d_spacing"},
        {"# XDI/1.0\n# Scan.start_time: yesterday\n#----\n", "start_time"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct nn_measured m;
        assert_int_equal(parse(bad[i].text, &m), KD_EINPUT);
        if (!strstr(kd_error_message(), bad[i].says))
            fail_msg("\"%s\" was refused with \"%s\", expected \"%s\"", bad[i].text, kd_error_message(), bad[i].says);
    }
}

static void normalisation_finds_the_step_under_a_sloping_background(void **state)
{
    (void)state;
    enum { N = 400 };
    double e[N], mu[N], flat[N];
    for (int i = 0; i < N; i++) {
        e[i] = 1780 + 0.5 * i;
        double d = e[i] - 1840;
        mu[i] = 2 - 0.003 * (e[i] - 1780) + 0.7 * (d > 0 ? 1 : 0) * (1 - exp(-d * d)); /* a step of 0.7 within 2 eV */
    }
    struct nn_normalisation n;
    assert_ok(nn_normalise(N, e, mu, &n, flat));
    assert_near(n.e0_ev, 1840.7, 1.0); /* the five-point slope: half its width, 1 eV */
    assert_near(n.step, 0.7, 1e-6);
    assert_near(n.pre[1], -0.003, 1e-9);
    assert_near(flat[10], 0, 1e-9);
    assert_near(flat[N - 10], 1, 1e-6);
    assert_int_equal(nn_normalise(100, e, mu, &n, flat), KD_EINPUT); /* ends before the edge */
}

static void broadening_keeps_area_and_adds_widths_in_squares(void **state)
{
    (void)state;
    enum { N = 801 };
    double mu[N], out[N], sum = 0, square = 0;
    for (int i = 0; i < N; i++) {
        double d = (i - 400) * 0.05 / 1.0;
        mu[i] = exp(-0.5 * d * d);
    }
    nn_spectrum_broaden(N, 0.05, mu, 2.0, out);
    for (int i = 0; i < N; i++) {
        double d = (i - 400) * 0.05;
        sum += out[i] * 0.05;
        square += out[i] * d * d * 0.05;
    }
    assert_near(sum, sqrt(2 * 3.14159265358979), 1e-4);                /* kernel cut at 4 sigma: 6e-5 */
    assert_near(square / sum, 1 + pow(2.0 / 2.3548200450309494, 2), 2e-3); /* 4 sigma hold all but 1e-3 of the variance */
}

static void a_cubic_is_interpolated_to_third_order(void **state)
{
    (void)state;
    double e[41], mu[41], worst = 0;
    for (int i = 0; i < 41; i++) {
        e[i] = 1840 + 0.25 * i;
        mu[i] = sin(0.7 * (e[i] - 1840));
    }
    for (double x = 1840.6; x < 1849.4; x += 0.013)
        worst = fmax(worst, fabs(nn_spectrum_at(41, e, mu, x) - sin(0.7 * (x - 1840))));
    assert_near(worst, 0, 2e-3); /* Akima at an extremum: h^2/8 y'' (0.004) bounds a straight line, of which this is the better half */
    assert_near(nn_spectrum_at(41, e, mu, 1840.5), sin(0.35), 1e-15);
}

static void a_straight_line_through_descriptors_is_found(void **state)
{
    (void)state;
    double x[30 * 3], y[30], c[4];
    for (int i = 0; i < 30; i++) {
        x[3 * i] = 1 + sin(i);
        x[3 * i + 1] = cos(3 * i);
        x[3 * i + 2] = 1840 + 0.1 * i;
        y[i] = 2 + 3 * x[3 * i] - 4 * x[3 * i + 1] + 0.5 * x[3 * i + 2];
    }
    assert_ok(nn_linear_fit(30, 3, x, y, c));
    assert_near(c[0], 2, 1e-8); /* 1840 * 1e-13 of cancellation */
    assert_near(c[1], 3, 1e-11);
    assert_near(c[2], -4, 1e-11);
    assert_near(c[3], 0.5, 1e-11);
    for (int i = 0; i < 30; i++)
        x[3 * i + 1] = 2 * x[3 * i] + 1;
    assert_int_equal(nn_linear_fit(30, 3, x, y, c), KD_EINPUT);
}

static void components_describe_what_they_were_made_of(void **state)
{
    (void)state;
    double x[50 * 20], residual;
    int all[50];
    struct nn_pca p;
    for (int i = 0; i < 50; i++) {
        all[i] = i;
        for (int k = 0; k < 20; k++) /* two directions and a mean */
            x[20 * i + k] = 1 + 0.1 * k + sin(i) * cos(0.3 * k) + 0.2 * cos(2 * i) * sin(0.5 * k);
    }
    assert_ok(nn_pca_make(x, 20, 0, 20, all, 50, 5, &p));
    assert_int_equal(p.n_component, 2);
    for (int i = 0; i < 50; i++)
        assert_near(nn_pca_residual(&p, x + 20 * i, NULL), 0, 1e-4); /* power iteration to 1e-9 in the eigenvalue */
    x[5] += 1;
    residual = nn_pca_residual(&p, x, NULL);
    assert_true(residual > 0.1 && residual < 1 / sqrt(20.0) + 1e-6);
    nn_pca_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_found_under_any_header_and_separator),
        cmocka_unit_test(kev_descending_and_duplicates_become_one_ascending_axis),
        cmocka_unit_test(xdi_angles_become_energies_by_bragg),
        cmocka_unit_test(every_bad_file_is_refused_with_its_line),
        cmocka_unit_test(normalisation_finds_the_step_under_a_sloping_background),
        cmocka_unit_test(broadening_keeps_area_and_adds_widths_in_squares),
        cmocka_unit_test(a_cubic_is_interpolated_to_third_order),
        cmocka_unit_test(a_straight_line_through_descriptors_is_found),
        cmocka_unit_test(components_describe_what_they_were_made_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
