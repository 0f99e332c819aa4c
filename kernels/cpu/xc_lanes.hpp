// SPDX-License-Identifier: BSD-3-Clause
/* xc_lanes.hpp - PBE without spin (Perdew, Burke, Ernzerhof, PRL 77, 3865 (1996)) over W points at a time, K vectors in flight.
 *
 * Correlation of the uniform gas by Perdew and Wang, PRB 45, 13244 (1992). No branches: where the gradient does not count it is 0,
 * which is the LDA. */
#ifndef KD_XC_LANES_HPP
#define KD_XC_LANES_HPP

#include "kernels/cpu/simd.hpp"
#include "kernels/cpu/xc.h"

namespace
{

template <int W> struct xc_lanes {
    typedef simd<double, W> lane;
    typedef typename lane::real V;
    typedef double V_any __attribute__((vector_size(W * sizeof(double)), aligned(sizeof(double)), may_alias));
    enum { K = 2 };

    struct point {
        V rho, sigma;           /* > 0; 0 where it does not count */
        V root;                 /* rho^(1/3) */
        V e, v_rho, v_sigma;    /* per particle; potential; derivative by sigma */
    };

    /* The gas alone with the constant that its authors printed, as pw.x; inside the gradient term with that of PBE's authors, as libxc. */
    static constexpr double a_printed = 0.031091, a_pbe = 0.0310907;
    static constexpr double pi = 3.14159265358979323846, kappa = 0.804, mu = 0.2195149727645171;
    static constexpr double beta = 0.06672455060314922, gamma = 0.031090690869654895;

    /* Cube roots of K vectors: exp(log/3), and one Newton step back to full precision. */
    static KD_INLINE void cube_roots(point (&p)[K])
    {
        V x[K];
        for (int k = 0; k < K; k++)
            x[k] = p[k].rho;
        lane::log(x);
        for (int k = 0; k < K; k++)
            x[k] *= 1.0 / 3;
        lane::exp(x);
        for (int k = 0; k < K; k++)
            p[k].root = x[k] - (x[k] * x[k] * x[k] - p[k].rho) / (3 * x[k] * x[k]);
    }

    static KD_INLINE void exchange(point &p)
    {
        const double kf = 3.0936677262801360; /* (3 pi^2)^(1/3) */
        V e = -(3 * kf / (4 * pi)) * p.root, size = 1 / (4 * kf * kf * p.root * p.root * p.rho * p.rho), s2 = p.sigma * size;
        V d = 1 / (1 + (mu / kappa) * s2), f = 1 + kappa - kappa * d, slope = mu * d * d;
        p.e = e * f;
        p.v_rho = e * (4.0 / 3 * f - 8.0 / 3 * s2 * slope);
        p.v_sigma = p.rho * e * slope * size;
    }

    /* Uniform gas: ec and rho dec/drho; a is Perdew and Wang's constant. */
    static KD_INLINE void uniform(const point (&p)[K], double a, V (&ec)[K], V (&slope)[K])
    {
        const double a1 = 0.21370, b1 = 7.5957, b2 = 3.5876, b3 = 1.6382, b4 = 0.49294;
        V rs[K], q1[K], dq1[K], x[K];
        for (int k = 0; k < K; k++) {
            rs[k] = 0.62035049089940001667 / p[k].root; /* (3/(4 pi))^(1/3) */
            V r = lane::root(rs[k]);
            q1[k] = 2 * a * r * (b1 + r * (b2 + r * (b3 + r * b4)));
            dq1[k] = a * (b1 / r + 2 * b2 + r * (3 * b3 + r * 4 * b4));
            x[k] = 1 + 1 / q1[k];
        }
        lane::log(x);
        for (int k = 0; k < K; k++) {
            V q0 = -2 * a * (1 + a1 * rs[k]);
            ec[k] = q0 * x[k];
            slope[k] = -rs[k] / 3 * (-2 * a * a1 * x[k] - q0 * dq1[k] / (q1[k] * (q1[k] + 1)));
        }
    }

    static KD_INLINE void correlation(point (&p)[K])
    {
        const double kf = 3.0936677262801360, ratio = beta / gamma;
        V gas[K], gas_slope[K], ec[K], slope[K], expo[K], x[K], size[K], t2[K], big[K], n[K], dn[K];
        uniform(p, a_printed, gas, gas_slope);
        uniform(p, a_pbe, ec, slope);
        for (int k = 0; k < K; k++)
            expo[k] = ec[k] * (-1 / gamma);
        lane::exp(expo);
        for (int k = 0; k < K; k++) {
            size[k] = pi / (16 * kf * p[k].root * p[k].rho * p[k].rho);
            t2[k] = p[k].sigma * size[k];
            big[k] = ratio / (expo[k] - 1);
            V y = big[k] * t2[k], d = 1 / (1 + y * (1 + y));
            n[k] = (1 + y) * d;
            dn[k] = -y * (2 + y) * d * d;
            x[k] = 1 + ratio * t2[k] * n[k];
        }
        V h[K];
        for (int k = 0; k < K; k++)
            h[k] = x[k];
        lane::log(h);
        for (int k = 0; k < K; k++) {
            V by_t2 = beta / x[k] * (n[k] + t2[k] * dn[k] * big[k]);                                       /* dH/dt^2 */
            V by_ec = beta / x[k] * t2[k] * t2[k] * dn[k] * big[k] * big[k] * expo[k] * (1 / beta);        /* dH/dec */
            h[k] *= gamma;
            p[k].e += gas[k] + h[k];
            p[k].v_rho += gas[k] + gas_slope[k] + h[k] + slope[k] * by_ec - 7.0 / 3 * t2[k] * by_t2;
            p[k].v_sigma += p[k].rho * by_t2 * size[k];
        }
    }

    static KD_INLINE void several(const double *rho, const double *sigma, double *e, double *v_rho, double *v_sigma)
    {
        point p[K];
        V value[K];
        for (int k = 0; k < K; k++) {
            value[k] = (V) * (const V_any *)(const void *)(rho + k * W);
            V size = value[k] < 0 ? -value[k] : value[k], s = (V) * (const V_any *)(const void *)(sigma + k * W);
            p[k].sigma = ((size > XC_GRADIENT_DENSITY) & (s > XC_GRADIENT)) ? s : lane::all(0);
            p[k].rho = size > XC_DENSITY ? size : lane::all(1);
        }
        cube_roots(p);
        for (int k = 0; k < K; k++)
            exchange(p[k]);
        correlation(p);
        for (int k = 0; k < K; k++) {
            V size = value[k] < 0 ? -value[k] : value[k], none = lane::all(0), v_s = p[k].sigma > 0 ? p[k].v_sigma : none;
            *(V_any *)(void *)(e + k * W) = (V_any)(size > XC_DENSITY ? p[k].e * value[k] : none);
            *(V_any *)(void *)(v_rho + k * W) = (V_any)(size > XC_DENSITY ? p[k].v_rho : none);
            *(V_any *)(void *)(v_sigma + k * W) = (V_any)(value[k] < 0 ? -v_s : v_s);
        }
    }

    static void points(int n, const double *rho, const double *sigma, double *e, double *v_rho, double *v_sigma)
    {
        int i = 0;
        for (; i + K * W <= n; i += K * W)
            several(rho + i, sigma + i, e + i, v_rho + i, v_sigma + i);
        if (i == n)
            return;
        double in[2][K * W] = {}, out[3][K * W];
        memcpy(in[0], rho + i, (size_t)(n - i) * sizeof(double));
        memcpy(in[1], sigma + i, (size_t)(n - i) * sizeof(double));
        several(in[0], in[1], out[0], out[1], out[2]);
        memcpy(e + i, out[0], (size_t)(n - i) * sizeof(double));
        memcpy(v_rho + i, out[1], (size_t)(n - i) * sizeof(double));
        memcpy(v_sigma + i, out[2], (size_t)(n - i) * sizeof(double));
    }
};

} /* namespace */
#endif
