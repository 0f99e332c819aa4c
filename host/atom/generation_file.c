// SPDX-License-Identifier: BSD-3-Clause
/* generation_file.c - a generated pseudopotential as a file sees it. */
#include "host/atom/generation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/units.h"
#include "host/structure/element.h"

/* The mesh of ld1.x: r_0 = exp(-7) / Z, dx = 0.0125; every point is one of ours. */
static const double file_xmin = -7, file_dx = 0.0125, file_rmax = 20;
static const double partial_step = 1.2; /* Ha */

/* Which points of the atom's mesh go into the file. */
struct slice {
    int first, stride, n;
};

static struct slice file_slice(const struct radial_grid *g)
{
    struct slice s = {.stride = (int)lround(file_dx / g->dx)};
    s.stride = s.stride < 1 ? 1 : s.stride;
    s.first = (int)lround((file_xmin - g->xmin) / g->dx);
    for (int i = s.first; i < g->n && g->r[i] <= file_rmax; i += s.stride)
        s.n++;
    return s;
}

static kd_status put(struct pseudo *p, const struct slice *s, const double *from, double **to)
{
    TRY(pseudo_array(p, (size_t)s->n, to));
    for (int i = 0; i < s->n; i++)
        (*to)[i] = from[s->first + i * s->stride];
    return KD_OK;
}

static void label(char text[8], int n, int l)
{
    snprintf(text, 8, "%d%c", n % 100, "SPDF"[l]);
}

static kd_status put_local(const struct generation *g, const struct slice *s, struct pseudo *p)
{
    const struct separable *sep = &g->separable;
    TRY(put(p, s, g->atom->grid.r, &p->r));
    TRY(put(p, s, g->atom->grid.rab, &p->rab));
    for (int i = 0; i < s->n; i++)
        p->rab[i] *= s->stride;
    TRY(put(p, s, sep->v_ion, &p->v_local));
    TRY(put(p, s, g->charge, &p->charge));
    TRY(put(p, s, g->core_charge, &p->core_charge));
    TRY(put(p, s, g->atom->v, &p->v_ae));
    TRY(put(p, s, g->v_local, &p->v_ps));
    if (!sep->model_core)
        return KD_OK;
    TRY(put(p, s, sep->model_core, &p->model_core));
    for (int i = 0; i < s->n; i++)
        p->model_core[i] /= 4 * KD_PI * p->r[i] * p->r[i];
    return KD_OK;
}

static kd_status put_nonlocal(const struct generation *g, const struct slice *s, struct pseudo *p)
{
    const struct separable *sep = &g->separable;
    int n = p->n_projector = sep->n_projector;
    TRY(pseudo_array(p, (size_t)(n * n), &p->d));
    for (int k = 0; k < n; k++) {
        struct pseudo_projector *b = &p->projector[k];
        b->l = sep->l[k];
        p->l_max = b->l > p->l_max ? b->l : p->l_max;
        p->d[k * n + k] = sep->strength[k];
        TRY(put(p, s, sep->beta[k], &b->beta));
        b->n_cutoff = 0;
        for (int i = 0; i < s->n; i++)
            if (b->beta[i] != 0)
                b->n_cutoff = i + 1;
        b->radius = p->r[b->n_cutoff - 1];
        b->n_cutoff = b->n_cutoff + 2 < s->n ? (b->n_cutoff + 2) | 1 : s->n; /* odd, for Simpson's rule */
    }
    return KD_OK;
}

static kd_status put_orbitals(const struct generation *g, const struct slice *s, struct pseudo *p)
{
    for (int k = 0; k < g->n_valence; k++) {
        const struct atom_state *state = &g->atom->state[g->recipe.core_shells + k];
        struct pseudo_orbital *o = &p->orbital[p->n_orbital++];
        label(o->label, state->n, state->l);
        o->l = state->l;
        o->occupation = state->occupation;
        o->energy = g->valence[k].energy;
        TRY(put(p, s, g->valence[k].phi, &o->chi));
    }
    for (int k = 0; k < g->recipe.core_shells; k++) {
        const struct atom_state *state = &g->atom->state[k];
        struct pseudo_core_orbital *o = &p->core[p->n_core++];
        label(o->label, state->n, state->l);
        o->n = state->n;
        o->l = state->l;
        TRY(put(p, s, state->p, &o->psi));
    }
    return KD_OK;
}

