// SPDX-License-Identifier: BSD-3-Clause
/* projector.h - the nonlocal pseudopotential in plane waves: what pw_ops.projectors_create is given. */
#ifndef KD_DFT_PROJECTOR_H
#define KD_DFT_PROJECTOR_H

#include "host/dft/radial.h"
#include "host/dft/sphere.h"
#include "kernels/pw_ops.h"

struct projector_forms { /* owner of the arrays of a pw_projector_spec */
    struct pw_projector_spec spec;
    int *first_form, *l;
    double *coupling, *form;
};

/* Forms of every species on one sphere: beta(|k+G|) Y_lm / sqrt(volume). strain < 0: the projectors; strain = 0..5 (xx yy zz yz xz xy =
 * ab): their derivative by strain e_ab at fixed coefficients, -(k+G)_a d/d(k+G)_b - delta_ab / 2, symmetric in ab. */
kd_status projector_forms_create(const struct crystal *c, const struct beta_table *table, const struct sphere *s, int strain,
                                 struct projector_forms *out);
void projector_forms_free(struct projector_forms *f);

/* Real spherical harmonic times q^l, index lm = l^2 + m' (m' = 0..2l), and its gradient by q (may be NULL). l <= 3. */
double solid_harmonic(int lm, const double q[3], double gradient[3]);

#endif
