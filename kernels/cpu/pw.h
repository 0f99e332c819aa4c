// SPDX-License-Identifier: BSD-3-Clause
/* pw.h - the plane-wave basis of the CPU backend, shared by pw*.c. */
#ifndef KD_CPU_PW_H
#define KD_CPU_PW_H

#include "kernels/cpu/cpu.h"
#include "kernels/cpu/fft.h"
#include "kernels/cpu/la.h"
#include "kernels/pw_ops.h"

struct pw_lines; /* pruned line transforms, kernels/cpu/pw_lines.h */

struct pw_basis {
    kd_device *dev;
    enum la_type type;
    bool real;
    int n[3], n_pw, twice_k[3];
    int self;        /* the plane wave that is its own partner, or -1 */
    size_t n_number; /* numbers per orbital: 2 n_pw or n_pw */
    size_t n_point;
    double volume;
    int *index_d;           /* [n_pw] grid place of G */
    int *mirror_d;          /* [n_pw] grid place of the partner -G-2k; real only */
    double *kg_d;           /* [3][n_pw] */
    double *kinetic_d;      /* [n_pw] Ha */
    double (*phase_d[3])[2];/* [n[a]] exp(i 2k.r) along each axis; real only */
    double apply_gain, density_gain; /* what FP32 roots of unity, rounded, make of psi -> psi and of |psi|^2; 1 in FP64 */
    struct cpu_fft *fft;
    struct pw_lines *lines; /* NULL: lengths without codelets, or KEDGE_FFT=fftw */
};

/* Projectors taken apart: row (atom i, form f of its species) is i^odd F_f(G) exp(-i (k+G).tau_i), its signs and the sqrt(2) of real
 * orbitals in F. Even forms (l = 0, 2) of a species stand before the odd ones. Numbers are of the basis' precision; planes are
 * PW_FACTOR_PAD plane waves long or a multiple, zeros at the end. */
enum { PW_FACTOR_PAD = 512 };
struct pw_factors {
    size_t ld;
    int n_atom, n_proj;
    void *form_d;         /* [n_form][ld] */
    void *phase_d;        /* [ld / PW_FACTOR_PAD][n_atom][2][PW_FACTOR_PAD] cosine and sine of (k+G).tau: in the order in which chains read them */
    int *first_form_d;    /* [2 n_species + 1] even forms of species s, odd ones, even ones of s+1 ... */
    int *species_d;       /* [n_atom] */
    double *coupling_d;   /* [n_proj] Ha, in this order */
};
kd_status cpu_factors_create(kd_device *dev, const struct pw_basis *b, const struct pw_projector_spec *spec, struct pw_factors *out);
void cpu_factors_destroy(kd_device *dev, struct pw_factors *f);

struct pw_projectors {
    const struct pw_basis *basis;
    int n_proj;
    struct pw_factors factors; /* few vectors at a time (Lanczos) */
    struct la_block beta;      /* whole, for blocks of orbitals */
    double *coupling_d; /* [n_proj] */
};

/* Address of vector j. */
static inline void *pw_vector(const struct la_block *b, int j)
{
    return (char *)b->x_d + (size_t)j * b->ld * la_size(b->type);
}

/* The local part of H by whole FFTW transforms: the twin of the line codelets, and the fall-back. */
void cpu_local_fftw(const struct pw_basis *basis, const double *v, const struct la_block *psi, const struct la_block *hpsi, void *work);
void cpu_density_fftw(const struct pw_basis *basis, const struct la_block *psi, const double *occ, double *rho, void *work);
size_t cpu_fftw_bytes(const struct pw_basis *basis); /* work per thread */

/* Measures the gains of a finished basis (pw_gain.c). */
kd_status cpu_measure_gains(struct pw_basis *basis);
/* V psi and density of a block of orbitals by whichever transforms the basis has. */
void cpu_local_pack(const struct pw_basis *basis, const double *v, void *packed);
void cpu_local_apply(const struct pw_basis *basis, const void *packed, const struct la_block *psi, const struct la_block *hpsi, void *work);
void cpu_local_density(const struct pw_basis *basis, const struct la_block *psi, const double *occ, double *rho, void *work);
size_t cpu_local_work(const struct pw_basis *basis); /* bytes, all threads */
size_t cpu_potential_bytes(const struct pw_basis *basis);

kd_status cpu_search_update(kd_device *dev, kd_stream *s, const struct pw_search *q);
kd_status cpu_gradient(kd_device *dev, kd_stream *s, const struct pw_basis *b, int axis, const struct la_block *psi,
                       const struct la_block *out);
kd_status cpu_residual(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *x, const struct la_block *hx,
                       const double *eps_d, const struct la_block *w, double *norm2_d);
kd_status cpu_precondition(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *x, const struct la_block *w);
kd_status cpu_noise(kd_device *dev, kd_stream *s, const struct pw_basis *b, uint64_t seed, double amplitude, const struct la_block *x);
size_t cpu_search_scratch(const kd_device *dev);

#endif
