// SPDX-License-Identifier: BSD-3-Clause
/* shared_epoch.c - an epoch whose batches are shared by ranks: each takes a slice of every batch, gradients are added up in the order of
 * ranks, all take the same step. Every rank keeps every network. */
#include <stdlib.h>
#include <string.h>

#include "host/base/stop.h"
#include "host/nn/round.h"

enum { PIECE = 64 << 20 }; /* bytes of gradients that travel at once */

static size_t gradient_count(const struct job_group *g)
{
    return (size_t)g->n_job * g->n_parameter;
}

kd_status shared_prepare(struct training *t)
{
    kd_device *dev = t->run->dev;
    size_t real = nn_real_size(t->run->precision), largest = 0;
    for (int i = 0; i < t->n_group; i++) {
        struct job_group *g = &t->group[i];
        size_t bytes = gradient_count(g) * real;
        size_t losses = (size_t)g->n_job * (size_t)g->epochs.step_stride * sizeof(double);
        TRY(kd_alloc(dev, bytes, &g->gradient_d));
        TRY(kd_alloc(dev, (size_t)g->n_job * sizeof(int), &g->none_d));
        TRY(kd_fill(dev, dev->stream, g->none_d, 0, (size_t)g->n_job * sizeof(int)));
        bytes = bytes < PIECE ? bytes : PIECE;
        largest = bytes > largest ? bytes : largest;
        largest = losses > largest ? losses : largest;
    }
    struct kd_comm *c = t->run->shared;
    return c->ops->reserve(c, largest);
}

static kd_status add_up(const struct training *t, size_t n, void *x_d)
{
    struct kd_comm *c = t->run->shared;
    size_t real = nn_real_size(t->run->precision), piece = PIECE / real;
    for (size_t at = 0; at < n; at += piece)
        TRY(c->ops->allreduce(c, t->run->dev->stream, n - at < piece ? n - at : piece, t->run->precision, (char *)x_d + at * real));
    return KD_OK;
}

/* The loss on the validation rows after the epoch: rank 0 says it, so that all stop early together. */
static kd_status validate(const struct training *t, const struct job_group *g)
{
    kd_device *dev = t->run->dev;
    struct kd_comm *c = t->run->shared;
    struct nn_epochs e = g->epochs;
    if (e.validation.stride == 0)
        return KD_OK;
    e.count_d = g->none_d;
    e.row_stride = e.step_stride = 0;
    if (c->rank == 0)
        TRY(dev->nn->train(dev, dev->stream, 1, &g->group, &e, &t->data, t->run->precision));
    return c->ops->broadcast(c, dev->stream, 0, (size_t)g->n_job * sizeof(double), e.validation_loss_d);
}

static kd_status group_epoch(const struct training *t, const struct job_group *g)
{
    kd_device *dev = t->run->dev;
    struct kd_comm *c = t->run->shared;
    const struct nn_epochs *e = &g->epochs;
    size_t n_loss = (size_t)g->n_job * (size_t)e->step_stride;
    TRY(kd_fill(dev, dev->stream, e->loss_d, 0, n_loss * sizeof(double))); /* nets with fewer steps leave theirs out */
    for (int step = 0; step < e->step_stride; step++) {
        struct nn_slice slice = {.epoch = 0, .step = step, .part = c->rank, .n_part = c->size};
        TRY(dev->nn->share(dev, dev->stream, &g->group, e, &slice, &t->data, t->run->precision, g->gradient_d));
        TRY(add_up(t, gradient_count(g), g->gradient_d));
        TRY(dev->nn->update(dev, dev->stream, &g->group, e, &slice, t->run->precision, g->gradient_d));
    }
    TRY(c->ops->allreduce(c, dev->stream, n_loss, KD_DOUBLE, e->loss_d));
    return validate(t, g);
}

kd_status shared_epoch(const struct training *t)
{
    for (int i = 0; i < t->n_group; i++)
        if (t->group[i].epochs.n_epoch)
            TRY(group_epoch(t, &t->group[i]));
    return KD_OK;
}

kd_status shared_start(const struct training *t)
{
    double mine = 0, first;
    for (int j = 0; j < t->n_job; j++)
        mine += (double)t->state[j].step;
    first = mine;
    TRY(kd_comm_tell(t->run->shared, 0, sizeof first, &first));
    if (first != mine)
        FAIL(KD_EINPUT, "%s: another state than that of rank 0, expected a file that all ranks see", t->run->checkpoint);
    return KD_OK;
}

bool shared_stop(const struct training *t, kd_status *status)
{
    struct kd_comm *c = t->run->shared;
    kd_status asked = stop_requested() ? kd_fail(KD_ESTOPPED, "%s", stop_reason()) : KD_OK;
    *status = kd_comm_agree(c, asked);
    if (*status != KD_ESTOPPED)
        return false;
    *status = KD_OK;
    if (!stop_requested())
        stop_request(kd_error_message());
    return true;
}
