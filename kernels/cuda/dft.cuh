// SPDX-License-Identifier: BSD-3-Clause
/* dft.cuh - discrete Fourier transforms of a few numbers held in registers, and lines of n = A B numbers made of two of them.
 *
 * A line: worker b owns positions {b + B a} (DFT of A numbers, then the twiddle w^(b k)), worker k owns {k B + b} (DFT of B numbers);
 * result k + A m ends in slot k B + m. The way back is the mirror image, so slot order never has to be undone.
 * S = +1: exp(+i), from plane waves to points; S = -1: exp(-i). Nothing is scaled. */
#ifndef KD_CUDA_DFT_CUH
#define KD_CUDA_DFT_CUH

#include <type_traits>

#include "kernels/cuda/launch.cuh"

static __device__ __forceinline__ float2 add(float2 a, float2 b)
{
    return make_float2(a.x + b.x, a.y + b.y);
}
static __device__ __forceinline__ float2 sub(float2 a, float2 b)
{
    return make_float2(a.x - b.x, a.y - b.y);
}
static __device__ __forceinline__ float2 times(float s, float2 a)
{
    return make_float2(s * a.x, s * a.y);
}
/* a + s b */
static __device__ __forceinline__ float2 madd(float2 a, float s, float2 b)
{
    return make_float2(a.x + s * b.x, a.y + s * b.y);
}
/* a times S i */
template <int S>
static __device__ __forceinline__ float2 times_i(float2 a)
{
    return S > 0 ? make_float2(-a.y, a.x) : make_float2(a.y, -a.x);
}
/* a w, or a conj(w) for S < 0 */
template <int S>
static __device__ __forceinline__ float2 twist(float2 a, float2 w)
{
    return S > 0 ? make_float2(a.x * w.x - a.y * w.y, a.x * w.y + a.y * w.x) : make_float2(a.x * w.x + a.y * w.y, a.y * w.x - a.x * w.y);
}

template <int N>
struct dft_roots { /* exp(2 pi i j / N), by the compiler */
    float c[N], s[N];
};

static __host__ __device__ constexpr double dft_series(double x, double first, int k)
{
    double term = first, sum = 0;
    for (; k < 40; k += 2) {
        sum += term;
        term *= -x * x / ((k + 1) * (k + 2));
    }
    return sum;
}

template <int N>
static __host__ __device__ constexpr dft_roots<N> make_dft_roots()
{
    dft_roots<N> r{};
    for (int j = 0; j < N; j++) {
        const double x = 6.283185307179586476925 * (2 * j > N ? j - N : j) / N;
        r.c[j] = static_cast<float>(dft_series(x, 1, 0));
        r.s[j] = static_cast<float>(dft_series(x, x, 1));
    }
    return r;
}

static __host__ __device__ constexpr int dft_factor(int n)
{
    return n % 4 == 0 && n > 4 ? 4 : n % 5 == 0 && n > 5 ? 5 : n % 3 == 0 && n > 3 ? 3 : n % 2 == 0 && n > 2 ? 2 : n;
}

/* N = P Q: input q + Q p, output k + P m. */
template <int N, int S, int P = dft_factor(N)>
struct dft {
    static __device__ __forceinline__ void run(float2 (&v)[N])
    {
        constexpr int Q = N / P;
        constexpr dft_roots<N> root = make_dft_roots<N>();
        float2 t[Q][P];
#pragma unroll
        for (int q = 0; q < Q; q++) {
#pragma unroll
            for (int p = 0; p < P; p++)
                t[q][p] = v[q + Q * p];
            dft<P, S>::run(t[q]);
#pragma unroll
            for (int k = 1; k < P; k++)
                if (q > 0)
                    t[q][k] = twist<S>(t[q][k], make_float2(root.c[q * k], root.s[q * k]));
        }
#pragma unroll
        for (int k = 0; k < P; k++) {
            float2 u[Q];
#pragma unroll
            for (int q = 0; q < Q; q++)
                u[q] = t[q][k];
            dft<Q, S>::run(u);
#pragma unroll
            for (int m = 0; m < Q; m++)
                v[k + P * m] = u[m];
        }
    }
};
template <int S>
struct dft<2, S, 2> {
    static __device__ __forceinline__ void run(float2 (&v)[2])
    {
        const float2 a = v[0];
        v[0] = add(a, v[1]);
        v[1] = sub(a, v[1]);
    }
};
template <int S>
struct dft<3, S, 3> {
    static __device__ __forceinline__ void run(float2 (&v)[3])
    {
        const float2 sum = add(v[1], v[2]), d = times_i<S>(times(0.866025403784438647f, sub(v[1], v[2]))), m = madd(v[0], -0.5f, sum);
        v[0] = add(v[0], sum);
        v[1] = add(m, d);
        v[2] = sub(m, d);
    }
};
template <int S>
struct dft<4, S, 4> {
    static __device__ __forceinline__ void run(float2 (&v)[4])
    {
        const float2 a = add(v[0], v[2]), b = sub(v[0], v[2]), c = add(v[1], v[3]), d = times_i<S>(sub(v[1], v[3]));
        v[0] = add(a, c);
        v[1] = add(b, d);
        v[2] = sub(a, c);
        v[3] = sub(b, d);
    }
};
template <int S>
struct dft<5, S, 5> {
    static __device__ __forceinline__ void run(float2 (&v)[5])
    {
        const float c1 = 0.309016994374947424f, c2 = -0.809016994374947424f, s1 = 0.951056516295153572f, s2 = 0.587785252292473129f;
        const float2 a = add(v[1], v[4]), b = sub(v[1], v[4]), c = add(v[2], v[3]), d = sub(v[2], v[3]);
        const float2 p = madd(madd(v[0], c1, a), c2, c), q = madd(madd(v[0], c2, a), c1, c);
        const float2 r = times_i<S>(madd(times(s1, b), s2, d)), t = times_i<S>(madd(times(s2, b), -s1, d));
        v[0] = add(add(v[0], a), c);
        v[1] = add(p, r);
        v[4] = sub(p, r);
        v[2] = add(q, t);
        v[3] = sub(q, t);
    }
};

/* The two parts of a line; dft_split gives 0 x 0 for a length that has none. Parts stay small enough for registers. */
struct dft_parts {
    int a, b;
};
enum { DFT_LONGEST = 192 };
dft_parts dft_split(int n);

/* body(std::integral_constant<int, size>) for the size at hand: one compiled DFT per part, whatever the lengths. Every thread of a
 * block takes the same branch. */
template <class Body>
static __device__ __forceinline__ void dft_dispatch(int size, Body body)
{
    switch (size) {
    case 2: body(std::integral_constant<int, 2>()); break;
    case 3: body(std::integral_constant<int, 3>()); break;
    case 4: body(std::integral_constant<int, 4>()); break;
    case 5: body(std::integral_constant<int, 5>()); break;
    case 6: body(std::integral_constant<int, 6>()); break;
    case 8: body(std::integral_constant<int, 8>()); break;
    case 9: body(std::integral_constant<int, 9>()); break;
    case 10: body(std::integral_constant<int, 10>()); break;
    case 12: body(std::integral_constant<int, 12>()); break;
    case 15: body(std::integral_constant<int, 15>()); break;
    default: body(std::integral_constant<int, 16>()); break;
    }
}

#endif
