// SPDX-License-Identifier: BSD-3-Clause
/* collect.h - spectra of many sites on one energy axis: xanes.h5 and text files. */
#ifndef KD_XAS_COLLECT_H
#define KD_XAS_COLLECT_H

#include "host/base/json.h"
#include "host/xas/xanes.h"

enum xanes_axis {
    XANES_ABSOLUTE,  /* eigenvalues, eV, as they are: the axis of xspectra.x before E0 is taken off */
    XANES_CALIBRATED /* photon energies, eV: eigenvalue + e_shift + constant */
};

struct collect_axis {
    enum xanes_axis kind;
    double zero_ev;     /* absolute: emin and emax are relative to it (the highest occupied level of the ground state) */
    double constant_ev; /* calibrated */
    double emin_ev, emax_ev;
    int n;
};

struct collect_row { /* one site */
    int site, z, lanczos_steps, scf_iterations;
    bool converged;
    char failure[256];
    double e_shift_ev, edge_ev, norm_bohr, seconds;
    double *sigma; /* [XANES_N_POL][n] bohr^2; NULL for a failed site */
};

struct collect {
    struct collect_axis axis;
    double *energy_ev; /* [n] */
    int n_row;
    struct collect_row *row;
    char recipe[1024];
    double gamma_seconds; /* spent on spectra */
};

/* KD_EINPUT: limits in the wrong order, fewer than two points. */
kd_status collect_begin(const struct collect_axis *axis, struct collect *c);
void collect_free(struct collect *c);

/* Evaluate a site and keep its spectra. KD_EINPUT: another recipe than the sites before, or no alignment for a calibrated axis. */
kd_status collect_add(struct collect *c, const struct xanes_site *s, const struct broadening *b);

/* mean[n] over polarisations of row i; over all converged sites for i = -1. bohr^2. false: there is none. */
bool collect_mean(const struct collect *c, int i, double *mean);
/* Standard deviation over the converged sites of their means over polarisations, [n], bohr^2 (the error of their mean is that over the root of
 * their number). false: fewer than two. */
bool collect_deviation(const struct collect *c, double *deviation);
/* Highest local maximum of that mean: energy by a parabola through three points, and height in bohr^2. */
bool collect_peak(const struct collect *c, int i, double *energy_ev, double *height);

/* xanes.h5 (docs/formats.md); provenance: members that become attributes, may be NULL. */
kd_status collect_write(const struct collect *c, const char *path, const struct js *provenance);

/* Text per site beside `path` (its ending is taken off): "xspectra": PATH_site00003_x.dat ... y, z, and _mean; "xdi": PATH_site00003.xdi;
 * "csv": PATH_site00003.csv. And the same for the mean of the sites. */
kd_status collect_write_text(const struct collect *c, const char *path, const char *format);

/* Pictures beside `path` by gnuplot (data and scripts stay): every site, and the mean of the sites. */
kd_status collect_plot(const struct collect *c, const char *path);

#endif
