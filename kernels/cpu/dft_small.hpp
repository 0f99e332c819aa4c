// SPDX-License-Identifier: BSD-3-Clause
/* dft_small.hpp - discrete Fourier transforms of 2 to 25 numbers in registers, each a vector of lanes.
 *
 * x_k = sum_j x_j exp(+2 pi i j k / n), in place, re and im apart. Composite lengths by Cooley and Tukey, with roots that the compiler
 * evaluates. Inputs that are literally zero fold away (the file is compiled without signed zeros). */
#ifndef KD_DFT_SMALL_HPP
#define KD_DFT_SMALL_HPP

#include "kernels/cpu/simd.hpp"

namespace
{

constexpr double dft_two_pi = 6.28318530717958647692;

template <class T, class V> KD_INLINE void dft_turn(V &r, V &i, T c, T s)
{
    V t = c * r - s * i;
    i = c * i + s * r;
    r = t;
}

template <class T, class V, int n> struct dft_small;

/* n = a b: j = j1 b + j2, k = k1 + a k2. */
template <class T, class V, int n, int a> struct dft_composite {
    static KD_INLINE void run(V *r, V *i)
    {
        constexpr int b = n / a;
        V tr[n], ti[n];
#pragma GCC unroll 16
        for (int j2 = 0; j2 < b; j2++) {
            V xr[a], xi[a];
#pragma GCC unroll 16
            for (int j1 = 0; j1 < a; j1++) {
                xr[j1] = r[j1 * b + j2];
                xi[j1] = i[j1 * b + j2];
            }
            dft_small<T, V, a>::run(xr, xi);
#pragma GCC unroll 16
            for (int k1 = 0; k1 < a; k1++) {
                if (j2 != 0 && k1 != 0)
                    dft_turn<T, V>(xr[k1], xi[k1], (T)__builtin_cos(dft_two_pi * j2 * k1 / n), (T)__builtin_sin(dft_two_pi * j2 * k1 / n));
                tr[k1 * b + j2] = xr[k1];
                ti[k1 * b + j2] = xi[k1];
            }
        }
#pragma GCC unroll 16
        for (int k1 = 0; k1 < a; k1++) {
            dft_small<T, V, b>::run(tr + k1 * b, ti + k1 * b);
#pragma GCC unroll 16
            for (int k2 = 0; k2 < b; k2++) {
                r[k1 + a * k2] = tr[k1 * b + k2];
                i[k1 + a * k2] = ti[k1 * b + k2];
            }
        }
    }
};

template <class T, class V> struct dft_small<T, V, 2> {
    static KD_INLINE void run(V *r, V *i)
    {
        V dr = r[0] - r[1], di = i[0] - i[1];
        r[0] += r[1];
        i[0] += i[1];
        r[1] = dr;
        i[1] = di;
    }
};

template <class T, class V> struct dft_small<T, V, 3> {
    static KD_INLINE void run(V *r, V *i)
    {
        constexpr T s = (T)0.86602540378443864676, half = (T)0.5;
        V tr = r[1] + r[2], ti = i[1] + i[2], ur = s * (r[1] - r[2]), ui = s * (i[1] - i[2]);
        V cr = r[0] - half * tr, ci = i[0] - half * ti;
        r[0] += tr;
        i[0] += ti;
        r[1] = cr - ui;
        i[1] = ci + ur;
        r[2] = cr + ui;
        i[2] = ci - ur;
    }
};

template <class T, class V> struct dft_small<T, V, 4> {
    static KD_INLINE void run(V *r, V *i)
    {
        V ar = r[0] + r[2], ai = i[0] + i[2], br = r[0] - r[2], bi = i[0] - i[2];
        V cr = r[1] + r[3], ci = i[1] + i[3], dr = r[1] - r[3], di = i[1] - i[3];
        r[0] = ar + cr;
        i[0] = ai + ci;
        r[2] = ar - cr;
        i[2] = ai - ci;
        r[1] = br - di;
        i[1] = bi + dr;
        r[3] = br + di;
        i[3] = bi - dr;
    }
};

template <class T, class V> struct dft_small<T, V, 5> {
    static KD_INLINE void run(V *r, V *i)
    {
        constexpr T c1 = (T)0.30901699437494742410, c2 = (T)-0.80901699437494742410;
        constexpr T s1 = (T)0.95105651629515357212, s2 = (T)0.58778525229247312917;
        V ar = r[1] + r[4], ai = i[1] + i[4], br = r[1] - r[4], bi = i[1] - i[4];
        V cr = r[2] + r[3], ci = i[2] + i[3], dr = r[2] - r[3], di = i[2] - i[3];
        V er = r[0] + c1 * ar + c2 * cr, ei = i[0] + c1 * ai + c2 * ci;
        V fr = r[0] + c2 * ar + c1 * cr, fi = i[0] + c2 * ai + c1 * ci;
        V gr = s1 * br + s2 * dr, gi = s1 * bi + s2 * di, hr = s2 * br - s1 * dr, hi = s2 * bi - s1 * di;
        r[0] += ar + cr;
        i[0] += ai + ci;
        r[1] = er - gi;
        i[1] = ei + gr;
        r[4] = er + gi;
        i[4] = ei - gr;
        r[2] = fr - hi;
        i[2] = fi + hr;
        r[3] = fr + hi;
        i[3] = fi - hr;
    }
};

template <class T, class V> struct dft_small<T, V, 6> : dft_composite<T, V, 6, 2> {};
template <class T, class V> struct dft_small<T, V, 8> : dft_composite<T, V, 8, 2> {};
template <class T, class V> struct dft_small<T, V, 9> : dft_composite<T, V, 9, 3> {};
template <class T, class V> struct dft_small<T, V, 10> : dft_composite<T, V, 10, 2> {};
template <class T, class V> struct dft_small<T, V, 12> : dft_composite<T, V, 12, 3> {};
template <class T, class V> struct dft_small<T, V, 15> : dft_composite<T, V, 15, 3> {};
template <class T, class V> struct dft_small<T, V, 16> : dft_composite<T, V, 16, 4> {};
template <class T, class V> struct dft_small<T, V, 25> : dft_composite<T, V, 25, 5> {};

} /* namespace */
#endif
