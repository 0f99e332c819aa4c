// SPDX-License-Identifier: BSD-3-Clause
/* io_peer.h - h5py and ASE on the same files, for bench_io --peer. */
#ifndef KD_BENCH_IO_PEER_H
#define KD_BENCH_IO_PEER_H

#include "kernels/status.h"

/* operation: h5_write, h5_read, xyz_write or xyz_read, of `path`; a write goes beside it, to its name with .peer, and is as durable
 * as ours (fsync, rename). Median seconds of five. KD_EDEVICE without /usr/bin/python3 with h5py and ASE. */
kd_status io_peer_run(const char *operation, const char *path, double *seconds);

#endif
