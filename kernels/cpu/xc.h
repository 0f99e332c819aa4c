// SPDX-License-Identifier: BSD-3-Clause
/* xc.h - PBE at points: our own SIMD codelets, and libxc as their twin (KEDGE_XC=libxc). */
#ifndef KD_CPU_XC_H
#define KD_CPU_XC_H

#include "kernels/device.h"

#ifdef __cplusplus
extern "C" {
#endif

struct cpu_xc;
kd_status cpu_xc_create(struct cpu_xc **out);
void cpu_xc_destroy(struct cpu_xc *xc);

enum { XC_BATCH = 256 }; /* points per call */

/* PBE of n <= XC_BATCH points: from density rho and sigma = |grad rho|^2, the energy density e (Ha/bohr^3, signed like rho),
 * de/drho (Ha) and de/dsigma. |rho| <= XC_DENSITY: all zero; |rho| <= XC_GRADIENT_DENSITY or sigma <= XC_GRADIENT: the LDA part alone,
 * as in pw.x. */
#define XC_DENSITY 1e-10
#define XC_GRADIENT_DENSITY 1e-6
#define XC_GRADIENT 1e-10
void cpu_xc_points(const struct cpu_xc *xc, int n, const double *rho, const double *sigma, double *e, double *v_rho,
                   double *v_sigma);

/* The codelets: any n. */
typedef void xc_codelet(int n, const double *rho, const double *sigma, double *e, double *v_rho, double *v_sigma);
xc_codelet xc_points_baseline, xc_points_avx2, xc_points_avx512;

#ifdef __cplusplus
}
#endif
#endif
