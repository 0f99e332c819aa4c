// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_avx512.cpp - the Tersoff codelets, compiled for AVX-512 (F, DQ, VL, BW). */
#include "kernels/cpu/tersoff_lanes.hpp"

const tersoff_codelet tersoff_avx512[2] = {
    tersoff_lanes<float, 16>::codelet("avx512"),
    tersoff_lanes<double, 8>::codelet("avx512"),
};
