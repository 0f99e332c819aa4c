// SPDX-License-Identifier: BSD-3-Clause
/* md_peer.h - the same forces by LAMMPS. */
#ifndef KD_MD_PEER_H
#define KD_MD_PEER_H

#include "host/structure/structure.h"

/* Million atom-steps per second of LAMMPS' Pair time (the force call alone) in a short NVE run from rest, with n_rank MPI
 * ranks, `skin` angstrom of skin and the given Tersoff file. KD_EDEVICE when lmp is not there or fails. */
kd_status md_peer_rate(const struct structure *s, const char *potential, double skin, int n_rank, double *million_per_s);

#endif
