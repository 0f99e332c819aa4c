// SPDX-License-Identifier: BSD-3-Clause
/* pw_fftw.c - local part of H and the density by whole transforms: simple, any grid, and the twin of the line codelets.
 *
 * Real orbitals travel in pairs: F = a + i b has F(G) = c_a + i c_b and, at the partner of G, conj(c_a) + i conj(c_b). */
#include <math.h>
#include <string.h>

#include "kernels/cpu/pw.h"

size_t cpu_fftw_bytes(const struct pw_basis *basis)
{
    return basis->n_point * (la_is_double(basis->type) ? 16 : 8);
}

/* One template for both precisions. load: F <- psi_a (+ i psi_b); store: the way back, added kinetic energy. */
#define FFTW_PASSES(REAL, suffix)                                                                            \
    static void load_##suffix(const struct pw_basis *b, const REAL *pa, const REAL *pb, REAL *f)             \
    {                                                                                                        \
        memset(f, 0, b->n_point * 2 * sizeof(REAL));                                                         \
        for (int g = 0; g < b->n_pw; g++) {                                                                  \
            REAL *to = f + 2 * (size_t)b->index_d[g], s = g == b->self ? (REAL)M_SQRT2 : 1;                  \
            REAL are = s * pa[2 * g], aim = s * pa[2 * g + 1];                                               \
            REAL bre = pb ? s * pb[2 * g] : 0, bim = pb ? s * pb[2 * g + 1] : 0;                             \
            to[0] = are - bim;                                                                               \
            to[1] = aim + bre;                                                                               \
            if (!b->real || g == b->self)                                                                    \
                continue;                                                                                    \
            to = f + 2 * (size_t)b->mirror_d[g];                                                             \
            to[0] = are + bim;                                                                               \
            to[1] = bre - aim;                                                                               \
        }                                                                                                    \
    }                                                                                                        \
    static void store_##suffix(const struct pw_basis *b, const REAL *f, const REAL *pa, const REAL *pb, REAL *ha, REAL *hb) \
    {                                                                                                        \
        REAL inverse = (REAL)(1.0 / (double)b->n_point);                                                     \
        for (int g = 0; g < b->n_pw; g++) {                                                                  \
            const REAL *u = f + 2 * (size_t)b->index_d[g], *m = b->real ? f + 2 * (size_t)b->mirror_d[g] : u; \
            REAL kin = (REAL)b->kinetic_d[g];                                                                \
            if (!b->real) {                                                                                  \
                ha[2 * g] = inverse * u[0] + kin * pa[2 * g];                                                \
                ha[2 * g + 1] = inverse * u[1] + kin * pa[2 * g + 1];                                        \
                continue;                                                                                    \
            }                                                                                                \
            REAL half = (REAL)(g == b->self ? 0.5 * M_SQRT1_2 : 0.5) * inverse;                              \
            ha[2 * g] = half * (u[0] + m[0]) + kin * pa[2 * g];                                              \
            ha[2 * g + 1] = half * (u[1] - m[1]) + kin * pa[2 * g + 1];                                      \
            if (hb) {                                                                                        \
                hb[2 * g] = half * (u[1] + m[1]) + kin * pb[2 * g];                                          \
                hb[2 * g + 1] = half * (m[0] - u[0]) + kin * pb[2 * g + 1];                                  \
            }                                                                                                \
        }                                                                                                    \
    }                                                                                                        \
    static void times_v_##suffix(size_t n, const double *v, REAL *f)                                         \
    {                                                                                                        \
        for (size_t p = 0; p < n; p++) {                                                                     \
            f[2 * p] *= (REAL)v[p];                                                                          \
            f[2 * p + 1] *= (REAL)v[p];                                                                      \
        }                                                                                                    \
    }

FFTW_PASSES(float, f32)
FFTW_PASSES(double, f64)

static void one_transform(const struct pw_basis *b, const double *v, const struct la_block *psi, const struct la_block *hpsi, int j,
                          void *f)
{
    bool pair = b->real && j + 1 < psi->n_vec;
    void *pa = pw_vector(psi, j), *pb = pair ? pw_vector(psi, j + 1) : NULL;
    void *ha = pw_vector(hpsi, j), *hb = pair ? pw_vector(hpsi, j + 1) : NULL;
    if (la_is_double(b->type)) {
        load_f64(b, pa, pb, f);
        cpu_fft_backward(b->fft, f);
        times_v_f64(b->n_point, v, f);
        cpu_fft_forward(b->fft, f);
        store_f64(b, f, pa, pb, ha, hb);
    } else {
        load_f32(b, pa, pb, f);
        cpu_fft_backward(b->fft, f);
        times_v_f32(b->n_point, v, f);
        cpu_fft_forward(b->fft, f);
        store_f32(b, f, pa, pb, ha, hb);
    }
}

