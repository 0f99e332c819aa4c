// SPDX-License-Identifier: BSD-3-Clause
/* check.c - is this pseudopotential any good? */
#include "host/atom/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/box.h"

/* 1e-6: quadrature. 1e-4 Ha: the relativistic tail that a Schroedinger equation cannot have, of the order alpha^2 E^2 (times 1 + E^2, so
 * that it stands for a semicore level too). 0.05 pi: what two-projector sets of the public libraries reach. 1 mHa: chemical accuracy of a
 * configuration's energy. 60 Ry: what the cells of this suite can afford. */
const struct check_limits check_limits = {1e-6, 1e-4, 0.05, 1e-3, 60};

static const double top_energy = 5, energy_step = 0.05, box_radius = 6, box_quiet = 2, excitation_range = 0.5;

static void check_waves(const struct generation *g, struct check *c)
{
    const struct radial_grid *grid = &g->atom->grid;
    double *slope = malloc(sizeof *slope * (size_t)grid->n);
    for (int k = 0; k < g->n_channel && slope; k++)
        for (int i = 0; i < ONCV_PER_CHANNEL; i++) {
            const struct oncv_channel *ch = &g->channel[k];
            const struct wave *w = &ch->wave[i];
            double ps = radial_integral_to(grid, ch->phi[i], ch->phi[i], ch->core);
            radial_derivative(grid, ch->phi[i], slope);
            c->wave[c->n_wave++] = (struct check_wave){ch->l, w->energy, w->norm / ps, w->match[1] / w->match[0],
                                                       slope[ch->core] / ch->phi[i][ch->core]};
        }
    free(slope);
    c->norm_error = g->norm_error;
    for (int k = 0; k < g->n_valence; k++) {
        const struct atom_state *s = &g->atom->state[g->recipe.core_shells + k];
        if (s->occupation > 0)
            c->eigenvalue_error = fmax(c->eigenvalue_error, fabs(g->valence[k].energy - s->energy) / (1 + s->energy * s->energy));
    }
}

/* Half a hartree below the lowest valence level of this l, or just below zero. */
static double first_energy(const struct generation *g, int l)
{
    double lowest = -0.05;
    for (int k = 0; k < g->n_valence; k++)
        if (g->valence[k].l == l)
            lowest = fmin(lowest, g->valence[k].energy - 0.5);
    return lowest;
}

static kd_status check_phases(const struct generation *g, struct check *c)
{
    const struct radial_grid *grid = &g->atom->grid;
    double *work = malloc(3 * sizeof *work * (size_t)grid->n), low = 0;
    if (!work)
        FAIL(KD_ENOMEM, "logarithmic derivatives");
    int at = g->separable.core + 2;
    c->phase_radius = grid->r[at];
    for (int l = 0; l <= CHECK_MAX_L; l++)
        low = fmin(low, first_energy(g, l));
    kd_status status = KD_OK;
    for (double e = low; e <= top_energy + 1e-9 && c->n_energy < CHECK_MAX_CURVE && status == KD_OK; e += energy_step) {
        int m = c->n_energy++;
        c->energy[m] = e;
        for (int l = 0; l <= CHECK_MAX_L && status == KD_OK; l++) {
            double slope;
            c->phase_ae[l][m] = wave_phase(g->atom, l, e, at, work);
            status = pseudo_atom_outward(&g->separable, g->v_local, l, e, at, work, &slope);
            c->phase_ps[l][m] = wave_angle(e, work[at], slope);
            double difference = c->phase_ps[l][m] - c->phase_ae[l][m];
            difference -= round(difference);
            if (e >= first_energy(g, l))
                c->phase_error[l] = fmax(c->phase_error[l], fabs(difference));
        }
    }
    free(work);
    return status;
}

