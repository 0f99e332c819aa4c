// SPDX-License-Identifier: BSD-3-Clause
/* sphere.h - which plane waves there are: product grid, density sphere, orbital spheres. */
#ifndef KD_DFT_SPHERE_H
#define KD_DFT_SPHERE_H

#include "host/dft/crystal.h"

struct sphere {
    int n;
    int (*miller)[3]; /* [n] */
    double (*g)[3];   /* [n] k+G Cartesian, 1/bohr */
    int n_shell;      /* density sphere: distinct |G| */
    double *shell;    /* [n_shell] |G|, ascending */
    int *shell_of;    /* [n] */
};

/* Points of the product grid for |G|^2/2 <= 4 ecut, chosen as pw.x does: twice the largest index of the sphere along each axis plus
 * one, rounded up to a product of 2, 3 and 5. */
void grid_size(const struct crystal *c, double ecut, int n[3]);

/* Density: |G|^2/2 <= 4 ecut, one of G and -G, sorted by |G| (grid_ops.h). */
kd_status density_sphere(const struct crystal *c, double ecut, struct sphere *out);

/* Orbitals at k = sum_a frac[a] b_a: |k+G|^2/2 <= ecut, sorted by column (pw_ops.h). half: one of G and -G-2k. */
kd_status orbital_sphere(const struct crystal *c, double ecut, const double frac[3], bool half, struct sphere *out);

void sphere_free(struct sphere *s);

#endif
