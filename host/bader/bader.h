// SPDX-License-Identifier: BSD-3-Clause
/* bader.h - Bader charges of a ground state, or of a density in cube files: from files to numbers and to charges.h5. */
#ifndef KD_BADER_BADER_H
#define KD_BADER_BADER_H

#include "host/base/json.h"
#include "host/bader/partition.h"
#include "host/structure/structure.h"

enum { BADER_ELEMENTS = 16 };

struct bader_options {
    int grid_factor;         /* gs.h5: the density is Fourier-interpolated on so many times its points along each axis; 1 to 6 */
    int order;               /* of slopes: 2, near-grid as published, or 4; 0: 4 for gs.h5, 2 for cubes */
    bool valence_only;       /* divide the valence density itself: wrong for most atoms, see core.h */
    bool force;              /* go on although atoms have no basin */
    const char *reference;   /* cube: this density is divided; NULL: the one that is integrated, plus cores for elements in `valence` */
    int n_valence;
    struct {
        int number;
        double electrons;    /* cube: how many of the atom's electrons the density holds */
    } valence[BADER_ELEMENTS];
};
struct bader_options bader_defaults(void); /* factor 3: docs/bader.md */

struct bader_charges {
    struct structure structure; /* angstrom */
    double *z_valence;          /* [n_atom] electrons that the neutral atom has in this density; NaN: not known (cube) */
    double *charge;             /* [n_atom] z_valence - electrons, e; NaN where z_valence is */
    struct bader_partition part;
    int n_expected;             /* 1: expected_electrons is known */
    double expected_electrons;  /* of the ground state */
    double sum_error;           /* integral - expected, e; 0 when that is not known */
    int n[3], order;            /* grid that was divided, order of slopes */
    int n_core;
    struct core core[BADER_ELEMENTS];
    bool valence_only;
    char input[1024], input_hash[24]; /* path; FNV-1a of the density, 16 hexadecimal digits */
};

/* Of a finished ground state (gs.h5). Cores come from the pseudopotential files named there; where such a file is gone or holds none,
 * from our own atom, with a warning that says so. KD_EINPUT: no ground state; atoms without basin, unless forced. */
kd_status bader_ground_state(kd_device *dev, const char *path, const struct bader_options *o, struct bader_charges *out);

/* Of a cube file. KD_EINPUT as above, or when grid, cell or number of points of the reference differ. */
kd_status bader_cube(kd_device *dev, const char *path, const struct bader_options *o, struct bader_charges *out);
void bader_charges_free(struct bader_charges *b); /* a zeroed struct is fine */

/* charges_e, electrons, sum_error_e, volumes, distances, maxima that are no nuclei, cores, grid (docs/bader.md). */
void bader_json(const struct bader_charges *b, struct js *object);
/* charges.h5 (docs/formats.md), whole or not at all. provenance may be NULL. KD_EIO; KD_EINPUT when charges are not known. */
kd_status bader_write(const char *path, const struct bader_charges *b, const struct js *provenance);

#endif
