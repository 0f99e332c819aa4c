// SPDX-License-Identifier: BSD-3-Clause
/* kpoints.h - Monkhorst-Pack meshes, reduced by time reversal and by those operations of the space group that map the product grid
 * onto itself; and the averages over these operations that make up for it. */
#ifndef KD_DFT_KPOINTS_H
#define KD_DFT_KPOINTS_H

#include "host/dft/crystal.h"

struct kpoint {
    double frac[3], weight; /* weights sum to 1 */
    int twice[3];           /* 2k, where `trim` */
    bool trim;              /* k = -k up to a reciprocal vector: real orbitals */
};

struct symmetry {
    int n_op;
    int (*rotation)[3][3]; /* [n_op] on fractions */
    int (*shift)[3];       /* [n_op] grid points */
    int *image;            /* [n_op][n_atom] the atom onto which atom i is mapped */
    int n_orbit, *first, *place; /* more than one operation: orbits of grid points as grid_ops.symmetrize wants them, [n_orbit + 1], [points] */
};

/* Operations of the crystal that fit the grid n; use = false: the identity alone. */
kd_status symmetry_create(const struct crystal *c, const int n[3], bool use, struct symmetry *out);
void symmetry_free(struct symmetry *s);

/* mesh of points (i + shift/2) / mesh, shift 0 or 1, reduced. The caller frees *k. KD_EINPUT for a mesh below 1 or above 64. */
kd_status kpoints_mesh(const struct symmetry *s, const int mesh[3], const int shift[3], struct kpoint **k, int *n_k);

/* Averages over the group: forces (Ha/bohr), and the six numbers of a symmetric tensor, xx yy zz yz xz xy. */
kd_status symmetry_forces(const struct symmetry *s, const struct crystal *c, double (*force)[3]);
void symmetry_tensor(const struct symmetry *s, const struct crystal *c, double tensor[6]);

#endif
