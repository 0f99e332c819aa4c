// SPDX-License-Identifier: BSD-3-Clause
/* nn_avx2.c - networks with AVX2 and FMA: 6 x 16 tiles keep 12 of 16 registers busy. */
#define ISA avx2
#define VECTOR_BYTES 32
#define MR 6
#define BACKWARD_TILES_FLOAT BACKWARD_TILE(0, 6) BACKWARD_TILE(6, 5) BACKWARD_TILE(11, 5)
#define BACKWARD_TILES_DOUBLE BACKWARD_TILE(0, 4) BACKWARD_TILE(4, 4)
#include "kernels/cpu/nn_isa.h"

const struct nn_cpu_isa nn_cpu_avx2[2] = {ENTRY(ISA, f, "AVX2"), ENTRY(ISA, d, "AVX2")};
