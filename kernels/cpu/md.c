// SPDX-License-Identifier: BSD-3-Clause
/* md.c - the CPU's table of molecular dynamics. */
#include "kernels/cpu/cpu.h"

const struct md_ops cpu_md_ops = {
    .neighbor_build = cpu_neighbor_build,
    .neighbor_scratch = cpu_neighbor_scratch,
    .tersoff = cpu_tersoff,
    .tersoff_scratch = cpu_tersoff_scratch,
    .run = cpu_run,
    .run_bytes = cpu_run_bytes,
    .run_scratch = cpu_run_scratch,
};
