// SPDX-License-Identifier: BSD-3-Clause
/* structure.h - atoms in a periodic cell, and the files they come from. Units: angstrom, eV, fs. */
#ifndef KD_STRUCTURE_H
#define KD_STRUCTURE_H

#include <stdbool.h>

#include "kernels/status.h"

struct structure {
    int n_atom;
    double cell[3][3];    /* lattice vectors as rows, right-handed */
    bool periodic[3];
    int *number;          /* [n_atom] atomic numbers */
    double (*position)[3];/* [n_atom] Cartesian, as read: not wrapped */
    double (*velocity)[3];/* [n_atom] angstrom/fs, or NULL */
    double (*force)[3];   /* [n_atom] eV/angstrom, or NULL */
    bool has_energy, has_virial;
    double energy;        /* eV */
    double virial[6];     /* eV, xx yy zz yz xz xy, -dE/d(strain) */
    char *info;           /* further key=value pairs of the extxyz comment line, kept as they were; or NULL */
    char *source;         /* "file" or "file:frame n", for messages */
};

/* Room for n_atom atoms (no velocities, no forces), periodic, zero cell. KD_ENOMEM. */
kd_status structure_create(int n_atom, struct structure *out);
void structure_free(struct structure *s); /* a zeroed struct is fine */
kd_status structure_copy(const struct structure *from, struct structure *out);

/* All frames of a file; the format follows from the name (.xyz .extxyz; POSCAR CONTCAR .vasp .poscar; .cif; .data .lmp .lammps)
 * and, failing that, from the contents. The caller frees each frame and the array (structures_free).
 * KD_EINPUT "file:line: what, expected what" for everything wrong: unknown element, NaN, zero or left-handed cell, wrong count. */
kd_status structures_read(const char *path, struct structure **frames, int *n_frame);
void structures_free(struct structure *frames, int n_frame);

/* Write frames in the format that the name asks for (extxyz, POSCAR, LAMMPS data), by rename. */
kd_status structures_write(const char *path, const struct structure *frames, int n_frame);

/* Checks that hold for every structure that enters Kedge: finite numbers, positive volume, known elements. */
kd_status structure_check(const struct structure *s);

#endif
