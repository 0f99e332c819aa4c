// SPDX-License-Identifier: BSD-3-Clause
/* box.c - cells for periodic and for open directions. */
#include "host/md/box.h"

#include <math.h>
#include <string.h>

#include "host/structure/cell.h"

static const double LEAST_HEIGHT = 0.5; /* angstrom; any crystal is thicker */

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* The unit vector at right angles to axes[0 .. n-1] (orthonormal) that is nearest to a Cartesian axis. */
static void complete_axes(int n, double axes[3][3])
{
    double best = -1;
    for (int k = 0; k < 3; k++) {
        double v[3] = {k == 0, k == 1, k == 2};
        for (int m = 0; m < n; m++) {
            double along = dot(v, axes[m]);
            for (int x = 0; x < 3; x++)
                v[x] -= along * axes[m][x];
        }
        double length = sqrt(dot(v, v));
        if (length > best + 1e-9) {
            best = length;
            for (int x = 0; x < 3; x++)
                axes[n][x] = v[x] / length;
        }
    }
}

static int orthonormal_periodic_axes(const struct structure *s, double axes[3][3])
{
    int n = 0;
    for (int k = 0; k < 3; k++) {
        if (!s->periodic[k])
            continue;
        memcpy(axes[n], s->cell[k], sizeof axes[n]);
        for (int m = 0; m < n; m++) {
            double along = dot(axes[n], axes[m]);
            for (int x = 0; x < 3; x++)
                axes[n][x] -= along * axes[m][x];
        }
        double length = sqrt(dot(axes[n], axes[n]));
        for (int x = 0; x < 3; x++)
            axes[n][x] /= length;
        n++;
    }
    return n;
}

kd_status box_around(const struct structure *s, double range, double cell[3][3])
{
    double axes[3][3];
    const char *source = s->source ? s->source : "structure";
    int n = orthonormal_periodic_axes(s, axes);
    memcpy(cell, s->cell, sizeof s->cell);
    for (int k = 0; k < 3; k++) {
        if (s->periodic[k])
            continue;
        complete_axes(n, axes);
        double low = dot(s->position[0], axes[n]), high = low;
        for (int a = 1; a < s->n_atom; a++) {
            double at = dot(s->position[a], axes[n]);
            low = fmin(low, at);
            high = fmax(high, at);
        }
        double length = ceil(high - low + 2 * range + 10); /* room for a skin, and for atoms that move a little */
        for (int x = 0; x < 3; x++)
            cell[k][x] = length * axes[n][x];
        n++;
    }
    if (!(fabs(cell_volume(cell)) > 0))
        FAIL(KD_EINPUT, "%s: a cell without volume, expected three independent lattice vectors", source);
    for (int k = 0; k < 3; k++)
        if (!(cell_height(cell, k) >= LEAST_HEIGHT))
            FAIL(KD_EINPUT, "%s: the cell is %g angstrom thick along lattice vector %d, expected at least %g", source,
                 cell_height(cell, k), k + 1, LEAST_HEIGHT);
    return KD_OK;
}

void box_wrap(const double cell[3][3], double r[3])
{
    double inverse[3][3], frac[3];
    cell_inverse(cell, inverse);
    cell_frac(inverse, r, frac);
    for (int k = 0; k < 3; k++) {
        double whole = floor(frac[k]);
        if (whole != 0)
            for (int x = 0; x < 3; x++)
                r[x] -= whole * cell[k][x];
    }
}
