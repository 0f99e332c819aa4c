// SPDX-License-Identifier: BSD-3-Clause
/* analyze.c - density, coordination, angles and radial distribution functions of one structure. */
#include "host/md/analyze.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/text.h"
#include "host/base/units.h"
#include "host/structure/cell.h"
#include "host/structure/element.h"

enum { SI = 14, O = 8 };
static const double OTHER_CUTOFF = 2.0;

/* ---- options ---- */

void analyze_defaults(struct analyze_options *o)
{
    *o = (struct analyze_options){
        .axis = {.r_max = 8, .smoothing = 0, .n_bin = 400},
        .site_axis = rdf_site_axis(),
        .n_cutoff = 3,
        .cutoff = {{SI, SI, 2.8}, {O, SI, 2.1}, {O, O, 1.8}},
    };
}

kd_status analyze_cutoff(struct analyze_options *o, const char *text)
{
    char symbol[2][4] = {{0}}, shown[48];
    int used = 0;
    double cutoff;
    if (sscanf(text, "%2[A-Za-z]-%2[A-Za-z]=%n", symbol[0], symbol[1], &used) != 2 || !used ||
        !number_double(text + used, &cutoff) || cutoff < 0 || cutoff > 6)
        FAIL(KD_EINPUT, "--cutoff: \"%s\", expected a pair and 0 to 6 angstrom such as Si-O=2.1", text_show(shown, text));
    int a = element_number(symbol[0]), b = element_number(symbol[1]);
    if (!a || !b)
        FAIL(KD_EINPUT, "--cutoff: \"%s\", expected elements", text_show(shown, text));
    int c = 0;
    while (c < o->n_cutoff && !((o->cutoff[c].a == a && o->cutoff[c].b == b) || (o->cutoff[c].a == b && o->cutoff[c].b == a)))
        c++;
    if (c == ANALYZE_PAIRS)
        FAIL(KD_EINPUT, "--cutoff: more than %d pairs", ANALYZE_PAIRS);
    o->n_cutoff = c == o->n_cutoff ? c + 1 : o->n_cutoff;
    o->cutoff[c].a = a < b ? a : b;
    o->cutoff[c].b = a < b ? b : a;
    o->cutoff[c].cutoff = cutoff;
    return KD_OK;
}

double analyze_cutoff_of(const struct analyze_options *o, int number_a, int number_b)
{
    int a = number_a < number_b ? number_a : number_b, b = number_a < number_b ? number_b : number_a;
    for (int c = 0; c < o->n_cutoff; c++)
        if (o->cutoff[c].a == a && o->cutoff[c].b == b)
            return o->cutoff[c].cutoff;
    return OTHER_CUTOFF;
}

int analysis_pair(const struct analysis *a, int first, int second)
{
    int low = first < second ? first : second, high = first < second ? second : first;
    return low * a->n_element - low * (low - 1) / 2 + (high - low);
}

static int place_of(const struct analysis *a, int number)
{
    int e = 0;
    while (a->number[e] != number)
        e++;
    return e;
}

/* ---- set-up ---- */

static kd_status count_elements(const struct structure *s, struct analysis *a)
{
    int count[ELEMENT_LAST + 1] = {0};
    for (int i = 0; i < s->n_atom; i++)
        count[s->number[i]]++;
    for (int z = 1; z <= ELEMENT_LAST; z++) {
        if (!count[z])
            continue;
        if (a->n_element == ANALYZE_ELEMENTS)
            FAIL(KD_EINPUT, "%s: more than %d elements, expected at most that many", s->source ? s->source : "structure", ANALYZE_ELEMENTS);
        a->number[a->n_element] = z;
        a->count[a->n_element++] = count[z];
    }
    return KD_OK;
}

static kd_status make_room(const struct analyze_options *o, const struct structure *s, struct analysis *a)
{
    size_t pairs = (size_t)(a->n_element * (a->n_element + 1) / 2), bins = (size_t)o->axis.n_bin, n_site = 0;
    for (int i = 0; i < s->n_atom; i++)
        n_site += s->number[i] == SI;
    a->n_site = (int)n_site;
    a->total = calloc(bins, sizeof(double));
    a->partial = calloc(pairs * bins, sizeof(double));
    a->angle = calloc(ANALYZE_ANGLES, sizeof *a->angle);
    a->site = malloc((n_site + 1) * sizeof(int));
    a->site_coordination = calloc(n_site + 1, sizeof *a->site_coordination);
    a->site_g = calloc(n_site * (size_t)o->site_axis.n_bin + 1, sizeof(double));
    if (!a->total || !a->partial || !a->angle || !a->site || !a->site_coordination || !a->site_g)
        FAIL(KD_ENOMEM, "analyze: no host memory for %d atoms", s->n_atom);
    return KD_OK;
}

void analysis_free(struct analysis *a)
{
    free(a->total);
    free(a->partial);
    free(a->angle);
    free(a->site);
    free(a->site_coordination);
    free(a->site_g);
    memset(a, 0, sizeof *a);
}

/* ---- radial distribution ---- */

