// SPDX-License-Identifier: BSD-3-Clause
/* pw_lines.h - the local part of H by pruned line transforms in SIMD registers. */
#ifndef KD_CPU_PW_LINES_H
#define KD_CPU_PW_LINES_H

#include "kernels/la_ops.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pw_basis;
struct pw_spec;
struct pw_lines;

/* *out = NULL when a length has no codelet, the machine has no AVX2, or KEDGE_FFT=fftw: then whole FFTW transforms do the work. */
kd_status pw_lines_create(const struct pw_basis *basis, const struct pw_spec *spec, struct pw_lines **out);
void pw_lines_destroy(struct pw_lines *lines);

size_t pw_lines_bytes(const struct pw_lines *lines);           /* work per thread */
size_t pw_lines_work(const struct pw_lines *lines, int n_thread); /* of apply and density: per thread, or for all the planes of a few orbitals */
size_t pw_lines_potential_bytes(const struct pw_lines *lines);
/* v [n0][n1][n2] double, Ha, to the order and precision of the codelets. */
void pw_lines_pack(const struct pw_basis *basis, const double *v, void *packed);
/* hpsi = (kinetic + V) psi; work: pw_lines_work bytes. */
void pw_lines_apply(const struct pw_basis *basis, const void *packed, const struct la_block *psi, const struct la_block *hpsi, void *work);
/* rho [n0][n1][n2] += sum_j occ[j] |psi_j|^2, orbitals in order whatever the threads. */
void pw_lines_density(const struct pw_basis *basis, const struct la_block *psi, const double *occ, double *rho, void *work);

#ifdef __cplusplus
}
#endif
#endif
