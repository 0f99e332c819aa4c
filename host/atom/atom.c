// SPDX-License-Identifier: BSD-3-Clause
/* atom.c - the all-electron atom, self-consistent. */
#include "host/atom/atom.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/mixer.h"
#include "host/atom/radial.h"
#include "host/base/units.h"

/* Mesh: r_0 = exp(-12) / Z is far inside the relativistic core of the 1s; 50 bohr holds every neutral valence tail. */
static const double mesh_dx = 0.0125, mesh_xmin = -12, mesh_rmax = 50;
enum { MAX_SCF = 200 };

double atom_alpha(const struct atom_options *o)
{
    return o->relativistic ? KD_FINE_STRUCTURE : 0;
}

void atom_free(struct atom *a)
{
    if (!a)
        return;
    radial_grid_free(&a->grid);
    free(a->v);
    free(a);
}

static kd_status allocate(const struct atom_options *o, struct atom **out)
{
    double ion = o->z - configuration_electrons(&o->configuration);
    if (o->z < 1 || o->z > 103)
        FAIL(KD_EINPUT, "atom: Z = %d, expected 1 to 103", o->z);
    if (o->configuration.n_shell < 1 || ion < -1.5 || ion >= o->z)
        FAIL(KD_EINPUT, "atom: %g electrons around Z = %d, expected at least some and at most Z + 1",
             configuration_electrons(&o->configuration), o->z);
    struct atom *a = calloc(1, sizeof *a);
    if (!a)
        FAIL(KD_ENOMEM, "atom");
    a->options = *o;
    a->n_state = o->configuration.n_shell;
    kd_status status = radial_grid_make(o->z, mesh_xmin, o->dx > 0 ? o->dx : mesh_dx, mesh_rmax, &a->grid);
    if (status == KD_OK) {
        size_t n = (size_t)a->grid.n;
        a->v = calloc((2 + 2 * (size_t)a->n_state) * n, sizeof *a->v);
        if (!a->v)
            status = kd_fail(KD_ENOMEM, "atom: %d points", a->grid.n);
        for (int k = 0; a->v && k < a->n_state; k++) {
            const struct shell *s = &o->configuration.shell[k];
            double *p = a->v + (2 + 2 * (size_t)k) * n;
            a->state[k] = (struct atom_state){s->n, s->l, s->occupation, 0, p, p + n};
        }
        a->charge = a->v ? a->v + n : NULL;
    }
    if (status != KD_OK) {
        atom_free(a);
        return status;
    }
    *out = a;
    return KD_OK;
}

/* Thomas-Fermi screening (Latter 1955 fit) of the nucleus, -max(1, Z_eff) / r: close enough that any atom converges from it. */
static void start_potential(struct atom *a)
{
    double z = a->options.z, ion = z - configuration_electrons(&a->options.configuration);
    for (int i = 0; i < a->grid.n; i++) {
        double r = a->grid.r[i], x = r * cbrt(z) / 0.885341;
        double s = sqrt(x), x2 = x * x;
        double t = z / (1 + 0.02747 * s + 1.243 * x - 0.1486 * x * s + 0.2302 * x2 + 0.007298 * x2 * s + 0.006944 * x2 * x);
        a->v[i] = -fmin(z, fmax(t, fmax(ion, 0) + 1)) / r;
    }
    for (int k = 0; k < a->n_state; k++)
        a->state[k].energy = -0.5 * z * z / pow(a->state[k].n, 3); /* only where the search begins */
}

void atom_charge(const struct atom *a, const bool *keep, double *charge)
{
    memset(charge, 0, sizeof *charge * (size_t)a->grid.n);
    for (int k = 0; k < a->n_state; k++)
        for (int i = 0; i < a->grid.n && keep[k]; i++)
            charge[i] += a->state[k].occupation * a->state[k].p[i] * a->state[k].p[i];
}

static kd_status solve_states(struct atom *a, bool occupied)
{
    for (int k = 0; k < a->n_state; k++) {
        struct atom_state *s = &a->state[k];
        struct radial_equation eq = {&a->grid, s->l, atom_alpha(&a->options), a->options.z, a->v, NULL};
        if ((s->occupation > 0) != occupied)
            continue;
        if (radial_bound(&eq, s->n - s->l - 1, &s->energy, s->p, s->q) != KD_OK)
            return kd_fail_prefix(KD_ENOCONV, "atom Z = %d, level %d%c", a->options.z, s->n, "spdf"[s->l]);
    }
    return KD_OK;
}

/* The potential that the density makes, and the energies; v_in is what the states were solved in. */
static kd_status potential(struct atom *a, const double *v_in, double *v_out, double *v_xc)
{
    const struct radial_grid *g = &a->grid;
    struct atom_energies *e = &a->energies;
    radial_hartree(g, a->charge, v_out);
    TRY(radial_xc(a->options.xc, g, a->charge, v_xc, &e->xc));
    e->hartree = 0.5 * radial_integral2(g, a->charge, v_out);
    e->nuclear = 0;
    for (int i = 0; i < g->n; i++)
        e->nuclear -= a->options.z * a->charge[i] * g->dx;
    e->kinetic = -radial_integral2(g, a->charge, v_in);
    for (int k = 0; k < a->n_state; k++)
        e->kinetic += a->state[k].occupation * a->state[k].energy;
    e->total = e->kinetic + e->nuclear + e->hartree + e->xc;
    for (int i = 0; i < g->n; i++)
        v_out[i] += v_xc[i] - a->options.z / g->r[i];
    return KD_OK;
}

static kd_status iterate(struct atom *a, struct mixer *mix, double *v_out, double *v_xc)
{
    bool keep[ATOM_MAX_SHELL];
    double change = 1, previous = 0;
    for (int k = 0; k < a->n_state; k++)
        keep[k] = true;
    for (a->n_iteration = 1; a->n_iteration <= MAX_SCF; a->n_iteration++) {
        TRY(solve_states(a, true));
        atom_charge(a, keep, a->charge);
        TRY(potential(a, a->v, v_out, v_xc));
        TRY(mixer_step(mix, &a->grid, a->v, v_out, &change));
        if (change < 1e-8 && fabs(a->energies.total - previous) < 1e-10 * (1 + fabs(previous)))
            return solve_states(a, false);
        previous = a->energies.total;
    }
    FAIL(KD_ENOCONV, "atom Z = %d: potential still changes by %g after %d iterations", a->options.z, change, MAX_SCF);
}

kd_status atom_solve(const struct atom_options *o, struct atom **atom)
{
    struct atom *a = NULL;
    struct mixer mix;
    TRY(allocate(o, &a));
    double *v_out = malloc(2 * sizeof *v_out * (size_t)a->grid.n);
    kd_status status = v_out ? mixer_make(a->grid.n, 0.5, &mix) : kd_fail(KD_ENOMEM, "atom");
    if (status == KD_OK) {
        start_potential(a);
        status = iterate(a, &mix, v_out, v_out + a->grid.n);
        mixer_free(&mix);
    }
    free(v_out);
    if (status != KD_OK)
        atom_free(a);
    else
        *atom = a;
    return status;
}
