// SPDX-License-Identifier: BSD-3-Clause
/* gather.c - structures and sites, checked one by one. */
#include "host/nn/gather_room.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/hash.h"
#include "host/md/shells.h"
#include "host/store/h5.h"
#include "host/structure/cell.h"
#include "host/structure/element.h"

enum { SILICON = 14, OXYGEN = 8 };
static const double SAME_EV = 1e-6, MOST_STEP_EV = 0.3, MOST_SUM_ERROR = 1e-4;
/* The same reference, calculated by another machine: round-off in single precision and a density converged to 1e-5 Ry move its peak by up to
 * 0.1 meV (measured: 0.064); another reference or final state moves it by tens of meV, the points of a spectrum are 200 meV apart. */
static const double SAME_CALIBRATION_EV = 1e-3;

struct gather_options gather_defaults(void)
{
    struct gather_options o = {.emin_ev = 1830, .emax_ev = 1880, .n_energy = 256, .test_fraction = 0.2};
    analyze_defaults(&o.bonds);
    return o;
}

kd_status gather_open(kd_device *dev, const struct gather_options *options, struct gather **out)
{
    struct gather *g = calloc(1, sizeof *g);
    *out = NULL;
    if (!g)
        FAIL(KD_ENOMEM, "dataset: no host memory");
    g->dev = dev;
    g->o = *options;
    g->n_r = options->bonds.site_axis.n_bin;
    if (options->n_energy < 4 || !(options->emax_ev > options->emin_ev) || g->n_r < 1) {
        free(g);
        FAIL(KD_EINPUT, "dataset: %d energies %g to %g eV, expected at least 4, ascending", options->n_energy, options->emin_ev, options->emax_ev);
    }
    g->energy_ev = malloc((size_t)options->n_energy * sizeof *g->energy_ev);
    if (!g->energy_ev) {
        free(g);
        FAIL(KD_ENOMEM, "dataset: no host memory");
    }
    for (int i = 0; i < options->n_energy; i++)
        g->energy_ev[i] = options->emin_ev + (options->emax_ev - options->emin_ev) * i / (options->n_energy - 1);
    *out = g;
    return KD_OK;
}

static void cell_free(struct gather_cell *c)
{
    free(c->number);
    free(c->charge);
    free(c->rdf);
    free(c->site);
    free(c->coordination);
    memset(c, 0, sizeof *c);
}

void gather_close(struct gather *g)
{
    if (!g)
        return;
    for (int i = 0; i < g->n_cell; i++)
        cell_free(&g->cell[i]);
    for (int i = 0; i < g->n_row; i++)
        free(g->row[i].value);
    free(g->cell);
    free(g->row);
    free(g->loss);
    free(g->energy_ev);
    free(g);
}

/* ---- lists ---- */

kd_status gather_grow(void *array, int n, int *room, size_t size)
{
    if (n < *room)
        return KD_OK;
    int bigger = *room ? 2 * *room : 64;
    void *old, *grown;
    memcpy(&old, array, sizeof old);
    grown = realloc(old, (size_t)bigger * size);
    if (!grown)
        FAIL(KD_ENOMEM, "dataset: no host memory");
    memcpy(array, &grown, sizeof grown);
    *room = bigger;
    return KD_OK;
}

kd_status gather_lose(struct gather *g, const char *structure, int site, const char *format, ...)
{
    TRY(gather_grow(&g->loss, g->n_loss, &g->room_loss, sizeof *g->loss));
    struct gather_loss *l = &g->loss[g->n_loss++];
    va_list args;
    va_start(args, format);
    vsnprintf(l->reason, sizeof l->reason, format, args);
    va_end(args);
    snprintf(l->structure, sizeof l->structure, "%s", structure);
    l->site = site;
    return KD_OK;
}

struct gather_row *gather_new_row(struct gather *g, kd_status *status)
{
    *status = gather_grow(&g->row, g->n_row, &g->room_row, sizeof *g->row);
    double *value = *status == KD_OK ? malloc(((size_t)g->o.n_energy + 3 * (size_t)g->n_r) * sizeof *value) : NULL;
    if (!value) {
        *status = kd_fail(KD_ENOMEM, "dataset: no host memory for %d rows", g->n_row);
        return NULL;
    }
    g->row[g->n_row] = (struct gather_row){.value = value};
    return &g->row[g->n_row++];
}

