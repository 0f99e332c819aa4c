// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_avx2.cpp - the Tersoff codelets, compiled for AVX2 and FMA. */
#include "kernels/cpu/tersoff_lanes.hpp"

const tersoff_codelet tersoff_avx2[2] = {
    tersoff_lanes<float, 8>::codelet("avx2"),
    tersoff_lanes<double, 4>::codelet("avx2"),
};
