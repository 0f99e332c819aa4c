// SPDX-License-Identifier: BSD-3-Clause
/* generation.c - from a recipe and an electron configuration to a pseudopotential. */
#include "host/atom/generation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/dense.h"
#include "host/atom/local.h"
#include "host/base/units.h"

/* Value and three derivatives joined; ten functions leave five or six free amplitudes for the optimisation. */
static const struct oncv_options optimisation = {.n_match = 4, .n_basis = 10};
/* Inside this radius gradient terms of the smooth pseudo-density are rounding noise. */
static const double calm_radius = 0.02;

void generation_free(struct generation *g)
{
    if (!g)
        return;
    atom_free(g->atom);
    free(g->memory);
    free(g);
}

/* All arrays in one block. */
static kd_status allocate(struct generation *g)
{
    size_t n = (size_t)g->atom->grid.n, used = 0;
    size_t count = 6 + 4 * (RECIPE_MAX_L + 1) + SEPARABLE_MAX + 3;
    g->memory = calloc(count * n, sizeof *g->memory);
    if (!g->memory)
        FAIL(KD_ENOMEM, "pseudopotential: %zu points", n);
#define TAKE() (g->memory + n * used++)
    g->v_local = TAKE();
    g->charge = TAKE();
    g->core_charge = TAKE();
    g->separable.v_ion = TAKE();
    g->separable.model_core = TAKE();
    for (int l = 0; l <= RECIPE_MAX_L; l++)
        for (int i = 0; i < ONCV_PER_CHANNEL; i++) {
            g->channel[l].wave[i].p = TAKE();
            g->channel[l].phi[i] = TAKE();
        }
    for (int k = 0; k < SEPARABLE_MAX; k++)
        g->separable.beta[k] = TAKE();
#undef TAKE
    return KD_OK;
}

/* Principal quantum number of valence shell i (0, 1, ..) of angular momentum l, 0 when there is none. Two shells of one l, say
 * the 1s and 2s of lithium, take one wave each. */
static int valence_n(const struct generation *g, int l, int i)
{
    const struct configuration *c = &g->atom->options.configuration;
    for (int k = g->recipe.core_shells; k < c->n_shell; k++)
        if (c->shell[k].l == l && i-- == 0)
            return c->shell[k].n;
    return 0;
}

static kd_status make_channels(struct generation *g, double *work)
{
    struct oncv_options opt = optimisation;
    for (int l = 0; l <= g->recipe.l_max; l++) {
        const struct recipe_channel *rc = &g->recipe.channel[l];
        if (!(rc->rc > 0))
            continue;
        struct oncv_channel *c = &g->channel[g->n_channel++];
        double *p[2] = {c->wave[0].p, c->wave[1].p};
        c->l = l;
        TRY(wave_make(g->atom, valence_n(g, l, 0), l, rc->energy[0], rc->rc, work, p[0], &c->wave[0]));
        TRY(wave_make(g->atom, valence_n(g, l, 1), l, c->wave[0].energy + rc->energy[1], rc->rc, work, p[1], &c->wave[1]));
        opt.q_cut = rc->q_cut;
        if (oncv_optimise(&g->atom->grid, &opt, c) != KD_OK)
            return kd_fail_prefix(KD_EINPUT, "recipe: channel %c, rc = %.3f bohr", "spdf"[l], rc->rc);
        for (int i = 0; i < 2; i++)
            for (int j = 0; j <= i; j++) {
                double ps = radial_integral_to(&g->atom->grid, c->phi[i], c->phi[j], c->core);
                double ae = radial_integral_to(&g->atom->grid, c->wave[i].p, c->wave[j].p, c->core);
                g->norm_error = fmax(g->norm_error, fabs(ps - ae));
            }
    }
    if (!g->n_channel)
        FAIL(KD_EINPUT, "recipe: no channel has a core radius");
    return KD_OK;
}

/* chi_i = (energy_i - T - v_local) phi_i within r_c. */
static void make_chi(const struct generation *g, const struct oncv_channel *c, int i, double *chi)
{
    const struct radial_grid *grid = &g->atom->grid;
    for (int m = 0; m < grid->n; m++)
        chi[m] = m <= c->core ? oncv_energy_minus_kinetic(grid, c, i, m) - g->v_local[m] * c->phi[i][m] : 0;
}

