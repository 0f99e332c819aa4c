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
    return KD_OK;
}

void eigen_work_free(struct eigen_work *w)
{
    if (!w->dev)
        return;
    void *all[8] = {w->hx_d, w->w_d, w->hw_d, w->m_d, w->s_d, w->eps_d, w->norm_d, w->info_d};
    for (int i = 0; i < 8; i++)
        kd_free(w->dev, all[i]);
    free(w->norm);
    memset(w, 0, sizeof *w);
}

static struct la_block like(const struct la_block *x, void *data_d)
{
    struct la_block b = *x;
    b.x_d = data_d;
    return b;
}

kd_status eigen_subspace(struct eigen_work *w, const struct la_block *x, const struct la_block *hx, bool *dependent)
{
    kd_device *dev = w->dev;
    int info;
    TRY(dev->la->gram(dev, dev->stream, x, x, w->s_d));
    TRY(dev->la->gram(dev, dev->stream, x, hx, w->m_d));
    TRY(dev->la->eigh(dev, dev->stream, x->type, x->n_vec, w->m_d, w->s_d, w->eps_d, w->info_d));
    TRY(kd_download(dev, dev->stream, &info, w->info_d, sizeof info));
    if (info < 0)
        FAIL(KD_EINTERNAL, "eigensolver: the subspace matrix of %d bands is not finite", x->n_vec);
    *dependent = info != 0;
    return KD_OK;
}

/* Rayleigh-Ritz of the whole block: x and hx are rotated. *dependent: x had dependent vectors, nothing was done. */
static kd_status rayleigh_ritz(struct eigen_work *w, const struct la_block *x, double *eps, bool *dependent)
{
    kd_device *dev = w->dev;
    struct la_block rotated[2] = {*x, like(x, w->hx_d)};
    span_begin("rayleigh_ritz");
    TRY(eigen_subspace(w, x, &rotated[1], dependent));
    if (!*dependent) {
        TRY(dev->la->rotate(dev, dev->stream, 2, rotated, w->m_d));
        TRY(kd_download(dev, dev->stream, eps, w->eps_d, (size_t)x->n_vec * sizeof *eps));
    }
    span_end();
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

kd_status eigen_project_out(struct eigen_work *w, const struct la_block *x, const struct la_block *y, const struct la_block *hx,
                            const struct la_block *hy)
{
    kd_device *dev = w->dev;
    span_begin("project_out");
    TRY(dev->la->gram(dev, dev->stream, x, y, w->m_d));
    TRY(dev->la->combine(dev, dev->stream, x, w->m_d, -1, 1, y));
    if (hy)
        TRY(dev->la->combine(dev, dev->stream, hx, w->m_d, -1, 1, hy));
    span_end();
    return KD_OK;
}

kd_status eigen_residuals(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, const struct la_block *hx,
                          const struct la_block *r, const struct eigen_goal *goal, struct eigen_result *result)
{
    kd_device *dev = w->dev;
    bool wanted = true;
    span_begin("residual");
    TRY(dev->pw->residual(dev, dev->stream, h->basis, x, hx, w->eps_d, r, w->norm_d));
    TRY(kd_download(dev, dev->stream, w->norm, w->norm_d, (size_t)x->n_vec * sizeof *w->norm));
    span_end();
    result->error = 0;
    for (int j = 0; j < x->n_vec; j++) {
        result->error += goal->weight[j] * w->norm[j];
        wanted = wanted && (j >= goal->n_wanted || w->norm[j] < goal->wanted);
    }
    result->reached = result->error <= goal->error && wanted;
    return isfinite(result->error) ? KD_OK : kd_fail(KD_EINTERNAL, "eigensolver: the residual is not finite");
}

/* One PPCG step from the residuals in w; has_p tells whether there are directions of the step before. */
static kd_status step(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, bool has_p,
                      struct eigen_result *result)
{
    kd_device *dev = w->dev;
    struct la_block hx = like(x, w->hx_d), r = like(x, w->w_d), hr = like(x, w->hw_d), p = like(x, w->p_d), hp = like(x, w->hp_d);
    span_begin("precondition");
    TRY(dev->pw->precondition(dev, dev->stream, h->basis, x, &r));
    span_end();
    TRY(eigen_project_out(w, x, &r, NULL, NULL));
    if (has_p)
        TRY(eigen_project_out(w, x, &p, &hx, &hp));
    TRY(eigen_apply(w, h, &r, &hr, result));
    span_begin("search_update");
    struct pw_search q = {*x, hx, r, hr, p, hp, has_p, SUB};
    TRY(dev->pw->search_update(dev, dev->stream, &q));
    span_end();
    return KD_OK;
}

/* x and hx are made consistent again after round-off or dependence: orthonormal x, fresh H x, Ritz vectors. */
static kd_status refresh(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, double *eps,
                         struct eigen_result *result)
{
    struct la_block hx = like(x, w->hx_d);
    bool dependent;
    TRY(eigen_apply(w, h, x, &hx, result));
    TRY(rayleigh_ritz(w, x, eps, &dependent));
    if (dependent)
        FAIL(KD_EINTERNAL, "eigensolver: dependent orbitals");
    return KD_OK;
}

static kd_status ppcg(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, const struct eigen_goal *goal,
                      double *eps, struct eigen_result *result)
{
    bool has_p = false, dependent;
    double best = INFINITY;
    int stalled = 0;
    struct la_block hx = like(x, w->hx_d), r = like(x, w->w_d);
    TRY(refresh(w, h, x, eps, result));
    for (;; result->n_step++) {
        TRY(eigen_residuals(w, h, x, &hx, &r, goal, result));
        stalled = result->error > 0.7 * best ? stalled + 1 : 0;
        best = fmin(best, result->error);
        if (result->reached || result->n_step >= goal->max_step || stalled >= 6)
            return KD_OK;
        TRY(step(w, h, x, has_p, result));
        TRY(rayleigh_ritz(w, x, eps, &dependent));
        has_p = !dependent;
        if (dependent)
            TRY(refresh(w, h, x, eps, result));
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
    double *all = malloc((size_t)start->n_vec * sizeof *all);
    struct eigen_result unused = {0};
    bool dependent;
    kd_status status = KD_OK;
    if (!all)
        FAIL(KD_ENOMEM, "eigensolver: no host memory");
    TRY_OUT(eigen_apply(w, h, start, &hs, &unused));
    TRY_OUT(rayleigh_ritz(w, start, all, &dependent));
    if (dependent)
        FAIL_OUT(KD_EINTERNAL, "eigensolver: the first orbitals are dependent");
    TRY_OUT(kd_copy(dev, dev->stream, x->x_d, start->x_d, (size_t)x->n_vec * x->ld * la_size(x->type)));
    memcpy(eps, all, (size_t)x->n_vec * sizeof *eps);
out:
    free(all);
    return status;
}
