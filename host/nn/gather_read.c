// SPDX-License-Identifier: BSD-3-Clause
/* gather_read.c - spectra from xanes.h5, rows from other datasets. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/nn/gather_room.h"
#include "host/store/h5.h"

/* ---- xanes.h5 ---- */

const char *gather_origin(const char *path)
{
    const char *last = strrchr(path, '/'), *folder = last;
    while (folder && folder > path && folder[-1] != '/')
        folder--;
    return folder ? folder : path;
}

struct spectra { /* what is read */
    size_t n_site, n;
    double *energy, *mean; /* [n], [n_site][n] */
    int *site, *number;    /* [n_site] */
    size_t n_failed;
    int *failed;
    char **reason;
    char recipe[GATHER_TEXT];
    double calibration_ev;
};

static void spectra_free(struct spectra *s)
{
    free(s->energy);
    free(s->mean);
    free(s->site);
    free(s->number);
    free(s->failed);
    free(s->reason);
}

static kd_status read_failed(struct h5 *f, struct spectra *s)
{
    struct h5_array failed = {"failed/site", H5_INT, 1};
    if (!h5_exists(f, "failed/site"))
        return KD_OK;
    TRY(h5_read_new(f, &failed, (void **)&s->failed));
    TRY(h5_read_strings(f, "failed/reason", &s->n_failed, &s->reason));
    if (s->n_failed != failed.extent[0])
        FAIL(KD_EINPUT, "%s: %zu reasons for %zu failed sites", h5_path(f), s->n_failed, failed.extent[0]);
    return KD_OK;
}

static kd_status read_spectra(struct h5 *f, struct spectra *s)
{
    const char *path = h5_path(f);
    char text[64];
    TRY(h5_get_text(f, "/", "kind", text, sizeof text));
    if (strcmp(text, "xanes") != 0)
        FAIL(KD_EINPUT, "%s: kind \"%s\", expected xanes", path, text);
    TRY(h5_get_text(f, "/", "energy_axis", text, sizeof text));
    if (strcmp(text, "calibrated") != 0)
        FAIL(KD_EINPUT, "%s: energies are %s, expected calibrated (kedge xanes --energy-axis calibrated)", path, text);
    TRY(h5_get_text(f, "/", "recipe", s->recipe, sizeof s->recipe));
    TRY(h5_get_double(f, "/", "calibration_ev", &s->calibration_ev));
    struct h5_array energy = {"energy", H5_DOUBLE, 1}, mean = {"intensity_polarisation_mean", H5_DOUBLE, 2, .flags = H5_ALLOW_NAN};
    struct h5_array site = {"site", H5_INT, 1}, number = {"number", H5_INT, 1};
    TRY(h5_read_new(f, &energy, (void **)&s->energy));
    TRY(h5_read_new(f, &mean, (void **)&s->mean));
    TRY(h5_read_new(f, &site, (void **)&s->site));
    TRY(h5_read_new(f, &number, (void **)&s->number));
    s->n = energy.extent[0];
    s->n_site = site.extent[0];
    if (mean.extent[0] != s->n_site || mean.extent[1] != s->n || number.extent[0] != s->n_site)
        FAIL(KD_EINPUT, "%s: shapes of energy, site and intensity_polarisation_mean do not fit together", path);
    return read_failed(f, s);
}

static kd_status take_spectra(struct gather *g, int index, const struct spectra *s)
{
    for (size_t i = 0; i < s->n_site; i++) {
        struct gather_spectrum one = {.site = s->site[i], .number = s->number[i], .recipe = s->recipe, .calibration_ev = s->calibration_ev,
                                      .n = (int)s->n, .energy_ev = s->energy, .sigma_mb = s->mean + i * s->n};
        TRY(gather_site(g, index, &one));
    }
    for (size_t i = 0; i < s->n_failed; i++) {
        struct gather_spectrum one = {.site = s->failed[i], .failure = s->reason[i][0] ? s->reason[i] : "no reason given"};
        TRY(gather_site(g, index, &one));
    }
    return KD_OK;
}

kd_status gather_xanes(struct gather *g, int index, const char *path)
{
    struct h5 *f = NULL;
    struct spectra s = {0};
    char reason[512];
    if (index < 0 || index >= g->n_cell)
        FAIL(KD_EINTERNAL, "dataset: there is no structure %d", index);
    kd_status status = h5_open(path, &f);
    if (status == KD_OK)
        status = read_spectra(f, &s);
    h5_close(f);
    if (status == KD_EINPUT || status == KD_EIO) {
        snprintf(reason, sizeof reason, "%.500s", kd_error_message());
        status = gather_lose(g, g->cell[index].name, -1, "%s", reason);
    } else if (status == KD_OK) {
        snprintf(g->cell[index].xanes, sizeof g->cell[index].xanes, "%s", gather_origin(path));
        status = take_spectra(g, index, &s);
    }
    spectra_free(&s);
    return status;
}

