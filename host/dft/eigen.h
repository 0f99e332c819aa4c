// SPDX-License-Identifier: BSD-3-Clause
/* eigen.h - lowest eigenstates of a Hamiltonian, all bands at once: projected preconditioned conjugate gradients in sub-blocks of bands
 * (PPCG: Vecharynski, Yang, Pask, J. Comput. Phys. 290, 73 (2015)), or blocked Davidson in a subspace of up to three blocks.
 *
 * The choice was made by measurement (docs/ground-state.md). Every step ends with a Rayleigh-Ritz of the whole block, so that degenerate
 * and crossing bands need no care. */
#ifndef KD_DFT_EIGEN_H
#define KD_DFT_EIGEN_H

#include <stdint.h>

#include "kernels/pw_ops.h"

enum eigen_method { EIGEN_PPCG, EIGEN_DAVIDSON };

struct eigen_work { /* device memory for the largest k-point; shared by all */
    kd_device *dev;
    enum eigen_method method;
    int n_band;          /* most vectors of any block */
    void *hx_d;          /* one block */
    void *w_d, *hw_d;    /* PPCG: residuals, then directions; Davidson: three blocks that span the subspace. And H of them */
    void *p_d, *hp_d;    /* second block of w_d, hw_d; not owned */
    double *m_d, *s_d, *eps_d, *norm_d;
    int *info_d;
    double *norm;        /* [n_band] host */
};
/* bytes_vector: of the longest orbital, leading dimension included. */
kd_status eigen_work_create(kd_device *dev, enum eigen_method method, int n_band, size_t bytes_vector, struct eigen_work *out);
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

/* Inside the room: eigen_davidson.c, and what it shares with eigen.c. */
kd_status eigen_davidson(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, const struct eigen_goal *goal,
                         double *eps, struct eigen_result *result);
/* hx = H x, counted. */
kd_status eigen_apply(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, const struct la_block *hx,
                      struct eigen_result *result);
/* r = hx - eps_d x; their weighted sum to result->error, and whether the goal is reached. */
kd_status eigen_residuals(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, const struct la_block *hx,
                          const struct la_block *r, const struct eigen_goal *goal, struct eigen_result *result);
/* Eigenvectors of H in the span of x to w->m_d. *dependent: x had dependent vectors, m_d is undefined. */
kd_status eigen_subspace(struct eigen_work *w, const struct la_block *x, const struct la_block *hx, bool *dependent);
/* y loses its part along x, hy (may be NULL) the same combination of hx. */
kd_status eigen_project_out(struct eigen_work *w, const struct la_block *x, const struct la_block *y, const struct la_block *hx,
                            const struct la_block *hy);

#endif
