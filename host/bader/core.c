// SPDX-License-Identifier: BSD-3-Clause
/* core.c - all-electron cores on an even mesh. */
#include "host/bader/core.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/atom.h"
#include "host/base/units.h"
#include "host/structure/element.h"

static const double LEAST_DENSITY = 1e-8; /* bohr^-3: the table ends here; a hundred-thousandth of the density in a bond */
static const double MOST_REACH = 8;       /* bohr */

void core_free(struct core *c)
{
    free(c->density);
    memset(c, 0, sizeof *c);
}

static double density_at(const double *r, const double *charge, int i)
{
    return charge[i] / (4 * KD_PI * r[i] * r[i]);
}

/* Density at radius, straight in its logarithm between mesh points: exact for an exponential. *from: a point at or below. */
static double density_between(int n, const double *r, const double *charge, double radius, int *from)
{
    int i = *from;
    while (i < n - 2 && r[i + 1] <= radius)
        i++;
    *from = i;
    double low = density_at(r, charge, i), high = density_at(r, charge, i + 1);
    if (radius <= r[i])
        return low;
    if (!(low > 0) || !(high > 0) || i == n - 2)
        return radius < r[i + 1] ? fmax(low, 0) : 0;
    double t = (radius - r[i]) / (r[i + 1] - r[i]);
    return exp((1 - t) * log(low) + t * log(high));
}

/* charge[n] = 4 pi r^2 density on the mesh r[n]. */
static kd_status tabulate(int n, const double *r, const double *charge, struct core *out)
{
    int first = r[0] > 0 ? 0 : 1, last = n - 1; /* linear meshes begin at 0 */
    while (last > first && (density_at(r, charge, last) < LEAST_DENSITY || r[last] > MOST_REACH))
        last--;
    out->n = last > first ? (int)ceil(r[last] * CORE_PER_BOHR) + 2 : 2;
    out->density = calloc((size_t)out->n, sizeof *out->density);
    if (!out->density)
        FAIL(KD_ENOMEM, "core: no host memory");
    int from = first;
    double sum = 0;
    for (int i = 0; i < out->n - 1 && last > first; i++) {
        double radius = (double)i / CORE_PER_BOHR;
        out->density[i] = (float)density_between(n, r, charge, radius, &from);
        sum += 4 * KD_PI * radius * radius * (double)out->density[i] / CORE_PER_BOHR;
    }
    out->n_electron = sum;
    return KD_OK;
}

kd_status core_from_pseudo(const struct pseudo *p, const char *path, struct core *out)
{
    *out = (struct core){.number = p->z, .z_valence = p->z_valence};
    if (!p->core_charge)
        FAIL(KD_EINPUT, "%s: no all-electron core charge (PP_KEDGE_CORE_CHARGE)", path);
    snprintf(out->source, sizeof out->source, "%s", path);
    return tabulate(p->n, p->r, p->core_charge, out);
}

/* The innermost shells that hold n_core electrons; KD_EINPUT when they are cut. */
static kd_status keep_core(const struct configuration *c, int number, double n_core, bool keep[ATOM_MAX_SHELL])
{
    double held = 0;
    memset(keep, 0, ATOM_MAX_SHELL * sizeof *keep);
    for (int s = 0; s < c->n_shell && held < n_core - 1e-6; s++) {
        keep[s] = true;
        held += c->shell[s].occupation;
    }
    if (fabs(held - n_core) > 1e-6)
        FAIL(KD_EINPUT, "core of %s: %g electrons are no closed shells of the atom", element_symbol(number), n_core);
    return KD_OK;
}

static kd_status solve_core(const struct configuration *c, int number, const bool *keep, struct core *out)
{
    struct atom_options options = {.z = number, .configuration = *c, .xc = XC_PBE, .relativistic = true};
    struct atom *atom;
    struct configuration shells = {0};
    char text[160];
    TRY(atom_solve(&options, &atom));
    kd_status status = KD_OK;
    double *charge = malloc((size_t)atom->grid.n * sizeof *charge);
    if (!charge)
        FAIL_OUT(KD_ENOMEM, "core: no host memory");
    atom_charge(atom, keep, charge);
    TRY_OUT(tabulate(atom->grid.n, atom->grid.r, charge, out));
    for (int s = 0; s < c->n_shell; s++)
        if (keep[s])
            shells.shell[shells.n_shell++] = c->shell[s];
    configuration_print(&shells, text);
    snprintf(out->source, sizeof out->source, "own atom, %s", text);
out:
    free(charge);
    atom_free(atom);
    return status;
}

kd_status core_from_atom(int number, double z_valence, struct core *out)
{
    struct configuration c;
    bool keep[ATOM_MAX_SHELL];
    *out = (struct core){.number = number, .z_valence = z_valence};
    if (fabs(number - z_valence) < 1e-6) { /* nothing is missing */
        const double none[2] = {0, 0}, r[2] = {1, 2};
        snprintf(out->source, sizeof out->source, "none");
        return tabulate(2, r, none, out);
    }
    TRY(configuration_ground(number, &c));
    TRY(keep_core(&c, number, number - z_valence, keep));
    return solve_core(&c, number, keep, out);
}
