// SPDX-License-Identifier: BSD-3-Clause
/* grid_ops.h - functions on the dense real-space grid and their Fourier components: density, potentials, exchange-correlation.
 *
 * Real-space arrays are double [n0][n1][n2] over the cell, point (i,j,k) at i/n0 a1 + j/n1 a2 + k/n2 a3 (docs/conventions.md).
 * Densities are real, so only half of the sphere |G|^2/2 <= 4 ecut is kept: complex f_g[n_g] (pairs of doubles) over the G listed at
 * creation, first G = 0; f(-G) = conj f(G) is implied, and a sum over the sphere counts every G but the first twice.
 * forward: f_g = 1/N sum_r f(r) exp(-i G.r); backward: f(r) = sum_G f_g exp(i G.r).
 * All arithmetic is FP64, also in mixed precision: these arrays are small beside the orbitals. */
#ifndef KD_GRID_OPS_H
#define KD_GRID_OPS_H

#include "kernels/device.h"

#ifdef __cplusplus
extern "C" {
#endif

struct grid_spec {
    int n[3];
    double volume;         /* bohr^3 */
    int n_g;
    const int (*miller)[3]; /* [n_g] host: G = sum_a miller[a] b_a; |miller[a]| < n[a]/2 (strictly), one of G and -G, first (0,0,0) */
    const double (*g)[3];   /* [n_g] host: the same, Cartesian, 1/bohr */
};

struct grid; /* the backend's: index tables and transform plans */

/* What one evaluation of the potential reads and writes; all device memory of the caller's. */
struct grid_potential {
    const double *rho_g_d;   /* [n_g] complex: valence density, bohr^-3 */
    const double *core_g_d;  /* [n_g] complex: model core density (NLCC), or NULL */
    const double *local_d;   /* [n] local pseudopotential, Ha */
    double *rho_d;           /* [n] out: valence density on the grid */
    double *effective_d;     /* [n] out: local + Hartree + exchange-correlation, Ha */
    double *xc_d;            /* [n] out: exchange-correlation potential alone, Ha */
    double *sums_d;          /* [GRID_N_SUM] out */
};
enum {
    GRID_HARTREE,  /* E_H, Ha; G = 0 left out (compensated by the ions and the background) */
    GRID_XC,       /* E_xc of valence + core, Ha */
    GRID_HXC_RHO,  /* integral (V_H + V_xc) rho, Ha: what the band energies counted */
    GRID_LOCAL,    /* integral V_local rho, Ha */
    GRID_CHARGE,   /* integral rho, electrons */
    GRID_NEGATIVE, /* integral of the negative part of rho, <= 0, electrons */
    GRID_STRESS,   /* 6 numbers: gradient part of the xc stress, (1/N) sum_r 2 de/dsigma d_a rho d_b rho, xx yy zz yz xz xy, Ha/bohr^3 */
    GRID_N_SUM = GRID_STRESS + 6
};

struct grid_ops {
    /* Set-up: tables and plans. n of factors 2, 3, 5, 7 only (KD_EINPUT). */
    kd_status (*create)(kd_device *dev, const struct grid_spec *spec, struct grid **out);
    void (*destroy)(kd_device *dev, struct grid *grid); /* NULL is fine */
    /* Scratch that any op of this table takes. */
    size_t (*scratch)(const kd_device *dev, const struct grid *grid);

    /* r_d [n] double -> g_d [n_g] complex. Components outside the sphere are dropped. r_d is left as it was. */
    kd_status (*forward)(kd_device *dev, kd_stream *s, const struct grid *grid, const double *r_d, double *g_d);
    /* g_d [n_g] complex -> r_d [n] double. */
    kd_status (*backward)(kd_device *dev, kd_stream *s, const struct grid *grid, const double *g_d, double *r_d);

    /* Hartree and PBE (Perdew, Burke, Ernzerhof, PRL 77, 3865 (1996)) potentials and energies of a density, in one step. Gradients
     * and the divergence are taken in reciprocal space over the sphere, as pw.x does; density below 1e-10 (LDA part), or below 1e-6, or
     * |grad rho|^2 below 1e-10 (gradient part) does not contribute. Sums in fixed order. */
    kd_status (*potential)(kd_device *dev, kd_stream *s, const struct grid *grid, const struct grid_potential *p);

    /* The average over the space group, in place: every point of an orbit gets the mean of the orbit, summed in the order of the list.
     * Orbit i is place_d[first_d[i]] .. place_d[first_d[i+1]-1], places on the grid; first_d has n_orbit + 1 entries. No place is in two
     * orbits; places in none keep their value. */
    kd_status (*symmetrize)(kd_device *dev, kd_stream *s, const struct grid *grid, int n_orbit, const int *first_d, const int *place_d,
                            double *rho_d);
};

#ifdef __cplusplus
}
#endif
#endif
