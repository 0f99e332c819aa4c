// SPDX-License-Identifier: BSD-3-Clause
/* bader_avx2.c - rows of the climb, compiled for AVX2. */
#define NAME(x) bader_avx2_##x
#include "kernels/cpu/bader_rows.h"
