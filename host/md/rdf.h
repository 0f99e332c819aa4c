// SPDX-License-Identifier: BSD-3-Clause
/* rdf.h - radial distribution functions. */
#ifndef KD_RDF_H
#define KD_RDF_H

#include "host/md/shells.h"

/* g(R) = N(R) / (4 pi R^2 rho dR): N(R) atoms in a shell of thickness dR at R, rho the number of atoms per volume. The bins are
 * R_b = (b + 1/2) dR, dR = r_max / n_bin. With smoothing > 0 every neighbour counts as a Gaussian of that standard deviation,
 * integrated over the bins (their sum is still the number of neighbours); neighbours out to r_max + 4 smoothing take part. */
struct rdf_axis {
    double r_max, smoothing; /* angstrom */
    int n_bin;
};

/* The study's site-resolved function: 256 bins to 5 angstrom, all elements counted alike, smoothing 0.1 angstrom. */
struct rdf_axis rdf_site_axis(void);
/* Neighbours beyond this do not contribute. */
double rdf_reach(const struct rdf_axis *axis);
double rdf_radius(const struct rdf_axis *axis, int bin);

/* Add `weight` atoms at distance r to count[n_bin]. */
void rdf_count(const struct rdf_axis *axis, double r, double weight, double *count);
/* count -> g, for `density` atoms per cubic angstrom around each of n_centre atoms. */
void rdf_normalize(const struct rdf_axis *axis, double density, double n_centre, double *count);

/* g(R) around one atom. shells must reach rdf_reach(axis); density: all atoms of the cell per volume. */
void rdf_site(const struct rdf_axis *axis, const struct shells *shells, int atom, double density, double *g);

#endif
