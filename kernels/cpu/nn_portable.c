// SPDX-License-Identifier: BSD-3-Clause
/* nn_portable.c - networks with 16-byte vectors: every 64-bit CPU. */
#define ISA portable
#define VECTOR_BYTES 16
#define MR 6
#define BACKWARD_TILES_FLOAT BACKWARD_TILE(0, 4) BACKWARD_TILE(4, 4)
#define BACKWARD_TILES_DOUBLE BACKWARD_TILE(0, 4)
#include "kernels/cpu/nn_isa.h"

const struct nn_cpu_isa nn_cpu_portable[2] = {ENTRY(ISA, f, "baseline"), ENTRY(ISA, d, "baseline")};
