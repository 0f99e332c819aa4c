// SPDX-License-Identifier: BSD-3-Clause
/* scf_force.c - forces by the Hellmann-Feynman theorem. */
#include <stdlib.h>
#include <string.h>

#include "host/base/span.h"
#include "host/dft/ewald.h"
#include "host/dft/scf.h"

/* coupling_p and the atom of every projector, in the order of pw_ops. */
static kd_status projector_list(const struct scf *s, int **atom, double **coupling, int *n_proj)
{
    const struct crystal *c = s->crystal;
    int n = 0;
    for (int i = 0; i < c->n_atom; i++)
        for (int b = 0; b < s->beta[c->species[i]].n_beta; b++)
            n += 2 * s->beta[c->species[i]].l[b] + 1;
    *atom = malloc((size_t)(n + 1) * sizeof **atom);
    *coupling = malloc((size_t)(n + 1) * sizeof **coupling);
    if (!*atom || !*coupling)
        FAIL(KD_ENOMEM, "forces: no host memory");
    *n_proj = 0;
    for (int i = 0; i < c->n_atom; i++) {
        const struct beta_table *t = &s->beta[c->species[i]];
        for (int b = 0; b < t->n_beta; b++)
            for (int m = 0; m <= 2 * t->l[b]; m++) {
                (*atom)[*n_proj] = i;
                (*coupling)[(*n_proj)++] = t->coupling[b];
            }
    }
    return KD_OK;
}

/* sum over bands of occ 2 Re conj(a_p) b_p, per projector. a, b [n_band][n_proj] */
static void pair_up(const struct scf_k *k, int n_proj, const double *a, const double *b, double *sum)
{
    int width = (int)la_width(k->psi.type);
    memset(sum, 0, (size_t)n_proj * sizeof *sum);
    for (int j = 0; j < k->psi.n_vec; j++)
        for (int p = 0; p < n_proj; p++)
            for (int e = 0; e < width; e++) {
                size_t at = ((size_t)j * (size_t)n_proj + (size_t)p) * (size_t)width + (size_t)e;
                sum[p] += 2 * k->occ[j] * a[at] * b[at];
            }
}

struct overlap { /* <beta|psi> of one k-point, and of what is compared with it; host and device */
    int n_proj, *atom;
    double *coupling, *value, *other, *sum, *m_d;
    size_t bytes;
};

static void overlap_free(kd_device *dev, struct overlap *o)
{
    kd_free(dev, o->m_d);
    free(o->atom);
    free(o->coupling);
    free(o->value);
    free(o->other);
    free(o->sum);
}

static kd_status overlap_create(const struct scf *s, struct overlap *o)
{
    memset(o, 0, sizeof *o);
    TRY(projector_list(s, &o->atom, &o->coupling, &o->n_proj));
    o->bytes = (size_t)s->n_band * (size_t)(o->n_proj + 1) * 2 * sizeof(double);
    o->value = malloc(o->bytes);
    o->other = malloc(o->bytes);
    o->sum = malloc((size_t)(o->n_proj + 1) * sizeof *o->sum);
    if (!o->value || !o->other || !o->sum)
        FAIL(KD_ENOMEM, "forces: no host memory");
    return kd_alloc(s->dev, o->bytes, &o->m_d);
}

static kd_status project(const struct scf *s, const struct pw_projectors *p, const struct la_block *x, struct overlap *o, double *to)
{
    TRY(s->dev->pw->project(s->dev, s->dev->stream, p, x, o->m_d));
    return kd_download(s->dev, s->dev->stream, to, o->m_d, (size_t)x->n_vec * (size_t)o->n_proj * la_width(x->type) * sizeof(double));
}

/* F_i = - sum f coupling 2 Re conj(<beta|psi>) <beta|grad psi>. */
static kd_status nonlocal_force(struct scf *s, const struct scf_k *k, struct overlap *o)
{
    kd_device *dev = s->dev;
    struct la_block gradient = k->psi;
    gradient.x_d = s->work.w_d;
    TRY(project(s, k->nonlocal, &k->psi, o, o->value));
    for (int a = 0; a < 3; a++) {
        TRY(dev->pw->gradient(dev, dev->stream, k->basis, a, &k->psi, &gradient));
        TRY(project(s, k->nonlocal, &gradient, o, o->other));
        pair_up(k, o->n_proj, o->value, o->other, o->sum);
        for (int p = 0; p < o->n_proj; p++)
            s->force[o->atom[p]][a] -= o->coupling[p] * o->sum[p];
    }
    return KD_OK;
}

/* Forces of the smooth parts: local potential with the new density, model core with the xc potential, and the first-order
 * correction for a density that is not quite self-consistent (Chan, Bohnen, Ho, PRB 47, 4771 (1993)). */
static kd_status smooth_force(struct scf *s)
{
    kd_device *dev = s->dev;
    size_t n = (size_t)s->density.n, bytes = n * 2 * sizeof(double);
    double(*f)[2] = malloc(bytes);
    kd_status status = KD_OK;
    if (!f)
        FAIL(KD_ENOMEM, "forces: no host memory");
    TRY_OUT(kd_download(dev, dev->stream, f, s->rho_out_g_d, bytes));
    TRY_OUT(ion_force(s->crystal, &s->density, s->ion.local, (const double(*)[2])f, s->force));
    if (s->core_g_d) {
        struct grid_potential p = {s->rho_g_d, s->core_g_d, s->local_d, s->rho_d, s->effective_d, s->xc_d, s->sum_d};
        TRY_OUT(dev->grid->potential(dev, dev->stream, s->grid, &p));
        TRY_OUT(dev->grid->forward(dev, dev->stream, s->grid, s->xc_d, (double *)s->mix.step_d));
        TRY_OUT(kd_download(dev, dev->stream, f, s->mix.step_d, bytes));
        TRY_OUT(ion_force(s->crystal, &s->density, s->ion.core, (const double(*)[2])f, s->force));
    }
out:
    free(f);
    return status;
}

kd_status scf_forces(struct scf *s)
{
    const struct crystal *c = s->crystal;
    struct overlap o;
    double energy, sum[3] = {0};
    span_begin("forces");
    memset(s->force, 0, (size_t)c->n_atom * sizeof *s->force);
    kd_status status = overlap_create(s, &o);
    for (int i = 0; i < s->n_k && status == KD_OK; i++)
        status = nonlocal_force(s, &s->k[i], &o);
    overlap_free(s->dev, &o);
    TRY(status);
    TRY(smooth_force(s));
    TRY(ewald(c, &energy, s->force, NULL));
    TRY(symmetry_forces(&s->symmetry, c, s->force));
    for (int i = 0; i < c->n_atom; i++)
        for (int a = 0; a < 3; a++)
            sum[a] += s->force[i][a] / c->n_atom;
    for (int i = 0; i < c->n_atom; i++)
        for (int a = 0; a < 3; a++)
            s->force[i][a] -= sum[a];
    span_end();
    return KD_OK;
}
