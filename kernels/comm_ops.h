// SPDX-License-Identifier: BSD-3-Clause
/* comm_ops.h - ranks that work on one problem, and what they tell each other.
 *
 * A rank is a device with a host thread: of this process (tables of the devices: threads on the CPU, NCCL under CUDA), or of another
 * one (MPI: host/farm/ranks.c). All ranks of a communicator call the same operations in the same order.
 *
 * Sums have one order, x of rank 0 + x of rank 1 + ..., whatever carries them: the result is a function of the summands and the
 * number of ranks only, and the same bits on every rank. */
#ifndef KD_COMM_OPS_H
#define KD_COMM_OPS_H

#include "kernels/device.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What rank 0 makes and the others are told, by whatever means, so that they find each other (NCCL's unique id has this size). */
struct comm_id {
    unsigned char bytes[128];
};

/* One rank's end. */
struct kd_comm {
    const struct comm_ops *ops;
    kd_device *dev;
    int rank, size;
    void *state;     /* the backend's own */
    void *mailbox_d; /* of comm.c */
};

struct comm_ops {
    kd_status (*new_id)(kd_device *dev, struct comm_id *id);
    /* c->dev, rank and size are set. May wait for the other ranks. KD_EDEVICE when the ranks cannot meet. */
    kd_status (*join)(struct kd_comm *c, const struct comm_id *id);
    /* Ranks that wait for one that has left fail with KD_EDEVICE where that can be known. */
    void (*leave)(struct kd_comm *c);
    /* Set-up: room for messages of so many bytes; nothing allocates later. No message is sent. */
    kd_status (*reserve)(struct kd_comm *c, size_t bytes);
    /* x_d[n] (float under KD_MIXED, double under KD_DOUBLE) becomes the sum over ranks; at most the bytes reserved. */
    kd_status (*allreduce)(struct kd_comm *c, kd_stream *s, size_t n, enum kd_precision precision, void *x_d);
    /* x_d[bytes] of rank `root` to all; any number of bytes. */
    kd_status (*broadcast)(struct kd_comm *c, kd_stream *s, int root, size_t bytes, void *x_d);
    /* Returns when all ranks have called it and the streams they gave have come so far. */
    kd_status (*barrier)(struct kd_comm *c, kd_stream *s);
};

/* Join the ranks that share `id`, by the table `ops`; NULL: the device's own. size 1 needs no id. */
kd_status kd_comm_open(kd_device *dev, const struct comm_ops *ops, const struct comm_id *id, int rank, int size, struct kd_comm **out);
void kd_comm_close(struct kd_comm *c); /* NULL is fine */

/* bytes of host memory of rank `root` to all. */
kd_status kd_comm_tell(struct kd_comm *c, int root, size_t bytes, void *host);
/* All ranks say how a piece of work ended and leave with the same status: KD_OK when it is that of all, else the first that is neither
 * that nor KD_ESTOPPED, else KD_ESTOPPED; with its message, and the rank it came from. Before anything that makes ranks wait for each
 * other, a rank must not leave alone. c NULL or of one rank: status as it is. */
kd_status kd_comm_agree(struct kd_comm *c, kd_status status);

#ifdef __cplusplus
}
#endif
#endif
