// SPDX-License-Identifier: BSD-3-Clause
/* model_pw.h - the least time that an RTX 4090 can need for plane waves: a model, not a measurement. */
#ifndef KD_MODEL_PW_H
#define KD_MODEL_PW_H

#include <stdio.h>

/* A cubic cell at Gamma: real orbitals in pairs on n^3 points. */
struct model_pw {
    const char *name;
    double length, ecut; /* bohr, Ha */
    int n, a, b;         /* points per axis and their two parts (kernels/cuda/pw_shape.cu) */
    int n_band, n_proj, sub;
};

/* Work of one op on all bands: an FMA is two; bytes at the L2, and those of them that do not fit into it. */
struct model_pw_work {
    const char *kernel;
    double flop, l2_bytes, dram_bytes;
};
enum { MODEL_PW_KERNELS = 9 };
void model_pw_work(const struct model_pw *m, struct model_pw_work work[MODEL_PW_KERNELS]);

/* Floating-point operations of a line of a b points: a transforms of b numbers, b of a, and the twiddles between (kernels/cuda/dft.cuh). */
double model_pw_line(int a, int b);

/* Least seconds for it on an RTX 4090; limiter: "FP32", "L2" or "DRAM". */
double model_pw_bound(const struct model_pw_work *w, const char **limiter);

/* Least seconds of one iteration of the ground state with three steps of the eigensolver, the host's part included. */
double model_pw_iteration(const struct model_pw *m);

/* A table per kernel and the sum of one iteration of the ground state, marked "MODEL, not measured". */
void model_pw_print(FILE *out, const struct model_pw *m);

#endif
