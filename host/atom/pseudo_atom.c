// SPDX-License-Identifier: BSD-3-Clause
/* pseudo_atom.c - the atom of a separable pseudopotential. */
#include "host/atom/pseudo_atom.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/dense.h"
#include "host/atom/mixer.h"
#include "host/atom/radial.h"

enum { MAX_SCF = 100, MAX_NEWTON = 60 };

/* Regular solution up to `last`: the homogeneous one plus those driven by each projector, with the amplitudes
 * c_k = strength_k <beta_k|phi> that make it a solution of the non-local equation. memory[4 n]. */
static kd_status outward(const struct separable *s, const double *v, int l, double energy, int last, double *phi, double *q,
                         double *memory)
{
    const struct radial_grid *g = s->grid;
    double a[SEPARABLE_MAX * SEPARABLE_MAX], c[SEPARABLE_MAX], *driven[SEPARABLE_MAX];
    int index[SEPARABLE_MAX], n = 0;
    struct radial_equation eq = {g, l, 0, 0, v, NULL};
    radial_outward(&eq, energy, last, phi, q);
    for (int k = 0; k < s->n_projector; k++)
        if (s->l[k] == l && n < 2) {
            driven[n] = memory + (size_t)(2 * n) * (size_t)g->n;
            eq.source = s->beta[k];
            radial_outward(&eq, energy, last, driven[n], driven[n] + g->n);
            index[n++] = k;
        }
    for (int i = 0; i < n; i++) {
        double strength = s->strength[index[i]];
        const double *beta = s->beta[index[i]];
        c[i] = strength * radial_integral2(g, beta, phi);
        for (int j = 0; j < n; j++)
            a[i * n + j] = (i == j) - strength * radial_integral2(g, beta, driven[j]);
    }
    TRY(dense_solve(n, a, c));
    for (int i = 0; i < n; i++)
        for (int m = 0; m <= last; m++) {
            phi[m] += c[i] * driven[i][m];
            q[m] += c[i] * driven[i][g->n + m];
        }
    return KD_OK;
}

kd_status pseudo_atom_outward(const struct separable *s, const double *v, int l, double energy, int last, double *phi,
                              double *slope)
{
    double *memory = malloc(5 * sizeof *memory * (size_t)s->grid->n);
    if (!memory)
        FAIL(KD_ENOMEM, "pseudo-atom: %d points", s->grid->n);
    double *q = memory + 4 * s->grid->n;
    kd_status status = outward(s, v, l, energy, last, phi, q, memory);
    *slope = phi[last] / s->grid->r[last] + 2 * q[last];
    free(memory);
    return status;
}

/* Newton's method on the mismatch of slopes; memory[7 n]. */
static kd_status bound(const struct separable *s, const double *v, struct pseudo_atom_state *state, double *memory)
{
    const struct radial_grid *g = s->grid;
    size_t n = (size_t)g->n;
    double *q = memory, *p_in = memory + n, *q_in = memory + 2 * n, *driven = memory + 3 * n;
    for (int k = 0; k < MAX_NEWTON; k++) {
        struct radial_equation eq = {g, state->l, 0, 0, v, NULL};
        if (!(state->energy < -1e-5))
            break;
        int match = radial_turning_point(&eq, state->energy);
        match = match < s->core + 4 ? s->core + 4 : match;
        TRY(outward(s, v, state->l, state->energy, match, state->phi, q, driven));
        TRY(radial_inward(&eq, state->energy, match, p_in, q_in));
        double scale = state->phi[match] / p_in[match], jump = state->phi[match] * (q[match] - scale * q_in[match]);
        for (int i = match; i < g->n; i++)
            state->phi[i] = scale * p_in[i];
        double norm = radial_integral2(g, state->phi, state->phi), sign = state->phi[match] < 0 ? -1 : 1;
        for (int i = 0; i < g->n; i++)
            state->phi[i] *= sign / sqrt(norm);
        double correction = jump / norm;
        if (fabs(correction) < 1e-11 * (1 + fabs(state->energy)))
            return KD_OK;
        correction = fmax(-0.2, fmin(0.2, correction));
        if (state->energy + correction > -1e-5)
            correction = -0.5 * state->energy;
        state->energy += correction;
    }
    FAIL(KD_ENOCONV, "pseudo-atom: the state with l = %d is not bound near %g Ha", state->l, state->energy);
}

/* v_out from the charge of the states; the total energy. */
static kd_status potential(const struct separable *s, int n_state, const struct pseudo_atom_state *state, const double *v,
                           double *charge, double *v_xc, double *v_out, double *total)
{
    const struct radial_grid *g = s->grid;
    double bands = 0, xc;
    memset(charge, 0, sizeof *charge * (size_t)g->n);
    for (int k = 0; k < n_state; k++) {
        bands += state[k].occupation * state[k].energy;
        for (int i = 0; i < g->n; i++)
            charge[i] += state[k].occupation * state[k].phi[i] * state[k].phi[i];
    }
    radial_hartree(g, charge, v_out);
    double hartree = 0.5 * radial_integral2(g, charge, v_out);
    double moved = 0; /* int (v_ion - v) charge */
    for (int i = 0; i < g->n; i++)
        moved += (s->v_ion[i] - v[i]) * charge[i] * g->rab[i];
    for (int i = 0; i < g->n && s->model_core; i++)
        charge[i] += s->model_core[i];
    TRY(radial_xc(s->xc, g, charge, v_xc, &xc));
    *total = bands + moved + hartree + xc;
    for (int i = 0; i < g->n; i++)
        v_out[i] += s->v_ion[i] + v_xc[i];
    return KD_OK;
}

static kd_status iterate(const struct separable *s, int n_state, struct pseudo_atom_state *state, double *v, struct mixer *mix,
                         double *memory, double *total)
{
    size_t n = (size_t)s->grid->n;
    double *charge = memory, *v_xc = memory + n, *v_out = memory + 2 * n, change = 1, before = 0;
    for (int k = 0; k < MAX_SCF; k++) {
        for (int i = 0; i < n_state; i++)
            TRY(bound(s, v, &state[i], memory + 3 * n));
        TRY(potential(s, n_state, state, v, charge, v_xc, v_out, total));
        TRY(mixer_step(mix, s->grid, v, v_out, &change));
        if (change < 1e-6 && fabs(*total - before) < 1e-9)
            return KD_OK;
        before = *total;
    }
    FAIL(KD_ENOCONV, "pseudo-atom: the potential still changes by %g after %d iterations", change, MAX_SCF);
}

kd_status pseudo_atom_solve(const struct separable *s, int n_state, struct pseudo_atom_state *state, double *v, double *total)
{
    size_t n = (size_t)s->grid->n;
    struct mixer mix = {0};
    double *memory = malloc((10 + (size_t)n_state) * n * sizeof *memory), *own[ATOM_MAX_SHELL] = {0};
    if (!memory || n_state > ATOM_MAX_SHELL) {
        free(memory);
        FAIL(KD_ENOMEM, "pseudo-atom: %d states", n_state);
    }
    for (int k = 0; k < n_state; k++) {
        own[k] = state[k].phi;
        if (!own[k])
            state[k].phi = memory + (10 + (size_t)k) * n;
    }
    kd_status status = mixer_make(s->grid->n, 0.5, &mix);
    if (status == KD_OK)
        status = iterate(s, n_state, state, v, &mix, memory, total);
    for (int k = 0; k < n_state; k++)
        state[k].phi = own[k];
    mixer_free(&mix);
    free(memory);
    return status;
}
