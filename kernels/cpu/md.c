// SPDX-License-Identifier: BSD-3-Clause
/* md.c - the CPU's table of molecular dynamics. */
#include "kernels/cpu/cpu.h"

const struct md_ops cpu_md_ops = {0};
