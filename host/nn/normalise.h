// SPDX-License-Identifier: BSD-3-Clause
/* normalise.h - pre-edge line, edge step and flattening of a measured spectrum (as in Athena and Larch). */
#ifndef KD_NN_NORMALISE_H
#define KD_NN_NORMALISE_H

#include "kernels/status.h"

struct nn_normalisation {
    double e0_ev;             /* steepest rise */
    double pre[2];            /* line pre[0] + pre[1] (E - e0) */
    double post[3];           /* polynomial in E - e0; post[2] is 0 where less than 60 eV are there */
    double step;              /* post(e0) - pre(e0) */
    double pre_low_ev, pre_high_ev, post_low_ev, post_high_ev; /* ranges that were fitted */
};

/* flat[n]: (mu - pre) / step, and 1 on average above the edge. Pre-edge range: up to e0 - 6 eV (a line over at least 8 eV, else a
 * constant); post-edge range: from e0 + 15 eV. KD_EINPUT when there is no rise, or nothing before or after it. */
kd_status nn_normalise(int n, const double *energy_ev, const double *mu, struct nn_normalisation *out, double *flat);

#endif
