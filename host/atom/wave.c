// SPDX-License-Identifier: BSD-3-Clause
/* wave.c - the all-electron waves that a pseudopotential is to reproduce. */
#include "host/atom/wave.h"

#include <math.h>
#include <string.h>

#include "host/atom/radial.h"
#include "host/base/units.h"

/* Scattering waves are kept up to here (bohr): no reconstruction reaches farther, and the mesh stays finer than the wave. */
static const double scattering_end = 12;

static struct radial_equation equation(const struct atom *a, int l)
{
    return (struct radial_equation){&a->grid, l, atom_alpha(&a->options), a->options.z, a->v, NULL};
}

kd_status wave_make(const struct atom *a, int n, int l, double energy, double rc, double *work, double *p, struct wave *w)
{
    const struct radial_grid *g = &a->grid;
    struct radial_equation eq = equation(a, l);
    double *q = work, *slope = work + g->n, *curvature = work + 2 * g->n;
    *w = (struct wave){.l = l, .energy = energy, .bound = n > 0, .core = radial_grid_index(g, rc), .n_good = g->n, .p = p};
    if (w->bound) {
        int k = 0;
        while (k < a->n_state && (a->state[k].n != n || a->state[k].l != l))
            k++;
        if (k == a->n_state)
            FAIL(KD_EINPUT, "pseudopotential: the atom has no state %d%c", n, "spdf"[l]);
        w->energy = a->state[k].energy;
        memcpy(p, a->state[k].p, sizeof *p * (size_t)g->n);
        memcpy(q, a->state[k].q, sizeof *q * (size_t)g->n);
    } else {
        w->n_good = radial_grid_index(g, scattering_end);
        radial_outward(&eq, energy, w->n_good - 1, p, q);
    }
    double norm = radial_integral_to(g, p, p, w->core), sign = p[w->core] < 0 ? -1 : 1;
    double scale = sign * (w->bound ? 1 : 1 / sqrt(norm));
    for (int i = 0; i < g->n; i++) {
        p[i] *= scale;
        q[i] *= scale;
    }
    w->norm = norm * scale * scale;
    radial_slopes(&eq, w->energy, p, q, slope, curvature);
    w->match[0] = p[w->core];
    w->match[1] = slope[w->core];
    for (int m = 2; m < WAVE_MATCH; m++) {
        w->match[m] = curvature[w->core];
        radial_derivative(g, curvature, slope);
        memcpy(curvature, slope, sizeof *slope * (size_t)g->n);
    }
    return KD_OK;
}

double wave_angle(double energy, double p, double slope)
{
    return atan2(sqrt(2 * fmax(energy, 0) + 1) * p, slope) / KD_PI;
}

double wave_phase(const struct atom *a, int l, double energy, int at, double *work)
{
    struct radial_equation eq = equation(a, l);
    double *p = work, *q = work + a->grid.n, r = a->grid.r[at];
    radial_outward(&eq, energy, at, p, q);
    double mass = 1 + 0.5 * eq.alpha * eq.alpha * (energy - a->v[at]);
    double slope = p[at] / r + 2 * mass * q[at];
    return wave_angle(energy, p[at], slope);
}
