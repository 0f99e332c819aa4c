// SPDX-License-Identifier: BSD-3-Clause
/* symmetry.h - the space group of a crystal. The only door to spglib. */
#ifndef KD_SYMMETRY_H
#define KD_SYMMETRY_H

#include "kernels/status.h"

struct symmetry_op { /* frac -> rotation frac + translation maps the crystal onto itself */
    int rotation[3][3];
    double translation[3];
};

/* All operations of the space group of n_atom atoms at frac[][3] (fractions of the rows of cell), kind[] telling equal atoms;
 * distances within `tolerance`, in the unit of cell. The identity comes first. At least the identity is found. The caller frees
 * *op. KD_ENOMEM. */
kd_status symmetry_find(const double cell[3][3], int n_atom, const double (*frac)[3], const int *kind, double tolerance,
                        struct symmetry_op **op, int *n_op);

#endif
