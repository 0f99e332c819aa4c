// SPDX-License-Identifier: BSD-3-Clause
/* pw_reals.hpp - what is done to one orbital number by number: residuals, norms, preconditioner. Sums: 16 lanes over chunks, then FP64
 * in one order. */
#ifndef KD_PW_REALS_HPP
#define KD_PW_REALS_HPP

#include <stddef.h>

#include "kernels/cpu/pw_codelet.h"

namespace
{

template <class T> struct pw_reals {
    enum { CHUNK = 2048, LANES = 16 };

    static double total(const double (&lane)[LANES])
    {
        double sum = 0;
        for (int l = 0; l < LANES; l++)
            sum += lane[l];
        return sum;
    }
    static double residual(size_t n, const void *hx, const void *x, double eps, void *to)
    {
        const T *h = (const T *)hx, *u = (const T *)x, e = (T)eps;
        T *w = (T *)to;
        double sum = 0;
        for (size_t first = 0; first < n; first += CHUNK) {
            size_t last = n - first < CHUNK ? n : first + CHUNK, g = first;
            double lane[LANES] = {};
            for (; g + LANES <= last; g += LANES)
                for (int l = 0; l < LANES; l++) {
                    T r = h[g + (size_t)l] - e * u[g + (size_t)l];
                    w[g + (size_t)l] = r;
                    lane[l] += (double)r * (double)r;
                }
            for (int l = 0; g < last; g++, l++) {
                w[g] = h[g] - e * u[g];
                lane[l] += (double)w[g] * (double)w[g];
            }
            sum += total(lane);
        }
        return sum;
    }
    static double dot(size_t n, const void *a, const void *b)
    {
        const T *x = (const T *)a, *y = (const T *)b;
        double sum = 0;
        for (size_t first = 0; first < n; first += CHUNK) {
            size_t last = n - first < CHUNK ? n : first + CHUNK, g = first;
            double lane[LANES] = {};
            for (; g + LANES <= last; g += LANES)
                for (int l = 0; l < LANES; l++)
                    lane[l] += (double)x[g + (size_t)l] * (double)y[g + (size_t)l];
            for (int l = 0; g < last; g++, l++)
                lane[l] += (double)x[g] * (double)y[g];
            sum += total(lane);
        }
        return sum;
    }
    /* Teter, Payne, Allan, PRB 40, 12255 (1989), about the kinetic energy of x. */
    static void precondition(size_t n_pw, const double *kinetic, const void *x, void *w)
    {
        const T *u = (const T *)x;
        T *r = (T *)w;
        double energy = 0, norm = 0;
        for (size_t first = 0; first < n_pw; first += CHUNK) {
            size_t last = n_pw - first < CHUNK ? n_pw : first + CHUNK, g = first;
            double e[LANES] = {}, s[LANES] = {};
            for (; g + LANES <= last; g += LANES)
                for (int l = 0; l < LANES; l++) {
                    double re = (double)u[2 * (g + (size_t)l)], im = (double)u[2 * (g + (size_t)l) + 1], square = re * re + im * im;
                    e[l] += kinetic[g + (size_t)l] * square;
                    s[l] += square;
                }
            for (int l = 0; g < last; g++, l++) {
                double re = (double)u[2 * g], im = (double)u[2 * g + 1];
                e[l] += kinetic[g] * (re * re + im * im);
                s[l] += re * re + im * im;
            }
            energy += total(e);
            norm += total(s);
        }
        double scale = norm / (1.5 * energy + 1e-10 * norm + 1e-300);
        for (size_t g = 0; g < n_pw; g++) {
            double t = scale * kinetic[g], p = 27 + t * (18 + t * (12 + 8 * t));
            T k = (T)(p / (p + 16 * t * t * t * t));
            r[2 * g] *= k;
            r[2 * g + 1] *= k;
        }
    }
    static constexpr real_codelets codelets()
    {
        return {residual, dot, precondition};
    }
};

} /* namespace */
#endif
