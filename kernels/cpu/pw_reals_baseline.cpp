// SPDX-License-Identifier: BSD-3-Clause
/* pw_reals_baseline.cpp - orbitals as plain reals, for any machine. */
#include "kernels/cpu/pw_reals.hpp"

const real_codelets pw_reals_baseline[2] = {pw_reals<float>::codelets(), pw_reals<double>::codelets()};
