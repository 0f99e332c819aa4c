// SPDX-License-Identifier: BSD-3-Clause
/* rdf.c - counting neighbours into bins of distance. */
#include "host/md/rdf.h"

#include <math.h>
#include <string.h>

#include "host/base/units.h"

static const double TAIL = 4; /* standard deviations: 6e-5 of a neighbour lies beyond */

struct rdf_axis rdf_site_axis(void)
{
    return (struct rdf_axis){.r_max = 5, .smoothing = 0.1, .n_bin = 256};
}

double rdf_reach(const struct rdf_axis *axis)
{
    return axis->r_max + TAIL * axis->smoothing;
}

double rdf_radius(const struct rdf_axis *axis, int bin)
{
    return (bin + 0.5) * axis->r_max / axis->n_bin;
}

/* Share of a Gaussian below x standard deviations. */
static double below(double x)
{
    return 0.5 * erfc(-x * 0.70710678118654752440);
}

void rdf_count(const struct rdf_axis *axis, double r, double weight, double *count)
{
    double width = axis->r_max / axis->n_bin;
    if (axis->smoothing <= 0) {
        int bin = (int)(r / width);
        if (bin < axis->n_bin)
            count[bin] += weight;
        return;
    }
    int first = (int)floor((r - TAIL * axis->smoothing) / width), last = (int)floor((r + TAIL * axis->smoothing) / width);
    first = first > 0 ? first : 0;
    last = last < axis->n_bin ? last : axis->n_bin - 1;
    double left = below((first * width - r) / axis->smoothing);
    for (int b = first; b <= last; b++) {
        double right = below(((b + 1) * width - r) / axis->smoothing);
        count[b] += weight * (right - left);
        left = right;
    }
}

void rdf_normalize(const struct rdf_axis *axis, double density, double n_centre, double *count)
{
    double width = axis->r_max / axis->n_bin;
    for (int b = 0; b < axis->n_bin; b++) {
        double r = rdf_radius(axis, b), ideal = 4 * KD_PI * r * r * width * density * n_centre;
        count[b] = ideal > 0 ? count[b] / ideal : 0;
    }
}

void rdf_site(const struct rdf_axis *axis, const struct shells *shells, int atom, double density, double *g)
{
    memset(g, 0, (size_t)axis->n_bin * sizeof *g);
    for (int p = shells->start[atom]; p < shells->start[atom + 1]; p++)
        rdf_count(axis, shells->near[p].r, 1, g);
    rdf_normalize(axis, density, 1, g);
}