/* V = sum |chi_i> (B^-1)_ij <chi_j|, B_ij = <phi_i|chi_j>, brought to orthonormal projectors (Hamann 2013, eq. 12). */
static kd_status make_projectors(struct generation *g, const struct oncv_channel *c, double *work)
{
    const struct radial_grid *grid = &g->atom->grid;
    struct separable *s = &g->separable;
    double *chi[2] = {work, work + grid->n}, b[4], inverse[4], overlap[4], w[2], v[4], root[4], middle[4], half[4];
    for (int i = 0; i < 2; i++)
        make_chi(g, c, i, chi[i]);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            b[2 * i + j] = radial_integral2(grid, c->phi[i], chi[j]);
            overlap[2 * i + j] = radial_integral2(grid, chi[i], chi[j]);
        }
    g->asymmetry = fmax(g->asymmetry, fabs(b[1] - b[2]) / (fabs(b[0]) + fabs(b[3]) + fabs(b[1])));
    b[1] = b[2] = 0.5 * (b[1] + b[2]);
    TRY(dense_inverse(2, b, inverse));
    TRY(dense_eigen(2, overlap, w, v));
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            root[2 * i + j] = half[2 * i + j] = 0;
            for (int k = 0; k < 2; k++) {
                root[2 * i + j] += v[2 * k + i] * sqrt(w[k]) * v[2 * k + j];
                half[2 * i + j] += v[2 * k + i] / sqrt(w[k]) * v[2 * k + j];
            }
        }
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            middle[2 * i + j] = 0;
            for (int k = 0; k < 4; k++)
                middle[2 * i + j] += root[2 * i + k / 2] * inverse[k] * root[2 * (k % 2) + j];
        }
    TRY(dense_eigen(2, middle, w, v));
    for (int k = 0; k < 2; k++) {
        int at = s->n_projector++;
        s->l[at] = c->l;
        s->strength[at] = w[k];
        for (int m = 0; m < grid->n; m++)
            for (int i = 0; i < 2; i++)
                s->beta[at][m] += (v[2 * k] * half[i] + v[2 * k + 1] * half[2 + i]) * chi[i][m];
    }
    return KD_OK;
}

/* The screened local potential from the all-electron one. */
static kd_status make_local(struct generation *g)
{
    const struct radial_grid *grid = &g->atom->grid;
    int at = radial_grid_index(grid, g->recipe.r_local), core = grid->n;
    for (int k = 0; k < g->n_channel; k++) {
        core = g->channel[k].core < core ? g->channel[k].core : core;
        g->separable.core = g->channel[k].core + 1 > g->separable.core ? g->channel[k].core + 1 : g->separable.core;
    }
    if (at > core)
        FAIL(KD_EINPUT, "recipe: r_local = %.3f bohr reaches beyond the smallest core radius, %.3f", g->recipe.r_local,
             grid->r[core]);
    return local_continue(grid, g->atom->v, at, g->recipe.local_depth, g->v_local);
}

/* Charges of core and pseudo valence; the model core. */
static kd_status make_charges(struct generation *g, double *work)
{
    const struct radial_grid *grid = &g->atom->grid;
    bool core[ATOM_MAX_SHELL];
    g->n_valence = 0;
    for (int k = 0; k < g->atom->n_state; k++) {
        const struct atom_state *s = &g->atom->state[k];
        core[k] = k < g->recipe.core_shells;
        if (core[k])
            continue;
        int at = 0, wave = valence_n(g, s->l, 0) == s->n ? 0 : 1;
        while (at < g->n_channel && g->channel[at].l != s->l)
            at++;
        if (at == g->n_channel || valence_n(g, s->l, wave) != s->n)
            FAIL(KD_EINPUT, "recipe: valence shell %d%c needs a wave of its own", s->n, "spdf"[s->l]);
        double *phi = g->channel[at].phi[wave];
        g->wave_of[g->n_valence] = (struct generation_wave){at, wave};
        g->valence[g->n_valence++] = (struct pseudo_atom_state){s->l, s->occupation, s->energy, phi};
        for (int i = 0; i < grid->n; i++)
            g->charge[i] += s->occupation * phi[i] * phi[i];
    }
    atom_charge(g->atom, core, g->core_charge);
    if (!(g->recipe.r_model_core > 0)) {
        g->separable.model_core = NULL;
        return KD_OK;
    }
    for (int i = 0; i < grid->n; i++)
        work[i] = g->core_charge[i] / (4 * KD_PI * grid->r[i] * grid->r[i]);
    TRY(local_model_core(grid, work, radial_grid_index(grid, g->recipe.r_model_core), work + grid->n));
    for (int i = 0; i < grid->n; i++)
        g->separable.model_core[i] = work[grid->n + i] * 4 * KD_PI * grid->r[i] * grid->r[i];
    return KD_OK;
}