bool gather_has(const struct gather *g, const char *hash, int site)
{
    for (int i = 0; i < g->n_row; i++)
        if (g->row[i].site == site && strcmp(g->cell[g->row[i].structure].hash, hash) == 0)
            return true;
    return false;
}

void gather_agree(struct gather *g, const char *recipe, double calibration_ev, char reason[512])
{
    reason[0] = '\0';
    if (!g->recipe[0]) {
        snprintf(g->recipe, sizeof g->recipe, "%s", recipe);
        g->calibration_ev = calibration_ev;
    } else if (strcmp(g->recipe, recipe) != 0) {
        snprintf(reason, 512, "another recipe: \"%.200s\", expected \"%.200s\"", recipe, g->recipe);
    } else if (!(fabs(g->calibration_ev - calibration_ev) <= SAME_CALIBRATION_EV)) {
        snprintf(reason, 512, "calibrated with %.6f eV, expected %.6f eV", calibration_ev, g->calibration_ev);
    }
}

int gather_rows(const struct gather *g)
{
    return g->n_row;
}

int gather_left_out(const struct gather *g)
{
    return g->n_loss;
}

/* ---- structures ---- */

/* FNV-1a over elements, cell and positions: the name of a structure that no renaming changes. */
static void hash_structure(const struct structure *s, char text[24])
{
    uint64_t hash = hash_bytes(HASH_START, s->number, (size_t)s->n_atom * sizeof *s->number);
    hash = hash_bytes(hash, s->cell, sizeof s->cell);
    hash = hash_bytes(hash, s->position, (size_t)s->n_atom * sizeof *s->position);
    snprintf(text, 24, "%016llx", (unsigned long long)hash);
}

static kd_status read_charges(const char *path, struct structure *s, struct gather_cell *c, char *method, size_t size, double *sum_error,
                              long long *n_empty)
{
    struct h5 *f;
    struct h5_array shape;
    char kind[32], name[128];
    long long order;
    kd_status status = KD_OK;
    TRY(h5_open(path, &f));
    TRY_OUT(h5_get_text(f, "/", "kind", kind, sizeof kind));
    if (strcmp(kind, "charges") != 0)
        FAIL_OUT(KD_EINPUT, "%s: kind \"%s\", expected charges", path, kind);
    TRY_OUT(h5_get_text(f, "/", "method", name, sizeof name));
    TRY_OUT(h5_get_int(f, "/", "order", &order));
    snprintf(method, size, "%s, order %lld", name, order);
    TRY_OUT(h5_get_double(f, "/", "sum_error_e", sum_error));
    TRY_OUT(h5_get_int(f, "/", "n_atoms_without_basin", n_empty));
    TRY_OUT(h5_shape(f, "charge_e", &shape));
    size_t n = shape.extent[0];
    if (shape.rank != 1 || n < 1 || n > 10000000)
        FAIL_OUT(KD_EINPUT, "%s: charge_e has the wrong shape", path);
    TRY_OUT(structure_create((int)n, s));
    c->n_atom = (int)n;
    c->charge = malloc(n * sizeof *c->charge);
    c->number = malloc(n * sizeof *c->number);
    if (!c->charge || !c->number)
        FAIL_OUT(KD_ENOMEM, "%s: no host memory", path);
    TRY_OUT(h5_read(f, &(struct h5_array){"charge_e", H5_DOUBLE, 1, {n}, .unit = "e"}, c->charge));
    TRY_OUT(h5_read(f, &(struct h5_array){"structure/number", H5_INT, 1, {n}}, s->number));
    TRY_OUT(h5_read(f, &(struct h5_array){"structure/cell_angstrom", H5_DOUBLE, 2, {3, 3}, .unit = "angstrom"}, s->cell));
    TRY_OUT(h5_read(f, &(struct h5_array){"structure/position_angstrom", H5_DOUBLE, 2, {n, 3}, .unit = "angstrom"}, s->position));
    TRY_OUT(structure_check(s));
    memcpy(c->number, s->number, n * sizeof *c->number);
out:
    h5_close(f);
    return status;
}

