// SPDX-License-Identifier: BSD-3-Clause
/* cell.c - geometry of a triclinic cell. */
#include "host/structure/cell.h"

#include <math.h>

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

double cell_volume(const double cell[3][3])
{
    double normal[3];
    cross(cell[1], cell[2], normal);
    return dot(cell[0], normal);
}

void cell_inverse(const double cell[3][3], double inverse[3][3])
{
    double volume = cell_volume(cell);
    for (int k = 0; k < 3; k++) {
        double normal[3];
        cross(cell[(k + 1) % 3], cell[(k + 2) % 3], normal);
        for (int a = 0; a < 3; a++)
            inverse[a][k] = normal[a] / volume;
    }
}

double cell_height(const double cell[3][3], int k)
{
    double normal[3];
    cross(cell[(k + 1) % 3], cell[(k + 2) % 3], normal);
    return fabs(cell_volume(cell)) / sqrt(dot(normal, normal));
}

void cell_frac(const double inverse[3][3], const double r[3], double frac[3])
{
    for (int k = 0; k < 3; k++)
        frac[k] = r[0] * inverse[0][k] + r[1] * inverse[1][k] + r[2] * inverse[2][k];
}

void cell_cartesian(const double cell[3][3], const double frac[3], double r[3])
{
    for (int a = 0; a < 3; a++)
        r[a] = frac[0] * cell[0][a] + frac[1] * cell[1][a] + frac[2] * cell[2][a];
}
