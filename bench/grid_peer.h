// SPDX-License-Identifier: BSD-3-Clause
/* grid_peer.h - Henkelman's bader on the same density, for bench_grid --peer. */
#ifndef KD_GRID_PEER_H
#define KD_GRID_PEER_H

#include "host/bader/partition.h"

struct grid_peer {
    double seconds; /* of its partition, refinement and distances, as it prints them; reading and writing are not in it */
    double *electrons; /* [n_atom], the caller's */
};

/* Writes task->valence as a cube file and runs the program named by KEDGE_BADER (else `bader`) on it, method -b METHOD ("neargrid",
 * "weight"), one thread as it is. KD_EDEVICE when it is not there or fails; KD_EIO; KD_ENOMEM. */
kd_status grid_peer_run(const struct bader_task *task, const int *number, const char *method, struct grid_peer *out);

#endif
