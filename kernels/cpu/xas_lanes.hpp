// SPDX-License-Identifier: BSD-3-Clause
/* xas_lanes.hpp - the codelets of xas_lanes.h for vectors of W reals T, J projectors at a time. */
#ifndef KD_XAS_LANES_HPP
#define KD_XAS_LANES_HPP

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

    /* Products of J rows with V vectors over n reals. */
    template <int V> static KD_INLINE void products(const T *p, size_t ldp, const T *const *x, size_t n, double *c, size_t ldc)
    {
        real sums[J][V];
        T rest[J][V] = {};
        for (int j = 0; j < J; j++)
            for (int v = 0; v < V; v++)
                sums[j][v] = real{};
        size_t g = 0;
        for (; g + W <= n; g += W) {
            real u[V];
#pragma GCC unroll 8
            for (int v = 0; v < V; v++)
                u[v] = load(x[v] + g);
#pragma GCC unroll 8
            for (int j = 0; j < J; j++) {
                real row = load(p + (size_t)j * ldp + g);
#pragma GCC unroll 8
                for (int v = 0; v < V; v++)
                    sums[j][v] += row * u[v];
            }
        }
        for (; g < n; g++)
            for (int j = 0; j < J; j++)
                for (int v = 0; v < V; v++)
                    rest[j][v] += p[(size_t)j * ldp + g] * x[v][g];
        for (int j = 0; j < J; j++)
            for (int v = 0; v < V; v++)
                c[(size_t)v * ldc + (size_t)j] = sum(sums[j][v]) + (double)rest[j][v];
    }

    /* w_v += sum over J rows. */
    template <int V> static KD_INLINE void add_rows(const T *p, size_t ldp, T *const *w, size_t n, const double *c, size_t ldc, int rows)
    {
        T k[J][V];
        for (int j = 0; j < J; j++)
            for (int v = 0; v < V; v++)
                k[j][v] = j < rows ? (T)c[(size_t)v * ldc + (size_t)j] : 0;
        size_t g = 0;
        for (; g + W <= n; g += W) {
            real u[V];
#pragma GCC unroll 8
            for (int v = 0; v < V; v++)
                u[v] = load(w[v] + g);
#pragma GCC unroll 8
            for (int j = 0; j < J; j++) {
                real row = load(p + (size_t)(j < rows ? j : 0) * ldp + g);
#pragma GCC unroll 8
                for (int v = 0; v < V; v++)
                    u[v] += k[j][v] * row;
            }
#pragma GCC unroll 8
            for (int v = 0; v < V; v++)
                store(w[v] + g, u[v]);
        }
        for (; g < n; g++)
            for (int v = 0; v < V; v++)
                for (int j = 0; j < rows; j++)
                    w[v][g] += k[j][v] * p[(size_t)j * ldp + g];
    }

    template <int V> static void project_real(const xas_panel *q, size_t first, size_t n, int v0, double *c)
    {
        const T *p = (const T *)q->p + first, *x[V];
        double last[V * J];
        for (int v = 0; v < V; v++)
            x[v] = (const T *)q->x[v0 + v] + first;
        size_t ldc = (size_t)q->n_proj;
        int j = 0;
        for (; j + J <= q->n_proj; j += J)
            products<V>(p + (size_t)j * q->ldp, q->ldp, x, n, c + (size_t)v0 * ldc + (size_t)j, ldc);
        for (; j < q->n_proj; j++) { /* one row J times: few rows are left */
            products<V>(p + (size_t)j * q->ldp, 0, x, n, last, J);
            for (int v = 0; v < V; v++)
                c[(size_t)(v0 + v) * ldc + (size_t)j] = last[v * J];
        }
    }

    template <int V> static void add_real(const xas_panel *q, size_t first, size_t n, int v0, const double *c)
    {
        const T *p = (const T *)q->p + first;
        T *w[V];
        for (int v = 0; v < V; v++)
            w[v] = (T *)q->w[v0 + v] + first;
        size_t ldc = (size_t)q->n_proj;
        for (int j = 0; j < q->n_proj; j += J)
            add_rows<V>(p + (size_t)j * q->ldp, q->ldp, w, n, c + (size_t)v0 * ldc + (size_t)j, ldc, q->n_proj - j < J ? q->n_proj - j : J);
    }

    /* Complex: conj(p) x and c p, pair by pair. */
    static void project_complex(const xas_panel *q, size_t first, size_t n, int v, double *c)
    {
        const T *x = (const T *)q->x[v] + first;
        for (int j = 0; j < q->n_proj; j++) {
            const T *p = (const T *)q->p + (size_t)j * q->ldp + first;
            T re[W] = {}, im[W] = {};
            size_t g = 0;
            for (; g + 2 * W <= n; g += 2 * W)
                for (int l = 0; l < W; l++) {
                    const T *a = p + g + 2 * l, *b = x + g + 2 * l;
                    re[l] += a[0] * b[0] + a[1] * b[1];
                    im[l] += a[0] * b[1] - a[1] * b[0];
                }
            for (; g < n; g += 2) {
                re[0] += p[g] * x[g] + p[g + 1] * x[g + 1];
                im[0] += p[g] * x[g + 1] - p[g + 1] * x[g];
            }
            double *out = c + 2 * ((size_t)v * (size_t)q->n_proj + (size_t)j);
            out[0] = out[1] = 0;
            for (int l = 0; l < W; l++) {
                out[0] += (double)re[l];
                out[1] += (double)im[l];
            }
        }
    }
    static void add_complex(const xas_panel *q, size_t first, size_t n, int v, const double *c)
    {
        T *w = (T *)q->w[v] + first;
        for (int j = 0; j < q->n_proj; j++) {
            const T *p = (const T *)q->p + (size_t)j * q->ldp + first;
            const double *k = c + 2 * ((size_t)v * (size_t)q->n_proj + (size_t)j);
            T re = (T)k[0], im = (T)k[1];
            for (size_t g = 0; g < n; g += 2) {
                w[g] += re * p[g] - im * p[g + 1];
                w[g + 1] += re * p[g + 1] + im * p[g];
            }
        }
    }

    static size_t length(const xas_panel *q, size_t first)
    {
        return q->n - first < (size_t)XAS_CHUNK ? q->n - first : (size_t)XAS_CHUNK;
    }
    static void project(const xas_panel *q, size_t first, double *c)
    {
        size_t n = length(q, first);
        int v = 0;
        for (; q->complex && v < q->n_vec; v++)
            project_complex(q, first, n, v, c);
        for (; v + TRIPLE <= q->n_vec; v += TRIPLE)
            project_real<TRIPLE>(q, first, n, v, c);
        for (; v < q->n_vec; v++)
            project_real<1>(q, first, n, v, c);
    }
    static void add(const xas_panel *q, size_t first, const double *c)
    {
        size_t n = length(q, first);
        int v = 0;
        for (; q->complex && v < q->n_vec; v++)
            add_complex(q, first, n, v, c);
        for (; v + TRIPLE <= q->n_vec; v += TRIPLE)
            add_real<TRIPLE>(q, first, n, v, c);
        for (; v < q->n_vec; v++)
            add_real<1>(q, first, n, v, c);
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