/* ---- another dataset ---- */

struct old { /* what is read */
    size_t n, n_cell, n_loss;
    double *spectra, *charge, *rdf, *partial, *x;
    int *structure, *site, *coordination;
    char **name, **hash, **charges, **xanes, **lost, **reason;
    int *lost_site;
};

static void old_free(struct old *o)
{
    void *all[] = {o->spectra, o->charge, o->rdf, o->partial, o->x, o->structure, o->site, o->coordination, o->name, o->hash, o->charges, o->xanes,
                   o->lost, o->reason, o->lost_site};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static kd_status read_rows(struct h5 *f, const char *name, enum h5_kind kind, int rank, size_t n, size_t columns, void *out)
{
    struct h5_array a = {name, kind, rank};
    TRY(h5_read_new(f, &a, (void **)out));
    if (a.extent[0] != n || (rank == 2 && a.extent[1] != columns))
        FAIL(KD_EINPUT, "%s: %s has the wrong shape", h5_path(f), name);
    return KD_OK;
}

static kd_status read_names(struct h5 *f, const char *name, size_t n, char ***out)
{
    size_t found;
    TRY(h5_read_strings(f, name, &found, out));
    if (found != n)
        FAIL(KD_EINPUT, "%s: %s has %zu entries, expected %zu", h5_path(f), name, found, n);
    return KD_OK;
}

static kd_status check_axes(struct h5 *f, const struct gather *g)
{
    double *r = NULL, *e = NULL, smoothing;
    kd_status status = KD_OK;
    TRY_OUT(read_rows(f, "energy_ev", H5_DOUBLE, 1, (size_t)g->o.n_energy, 0, &e));
    TRY_OUT(read_rows(f, "r_angstrom", H5_DOUBLE, 1, (size_t)g->n_r, 0, &r));
    for (int i = 0; i < g->o.n_energy; i++)
        if (!(fabs(e[i] - g->energy_ev[i]) <= 1e-6))
            FAIL_OUT(KD_EINPUT, "%s: energy %d is %g eV, expected %g", h5_path(f), i, e[i], g->energy_ev[i]);
    TRY_OUT(h5_get_double(f, "r_angstrom", "smoothing_angstrom", &smoothing));
    if (fabs(r[g->n_r - 1] - rdf_radius(&g->o.bonds.site_axis, g->n_r - 1)) > 1e-9 || fabs(smoothing - g->o.bonds.site_axis.smoothing) > 1e-12)
        FAIL_OUT(KD_EINPUT, "%s: g(R) to %g angstrom with smoothing %g, expected %g with %g", h5_path(f), r[g->n_r - 1], smoothing,
                 rdf_radius(&g->o.bonds.site_axis, g->n_r - 1), g->o.bonds.site_axis.smoothing);
out:
    free(r);
    free(e);
    return status;
}

static kd_status read_old(struct h5 *f, const struct gather *g, struct old *o)
{
    struct h5_array shape, partial = {"rdf_partial", H5_DOUBLE, 3};
    TRY(check_axes(f, g));
    TRY(h5_shape(f, "charge_e", &shape));
    o->n = shape.extent[0];
    TRY(h5_shape(f, "structure/x", &shape));
    o->n_cell = shape.extent[0];
    TRY(read_rows(f, "spectra", H5_DOUBLE, 2, o->n, (size_t)g->o.n_energy, &o->spectra));
    TRY(read_rows(f, "charge_e", H5_DOUBLE, 1, o->n, 0, &o->charge));
    TRY(read_rows(f, "rdf", H5_DOUBLE, 2, o->n, (size_t)g->n_r, &o->rdf));
    TRY(h5_read_new(f, &partial, (void **)&o->partial));
    if (partial.extent[0] != o->n || partial.extent[1] != 2 || partial.extent[2] != (size_t)g->n_r)
        FAIL(KD_EINPUT, "%s: rdf_partial has the wrong shape", h5_path(f));
    TRY(read_rows(f, "structure_id", H5_INT, 1, o->n, 0, &o->structure));
    TRY(read_rows(f, "site", H5_INT, 1, o->n, 0, &o->site));
    TRY(read_rows(f, "coordination", H5_INT, 2, o->n, 2, &o->coordination));
    TRY(read_rows(f, "structure/x", H5_DOUBLE, 1, o->n_cell, 0, &o->x));
    TRY(read_names(f, "structure/name", o->n_cell, &o->name));
    TRY(read_names(f, "structure/hash", o->n_cell, &o->hash));
    TRY(read_names(f, "structure/charges", o->n_cell, &o->charges));
    TRY(read_names(f, "structure/xanes", o->n_cell, &o->xanes));
    for (size_t i = 0; i < o->n; i++)
        if (o->structure[i] < 0 || (size_t)o->structure[i] >= o->n_cell)
            FAIL(KD_EINPUT, "%s: structure_id[%zu] = %d, expected 0 to %zu", h5_path(f), i, o->structure[i], o->n_cell - 1);
    if (!h5_exists(f, "left_out/site"))
        return KD_OK;
    TRY(h5_shape(f, "left_out/site", &shape));
    o->n_loss = shape.extent[0];
    TRY(read_rows(f, "left_out/site", H5_INT, 1, o->n_loss, 0, &o->lost_site));
    TRY(read_names(f, "left_out/structure", o->n_loss, &o->lost));
    return read_names(f, "left_out/reason", o->n_loss, &o->reason);
}

/* The dataset's recipe, calibration and method must be ours, if we have any. */
static kd_status check_recipe(struct h5 *f, struct gather *g)
{
    char kind[32], recipe[GATHER_TEXT], method[256], reason[512];
    double calibration_ev;
    TRY(h5_get_text(f, "/", "kind", kind, sizeof kind));
    if (strcmp(kind, "dataset") != 0)
        FAIL(KD_EINPUT, "%s: kind \"%s\", expected dataset", h5_path(f), kind);
    TRY(h5_get_text(f, "/", "recipe", recipe, sizeof recipe));
    TRY(h5_get_text(f, "/", "charge_method", method, sizeof method));
    TRY(h5_get_double(f, "/", "calibration_ev", &calibration_ev));
    if (g->method[0] && strcmp(g->method, method) != 0)
        FAIL(KD_EINPUT, "%s: charges by another method: \"%s\", expected \"%s\"", h5_path(f), method, g->method);
    gather_agree(g, recipe, calibration_ev, reason);
    if (reason[0])
        FAIL(KD_EINPUT, "%s: %s", h5_path(f), reason);
    snprintf(g->method, sizeof g->method, "%s", method);
    return KD_OK;
}

static kd_status add_cells(struct gather *g, const struct old *o)
{
    for (size_t i = 0; i < o->n_cell; i++) {
        TRY(gather_grow(&g->cell, g->n_cell, &g->room_cell, sizeof *g->cell));
        struct gather_cell *c = &g->cell[g->n_cell++];
        memset(c, 0, sizeof *c);
        c->x = o->x[i];
        snprintf(c->name, sizeof c->name, "%s", o->name[i]);
        snprintf(c->hash, sizeof c->hash, "%s", o->hash[i]);
        snprintf(c->charges, sizeof c->charges, "%s", o->charges[i]);
        snprintf(c->xanes, sizeof c->xanes, "%s", o->xanes[i]);
    }
    return KD_OK;
}

static kd_status add_rows(struct gather *g, const struct old *o, int first)
{
    size_t n_e = (size_t)g->o.n_energy, n_r = (size_t)g->n_r;
    kd_status status;
    for (size_t i = 0; i < o->n; i++) {
        int cell = first + o->structure[i];
        if (gather_has(g, g->cell[cell].hash, o->site[i])) {
            TRY(gather_lose(g, g->cell[cell].name, o->site[i], "is there already"));
            continue;
        }
        struct gather_row *row = gather_new_row(g, &status);
        if (!row)
            return status;
        row->structure = cell;
        row->site = o->site[i];
        row->charge = o->charge[i];
        row->x = g->cell[cell].x;
        memcpy(row->coordination, o->coordination + 2 * i, sizeof row->coordination);
        memcpy(row->value, o->spectra + i * n_e, n_e * sizeof(double));
        memcpy(row->value + n_e, o->rdf + i * n_r, n_r * sizeof(double));
        memcpy(row->value + n_e + n_r, o->partial + 2 * i * n_r, 2 * n_r * sizeof(double));
    }
    for (size_t i = 0; i < o->n_loss; i++)
        TRY(gather_lose(g, o->lost[i], o->lost_site[i], "%s", o->reason[i]));
    return KD_OK;
}

kd_status gather_dataset(struct gather *g, const char *path)
{
    struct h5 *f;
    struct old o = {0};
    int first = g->n_cell;
    long long synthetic = 0;
    kd_status status = KD_OK;
    TRY(h5_open(path, &f));
    TRY_OUT(read_old(f, g, &o));
    if (h5_has_attribute(f, "/", "synthetic"))
        TRY_OUT(h5_get_int(f, "/", "synthetic", &synthetic));
    TRY_OUT(check_recipe(f, g));
    g->synthetic = g->synthetic || synthetic != 0;
    TRY_OUT(add_cells(g, &o));
    TRY_OUT(add_rows(g, &o, first));
out:
    h5_close(f);
    old_free(&o);
    return status;
}
