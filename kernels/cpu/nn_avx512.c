// SPDX-License-Identifier: BSD-3-Clause
/* nn_avx512.c - networks with AVX-512: 8 x 32 tiles keep 16 of 32 registers busy. */
#define ISA avx512
#define VECTOR_BYTES 64
#define MR 8
#define BACKWARD_TILES_FLOAT BACKWARD_TILE(0, 8) BACKWARD_TILE(8, 8) BACKWARD_TILE(16, 8) BACKWARD_TILE(24, 8)
#define BACKWARD_TILES_DOUBLE BACKWARD_TILE(0, 8) BACKWARD_TILE(8, 8)
#include "kernels/cpu/nn_isa.h"

const struct nn_cpu_isa nn_cpu_avx512[2] = {ENTRY(ISA, f, "AVX-512"), ENTRY(ISA, d, "AVX-512")};
