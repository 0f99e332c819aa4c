// SPDX-License-Identifier: BSD-3-Clause
/* cpu.h - what the CPU backend's files share. */
#ifndef KD_CPU_H
#define KD_CPU_H

#include "kernels/device.h"
#include "kernels/md_ops.h"
#include "kernels/nn_ops.h"
#include "kernels/grid_ops.h"
#include "kernels/la_ops.h"
#include "kernels/pw_ops.h"
#include "kernels/xas_ops.h"
#include "kernels/bader_ops.h"

/* Every op of the CPU backend that touches device memory stands between these two. In strict mode
 * (KEDGE_STRICT=1) device memory is unreadable outside; otherwise they cost one branch. They nest. */
void cpu_enter(kd_device *dev);
void cpu_leave(kd_device *dev);

/* The instruction set that codelets are dispatched by: the best of this processor, or a lesser one that the environment
 * variable KEDGE_SIMD names (baseline, avx2, avx512), so that every codelet can be tested on one machine. */
enum cpu_simd { CPU_BASELINE, CPU_AVX2, CPU_AVX512 };
enum cpu_simd cpu_simd_level(void);
const char *cpu_simd_name(enum cpu_simd level); /* "AVX2", for people */

/* Number of the calling thread in its OpenMP team; 0 outside. */
int cpu_thread(void);
/* Threads that a parallel loop begun here would really have: 1 inside another one. */
int cpu_team(const kd_device *dev);

/* md_ops.h has the contracts. */
kd_status cpu_neighbor_build(kd_device *dev, kd_stream *s, const struct md_batch *batch, const double *cutoff_d, double skin,
                             const struct md_neighbors *list);
size_t cpu_neighbor_scratch(const kd_device *dev, const struct md_batch *batch, int capacity);
kd_status cpu_tersoff(kd_device *dev, kd_stream *s, const struct md_batch *batch, const struct md_neighbors *list,
                      const struct tersoff_table *potential, enum kd_precision precision, const struct md_forces *out);
size_t cpu_tersoff_scratch(const kd_device *dev, const struct md_batch *batch, int capacity, enum kd_precision precision);
kd_status cpu_run(kd_device *dev, kd_stream *s, const struct md_run *run);
size_t cpu_run_bytes(const kd_device *dev, const struct md_batch *batch, int capacity, enum kd_precision precision);
size_t cpu_run_scratch(const kd_device *dev, const struct md_batch *batch, int capacity, enum kd_precision precision);

extern const struct md_ops cpu_md_ops;
extern const struct nn_ops cpu_nn_ops;
extern const struct la_ops cpu_la_ops;
extern const struct grid_ops cpu_grid_ops;
extern const struct pw_ops cpu_pw_ops;
extern const struct xas_ops cpu_xas_ops;
extern const struct bader_ops cpu_bader_ops;
extern const struct comm_ops cpu_comm_ops;

#endif
