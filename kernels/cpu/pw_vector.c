// SPDX-License-Identifier: BSD-3-Clause
/* pw_vector.c - what is done to orbitals one plane wave at a time: gradients, residuals, preconditioner, noise. */
#include <math.h>

#include "kernels/cpu/pw.h"
#include "kernels/cpu/pw_codelet.h"
#include "kernels/philox.h"

static const struct real_codelets *reals_of(enum la_type type)
{
#if defined(__x86_64__)
    if (cpu_simd_level() == CPU_AVX512)
        return &pw_reals_avx512[la_is_double(type)];
    if (cpu_simd_level() == CPU_AVX2)
        return &pw_reals_avx2[la_is_double(type)];
#endif
    return &pw_reals_baseline[la_is_double(type)];
}

static void gradient_vector(const struct pw_basis *b, int axis, const void *x, void *y)
{
    const double *q = b->kg_d + (size_t)axis * (size_t)b->n_pw;
    for (int g = 0; g < b->n_pw; g++)
        if (la_is_double(b->type)) {
            double re = ((const double *)x)[2 * g], im = ((const double *)x)[2 * g + 1];
            ((double *)y)[2 * g] = -q[g] * im;
            ((double *)y)[2 * g + 1] = q[g] * re;
        } else {
            double re = (double)((const float *)x)[2 * g], im = (double)((const float *)x)[2 * g + 1];
            ((float *)y)[2 * g] = (float)(-q[g] * im);
            ((float *)y)[2 * g + 1] = (float)(q[g] * re);
        }
}

kd_status cpu_gradient(kd_device *dev, kd_stream *s, const struct pw_basis *b, int axis, const struct la_block *psi,
                              const struct la_block *out)
{
    (void)s;
    cpu_enter(dev);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (int j = 0; j < psi->n_vec; j++)
        gradient_vector(b, axis, pw_vector(psi, j), pw_vector(out, j));
    cpu_leave(dev);
    return KD_OK;
}

kd_status cpu_residual(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *x,
                              const struct la_block *hx, const double *eps_d, const struct la_block *w, double *norm2_d)
{
    (void)s;
    const struct real_codelets *reals = reals_of(b->type);
    cpu_enter(dev);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (int j = 0; j < x->n_vec; j++)
        norm2_d[j] = reals->residual(2 * (size_t)b->n_pw, pw_vector(hx, j), pw_vector(x, j), eps_d[j], pw_vector(w, j));
    cpu_leave(dev);
    return KD_OK;
}

kd_status cpu_precondition(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *x,
                                  const struct la_block *w)
{
    (void)s;
    const struct real_codelets *reals = reals_of(b->type);
    cpu_enter(dev);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (int j = 0; j < x->n_vec; j++)
        reals->precondition((size_t)b->n_pw, b->kinetic_d, pw_vector(x, j), pw_vector(w, j));
    cpu_leave(dev);
    return KD_OK;
}

enum { ORBITALS = 4 }; /* the random stream of orbitals (host/base/rng.h) */

kd_status cpu_noise(kd_device *dev, kd_stream *s, const struct pw_basis *b, uint64_t seed, double amplitude, const struct la_block *x)
{
    (void)s;
    cpu_enter(dev);
    double norm = 0;
    for (int g = 0; g < b->n_pw; g++)
        norm += 1 / ((1 + 2 * b->kinetic_d[g]) * (1 + 2 * b->kinetic_d[g]));
    amplitude *= sqrt(1.5 / norm); /* mean square of a uniform number from -1 to 1 is 1/3 */
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (int j = 0; j < x->n_vec; j++)
        for (int g = 0; g < b->n_pw; g++) {
            double u[2], size;
            philox_uniforms(seed, ORBITALS, (uint64_t)b->index_d[g], (uint32_t)j, u);
            size = amplitude / (1 + 2 * b->kinetic_d[g]);
            double re = size * (2 * u[0] - 1), im = g == b->self ? 0 : size * (2 * u[1] - 1);
            if (la_is_double(b->type)) {
                double *v = pw_vector(x, j);
                v[2 * g] += re;
                v[2 * g + 1] += im;
            } else {
                float *v = pw_vector(x, j);
                v[2 * g] += (float)re;
                v[2 * g + 1] += (float)im;
            }
        }
    cpu_leave(dev);
    return KD_OK;
}
