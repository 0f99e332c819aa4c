// SPDX-License-Identifier: BSD-3-Clause
/* mix.h - from the density that went in and the one that came out to the next one: Pulay (Anderson) mixing in the Coulomb metric,
 * Chem. Phys. Lett. 73, 393 (1980). Everything long stays on the device. */
#ifndef KD_DFT_MIX_H
#define KD_DFT_MIX_H

#include "host/dft/sphere.h"
#include "kernels/la_ops.h"

enum { MIX_SLOTS = 9 }; /* densities that are combined: the newest and eight before it */

struct mix {
    kd_device *dev;
    size_t n_real;   /* 2 n_g */
    double fraction, *metric_d, *damp_d; /* [n_real] 4 pi volume / G^2; fraction times Kerker factor */
    struct la_block rho, residual;       /* [MIX_SLOTS][n_real] double, the oldest vector makes room */
    double gram[MIX_SLOTS][MIX_SLOTS];   /* host: of the residuals in the metric, by slot */
    double *m_d, *step_d;
    int n_stored;                        /* densities that were stored since the start; the next one goes to slot n_stored % MIX_SLOTS */
};

/* kerker: screening wave vector in 1/bohr (0: none): damps long waves by G^2/(G^2 + kerker^2), for metals. */
kd_status mix_create(kd_device *dev, const struct sphere *density, double volume, double fraction, double kerker, struct mix *out);
void mix_free(struct mix *m);
void mix_restart(struct mix *m); /* forget the history */

/* Slots in use when the next density is there. */
int mix_used(const struct mix *m);

/* Stores out - in as the newest residual. energy: its Hartree energy, Ha: the estimate of how far the energy is from its minimum. */
kd_status mix_distance(struct mix *m, const double *in_d, const double *out_d, double *energy);

/* After mix_distance. in_d [n_g] complex <- the next density to try. */
kd_status mix_next(struct mix *m, double *in_d);

#endif
