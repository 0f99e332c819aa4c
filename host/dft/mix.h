// SPDX-License-Identifier: BSD-3-Clause
/* mix.h - from the density that went in and the one that came out to the next one: Pulay (Anderson) mixing in the Coulomb metric,
 * Chem. Phys. Lett. 73, 393 (1980). Everything long stays on the device. */
#ifndef KD_DFT_MIX_H
#define KD_DFT_MIX_H

#include "host/dft/sphere.h"
#include "kernels/la_ops.h"

enum { MIX_HISTORY = 8 };

struct mix {
    kd_device *dev;
    size_t n_real;   /* 2 n_g */
    double fraction, *metric_d, *root_d, *damp_d; /* [n_real] 4 pi volume / G^2, its square root, fraction times Kerker factor */
    struct la_block rho, residual, weighted;      /* [MIX_HISTORY + 1][n_real] double; the last vector is the newest */
    double *m_d, *dot_d, *step_d;
    int n_stored;
};

/* kerker: screening wave vector in 1/bohr (0: none): damps long waves by G^2/(G^2 + kerker^2), for metals. */
kd_status mix_create(kd_device *dev, const struct sphere *density, double volume, double fraction, double kerker, struct mix *out);
void mix_free(struct mix *m);
void mix_restart(struct mix *m); /* forget the history */

/* Hartree energy of (out - in), Ha: the estimate of how far the energy is from its minimum. */
kd_status mix_distance(struct mix *m, const double *in_d, const double *out_d, double *energy);

/* in_d [n_g] complex <- the next density to try, from it and the density out_d that came of it. */
kd_status mix_next(struct mix *m, double *in_d, const double *out_d);

#endif
