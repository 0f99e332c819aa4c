// SPDX-License-Identifier: BSD-3-Clause
/* generate.c - random structures: crystal sites that are thinned out, or hard-core insertion. */
#include "host/structure/generate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/rng.h"
#include "host/base/units.h"
#include "host/structure/cube.h"
#include "host/structure/element.h"

enum { SI = 14, O = 8, TRIALS_PER_ATOM = 20000, MOST_SHRINKS = 60 };

static const double SITE_EDGE = 3.75;       /* angstrom: Si-O = a sqrt(3)/4 = 1.62 */
static const double SITES_PER_ATOM = 1.4;
static const double CHECK_RANGE = 4.0;      /* angstrom, for the distances in the output */
static const double DEFAULT_DENSITY = 2.2;  /* g/cm^3, between a-Si and a-SiO2 */

/* ---- randomness: keyed by seed, formula and replica ---- */

static struct rng random_of(const struct generate_options *o)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    const struct formula *f = &o->formula;
    for (int e = 0; e < f->n_element; e++) {
        hash = (hash ^ (uint32_t)f->number[e]) * 16777619u;
        hash = (hash ^ (uint32_t)f->count[e]) * 16777619u;
    }
    return rng_start(o->seed, RNG_STRUCTURE, (hash ^ (uint32_t)o->replica) * 16777619u);
}

static void set_cube(struct structure *s, double edge)
{
    memset(s->cell, 0, sizeof s->cell);
    for (int k = 0; k < 3; k++) {
        s->cell[k][k] = edge;
        s->periodic[k] = true;
    }
}

static double edge_of_density(const struct structure *s, double gcc)
{
    return cbrt(gcc_from_amu_a3(structure_mass(s)) / gcc);
}

/* ---- sites ---- */

static int cells_for(int n_atom)
{
    int m = 1;
    while (6.0 * m * m * m < SITES_PER_ATOM * n_atom)
        m++;
    return m;
}

/* Site s of the m^3 cells: the 2 m^3 Si sites first, then the O sites. */
static void site_position(int s, int m, double r[3])
{
    static const double basis[6][3] = {{0, 0, 0},          {0.5, 0.5, 0.5},    {0.25, 0.25, 0.25},
                                       {0.75, 0.75, 0.25}, {0.75, 0.25, 0.75}, {0.25, 0.75, 0.75}};
    int n_si = 2 * m * m * m, at = s < n_si ? s / 2 : (s - n_si) / 4, kind = s < n_si ? s % 2 : 2 + (s - n_si) % 4;
    int cell[3] = {at / (m * m), at / m % m, at % m};
    for (int x = 0; x < 3; x++)
        r[x] = SITE_EDGE * (cell[x] + basis[kind][x]);
}

static void place_on_sites(const struct generate_options *o, int m, int *site, struct structure *s)
{
    int n_site = 6 * m * m * m, n_si_site = n_site / 3, n_o_site = n_site - n_si_site;
    int n_si = formula_count(&o->formula, SI);
    struct rng random = random_of(o);
    for (int k = 0; k < n_site; k++)
        site[k] = k;
    rng_shuffle(&random, site, (size_t)n_si_site);
    rng_shuffle(&random, site + n_si_site, (size_t)n_o_site);
    int proper_si = n_si < n_si_site ? n_si : n_si_site, other_si = n_si - proper_si;
    for (int a = 0; a < s->n_atom; a++) {
        bool is_si = a < n_si;
        int k = a < proper_si ? a : n_si_site + (is_si ? a - proper_si : other_si + a - n_si);
        if (k >= n_site) /* all O sites are taken: Si sites that are left */
            k = proper_si + (k - n_site);
        s->number[a] = is_si ? SI : O;
        site_position(site[k], m, s->position[a]);
    }
}

static kd_status generate_sites(const struct generate_options *o, struct structure *s)
{
    if (formula_count(&o->formula, SI) + formula_count(&o->formula, O) != s->n_atom)
        FAIL(KD_EINPUT, "--rule sites: an element other than Si and O, expected --rule random for it");
    int m = cells_for(s->n_atom), *site = malloc(6 * (size_t)m * (size_t)m * (size_t)m * sizeof *site);
    if (!site)
        FAIL(KD_ENOMEM, "generate: no host memory for the sites of %d atoms", s->n_atom);
    place_on_sites(o, m, site, s);
    free(site);
    double edge = m * SITE_EDGE, wanted = o->density_gcc > 0 ? edge_of_density(s, o->density_gcc) : edge;
    for (int a = 0; a < s->n_atom; a++)
        for (int x = 0; x < 3; x++)
            s->position[a][x] *= wanted / edge;
    set_cube(s, wanted);
    return KD_OK;
}

/* ---- hard cores ---- */

static double core_of(int a, int b)
{
    if ((a == SI && b == SI) || (a == O && b == O))
        return 1.9;
    return (a == SI && b == O) || (a == O && b == SI) ? 1.4 : 1.6;
}

struct insertion {
    const struct structure *s;
    double factor;
    int number;
};

static bool far_enough(void *context, int point, double r2)
{
    const struct insertion *in = context;
    double core = in->factor * core_of(in->number, in->s->number[point]);
    return r2 >= core * core;
}

