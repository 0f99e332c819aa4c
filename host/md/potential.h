// SPDX-License-Identifier: BSD-3-Clause
/* potential.h - Tersoff potentials, from files in the format of LAMMPS' pair_style tersoff. */
#ifndef KD_POTENTIAL_H
#define KD_POTENTIAL_H

#include <stddef.h>

#include "kernels/device.h"
#include "kernels/md_ops.h"

enum { POTENTIAL_MAX_SPECIES = 8 };

/* The potential of n_species elements; species s of every md array is the element number[s]. */
struct potential {
    int n_species;
    int number[POTENTIAL_MAX_SPECIES]; /* atomic numbers, ascending */
    struct tersoff_params *entry;      /* [n_species][n_species][n_species] */
    double *cutoff;                    /* [n_species][n_species] angstrom, symmetric: beyond it a pair does not matter */
    double range;                      /* largest cutoff */
    char *source;                      /* path, for messages */
};

/* Read the entries that `number` (atomic numbers, any order, repetitions allowed) needs; other entries only have to
 * be well-formed. A file is words: element 1, 2, 3, then 14 numbers (m gamma lambda3 c d costheta0 n beta lambda2 B R
 * D lambda1 A), over any number of lines; # starts a comment. A first line with "UNITS: x" must say metal (eV, angstrom).
 * KD_EINPUT "file:line: what, expected what": a value that LAMMPS refuses, or one that cannot be evaluated (d = 0, n = 0 of a
 * bond, D or R absurd), an incomplete entry, the same triple twice, a triple or an element that is not there. KD_ENOMEM. */
kd_status potential_read(const char *path, int n, const int *number, struct potential *out);
/* The same from memory. */
kd_status potential_from(const char *name, const char *bytes, size_t length, int n, const int *number,
                         struct potential *out);
void potential_free(struct potential *p); /* a zeroed struct is fine */

/* Species of an element; -1 when the potential does not have it. */
int potential_species(const struct potential *p, int number);

/* The tables on a device, for the ops. `entry` points into *p, which must live as long. */
kd_status potential_upload(kd_device *dev, const struct potential *p, struct tersoff_table *table);
void potential_release(kd_device *dev, struct tersoff_table *table); /* a zeroed struct is fine */

#endif
