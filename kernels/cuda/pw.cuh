// SPDX-License-Identifier: BSD-3-Clause
/* pw.cuh - the plane-wave basis of the CUDA backend.
 *
 * FP32 orbitals on grids whose lengths have two parts (dft.cuh) and whose z planes fit into shared memory take the fused passes:
 *   columns  sphere -> [fft][z][column]: transforms along z of the occupied columns
 *   plane    one z plane of one fft in shared memory: y, x, times V, x, y (or |psi|^2)
 *   sphere   columns -> sphere: transforms along z, kinetic energy
 * Everything else goes through cuFFT on whole grids, which is their twin in the tests (KEDGE_FFT=cufft). */
#ifndef KD_CUDA_PW_CUH
#define KD_CUDA_PW_CUH

#include "kernels/cuda/libraries.cuh"
#include "kernels/pw_ops.h"

/* An occupied line along z of the full sphere: the run of the stored sphere that lies at z0, z0+1 .. (modulo n), and the run that
 * lies there conjugated and reversed from mz0 on (real orbitals: the partners -G-2k of a stored column). */
struct pw_column {
    int src, z0, len, msrc, mz0, mlen;
};
/* A stored column: where it is among the columns, where its partner is (real), its run. */
struct pw_run {
    int col, partner, src, z0, len;
};

struct pw_shape { /* what the fused passes know, by value */
    int n[3];
    int ax, bx, ay, by, az, bz; /* parts of the lengths */
    int n_column, n_run, ldt;   /* columns; stored columns; leading dimension of the columns, a multiple of PW_TILE */
    int low, high, x_most, x_least; /* x rows kept in the plane: [0,low) and [n-high,n), occupied ones <= x_most or >= n+x_least */
    int pitch, lines;           /* of the plane; lines along x in flight */
    int self;                   /* the plane wave that is its own partner, or -1 */
    int twice_kz;               /* modulo n[2] */
    const struct pw_column *column_d;
    const struct pw_run *run_d;
    const unsigned *place_d; /* [n_column] row of the plane * 65536 + y */
    const int2 *y_run_d;     /* [row] occupied y: .y of them from .x on, modulo n[1] */
    const float2 *root_d[3]; /* [n[a]] exp(2 pi i j / n) */
    const float2 *phase_d[3]; /* [n[a]] exp(i 2k.r) along the axis; along y in slot order */
    const float *kinetic_d;  /* [n_pw] */
};
enum { PW_TILE = 16, PW_STEP_BITS = 12 };

struct pw_basis {
    kd_device *dev;
    enum la_type type;
    bool real, fused;
    int n[3], n_pw, twice_k[3];
    int self;
    size_t n_number, n_point;
    double volume, noise_norm; /* sum over plane waves of 1/(1 + |k+G|^2)^2 */
    int *index_d, *mirror_d;   /* [n_pw] grid places of G and of -G-2k (real) */
    double *kg_d, *kinetic_d;  /* [3][n_pw], [n_pw] */
    double2 *phase_d[3];       /* [n[a]] exp(i 2k.r) along each axis; real only */
    int n_line, n_step;        /* runs along z, and the longest */
    int *line_d;               /* [n_line] first plane wave of each */
    unsigned *place_d;         /* [n_pw] line << PW_STEP_BITS | step from its first */
    double z_step[3];          /* one step along z, Cartesian, 1/bohr */
    struct pw_shape shape;
    int threads;               /* of the plane pass */
    size_t plane_bytes;
    void *owned[12];           /* device tables of the shape */
    cufftHandle plan;          /* whole grids, `batch` at a time */
    int batch;
    size_t plan_bytes;
};

struct pw_factors;
struct pw_projectors {
    const struct pw_basis *basis;
    int n_proj;
    struct la_block beta;
    double *coupling_d;         /* [n_proj] */
    struct pw_factors *factors; /* for chains only (pw_factors.cuh): then there is no beta; else NULL */
};

static inline void *pw_vector(const struct la_block *b, int j)
{
    return static_cast<char *>(b->x_d) + static_cast<size_t>(j) * b->ld * la_size(b->type);
}

/* Transforms of a block: pairs of real orbitals, single complex ones. */
static inline int pw_n_fft(const struct pw_basis *b, int n_vec)
{
    return b->real ? (n_vec + 1) / 2 : n_vec;
}

/* The same local part of H (kinetic energy included) and density by both ways. occ_d [n_vec]; rho_d [n0][n1][n2] +=. */
kd_status cuda_local_fused(kd_device *dev, kd_stream *s, const struct pw_basis *b, const float *v_d, const struct la_block *psi,
                           const struct la_block *hpsi);
kd_status cuda_density_fused(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *psi, const double *occ_d,
                             double *rho_d);
size_t cuda_fused_scratch(const struct pw_basis *b, int n_vec);
kd_status cuda_pack_fused(kd_stream *s, const struct pw_basis *b, const double *v_d, float *packed_d);

kd_status cuda_local_cufft(kd_device *dev, kd_stream *s, const struct pw_basis *b, const double *v_d, const struct la_block *psi,
                           const struct la_block *hpsi);
kd_status cuda_density_cufft(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *psi, const double *occ_d,
                             double *rho_d);
size_t cuda_cufft_scratch(const struct pw_basis *b);
kd_status cuda_cufft_create(struct pw_basis *b);

/* Tables of the fused passes; leaves b->fused false where they cannot be used. */
kd_status cuda_shape_create(struct pw_basis *b, const struct pw_spec *spec);
int cuda_wrapped(int m, int n);

kd_status cuda_projector_fill(kd_stream *s, const struct pw_basis *b, const double *form_d, int l, const double tau[3], void *beta_d);
kd_status cuda_multiply_rows(kd_stream *s, int n_row, int n_column, size_t width, const double *factor_d, double *m_d);

kd_status cuda_pw_gradient(kd_device *dev, kd_stream *s, const struct pw_basis *b, int axis, const struct la_block *psi,
                           const struct la_block *out);
kd_status cuda_pw_noise(kd_device *dev, kd_stream *s, const struct pw_basis *b, uint64_t seed, double amplitude, const struct la_block *x);
kd_status cuda_pw_residual(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *x, const struct la_block *hx,
                           const double *eps_d, const struct la_block *w, double *norm2_d);
kd_status cuda_pw_precondition(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *x, const struct la_block *w);
kd_status cuda_pw_search_update(kd_device *dev, kd_stream *s, const struct pw_search *q);
size_t cuda_search_scratch(const struct pw_basis *b, int n_band);

#endif
