// SPDX-License-Identifier: BSD-3-Clause
/* xc_avx512.cpp - PBE at points, compiled for AVX-512 (F, DQ, VL, BW). */
#include "kernels/cpu/xc_lanes.hpp"

void xc_points_avx512(int n, const double *rho, const double *sigma, double *e, double *v_rho, double *v_sigma)
{
    xc_lanes<8>::points(n, rho, sigma, e, v_rho, v_sigma);
}
