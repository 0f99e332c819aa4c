// SPDX-License-Identifier: BSD-3-Clause
/* cell.h - geometry of a triclinic cell; rows are lattice vectors (docs/conventions.md). */
#ifndef KD_CELL_H
#define KD_CELL_H

/* det(cell); negative for a left-handed cell. */
double cell_volume(const double cell[3][3]);

/* inverse[a][k]: frac[k] = sum_a r[a] inverse[a][k]. The cell must not be singular. */
void cell_inverse(const double cell[3][3], double inverse[3][3]);

/* Distance between the two faces of the cell along reciprocal vector k: volume / |a_i x a_j|. */
double cell_height(const double cell[3][3], int k);

void cell_frac(const double inverse[3][3], const double r[3], double frac[3]);
void cell_cartesian(const double cell[3][3], const double frac[3], double r[3]);

#endif
