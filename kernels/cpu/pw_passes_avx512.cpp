// SPDX-License-Identifier: BSD-3-Clause
/* pw_passes_avx512.cpp - the line codelets, compiled for AVX-512. */
#include "kernels/cpu/pw_passes.hpp"
#include "kernels/cpu/pw_reals.hpp"

const line_codelets pw_codelets_avx512[2] = {pw_passes<float, 16>::codelets("avx512"), pw_passes<double, 8>::codelets("avx512")};
const real_codelets pw_reals_avx512[2] = {pw_reals<float>::codelets(), pw_reals<double>::codelets()};
