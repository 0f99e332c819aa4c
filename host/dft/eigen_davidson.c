// SPDX-License-Identifier: BSD-3-Clause
/* eigen_davidson.c - blocked Davidson: the subspace grows by the preconditioned residuals of the bands that are not there yet, and
 * shrinks to the Ritz vectors when three blocks are full (Davidson, J. Comput. Phys. 17, 87 (1975); as in pw.x). */
#include <math.h>
#include <string.h>

#include "host/base/span.h"
#include "host/dft/eigen.h"

struct subspace { /* v = [x, t, t']: n_vec of room vectors in use */
    struct la_block v, hv, hx;
    int room;
};

/* Ritz vectors of the subspace to x, H of them to hx. */
static kd_status ritz(struct eigen_work *w, struct subspace *s, const struct la_block *x, bool *dependent)
{
    kd_device *dev = w->dev;
    span_begin("rayleigh_ritz");
    TRY(eigen_matrices(w, &s->v, &s->hv));
    TRY(eigen_subspace(w, &s->v, dependent));
    if (!*dependent) { /* the first eigenvectors are the first columns */
        TRY(dev->la->combine(dev, dev->stream, &s->v, w->m_d, 1, 0, x));
        TRY(dev->la->combine(dev, dev->stream, &s->hv, w->m_d, 1, 0, &s->hx));
    }
    span_end();
    return KD_OK;
}

/* The subspace is x, with H x from hx. */
static kd_status restart(struct eigen_work *w, struct subspace *s, const struct la_block *x)
{
    size_t bytes = (size_t)x->n_vec * x->ld * la_size(x->type);
    s->v.n_vec = s->hv.n_vec = x->n_vec;
    TRY(kd_copy(w->dev, w->dev->stream, s->v.x_d, x->x_d, bytes));
    return kd_copy(w->dev, w->dev->stream, s->hv.x_d, s->hx.x_d, bytes);
}

/* Vectors of the bands that are not there yet close up; how many they are. */
static kd_status pick(struct eigen_work *w, const struct eigen_goal *goal, const struct la_block *t, int *n_left)
{
    double share = goal->error / t->n_vec;
    *n_left = 0;
    for (int j = 0; j < t->n_vec; j++) {
        if (goal->weight[j] * w->norm[j] <= share && (j >= goal->n_wanted || w->norm[j] < goal->wanted))
            continue;
        struct la_block to = la_slice(t, (*n_left)++, 1), from = la_slice(t, j, 1);
        if (to.x_d != from.x_d)
            TRY(kd_copy(w->dev, w->dev->stream, to.x_d, from.x_d, t->ld * la_size(t->type)));
    }
    return KD_OK;
}

/* Directions t, behind the subspace, become a part of it: orthogonal to it, orthonormal, with H. *dependent: they brought nothing. */
static kd_status extend(struct eigen_work *w, const struct pw_hamiltonian *h, struct subspace *s, const struct la_block *t, bool *dependent,
                        struct eigen_result *result)
{
    kd_device *dev = w->dev;
    struct la_block ht = la_slice(&s->hv, s->v.n_vec, t->n_vec);
    int info;
    TRY(eigen_project_out(w, &s->v, t));
    TRY(dev->la->gram(dev, dev->stream, t, t, w->m_d));
    TRY(dev->la->orthonormalizer(dev, dev->stream, t->type, t->n_vec, w->m_d, w->info_d));
    TRY(kd_download(dev, dev->stream, &info, w->info_d, sizeof info));
    *dependent = info != 0;
    if (*dependent)
        return KD_OK;
    TRY(dev->la->rotate(dev, dev->stream, 1, t, w->m_d));
    TRY(eigen_project_out(w, &s->v, t)); /* twice is enough */
    TRY(eigen_apply(w, h, t, &ht, result));
    s->v.n_vec += t->n_vec;
    s->hv.n_vec += t->n_vec;
    return KD_OK;
}

kd_status eigen_davidson(struct eigen_work *w, const struct pw_hamiltonian *h, const struct la_block *x, const struct eigen_goal *goal,
                         double *eps, struct eigen_result *result)
{
    kd_device *dev = w->dev;
    struct subspace s = {*x, *x, *x, 3 * x->n_vec};
    bool dependent, grown = false;
    double best = INFINITY;
    int stalled = 0, n_left;
    s.v.x_d = w->w_d;
    s.hv.x_d = w->hw_d;
    s.hx.x_d = w->hx_d;
    TRY(eigen_apply(w, h, x, &s.hx, result));
    TRY(restart(w, &s, x));
    for (;; result->n_step++) {
        TRY(ritz(w, &s, x, &dependent));
        if (dependent && !grown)
            FAIL(KD_EINTERNAL, "eigensolver: dependent orbitals");
        if (!dependent && s.v.n_vec + x->n_vec > s.room)
            TRY(restart(w, &s, x));
        struct la_block t = la_slice(&s.v, s.v.n_vec, x->n_vec);
        span_begin("residual");
        TRY(dev->pw->residual(dev, dev->stream, h->basis, x, &s.hx, w->eps_d, &t, w->norm_d));
        span_end();
        TRY(eigen_weigh(w, x, goal, eps, result));
        stalled = result->error > 0.7 * best ? stalled + 1 : 0;
        best = fmin(best, result->error);
        if (result->reached || dependent || result->n_step >= goal->max_step || stalled >= 6)
            return KD_OK;
        span_begin("precondition");
        TRY(dev->pw->precondition(dev, dev->stream, h->basis, x, &t));
        span_end();
        TRY(pick(w, goal, &t, &n_left));
        t.n_vec = n_left;
        TRY(extend(w, h, &s, &t, &dependent, result));
        if (dependent) /* the precision of the orbitals is exhausted */
            return KD_OK;
        grown = true;
    }
}
