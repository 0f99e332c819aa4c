// SPDX-License-Identifier: BSD-3-Clause
/* xc.h - PBE at points, by libxc. */
#ifndef KD_CPU_XC_H
#define KD_CPU_XC_H

#include "kernels/device.h"

struct cpu_xc;
kd_status cpu_xc_create(struct cpu_xc **out);
void cpu_xc_destroy(struct cpu_xc *xc);

enum { XC_BATCH = 256 }; /* points per call */

/* PBE of n <= XC_BATCH points: from density rho and sigma = |grad rho|^2, the energy density e (Ha/bohr^3, signed like rho),
 * de/drho (Ha) and de/dsigma. |rho| <= 1e-10: all zero; |rho| <= 1e-6 or sigma <= 1e-10: the LDA part alone, as in pw.x. */
void cpu_xc_points(const struct cpu_xc *xc, int n, const double *rho, const double *sigma, double *e, double *v_rho,
                   double *v_sigma);

#endif