/* A wave for the reconstruction at any energy: the all-electron solution and the pseudo-atom's, equal at r_c. work[5 n]. */
static kd_status scattering_wave(const struct generation *g, const struct oncv_channel *c, double energy, double *work, double **ae,
                                 double **ps)
{
    size_t n = (size_t)g->atom->grid.n;
    struct wave w;
    double slope;
    *ae = work + 3 * n;
    *ps = work + 4 * n;
    TRY(wave_make(g->atom, 0, c->l, energy, c->rc, work, *ae, &w));
    TRY(pseudo_atom_outward(&g->separable, g->v_local, c->l, energy, w.n_good - 1, *ps, &slope));
    double scale = (*ae)[c->core] / (*ps)[c->core];
    for (int i = 0; i < w.n_good; i++)
        (*ps)[i] *= scale;
    return KD_OK;
}

static kd_status put_wave(const struct slice *s, const struct oncv_channel *c, double energy, const double *ae, const double *ps,
                          int n, struct pseudo *p)
{
    struct pseudo_partial *w = &p->partial[p->n_partial++];
    label(w->label, n, c->l);
    w->l = c->l;
    w->radius = c->rc;
    w->energy = energy;
    TRY(put(p, s, ae, &w->ae));
    return put(p, s, ps, &w->ps);
}

/* The waves of one channel: its bound levels, then scattering waves in steps of partial_step. Two waves, an energy span of 2.5 Ha
 * apart, reconstruct the dipole between them only to 10 %; steps of 1.2 Ha do to 0.5 % over the 50 eV of an absorption edge. */
static kd_status put_channel(const struct generation *g, const struct slice *s, const struct oncv_channel *c, double *work,
                             struct pseudo *p)
{
    int n_wave = 3, n = c->l + 1, n_bound = c->wave[1].bound ? 2 : 1, outer = g->atom->state[g->atom->n_state - 1].n;
    for (int v = g->n_valence - 1; v >= 0; v--) /* ends at the lowest level of this l */
        if (g->valence[v].l == c->l)
            n = g->atom->state[g->recipe.core_shells + v].n;
    if (c->wave[0].bound && n < outer) /* semicore: farther to the edge */
        n_wave = 4;
    for (int i = 0; i < n_bound; i++)
        TRY(put_wave(s, c, c->wave[i].energy, c->wave[i].p, c->phi[i], n + i, p));
    for (int i = n_bound; i < n_wave; i++) {
        double *ae, *ps, energy = c->wave[n_bound - 1].energy + (i + 1 - n_bound) * partial_step;
        TRY(scattering_wave(g, c, energy, work, &ae, &ps));
        TRY(put_wave(s, c, energy, ae, ps, n + i, p));
    }
    return KD_OK;
}

static kd_status put_partial(const struct generation *g, const struct slice *s, struct pseudo *p)
{
    double *work = malloc(5 * sizeof *work * (size_t)g->atom->grid.n);
    kd_status status = work ? KD_OK : kd_fail(KD_ENOMEM, "partial waves");
    for (int k = 0; k < g->n_channel && status == KD_OK; k++)
        if (g->channel[k].l < 2)
            status = put_channel(g, s, &g->channel[k], work, p);
    free(work);
    return status;
}

static void put_words(const struct generation *g, struct pseudo *p)
{
    const struct configuration *c = &g->atom->options.configuration;
    snprintf(p->element, sizeof p->element, "%s", element_symbol(g->recipe.z));
    snprintf(p->functional, sizeof p->functional, "%s", xc_long_name(g->recipe.xc));
    snprintf(p->generated, sizeof p->generated, "Generated by kedge pseudo (optimised norm-conserving, Hamann 2013)");
    double ion = g->recipe.z - configuration_electrons(c);
    if (ion != 0)
        snprintf(p->comment, sizeof p->comment, "reference ion of charge %+g", ion);
    configuration_print(c, p->configuration);
    recipe_print(&g->recipe, p->recipe);
}

static kd_status fill(const struct generation *g, struct pseudo *p)
{
    struct slice s = file_slice(&g->atom->grid);
    p->n = s.n;
    p->z = g->recipe.z;
    p->z_valence = g->separable.z_valence;
    p->xc = g->recipe.xc;
    p->xc_known = p->has_atom = true;
    p->relativistic = g->recipe.relativistic;
    p->energy_ae = g->atom->energies.total;
    p->energy_ps = g->energy_ps;
    p->ecut_ry = g->recipe.ecut_ry;
    put_words(g, p);
    TRY(put_local(g, &s, p));
    TRY(put_nonlocal(g, &s, p));
    TRY(put_orbitals(g, &s, p));
    return put_partial(g, &s, p);
}

kd_status generation_pseudo(const struct generation *g, struct pseudo *p)
{
    *p = (struct pseudo){0};
    kd_status status = fill(g, p);
    if (status != KD_OK)
        pseudo_free(p);
    return status;
}
