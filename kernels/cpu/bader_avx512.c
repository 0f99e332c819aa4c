// SPDX-License-Identifier: BSD-3-Clause
/* bader_avx512.c - rows of the climb, compiled for AVX-512 (F, DQ, VL, BW). */
#define NAME(x) bader_avx512_##x
#include "kernels/cpu/bader_rows.h"
