// SPDX-License-Identifier: BSD-3-Clause
/* cell.h - geometry of a triclinic cell; rows are lattice vectors (docs/conventions.md). */
#ifndef KD_CELL_H
#define KD_CELL_H

#include <stdbool.h>

/* det(cell); negative for a left-handed cell. */
double cell_volume(const double cell[3][3]);

/* inverse[a][k]: frac[k] = sum_a r[a] inverse[a][k]. The cell must not be singular. */
void cell_inverse(const double cell[3][3], double inverse[3][3]);

/* Distance between the two faces of the cell along reciprocal vector k: volume / |a_i x a_j|. */
double cell_height(const double cell[3][3], int k);

/* r = frac . cell and back. */
void cell_frac(const double inverse[3][3], const double r[3], double frac[3]);
void cell_cartesian(const double cell[3][3], const double frac[3], double r[3]);

/* Lengths (angstrom) and angles (degrees) alpha = (b,c), beta = (a,c), gamma = (a,b). */
void cell_parameters(const double cell[3][3], double length[3], double angle[3]);

/* The cell with a along x and b in the xy plane, y > 0. False, and cell unchanged, when no such cell exists:
 * a length or an angle that is not positive, or three angles that do not close. Exact zeros and halves for
 * 60, 90 and 120 degrees. */
bool cell_from_parameters(const double length[3], const double angle[3], double cell[3][3]);

/* Lower-triangular form of the same lattice (a along x, b in the xy plane, positive diagonal), with the skew
 * reduced to half a vector as LAMMPS wants it. rotation: r_new = r_old . rotation, the identity when the cell
 * is lower triangular already (*rotated false). */
void cell_restricted(const double cell[3][3], double restricted[3][3], double rotation[3][3], bool *rotated);

#endif
