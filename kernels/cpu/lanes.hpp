// SPDX-License-Identifier: BSD-3-Clause
/* lanes.hpp - moving numbers between lanes: transposes, pairs re im, reversed runs, runs shorter than a vector. */
#ifndef KD_LANES_HPP
#define KD_LANES_HPP

#include "kernels/cpu/simd.hpp"

namespace
{

template <int... I> struct lane_list {};
template <int n, int... I> struct lane_count : lane_count<n - 1, n - 1, I...> {};
template <int... I> struct lane_count<0, I...> {
    typedef lane_list<I...> list;
};

template <class T, int W> struct lanes {
    typedef typename simd<T, W>::real V;
    typedef T V_any __attribute__((vector_size(W * sizeof(T)), aligned(sizeof(T)), may_alias));
    typedef typename lane_count<W>::list all;

    /* ---- fixed permutations; index n is lane n of a, or lane n - W of b ---- */

    template <int... I> static KD_INLINE V even(V a, V b, lane_list<I...>)
    {
        return __builtin_shufflevector(a, b, (2 * I)...);
    }
    template <int... I> static KD_INLINE V odd(V a, V b, lane_list<I...>)
    {
        return __builtin_shufflevector(a, b, (2 * I + 1)...);
    }
    template <int... I> static KD_INLINE V low(V a, V b, lane_list<I...>) /* a0 b0 a1 b1 ... */
    {
        return __builtin_shufflevector(a, b, (I % 2 ? W + I / 2 : I / 2)...);
    }
    template <int... I> static KD_INLINE V high(V a, V b, lane_list<I...>)
    {
        return __builtin_shufflevector(a, b, (I % 2 ? W + (W + I) / 2 : (W + I) / 2)...);
    }
    template <int... I> static KD_INLINE V reversed(V a, lane_list<I...>)
    {
        return __builtin_shufflevector(a, a, (W - 1 - I)...);
    }
    template <int S, int... I> static KD_INLINE V first(V a, V b, lane_list<I...>)
    {
        return __builtin_shufflevector(a, b, (I & S ? W + I - S : I)...);
    }
    template <int S, int... I> static KD_INLINE V second(V a, V b, lane_list<I...>)
    {
        return __builtin_shufflevector(a, b, (I & S ? W + I : I + S)...);
    }

    /* ---- transposes ---- */

    template <int S> static KD_INLINE void exchange(V (&x)[W])
    {
#pragma GCC unroll 16
        for (int i = 0; i < W; i++)
            if (!(i & S)) {
                V a = x[i], b = x[i + S];
                x[i] = first<S>(a, b, all{});
                x[i + S] = second<S>(a, b, all{});
            }
        if constexpr (2 * S < W)
            exchange<2 * S>(x);
    }
    /* to[j][i] = from[i][j], rows of W numbers that start every so many. */
    static __attribute__((noinline)) void transpose(const T *from, size_t from_stride, T *to, size_t to_stride)
    {
        V x[W];
#pragma GCC unroll 16
        for (int i = 0; i < W; i++)
            x[i] = *(const V *)(const void *)(from + (size_t)i * from_stride);
        exchange<1>(x);
#pragma GCC unroll 16
        for (int i = 0; i < W; i++)
            *(V *)(void *)(to + (size_t)i * to_stride) = x[i];
    }

    /* ---- runs of n <= W numbers, missing lanes 0 ---- */

    static KD_INLINE V load(const T *p, int n)
    {
        if (n == W)
            return (V) * (const V_any *)(const void *)p;
        V x = {};
        memcpy(&x, p, (size_t)n * sizeof(T));
        return x;
    }
    static KD_INLINE void store(T *p, int n, V x)
    {
        if (n == W)
            *(V_any *)(void *)p = (V_any)x;
        else
            memcpy(p, &x, (size_t)n * sizeof(T));
    }
    /* Number j at p[-j]. */
    static KD_INLINE V load_reversed(const T *p, int n)
    {
        if (n == W)
            return reversed((V) * (const V_any *)(const void *)(p - (W - 1)), all{});
        V x = {};
        for (int j = 0; j < n; j++)
            x[j] = p[-j];
        return x;
    }
    static KD_INLINE void store_reversed(T *p, int n, V x)
    {
        if (n == W)
            *(V_any *)(void *)(p - (W - 1)) = (V_any)reversed(x, all{});
        else
            for (int j = 0; j < n; j++)
                p[-j] = x[j];
    }
    /* Pairs re im. */
    static KD_INLINE void pairs_load(const T *p, int n, V &re, V &im)
    {
        V a = {}, b = {};
        if (n == W) {
            a = (V) * (const V_any *)(const void *)p;
            b = (V) * (const V_any *)(const void *)(p + W);
        } else {
            a = load(p, 2 * n < W ? 2 * n : W);
            if (2 * n > W)
                b = load(p + W, 2 * n - W);
        }
        re = even(a, b, all{});
        im = odd(a, b, all{});
    }
    static KD_INLINE void pairs_store(T *p, int n, V re, V im)
    {
        V a = low(re, im, all{}), b = high(re, im, all{});
        if (n == W) {
            *(V_any *)(void *)p = (V_any)a;
            *(V_any *)(void *)(p + W) = (V_any)b;
            return;
        }
        store(p, 2 * n < W ? 2 * n : W, a);
        if (2 * n > W)
            store(p + W, 2 * n - W, b);
    }
};

} /* namespace */
#endif
