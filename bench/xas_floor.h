// SPDX-License-Identifier: BSD-3-Clause
/* xas_floor.h - the least time of a site's phases on this machine, beside the time that they took. */
#ifndef KD_XAS_FLOOR_H
#define KD_XAS_FLOOR_H

#include "host/xas/xanes.h"

/* Prints, for the site that x has just run:
 *   chains    the local part of H of the whole block, timed alone, plus the nonlocal part's counted multiply-adds (every projector twice over every
 *             plane wave) at the measured rate of independent FMAs in FP32
 *   density   so many applications of H to a band, timed alone; dense algebra, mixing and the potential come on top */
kd_status xas_floor_print(struct xanes *x, const struct xanes_site *site, const struct xanes_seconds *phase);

#endif
