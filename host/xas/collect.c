// SPDX-License-Identifier: BSD-3-Clause
/* collect.c - spectra of many sites on one energy axis. */
#include "host/xas/collect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/clock.h"
#include "host/base/units.h"
#include "host/store/h5.h"

kd_status collect_begin(const struct collect_axis *axis, struct collect *c)
{
    memset(c, 0, sizeof *c);
    if (!(axis->emax_ev > axis->emin_ev) || axis->n < 2 || axis->n > 1000000)
        FAIL(KD_EINPUT, "energies: %d points from %g to %g eV, expected two or more in ascending order", axis->n, axis->emin_ev, axis->emax_ev);
    c->axis = *axis;
    c->energy_ev = malloc((size_t)axis->n * sizeof *c->energy_ev);
    if (!c->energy_ev)
        FAIL(KD_ENOMEM, "energies: no host memory");
    for (int e = 0; e < axis->n; e++)
        c->energy_ev[e] = axis->emin_ev + (axis->emax_ev - axis->emin_ev) * e / (axis->n - 1) + (axis->kind == XANES_ABSOLUTE ? axis->zero_ev : 0);
    return KD_OK;
}

void collect_free(struct collect *c)
{
    for (int i = 0; i < c->n_row; i++)
        free(c->row[i].sigma);
    free(c->row);
    free(c->energy_ev);
    memset(c, 0, sizeof *c);
}

static kd_status evaluate(const struct collect *c, const struct xanes_site *s, const struct broadening *b, double *sigma)
{
    int n = c->axis.n;
    double shift = c->axis.kind == XANES_CALIBRATED ? s->e_shift + ha_from_ev(c->axis.constant_ev) : 0;
    if (!isfinite(shift))
        FAIL(KD_EINPUT, "site %d: no energy alignment (final state none, or a set without total energies): --energy-axis absolute", s->site);
    double *energy = malloc((size_t)n * sizeof *energy);
    if (!energy)
        FAIL(KD_ENOMEM, "energies: no host memory");
    for (int e = 0; e < n; e++)
        energy[e] = ha_from_ev(c->energy_ev[e]) - shift;
    kd_status status = xanes_spectrum(s, b, c->axis.kind == XANES_CALIBRATED ? shift : s->k_edge, n, energy, sigma);
    free(energy);
    return status;
}

kd_status collect_add(struct collect *c, const struct xanes_site *s, const struct broadening *b)
{
    double started = clock_seconds();
    if (c->n_row && strcmp(c->recipe, s->recipe) != 0)
        FAIL(KD_EINPUT, "site %d: made by \"%s\", the others by \"%s\": not comparable", s->site, s->recipe, c->recipe);
    struct collect_row *row = realloc(c->row, ((size_t)c->n_row + 1) * sizeof *row);
    if (!row)
        FAIL(KD_ENOMEM, "spectra: no host memory");
    c->row = row;
    memcpy(c->recipe, s->recipe, sizeof c->recipe);
    row += c->n_row;
    *row = (struct collect_row){.site = s->site, .z = s->z, .lanczos_steps = s->chains.n_step, .scf_iterations = s->scf_iterations,
                                .converged = s->converged, .e_shift_ev = ev_from_ha(s->e_shift), .edge_ev = ev_from_ha(s->edge),
                                .norm_bohr = s->converged ? s->chains.norm[0] : 0, .seconds = s->seconds.total};
    memcpy(row->failure, s->failure, sizeof row->failure);
    c->n_row++;
    if (!s->converged)
        return KD_OK;
    row->sigma = malloc(XANES_N_POL * (size_t)c->axis.n * sizeof *row->sigma);
    if (!row->sigma)
        FAIL(KD_ENOMEM, "spectra: no host memory");
    TRY(evaluate(c, s, b, row->sigma));
    c->gamma_seconds += clock_seconds() - started;
    return KD_OK;
}

bool collect_mean(const struct collect *c, int i, double *mean)
{
    int n = c->axis.n, used = 0;
    memset(mean, 0, (size_t)n * sizeof *mean);
    for (int r = i < 0 ? 0 : i; r < (i < 0 ? c->n_row : i + 1); r++) {
        if (!c->row[r].sigma)
            continue;
        used++;
        for (int pol = 0; pol < XANES_N_POL; pol++)
            for (int e = 0; e < n; e++)
                mean[e] += c->row[r].sigma[(size_t)pol * (size_t)n + (size_t)e] / XANES_N_POL;
    }
    for (int e = 0; e < n && used; e++)
        mean[e] /= used;
    return used > 0;
}

