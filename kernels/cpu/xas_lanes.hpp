// SPDX-License-Identifier: BSD-3-Clause
/* xas_lanes.hpp - the codelets of xas_lanes.h for vectors of W reals T, J forms at a time.
 *
 * Projectors are taken apart (struct pw_factors): the forms of a species on a chunk of plane waves stay in the first-level cache while the
 * atoms go by, each with its phases, which are read once for the forms of a parity and go no further than registers. Read whole, projectors
 * would come from memory twice a step, which is what a step would cost. */
#ifndef KD_XAS_LANES_HPP
#define KD_XAS_LANES_HPP

#include "kernels/cpu/pw.h"
#include "kernels/cpu/simd.hpp"
#include "kernels/cpu/xas_lanes.h"

namespace
{

template <class T, int W, int J> struct xas_codelet {
    typedef typename simd<T, W>::real real;
    typedef T any __attribute__((vector_size(W * sizeof(T)), aligned(sizeof(T)), may_alias));
    enum { TRIPLE = 3 };

    static KD_INLINE real load(const T *p)
    {
        return (real) * (const any *)p;
    }
    static KD_INLINE void store(T *p, real x)
    {
        *(any *)p = (any)x;
    }
    static KD_INLINE double sum(real x)
    {
        double s = 0;
        for (int l = 0; l < W; l++)
            s += (double)x[l];
        return s;
    }

    enum { PLANE = XAS_CHUNK / 2 }; /* plane waves of a chunk */
    static_assert((int)PLANE == (int)PW_FACTOR_PAD, "phases are stored chunk by chunk");
    template <int V> struct planes {
        alignas(64) T re[V][PLANE], im[V][PLANE];
    };

    /* Plane waves of a chunk that begins at real number `first`, apart: real parts, imaginary parts, zeros beyond the end. */
    template <int V> static void split(const xas_panel *q, size_t first, int v0, planes<V> *u)
    {
        size_t n = length(q, first) / 2;
        for (int v = 0; v < V; v++) {
            const T *x = (const T *)q->x[v0 + v] + first;
            for (size_t g = 0; g < n; g++) {
                u->re[v][g] = x[2 * g];
                u->im[v][g] = x[2 * g + 1];
            }
            for (size_t g = n; g < PLANE; g++)
                u->re[v][g] = u->im[v][g] = 0;
        }
    }
    /* w += z */
    template <int V> static void join(const xas_panel *q, size_t first, int v0, const planes<V> *z)
    {
        size_t n = length(q, first) / 2;
        for (int v = 0; v < V; v++) {
            T *w = (T *)q->w[v0 + v] + first;
            for (size_t g = 0; g < n; g++) {
                w[2 * g] += z->re[v][g];
                w[2 * g + 1] += z->im[v][g];
            }
        }
    }

    struct atom { /* forms of its species on a chunk, its phases there */
        const T *even, *odd, *cosine, *sine;
        int n_even, n_odd;
        size_t ld; /* of forms */
    };
    static atom atom_at(const pw_factors *f, int i, size_t first)
    {
        const int *form = f->first_form_d + 2 * f->species_d[i];
        const T *phase = (const T *)f->phase_d + (first / 2 * (size_t)f->n_atom + (size_t)i * PLANE) * 2;
        const T *forms = (const T *)f->form_d + first / 2;
        return {forms + (size_t)form[0] * f->ld, forms + (size_t)form[1] * f->ld, phase, phase + PLANE, form[1] - form[0], form[2] - form[1], f->ld};
    }

    /* c[v][j] = sign sum over a chunk of form_j times the real (IM: imaginary) part of u_v exp(i angle), for `rows` forms, R at a time. */
    template <int V, int R, bool IM>
    static void products(int rows, const T *form, const atom &a, const planes<V> *u, double sign, double *c, size_t ldc, size_t step)
    {
        for (; rows >= R; rows -= R, form += (size_t)R * a.ld, c += (size_t)R * step) {
            real sums[R][V];
            for (int j = 0; j < R; j++)
                for (int v = 0; v < V; v++)
                    sums[j][v] = real{};
            for (size_t g = 0; g < PLANE; g += W) {
                real turned[V], cosine = load(a.cosine + g), sine = load(a.sine + g);
#pragma GCC unroll 8
                for (int v = 0; v < V; v++) {
                    turned[v] = cosine * load((IM ? u->im[v] : u->re[v]) + g);
                    real other = sine * load((IM ? u->re[v] : u->im[v]) + g);
                    turned[v] = IM ? turned[v] + other : turned[v] - other;
                }
#pragma GCC unroll 8
                for (int j = 0; j < R; j++) {
                    real row = load(form + (size_t)j * a.ld + g);
#pragma GCC unroll 8
                    for (int v = 0; v < V; v++)
                        sums[j][v] += row * turned[v];
                }
            }
            for (int j = 0; j < R; j++)
                for (int v = 0; v < V; v++)
                    c[(size_t)v * ldc + (size_t)j * step] = sign * sum(sums[j][v]);
        }
        if constexpr (R > 1)
            if (rows > 0)
                products<V, R - 1, IM>(rows, form, a, u, sign, c, ldc, step);
    }

    /* w_v += z exp(-i angle) over a chunk, z (IM: i z) = sign sum_j c[v][j] form_j. */
    template <int V, int R, bool IM>
    static void weigh(int rows, const T *form, const atom &a, double sign, const double *c, size_t ldc, size_t step, planes<V> *w)
    {
        for (; rows >= R; rows -= R, form += (size_t)R * a.ld, c += (size_t)R * step) {
            T k[R][V];
            for (int j = 0; j < R; j++)
                for (int v = 0; v < V; v++)
                    k[j][v] = (T)(sign * c[(size_t)v * ldc + (size_t)j * step]);
            for (size_t g = 0; g < PLANE; g += W) {
                real z[V], cosine = load(a.cosine + g), sine = load(a.sine + g);
#pragma GCC unroll 8
                for (int v = 0; v < V; v++)
                    z[v] = real{};
#pragma GCC unroll 8
                for (int j = 0; j < R; j++) {
                    real row = load(form + (size_t)j * a.ld + g);
#pragma GCC unroll 8
                    for (int v = 0; v < V; v++)
                        z[v] += k[j][v] * row;
                }
#pragma GCC unroll 8
                for (int v = 0; v < V; v++) {
                    real re = load(w->re[v] + g), im = load(w->im[v] + g);
                    store(w->re[v] + g, re + (IM ? sine : cosine) * z[v]);
                    store(w->im[v] + g, IM ? im + cosine * z[v] : im - sine * z[v]);
                }
            }
        }
        if constexpr (R > 1)
            if (rows > 0)
                weigh<V, R - 1, IM>(rows, form, a, sign, c, ldc, step, w);
    }

    /* Even: p = F exp(-i angle), <p|u> = sum F t; odd: p = i F exp(-i angle), <p|u> = -i sum F t. Of real orbitals the real part. */
    template <int V> static void project_some(const xas_panel *q, size_t first, int v0, double *c)
    {
        const pw_factors *f = q->factors;
        size_t step = q->complex ? 2 : 1, ldc = (size_t)f->n_proj * step;
        planes<V> u;
        split(q, first, v0, &u);
        c += (size_t)v0 * ldc;
        for (int i = 0; i < f->n_atom; i++) {
            atom a = atom_at(f, i, first);
            double *odd = c + (size_t)a.n_even * step;
            products<V, J, false>(a.n_even, a.even, a, &u, 1, c, ldc, step);
            products<V, J, true>(a.n_odd, a.odd, a, &u, 1, odd, ldc, step);
            if (q->complex) {
                products<V, J, true>(a.n_even, a.even, a, &u, 1, c + 1, ldc, step);
                products<V, J, false>(a.n_odd, a.odd, a, &u, -1, odd + 1, ldc, step);
            }
            c += (size_t)(a.n_even + a.n_odd) * step;
        }
    }
    template <int V> static void add_some(const xas_panel *q, size_t first, int v0, const double *c)
    {
        const pw_factors *f = q->factors;
        size_t step = q->complex ? 2 : 1, ldc = (size_t)f->n_proj * step;
        planes<V> w;
        memset(&w, 0, sizeof w);
        c += (size_t)v0 * ldc;
        for (int i = 0; i < f->n_atom; i++) {
            atom a = atom_at(f, i, first);
            const double *odd = c + (size_t)a.n_even * step;
            weigh<V, J, false>(a.n_even, a.even, a, 1, c, ldc, step, &w);
            weigh<V, J, true>(a.n_odd, a.odd, a, 1, odd, ldc, step, &w);
            if (q->complex) {
                weigh<V, J, true>(a.n_even, a.even, a, 1, c + 1, ldc, step, &w);
                weigh<V, J, false>(a.n_odd, a.odd, a, -1, odd + 1, ldc, step, &w);
            }
            c += (size_t)(a.n_even + a.n_odd) * step;
        }
        join(q, first, v0, &w);
    }

    static size_t length(const xas_panel *q, size_t first)
    {
        return q->n - first < (size_t)XAS_CHUNK ? q->n - first : (size_t)XAS_CHUNK;
    }
    static void project(const xas_panel *q, size_t first, double *c)
    {
        int v = 0;
        for (; v + TRIPLE <= q->n_vec; v += TRIPLE)
            project_some<TRIPLE>(q, first, v, c);
        for (; v < q->n_vec; v++)
            project_some<1>(q, first, v, c);
    }
    static void add(const xas_panel *q, size_t first, const double *c)
    {
        int v = 0;
        for (; v + TRIPLE <= q->n_vec; v += TRIPLE)
            add_some<TRIPLE>(q, first, v, c);
        for (; v < q->n_vec; v++)
            add_some<1>(q, first, v, c);
    }

    /* w -= f y, and the sum over chunks of (with x: x w; else w w). */
    template <bool OWN> static KD_INLINE double axpy_dot(size_t n, T *w, const T *y, const T *x, T f)
    {
        double total = 0;
        for (size_t first = 0; first < n; first += XAS_CHUNK) {
            size_t end = n - first < (size_t)XAS_CHUNK ? n : first + XAS_CHUNK, g = first;
            real s0 = {}, s1 = {};
            for (; g + 2 * W <= end; g += 2 * W) {
                real a = load(w + g) - f * load(y + g), b = load(w + g + W) - f * load(y + g + W);
                store(w + g, a);
                store(w + g + W, b);
                s0 += (OWN ? a : load(x + g)) * a;
                s1 += (OWN ? b : load(x + g + W)) * b;
            }
            double rest = 0;
            for (; g < end; g++) {
                w[g] -= f * y[g];
                rest += (double)((OWN ? w[g] : x[g]) * w[g]);
            }
            total += sum(s0 + s1) + rest;
        }
        return total;
    }
    static double alpha(size_t n, void *w, const void *before, const void *x, double b)
    {
        return axpy_dot<false>(n, (T *)w, (const T *)before, (const T *)x, (T)b);
    }
    static double beta(size_t n, void *w, const void *x, double a)
    {
        return axpy_dot<true>(n, (T *)w, (const T *)x, NULL, (T)a);
    }
    static void scale(size_t n, void *w, double factor)
    {
        T f = (T)factor, *x = (T *)w;
        size_t g = 0;
        for (; g + W <= n; g += W)
            store(x + g, f * load(x + g));
        for (; g < n; g++)
            x[g] *= f;
    }

    static constexpr xas_lanes table(const char *name)
    {
        return {name, project, add, alpha, beta, scale};
    }
};

} /* namespace */
#endif
