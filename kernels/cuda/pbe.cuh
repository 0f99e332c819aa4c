// SPDX-License-Identifier: BSD-3-Clause
/* pbe.cuh - exchange and correlation of one point, unpolarised: Perdew, Burke, Ernzerhof, PRL 77, 3865 (1996), and the local density
 * where gradients do not count (kernels/grid_ops.h says where). Correlation of the uniform gas: Perdew, Wang, PRB 45, 13244 (1992).
 * Energies per volume and derivatives, FP64. Checked against libxc by tests/twin/grid_test.c. */
#ifndef KD_CUDA_PBE_CUH
#define KD_CUDA_PBE_CUH

#include "kernels/cuda/launch.cuh"

struct xc_point {
    double e, v_rho, v_sigma; /* energy per volume; its derivatives by rho and by sigma = |grad rho|^2 */
};

/* Energy per electron of the uniform gas of density parameter rs, and its derivative by rs. */
static __device__ __forceinline__ double pw_correlation(double a, double rs, double *derivative)
{
    const double a1 = 0.21370, b1 = 7.5957, b2 = 3.5876, b3 = 1.6382, b4 = 0.49294;
    const double root = sqrt(rs);
    const double q = 2 * a * root * (b1 + root * (b2 + root * (b3 + root * b4)));
    const double q_rs = a * (b1 / root + 2 * b2 + root * (3 * b3 + root * 4 * b4));
    const double logarithm = log1p(1 / q), front = -2 * a * (1 + a1 * rs);
    *derivative = -2 * a * a1 * logarithm - front * q_rs / (q * (q + 1));
    return front * logarithm;
}

/* Local exchange energy per electron. */
static __device__ __forceinline__ double slater(double rho)
{
    return -0.738558766382022406 * cbrt(rho); /* 3/4 (3/pi)^(1/3) */
}

static __device__ __forceinline__ double density_parameter(double rho)
{
    return 0.620350490899400017 / cbrt(rho); /* (3 / 4 pi)^(1/3) */
}

static constexpr double pw_printed = 0.031091, pw_more_digits = 0.0310907; /* of the local part; of what the gradient part is built on */

/* Local density: exchange and correlation. */
static __device__ __forceinline__ xc_point lda_point(double rho)
{
    const double rs = density_parameter(rho), ex = slater(rho);
    double ec_rs;
    const double ec = pw_correlation(pw_printed, rs, &ec_rs);
    return {rho * (ex + ec), 4.0 / 3 * ex + ec - rs / 3 * ec_rs, 0};
}

/* Gradient part of correlation per electron, H of PBE eq. 7, for t2 = t^2 and the uniform gas's ec; derivatives by t2 and ec. */
static __device__ __forceinline__ double pbe_h(double t2, double ec, double *h_t2, double *h_ec)
{
    const double beta = 0.06672455060314922, gamma = 0.031090690869654895, ratio = beta / gamma;
    const double exponential = exp(-ec / gamma), a = ratio / expm1(-ec / gamma);
    const double u = a * t2, d = 1 + u + u * u, p = (1 + u) / d, p_u = -u * (2 + u) / (d * d);
    const double q = ratio * t2 * p, outer = gamma * ratio / (1 + q);
    *h_t2 = outer * (p + u * p_u);
    *h_ec = outer * t2 * t2 * p_u * a * a * exponential / beta;
    return gamma * log1p(q);
}

/* PBE with the uniform gas's correlation at its printed digits, as host and CPU have it (kernels/cpu/xc.c). */
static __device__ __forceinline__ xc_point pbe_point(double rho, double sigma)
{
    const double kappa = 0.804, mu = 0.2195149727645171; /* beta pi^2 / 3 */
    const double rs = density_parameter(rho), ex = slater(rho);
    const double s2_of = 0.0261211729852336 / (rho * rho * cbrt(rho * rho)), s2 = s2_of * sigma; /* 1 / (4 (3 pi^2)^(2/3)) */
    const double bound = 1 / (1 + mu * s2 / kappa), f = 1 + kappa - kappa * bound, f_s2 = mu * bound * bound;
    double ec_rs, base_rs, h_t2, h_ec;
    const double ec = pw_correlation(pw_printed, rs, &ec_rs), base = pw_correlation(pw_more_digits, rs, &base_rs);
    const double t2_of = 0.0634682060977037 / (rho * rho * cbrt(rho)), t2 = t2_of * sigma; /* pi / (16 (3 pi^2)^(1/3)) */
    const double h = pbe_h(t2, base, &h_t2, &h_ec);
    return {rho * (ex * f + ec + h),
            ex * (4.0 / 3 * f - 8.0 / 3 * s2 * f_s2) + ec + h - rs / 3 * (ec_rs + h_ec * base_rs) - 7.0 / 3 * t2 * h_t2,
            rho * (ex * f_s2 * s2_of + h_t2 * t2_of)};
}

/* Thresholds and signs of pw.x: a negative density counts with its size, energy and gradient derivative with its sign. */
static __device__ __forceinline__ xc_point xc_of(double rho, double sigma)
{
    const double size = fabs(rho);
    if (!(size > 1e-10))
        return {0, 0, 0};
    xc_point p = size > 1e-6 && sigma > 1e-10 ? pbe_point(size, sigma) : lda_point(size);
    if (rho < 0) {
        p.e = -p.e;
        p.v_sigma = -p.v_sigma;
    }
    return p;
}

#endif