bool collect_deviation(const struct collect *c, double *deviation)
{
    int n = c->axis.n, used = 0;
    double *mean = malloc(2 * (size_t)n * sizeof *mean), *own = mean ? mean + n : NULL;
    memset(deviation, 0, (size_t)n * sizeof *deviation);
    if (mean && collect_mean(c, -1, mean))
        for (int r = 0; r < c->n_row; r++) {
            if (!collect_mean(c, r, own))
                continue;
            used++;
            for (int e = 0; e < n; e++)
                deviation[e] += (own[e] - mean[e]) * (own[e] - mean[e]);
        }
    for (int e = 0; e < n && used > 1; e++)
        deviation[e] = sqrt(deviation[e] / (used - 1));
    free(mean);
    return used > 1;
}

bool collect_peak(const struct collect *c, int i, double *energy_ev, double *height)
{
    int n = c->axis.n, top = 0;
    double *mean = malloc((size_t)n * sizeof *mean);
    bool found = mean && collect_mean(c, i, mean);
    for (int e = 1; e < n - 1 && found; e++)
        if (mean[e] >= mean[e - 1] && mean[e] >= mean[e + 1] && (top == 0 || mean[e] > mean[top]))
            top = e;
    if (found && top > 0) {
        double l = mean[top - 1], m = mean[top], r = mean[top + 1], curve = l - 2 * m + r, step = c->energy_ev[1] - c->energy_ev[0];
        double at = curve < 0 ? 0.5 * (l - r) / curve : 0;
        *energy_ev = c->energy_ev[top] + at * step;
        *height = m - 0.25 * (l - r) * at;
    } else {
        found = false;
    }
    free(mean);
    return found;
}

/* ---- xanes.h5 ---- */

static kd_status write_spectra(const struct collect *c, struct h5 *f)
{
    size_t n = (size_t)c->axis.n, n_row = 0, used = 0;
    for (int i = 0; i < c->n_row; i++)
        n_row += c->row[i].sigma != NULL;
    double *sigma = malloc(XANES_N_POL * n * (n_row + 1) * sizeof *sigma), *mean = malloc(n * (n_row + 1) * sizeof *mean);
    kd_status status = KD_OK;
    if (!sigma || !mean)
        FAIL_OUT(KD_ENOMEM, "%s: no host memory", h5_path(f));
    for (int i = 0; i < c->n_row; i++)
        if (collect_mean(c, i, mean + used * n))
            memcpy(sigma + XANES_N_POL * n * used++, c->row[i].sigma, XANES_N_POL * n * sizeof *sigma);
    TRY_OUT(h5_write(f, &(struct h5_array){"energy", H5_DOUBLE, 1, {n}, .unit = "eV"}, c->energy_ev));
    TRY_OUT(h5_write(f, &(struct h5_array){"intensity_bohr2", H5_DOUBLE, 3, {n_row, XANES_N_POL, n}, .unit = "bohr^2"}, sigma));
    for (size_t i = 0; i < XANES_N_POL * n * n_row; i++)
        sigma[i] = mb_from_bohr2(sigma[i]);
    for (size_t i = 0; i < n * n_row; i++)
        mean[i] = mb_from_bohr2(mean[i]);
    TRY_OUT(h5_write(f, &(struct h5_array){"intensity", H5_DOUBLE, 3, {n_row, XANES_N_POL, n}, .unit = "Mb"}, sigma));
    TRY_OUT(h5_write(f, &(struct h5_array){"intensity_polarisation_mean", H5_DOUBLE, 2, {n_row, n}, .unit = "Mb"}, mean));
    if (collect_mean(c, -1, mean)) {
        for (size_t e = 0; e < n; e++)
            mean[e] = mb_from_bohr2(mean[e]);
        TRY_OUT(h5_write(f, &(struct h5_array){"intensity_mean", H5_DOUBLE, 1, {n}, .unit = "Mb"}, mean));
    }
    if (collect_deviation(c, mean)) {
        for (size_t e = 0; e < n; e++)
            mean[e] = mb_from_bohr2(mean[e]);
        TRY_OUT(h5_write(f, &(struct h5_array){"intensity_deviation", H5_DOUBLE, 1, {n}, .unit = "Mb"}, mean));
    }
out:
    free(sigma);
    free(mean);
    return status;
}