static kd_status check_ghosts(const struct generation *g, struct check *c)
{
    const struct radial_grid *grid = &g->atom->grid;
    int at = radial_grid_index(grid, box_radius);
    double *work = malloc(2 * sizeof *work * (size_t)grid->n);
    if (!work)
        FAIL(KD_ENOMEM, "ghost search");
    kd_status status = KD_OK;
    for (int l = 0; l <= CHECK_MAX_L && status == KD_OK; l++) {
        struct box_levels ae, ps;
        int n_core = 0;
        for (int k = 0; k < g->recipe.core_shells; k++)
            n_core += g->atom->state[k].l == l;
        /* a level within 0.2 Ha of the top may fall on either side of it: count below the gap */
        box_all_electron(g->atom, l, n_core, at, top_energy, work, &ae);
        double top = ae.n ? ae.energy[ae.n - 1] + 0.3 : top_energy;
        status = box_pseudo(&g->separable, g->v_local, l, at, top, &ps);
        c->levels_ae[l] = ae.n;
        c->levels_ps[l] = ps.n;
        for (int k = 0; k < ae.n && k < ps.n && ae.energy[k] < box_quiet; k++)
            c->level_error[l] = fmax(c->level_error[l], fabs(ae.energy[k] - ps.energy[k]));
    }
    free(work);
    return status;
}

/* The configuration with s and p electrons added to the outermost shells; false when it cannot be had. */
static bool excited(const struct generation *g, double add_s, double add_p, struct configuration *c)
{
    double left = 0;
    *c = g->atom->options.configuration;
    int outer = c->shell[c->n_shell - 1].n;
    for (int k = c->n_shell - 1; k >= g->recipe.core_shells; k--) {
        struct shell *s = &c->shell[k];
        double *add = s->l == 0 ? &add_s : s->l == 1 ? &add_p : NULL;
        if (add && s->n == outer) { /* a semicore shell stays as it is */
            s->occupation += *add;
            *add = 0;
        }
        if (s->occupation < 0 || s->occupation > 4 * s->l + 2)
            return false;
        left += s->occupation;
    }
    if (add_s == 0 && add_p > 0 && c->n_shell < ATOM_MAX_SHELL) { /* an atom without a p shell: the first empty one */
        int n = c->shell[c->n_shell - 1].n;
        c->shell[c->n_shell++] = (struct shell){n < 2 ? 2 : n, 1, add_p};
        add_p = 0;
    }
    return add_s == 0 && add_p == 0 && left > 0.4;
}

/* Total energies of one configuration, all-electron and pseudo. */
static kd_status energies(const struct generation *g, const struct configuration *c, double *ae, double *ps)
{
    struct atom_options o = g->atom->options;
    struct pseudo_atom_state state[ATOM_MAX_SHELL];
    struct atom *a;
    size_t n = (size_t)g->atom->grid.n;
    int n_state = 0;
    o.configuration = *c;
    for (int k = o.configuration.n_shell - 1; k >= g->recipe.core_shells; k--) /* drop empty shells: they may be unbound */
        if (o.configuration.shell[k].occupation == 0) {
            memmove(&o.configuration.shell[k], &o.configuration.shell[k + 1],
                    sizeof(struct shell) * (size_t)(o.configuration.n_shell - k - 1));
            o.configuration.n_shell--;
        }
    TRY(atom_solve(&o, &a));
    *ae = a->energies.total;
    for (int k = g->recipe.core_shells; k < a->n_state; k++)
        state[n_state++] = (struct pseudo_atom_state){a->state[k].l, a->state[k].occupation, a->state[k].energy, NULL};
    double *v = malloc(sizeof *v * n);
    kd_status status = v ? KD_OK : kd_fail(KD_ENOMEM, "excitation");
    if (status == KD_OK) {
        /* start from the change of the all-electron potential: smooth, and already screened */
        for (size_t i = 0; i < n; i++)
            v[i] = g->v_local[i] + a->v[i] - g->atom->v[i];
        status = pseudo_atom_solve(&g->separable, n_state, state, v, ps);
    }
    free(v);
    atom_free(a);
    return status;
}