static void distribute(const struct analyze_options *o, const struct structure *s, const struct shells *near, struct analysis *a)
{
    size_t bins = (size_t)o->axis.n_bin;
    for (int i = 0; i < s->n_atom; i++) {
        int e = place_of(a, s->number[i]);
        for (int p = near->start[i]; p < near->start[i + 1]; p++) {
            int pair = analysis_pair(a, e, place_of(a, s->number[near->near[p].atom]));
            rdf_count(&o->axis, near->near[p].r, 1, a->partial + (size_t)pair * bins);
        }
    }
    for (int e = 0; e < a->n_element; e++)
        for (int f = e; f < a->n_element; f++) {
            double *g = a->partial + (size_t)analysis_pair(a, e, f) * bins;
            for (size_t b = 0; b < bins; b++)
                a->total[b] += g[b];
            /* both directions of an unlike pair were counted */
            double centres = e == f ? a->count[e] : 2.0 * a->count[e];
            rdf_normalize(&o->axis, a->density_atoms * a->count[f] / a->n_atom, centres, g);
        }
    rdf_normalize(&o->axis, a->density_atoms, a->n_atom, a->total);
}

/* ---- bonds ---- */

static struct angle_kind *kind_of(struct analysis *a, int centre, int end_a, int end_b)
{
    int low = end_a < end_b ? end_a : end_b, high = end_a < end_b ? end_b : end_a, k = 0;
    while (k < a->n_angle && !(a->angle[k].centre == centre && a->angle[k].end[0] == low && a->angle[k].end[1] == high))
        k++;
    if (k == a->n_angle)
        a->angle[a->n_angle++] = (struct angle_kind){.centre = centre, .end = {low, high}};
    return &a->angle[k];
}

static void add_angle(struct angle_kind *kind, const struct shell_atom *p, const struct shell_atom *q)
{
    double cosine = (p->d[0] * q->d[0] + p->d[1] * q->d[1] + p->d[2] * q->d[2]) / (p->r * q->r);
    double degrees = acos(fmax(-1, fmin(1, cosine))) * 180 / KD_PI;
    int bin = (int)(degrees * ANGLE_BINS / 180);
    kind->n++;
    kind->sum += degrees;
    kind->sum2 += degrees * degrees;
    kind->histogram[bin < ANGLE_BINS ? bin : ANGLE_BINS - 1] += 1;
}

static int at_most(int n)
{
    return n < COORDINATION_MAX ? n : COORDINATION_MAX;
}

static void bond_atom(const struct analyze_options *o, const struct structure *s, const struct shells *near, int i,
                      struct analysis *a, int n_by_kind[2])
{
    int centre = s->number[i];
    n_by_kind[0] = n_by_kind[1] = 0;
    for (int p = near->start[i]; p < near->start[i + 1]; p++) {
        const struct shell_atom *j = &near->near[p];
        int end = s->number[j->atom];
        if (j->r >= analyze_cutoff_of(o, centre, end))
            continue;
        a->bonds[analysis_pair(a, place_of(a, centre), place_of(a, end))] += 0.5;
        n_by_kind[0] += end == SI;
        n_by_kind[1] += end == O;
        for (int q = p + 1; q < near->start[i + 1]; q++) {
            const struct shell_atom *k = &near->near[q];
            if (k->r < analyze_cutoff_of(o, centre, s->number[k->atom]))
                add_angle(kind_of(a, centre, end, s->number[k->atom]), j, k);
        }
    }
}

static void bond_all(const struct analyze_options *o, const struct structure *s, const struct shells *near, struct analysis *a)
{
    int site = 0;
    for (int i = 0; i < s->n_atom; i++) {
        int n[2];
        bond_atom(o, s, near, i, a, n);
        if (s->number[i] == O)
            a->oxygen_histogram[at_most(n[0])] += 1;
        if (s->number[i] != SI)
            continue;
        a->site_histogram[at_most(n[0])][at_most(n[1])] += 1;
        a->site[site] = i;
        memcpy(a->site_coordination[site], n, sizeof n);
        rdf_site(&o->site_axis, near, i, a->density_atoms, a->site_g + (size_t)site * (size_t)o->site_axis.n_bin);
        site++;
    }
}

kd_status analyze_structure(kd_device *dev, const struct analyze_options *o, const struct structure *s, struct analysis *out)
{
    struct analysis a = {.n_atom = s->n_atom, .source = s->source};
    struct shells near = {0};
    kd_status status;
    if (!s->periodic[0] || !s->periodic[1] || !s->periodic[2])
        FAIL(KD_EINPUT, "%s: not periodic in all directions, expected a periodic cell", s->source ? s->source : "structure");
    structure_formula(s, a.formula, sizeof a.formula);
    a.density_gcc = structure_density(s);
    a.density_atoms = s->n_atom / cell_volume((const double(*)[3])s->cell);
    double reach = fmax(rdf_reach(&o->axis), rdf_reach(&o->site_axis));
    for (int c = 0; c < o->n_cutoff; c++)
        reach = fmax(reach, o->cutoff[c].cutoff);
    TRY_OUT(count_elements(s, &a));
    TRY_OUT(make_room(o, s, &a));
    TRY_OUT(shells_find(dev, s, reach, &near));
    distribute(o, s, &near, &a);
    bond_all(o, s, &near, &a);
    *out = a;
    memset(&a, 0, sizeof a);
out:
    shells_free(&near);
    analysis_free(&a);
    return status;
}

/* ---- over frames ---- */

void analysis_spread(int n, const double *value, double *mean, double *sd)
{
    double sum = 0, sum2 = 0;
    for (int i = 0; i < n; i++)
        sum += value[i];
    *mean = n ? sum / n : 0;
    for (int i = 0; i < n; i++)
        sum2 += (value[i] - *mean) * (value[i] - *mean);
    *sd = n > 1 ? sqrt(sum2 / (n - 1)) : 0;
}

void analysis_groups(const struct analysis *all, int n, int *group)
{
    for (int f = 0; f < n; f++) {
        group[f] = 0;
        while (strcmp(all[group[f]].formula, all[f].formula) != 0)
            group[f]++;
    }
}
