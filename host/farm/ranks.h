// SPDX-License-Identifier: BSD-3-Clause
/* ranks.h - which of how many processes this is. The only door to MPI, and optional: without MPI at build time the launcher's
 * environment (mpirun, srun) says the same. The farm itself needs no messages: ranks meet in its directory. */
#ifndef KD_FARM_RANKS_H
#define KD_FARM_RANKS_H

#include <stdbool.h>

#include "kernels/status.h"

struct ranks {
    int rank, size;        /* 0, 1 outside a launcher */
    int local, local_size; /* among the ranks of this machine: cuda:LOCAL is this rank's device */
    bool mpi;              /* messages can be had */
};

/* Starts MPI if a launcher started this process. KD_EDEVICE when MPI fails. */
kd_status ranks_begin(struct ranks *r);
/* All ranks wait for one another; nothing without MPI. */
void ranks_barrier(const struct ranks *r);
void ranks_end(struct ranks *r);

#endif
