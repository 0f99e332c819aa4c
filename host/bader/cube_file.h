// SPDX-License-Identifier: BSD-3-Clause
/* cube_file.h - Gaussian cube files: atoms and one scalar field on a periodic grid. */
#ifndef KD_BADER_CUBE_FILE_H
#define KD_BADER_CUBE_FILE_H

#include "host/structure/structure.h"

struct cube_file {
    int n[3];
    double cell[3][3];          /* bohr, rows: n times the steps of the file */
    double *value;              /* [n0][n1][n2] as in the file: densities in bohr^-3 */
    struct structure structure; /* angstrom; positions relative to the grid's first point; cell as above, periodic */
};

/* KD_EINPUT "file:line: what, expected what": not a cube file, more than one field (a negative number of atoms), cells without volume or left-handed,
 * numbers that are none or not finite, too few or too many. Steps are bohr, angstrom where the number of points is negative. */
kd_status cube_file_read(const char *path, struct cube_file *out);
/* The same from the bytes of a file; name: for messages. */
kd_status cube_file_parse(const char *name, const char *bytes, size_t length, struct cube_file *out);
void cube_file_free(struct cube_file *c); /* a zeroed struct is fine */

#endif
