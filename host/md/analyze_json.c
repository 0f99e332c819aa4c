// SPDX-License-Identifier: BSD-3-Clause
/* analyze_json.c - results of the analysis as JSON: per frame, and mean and spread per formula. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/md/analyze.h"
#include "host/structure/element.h"

enum { SI = 14, O = 8 };

/* ---- one frame ---- */

static void put_partials(struct js *object, const struct analyze_options *o, const struct analysis *a)
{
    struct js *bonds = js_object(object, "bonds"), *peaks = js_object(object, "peak_angstrom");
    for (int e = 0; e < a->n_element; e++)
        for (int f = e; f < a->n_element; f++) {
            char name[16];
            int pair = analysis_pair(a, e, f), best = -1;
            const double *g = a->partial + (size_t)pair * (size_t)o->axis.n_bin;
            snprintf(name, sizeof name, "%s-%s", element_symbol(a->number[f]), element_symbol(a->number[e]));
            js_double(bonds, name, a->bonds[pair]);
            for (int b = 0; b < o->axis.n_bin; b++)
                if (g[b] > 0 && (best < 0 || g[b] > g[best]))
                    best = b;
            if (best >= 0)
                js_double(peaks, name, rdf_radius(&o->axis, best));
        }
}

static void put_histogram(struct js *object, const struct analysis *a)
{
    struct js *list = js_array(object, "coordination");
    for (int n_si = 0; n_si <= COORDINATION_MAX; n_si++)
        for (int n_o = 0; n_o <= COORDINATION_MAX; n_o++) {
            if (a->site_histogram[n_si][n_o] == 0)
                continue;
            struct js *item = js_object(list, NULL);
            js_int(item, "n_si", n_si);
            js_int(item, "n_o", n_o);
            js_int(item, "sites", (long long)a->site_histogram[n_si][n_o]);
        }
    js_doubles(object, "oxygen_by_n_si", COORDINATION_MAX + 1, a->oxygen_histogram);
}

static void put_angles(struct js *object, const struct analysis *a)
{
    struct js *list = js_array(object, "angles");
    for (int k = 0; k < a->n_angle; k++) {
        const struct angle_kind *kind = &a->angle[k];
        char name[24];
        double mean = kind->sum / (double)kind->n, variance = kind->sum2 / (double)kind->n - mean * mean;
        struct js *item = js_object(list, NULL);
        snprintf(name, sizeof name, "%s-%s-%s", element_symbol(kind->end[0]), element_symbol(kind->centre),
                 element_symbol(kind->end[1]));
        js_string(item, "angle", name);
        js_int(item, "n", kind->n);
        js_double(item, "mean_degrees", mean);
        js_double(item, "sd_degrees", sqrt(fmax(0, variance)));
    }
}

static void put_frame(struct js *object, const struct analyze_options *o, const struct analysis *a)
{
    js_string(object, "source", a->source);
    js_string(object, "formula", a->formula);
    js_int(object, "n_atom", a->n_atom);
    js_double(object, "density_gcc", a->density_gcc);
    put_histogram(object, a);
    put_partials(object, o, a);
    put_angles(object, a);
}

/* ---- frames of one formula ---- */

static double share(const struct analysis *a, int n_si, int n_o)
{
    return a->n_site ? a->site_histogram[n_si][n_o] / a->n_site : 0;
}

static void put_shares(struct js *object, const struct analysis *const *member, int n, double *value)
{
    struct js *list = js_array(object, "coordination");
    for (int n_si = 0; n_si <= COORDINATION_MAX; n_si++)
        for (int n_o = 0; n_o <= COORDINATION_MAX; n_o++) {
            double mean, sd;
            for (int m = 0; m < n; m++)
                value[m] = share(member[m], n_si, n_o);
            analysis_spread(n, value, &mean, &sd);
            if (mean == 0)
                continue;
            struct js *item = js_object(list, NULL);
            js_int(item, "n_si", n_si);
            js_int(item, "n_o", n_o);
            js_double(item, "share_mean", mean);
            js_double(item, "share_sd", sd);
        }
}

static void put_group(struct js *object, const struct analysis *const *member, int n, double *value)
{
    double mean, sd;
    js_string(object, "formula", member[0]->formula);
    js_int(object, "n_frame", n);
    for (int m = 0; m < n; m++)
        value[m] = member[m]->density_gcc;
    analysis_spread(n, value, &mean, &sd);
    js_double(object, "density_gcc_mean", mean);
    js_double(object, "density_gcc_sd", sd);
    put_shares(object, member, n, value);
}

void analysis_json(struct js *out, const struct analyze_options *o, const struct analysis *all, int n)
{
    int *group = malloc((size_t)n * sizeof *group);
    const struct analysis **member = malloc((size_t)n * sizeof *member);
    double *value = malloc((size_t)n * sizeof *value);
    struct js *cutoffs = js_object(out, "cutoff_angstrom");
    for (int c = 0; c < o->n_cutoff; c++) {
        char name[16];
        snprintf(name, sizeof name, "%s-%s", element_symbol(o->cutoff[c].b), element_symbol(o->cutoff[c].a));
        js_double(cutoffs, name, o->cutoff[c].cutoff);
    }
    js_double(out, "site_smoothing_angstrom", o->site_axis.smoothing);
    struct js *frames = js_array(out, "frames"), *groups = js_array(out, "formulas");
    for (int f = 0; f < n; f++)
        put_frame(js_object(frames, NULL), o, &all[f]);
    if (group && member && value) {
        analysis_groups(all, n, group);
        for (int f = 0; f < n; f++) {
            int n_member = 0;
            for (int m = f; group[f] == f && m < n; m++)
                if (group[m] == f)
                    member[n_member++] = &all[m];
            if (n_member)
                put_group(js_object(groups, NULL), member, n_member, value);
        }
    }
    free(group);
    free(member);
    free(value);
}
