// SPDX-License-Identifier: BSD-3-Clause
/* emu_math.h - the arithmetic of CUDA C++ that <cmath> lacks. Fast-math functions are exact here, 1-2 ulp off
 * on a GPU. */
#ifndef EMU_MATH_H
#define EMU_MATH_H

using std::isfinite;
using std::isinf;
using std::isnan;

template <class A, class B> __forceinline__ auto min(A a, B b) -> std::common_type_t<A, B>
{
    using T = std::common_type_t<A, B>;
    if constexpr (std::is_floating_point_v<T>)
        return std::fmin(T(a), T(b));
    else
        return T(b) < T(a) ? T(b) : T(a);
}
template <class A, class B> __forceinline__ auto max(A a, B b) -> std::common_type_t<A, B>
{
    using T = std::common_type_t<A, B>;
    if constexpr (std::is_floating_point_v<T>)
        return std::fmax(T(a), T(b));
    else
        return T(a) < T(b) ? T(b) : T(a);
}

/* glibc declares some __names itself, so the fast ones are macros over functions of ours. */
namespace emu
{
inline float fast_exp(float x)
{
    return std::exp(x);
}
inline float fast_exp10(float x)
{
    return ::exp10f(x);
}
inline float fast_log(float x)
{
    return std::log(x);
}
inline float fast_log2(float x)
{
    return std::log2(x);
}
inline float fast_log10(float x)
{
    return std::log10(x);
}
inline float fast_pow(float x, float y)
{
    return std::exp2(y * std::log2(x)); /* as CUDA defines it: NaN for negative x */
}
inline float fast_sin(float x)
{
    return std::sin(x);
}
inline float fast_cos(float x)
{
    return std::cos(x);
}
inline float fast_tan(float x)
{
    return std::tan(x);
}
inline void fast_sincos(float x, float *s, float *c)
{
    *s = std::sin(x);
    *c = std::cos(x);
}
template <class To, class From> inline To bit_cast(From from)
{
    static_assert(sizeof(To) == sizeof(From), "same size");
    To to;
    memcpy(static_cast<void *>(&to), &from, sizeof to);
    return to;
}
} // namespace emu
#define __expf(x)          emu::fast_exp(x)
#define __exp10f(x)        emu::fast_exp10(x)
#define __logf(x)          emu::fast_log(x)
#define __log2f(x)         emu::fast_log2(x)
#define __log10f(x)        emu::fast_log10(x)
#define __powf(x, y)       emu::fast_pow(x, y)
#define __sinf(x)          emu::fast_sin(x)
#define __cosf(x)          emu::fast_cos(x)
#define __tanf(x)          emu::fast_tan(x)
#define __sincosf(x, s, c) emu::fast_sincos(x, s, c)

inline float rsqrtf(float x)
{
    return 1.0f / std::sqrt(x);
}
inline double rsqrt(double x)
{
    return 1.0 / std::sqrt(x);
}
inline float rcbrtf(float x)
{
    return 1.0f / std::cbrt(x);
}
inline double rcbrt(double x)
{
    return 1.0 / std::cbrt(x);
}
inline double rhypot(double x, double y)
{
    return 1.0 / std::hypot(x, y);
}
inline double norm3d(double x, double y, double z)
{
    return std::sqrt(x * x + y * y + z * z);
}
inline float norm3df(float x, float y, float z)
{
    return std::sqrt(x * x + y * y + z * z);
}
inline double rnorm3d(double x, double y, double z)
{
    return 1.0 / norm3d(x, y, z);
}
inline float rnorm3df(float x, float y, float z)
{
    return 1.0f / norm3df(x, y, z);
}
inline double sinpi(double x)
{
    return std::sin(M_PI * std::remainder(x, 2.0));
}
inline double cospi(double x)
{
    return std::cos(M_PI * std::remainder(x, 2.0));
}
inline float sinpif(float x)
{
    return float(sinpi(x));
}
inline float cospif(float x)
{
    return float(cospi(x));
}
inline void sincospi(double x, double *s, double *c)
{
    *s = sinpi(x);
    *c = cospi(x);
}
inline void sincospif(float x, float *s, float *c)
{
    *s = sinpif(x);
    *c = cospif(x);
}
inline float fdividef(float a, float b)
{
    return a / b;
}
inline float __fdividef(float a, float b)
{
    return a / b;
}
inline float __saturatef(float x)
{
    return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f; /* NaN becomes 0 */
}
inline float __frsqrt_rn(float x)
{
    return float(1.0 / std::sqrt(double(x)));
}

/* Round to nearest is the host's own mode; volatile-free because the build has no -ffast-math and no
 * contraction. */
#define EMU_ROUNDED(T, prefix)                                                                               \
    inline T prefix##add_rn(T a, T b)                                                                        \
    {                                                                                                        \
        return a + b;                                                                                        \
    }                                                                                                        \
    inline T prefix##sub_rn(T a, T b)                                                                        \
    {                                                                                                        \
        return a - b;                                                                                        \
    }                                                                                                        \
    inline T prefix##mul_rn(T a, T b)                                                                        \
    {                                                                                                        \
        return a * b;                                                                                        \
    }                                                                                                        \
    inline T prefix##div_rn(T a, T b)                                                                        \
    {                                                                                                        \
        return a / b;                                                                                        \
    }                                                                                                        \
    inline T prefix##rcp_rn(T a)                                                                             \
    {                                                                                                        \
        return T(1) / a;                                                                                     \
    }                                                                                                        \
    inline T prefix##sqrt_rn(T a)                                                                            \
    {                                                                                                        \
        return std::sqrt(a);                                                                                 \
    }
