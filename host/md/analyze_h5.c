// SPDX-License-Identifier: BSD-3-Clause
/* analyze_h5.c - results of the analysis as an HDF5 file (docs/glass.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/md/analyze.h"
#include "host/store/h5.h"
#include "host/structure/element.h"

static kd_status write_axis(struct h5 *f, const char *name, const struct rdf_axis *axis)
{
    double *r = malloc((size_t)axis->n_bin * sizeof *r);
    if (!r)
        FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
    for (int b = 0; b < axis->n_bin; b++)
        r[b] = rdf_radius(axis, b);
    kd_status status = h5_write(f, &(struct h5_array){name, H5_DOUBLE, 1, {(size_t)axis->n_bin}, .unit = "angstrom"}, r);
    free(r);
    return status == KD_OK ? h5_set_double(f, name, "smoothing_angstrom", axis->smoothing) : status;
}

static kd_status write_frame(struct h5 *f, const struct analyze_options *o, const struct analysis *a, int number)
{
    char group[32], name[96];
    size_t bins = (size_t)o->axis.n_bin, most = COORDINATION_MAX + 1;
    snprintf(group, sizeof group, "frames/%05d", number);
    TRY(h5_group(f, group));
    TRY(h5_set_text(f, group, "formula", a->formula));
    TRY(h5_set_text(f, group, "source", a->source ? a->source : ""));
    TRY(h5_set_double(f, group, "density_gcc", a->density_gcc));
    snprintf(name, sizeof name, "%s/g", group);
    TRY(h5_write(f, &(struct h5_array){name, H5_DOUBLE, 1, {bins}, .unit = "1"}, a->total));
    for (int e = 0; e < a->n_element; e++)
        for (int p = e; p < a->n_element; p++) {
            snprintf(name, sizeof name, "%s/g_%s-%s", group, element_symbol(a->number[p]), element_symbol(a->number[e]));
            TRY(h5_write(f, &(struct h5_array){name, H5_DOUBLE, 1, {bins}, .unit = "1"},
                         a->partial + (size_t)analysis_pair(a, e, p) * bins));
        }
    for (int k = 0; k < a->n_angle; k++) {
        const struct angle_kind *kind = &a->angle[k];
        snprintf(name, sizeof name, "%s/angles/%s-%s-%s", group, element_symbol(kind->end[0]), element_symbol(kind->centre),
                 element_symbol(kind->end[1]));
        TRY(h5_write(f, &(struct h5_array){name, H5_DOUBLE, 1, {ANGLE_BINS}, .unit = "1"}, kind->histogram));
    }
    snprintf(name, sizeof name, "%s/coordination", group);
    return h5_write(f, &(struct h5_array){name, H5_DOUBLE, 2, {most, most}, .unit = "1"}, a->site_histogram);
}

/* All Si sites of all frames, one row each. */
static kd_status write_sites(struct h5 *f, const struct analyze_options *o, const struct analysis *all, int n)
{
    static const char *const name[4] = {"sites/g", "sites/frame", "sites/atom", "sites/coordination"};
    size_t bins = (size_t)o->site_axis.n_bin;
    TRY(h5_write(f, &(struct h5_array){name[0], H5_DOUBLE, 2, {0, bins}, "1", H5_EXTEND}, NULL));
    TRY(h5_write(f, &(struct h5_array){name[1], H5_INT, 1, {0}, "1", H5_EXTEND}, NULL));
    TRY(h5_write(f, &(struct h5_array){name[2], H5_INT, 1, {0}, "1", H5_EXTEND}, NULL));
    TRY(h5_write(f, &(struct h5_array){name[3], H5_INT, 2, {0, 2}, "1", H5_EXTEND}, NULL));
    for (int k = 0; k < n; k++) {
        const struct analysis *a = &all[k];
        size_t sites = (size_t)a->n_site;
        int *frame = malloc((sites + 1) * sizeof *frame);
        if (!frame)
            FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
        for (size_t s = 0; s < sites; s++)
            frame[s] = k;
        kd_status status = sites ? h5_append(f, name[1], sites, frame) : KD_OK;
        free(frame);
        TRY(status);
        if (!sites)
            continue;
        TRY(h5_append(f, name[0], sites, a->site_g));
        TRY(h5_append(f, name[2], sites, a->site));
        TRY(h5_append(f, name[3], sites, a->site_coordination));
    }
    return KD_OK;
}

static kd_status write_all(struct h5 *f, const struct analyze_options *o, const struct analysis *all, int n)
{
    TRY(h5_set_text(f, "/", "creator", "kedge analyze"));
    TRY(h5_set_text(f, "/", "content", "g: total and partial radial distribution; coordination[n_si][n_o]: Si sites; angles: counts per 2 degrees"));
    for (int c = 0; c < o->n_cutoff; c++) {
        char name[32];
        snprintf(name, sizeof name, "cutoff_%s-%s_angstrom", element_symbol(o->cutoff[c].b), element_symbol(o->cutoff[c].a));
        TRY(h5_set_double(f, "/", name, o->cutoff[c].cutoff));
    }
    TRY(write_axis(f, "r_angstrom", &o->axis));
    TRY(write_axis(f, "sites/r_angstrom", &o->site_axis));
    for (int k = 0; k < n; k++)
        TRY(write_frame(f, o, &all[k], k));
    return write_sites(f, o, all, n);
}

kd_status analysis_write_h5(const char *path, const struct analyze_options *o, const struct analysis *all, int n)
{
    struct h5 *f;
    TRY(h5_create(path, &f));
    kd_status status = write_all(f, o, all, n);
    if (status == KD_OK)
        return h5_commit(f);
    h5_abandon(f);
    return status;
}
