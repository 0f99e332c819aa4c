// SPDX-License-Identifier: BSD-3-Clause
/* md_peer.h - the same forces by LAMMPS. */
#ifndef KD_MD_PEER_H
#define KD_MD_PEER_H

#include "host/structure/structure.h"

/* Million atom-steps per second, of the force calls alone (Pair time) and of whole steps (loop time). */
struct md_peer {
    double forces, steps;
};

/* LAMMPS in a short NVE run from temperature_k (after 50 steps that are not counted), steps of 0.5 fs, with n_rank MPI ranks, `skin`
 * angstrom of skin and the given Tersoff file; both times are taken by the share of the processor that LAMMPS says it had. KD_EDEVICE
 * when lmp is not there or fails. */
kd_status md_peer_rate(const struct structure *s, const char *potential, double temperature_k, double skin, int n_rank, struct md_peer *out);

#endif
