// SPDX-License-Identifier: BSD-3-Clause
/* peak.h - what the cores at hand can do at most, measured: independent fused multiply-adds in registers. */
#ifndef KD_PEAK_H
#define KD_PEAK_H

/* GFLOP/s of n_thread cores together in FP32, with the widest vectors of this machine; 0 where there is no loop for it. */
double peak_fma_gflops(int n_thread);

#endif
