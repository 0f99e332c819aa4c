// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_math.cuh - the functions of one bond and one angle, in FP32 and FP64. */
#ifndef KD_TERSOFF_MATH_CUH
#define KD_TERSOFF_MATH_CUH

#include "kernels/cuda/tersoff.cuh"

/* ---- elementary functions whose FP32 form differs ---- */

__device__ __forceinline__ float reciprocal(float x)
{
    return __fdividef(1.0f, x); /* 1 ulp for |x| < 2^126; IEEE division takes a branch and eight instructions */
}
__device__ __forceinline__ double reciprocal(double x)
{
    return 1.0 / x;
}
/* r, 1/r and what r was rounded by, from the separation. FP32: the special function is good to 2 ulp; one Newton step each
 * brings r and 1/r to about 1/2. What is left comes from the exact r^2 of the lattice: at the outer edge of f_C, where 1 - f_C
 * depends on outer - r, forces would otherwise lose three digits. The residual is below 2^33, hence the shift. */
__device__ __forceinline__ void root(const int *d, float *r, float *inverse, float *below)
{
    const float r2 = length2(d), estimate = rsqrtf(r2), rough = r2 * estimate;
    *r = fmaf(0.5f * estimate, fmaf(-rough, rough, r2), rough);
    *inverse = fmaf(estimate, fmaf(-*r, estimate, 1.0f), estimate);
    const int rounded = __float2int_rn(*r * static_cast<float>(LATTICE_PER_ANGSTROM));
    long long residual = 0;
    for (int a = 0; a < 3; a++)
        residual += static_cast<long long>(d[a]) * d[a];
    residual -= static_cast<long long>(rounded) * rounded;
    const float unit = 64.0f * ANGSTROM_PER_LATTICE * ANGSTROM_PER_LATTICE;
    *below = static_cast<float>(static_cast<int>(residual >> 6)) * unit * 0.5f * *inverse;
}
__device__ __forceinline__ void root(const double *d, double *r, double *inverse, double *below)
{
    *r = sqrt(length2(d));
    *inverse = 1.0 / *r;
    *below = 0.0;
}
__device__ __forceinline__ void sine_cosine_pi(float x, float *sine, float *cosine)
{
    sincospif(x, sine, cosine); /* of pi x: no reduction by multiples of pi, hence no slow path */
}
__device__ __forceinline__ void sine_cosine_pi(double x, double *sine, double *cosine)
{
    sincospi(x, sine, cosine);
}
__device__ __forceinline__ float exponential(float x)
{
    return expf(x);
}
__device__ __forceinline__ double exponential(double x)
{
    return exp(x);
}
__device__ __forceinline__ float power(float x, float y)
{
    return powf(x, y);
}
__device__ __forceinline__ double power(double x, double y)
{
    return pow(x, y);
}
/* (1 + t)^y for t >= 0: b_ij is near 1 where the error of log2(1 + t) would matter, and there it is absolute. */
__device__ __forceinline__ float power_above_one(float t, float y)
{
    return exp2f(y * log2f(1.0f + t));
}
__device__ __forceinline__ double power_above_one(double t, double y)
{
    return pow(1.0 + t, y);
}

/* Largest exponent of the lambda3 factor before it is replaced by `huge`. 69.0776 and 1e30 are LAMMPS' (pair_tersoff.cpp);
 * FP32 stops earlier so that its products stay finite: b_ij is 0 there to every digit. */
template <class real>
struct exponent_limit;
template <>
struct exponent_limit<double> {
    static constexpr double highest = 69.0776, huge = 1e30;
};
template <>
struct exponent_limit<float> {
    static constexpr float highest = 50.0f, huge = 5.18e21f;
};

/* ---- f_C ---- */

/* f_C = sin^2(pi/4 (outer - r)/D), which is 1/2 - 1/2 sin(pi/2 (r - R)/D) without its cancellation near the outer edge.
 * gap = outer - r; slope = df_C/dr. */
template <class real>
__device__ __forceinline__ void taper(real gap, real inverse_width, real *f, real *slope)
{
    *f = gap > real(0) ? real(1) : real(0);
    *slope = real(0);
    const real depth = gap * inverse_width; /* 0 at the outer edge, 1 at the inner */
    if (gap <= real(0) || depth >= real(1))
        return;
    real sine, cosine;
    sine_cosine_pi(real(0.5) * depth, &sine, &cosine);
    *f = sine * sine;
    *slope = real(-3.14159265358979323846) * inverse_width * sine * cosine;
}

/* ---- g(theta) ---- */

/* g = gamma (1 + (c^2/d^2) w^2/(d^2 + w^2)), w = cos0 - cos: 1 + c^2/d^2 - c^2/(d^2 + w^2) would subtract numbers of 1e8 to
 * leave one near 1. */
template <class real>
__device__ __forceinline__ real angular_value(const angle_parameters<real> &p, real cosine)
{
    const real w = p.cos0 - cosine, w2 = w * w;
    return p.gamma * (real(1) + p.c2_over_d2 * w2 * reciprocal(p.d2 + w2));
}

/* The same and slope = dg/dcos. */
template <class real>
__device__ __forceinline__ void angular(const angle_parameters<real> &p, real cosine, real *g, real *slope)
{
    const real w = p.cos0 - cosine, w2 = w * w, inverse = reciprocal(p.d2 + w2);
    *g = p.gamma * (real(1) + p.c2_over_d2 * w2 * inverse);
    *slope = p.gamma * (p.minus_2c2 * w) * (inverse * inverse);
}

/* X = exp[(lambda3 (r_ij - r_ik))^m] and dX/dr_ij, clamped as in LAMMPS. */
template <class real>
__device__ __forceinline__ void lambda3_factor(const angle_parameters<real> &p, real difference, real *x, real *slope)
{
    const real scaled = p.lambda3 * difference;
    const real exponent = p.cubed ? scaled * scaled * scaled : scaled;
    *x = exponent > exponent_limit<real>::highest    ? exponent_limit<real>::huge
         : exponent < -exponent_limit<real>::highest ? real(0)
                                                     : exponential(exponent);
    *slope = (p.cubed ? real(3) * p.lambda3 * scaled * scaled : p.lambda3) * *x;
}

/* ---- b_ij ---- */

/* b = (1 + (beta zeta)^n)^(-1/2n) and db/dzeta; 1 and 0 for a bond without company. LAMMPS' asymptotic branches agree with
 * these to 1e-10 relative. */
template <class real>
__device__ __forceinline__ void bond_order(const bond_parameters<real> &p, real zeta, real *b, real *slope)
{
    *b = real(1);
    *slope = real(0);
    if (!(zeta > real(0)))
        return;
    const real t = power(p.beta * zeta, p.n);
    *b = power_above_one(t, p.minus_half_over_n);
    *slope = real(-0.5) * *b * t * reciprocal(zeta * (real(1) + t));
}

#endif