static kd_status check_excitations(const struct generation *g, struct check *c)
{
    static const double change[CHECK_MAX_EXCITATION][2] = {{0, -0.5}, {-0.5, 0.5}, {-0.5, 0}, {0, -1}, {-1, 1}, {-1, 0}};
    for (int k = 0; k < CHECK_MAX_EXCITATION; k++) {
        struct configuration conf;
        struct check_excitation *x = &c->excitation[c->n_excitation];
        if (!excited(g, change[k][0], change[k][1], &conf))
            continue;
        TRY(energies(g, &conf, &x->ae, &x->ps));
        x->ae -= g->atom->energies.total;
        x->ps -= g->energy_ps;
        configuration_print(&conf, x->configuration);
        if (fabs(x->ae) < excitation_range)
            c->excitation_error = fmax(c->excitation_error, fabs(x->ae - x->ps));
        c->n_excitation++;
    }
    return KD_OK;
}

static kd_status check_cutoff(const struct generation *g, struct check *c)
{
    double q[CHECK_N_CUTOFF], residual[CHECK_N_CUTOFF];
    memset(c->residual, 0, sizeof c->residual);
    for (int m = 0; m < CHECK_N_CUTOFF; m++) {
        q[m] = 0.05 * (m + 1);
        c->cutoff_ry[m] = q[m] * q[m];
    }
    for (int k = 0; k < g->n_valence; k++) {
        const struct generation_wave *w = &g->wave_of[k];
        if (!(g->valence[k].occupation > 0))
            continue;
        TRY(oncv_residual(&g->atom->grid, &g->channel[w->channel], w->wave, CHECK_N_CUTOFF, q, residual));
        for (int m = 0; m < CHECK_N_CUTOFF; m++)
            c->residual[m] = fmax(c->residual[m], fabs(residual[m]));
    }
    for (int m = CHECK_N_CUTOFF - 1; m >= 0 && c->residual[m] < 1e-3; m--)
        c->ecut_1mha_ry = c->cutoff_ry[m];
    for (int m = CHECK_N_CUTOFF - 1; m >= 0 && c->residual[m] < 1e-4; m--)
        c->ecut_01mha_ry = c->cutoff_ry[m];
    return KD_OK;
}

kd_status check_run(const struct generation *g, struct check *c)
{
    memset(c, 0, sizeof *c);
    check_waves(g, c);
    TRY(check_phases(g, c));
    TRY(check_ghosts(g, c));
    TRY(check_excitations(g, c));
    TRY(check_cutoff(g, c));
    c->norm_ok = c->norm_error < check_limits.norm;
    c->eigenvalue_ok = c->eigenvalue_error < check_limits.eigenvalue_ha;
    c->phase_ok = c->ghost_ok = true;
    for (int l = 0; l <= CHECK_MAX_L; l++) {
        c->phase_ok = c->phase_ok && (l > 2 || c->phase_error[l] < check_limits.phase);
        c->ghost_ok = c->ghost_ok && c->levels_ae[l] == c->levels_ps[l];
    }
    c->excitation_ok = c->excitation_error < check_limits.excitation_ha;
    c->cutoff_ok = c->ecut_1mha_ry > 0 && c->ecut_1mha_ry <= check_limits.ecut_ry;
    c->ok = c->norm_ok && c->eigenvalue_ok && c->phase_ok && c->ghost_ok && c->excitation_ok && c->cutoff_ok;
    return KD_OK;
}

void check_failures(const struct check *c, char text[128])
{
    const struct {
        bool ok;
        const char *name;
    } one[] = {{c->norm_ok, "norm conservation"},       {c->eigenvalue_ok, "valence levels"},
               {c->phase_ok, "logarithmic derivatives"}, {c->ghost_ok, "ghosts"},
               {c->excitation_ok, "excitation energies"}, {c->cutoff_ok, "cutoff"}};
    int used = 0;
    text[0] = 0;
    for (size_t k = 0; k < sizeof one / sizeof one[0]; k++)
        if (!one[k].ok)
            used += snprintf(text + used, 128 - (size_t)used, "%s%s", used ? ", " : "", one[k].name);
}
