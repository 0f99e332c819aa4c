// SPDX-License-Identifier: BSD-3-Clause
/* model_density.h - densities of spherical atoms on periodic grids, for tests and benchmarks. */
#ifndef KD_TEST_MODEL_DENSITY_H
#define KD_TEST_MODEL_DENSITY_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/bader/place.h"
#include "host/structure/cell.h"

/* q[t] zeta[t]^3/(8 pi) exp(-zeta[t] r), two terms: a Slater-type valence and core; smooth: Gaussians q (zeta/pi)^(3/2) exp(-zeta r^2),
 * whose sum over points is their integral. */
struct model_atom {
    double q[2], zeta[2];
    int smooth;
};
/* Silicon with 2.4 + 8 electrons, oxygen with 6.8 + 1.9. */
static const struct model_atom model_silicon = {{2.4, 8}, {1.9, 7}, 0}, model_oxygen = {{6.8, 1.9}, {2.6, 6}, 0};

static inline double model_density(const struct model_atom *a, double r)
{
    double sum = 0;
    for (int t = 0; t < 2; t++)
        sum += a->smooth ? a->q[t] * pow(a->zeta[t] / 3.14159265358979323846, 1.5) * exp(-a->zeta[t] * r * r)
                         : a->q[t] * pow(a->zeta[t], 3) / (8 * 3.14159265358979323846) * exp(-a->zeta[t] * r);
    return sum;
}

/* One row [n2] of the sum over images (place_images); cell in bohr. */
static inline void model_row(const int n[3], const double cell[3][3], const struct model_atom *kind, const struct place_list *images,
                             double reach, int i, int j, double *row)
{
    memset(row, 0, (size_t)n[2] * sizeof *row);
    double start[3], along[3], square = 0;
    for (int x = 0; x < 3; x++) {
        start[x] = (double)i / n[0] * cell[0][x] + (double)j / n[1] * cell[1][x];
        along[x] = cell[2][x] / n[2];
        square += along[x] * along[x];
    }
    for (int a = 0; a < images->n; a++) {
        double b[3], ab = 0, bb = 0;
        for (int x = 0; x < 3; x++) {
            b[x] = images->center[a][x] - start[x];
            ab += along[x] * b[x];
            bb += b[x] * b[x];
        }
        double rest = reach * reach - (bb - ab * ab / square);
        if (rest < 0)
            continue;
        int first = (int)ceil((ab - sqrt(rest * square)) / square), last = (int)floor((ab + sqrt(rest * square)) / square);
        for (int k = first > 0 ? first : 0; k <= last && k < n[2]; k++)
            row[k] += model_density(&kind[images->kind[a]], sqrt(fabs(bb - 2 * k * ab + k * (double)k * square)));
    }
}

/* The whole grid, malloc'ed; NULL when memory runs out. kind_of[n_atom] numbers kind[]. */
static inline double *model_grid(const int n[3], const double cell[3][3], int n_atom, const double (*position)[3], const int *kind_of,
                                 const struct model_atom *kind)
{
    const double reach = 12;
    struct place_list images;
    double *value = malloc((size_t)n[0] * (size_t)n[1] * (size_t)n[2] * sizeof *value);
    if (value && place_images(cell, n_atom, position, kind_of, reach, &images) == KD_OK)
#pragma omp parallel for schedule(dynamic, 1)
        for (int i = 0; i < n[0]; i++)
            for (int j = 0; j < n[1]; j++)
                model_row(n, cell, kind, &images, reach, i, j, value + ((size_t)i * (size_t)n[1] + (size_t)j) * (size_t)n[2]);
    place_list_free(&images);
    return value;
}

#endif
