// SPDX-License-Identifier: BSD-3-Clause
/* xas_peer.h - the same core-hole spectra by pw.x and xspectra.x. */
#ifndef KD_XAS_PEER_H
#define KD_XAS_PEER_H

#include "host/structure/structure.h"

enum { XAS_PEER_POINTS = 601 }; /* -10 .. 50 eV from the highest occupied level */

struct xas_peer {
    double density, spectra; /* wall seconds: pw.x with the hole; xspectra.x along x, y and z */
    double cpu;              /* processor seconds of both, per rank: below the wall time by what other programs took away */
    double x_ev[3][XAS_PEER_POINTS], sigma[3][XAS_PEER_POINTS]; /* eV, bohr^2 */
};

/* Atom 0 with a core hole, the cell charged; 2x2x2 k-points and gamma 0.8 eV as tests/oracle/qe, xerror 1e-3. n_rank MPI ranks: pools of
 * k-points for xspectra.x, and for pw.x when `mesh` has several. KD_EDEVICE when a program is not there or fails. */
kd_status xas_peer_run(const struct structure *s, const int mesh[3], int n_rank, struct xas_peer *out);

#endif
