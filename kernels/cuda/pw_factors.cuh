// SPDX-License-Identifier: BSD-3-Clause
/* pw_factors.cuh - nonlocal projectors of chains taken apart: forms of a species times phases of an atom, made on the fly.
 *
 *   <k+G|beta> = (-i)^l form(k+G) exp(-i angle),   angle = (k+G).tau
 *
 * The power of i drops out of |beta><beta| u; what is left of it is which part of sum_G form exp(i angle) u counts: for real orbitals the
 * real part where l is even and the imaginary part where it is odd, for complex ones both. A sheet is up to FACTOR_FORMS forms of one species
 * and one part. The imaginary part is the real part with all phases turned by -i, so that every sheet is treated alike.
 *
 * exp(i angle) of a plane wave is that of the first of its line along z times that of so many steps: two small tables an atom, which stay in L2,
 * where stored projectors would be read whole from memory twice a step. */
#ifndef KD_CUDA_PW_FACTORS_CUH
#define KD_CUDA_PW_FACTORS_CUH

#include "kernels/cuda/number.cuh"
#include "kernels/pw_ops.h"

enum { FACTOR_FORMS = 6, FACTOR_ATOMS = 32, FACTOR_POLARISATIONS = 3 };

struct factor_sheet {
    int row, n_form;    /* forms row .. row + n_form - 1 of the table */
    int atom, n_atom;   /* atoms sorted by species */
    int imaginary;      /* the part */
    int narrow_before, wide_before; /* atoms of the sheets before it, of up to two forms and of more */
};
struct factor_tile { /* of up to FACTOR_ATOMS atoms of a sheet */
    int sheet, atom;
};

struct pw_factors {
    int n_form, n_atom, n_sheet, n_tile;
    int n_line, n_step, n_pw;
    size_t ld;            /* of a form */
    int narrow, wide;     /* atoms of all sheets, of up to two forms and of more */
    void *form_d;         /* [row][ld] form, times sqrt(2) for real orbitals but at the wave that is its own partner */
    double *coupling_d;   /* [row] */
    void *first_d[2], *step_d[2]; /* phases: 0 [line][atom], 1 [atom][line]; the same of steps */
    const unsigned *place_d;      /* [n_pw] of the basis: line << PW_STEP_BITS | step */
    struct factor_sheet *sheet_d; /* [n_sheet] */
    struct factor_tile *tile_d;   /* [n_tile] */
    struct factor_sheet *sheet;   /* host copy */
};

kd_status cuda_factors_create(const struct pw_basis *b, const struct pw_projector_spec *spec, struct pw_factors **out);
void cuda_factors_destroy(kd_device *dev, struct pw_factors *f); /* NULL is fine */

/* Sums over the plane waves of a vector that the recurrence needs: <u|w>, <w|w>, <u|u>. */
enum { CHAIN_UW, CHAIN_WW, CHAIN_UU, CHAIN_SUMS };

struct factor_block { /* one k-point: w += V_nl u - b_(n-1) u_(n-1), and the sums of its vectors; it has sheets */
    const struct pw_basis *basis;
    const struct pw_factors *factors;
    const struct la_block *u, *w, *before;
    const double *b; /* [polarisation][n_max] */
    double *sums;    /* [polarisation][CHAIN_SUMS][n_chunk], of which the first cuda_factors_chunks are set */
};
struct chain_step { /* which n */
    int step;         /* -1: the start of chains */
    const int *count; /* on the device: steps before those of a graph; NULL: step is the number itself */
    int n_max, n_chunk;
};
int cuda_factors_chunks(const struct pw_basis *b);
size_t cuda_factors_scratch(int n_k, const struct factor_block *k);
kd_status cuda_factors_add(kd_device *dev, kd_stream *s, int n_k, const struct factor_block *k, const struct chain_step *when);

__device__ __forceinline__ int number_of(const struct chain_step &when)
{
    return when.count ? *when.count + when.step : when.step;
}

#endif
