// SPDX-License-Identifier: BSD-3-Clause
/* la_cases.h - the one list of blocks for the linear-algebra ops. */
#ifndef KD_LA_CASES_H
#define KD_LA_CASES_H

#include <stdbool.h>
#include <stddef.h>

struct la_case {
    const char *name;
    bool is_complex;
    int n_a, n_b; /* vectors */
    size_t n, ld; /* numbers */
};

static const struct la_case la_cases[] = {
    {"one vector of five", false, 1, 1, 5, 8},          {"one complex number", true, 2, 1, 1, 3},
    {"ten short vectors", true, 10, 7, 31, 40},         {"a whole chunk", false, 5, 3, 4096, 4096},
    {"a chunk and one", true, 4, 6, 4097, 4128},        {"several slabs, odd", false, 24, 17, 17001, 17024},
    {"several slabs, complex", true, 13, 12, 8700, 8704},
};
enum { N_LA_CASE = sizeof la_cases / sizeof *la_cases };

#endif
