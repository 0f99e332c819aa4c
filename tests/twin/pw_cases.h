// SPDX-License-Identifier: BSD-3-Clause
/* pw_cases.h - the one list of bases and blocks for the plane-wave ops. */
#ifndef KD_PW_CASES_H
#define KD_PW_CASES_H

#include <stdbool.h>

struct pw_case {
    const char *name;
    bool real;   /* k = -k up to a reciprocal vector */
    bool heavy;  /* not for the checking emulator */
    double k[3]; /* fractions */
    double cell[3]; /* lengths of the slightly skewed lattice vectors, bohr */
    double ecut; /* Ha */
    int n[3];
    int n_band, sub;
};

static const struct pw_case pw_cases[] = {
    {"Gamma, odd bands", true, false, {0, 0, 0}, {6.0, 5.5, 5.8}, 3, {10, 10, 10}, 7, 4},
    {"edge of the zone, three lengths", true, false, {0.5, 0, 0.5}, {6.0, 5.5, 7.1}, 3, {12, 10, 16}, 6, 6},
    {"corner, columns that are their own partners", true, false, {0.5, 0.5, 0.5}, {5.6, 6.0, 6.2}, 2.5, {12, 15, 12}, 3, 2},
    {"general k", false, false, {0.25, -0.125, 0.375}, {6.0, 5.5, 5.8}, 3, {12, 10, 12}, 5, 3},
    {"one band", false, false, {0.1, 0, 0}, {5, 5, 5}, 2, {10, 8, 9}, 1, 1},
    {"lengths of cuFFT", true, false, {0, 0.5, 0}, {6.0, 5.5, 5.8}, 3, {14, 10, 21}, 4, 16},
    {"wide gap", true, true, {0, 0, 0}, {8.5, 6.2, 7.4}, 4, {40, 27, 36}, 5, 5},
    {"long lines along x", true, true, {0, 0.5, 0}, {4.5, 4.2, 4.4}, 3, {128, 16, 20}, 3, 3},
    {"long lines along y, complex", false, true, {0.25, 0, 0.1}, {4.5, 4.2, 4.4}, 3, {18, 150, 25}, 2, 2},
    {"long lines along z", true, true, {0, 0, 0.5}, {4.5, 4.2, 4.4}, 3, {24, 10, 144}, 3, 3},
    {"ninety-six", false, true, {0, 0, 0.2}, {4.5, 4.2, 4.4}, 3, {45, 16, 96}, 2, 2},
    {"many in a slice", true, true, {0, 0, 0}, {8.5, 8.2, 8.4}, 3, {16, 16, 16}, 67, 16},
};
enum { N_PW_CASE = sizeof pw_cases / sizeof *pw_cases };

#endif
