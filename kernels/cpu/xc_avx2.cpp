// SPDX-License-Identifier: BSD-3-Clause
/* xc_avx2.cpp - PBE at points, compiled for AVX2 and FMA. */
#include "kernels/cpu/xc_lanes.hpp"

void xc_points_avx2(int n, const double *rho, const double *sigma, double *e, double *v_rho, double *v_sigma)
{
    xc_lanes<4>::points(n, rho, sigma, e, v_rho, v_sigma);
}
