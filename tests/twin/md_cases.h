// SPDX-License-Identifier: BSD-3-Clause
/* md_cases.h - the one list of inputs for the molecular-dynamics ops: twin tests, property tests and the benchmark use it. */
#ifndef KD_MD_CASES_H
#define KD_MD_CASES_H

#include "host/md/potential.h"
#include "host/structure/structure.h"

struct md_case {
    const char *name;
    bool bench; /* timed by bench_md; the others are small and odd */
    bool raw;   /* positions go to the device as they are, far outside the cell; batch_create would wrap them */
    double skin;
    struct structure *frame; /* [n_frame] */
    int n_frame;
    struct potential potential;
};

int md_case_count(void);
const char *md_case_name(int index);
bool md_case_is_bench(int index);
/* Builds case `index`; the caller frees it. */
kd_status md_case_make(int index, struct md_case *out);
void md_case_free(struct md_case *c);

#endif