/* v_ion = v_local - v_H - v_xc, then the pseudo-atom for its energies. */
static kd_status unscreen(struct generation *g, double *work)
{
    const struct radial_grid *grid = &g->atom->grid;
    struct separable *s = &g->separable;
    size_t n = (size_t)grid->n;
    double *v_h = work, *v_xc = work + n, *total = work + 2 * n;
    radial_hartree(grid, g->charge, v_h);
    for (int i = 0; i < grid->n; i++)
        total[i] = g->charge[i] + (s->model_core ? s->model_core[i] : 0);
    TRY(radial_xc(s->xc, grid, total, v_xc, NULL));
    local_calm_origin(grid, calm_radius, v_xc);
    /* the tail of v_xc of valence and all electrons agree where the core is gone: the ion is -Z_v/r there exactly */
    for (int i = 0; i < grid->n; i++)
        s->v_ion[i] = g->v_local[i] - v_h[i] - v_xc[i];
    int far = radial_grid_index(grid, 8);
    for (int i = far; i < grid->n; i++)
        s->v_ion[i] = -s->z_valence / grid->r[i];
    double *v = work + 2 * n;
    memcpy(v, g->v_local, n * sizeof *v);
    struct pseudo_atom_state state[ATOM_MAX_SHELL];
    memcpy(state, g->valence, sizeof state);
    for (int k = 0; k < g->n_valence; k++)
        state[k].phi = NULL;
    TRY(pseudo_atom_solve(s, g->n_valence, state, v, &g->energy_ps));
    for (int k = 0; k < g->n_valence; k++)
        g->valence[k].energy = state[k].energy;
    return KD_OK;
}

static kd_status make(struct generation *g, double *work)
{
    struct separable *s = &g->separable;
    const struct configuration *c = &g->atom->options.configuration;
    s->grid = &g->atom->grid;
    s->xc = g->recipe.xc;
    s->z_valence = g->recipe.z;
    for (int k = 0; k < g->recipe.core_shells; k++)
        s->z_valence -= c->shell[k].occupation;
    TRY(make_channels(g, work));
    TRY(make_local(g));
    for (int k = 0; k < g->n_channel; k++)
        TRY(make_projectors(g, &g->channel[k], work));
    TRY(make_charges(g, work));
    return unscreen(g, work);
}

kd_status generation_make(const struct recipe *r, const struct configuration *c, struct generation **out)
{
    struct atom_options o = {.z = r->z, .configuration = *c, .xc = r->xc, .relativistic = r->relativistic};
    if (r->core_shells < 0 || r->core_shells >= c->n_shell)
        FAIL(KD_EINPUT, "recipe: %d core shells of %d", r->core_shells, c->n_shell);
    struct generation *g = calloc(1, sizeof *g);
    if (!g)
        FAIL(KD_ENOMEM, "pseudopotential");
    g->recipe = *r;
    kd_status status = atom_solve(&o, &g->atom);
    if (status == KD_OK)
        status = allocate(g);
    double *work = status == KD_OK ? malloc(4 * sizeof *work * (size_t)g->atom->grid.n) : NULL;
    if (status == KD_OK)
        status = work ? make(g, work) : kd_fail(KD_ENOMEM, "pseudopotential");
    free(work);
    if (status != KD_OK)
        generation_free(g);
    else
        *out = g;
    return status;
}
