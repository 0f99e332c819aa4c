// SPDX-License-Identifier: BSD-3-Clause
/* occupy.h - how electrons fill the bands. */
#ifndef KD_DFT_OCCUPY_H
#define KD_DFT_OCCUPY_H

#include "kernels/status.h"

enum smearing { SMEARING_FIXED, SMEARING_GAUSS, SMEARING_METHFESSEL, SMEARING_COLD, SMEARING_FERMI };

struct occupations {
    double fermi;   /* Ha; fixed: midway between the highest occupied and the lowest empty band that is there */
    double homo, lumo; /* Ha; lumo is NAN when no empty band was computed. Smeared: the bands on both sides of the Fermi level */
    double entropy; /* -TS of the smearing, Ha */
};

/* Fill n_electron electrons into eps[n_k][n_band]; occ[n_k][n_band] includes the spin factor 2 and the weight of k (sums to
 * n_electron). width in Ha: Gaussian, Methfessel-Paxton of order 1 (PRB 40, 3616), Marzari-Vanderbilt (PRL 82, 3296), Fermi-Dirac, with
 * the arguments (mu - e) / width of pw.x. KD_EINPUT: too few bands, or an odd number of electrons in fixed bands. */
kd_status occupy(enum smearing kind, double width, double n_electron, int n_k, int n_band, const double *weight, const double *eps,
                 double *occ, struct occupations *out);

/* "gauss", "mp", "cold", "fermi", "fixed" and the words of pw.x. */
kd_status smearing_parse(const char *name, enum smearing *kind);
const char *smearing_name(enum smearing kind);

#endif
