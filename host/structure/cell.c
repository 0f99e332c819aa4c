// SPDX-License-Identifier: BSD-3-Clause
/* cell.c - geometry of a triclinic cell. */
#include "host/structure/cell.h"

#include <math.h>
#include <string.h>

#include "host/base/units.h"

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

void cell_parameters(const double cell[3][3], double length[3], double angle[3])
{
    for (int k = 0; k < 3; k++)
        length[k] = sqrt(dot(cell[k], cell[k]));
    for (int k = 0; k < 3; k++) {
        int i = (k + 1) % 3, j = (k + 2) % 3;
        double normal[3];
        cross(cell[i], cell[j], normal);
        /* atan2 keeps its digits near 0 and 180 degrees, where acos loses half of them. */
        angle[k] = atan2(sqrt(dot(normal, normal)), dot(cell[i], cell[j])) * (180 / KD_PI);
    }
}

static double cosine_of_degrees(double angle)
{
    static const double exact[][2] = {{60, 0.5}, {90, 0}, {120, -0.5}};
    for (int i = 0; i < 3; i++)
        if (angle == exact[i][0])
            return exact[i][1];
    return cos(angle * (KD_PI / 180));
}

bool cell_from_parameters(const double length[3], const double angle[3], double cell[3][3])
{
    double cosine[3];
    for (int k = 0; k < 3; k++) {
        if (!(length[k] > 0 && angle[k] > 0 && angle[k] < 180))
            return false;
        cosine[k] = cosine_of_degrees(angle[k]);
    }
    double sine_gamma = sqrt(1 - cosine[2] * cosine[2]);
    double cy = (cosine[0] - cosine[1] * cosine[2]) / sine_gamma;
    double cz2 = 1 - cosine[1] * cosine[1] - cy * cy;
    if (!(cz2 > 0))
        return false;
    double made[3][3] = {{length[0], 0, 0},
                         {length[1] * cosine[2], length[1] * sine_gamma, 0},
                         {length[2] * cosine[1], length[2] * cy, length[2] * sqrt(cz2)}};
    memcpy(cell, made, sizeof made);
    return true;
}

/* cell[k] minus the whole number of cell[i] that brings its component i to at most half of cell[i][i]. */
static void reduce_skew(double cell[3][3], int k, int i)
{
    double turns = cell[k][i] / cell[i][i];
    if (fabs(turns) <= 0.5 + 1e-9) /* half a vector is allowed, and hexagonal cells have it */
        return;
    for (int a = 0; a < 3; a++)
        cell[k][a] -= round(turns) * cell[i][a];
}

void cell_restricted(const double cell[3][3], double restricted[3][3], double rotation[3][3], bool *rotated)
{
    *rotated = cell[0][1] != 0 || cell[0][2] != 0 || cell[1][2] != 0 || cell[0][0] <= 0 || cell[1][1] <= 0;
    for (int k = 0; k < 3; k++)
        for (int a = 0; a < 3; a++) {
            restricted[k][a] = cell[k][a];
            rotation[k][a] = k == a;
        }
    if (*rotated) {
        double axis[3][3], lengths[3]; /* rows: the new x, y, z in the old frame */
        cross(cell[0], cell[1], axis[2]);
        cross(axis[2], cell[0], axis[1]);
        memcpy(axis[0], cell[0], sizeof axis[0]);
        for (int x = 0; x < 3; x++)
            lengths[x] = sqrt(dot(axis[x], axis[x]));
        for (int x = 0; x < 3; x++)
            for (int a = 0; a < 3; a++)
                rotation[a][x] = axis[x][a] / lengths[x];
        for (int k = 0; k < 3; k++)
            for (int x = 0; x < 3; x++)
                restricted[k][x] = x > k ? 0 : dot(cell[k], axis[x]) / lengths[x];
    }
    reduce_skew(restricted, 1, 0);
    reduce_skew(restricted, 2, 1);
    reduce_skew(restricted, 2, 0);
}
