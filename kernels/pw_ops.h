// SPDX-License-Identifier: BSD-3-Clause
/* pw_ops.h - the plane-wave Hamiltonian on blocks of orbitals: the heart of the ground state and of the spectra.
 *
 * One basis per k-point: the plane waves k+G with |k+G|^2/2 <= ecut. Its orbitals are la_blocks (kernels/la_ops.h) of one type:
 *
 *   LA_C32, LA_C64: complex orbitals, psi_j[g] = c_j(G_g), n = n_pw numbers per vector.
 *   LA_F32, LA_F64: real orbitals, where k = -k up to a reciprocal vector (twice_k = 2k, integers): exp(ik.r) u(r) is real, so
 *     c(-G-2k) = conj c(G), and only one of each pair is in the basis. The vector is plain real numbers re, im, re, im ...
 *     (n = 2 n_pw), times sqrt(2), except that the one plane wave that is its own partner (k = 0, G = 0) is not scaled and its
 *     imaginary part is 0. So <a|b> is the plain real dot product of the stored numbers, every Gram matrix is real, and no code
 *     outside this table knows of half spheres.
 *
 * Plane waves are sorted by column (x, y), then ascending z, so that every column is one contiguous run: a backend gathers runs, not
 * plane waves. For real orbitals whole columns are in or out, but for the column that is its own partner, of which half is in.
 *
 * Units: Ha, bohr. Everything happens on the device; a block, its H, and the search directions stay there for the whole calculation.
 * A backend is free in how it stores the potential and the projectors (packed order, precision, structure factors made on the
 * fly): both are made by this table and opaque above it. Results do not depend on the number of threads. */
#ifndef KD_PW_OPS_H
#define KD_PW_OPS_H

#include <stdint.h>

#include "kernels/la_ops.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pw_spec {
    enum la_type type;
    int n[3];               /* product grid: |miller| range doubled must fit, V is exact on it (docs/ground-state.md) */
    double volume;          /* bohr^3 */
    int n_pw;
    const int (*miller)[3]; /* [n_pw] host, in the order above */
    const double (*kg)[3];  /* [n_pw] host: k+G, Cartesian, 1/bohr */
    int twice_k[3];         /* real types: 2k in reciprocal vectors; else ignored */
};

struct pw_basis;      /* the backend's: tables, plans; made at set-up */
struct pw_projectors; /* the backend's: nonlocal projectors of one basis */

/* Separable nonlocal part: V_nl = sum_p coupling_p |beta_p><beta_p|, one beta for every atom and every form of its species:
 *   <k+G|beta> = (-i)^l form(k+G) exp(-i (k+G).tau),  form real and of parity (-1)^l.
 * (Several projectors of one l are first rotated so that their matrix D is diagonal: host/dft/projector.c.) */
struct pw_projector_spec {
    int n_species;
    const int *first_form; /* [n_species + 1] forms of species s are first_form[s] .. first_form[s+1]-1 */
    const int *l;          /* [n_form] */
    const double *coupling;/* [n_form] Ha */
    const double *form;    /* [n_form][n_pw] host */
    int n_atom;
    const int *species;        /* [n_atom] */
    const double (*tau)[3];    /* [n_atom] Cartesian, bohr */
    bool chains_only;          /* for xas_ops alone: apply and project are never called, a backend need not keep whole vectors */
};

struct pw_hamiltonian {
    const struct pw_basis *basis;
    const void *potential_d;              /* from pack_potential */
    const struct pw_projectors *nonlocal; /* NULL: local only */
};

/* The block that an eigensolver step works on; all blocks of equal shape. x is orthonormal, w is orthogonal to x to a few
 * digits, p almost; hx, hw, hp are H of them. */
struct pw_search {
    struct la_block x, hx, w, hw, p, hp;
    bool has_p;   /* false: p and hp are undefined (first step) */
    int sub;      /* bands per sub-block, at most PW_MAX_SUB */
};
enum { PW_MAX_SUB = 16 };

struct pw_ops {
    /* Set-up. KD_EINPUT for a grid with factors other than 2, 3, 5, 7 or too small for the sphere. */
    kd_status (*create)(kd_device *dev, const struct pw_spec *spec, struct pw_basis **out);
    void (*destroy)(kd_device *dev, struct pw_basis *basis);
    kd_status (*projectors_create)(kd_device *dev, const struct pw_basis *basis, const struct pw_projector_spec *spec,
                                   struct pw_projectors **out);
    void (*projectors_destroy)(kd_device *dev, struct pw_projectors *projectors);
    /* Scratch that any op takes for blocks of up to n_band orbitals of this basis with up to n_proj projectors. */
    size_t (*scratch)(const kd_device *dev, const struct pw_basis *basis, int n_band, int n_proj);