void cpu_local_fftw(const struct pw_basis *basis, const double *v, const struct la_block *psi, const struct la_block *hpsi, void *work)
{
    size_t bytes = cpu_fftw_bytes(basis);
    int step = basis->real ? 2 : 1, count = (psi->n_vec + step - 1) / step;
#pragma omp parallel for schedule(dynamic) num_threads(basis->dev->n_thread)
    for (int i = 0; i < count; i++)
        one_transform(basis, v, psi, hpsi, i * step, (char *)work + (size_t)cpu_thread() * bytes);
}

/* rho += wa Re(F')^2 + wb Im(F')^2 with F' = exp(ik.r) F real orbitals, or w |F|^2. exp(2ik.r) is known per axis:
 * |F|^2 = a^2 + b^2 and Re(F^2 exp(2ik.r)) = a^2 - b^2. */
static void accumulate(const struct pw_basis *b, const void *f, double wa, double wb, size_t first, size_t last, double *rho)
{
    bool single = !la_is_double(b->type), split = b->real && wa != wb;
    double sum = 0.5 * (wa + wb), difference = 0.5 * (wa - wb);
    for (size_t p = first; p < last; p++) {
        double re = single ? (double)((const float *)f)[2 * p] : ((const double *)f)[2 * p];
        double im = single ? (double)((const float *)f)[2 * p + 1] : ((const double *)f)[2 * p + 1];
        rho[p] += sum * (re * re + im * im);
        if (!split)
            continue;
        size_t z = p % (size_t)b->n[2], y = p / (size_t)b->n[2] % (size_t)b->n[1], x = p / (size_t)b->n[2] / (size_t)b->n[1];
        const double *px = b->phase_d[0][x], *py = b->phase_d[1][y], *pz = b->phase_d[2][z];
        double cxy = px[0] * py[0] - px[1] * py[1], sxy = px[0] * py[1] + px[1] * py[0];
        double c = cxy * pz[0] - sxy * pz[1], s = cxy * pz[1] + sxy * pz[0];
        rho[p] += difference * (c * (re * re - im * im) - s * 2 * re * im);
    }
}

void cpu_density_fftw(const struct pw_basis *basis, const struct la_block *psi, const double *occ, double *rho, void *work)
{
    size_t bytes = cpu_fftw_bytes(basis);
    int step = basis->real ? 2 : 1, n_thread = basis->dev->n_thread, count = (psi->n_vec + step - 1) / step;
    double weight = (basis->real ? 0.5 : 1.0) / (basis->volume * basis->density_gain); /* real orbitals travel times sqrt(2) */
    for (int first = 0; first < count; first += n_thread) {
        int last = first + n_thread < count ? first + n_thread : count;
#pragma omp parallel for schedule(static, 1) num_threads(n_thread)
        for (int i = first; i < last; i++) {
            void *f = (char *)work + (size_t)(i - first) * bytes, *pa = pw_vector(psi, i * step);
            void *pb = basis->real && i * step + 1 < psi->n_vec ? pw_vector(psi, i * step + 1) : NULL;
            if (la_is_double(basis->type))
                load_f64(basis, pa, pb, f);
            else
                load_f32(basis, pa, pb, f);
            cpu_fft_backward(basis->fft, f);
        }
        size_t slab = (basis->n_point + 63) / 64;
#pragma omp parallel for schedule(static) num_threads(n_thread)
        for (int part = 0; part < 64; part++)
            for (int i = first; i < last; i++) {
                size_t from = (size_t)part * slab, to = from + slab < basis->n_point ? from + slab : basis->n_point;
                int b = i * step + 1 < psi->n_vec ? i * step + 1 : i * step;
                if (from < to)
                    accumulate(basis, (char *)work + (size_t)(i - first) * bytes, weight * occ[i * step],
                               weight * occ[basis->real ? b : i * step], from, to, rho);
            }
    }
}
