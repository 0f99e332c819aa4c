// SPDX-License-Identifier: BSD-3-Clause
/* pw_passes_avx512.cpp - the line codelets, compiled for AVX-512. */
#include "kernels/cpu/pw_passes.hpp"

const line_codelets pw_codelets_avx512[2] = {pw_passes<float, 16>::codelets("avx512"), pw_passes<double, 8>::codelets("avx512")};
