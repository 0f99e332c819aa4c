// SPDX-License-Identifier: BSD-3-Clause
/* simd.hpp - vectors of W numbers, and the few functions of them that the codelets need.
 *
 * A codelet file is compiled once per instruction set (baseline, AVX2+FMA, AVX-512), so everything here has internal
 * linkage: the linker must never merge an AVX-512 body into the baseline. The functions are polynomials of our own (Taylor
 * series about a reduced argument, cut where the first dropped term is below half a unit in the last place), the same on
 * every instruction set up to fused multiply-adds. */
#ifndef KD_SIMD_HPP
#define KD_SIMD_HPP

#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#define KD_INLINE inline __attribute__((always_inline))

namespace
{

/* The layout of IEEE numbers. */
template <class T> struct ieee;
template <> struct ieee<float> {
    typedef int32_t word;
    typedef uint32_t natural;
    enum { mantissa = 23, bias = 127, exp_terms = 7, log_terms = 4, trig_terms = 5 };
    static constexpr float round = 12582912.0f;           /* 1.5 2^23: adding it rounds to an integer */
    static constexpr float ln2_high = 0.693359375f;       /* few bits: k ln2_high is exact */
    static constexpr float ln2_low = -2.12194440e-4f;
    static constexpr float exp_least = -87.0f;            /* exp below is denormal: the argument is held here */
    static constexpr int32_t half_root = 0x3f3504f3;      /* bits of sqrt(1/2) */
    static constexpr int32_t big = 0x4b000000;            /* bits of 2^23 */
    static constexpr float big_value = 8388608.0f;
    static constexpr float tiny = 1e-30f;
};
template <> struct ieee<double> {
    typedef int64_t word;
    typedef uint64_t natural;
    enum { mantissa = 52, bias = 1023, exp_terms = 13, log_terms = 10, trig_terms = 9 };
    static constexpr double round = 6755399441055744.0;
    static constexpr double ln2_high = 0.69314718036912382; /* 32 leading bits */
    static constexpr double ln2_low = 1.9082149292705877e-10;
    static constexpr double exp_least = -708.0;
    static constexpr int64_t half_root = 0x3fe6a09e667f3bcd;
    static constexpr int64_t big = 0x4330000000000000;
    static constexpr double big_value = 4503599627370496.0;
    static constexpr double tiny = 1e-300;
};

/* 1/n! */
template <class T> struct inverse_factorials {
    T at[24];
    constexpr inverse_factorials() : at()
    {
        double factorial = 1;
        for (int n = 0; n < 24; n++) {
            factorial *= n > 0 ? n : 1;
            at[n] = (T)(1 / factorial);
        }
    }
};
template <class T> constexpr inverse_factorials<T> inverse_factorial;

template <class T, int W> struct simd {
    typedef T real __attribute__((vector_size(W * sizeof(T))));
    typedef typename ieee<T>::word word __attribute__((vector_size(W * sizeof(T))));
    typedef typename ieee<T>::natural natural __attribute__((vector_size(W * sizeof(T))));
    typedef double wide __attribute__((vector_size(W * sizeof(double))));
    typedef T quad __attribute__((vector_size(4 * sizeof(T))));
    typedef T quad_any __attribute__((vector_size(4 * sizeof(T)), aligned(sizeof(T)), may_alias));

    static KD_INLINE real all(T value)
    {
        return real{} + value;
    }
    static KD_INLINE word bits(real x)
    {
        return (word)x;
    }
    static KD_INLINE real from_bits(word x)
    {
        return (real)x;
    }
    static KD_INLINE real larger(real a, real b)
    {
        return a > b ? a : b;
    }
    static KD_INLINE real smaller(real a, real b)
    {
        return a < b ? a : b;
    }
    static KD_INLINE bool any(word mask)
    {
#if defined(__AVX__)
        if constexpr (sizeof(word) == 32)
            return !_mm256_testz_si256((__m256i)mask, (__m256i)mask);
#endif
        typedef int64_t pair __attribute__((vector_size(16)));
        pair part[sizeof(word) / 16];
        memcpy(part, &mask, sizeof mask);
        for (unsigned i = 1; i < sizeof(word) / 16; i++)
            part[0] |= part[i];
        return (part[0][0] | part[0][1]) != 0;
    }
    static KD_INLINE real root(real x)
    {
#if defined(__AVX512F__)
        if constexpr (sizeof(real) == 64 && sizeof(T) == 4)
            return (real)_mm512_sqrt_ps((__m512)x);
        if constexpr (sizeof(real) == 64 && sizeof(T) == 8)
            return (real)_mm512_sqrt_pd((__m512d)x);
#endif
#if defined(__AVX__)
        if constexpr (sizeof(real) == 32 && sizeof(T) == 4)
            return (real)_mm256_sqrt_ps((__m256)x);
        if constexpr (sizeof(real) == 32 && sizeof(T) == 8)
            return (real)_mm256_sqrt_pd((__m256d)x);
#endif
#if defined(__SSE2__)
        if constexpr (sizeof(real) == 16 && sizeof(T) == 4)
            return (real)_mm_sqrt_ps((__m128)x);
#endif
        real r;
        for (int l = 0; l < W; l++)
            r[l] = sizeof(T) == 4 ? (T)__builtin_sqrtf((float)x[l]) : (T)__builtin_sqrt((double)x[l]);
        return r;
    }

    /* The functions below take K vectors at once, step by step: one polynomial alone is a chain of dependent operations
     * that leaves most of the processor idle. */

    /* e^x, x above exp_least (see below for the rest) and below overflow; error about one unit in the last place. */
    template <int K> static KD_INLINE void exp(real (&x)[K])
    {
        typedef ieee<T> f;
        real shifted[K], sum[K];
        for (int k = 0; k < K; k++) {
            shifted[k] = x[k] * (T)1.4426950408889634 + f::round;
            real whole = shifted[k] - f::round;
            x[k] = x[k] - whole * f::ln2_high;
            x[k] = x[k] - whole * f::ln2_low;
            sum[k] = all(inverse_factorial<T>.at[f::exp_terms]);
        }
#pragma GCC unroll 16
        for (int n = f::exp_terms - 1; n >= 0; n--)
            for (int k = 0; k < K; k++)
                sum[k] = sum[k] * x[k] + inverse_factorial<T>.at[n];
        for (int k = 0; k < K; k++)
            x[k] = from_bits(bits(sum[k]) + (bits(shifted[k]) << (int)f::mantissa));
    }
    /* The same for arguments that may lie below exp_least: they are held there, where e^x is as good as 0. */
    template <int K> static KD_INLINE void exp_held(real (&x)[K])
    {
        for (int k = 0; k < K; k++)
            x[k] = larger(x[k], all(ieee<T>::exp_least));
        exp(x);
    }
    /* log x for normal x > 0. x = m 2^e with m in [sqrt(1/2), sqrt(2)), log m = 2 atanh((m - 1)/(m + 1)). */
    template <int K> static KD_INLINE void log(real (&x)[K])
    {
        typedef ieee<T> f;
        typedef typename ieee<T>::word integer;
        real e[K], s[K], z[K], sum[K];
        for (int k = 0; k < K; k++) {
            word shifted = bits(x[k]) - f::half_root + ((integer)f::bias << (int)f::mantissa);
            word biased = (word)((natural)shifted >> (int)f::mantissa); /* positive for every normal x */
            e[k] = from_bits(biased | f::big) - (T)(f::big_value + f::bias);
            real m = from_bits((shifted & (((integer)1 << (int)f::mantissa) - 1)) + f::half_root);
            s[k] = (m - (T)1) / (m + (T)1);
            z[k] = s[k] * s[k];
            sum[k] = all((T)1 / (2 * (int)f::log_terms + 1));
        }
#pragma GCC unroll 16
        for (int n = f::log_terms - 1; n >= 1; n--)
            for (int k = 0; k < K; k++)
                sum[k] = sum[k] * z[k] + (T)1 / (T)(2 * n + 1);
        for (int k = 0; k < K; k++) {
            real tail = sum[k] * z[k] * s[k];
            x[k] = e[k] * f::ln2_high + (2 * s[k] + (2 * tail + e[k] * f::ln2_low));
        }
    }
    /* sin(pi y / 2), cos(pi y / 2) for 0 <= y <= 1: both by series about 0 with y folded at 1/2, exact at the ends. */
    static KD_INLINE void quarter_wave(real y, real &sine, real &cosine)
    {
        word upper = y > (T)0.5;
        real x = (upper ? (T)1 - y : y) * (T)1.57079632679489661923;
        real z = x * x;
        real s = all(0), c = all(0);
#pragma GCC unroll 16
        for (int n = ieee<T>::trig_terms - 1; n >= 0; n--) {
            s = s * -z + inverse_factorial<T>.at[2 * n + 1];
            c = c * -z + inverse_factorial<T>.at[2 * n];
        }
        s *= x;
        sine = upper ? c : s;
        cosine = upper ? s : c;
    }

};

} /* namespace */
#endif
