// SPDX-License-Identifier: BSD-3-Clause
/* dft_line.hpp - pruned DFTs of one line of vectors, n = p q in two stages of register-sized DFTs (dft_small.hpp).
 *
 * in:  occupied places (at both ends of the line) -> all n. Parts of the p-point DFTs that are empty fold away at compile time.
 * out: all n -> occupied places; results that nobody wants are not computed.
 * Both are exp(+i); the caller swaps re and im for exp(-i). */
#ifndef KD_DFT_LINE_HPP
#define KD_DFT_LINE_HPP

#include "kernels/cpu/dft_small.hpp"
#include "kernels/cpu/pw_codelet.h"

namespace
{

template <class T, int W> struct dft_line {
    typedef typename simd<T, W>::real V;

    /* n vectors of re and im, one every `stride` reals. */
    struct place {
        T *re, *im;
        size_t stride;
    };
    struct buffer {
        alignas(64) V re[LINE_MOST], im[LINE_MOST];
    };
    static KD_INLINE V &at(T *p)
    {
        return *(V *)(void *)p;
    }

    /* Stage 1 of `in`: q DFTs of p, of which parts K .. p-K-1 are empty; rows outside first .. first+count-1 read as 0. */
    template <int P, int K> static __attribute__((noinline)) void load_pruned(const line_axis &x, place in, int first, int count, buffer &t)
    {
        alignas(64) static const V zero = {};
        const T *w = (const T *)x.twiddle_in;
        const int q = x.q;
        for (int j2 = 0; j2 < q; j2++, w += 2 * P) {
            V r[P], i[P];
#pragma GCC unroll 25
            for (int j1 = 0; j1 < P; j1++) {
                r[j1] = V{};
                i[j1] = V{};
                if (j1 < K || j1 >= P - K) {
                    int row = x.row[j1 * q + j2] - first;
                    bool here = (unsigned)row < (unsigned)count;
                    r[j1] = *(here ? (const V *)(const void *)(in.re + (size_t)row * in.stride) : &zero);
                    i[j1] = *(here ? (const V *)(const void *)(in.im + (size_t)row * in.stride) : &zero);
                }
            }
            dft_small<T, V, P>::run(r, i);
            t.re[j2] = r[0];
            t.im[j2] = i[0];
#pragma GCC unroll 25
            for (int k1 = 1; k1 < P; k1++) {
                dft_turn<T, V>(r[k1], i[k1], w[2 * k1], w[2 * k1 + 1]);
                t.re[k1 * q + j2] = r[k1];
                t.im[k1 * q + j2] = i[k1];
            }
        }
    }

    /* Stage 2 of `in`: p DFTs of Q, everything stored. */
    template <int Q> static __attribute__((noinline)) void store_all(int p, buffer &t, place out)
    {
        for (int k1 = 0; k1 < p; k1++) {
            V r[Q], i[Q];
#pragma GCC unroll 25
            for (int j2 = 0; j2 < Q; j2++) {
                r[j2] = t.re[k1 * Q + j2];
                i[j2] = t.im[k1 * Q + j2];
            }
            dft_small<T, V, Q>::run(r, i);
#pragma GCC unroll 25
            for (int k2 = 0; k2 < Q; k2++) {
                size_t to = (size_t)(k1 + p * k2) * out.stride;
                at(out.re + to) = r[k2];
                at(out.im + to) = i[k2];
            }
        }
    }

    /* Stage 1 of `out`: p DFTs of Q over everything, TIMES: times the potential of the point. */
    template <int Q, bool TIMES> static __attribute__((noinline)) void load_all(const line_axis &x, place in, const T *v, buffer &t)
    {
        const T *w = (const T *)x.twiddle_out;
        const int p = x.p;
        for (int j2 = 0; j2 < p; j2++, w += 2 * Q) {
            V r[Q], i[Q];
#pragma GCC unroll 25
            for (int j1 = 0; j1 < Q; j1++) {
                size_t from = (size_t)(j1 * p + j2);
                r[j1] = at(in.re + from * in.stride);
                i[j1] = at(in.im + from * in.stride);
                if (TIMES) {
                    V f = *(const V *)(const void *)(v + from * W);
                    r[j1] *= f;
                    i[j1] *= f;
                }
            }
            dft_small<T, V, Q>::run(r, i);
            t.re[j2] = r[0];
            t.im[j2] = i[0];
#pragma GCC unroll 25
            for (int k1 = 1; k1 < Q; k1++) {
                dft_turn<T, V>(r[k1], i[k1], w[2 * k1], w[2 * k1 + 1]);
                t.re[k1 * p + j2] = r[k1];
                t.im[k1 * p + j2] = i[k1];
            }
        }
    }

    /* Stage 2 of `out`: q DFTs of P, of which parts K .. P-K-1 are not wanted; rows outside first .. first+count-1 are not stored. */
    template <int P, int K> static __attribute__((noinline)) void store_pruned(const line_axis &x, buffer &t, place out, int first, int count)
    {
        V unwanted[2];
        const int q = x.q;
        for (int k1 = 0; k1 < q; k1++) {
            V r[P], i[P];
#pragma GCC unroll 25
            for (int j2 = 0; j2 < P; j2++) {
                r[j2] = t.re[k1 * P + j2];
                i[j2] = t.im[k1 * P + j2];
            }
            dft_small<T, V, P>::run(r, i);
#pragma GCC unroll 25
            for (int k2 = 0; k2 < P; k2++)
                if (k2 < K || k2 >= P - K) {
                    int row = x.row[k1 + q * k2] - first;
                    bool here = (unsigned)row < (unsigned)count;
                    *(here ? &at(out.re + (size_t)row * out.stride) : unwanted) = r[k2];
                    *(here ? &at(out.im + (size_t)row * out.stride) : unwanted + 1) = i[k2];
                }
        }
    }

    typedef void (*pruned_load)(const line_axis &, place, int, int, buffer &);
    typedef void (*pruned_store)(const line_axis &, buffer &, place, int, int);
    typedef void (*full_load)(const line_axis &, place, const T *, buffer &);
    typedef void (*full_store)(int, buffer &, place);
    struct length { /* codelets of one small length; pruned by pattern */
        pruned_load load[9];
        pruned_store store[9];
        full_load load_full, load_times;
        full_store store_full;
    };
    template <int P, int K> static constexpr pruned_load a_load()
    {
        return load_pruned<P, (2 * K < P ? K : (P + 1) / 2)>;
    }
    template <int P, int K> static constexpr pruned_store a_store()
    {
        return store_pruned<P, (2 * K < P ? K : (P + 1) / 2)>;
    }
    template <int P> static constexpr length whole()
    {
        return {{}, {}, load_all<P, false>, load_all<P, true>, store_all<P>};
    }
    template <int P> static constexpr length pruned()
    {
        return {{nullptr, a_load<P, 1>(), a_load<P, 2>(), a_load<P, 3>(), a_load<P, 4>(), a_load<P, 5>(), a_load<P, 6>(), a_load<P, 7>(),
                 a_load<P, 8>()},
                {nullptr, a_store<P, 1>(), a_store<P, 2>(), a_store<P, 3>(), a_store<P, 4>(), a_store<P, 5>(), a_store<P, 6>(),
                 a_store<P, 7>(), a_store<P, 8>()},
                load_all<P, false>, load_all<P, true>, store_all<P>};
    }
    static const length &of(int n)
    {
        static constexpr length at_length[11] = {pruned<4>(),  pruned<5>(),  pruned<6>(),  pruned<8>(), pruned<9>(), pruned<10>(),
                                                 pruned<12>(), pruned<15>(), pruned<16>(), whole<3>(),  whole<25>()};
        static constexpr signed char where[26] = {-1, -1, -1, 9, 0, 1, 2, -1, 3, 4, 5, -1, 6, -1, -1, 7, 8, -1, -1, -1, -1, -1, -1, -1, -1, 10};
        return at_length[where[n]];
    }

    static KD_INLINE place swapped(place x)
    {
        return {x.im, x.re, x.stride};
    }
    static KD_INLINE void in(const line_axis &x, int pattern, place from, int first, int count, place to)
    {
        buffer t;
        of(x.p).load[pattern](x, from, first, count, t);
        of(x.q).store_full(x.p, t, to);
    }
    static KD_INLINE void out(const line_axis &x, int pattern, place from, const T *v, place to, int first, int count)
    {
        buffer t;
        const length &q = of(x.q);
        (v ? q.load_times : q.load_full)(x, from, v, t);
        of(x.p).store[pattern](x, t, to, first, count);
    }
};

} /* namespace */
#endif
