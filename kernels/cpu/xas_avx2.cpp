// SPDX-License-Identifier: BSD-3-Clause
/* xas_avx2.cpp - the Lanczos codelets, compiled for AVX2 and FMA. */
#include "kernels/cpu/xas_lanes.hpp"

const xas_lanes xas_avx2[2] = {
    xas_codelet<float, 8, 4>::table("avx2"),
    xas_codelet<double, 4, 4>::table("avx2"),
};
