// SPDX-License-Identifier: BSD-3-Clause
/* fft.h - three-dimensional transforms of the CPU (FFTW behind one door). */
#ifndef KD_CPU_FFT_H
#define KD_CPU_FFT_H

#include <stdbool.h>

#include "kernels/device.h"

#ifdef __cplusplus
extern "C" {
#endif

struct cpu_fft;

enum cpu_fft_kind { FFT_C64, FFT_C32, FFT_R64 }; /* complex double, complex float, real double <-> half complex [n0][n1][n2/2+1] */

/* Plans for arrays [n0][n1][n2], FFTW_ESTIMATE: the same plan, and so the same bits, in every run. n_thread threads inside one
 * transform (1 when transforms run side by side). KD_EINPUT unless the factors are 2, 3, 5, 7. */
kd_status cpu_fft_create(enum cpu_fft_kind kind, const int n[3], int n_thread, struct cpu_fft **out);
void cpu_fft_destroy(struct cpu_fft *fft);

/* In place, unscaled. forward: exp(-i), backward: exp(+i). x must be 64-byte aligned; several threads may transform at once. */
void cpu_fft_forward(const struct cpu_fft *fft, void *x);
void cpu_fft_backward(const struct cpu_fft *fft, void *x);

/* Out of place between real [n0][n1][n2] and half complex [n0][n1][n2/2+1] (FFT_R64). backward destroys c. */
void cpu_fft_real_forward(const struct cpu_fft *fft, double *r, void *c);
void cpu_fft_real_backward(const struct cpu_fft *fft, void *c, double *r);

bool cpu_fft_length(int n);

#ifdef __cplusplus
}
#endif
#endif