/* *fits: false when some atom found no place. */
static kd_status insert_all(struct structure *s, double edge, double factor, struct rng *random, bool *fits)
{
    struct cube near;
    TRY(cube_create(edge, 1.9 * factor, (const double(*)[3])s->position, s->n_atom, &near));
    *fits = true;
    for (int a = 0; a < s->n_atom && *fits; a++) {
        struct insertion in = {s, factor, s->number[a]};
        bool placed = false;
        for (int trial = 0; trial < TRIALS_PER_ATOM && !placed; trial++) {
            for (int x = 0; x < 3; x++)
                s->position[a][x] = edge * (1 - rng_uniform(random));
            placed = cube_near(&near, s->position[a], far_enough, &in);
        }
        *fits = placed;
        if (placed)
            cube_add(&near, a);
    }
    cube_free(&near);
    return KD_OK;
}

static kd_status generate_random(const struct generate_options *o, struct structure *s, double *factor)
{
    const struct formula *f = &o->formula;
    if (o->density_gcc == 0 && formula_count(f, SI) + formula_count(f, O) != s->n_atom)
        FAIL(KD_EINPUT, "--density: not given, expected one for elements other than Si and O");
    for (int e = 0, a = 0; e < f->n_element; e++)
        for (int k = 0; k < f->count[e]; k++)
            s->number[a++] = f->number[e];
    double edge = edge_of_density(s, o->density_gcc > 0 ? o->density_gcc : DEFAULT_DENSITY);
    if (!(edge > STRUCTURE_MIN_VECTOR))
        FAIL(KD_EINPUT, "--formula: an element without a standard weight, expected one that has a mass");
    struct rng random = random_of(o);
    *factor = 1;
    for (int shrink = 0; shrink < MOST_SHRINKS; shrink++, *factor *= 0.97) {
        bool fits;
        TRY(insert_all(s, edge, *factor, &random, &fits));
        if (fits) {
            set_cube(s, edge);
            return KD_OK;
        }
    }
    FAIL(KD_EINPUT, "--density: %d atoms do not fit into %g angstrom, expected a lower density", s->n_atom, edge);
}

/* ---- what is written beside the atoms ---- */

struct closest {
    const struct structure *s;
    int self, number;
    double r2;
};

static bool nearer(void *context, int point, double r2)
{
    struct closest *c = context;
    if (point != c->self && c->s->number[point] == c->number && r2 < c->r2)
        c->r2 = r2;
    return true;
}

kd_status generate_closest(const struct structure *cube, int number_a, int number_b, double *distance)
{
    double edge = cube->cell[0][0];
    struct cube near;
    struct closest c = {cube, -1, number_b, CHECK_RANGE * CHECK_RANGE};
    TRY(cube_create(edge, CHECK_RANGE, (const double(*)[3])cube->position, cube->n_atom, &near));
    for (int a = 0; a < cube->n_atom; a++)
        cube_add(&near, a);
    for (int a = 0; a < cube->n_atom; a++) {
        if (cube->number[a] != number_a)
            continue;
        c.self = a;
        if (number_a == number_b && edge * edge < c.r2)
            c.r2 = edge * edge; /* its own image */
        cube_near(&near, cube->position[a], nearer, &c);
    }
    cube_free(&near);
    *distance = c.r2 < CHECK_RANGE * CHECK_RANGE ? sqrt(c.r2) : INFINITY;
    return KD_OK;
}

static kd_status describe(const struct generate_options *o, double factor, struct structure *s)
{
    enum { ROOM = 1024 };
    const struct formula *f = &o->formula;
    char *text = malloc(ROOM);
    if (!text)
        FAIL(KD_ENOMEM, "generate: no host memory");
    int at = snprintf(text, ROOM, "generator=kedge rule=%s seed=%llu replica=%d", o->rule == GENERATE_SITES ? "sites" : "random",
                      (unsigned long long)o->seed, o->replica);
    int n_si = formula_count(f, SI), n_o = formula_count(f, O);
    if (n_si > 0 && n_si + n_o == s->n_atom)
        at += snprintf(text + at, (size_t)(ROOM - at), " x=%.4g", (double)n_o / n_si);
    at += snprintf(text + at, (size_t)(ROOM - at), " density_gcc=%.4f", structure_density(s));
    if (o->rule == GENERATE_RANDOM)
        at += snprintf(text + at, (size_t)(ROOM - at), " core_factor=%.4f", factor);
    kd_status status = KD_OK;
    for (int a = 0; status == KD_OK && a < f->n_element; a++)
        for (int b = a; status == KD_OK && b < f->n_element && at < ROOM - 40; b++) {
            double d;
            status = generate_closest(s, f->number[a], f->number[b], &d);
            if (status == KD_OK && isfinite(d))
                at += snprintf(text + at, (size_t)(ROOM - at), " d_%s%s=%.4f", element_symbol(f->number[a]),
                               element_symbol(f->number[b]), d);
        }
    free(s->info);
    s->info = text;
    return status;
}

kd_status generate_structure(const struct generate_options *options, struct structure *out)
{
    struct structure s;
    double factor = 1;
    kd_status status;
    if (options->density_gcc != 0 && !(options->density_gcc >= 0.01 && options->density_gcc <= 25))
        FAIL(KD_EINPUT, "--density: %g g/cm^3, expected 0.01 to 25", options->density_gcc);
    TRY(structure_create(formula_atoms(&options->formula), &s));
    if (options->rule == GENERATE_SITES)
        TRY_OUT(generate_sites(options, &s));
    else
        TRY_OUT(generate_random(options, &s, &factor));
    TRY_OUT(describe(options, factor, &s));
    TRY_OUT(structure_check(&s));
    *out = s;
    return KD_OK;
out:
    structure_free(&s);
    return status;
}
