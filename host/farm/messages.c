// SPDX-License-Identifier: BSD-3-Clause
/* messages.c - the ranks of MPI as a communicator (kernels/comm_ops.h): device memory goes by way of the host. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#ifdef KEDGE_MPI
#include <mpi.h>
#endif

#include "host/farm/ranks.h"

#ifdef KEDGE_MPI

struct post { /* kd_comm.state */
    size_t bytes;     /* of the largest message */
    char *mine, *all; /* [size][part] each: a message cut into one part a rank, and parts from all ranks */
};

#define MPI_TRY(call)                                                                                        \
    do {                                                                                                     \
        if ((call) != MPI_SUCCESS)                                                                           \
            FAIL(KD_EDEVICE, "MPI: %s failed", #call);                                                       \
    } while (0)

static kd_status mpi_new_id(kd_device *dev, struct comm_id *id)
{
    (void)dev;
    memset(id, 0, sizeof *id); /* the world needs no name */
    return KD_OK;
}

static kd_status mpi_join(struct kd_comm *c, const struct comm_id *id)
{
    (void)id;
    if (!(c->state = calloc(1, sizeof(struct post))))
        FAIL(KD_ENOMEM, "MPI: no host memory");
    return KD_OK;
}

static void mpi_leave(struct kd_comm *c)
{
    struct post *p = c->state;
    free(p->mine);
    free(p->all);
    free(p);
}

/* Numbers of a message that one rank adds up. */
static size_t part_of(const struct kd_comm *c, size_t n)
{
    return (n + (size_t)c->size - 1) / (size_t)c->size;
}

static kd_status mpi_reserve(struct kd_comm *c, size_t bytes)
{
    struct post *p = c->state;
    size_t room = part_of(c, bytes + (size_t)c->size * sizeof(double)) * (size_t)c->size;
    if (bytes <= p->bytes)
        return KD_OK;
    if (room > INT_MAX)
        FAIL(KD_EINPUT, "MPI: a message of %zu bytes, expected less than 2 GB", bytes);
    char *mine = realloc(p->mine, room), *all = mine ? realloc(p->all, room) : NULL;
    p->mine = mine ? mine : p->mine;
    p->all = all ? all : p->all;
    if (!mine || !all)
        FAIL(KD_ENOMEM, "MPI: no host memory for messages of %zu bytes", bytes);
    p->bytes = bytes;
    return KD_OK;
}

/* sum[part] over the parts of all ranks, in their order. */
#define SUM_PARTS(real)                                                                                      \
    for (size_t i = 0; i < part; i++) {                                                                      \
        real sum = ((const real *)p->all)[i];                                                                \
        for (size_t r = 1; r < (size_t)c->size; r++)                                                         \
            sum += ((const real *)p->all)[r * part + i];                                                     \
        ((real *)p->mine)[i] = sum;                                                                          \
    }

/* Each rank gets its part of the numbers from all, adds, and tells the sum to all: twice the message, for any number of ranks. */
static kd_status mpi_allreduce(struct kd_comm *c, kd_stream *s, size_t n, enum kd_precision precision, void *x_d)
{
    struct post *p = c->state;
    size_t real = precision == KD_DOUBLE ? sizeof(double) : sizeof(float), part = part_of(c, n);
    MPI_Datatype type = precision == KD_DOUBLE ? MPI_DOUBLE : MPI_FLOAT;
    if (n * real > p->bytes)
        FAIL(KD_EINTERNAL, "MPI: a message of %zu bytes, reserved %zu", n * real, p->bytes);
    TRY(kd_download(c->dev, s, p->mine, x_d, n * real));
    memset(p->mine + n * real, 0, (part * (size_t)c->size - n) * real);
    MPI_TRY(MPI_Alltoall(p->mine, (int)part, type, p->all, (int)part, type, MPI_COMM_WORLD));
    if (precision == KD_DOUBLE) {
        SUM_PARTS(double)
    } else {
        SUM_PARTS(float)
    }
    MPI_TRY(MPI_Allgather(p->mine, (int)part, type, p->all, (int)part, type, MPI_COMM_WORLD));
    return kd_upload(c->dev, s, x_d, p->all, n * real);
}

static kd_status mpi_broadcast(struct kd_comm *c, kd_stream *s, int root, size_t bytes, void *x_d)
{
    struct post *p = c->state;
    for (size_t at = 0; at < bytes; at += p->bytes) {
        size_t n = bytes - at < p->bytes ? bytes - at : p->bytes;
        char *piece_d = (char *)x_d + at;
        if (c->rank == root)
            TRY(kd_download(c->dev, s, p->mine, piece_d, n));
        MPI_TRY(MPI_Bcast(p->mine, (int)n, MPI_BYTE, root, MPI_COMM_WORLD));
        if (c->rank != root)
            TRY(kd_upload(c->dev, s, piece_d, p->mine, n));
    }
    return KD_OK;
}

static kd_status mpi_barrier(struct kd_comm *c, kd_stream *s)
{
    TRY(c->dev->ops->stream_sync(c->dev, s));
    MPI_TRY(MPI_Barrier(MPI_COMM_WORLD));
    return KD_OK;
}

static const struct comm_ops mpi_comm_ops = {
    .new_id = mpi_new_id,
    .join = mpi_join,
    .leave = mpi_leave,
    .reserve = mpi_reserve,
    .allreduce = mpi_allreduce,
    .broadcast = mpi_broadcast,
    .barrier = mpi_barrier,
};
#endif

kd_status ranks_comm(const struct ranks *r, kd_device *dev, struct kd_comm **out)
{
    if (r->size == 1)
        return kd_comm_open(dev, NULL, NULL, 0, 1, out);
#ifdef KEDGE_MPI
    if (r->mpi)
        return kd_comm_open(dev, &mpi_comm_ops, NULL, r->rank, r->size, out);
#endif
    FAIL(KD_EDEVICE, "%d processes without messages between them, expected mpirun and a build with MPI, or one process", r->size);
}

kd_status ranks_device_comm(struct kd_comm *by_mpi, struct kd_comm **out)
{
    struct comm_id id = {{0}};
    kd_device *dev = by_mpi->dev;
    kd_status status = dev->comm ? KD_OK : kd_fail(KD_EDEVICE, "device %s: no communication in this backend", dev->backend);
    if (status == KD_OK && by_mpi->rank == 0)
        status = dev->comm->new_id(dev, &id);
    TRY(kd_comm_agree(by_mpi, status));
    TRY(kd_comm_tell(by_mpi, 0, sizeof id, &id));
    status = kd_comm_open(dev, NULL, &id, by_mpi->rank, by_mpi->size, out);
    status = kd_comm_agree(by_mpi, status);
    if (status != KD_OK && *out) {
        kd_comm_close(*out);
        *out = NULL;
    }
    return status;
}
