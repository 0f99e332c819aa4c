// SPDX-License-Identifier: BSD-3-Clause
/* xanes_reference.h - kedge xanes --calibrate: a reference crystal of known main peak gives the constant of the energy axis. */
#ifndef KD_XANES_REFERENCE_H
#define KD_XANES_REFERENCE_H

#include "apps/app.h"
#include "host/xas/xanes.h"

/* text: "quartz.xyz=1846" or "quartz_gs.h5=1846". A structure gets its ground state first (kept beside out as OUT.gs.h5), with ecut (Ha) and
 * the k-points that its cell asks for. out: the calibration file, or NULL to print only. */
struct reference_choice {
    const char *text, *out;
    double ecut;
};
kd_status xanes_reference(struct app *app, const struct reference_choice *choice, const struct xanes_options *options, int n_site,
                          const int *site);

#endif
