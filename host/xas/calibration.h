// SPDX-License-Identifier: BSD-3-Clause
/* calibration.h - the one constant between total-energy differences and measured photon energies (physics of the alignment: docs/xanes.md). */
#ifndef KD_XAS_CALIBRATION_H
#define KD_XAS_CALIBRATION_H

#include "host/base/json.h"
#include "host/xas/xanes.h"

struct calibration {
    double constant_ev; /* photon energy = eigenvalue + e_shift + constant */
    double target_ev, peak_ev; /* measured main peak of the reference; calculated without the constant */
    char reference[256];
    char recipe[1024];  /* of the reference: xanes_site.recipe */
};

/* A JSON file: kind "xanes_calibration", constant_ev, target_ev, peak_ev, reference, recipe, and what else `provenance` has (may be NULL). */
kd_status calibration_write(const char *path, const struct calibration *c, const struct js *provenance);
kd_status calibration_read(const char *path, struct calibration *c);

/* KD_EINPUT naming the first thing in which the reference and the spectra differ: final state, cutoff, pseudopotentials of elements that both
 * have. Meshes of k-points may differ, as cells do. */
kd_status calibration_check(const struct calibration *c, const char *recipe);

#endif
