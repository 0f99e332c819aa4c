// SPDX-License-Identifier: BSD-3-Clause
/* measured.h - spectra from a beamline: two columns, XDI 1.0, Athena's .nor, HDF5. */
#ifndef KD_NN_MEASURED_H
#define KD_NN_MEASURED_H

#include <stdbool.h>

#include "host/base/text.h"
#include "kernels/status.h"

struct nn_measured {
    int n;
    double *energy_ev;  /* [n] ascending, each once */
    double *mu;         /* [n] */
    bool normalised;    /* the file says that pre-edge and step have been taken out */
    char format[16];    /* "columns", "XDI", "nor", "HDF5" */
    char column[48];    /* where mu came from: a column's name or number, or ln(i0/itrans) */
    char element[8], edge[8]; /* as the file says, or "" */
    bool from_kev, from_angle, reversed;
    int n_duplicate;    /* points that shared an energy with another: averaged */
};

/* Columns may be separated by blanks, commas or semicolons; lines before the data that are comments or no numbers are header. Energies in
 * keV (all below 100) become eV; any order; angles (XDI, with Mono.d_spacing) become energies. KD_EINPUT "file:line: what, expected
 * what": no data, ragged rows, NaN, negative energies, fewer than 8 points, XDI files that break their specification. */
kd_status nn_measured_read(const char *path, struct nn_measured *out);
/* The same from memory, for anything but HDF5 (tests, fuzzing). */
kd_status nn_measured_parse(struct text *t, struct nn_measured *out);
void nn_measured_free(struct nn_measured *m);

#endif
