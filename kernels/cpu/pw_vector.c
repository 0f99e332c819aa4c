// SPDX-License-Identifier: BSD-3-Clause
/* pw_vector.c - what is done to orbitals one plane wave at a time: gradients, residuals, preconditioner, noise. */
#include <math.h>

#include "kernels/cpu/pw.h"
#include "kernels/philox.h"

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
    size_t count = 2 * (size_t)b->n_pw;
    cpu_enter(dev);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (int j = 0; j < x->n_vec; j++) {
        const void *u = pw_vector(x, j), *h = pw_vector(hx, j);
        void *r = pw_vector(w, j);
        if (la_is_double(b->type))
            for (size_t g = 0; g < count; g++)
                ((double *)r)[g] = ((const double *)h)[g] - eps_d[j] * ((const double *)u)[g];
        else
            for (size_t g = 0; g < count; g++)
                ((float *)r)[g] = ((const float *)h)[g] - (float)eps_d[j] * ((const float *)u)[g];
        norm2_d[j] = cpu_dot_reals(b->type, b->n_number, r, r);
    }
    cpu_leave(dev);
    return KD_OK;
}

static double teter(double t)
{
    double p = 27 + t * (18 + t * (12 + 8 * t));
    return p / (p + 16 * t * t * t * t);
}

static void precondition_vector(const struct pw_basis *b, const void *x, void *w)
{
    double kinetic = 0, norm = 0;
    for (int g = 0; g < b->n_pw; g++) {
        double re = la_is_double(b->type) ? ((const double *)x)[2 * g] : (double)((const float *)x)[2 * g];
        double im = la_is_double(b->type) ? ((const double *)x)[2 * g + 1] : (double)((const float *)x)[2 * g + 1];
        kinetic += b->kinetic_d[g] * (re * re + im * im);
        norm += re * re + im * im;
    }
    double scale = norm / (1.5 * kinetic + 1e-10 * norm + 1e-300);
    for (int g = 0; g < b->n_pw; g++) {
        double k = teter(scale * b->kinetic_d[g]);
        if (la_is_double(b->type)) {
            ((double *)w)[2 * g] *= k;
            ((double *)w)[2 * g + 1] *= k;
        } else {
            ((float *)w)[2 * g] *= (float)k;
            ((float *)w)[2 * g + 1] *= (float)k;
        }
    }
}

kd_status cpu_precondition(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *x,
                                  const struct la_block *w)
{
    (void)s;
    cpu_enter(dev);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (int j = 0; j < x->n_vec; j++)
        precondition_vector(b, pw_vector(x, j), pw_vector(w, j));
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
    amplitude *= sqrt(3 / norm); /* mean square of a uniform number is 1/3 */
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (int j = 0; j < x->n_vec; j++)
        for (int g = 0; g < b->n_pw; g++) {
            double u[2], size;
            philox_uniforms(seed, ORBITALS, (uint64_t)b->index_d[g], (uint32_t)j, u);
            size = amplitude * u[0] / (1 + 2 * b->kinetic_d[g]);
            double re = size * cos(2 * M_PI * u[1]), im = g == b->self ? 0 : size * sin(2 * M_PI * u[1]);
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