/* One number per converged site. */
static kd_status write_column(const struct collect *c, struct h5 *f, const char *name, const char *unit, int column)
{
    size_t n = 0;
    double *value = malloc(((size_t)c->n_row + 1) * sizeof *value);
    if (!value)
        FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
    for (int i = 0; i < c->n_row; i++) {
        const struct collect_row *r = &c->row[i];
        double all[8] = {r->site, r->z, r->lanczos_steps, r->scf_iterations, r->e_shift_ev, r->edge_ev, r->norm_bohr, r->seconds};
        if (r->sigma)
            value[n++] = all[column];
    }
    int *whole = (int *)value; /* converted in place, front to back */
    for (size_t i = 0; i < n && column < 4; i++) {
        int x = (int)value[i];
        memcpy(whole + i, &x, sizeof x);
    }
    kd_status status = h5_write(f, &(struct h5_array){name, column < 4 ? H5_INT : H5_DOUBLE, 1, {n}, .unit = unit, .flags = H5_ALLOW_NAN}, value);
    free(value);
    return status;
}

static kd_status write_failed(const struct collect *c, struct h5 *f)
{
    size_t n = 0;
    int *site = malloc(((size_t)c->n_row + 1) * sizeof *site);
    const char **reason = malloc(((size_t)c->n_row + 1) * sizeof *reason);
    kd_status status = site && reason ? KD_OK : kd_fail(KD_ENOMEM, "%s: no host memory", h5_path(f));
    for (int i = 0; i < c->n_row && status == KD_OK; i++)
        if (!c->row[i].sigma) {
            site[n] = c->row[i].site;
            reason[n++] = c->row[i].failure;
        }
    if (status == KD_OK && n) {
        status = h5_write(f, &(struct h5_array){"failed/site", H5_INT, 1, {n}, .unit = "1"}, site);
        if (status == KD_OK)
            status = h5_write_strings(f, "failed/reason", n, reason);
    }
    free(site);
    free(reason);
    return status;
}

/* NXxas: an entry whose data group links to what is above. */
static kd_status write_entry(struct h5 *f)
{
    static const char *const polarisation[XANES_N_POL] = {"x", "y", "z"};
    TRY(h5_write_strings(f, "polarisation", XANES_N_POL, polarisation));
    TRY(h5_group(f, "entry/data"));
    TRY(h5_set_text(f, "/", "default", "entry"));
    TRY(h5_set_text(f, "entry", "NX_class", "NXentry"));
    TRY(h5_set_text(f, "entry", "default", "data"));
    TRY(h5_set_text(f, "entry", "definition", "NXxas"));
    TRY(h5_set_text(f, "entry/data", "NX_class", "NXdata"));
    TRY(h5_set_text(f, "entry/data", "signal", "intensity"));
    TRY(h5_set_text(f, "entry/data", "axes", "site,polarisation,energy"));
    TRY(h5_set_text(f, "entry/data", "mode", "calculated"));
    TRY(h5_link(f, "energy", "entry/data/energy"));
    TRY(h5_link(f, "site", "entry/data/site"));
    return h5_link(f, "intensity", "entry/data/intensity");
}

static kd_status write_all(const struct collect *c, struct h5 *f, const struct js *provenance)
{
    static const char *const name[8] = {"site", "number", "lanczos_steps", "scf_iterations", "e_shift_ev", "edge_ev", "start_norm", "seconds"};
    static const char *const unit[8] = {"1", "1", "1", "1", "eV", "eV", "bohr", "s"};
    bool calibrated = c->axis.kind == XANES_CALIBRATED;
    TRY(h5_set_text(f, "/", "creator", "kedge"));
    TRY(h5_set_text(f, "/", "kind", "xanes"));
    TRY(h5_set_text(f, "/", "recipe", c->recipe));
    TRY(h5_set_text(f, "/", "energy_axis", calibrated ? "calibrated" : "absolute"));
    TRY(h5_set_double(f, "/", calibrated ? "calibration_ev" : "ground_state_edge_ev", calibrated ? c->axis.constant_ev : c->axis.zero_ev));
    if (provenance)
        TRY(h5_set_members(f, "/", "provenance", provenance));
    TRY(write_spectra(c, f));
    for (int i = 0; i < 8; i++)
        TRY(write_column(c, f, name[i], unit[i], i));
    TRY(write_failed(c, f));
    return write_entry(f);
}

kd_status collect_write(const struct collect *c, const char *path, const struct js *provenance)
{
    struct h5 *f;
    TRY(h5_create(path, &f));
    kd_status status = write_all(c, f, provenance);
    if (status == KD_OK)
        return h5_commit(f);
    h5_abandon(f);
    return status;
}