/* g(R) and neighbours of one Si. */
static void describe_site(const struct gather *g, const struct structure *s, const struct shells *near, double density, struct gather_cell *c,
                          int at)
{
    const struct rdf_axis *axis = &g->o.bonds.site_axis;
    size_t n_r = (size_t)g->n_r;
    double *total = c->rdf + 3 * n_r * (size_t)at;
    int centre = c->site[at];
    for (int p = near->start[centre]; p < near->start[centre + 1]; p++) {
        int number = s->number[near->near[p].atom];
        double r = near->near[p].r;
        rdf_count(axis, r, 1, total);
        if (number == SILICON || number == OXYGEN)
            rdf_count(axis, r, 1, total + (number == SILICON ? n_r : 2 * n_r));
        if (r < analyze_cutoff_of(&g->o.bonds, SILICON, number)) {
            c->coordination[at][0] += number == SILICON;
            c->coordination[at][1] += number == OXYGEN;
        }
    }
    for (size_t k = 0; k < 3; k++)
        rdf_normalize(axis, density, 1, total + k * n_r);
}

static kd_status describe(struct gather *g, const struct structure *s, struct gather_cell *c)
{
    int count[2] = {0, 0};
    double reach = rdf_reach(&g->o.bonds.site_axis);
    struct shells near = {0};
    for (int i = 0; i < s->n_atom; i++) {
        count[0] += s->number[i] == SILICON;
        count[1] += s->number[i] == OXYGEN;
    }
    c->n_site = count[0];
    c->x = count[0] ? (double)count[1] / count[0] : 0;
    size_t n = (size_t)(count[0] ? count[0] : 1);
    c->site = malloc(n * sizeof *c->site);
    c->coordination = calloc(n, sizeof *c->coordination);
    c->rdf = calloc(3 * (size_t)g->n_r * n, sizeof *c->rdf);
    if (!c->site || !c->coordination || !c->rdf)
        FAIL(KD_ENOMEM, "dataset: no host memory");
    for (int k = 0; k < g->o.bonds.n_cutoff; k++)
        reach = fmax(reach, g->o.bonds.cutoff[k].cutoff);
    TRY(shells_find(g->dev, s, reach, &near));
    double density = s->n_atom / cell_volume((const double(*)[3])s->cell);
    for (int i = 0, at = 0; i < s->n_atom; i++)
        if (s->number[i] == SILICON) {
            c->site[at] = i;
            describe_site(g, s, &near, density, c, at++);
        }
    shells_free(&near);
    return KD_OK;
}

/* Why a structure cannot be taken; "" when it can. */
static void judge_charges(struct gather *g, const struct gather_cell *c, const char *method, double sum_error, long long n_empty,
                          char reason[512])
{
    reason[0] = '\0';
    if (n_empty > 0)
        snprintf(reason, 512, "%lld atoms have no basin", n_empty);
    else if (!(fabs(sum_error) <= MOST_SUM_ERROR))
        snprintf(reason, 512, "charges miss the electron count by %.1e e", sum_error);
    else if (c->n_site == 0)
        snprintf(reason, 512, "no silicon");
    else if (!g->method[0])
        snprintf(g->method, sizeof g->method, "%s", method);
    else if (strcmp(g->method, method) != 0)
        snprintf(reason, 512, "charges by another method: \"%.200s\", expected \"%.200s\"", method, g->method);
}

kd_status gather_structure(struct gather *g, const char *name, const char *charges_path, int *index)
{
    struct structure s = {0};
    struct gather_cell c = {0};
    char method[256], reason[512];
    double sum_error = 0;
    long long n_empty = 0;
    *index = -1;
    kd_status status = read_charges(charges_path, &s, &c, method, sizeof method, &sum_error, &n_empty);
    if (status == KD_OK)
        status = describe(g, &s, &c);
    if (status == KD_EINPUT || status == KD_EIO) {
        snprintf(reason, sizeof reason, "%.500s", kd_error_message());
        status = gather_lose(g, name, -1, "%s", reason);
    } else if (status == KD_OK) {
        snprintf(c.name, sizeof c.name, "%s", name);
        snprintf(c.charges, sizeof c.charges, "%s", gather_origin(charges_path));
        hash_structure(&s, c.hash);
        judge_charges(g, &c, method, sum_error, n_empty, reason);
        status = reason[0] ? gather_lose(g, name, -1, "%s: %s", charges_path, reason)
                           : gather_grow(&g->cell, g->n_cell, &g->room_cell, sizeof *g->cell);
        if (status == KD_OK && !reason[0]) {
            *index = g->n_cell;
            g->cell[g->n_cell++] = c;
            memset(&c, 0, sizeof c);
        }
    }
    cell_free(&c);
    structure_free(&s);
    return status;
}

