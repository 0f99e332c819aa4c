// SPDX-License-Identifier: BSD-3-Clause
/* gs_density.h - the valence density of a ground state, on as fine a grid as one likes. */
#ifndef KD_BADER_GS_DENSITY_H
#define KD_BADER_GS_DENSITY_H

#include "host/structure/structure.h"

struct gs_density {
    struct structure structure; /* angstrom */
    int n_species, *species;    /* [n_atom] */
    double *z_valence;          /* [n_species] */
    char **pseudopotential;     /* [n_species] file names, as gs.h5 has them */
    double n_electron;
    int n[3];                   /* grid of the ground state */
    int n_g;
    int (*miller)[3];           /* [n_g] one of G and -G, the first is 0 */
    double (*rho)[2];           /* [n_g] complex, bohr^-3, scaled to n_electron (FP32 orbitals leave it 1e-7 off) */
};

/* KD_EINPUT: no ground state, shapes that do not fit together. */
kd_status gs_density_read(const char *path, struct gs_density *out);
void gs_density_free(struct gs_density *g); /* a zeroed struct is fine */

/* On factor times the points of its own grid along each axis; exact, since the density is band-limited. On the CPU whatever the device
 * is, so that charges do not depend on it. *value is the caller's. KD_ENOMEM. */
kd_status gs_density_pad(const struct gs_density *g, int n_thread, int factor, int n[3], double **value);

#endif
