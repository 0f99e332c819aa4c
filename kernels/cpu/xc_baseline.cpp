// SPDX-License-Identifier: BSD-3-Clause
/* xc_baseline.cpp - PBE at points, compiled for any x86-64 and other machines. */
#include "kernels/cpu/xc_lanes.hpp"

void xc_points_baseline(int n, const double *rho, const double *sigma, double *e, double *v_rho, double *v_sigma)
{
    xc_lanes<2>::points(n, rho, sigma, e, v_rho, v_sigma);
}
