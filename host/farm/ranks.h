// SPDX-License-Identifier: BSD-3-Clause
/* ranks.h - which of how many processes this is. The only door to MPI, and optional: without MPI at build time the launcher's
 * environment (mpirun, srun) says the same. The farm itself needs no messages: ranks meet in its directory. */
#ifndef KD_FARM_RANKS_H
#define KD_FARM_RANKS_H

#include <stdbool.h>

#include "kernels/comm_ops.h"

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

/* All ranks as a communicator that carries device memory by way of the host and MPI; kd_comm_close before ranks_end. KD_EDEVICE when there
 * are several ranks and no MPI. */
kd_status ranks_comm(const struct ranks *r, kd_device *dev, struct kd_comm **out);
/* The same ranks as a communicator of the devices' own kind (NCCL), whose id MPI has told them. KD_EDEVICE on all ranks when one of them
 * cannot have it: two on one device, or no such library. */
kd_status ranks_device_comm(struct kd_comm *by_mpi, struct kd_comm **out);

#endif
