// SPDX-License-Identifier: BSD-3-Clause
/* make_synthetic.c - make_synthetic OUT.h5 STRUCTURES SITES SEED: a dataset of analytic spectra for script tests. */
#include <stdio.h>

#include "tests/support/synthetic.h"

int main(int argc, char **argv)
{
    if (argc != 5 || synthetic_dataset(argv[1], atoi(argv[2]), atoi(argv[3]), (uint64_t)atoll(argv[4])) != KD_OK) {
        fprintf(stderr, "make_synthetic OUT.h5 STRUCTURES SITES SEED: %s\n", kd_error_message());
        return 1;
    }
    return 0;
}
