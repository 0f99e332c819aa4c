// SPDX-License-Identifier: BSD-3-Clause
/* site.c - one site: the density with a core hole, then its chains. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/clock.h"
#include "host/base/span.h"
#include "host/xas/hole.h"
#include "host/xas/room.h"

void xanes_site_free(struct xanes_site *s)
{
    chains_free(&s->chains);
    free(s->k_frac);
    free(s->shell);
    memset(s, 0, sizeof *s);
}

/* ---- start ---- */

/* f_g += table(|G|) exp(-iG.tau) / volume. */
static void add_sphere(const struct sphere *density, double volume, const double tau[3], const double *table, double (*f_g)[2])
{
#pragma omp parallel for schedule(static)
    for (int g = 0; g < density->n; g++) {
        const double *v = density->g[g];
        double angle = v[0] * tau[0] + v[1] * tau[1] + v[2] * tau[2], w = table[density->shell_of[g]] / volume;
        f_g[g][0] += w * cos(angle);
        f_g[g][1] -= w * sin(angle);
    }
}

/* Ground state, the atomic difference of the two sets at the site, and the response of the reference sites where it is known. */
static kd_status start_density(struct xanes *x, int site, double (*rho)[2])
{
    struct scf *s = x->scf;
    size_t n_shell = (size_t)s->density.n_shell;
    const double *hole = s->ion.charge + (size_t)x->hole_species * n_shell, *ground = s->ion.charge + (size_t)x->absorber_species * n_shell;
    double *table = malloc(n_shell * sizeof *table);
    if (!table)
        FAIL(KD_ENOMEM, "xanes: no host memory");
    memcpy(rho, x->gs.rho_g, (size_t)s->density.n * sizeof *rho);
    for (size_t i = 0; i < n_shell; i++)
        table[i] = hole[i] - ground[i] + (x->response ? x->response[i] : 0);
    add_sphere(&s->density, x->crystal.volume, x->crystal.tau[site], table, rho);
    rho[0][0] = s->n_electron / x->crystal.volume;
    rho[0][1] = 0;
    free(table);
    return KD_OK;
}

static kd_status warm_orbitals(struct xanes *x)
{
    kd_device *dev = x->dev;
    for (int i = 0; i < x->scf->n_k; i++) {
        const struct la_block *psi = &x->scf->k[i].psi;
        TRY(kd_copy(dev, dev->stream, psi->x_d, x->ground_orbital_d[i], (size_t)psi->n_vec * psi->ld * la_size(psi->type)));
    }
    return KD_OK;
}

/* ---- afterwards ---- */

/* What the density did beyond the start without response, averaged over the sphere about the site. */
static kd_status take_response(struct xanes *x, struct xanes_site *out, const double (*start)[2])
{
    struct scf *s = x->scf;
    const struct sphere *d = &s->density;
    size_t n_shell = (size_t)d->n_shell;
    double(*rho)[2] = malloc((size_t)d->n * sizeof *rho), *count = calloc(n_shell, sizeof *count);
    out->shell = calloc(2 * n_shell, sizeof *out->shell);
    kd_status status = rho && count && out->shell ? scf_get_density(s, rho) : kd_fail(KD_ENOMEM, "xanes: no host memory");
    if (status == KD_OK) {
        const double *tau = x->crystal.tau[out->site];
        out->n_shell = d->n_shell;
        out->response = out->shell + n_shell;
        memcpy(out->shell, d->shell, n_shell * sizeof *out->shell);
        for (int g = 0; g < d->n; g++) {
            const double *v = d->g[g];
            double angle = v[0] * tau[0] + v[1] * tau[1] + v[2] * tau[2];
            double re = rho[g][0] - start[g][0], im = rho[g][1] - start[g][1];
            out->response[d->shell_of[g]] += x->crystal.volume * (re * cos(angle) - im * sin(angle));
            count[d->shell_of[g]] += 1;
        }
        for (size_t i = 0; i < n_shell; i++)
            out->response[i] = out->response[i] / count[i] + (x->response ? x->response[i] : 0);
    }
    free(rho);
    free(count);
    return status;
}

/* Midway between the bands that the ground state filled and the next: the level of the excited electron counts as empty. */
static double middle_of_gap(const struct xanes *x)
{
    const struct scf *s = x->scf;
    int full = (int)lround(x->gs.n_electron / 2);
    double top = -INFINITY, bottom = INFINITY;
    if (x->gs.smearing != SMEARING_FIXED || full < 1 || full >= s->n_band)
        return s->occupations.fermi;
    for (int i = 0; i < s->n_k; i++) {
        top = fmax(top, s->k[i].eps[full - 1]);
        bottom = fmin(bottom, s->k[i].eps[full]);
    }
    return bottom > top ? 0.5 * (top + bottom) : s->occupations.fermi;
}

