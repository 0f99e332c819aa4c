// SPDX-License-Identifier: BSD-3-Clause
/* comm.c - communicators of every backend: opening, words between hosts, agreement. */
#include "kernels/comm_ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAILBOX = 1 << 20, MESSAGE = 512, MOST_RANKS = MAILBOX / 8 };

kd_status kd_comm_open(kd_device *dev, const struct comm_ops *ops, const struct comm_id *id, int rank, int size, struct kd_comm **out)
{
    *out = NULL;
    if (!ops && !dev->comm)
        FAIL(KD_EDEVICE, "device %s: no communication in this backend", dev->backend);
    if (size < 1 || size > MOST_RANKS || rank < 0 || rank >= size)
        FAIL(KD_EINTERNAL, "communicator: rank %d of %d, expected at most %d", rank, size, MOST_RANKS);
    struct kd_comm *c = calloc(1, sizeof *c);
    if (!c)
        FAIL(KD_ENOMEM, "communicator: no host memory");
    *c = (struct kd_comm){.ops = ops ? ops : dev->comm, .dev = dev, .rank = rank, .size = size};
    kd_status status = c->ops->join(c, id);
    if (status != KD_OK) {
        free(c);
        return status;
    }
    status = kd_alloc(dev, MAILBOX, &c->mailbox_d);
    if (status == KD_OK)
        status = c->ops->reserve(c, MAILBOX);
    if (status == KD_OK)
        *out = c;
    else
        kd_comm_close(c);
    return status;
}

void kd_comm_close(struct kd_comm *c)
{
    if (!c)
        return;
    c->ops->leave(c);
    kd_free(c->dev, c->mailbox_d);
    free(c);
}

kd_status kd_comm_tell(struct kd_comm *c, int root, size_t bytes, void *host)
{
    kd_device *dev = c->dev;
    for (size_t at = 0; c->size > 1 && at < bytes; at += MAILBOX) {
        size_t n = bytes - at < MAILBOX ? bytes - at : MAILBOX;
        char *piece = (char *)host + at;
        if (c->rank == root)
            TRY(kd_upload(dev, dev->stream, c->mailbox_d, piece, n));
        TRY(c->ops->broadcast(c, dev->stream, root, n, c->mailbox_d));
        if (c->rank != root)
            TRY(kd_download(dev, dev->stream, piece, c->mailbox_d, n));
    }
    return KD_OK;
}

/* What each rank says, told to all. */
static kd_status gather_words(struct kd_comm *c, double *word)
{
    kd_device *dev = c->dev;
    size_t bytes = (size_t)c->size * sizeof *word;
    TRY(kd_upload(dev, dev->stream, c->mailbox_d, word, bytes));
    TRY(c->ops->allreduce(c, dev->stream, (size_t)c->size, KD_DOUBLE, c->mailbox_d));
    return kd_download(dev, dev->stream, word, c->mailbox_d, bytes);
}

kd_status kd_comm_agree(struct kd_comm *c, kd_status status)
{
    if (!c || c->size == 1)
        return status;
    char message[MESSAGE];
    snprintf(message, sizeof message, "%s", status == KD_OK ? "" : kd_error_message());
    double *word = calloc((size_t)c->size, sizeof *word);
    if (!word)
        FAIL(KD_ENOMEM, "communicator: no host memory");
    word[c->rank] = (double)status;
    kd_status said = gather_words(c, word), worst = KD_OK;
    int from = 0;
    for (int r = 0; said == KD_OK && r < c->size; r++) {
        kd_status theirs = (kd_status)(int)word[r];
        if (theirs != KD_OK && (worst == KD_OK || (worst == KD_ESTOPPED && theirs != KD_ESTOPPED))) {
            worst = theirs;
            from = r;
        }
    }
    free(word);
    TRY(said);
    if (worst == KD_OK)
        return KD_OK;
    TRY(kd_comm_tell(c, from, sizeof message, message));
    if (from == 0 || worst == KD_ESTOPPED)
        FAIL(worst, "%s", message);
    FAIL(worst, "rank %d: %s", from, message);
}
