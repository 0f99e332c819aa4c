// SPDX-License-Identifier: BSD-3-Clause
/* ranks.h - a subcommand that several processes of one launcher (mpirun, srun) run together. */
#ifndef KD_APP_RANKS_H
#define KD_APP_RANKS_H

#include "apps/app.h"
#include "host/farm/ranks.h"

/* One device a rank, the cores of a machine shared evenly, unless the options say otherwise. device has to live until the device is open. */
void app_place_rank(struct app *app, const struct ranks *ranks, char device[32]);

struct app_ranks {
    struct ranks ranks;
    char device[32];
    kd_device *host;      /* the CPU, whatever --device says: what ranks tell each other stands there */
    struct kd_comm *comm; /* of all ranks, on `host`; NULL for one process */
};

/* For commands whose ranks need messages: starts MPI, places the rank, silences all but rank 0. KD_EDEVICE where there are several
 * processes without messages. app_ranks_end is called in any case. */
kd_status app_ranks_begin(struct app *app, struct app_ranks *r);
void app_ranks_end(struct app_ranks *r);

#endif