/* Mizoguchi et al. 2009: the lowest unoccupied level of the neutral cell lies at the difference of total energies; a charged cell and
 * an electron far away make the same absolute. */
static void take_energies(const struct xanes *x, struct xanes_site *out)
{
    const struct scf *s = x->scf;
    bool excited = x->options.final_state == XANES_XCH;
    out->energy = s->energy.total;
    out->energy_ground = x->gs.energy;
    out->core_difference = x->core_difference;
    out->edge = s->options.smearing == SMEARING_FIXED ? s->occupations.homo : s->occupations.fermi;
    out->cut = middle_of_gap(x);
    out->k_edge = hole_k_edge(out->z);
    out->e_shift = x->options.final_state == XANES_GROUND
                       ? NAN
                       : out->core_difference + out->energy - out->energy_ground - (excited ? s->occupations.fermi : 0);
}

static kd_status core_hole_density(struct xanes *x, struct xanes_site *out)
{
    struct scf *s = x->scf;
    bool smeared = x->gs.smearing != SMEARING_FIXED, excited = x->options.final_state == XANES_XCH;
    enum smearing smearing = smeared ? x->gs.smearing : excited ? SMEARING_GAUSS : SMEARING_FIXED;
    double width = smeared ? x->gs.width : 0.0025; /* one level, half full: any width does (0.005 Ry as the oracle) */
    double(*start)[2] = malloc((size_t)s->density.n * sizeof *start);
    kd_status status = KD_OK;
    if (!start)
        FAIL(KD_ENOMEM, "xanes: no host memory");
    x->hole_in_scf = true;
    TRY_OUT(scf_change_species(s, x->gs.charge + x->charge_hole, smearing, width));
    TRY_OUT(start_density(x, out->site, start));
    TRY_OUT(scf_set_density(s, (const double(*)[2])start));
    if (x->orbitals_ready) /* else the checkpoint has them */
        TRY_OUT(warm_orbitals(x));
    s->options.first_error = 1e-4;
    s->options.checkpoint = x->density_path[0] ? x->density_path : NULL;
    s->options.checkpoint_seconds = x->options.checkpoint_seconds;
    s->options.restart = x->go_on;
    s->h_applications = 0;
    TRY_OUT(scf_run(s));
    out->scf_iterations = s->n_iteration;
    TRY_OUT(take_response(x, out, (const double(*)[2])start));
out:
    out->h_applications = s->h_applications;
    out->scf_iterations = s->n_iteration;
    free(start);
    return status;
}

static kd_status run(struct xanes *x, struct xanes_site *out)
{
    bool found;
    TRY(xanes_checkpoint_read(x, out, &found));
    if (!found && !xanes_density_begun(x))
        TRY(xanes_prepare(x));
    double started = x->kept_at = clock_seconds();
    if (x->options.final_state != XANES_GROUND)
        xanes_place_hole(x, out->site);
    if (!found) {
        span_begin("core_hole_scf");
        if (x->options.final_state != XANES_GROUND)
            TRY(core_hole_density(x, out));
        span_end();
        out->seconds.scf = clock_seconds() - started;
        take_energies(x, out);
        TRY(xanes_checkpoint_due(x, out));
    }
    return xanes_chains_run(x, out);
}

kd_status xanes_site_run(struct xanes *x, int site, struct xanes_site *out)
{
    double started = clock_seconds();
    memset(out, 0, sizeof *out);
    if (site < 0 || site >= x->gs.structure.n_atom)
        FAIL(KD_EINPUT, "--sites: atom %d, there are %d, counted from 0", site, x->gs.structure.n_atom);
    if (x->set.species[site] != x->absorber_species)
        FAIL(KD_EINPUT, "--sites: atom %d is %s, the absorber is %s", site, x->set.pseudo[x->set.species[site]].element,
             x->set.pseudo[x->absorber_species].element);
    out->site = site;
    out->z = x->gs.structure.number[site];
    out->final_state = x->options.final_state;
    out->broadening = x->options.broadening;
    snprintf(out->recipe, sizeof out->recipe, "%s", x->recipe);
    int depth = span_depth();
    span_begin("site");
    kd_status status = run(x, out);
    span_unwind(depth);
    out->seconds.total += clock_seconds() - started; /* of a restart: to what was before */
    out->converged = status == KD_OK;
    if (status == KD_ENOCONV)
        snprintf(out->failure, sizeof out->failure, "%s", kd_error_message());
    else if (status != KD_OK)
        xanes_site_free(out);
    return status;
}
