// SPDX-License-Identifier: BSD-3-Clause
/* pw_passes_avx2.cpp - the line codelets, compiled for AVX2 and FMA. */
#include "kernels/cpu/pw_passes.hpp"
#include "kernels/cpu/pw_reals.hpp"

const line_codelets pw_codelets_avx2[2] = {pw_passes<float, 8>::codelets("avx2"), pw_passes<double, 4>::codelets("avx2")};
const real_codelets pw_reals_avx2[2] = {pw_reals<float>::codelets(), pw_reals<double>::codelets()};
