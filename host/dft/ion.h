// SPDX-License-Identifier: BSD-3-Clause
/* ion.h - superpositions of atomic functions on the density sphere, and the forces and strain derivatives that go with them. */
#ifndef KD_DFT_ION_H
#define KD_DFT_ION_H

#include "host/dft/sphere.h"

/* Radial functions of every species on the shells of the density sphere, times the volume. */
struct ion_tables {
    int n_species, n_shell;
    double *local, *local_slope; /* [n_species][n_shell] Ha bohr^3 */
    double *charge;              /* electrons */
    double *core, *core_slope;
    bool has_core;
};
kd_status ion_tables_create(const struct crystal *c, const struct sphere *density, struct ion_tables *out);
void ion_tables_free(struct ion_tables *t);

/* f_g [n] complex (re, im): sum over atoms of u_species(|G|) exp(-iG.tau) / volume; u is one of the tables. */
kd_status ion_superpose(const struct crystal *c, const struct sphere *density, const double *u, double (*f_g)[2]);

/* force[i] += -d/dtau_i of volume * sum_G conj(p_G) f_G, the interaction of the superposition of u with p. */
kd_status ion_force(const struct crystal *c, const struct sphere *density, const double *u, const double (*p_g)[2], double (*force)[3]);

/* strain += d/de of the same at fixed volume * p_G: -delta_ab E - sum volume conj(p) S u'/volume G_a G_b / |G|. */
kd_status ion_strain(const struct crystal *c, const struct sphere *density, const double *u, const double *slope,
                     const double (*p_g)[2], bool volume_term, double strain[6]);

#endif
