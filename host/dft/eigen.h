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
    struct eigen_graphs *graphs; /* sequences of ops that the device replays (eigen_graph.c); NULL where it has no graphs */
};
/* bytes_vector: of the longest orbital, leading dimension included. */
kd_status eigen_work_create(kd_device *dev, enum eigen_method method, int n_band, size_t bytes_vector, struct eigen_work *out);
void eigen_work_free(struct eigen_work *w);
/* To be called when a Hamiltonian that was solved has been remade: what was recorded of it is dropped. */
void eigen_work_forget(struct eigen_work *w);

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

/* The n_band lowest Ritz vectors of the span of `start` become x (the work blocks are overwritten). */
kd_status eigen_start(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *start, const struct la_block *x,
                      double *eps);

/* Inside the room: eigen_davidson.c, eigen_graph.c, and what they share with eigen.c. */
kd_status eigen_davidson(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, const struct eigen_goal *goal,
                         double *eps, struct eigen_result *result);
/* hx = H x, counted. */
kd_status eigen_apply(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, const struct la_block *hx,
                      struct eigen_result *result);
/* y loses its part along x. */
kd_status eigen_project_out(struct eigen_work *w, const struct la_block *x, const struct la_block *y);
/* The matrices of H and of one in the span of x to w->m_d, w->s_d; then its eigenvectors to m_d, eigenvalues to eps_d. *dependent: x had
 * dependent vectors, both are undefined. */
kd_status eigen_matrices(struct eigen_work *w, const struct la_block *x, const struct la_block *hx);
kd_status eigen_subspace(struct eigen_work *w, const struct la_block *x, bool *dependent);
/* Eigenvalues and norms come down; the weighted sum of w->norm to result->error, and whether the goal is reached. */
kd_status eigen_weigh(struct eigen_work *w, const struct la_block *x, const struct eigen_goal *goal, double *eps,
                      struct eigen_result *result);

/* Ops that follow one another without a word from the host. Once they have run they are recorded, and from then on replayed where the
 * device can; same bits. KEDGE_GRAPHS=0: never. */
typedef kd_status (*eigen_sequence)(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x);
kd_status eigen_play(struct eigen_work *w, eigen_sequence sequence, const struct pw_hamiltonian *h, const struct la_block *x);
kd_status eigen_graphs_create(kd_device *dev, struct eigen_graphs **out);
void eigen_graphs_free(kd_device *dev, struct eigen_graphs *g); /* NULL is fine */

#endif