/* ---- spectra ---- */

/* Cubic through the four points around. */
static double interpolate(int n, const double *x, const double *y, double at)
{
    int i = 0, high = n - 1;
    while (high - i > 1) {
        int middle = (i + high) / 2;
        if (x[middle] <= at)
            i = middle;
        else
            high = middle;
    }
    int first = i - 1 < 0 ? 0 : i + 2 > n - 1 ? n - 4 : i - 1;
    double sum = 0;
    for (int a = first; a < first + 4; a++) {
        double weight = 1;
        for (int b = first; b < first + 4; b++)
            weight *= b == a ? 1 : (at - x[b]) / (x[a] - x[b]);
        sum += weight * y[a];
    }
    return sum;
}

/* Why a spectrum cannot be taken. */
static void judge_spectrum(const struct gather *g, const struct gather_cell *c, const struct gather_spectrum *s, char reason[512])
{
    int n = s->n;
    double area = 0;
    reason[0] = '\0';
    if (s->failure && s->failure[0])
        snprintf(reason, 512, "not converged: %s", s->failure);
    else if (s->site < 0 || s->site >= c->n_atom || c->number[s->site] != SILICON || (s->number && s->number != SILICON))
        snprintf(reason, 512, "is no silicon of this structure");
    else if (n < 4 || s->energy_ev[0] > g->o.emin_ev + SAME_EV || s->energy_ev[n - 1] < g->o.emax_ev - SAME_EV)
        snprintf(reason, 512, "energies do not cover %g to %g eV", g->o.emin_ev, g->o.emax_ev);
    else if (!isfinite(c->charge[s->site]))
        snprintf(reason, 512, "charge is not finite");
    for (int i = 0; i < n && !reason[0]; i++) {
        if (!isfinite(s->sigma_mb[i]) || !isfinite(s->energy_ev[i]))
            snprintf(reason, 512, "spectrum is not finite");
        else if (i && !(s->energy_ev[i] > s->energy_ev[i - 1]))
            snprintf(reason, 512, "energies do not rise at %g eV", s->energy_ev[i]);
        else if (i && s->energy_ev[i] - s->energy_ev[i - 1] > MOST_STEP_EV)
            snprintf(reason, 512, "energies are %g eV apart, expected at most %g", s->energy_ev[i] - s->energy_ev[i - 1], MOST_STEP_EV);
        area += s->sigma_mb[i];
    }
    if (!reason[0] && !(area > 0))
        snprintf(reason, 512, "spectrum is empty");
    if (!reason[0] && gather_has(g, c->hash, s->site))
        snprintf(reason, 512, "is there already");
}

static bool same_axis(const struct gather *g, const struct gather_spectrum *s)
{
    bool same = s->n == g->o.n_energy;
    for (int i = 0; i < s->n && same; i++)
        same = fabs(s->energy_ev[i] - g->energy_ev[i]) <= SAME_EV;
    return same;
}

kd_status gather_site(struct gather *g, int index, const struct gather_spectrum *s)
{
    char reason[512];
    kd_status status;
    if (index < 0 || index >= g->n_cell || !g->cell[index].charge)
        FAIL(KD_EINTERNAL, "dataset: there is no structure %d", index);
    const struct gather_cell *c = &g->cell[index];
    judge_spectrum(g, c, s, reason);
    if (!reason[0])
        gather_agree(g, s->recipe, s->calibration_ev, reason);
    if (reason[0])
        return gather_lose(g, c->name, s->site, "%s", reason);
    struct gather_row *row = gather_new_row(g, &status);
    if (!row)
        return status;
    int at = 0;
    while (c->site[at] != s->site)
        at++;
    bool same = same_axis(g, s);
    for (int i = 0; i < g->o.n_energy; i++)
        row->value[i] = same ? s->sigma_mb[i] : interpolate(s->n, s->energy_ev, s->sigma_mb, g->energy_ev[i]);
    memcpy(row->value + g->o.n_energy, c->rdf + 3 * (size_t)g->n_r * (size_t)at, 3 * (size_t)g->n_r * sizeof(double));
    row->structure = index;
    row->site = s->site;
    row->charge = c->charge[s->site];
    row->x = c->x;
    memcpy(row->coordination, c->coordination[at], sizeof row->coordination);
    return KD_OK;
}
