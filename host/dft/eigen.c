// SPDX-License-Identifier: BSD-3-Clause
/* eigen.c - lowest eigenstates, all bands at once. */
#include "host/dft/eigen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/span.h"

enum { SUB = 8 }; /* bands per sub-block: 8 to 24 converge alike, small ones cost less */

kd_status eigen_work_create(kd_device *dev, enum eigen_method method, int n_band, size_t bytes_vector, struct eigen_work *out)
{
    memset(out, 0, sizeof *out);
    out->dev = dev;
    out->method = method;
    out->n_band = n_band;
    size_t depth = method == EIGEN_DAVIDSON ? 3 : 2, n = (size_t)n_band, block = n * bytes_vector;
    size_t span = method == EIGEN_DAVIDSON ? depth * n : n, cells = span * span * 2 * sizeof(double);
    TRY(kd_alloc(dev, block, &out->hx_d));
    TRY(kd_alloc(dev, depth * block, &out->w_d));
    TRY(kd_alloc(dev, depth * block, &out->hw_d));
    out->p_d = (char *)out->w_d + block;
    out->hp_d = (char *)out->hw_d + block;
    TRY(kd_alloc(dev, cells, &out->m_d));
    TRY(kd_alloc(dev, cells, &out->s_d));
    TRY(kd_alloc(dev, span * sizeof(double), &out->eps_d));
    TRY(kd_alloc(dev, n * sizeof(double), &out->norm_d));
    TRY(kd_alloc(dev, sizeof(int), &out->info_d));
    out->norm = malloc(n * sizeof *out->norm);
    if (!out->norm)
        FAIL(KD_ENOMEM, "eigensolver: no host memory");
    return eigen_graphs_create(dev, &out->graphs);
}

void eigen_work_free(struct eigen_work *w)
{
    if (!w->dev)
        return;
    void *all[8] = {w->hx_d, w->w_d, w->hw_d, w->m_d, w->s_d, w->eps_d, w->norm_d, w->info_d};
    for (int i = 0; i < 8; i++)
        kd_free(w->dev, all[i]);
    eigen_graphs_free(w->dev, w->graphs);
    free(w->norm);
    memset(w, 0, sizeof *w);
}

static struct la_block like(const struct la_block *x, void *data_d)
{
    struct la_block b = *x;
    b.x_d = data_d;
    return b;
}

kd_status eigen_matrices(struct eigen_work *w, const struct la_block *x, const struct la_block *hx)
{
    kd_device *dev = w->dev;
    span_begin("matrices");
    TRY(dev->la->gram(dev, dev->stream, x, x, w->s_d));
    TRY(dev->la->gram(dev, dev->stream, x, hx, w->m_d));
    span_end();
    return KD_OK;
}

kd_status eigen_subspace(struct eigen_work *w, const struct la_block *x, bool *dependent)
{
    kd_device *dev = w->dev;
    int info;
    span_begin("subspace");
    TRY(dev->la->eigh(dev, dev->stream, x->type, x->n_vec, w->m_d, w->s_d, w->eps_d, w->info_d));
    TRY(kd_download(dev, dev->stream, &info, w->info_d, sizeof info));
    span_end();
    if (info < 0)
        FAIL(KD_EINTERNAL, "eigensolver: the subspace matrix of %d bands is not finite", x->n_vec);
    *dependent = info != 0;
    return KD_OK;
}

kd_status eigen_apply(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, const struct la_block *hx,
                      struct eigen_result *result)
{
    span_begin("h_psi");
    TRY(w->dev->pw->apply(w->dev, w->dev->stream, h, x, hx));
    span_end();
    result->h_applications += x->n_vec;
    return KD_OK;
}

kd_status eigen_project_out(struct eigen_work *w, const struct la_block *x, const struct la_block *y)
{
    kd_device *dev = w->dev;
    span_begin("project_out");
    TRY(dev->la->gram(dev, dev->stream, x, y, w->m_d));
    TRY(dev->la->combine(dev, dev->stream, x, w->m_d, -1, 1, y));
    span_end();
    return KD_OK;
}

kd_status eigen_weigh(struct eigen_work *w, const struct la_block *x, const struct eigen_goal *goal, double *eps,
                      struct eigen_result *result)
{
    kd_device *dev = w->dev;
    size_t bytes = (size_t)x->n_vec * sizeof(double);
    bool wanted = true;
    TRY(kd_download(dev, dev->stream, eps, w->eps_d, bytes));
    TRY(kd_download(dev, dev->stream, w->norm, w->norm_d, bytes));
    result->error = 0;
    for (int j = 0; j < x->n_vec; j++) {
        result->error += goal->weight[j] * w->norm[j];
        wanted = wanted && (j >= goal->n_wanted || w->norm[j] < goal->wanted);
    }
    result->reached = result->error <= goal->error && wanted;
    return isfinite(result->error) ? KD_OK : kd_fail(KD_EINTERNAL, "eigensolver: the residual is not finite");
}

