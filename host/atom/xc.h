// SPDX-License-Identifier: BSD-3-Clause
/* xc.h - exchange and correlation of a spherical, spin-restricted density, through libxc. */
#ifndef KD_ATOM_XC_H
#define KD_ATOM_XC_H

#include "host/atom/grid.h"

enum xc_kind {
    XC_PBE,      /* Perdew, Burke, Ernzerhof 1996 */
    XC_LDA_PW92, /* Slater exchange, Perdew-Wang 1992 correlation */
    XC_LDA_PZ,   /* Perdew-Zunger 1981 */
    XC_LDA_VWN   /* Vosko-Wilk-Nusair 1980, form 5: the LDA of the NIST tables */
};

/* "PBE", "LDA" (= PW92), "PZ", "VWN", and QE's long names. KD_EINPUT for others. */
kd_status xc_parse(const char *name, enum xc_kind *kind);
const char *xc_name(enum xc_kind kind);
/* The words of Quantum ESPRESSO for it: "PBE", "SLA PZ NOGX NOGC". */
const char *xc_long_name(enum xc_kind kind);

/* From charge[n] = 4 pi r^2 density: the energy (Ha) and the potential v[n] (Ha). energy may be NULL. For a gradient functional
 * the divergence term is taken with eighth-order differences. Densities under 1e-14 bohr^-3 count as none. */
kd_status radial_xc(enum xc_kind kind, const struct radial_grid *g, const double *charge, double *v, double *energy);

#endif