EMU_ROUNDED(float, __f)
EMU_ROUNDED(double, __d)
#undef EMU_ROUNDED
inline float __fmaf_rn(float a, float b, float c)
{
    return std::fma(a, b, c);
}
inline double __fma_rn(double a, double b, double c)
{
    return std::fma(a, b, c);
}

/* ---- bits ---- */

inline int __popc(unsigned x)
{
    return __builtin_popcount(x);
}
inline int __popcll(unsigned long long x)
{
    return __builtin_popcountll(x);
}
inline int __ffs(int x)
{
    return __builtin_ffs(x);
}
inline int __ffsll(long long x)
{
    return __builtin_ffsll(x);
}
inline int __clz(int x)
{
    return x ? __builtin_clz(unsigned(x)) : 32;
}
inline int __clzll(long long x)
{
    return x ? __builtin_clzll((unsigned long long)x) : 64;
}
inline unsigned __brev(unsigned x)
{
    unsigned r = 0;
    for (int i = 0; i < 32; i++)
        r |= (x >> i & 1) << (31 - i);
    return r;
}
inline unsigned __umulhi(unsigned a, unsigned b)
{
    return unsigned((unsigned long long)a * b >> 32);
}
inline int __mulhi(int a, int b)
{
    return int((long long)a * b >> 32);
}
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b)
{
    return (unsigned long long)((__extension__(unsigned __int128) a) * b >> 64);
}
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift)
{
    return unsigned((((unsigned long long)high << 32) | low) << (shift & 31) >> 32);
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift)
{
    return unsigned((((unsigned long long)high << 32) | low) >> (shift & 31));
}
inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector)
{
    const unsigned long long bytes = ((unsigned long long)b << 32) | a;
    unsigned r = 0;
    for (int i = 0; i < 4; i++)
        r |= unsigned(bytes >> (8 * (selector >> (4 * i) & 7)) & 0xff) << (8 * i);
    return r;
}
inline int __float_as_int(float x)
{
    return emu::bit_cast<int>(x);
}
inline unsigned __float_as_uint(float x)
{
    return emu::bit_cast<unsigned>(x);
}
inline float __int_as_float(int x)
{
    return emu::bit_cast<float>(x);
}
inline float __uint_as_float(unsigned x)
{
    return emu::bit_cast<float>(x);
}
inline long long __double_as_longlong(double x)
{
    return emu::bit_cast<long long>(x);
}
inline double __longlong_as_double(long long x)
{
    return emu::bit_cast<double>(x);
}
inline int __double2loint(double x)
{
    return int(__double_as_longlong(x));
}
inline int __double2hiint(double x)
{
    return int(__double_as_longlong(x) >> 32);
}
inline double __hiloint2double(int high, int low)
{
    return __longlong_as_double((long long)(((unsigned long long)(unsigned)high << 32) | (unsigned)low));
}
inline int __float2int_rn(float x)
{
    return int(std::lrint(x));
}
inline int __float2int_rd(float x)
{
    return int(std::floor(x));
}
inline int __float2int_ru(float x)
{
    return int(std::ceil(x));
}
inline int __float2int_rz(float x)
{
    return int(x);
}
inline int __double2int_rn(double x)
{
    return int(std::lrint(x));
}
inline int __double2int_rd(double x)
{
    return int(std::floor(x));
}
inline int __double2int_rz(double x)
{
    return int(x);
}
inline long long __double2ll_rn(double x)
{
    return std::llrint(x);
}
inline float __double2float_rn(double x)
{
    return float(x);
}
inline float __int2float_rn(int x)
{
    return float(x);
}
inline float __uint2float_rn(unsigned x)
{
    return float(x);
}
inline double __int2double_rn(int x)
{
    return double(x);
}

/* ---- half and bf16 fused multiply-add: the headers give every other operation to the host ---- */

inline __half __hfma(__half a, __half b, __half c)
{
    return __float2half_rn(std::fma(__half2float(a), __half2float(b), __half2float(c)));
}
inline __half2 __hfma2(__half2 a, __half2 b, __half2 c)
{
    return __halves2half2(__hfma(__low2half(a), __low2half(b), __low2half(c)),
                          __hfma(__high2half(a), __high2half(b), __high2half(c)));
}
inline __nv_bfloat16 __hfma(__nv_bfloat16 a, __nv_bfloat16 b, __nv_bfloat16 c)
{
    return __float2bfloat16_rn(std::fma(__bfloat162float(a), __bfloat162float(b), __bfloat162float(c)));
}
inline __nv_bfloat162 __hfma2(__nv_bfloat162 a, __nv_bfloat162 b, __nv_bfloat162 c)
{
    return __halves2bfloat162(__hfma(__low2bfloat16(a), __low2bfloat16(b), __low2bfloat16(c)),
                              __hfma(__high2bfloat16(a), __high2bfloat16(b), __high2bfloat16(c)));
}

#endif