/* ---- projected preconditioned conjugate gradients ---- */

/* x and hx turn into Ritz vectors, w into their residuals. */
static kd_status turn(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x)
{
    kd_device *dev = w->dev;
    struct la_block rotated[2] = {*x, like(x, w->hx_d)}, r = like(x, w->w_d);
    span_begin("rotate");
    TRY(dev->la->rotate(dev, dev->stream, 2, rotated, w->m_d));
    span_end();
    span_begin("residual");
    TRY(dev->pw->residual(dev, dev->stream, h->basis, x, &rotated[1], w->eps_d, &r, w->norm_d));
    span_end();
    return KD_OK;
}

/* From the residuals in w to a better x, and its subspace matrices. Directions of the step before keep what little they have of the other
 * sub-blocks' bands: taking it out cost three products of whole blocks and saved no application of H in any case. */
static kd_status step(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, bool has_p)
{
    kd_device *dev = w->dev;
    struct la_block hx = like(x, w->hx_d), r = like(x, w->w_d), hr = like(x, w->hw_d);
    struct eigen_result unused = {0};
    span_begin("precondition");
    TRY(dev->pw->precondition(dev, dev->stream, h->basis, x, &r));
    span_end();
    TRY(eigen_project_out(w, x, &r));
    TRY(eigen_apply(w, h, &r, &hr, &unused));
    span_begin("search_update");
    struct pw_search q = {*x, hx, r, hr, like(x, w->p_d), like(x, w->hp_d), has_p, SUB};
    TRY(dev->pw->search_update(dev, dev->stream, &q));
    span_end();
    return eigen_matrices(w, x, &hx);
}

static kd_status first_step(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x)
{
    return step(w, h, x, false);
}

static kd_status next_step(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x)
{
    return step(w, h, x, true);
}

/* H x afresh, and the subspace matrices. */
static kd_status afresh(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x)
{
    struct la_block hx = like(x, w->hx_d);
    struct eigen_result unused = {0};
    TRY(eigen_apply(w, h, x, &hx, &unused));
    return eigen_matrices(w, x, &hx);
}

/* x and hx are made consistent again after round-off or dependence: orthonormal x, fresh H x, Ritz vectors. */
static kd_status refresh(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, struct eigen_result *result)
{
    bool dependent;
    TRY(eigen_play(w, afresh, h, x));
    result->h_applications += x->n_vec;
    TRY(eigen_subspace(w, x, &dependent));
    if (dependent)
        FAIL(KD_EINTERNAL, "eigensolver: dependent orbitals");
    return eigen_play(w, turn, h, x);
}

static kd_status ppcg(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, const struct eigen_goal *goal,
                      double *eps, struct eigen_result *result)
{
    bool has_p = false, dependent;
    double best = INFINITY;
    int stalled = 0;
    TRY(refresh(w, h, x, result));
    for (;; result->n_step++) {
        TRY(eigen_weigh(w, x, goal, eps, result));
        stalled = result->error > 0.7 * best ? stalled + 1 : 0;
        best = fmin(best, result->error);
        if (result->reached || result->n_step >= goal->max_step || stalled >= 6)
            return KD_OK;
        TRY(eigen_play(w, has_p ? next_step : first_step, h, x));
        result->h_applications += x->n_vec;
        TRY(eigen_subspace(w, x, &dependent));
        has_p = !dependent;
        TRY(dependent ? refresh(w, h, x, result) : eigen_play(w, turn, h, x));
    }
}

kd_status eigen_solve(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, const struct eigen_goal *goal,
                      double *eps, struct eigen_result *result)
{
    *result = (struct eigen_result){0};
    return (w->method == EIGEN_DAVIDSON ? eigen_davidson : ppcg)(w, h, x, goal, eps, result);
}

kd_status eigen_start(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *start, const struct la_block *x,
                      double *eps)
{
    kd_device *dev = w->dev;
    struct la_block hs = like(start, w->hx_d);
    struct eigen_result unused = {0};
    bool dependent;
    TRY(eigen_apply(w, h, start, &hs, &unused));
    TRY(eigen_matrices(w, start, &hs));
    TRY(eigen_subspace(w, start, &dependent));
    if (dependent)
        FAIL(KD_EINTERNAL, "eigensolver: the first orbitals are dependent");
    TRY(dev->la->combine(dev, dev->stream, start, w->m_d, 1, 0, x)); /* the lowest are the first columns */
    return kd_download(dev, dev->stream, eps, w->eps_d, (size_t)x->n_vec * sizeof *eps);
}
