// SPDX-License-Identifier: BSD-3-Clause
/* md_wide.h - the op `run` for one replica of more than SAIL_ATOMS (md_block.cuh). */
#ifndef KD_MD_WIDE_H
#define KD_MD_WIDE_H

#include "kernels/cuda/cuda.cuh"

bool cuda_run_is_wide(const struct md_batch *batch, int replica);
/* Its part of the work area, and its scratch. */
size_t cuda_wide_bytes(const struct md_batch *batch, int replica, int capacity);
size_t cuda_wide_scratch(const kd_device *dev, const struct md_batch *batch, int replica, int capacity, enum kd_precision precision);
/* Steps until the phase or the replica ends. The host waits at the end of each group of steps. */
kd_status cuda_wide_run(kd_device *dev, kd_stream *stream, const struct md_run *run, int replica, void *work_d);

#endif
