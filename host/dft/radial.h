// SPDX-License-Identifier: BSD-3-Clause
/* radial.h - Fourier transforms of the radial functions of a pseudopotential, on the meshes and with the rules of pw.x, so that
 * energies agree to the last digits: Simpson's rule up to r = 10 bohr, projectors on a table of step 0.01 with cubic Lagrange
 * interpolation. Hartree atomic units. */
#ifndef KD_DFT_RADIAL_H
#define KD_DFT_RADIAL_H

#include "host/atom/pseudo.h"

/* Local potential times the volume, for |G| = q[n], q[0] may be 0 (then the finite "alpha Z" part alone):
 *   u(q) = 4 pi integral r (r v(r) + Z erf(r)) sin(qr)/(qr) dr - 4 pi Z exp(-q^2/4) / q^2.  slope (may be NULL) is du/dq. */
kd_status radial_local(const struct pseudo *p, int n, const double *q, double *u, double *slope);

/* Number of valence electrons of the atom seen at q: integral of 4 pi r^2 rho sin(qr)/(qr). */
kd_status radial_charge(const struct pseudo *p, int n, const double *q, double *u);

/* The same of the model core density (zero without one), and its slope (may be NULL). */
kd_status radial_core(const struct pseudo *p, int n, const double *q, double *u, double *slope);

/* Projectors of one species after the rotation that makes D diagonal, tabulated in q. */
struct beta_table {
    int n_beta, n_q;
    double step;                           /* 1/bohr */
    int l[PSEUDO_MAX_PROJECTOR];
    double coupling[PSEUDO_MAX_PROJECTOR]; /* Ha */
    double *table;                         /* [n_beta][n_q] 4 pi integral r^2 (beta/r) j_l(qr) dr at q = step i */
};
kd_status beta_table_create(const struct pseudo *p, double q_max, struct beta_table *out);
/* The same for the atomic orbitals of the reference atom (occupation >= 0), coupling 1. */
kd_status orbital_table_create(const struct pseudo *p, double q_max, struct beta_table *out);
void beta_table_free(struct beta_table *t);
/* Value and slope (may be NULL) of projector b at q. */
double beta_at(const struct beta_table *t, int b, double q, double *slope);

#endif
