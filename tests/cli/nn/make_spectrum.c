// SPDX-License-Identifier: BSD-3-Clause
/* make_spectrum.c - make_spectrum CHARGE SHIFT_EV FORM: an analytic spectrum as a beamline would write it. FORM: columns (eV, with
 * background and another scale), kev (descending keV, with duplicates, commas), xdi, nor. For script tests. */
#include <stdio.h>
#include <string.h>

#include "tests/support/synthetic.h"

enum { N = 300 };

static void write_columns(const double *e, const double *flat, bool background)
{
    printf("# beamline 7\nenergy absorption\n");
    for (int i = 0; i < N; i++)
        printf("%.4f\t%.8f\n", e[i], background ? 3.1 - 0.001 * (e[i] - 1800) + 0.7 * flat[i] : flat[i]);
}

static void write_kev(const double *e, const double *flat)
{
    printf("Energy(keV), mu\n");
    for (int i = N - 1; i >= 0; i--)
        for (int copy = 0; copy < (i % 50 == 0 ? 2 : 1); copy++)
            printf("%.7f, %.8f\r\n", e[i] / 1000, 5 + 2 * flat[i]);
}

static void write_xdi(const double *e, const double *flat)
{
    printf("# XDI/1.0 Kedge/test\n# Column.1: energy eV\n# Column.2: i0\n# Column.3: itrans\n# Element.symbol: Si\n# Element.edge: K\n"
           "# Mono.d_spacing: 3.13555\n# Scan.start_time: 2026-01-02T03:04:05\n# ///\n# a comment: of the user\n#-----\n"
           "# energy i0 itrans\n");
    for (int i = 0; i < N; i++)
        printf("%.4f %.8f %.10f\n", e[i], 1e5, 1e5 * exp(-(0.4 + 0.9 * flat[i])));
}

static void write_nor(const double *e, const double *flat)
{
    printf("# Athena data file\n# --------------------\n# energy norm nbkg flat fbkg nder nsec\n");
    for (int i = 0; i < N; i++)
        printf(" %.4f %.8f 0 %.8f 0 0 0\n", e[i], flat[i], flat[i]);
}

int main(int argc, char **argv)
{
    double e[N], mu[N];
    if (argc != 4)
        return 1;
    double q = atof(argv[1]), shift = atof(argv[2]), bond = 2.36 - 0.74 * q / 3.2;
    for (int i = 0; i < N; i++)
        e[i] = 1825 + 60.0 * i / (N - 1);
    synthetic_spectrum(q, bond, N, e, mu);
    for (int i = 0; i < N; i++)
        e[i] += shift;
    if (strcmp(argv[3], "kev") == 0)
        write_kev(e, mu);
    else if (strcmp(argv[3], "xdi") == 0)
        write_xdi(e, mu);
    else if (strcmp(argv[3], "nor") == 0)
        write_nor(e, mu);
    else
        write_columns(e, mu, true);
    return 0;
}