    /* Potential in the order and precision that apply wants; v_d [n0][n1][n2] double, Ha. What comes out depends on the type and the
     * grid of the basis only, so bases that agree in both (k-points of one mesh) share it. */
    size_t (*potential_bytes)(const struct pw_basis *basis);
    kd_status (*pack_potential)(kd_device *dev, kd_stream *s, const struct pw_basis *basis, const double *v_d, void *packed_d);

    /* hpsi = (|k+G|^2/2 + V + V_nl) psi, for every orbital of the block. hpsi and psi differ. */
    kd_status (*apply)(kd_device *dev, kd_stream *s, const struct pw_hamiltonian *h, const struct la_block *psi,
                       const struct la_block *hpsi);

    /* rho_d[n0][n1][n2] += sum_j occ_d[j] |psi_j(r)|^2, bohr^-3; occ [n_vec] double on the device, k-weight and spin included.
     * FP64 sum over FP32 products in mixed precision, fixed order. */
    kd_status (*density)(kd_device *dev, kd_stream *s, const struct pw_basis *basis, const struct la_block *psi, const double *occ_d,
                         double *rho_d);

    /* out_j = d psi_j / d r_axis, that is i (k+G)_axis c(G); real orbitals stay real. */
    kd_status (*gradient)(kd_device *dev, kd_stream *s, const struct pw_basis *basis, int axis, const struct la_block *psi,
                          const struct la_block *out);

    /* x_v = <k+G|beta_v> of the spec: its projectors as orbitals (atomic orbitals to start from). x has as many vectors as the spec. */
    kd_status (*superpose)(kd_device *dev, kd_stream *s, const struct pw_basis *basis, const struct pw_projector_spec *spec,
                           const struct la_block *x);

    /* x_j += amplitude * noise, noise a vector of norm about 1 that falls off with the kinetic energy. Philox keyed by seed, counted by
     * (place of G on the product grid, j): the same on every device. Real orbitals stay real. */
    kd_status (*noise)(kd_device *dev, kd_stream *s, const struct pw_basis *basis, uint64_t seed, double amplitude,
                       const struct la_block *x);

    /* m[j][p] = <beta_p|psi_j>, a small matrix of the block's kind; p runs over atoms, then forms of the atom's species. */
    kd_status (*project)(kd_device *dev, kd_stream *s, const struct pw_projectors *projectors, const struct la_block *psi,
                         double *m_d);

    /* w_j = hx_j - eps_j x_j and norm2_d[j] = |w_j|^2 (FP64 sum), eps_d [n_vec]. */
    kd_status (*residual)(kd_device *dev, kd_stream *s, const struct pw_basis *basis, const struct la_block *x,
                          const struct la_block *hx, const double *eps_d, const struct la_block *w, double *norm2_d);

    /* w_j(G) <- K(|k+G|^2/2 / (1.5 E_kin of x_j)) w_j(G), Teter, Payne, Allan, PRB 40, 12255 (1989):
     * K(t) = (27 + 18 t + 12 t^2 + 8 t^3) / (27 + 18 t + 12 t^2 + 8 t^3 + 16 t^4). */
    kd_status (*precondition)(kd_device *dev, kd_stream *s, const struct pw_basis *basis, const struct la_block *x,
                              const struct la_block *w);

    /* One PPCG update (Vecharynski, Yang, Pask, J. Comput. Phys. 290, 73 (2015)): for each sub-block of up to `sub` bands, the lowest
     * Ritz vectors of span(x, w, p); x, hx and the new directions p, hp are updated in place; w, hw are left undefined.
     * Gram matrices and eigenproblems FP64; near-dependent directions are dropped. x is left orthonormal inside each sub-block only. */
    kd_status (*search_update)(kd_device *dev, kd_stream *s, const struct pw_search *q);
};

/* Leading dimension for vectors of n numbers: whole cache lines, and never a multiple of 4 kB (cache aliasing between vectors). */
static inline size_t pw_leading(enum la_type type, size_t n)
{
    size_t line = 256 / la_size(type), ld = (n + line - 1) / line * line;
    return ld * la_size(type) % 4096 == 0 ? ld + line : ld;
}

#ifdef __cplusplus
}
#endif
#endif
