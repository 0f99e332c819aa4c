// SPDX-License-Identifier: BSD-3-Clause
/* structure.h - atoms in a cell. Units: angstrom, eV, fs, amu (docs/conventions.md). */
#ifndef KD_STRUCTURE_H
#define KD_STRUCTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels/status.h"

/* So that 3 n_atom stays far from overflow. */
enum { STRUCTURE_MAX_ATOM = 100000000 };

/* Lengths that no sane file exceeds (1 cm) or falls below: beyond them sums lose their digits, or cells need
 * endless images. */
#define STRUCTURE_MAX_LENGTH 1e8
#define STRUCTURE_MIN_VECTOR 0.1

struct structure {
    int n_atom;
    double cell[3][3]; /* lattice vectors as rows, right-handed; all zero for an isolated cluster */
    bool periodic[3];
    int *number;           /* [n_atom] atomic numbers */
    double (*position)[3]; /* [n_atom] Cartesian, as read: not wrapped */
    double (*velocity)[3]; /* [n_atom] angstrom/fs, or NULL */
    double (*force)[3];    /* [n_atom] eV/angstrom, or NULL */
    bool has_energy, has_virial;
    double energy;    /* eV */
    double virial[6]; /* eV, xx yy zz yz xz xy, -dE/d(strain) */
    char *info;       /* further key=value pairs of the extxyz comment line, kept as they were; or NULL */
    char *source;     /* "file" or "file:frame n" (n from 0), for messages */
};

/* Room for n_atom >= 1 atoms at the origin (no velocities, no forces), periodic, zero cell. KD_ENOMEM;
 * KD_EINPUT for an absurd n_atom. */
kd_status structure_create(int n_atom, struct structure *out);
void structure_free(struct structure *s); /* a zeroed struct is fine */
kd_status structure_copy(const struct structure *from, struct structure *out);

/* Add zeroed velocities or forces where there are none. KD_ENOMEM. */
kd_status structure_add_velocity(struct structure *s);
kd_status structure_add_force(struct structure *s);

/* Checks that hold for every structure that enters Kedge: at least one atom, known elements, finite numbers,
 * a right-handed cell of positive volume (or none at all when no direction is periodic). KD_EINPUT "source:
 * what, expected what". Overlapping atoms are no error here. */
kd_status structure_check(const struct structure *s);

/* True for an isolated cluster: no cell at all. */
bool structure_is_cluster(const struct structure *s);

/* Put every atom into the cell along the periodic directions: 0 <= frac < 1 up to rounding. A cluster stays.
 */
void structure_wrap(struct structure *s);

/* The supercell of repeat[0] x repeat[1] x repeat[2] copies; atoms of one copy stay together, the last
 * direction runs fastest. Forces and velocities are repeated, energy and virial multiplied. KD_EINPUT for a
 * cluster, a count below 1, or too many atoms. */
kd_status structure_repeat(const struct structure *s, const int repeat[3], struct structure *out);

/* amu; 0 when an element has no standard weight. */
double structure_mass(const struct structure *s);
/* g/cm^3; 0 for a cluster. */
double structure_density(const struct structure *s);

/* Hill order: C and H first if there is carbon, then alphabetical: "O2Si". Cut off where size ends. */
void structure_formula(const struct structure *s, char *text, size_t size);

/* All frames of a file; the format follows from the name (.xyz .extxyz; POSCAR* CONTCAR* .vasp .poscar; .cif;
 * .data .lmp .lammps) and, failing that, from the contents. The caller frees the frames (structures_free).
 * Every frame has passed structure_check. KD_EINPUT "file:line: what, expected what" for everything wrong;
 * KD_EIO, KD_ENOMEM. What each format may contain: docs/formats.md. */
kd_status structures_read(const char *path, struct structure **frames, int *n_frame);
/* Frees the frames and the array. NULL is fine. */
void structures_free(struct structure *frames, int n_frame);

/* Write the frames in the format that the name asks for, whole or not at all (host/base/commit.h). Only
 * extxyz holds more than one frame. KD_EINPUT: a name of no known format, or a structure that the format
 * cannot hold; KD_EIO. */
kd_status structures_write(const char *path, const struct structure *frames, int n_frame);

#endif
