// SPDX-License-Identifier: BSD-3-Clause
/* xas_baseline.cpp - the Lanczos codelets, compiled for any processor. */
#include "kernels/cpu/xas_lanes.hpp"

const xas_lanes xas_baseline[2] = {
    xas_codelet<float, 4, 4>::table("baseline"),
    xas_codelet<double, 2, 4>::table("baseline"),
};
