// SPDX-License-Identifier: BSD-3-Clause
/* nn_peer.h - PyTorch on the same network, data and batches, for bench_nn --peer. */
#ifndef KD_NN_PEER_H
#define KD_NN_PEER_H

#include "tests/twin/nn_cases.h"

enum { NN_PEER_LOSSES = 10 };

struct nn_peer {
    double seconds;              /* per epoch, mean of the processes' medians */
    double loss[NN_PEER_LOSSES]; /* of the first steps of net 0 */
};

/* Train net 0 of the case in n_process processes at once, one thread each; core_type: OPENBLAS_CORETYPE of theirs, NULL: as it is in the
 * environment, "": not set. KD_EDEVICE when Debian's python3-torch is not there. */
kd_status nn_peer_run(const struct nn_case *c, int n_process, int n_epoch, const char *core_type, struct nn_peer *out);

#endif
