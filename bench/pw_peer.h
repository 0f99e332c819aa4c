// SPDX-License-Identifier: BSD-3-Clause
/* pw_peer.h - the same ground states by pw.x, and what a 216-atom cell takes. */
#ifndef KD_PW_PEER_H
#define KD_PW_PEER_H

#include <stdio.h>

#include "host/structure/structure.h"

/* Scratch folder with Si.upf, O.upf and Sih.upf (core hole) made by ld1.x from tests/oracle/qe; NULL where that fails. Made once. */
const char *pw_peer_folder(void);
void pw_peer_clean(void);

/* Energy (Ha) and wall time of pw.x (50 Ry, 1e-8 Ry, forces and stress) with n_rank MPI ranks, on the product grid given or, NULL, its own.
 * KD_EDEVICE when it is not there or fails. */
kd_status pw_peer_run(const struct structure *s, const int mesh[3], const int *grid, int n_rank, double *energy, double *seconds);

/* Memory and operations of a 216-atom cell at 50 Ry, counted; the bound on an RTX 4090 is a model, and says so. */
void pw_model_print(FILE *to);

#endif
