// SPDX-License-Identifier: BSD-3-Clause
/* scf_stress.c - stress: derivative of every energy term by strain at fixed plane-wave coefficients
 * (Nielsen, Martin, PRB 32, 3792 (1985)). strain is dE/de_ab in Ha, order xx yy zz yz xz xy. */
#include <stdlib.h>
#include <string.h>

#include "host/base/span.h"
#include "host/base/units.h"
#include "host/dft/ewald.h"
#include "host/dft/projector.h"
#include "host/dft/scf.h"

static const int voigt[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};

/* - sum f <d_a psi|d_b psi> */
static kd_status kinetic(struct scf *s, const struct scf_k *k, double strain[6])
{
    kd_device *dev = s->dev;
    struct la_block a = k->psi, b = k->psi;
    a.x_d = s->work.w_d;
    b.x_d = s->work.hw_d;
    for (int v = 0; v < 6; v++) {
        TRY(dev->pw->gradient(dev, dev->stream, k->basis, voigt[v][0], &k->psi, &a));
        TRY(dev->pw->gradient(dev, dev->stream, k->basis, voigt[v][1], &k->psi, &b));
        TRY(dev->la->dot(dev, dev->stream, &a, &b, s->work.norm_d));
        TRY(kd_download(dev, dev->stream, s->work.norm, s->work.norm_d, (size_t)s->n_band * sizeof(double)));
        for (int j = 0; j < s->n_band; j++)
            strain[v] -= k->occ[j] * s->work.norm[j];
    }
    return KD_OK;
}

/* sum f coupling 2 Re conj(<beta|psi>) <dbeta/de|psi>, from downloaded overlaps a, b [n_band][n_proj]. */
static double pair_up(const struct scf_k *k, int n_proj, const double *coupling, const double *a, const double *b)
{
    int width = (int)la_width(k->psi.type);
    double sum = 0;
    for (int j = 0; j < k->psi.n_vec; j++)
        for (int e = 0; e < n_proj * width; e++) {
            size_t at = (size_t)j * (size_t)(n_proj * width) + (size_t)e;
            sum += 2 * k->occ[j] * coupling[e / width] * a[at] * b[at];
        }
    return sum;
}

struct room { /* for the overlaps of one k-point */
    int n_proj;
    double *coupling, *a, *b, *m_d;
    void *tilted_d; /* projectors of a strained crystal, as orbitals */
};

static kd_status nonlocal(struct scf *s, const struct scf_k *k, const struct room *r, double strain[6])
{
    kd_device *dev = s->dev;
    size_t bytes = (size_t)s->n_band * (size_t)r->n_proj * la_width(k->psi.type) * sizeof(double);
    struct la_block tilted = k->psi;
    tilted.n_vec = r->n_proj;
    tilted.x_d = r->tilted_d;
    TRY(dev->pw->project(dev, dev->stream, k->nonlocal, &k->psi, r->m_d));
    TRY(kd_download(dev, dev->stream, r->a, r->m_d, bytes));
    for (int v = 0; v < 6; v++) {
        struct projector_forms forms;
        TRY(projector_forms_create(s->crystal, s->beta, &k->sphere, v, &forms));
        kd_status status = dev->pw->superpose(dev, dev->stream, k->basis, &forms.spec, &tilted);
        projector_forms_free(&forms);
        TRY(status);
        TRY(dev->la->gram(dev, dev->stream, &tilted, &k->psi, r->m_d));
        TRY(kd_download(dev, dev->stream, r->b, r->m_d, bytes));
        strain[v] += pair_up(k, r->n_proj, r->coupling, r->a, r->b);
    }
    return KD_OK;
}

static kd_status orbital_part(struct scf *s, double strain[6])
{
    const struct crystal *c = s->crystal;
    struct room r = {0};
    size_t longest = 0;
    kd_status status = KD_OK;
    for (int i = 0; i < c->n_atom; i++)
        for (int b = 0; b < s->beta[c->species[i]].n_beta; b++)
            r.n_proj += 2 * s->beta[c->species[i]].l[b] + 1;
    size_t bytes = (size_t)s->n_band * (size_t)(r.n_proj + 1) * 2 * sizeof(double);
    r.coupling = malloc((size_t)(r.n_proj + 1) * sizeof(double));
    r.a = malloc(bytes);
    r.b = malloc(bytes);
    if (!r.coupling || !r.a || !r.b)
        FAIL_OUT(KD_ENOMEM, "stress: no host memory");
    TRY_OUT(kd_alloc(s->dev, bytes, &r.m_d));
    for (int i = 0; i < s->n_k; i++) {
        size_t vector = s->k[i].psi.ld * la_size(s->k[i].psi.type);
        longest = vector > longest ? vector : longest;
    }
    TRY_OUT(kd_alloc(s->dev, (size_t)r.n_proj * longest, &r.tilted_d));
    int p = 0;
    for (int i = 0; i < c->n_atom; i++)
        for (int b = 0; b < s->beta[c->species[i]].n_beta; b++)
            for (int m = 0; m <= 2 * s->beta[c->species[i]].l[b]; m++)
                r.coupling[p++] = s->beta[c->species[i]].coupling[b];
    for (int i = 0; i < s->n_k; i++) {
        TRY_OUT(kinetic(s, &s->k[i], strain));
        TRY_OUT(nonlocal(s, &s->k[i], &r, strain));
    }
out:
    kd_free(s->dev, r.m_d);
    kd_free(s->dev, r.tilted_d);
    free(r.coupling);
    free(r.a);
    free(r.b);
    return status;
}

