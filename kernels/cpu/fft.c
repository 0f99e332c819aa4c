// SPDX-License-Identifier: BSD-3-Clause
/* fft.c - FFTW: whole three-dimensional transforms, and the twin of the line codelets. */
#include "kernels/cpu/fft.h"

#include <fftw3.h>
#include <stdlib.h>
#ifdef _OPENMP
#include <omp.h>
#endif

struct cpu_fft {
    enum cpu_fft_kind kind;
    fftw_plan forward, backward;
    fftwf_plan forward32, backward32;
};

bool cpu_fft_length(int n)
{
    static const int prime[4] = {2, 3, 5, 7};
    for (int i = 0; i < 4; i++)
        while (n > 0 && n % prime[i] == 0)
            n /= prime[i];
    return n == 1;
}

/* FFTW's planner is not thread-safe; everything else is. */
static void plan(struct cpu_fft *fft, const int n[3], void *x, void *r)
{
    int m[3] = {n[0], n[1], n[2]};
    if (fft->kind == FFT_C32) {
        fft->forward32 = fftwf_plan_dft_3d(m[0], m[1], m[2], x, x, FFTW_FORWARD, FFTW_ESTIMATE);
        fft->backward32 = fftwf_plan_dft_3d(m[0], m[1], m[2], x, x, FFTW_BACKWARD, FFTW_ESTIMATE);
    } else if (fft->kind == FFT_C64) {
        fft->forward = fftw_plan_dft_3d(m[0], m[1], m[2], x, x, FFTW_FORWARD, FFTW_ESTIMATE);
        fft->backward = fftw_plan_dft_3d(m[0], m[1], m[2], x, x, FFTW_BACKWARD, FFTW_ESTIMATE);
    } else {
        fft->forward = fftw_plan_dft_r2c_3d(m[0], m[1], m[2], r, x, FFTW_ESTIMATE);
        fft->backward = fftw_plan_dft_c2r_3d(m[0], m[1], m[2], x, r, FFTW_ESTIMATE);
    }
}

kd_status cpu_fft_create(enum cpu_fft_kind kind, const int n[3], int n_thread, struct cpu_fft **out)
{
    for (int a = 0; a < 3; a++)
        if (!cpu_fft_length(n[a]))
            FAIL(KD_EINPUT, "FFT grid: %d points along a%d, expected a product of 2, 3, 5, 7", n[a], a + 1);
    size_t count = (size_t)n[0] * (size_t)n[1] * (size_t)(n[2] + 2);
    struct cpu_fft *fft = calloc(1, sizeof *fft);
    void *x = fftw_malloc(count * 16), *r = fftw_malloc(count * 8);
    if (!fft || !x || !r) {
        free(fft);
        fftw_free(x);
        fftw_free(r);
        FAIL(KD_ENOMEM, "FFT grid: no memory for a plan of %d x %d x %d", n[0], n[1], n[2]);
    }
    fft->kind = kind;
#pragma omp critical(kedge_fftw_planner)
    {
#ifdef _OPENMP
        static bool threads_ready;
        if (!threads_ready)
            threads_ready = fftw_init_threads() != 0;
        if (threads_ready)
            fftw_plan_with_nthreads(n_thread);
#else
        (void)n_thread;
#endif
        plan(fft, n, x, r);
    }
    fftw_free(x);
    fftw_free(r);
    *out = fft;
    if (kind == FFT_C32 ? fft->forward32 && fft->backward32 : fft->forward && fft->backward)
        return KD_OK;
    cpu_fft_destroy(fft);
    *out = NULL;
    FAIL(KD_EINTERNAL, "FFTW has no plan for %d x %d x %d", n[0], n[1], n[2]);
}

void cpu_fft_destroy(struct cpu_fft *fft)
{
    if (!fft)
        return;
#pragma omp critical(kedge_fftw_planner)
    {
        if (fft->forward)
            fftw_destroy_plan(fft->forward);
        if (fft->backward)
            fftw_destroy_plan(fft->backward);
        if (fft->forward32)
            fftwf_destroy_plan(fft->forward32);
        if (fft->backward32)
            fftwf_destroy_plan(fft->backward32);
    }
    free(fft);
}

void cpu_fft_forward(const struct cpu_fft *fft, void *x)
{
    if (fft->kind == FFT_C32)
        fftwf_execute_dft(fft->forward32, x, x);
    else
        fftw_execute_dft(fft->forward, x, x);
}

void cpu_fft_backward(const struct cpu_fft *fft, void *x)
{
    if (fft->kind == FFT_C32)
        fftwf_execute_dft(fft->backward32, x, x);
    else
        fftw_execute_dft(fft->backward, x, x);
}

void cpu_fft_real_forward(const struct cpu_fft *fft, double *r, void *c)
{
    fftw_execute_dft_r2c(fft->forward, r, c);
}

void cpu_fft_real_backward(const struct cpu_fft *fft, void *c, double *r)
{
    fftw_execute_dft_c2r(fft->backward, c, r);
}
