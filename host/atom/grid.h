// SPDX-License-Identifier: BSD-3-Clause
/* grid.h - the logarithmic radial mesh of an atom, and calculus on it.
 *
 * r_i = exp(xmin + i dx) / zmesh, the mesh of ld1.x and of UPF files, so that every second point of ours is a point of theirs.
 * Integrands of an atom vanish at both ends in x = ln r; the trapezoid rule then converges faster than any power of dx
 * (Euler-Maclaurin), and six-point formulas serve where an end lies inside. */
#ifndef KD_ATOM_GRID_H
#define KD_ATOM_GRID_H

#include "kernels/status.h"

struct radial_grid {
    int n;
    double dx, xmin, zmesh;
    double *r;   /* [n] bohr */
    double *rab; /* [n] dr/di = r dx */
};

/* The mesh up to the last point <= rmax. KD_EINPUT: not 0 < dx < 0.1, or fewer than 64 points. Free with radial_grid_free. */
kd_status radial_grid_make(double zmesh, double xmin, double dx, double rmax, struct radial_grid *g);
void radial_grid_free(struct radial_grid *g);

/* First point with r >= radius, n - 1 at most. */
int radial_grid_index(const struct radial_grid *g, double radius);

/* Integral of f dr over the whole mesh; f[n] must vanish at both ends. */
double radial_integral(const struct radial_grid *g, const double *f);
/* The same of f a, and of f a b. */
double radial_integral2(const struct radial_grid *g, const double *f, const double *a);
/* integral[i] = integral of f dr from 0 to r_i, sixth order in dx; in place is allowed. Below r_0 f is taken as r^power. */
void radial_cumulative(const struct radial_grid *g, const double *f, int power, double *integral);
/* Integral of f a dr from 0 to r_last, for f a that goes on smoothly beyond; the three points after it are read. */
double radial_integral_to(const struct radial_grid *g, const double *f, const double *a, int last);
/* df/dr, eighth-order central differences (one-sided fourth order at the ends). Not in place. */
void radial_derivative(const struct radial_grid *g, const double *f, double *slope);
/* Value at radius by sixth-order Lagrange interpolation in ln r; beyond the mesh 0, below it the first point. */
double radial_value(const struct radial_grid *g, const double *f, double radius);

/* Electrostatic potential v[n] (Ha, felt by an electron) of the electrons charge[n] = 4 pi r^2 density. */
void radial_hartree(const struct radial_grid *g, const double *charge, double *v);

#endif
