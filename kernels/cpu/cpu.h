// SPDX-License-Identifier: BSD-3-Clause
/* cpu.h - what the CPU backend's files share. */
#ifndef KD_CPU_H
#define KD_CPU_H

#include "kernels/device.h"
#include "kernels/md_ops.h"
#include "kernels/nn_ops.h"

/* Every op of the CPU backend that touches device memory stands between these two. In strict mode
 * (KEDGE_STRICT=1) device memory is unreadable outside; otherwise they cost one branch. They nest. */
void cpu_enter(kd_device *dev);
void cpu_leave(kd_device *dev);

extern const struct md_ops cpu_md_ops;
extern const struct nn_ops cpu_nn_ops;

#endif