static void hartree(const struct scf *s, const double (*rho)[2], double strain[6])
{
    for (int g = 1; g < s->density.n; g++) {
        const double *q = s->density.g[g];
        double square = q[0] * q[0] + q[1] * q[1] + q[2] * q[2];
        double e = 4 * KD_PI * s->crystal->volume / square * (rho[g][0] * rho[g][0] + rho[g][1] * rho[g][1]);
        for (int v = 0; v < 6; v++) {
            int a = voigt[v][0], b = voigt[v][1];
            strain[v] += e * (2 * q[a] * q[b] / square - (a == b));
        }
    }
}

/* delta_ab (E_xc - integral v_xc rho) - gradient part; the model core moves with the ions. */
static kd_status exchange_correlation(struct scf *s, double (*f)[2], double strain[6])
{
    kd_device *dev = s->dev;
    const struct crystal *c = s->crystal;
    size_t n = (size_t)s->density.n, bytes = n * 2 * sizeof(double);
    double sum[GRID_N_SUM], (*rho)[2] = malloc(2 * bytes), (*core)[2] = rho + n, work = 0;
    kd_status status = KD_OK;
    if (!rho)
        FAIL(KD_ENOMEM, "stress: no host memory");
    struct grid_potential p = {s->rho_g_d, s->core_g_d, s->local_d, s->rho_d, s->effective_d, s->xc_d, s->sum_d};
    TRY_OUT(dev->grid->potential(dev, dev->stream, s->grid, &p));
    TRY_OUT(kd_download(dev, dev->stream, sum, s->sum_d, sizeof sum));
    TRY_OUT(dev->grid->forward(dev, dev->stream, s->grid, s->xc_d, s->mix.step_d));
    TRY_OUT(kd_download(dev, dev->stream, f, s->mix.step_d, bytes));
    TRY_OUT(kd_download(dev, dev->stream, rho, s->rho_g_d, bytes));
    memset(core, 0, bytes);
    if (s->core_g_d)
        TRY_OUT(kd_download(dev, dev->stream, core, s->core_g_d, bytes));
    for (size_t g = 0; g < n; g++)
        for (int i = 0; i < 2; i++)
            work += (g ? 2 : 1) * c->volume * f[g][i] * (rho[g][i] + core[g][i]);
    for (int v = 0; v < 6; v++)
        strain[v] += (v < 3 ? sum[GRID_XC] - work : 0) - c->volume * sum[GRID_STRESS + v];
    if (s->core_g_d)
        TRY_OUT(ion_strain(c, &s->density, s->ion.core, s->ion.core_slope, (const double(*)[2])f, false, strain));
out:
    free(rho);
    return status;
}

static kd_status density_part(struct scf *s, double strain[6])
{
    kd_device *dev = s->dev;
    const struct crystal *c = s->crystal;
    size_t bytes = (size_t)s->density.n * 2 * sizeof(double);
    double(*f)[2] = malloc(bytes), energy;
    kd_status status = KD_OK;
    if (!f)
        FAIL(KD_ENOMEM, "stress: no host memory");
    TRY_OUT(exchange_correlation(s, f, strain));
    TRY_OUT(kd_download(dev, dev->stream, f, s->rho_out_g_d, bytes));
    hartree(s, (const double(*)[2])f, strain);
    TRY_OUT(ion_strain(c, &s->density, s->ion.local, s->ion.local_slope, (const double(*)[2])f, true, strain));
    TRY_OUT(ewald(c, &energy, NULL, strain));
out:
    free(f);
    return status;
}

kd_status scf_stress(struct scf *s)
{
    double strain[6] = {0};
    span_begin("stress");
    TRY(orbital_part(s, strain));
    TRY(density_part(s, strain));
    symmetry_tensor(&s->symmetry, s->crystal, strain);
    for (int v = 0; v < 6; v++)
        s->stress[v] = strain[v] / s->crystal->volume;
    span_end();
    return KD_OK;
}
