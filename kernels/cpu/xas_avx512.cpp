// SPDX-License-Identifier: BSD-3-Clause
/* xas_avx512.cpp - the Lanczos codelets, compiled for AVX-512. */
#include "kernels/cpu/xas_lanes.hpp"

const xas_lanes xas_avx512[2] = {
    xas_codelet<float, 16, 8>::table("avx512"),
    xas_codelet<double, 8, 8>::table("avx512"),
};
