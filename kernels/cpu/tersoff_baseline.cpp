// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_baseline.cpp - the Tersoff codelets, compiled for the baseline of the architecture. */
#include "kernels/cpu/tersoff_lanes.hpp"

const tersoff_codelet tersoff_baseline[2] = {
    tersoff_lanes<float, 4>::codelet("baseline"),
    tersoff_lanes<double, 4>::codelet("baseline"),
};
