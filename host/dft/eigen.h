// SPDX-License-Identifier: BSD-3-Clause
/* eigen.h - lowest eigenstates of a Hamiltonian, all bands at once (PPCG: Vecharynski, Yang, Pask 2015).
 *
 * Measured reason: from a warm start 9-10 applications of H per band where Chebyshev filtering needs more than 45
 * (docs/ground-state.md). Every step ends with a Rayleigh-Ritz of the whole block, so that degenerate and crossing bands need no care. */
#ifndef KD_DFT_EIGEN_H
#define KD_DFT_EIGEN_H

#include <stdint.h>

#include "kernels/pw_ops.h"

struct eigen_work { /* device memory for the largest k-point; shared by all */
    kd_device *dev;
    int n_band;                      /* most vectors of any block */
    void *hx_d, *w_d, *hw_d, *p_d, *hp_d;
    double *m_d, *s_d, *eps_d, *norm_d;
    int *info_d;
    double *norm;                    /* [n_band] host */
};
/* bytes_vector: of the longest orbital, leading dimension included. */
kd_status eigen_work_create(kd_device *dev, int n_band, size_t bytes_vector, struct eigen_work *out);
void eigen_work_free(struct eigen_work *w);

struct eigen_goal {
    const double *weight; /* [n_band] host: occupations; error = sum_j weight_j |residual_j|^2, Ha^2 */
    double error;         /* stop below this ... */
    int n_wanted;         /* ... and when every one of the first n_wanted bands has |residual|^2 < wanted */
    double wanted;
    int max_step;
};
struct eigen_result {
    double error;
    int n_step;
    long h_applications; /* times a band was given to H */
    bool reached;        /* false: max_step, or the precision of the orbitals is exhausted */
};

/* x: orbitals to start from, any independent vectors, replaced by the eigenvectors; eps[n_band] host, Ha, ascending.
 * KD_EINTERNAL: vectors that stay dependent. Not reaching the goal is no error: see result. */
kd_status eigen_solve(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, const struct eigen_goal *goal,
                      double *eps, struct eigen_result *result);

/* The n_band lowest Ritz vectors of the span of `start` become x (start and the work blocks are overwritten). */
kd_status eigen_start(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *start, const struct la_block *x,
                      double *eps);

#endif
