// SPDX-License-Identifier: BSD-3-Clause
/* comm.c - ranks that are CPU devices of this process, one host thread each. They see each other's memory: rank r adds up the r-th part
 * of the numbers of all, in the order of ranks, and writes the sum to all. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/comm_ops.h"
#include "kernels/cpu/cpu.h"

struct table { /* where the ranks of one id meet */
    unsigned char id[sizeof(struct comm_id)];
    int size, joined, left;
    int waiting;
    unsigned long turn; /* counts barriers */
    void **x;           /* [size] what each rank has put on it */
    pthread_cond_t moved;
    struct table *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct table *tables;
static unsigned long long ids;

static kd_status cpu_new_id(kd_device *dev, struct comm_id *id)
{
    (void)dev;
    pthread_mutex_lock(&lock);
    unsigned long long number = ++ids;
    pthread_mutex_unlock(&lock);
    memset(id, 0, sizeof *id);
    memcpy(id->bytes, &number, sizeof number);
    return KD_OK;
}

/* With the lock held. */
static struct table *find_table(const struct comm_id *id, int size)
{
    static const struct comm_id nobody;
    if (!id)
        id = &nobody; /* of one rank only: never shared */
    for (struct table *t = tables; t && size > 1; t = t->next)
        if (memcmp(t->id, id->bytes, sizeof t->id) == 0)
            return t;
    struct table *t = calloc(1, sizeof *t);
    if (!t || !(t->x = calloc((size_t)size, sizeof *t->x))) {
        free(t);
        return NULL;
    }
    memcpy(t->id, id->bytes, sizeof t->id);
    t->size = size;
    pthread_cond_init(&t->moved, NULL);
    t->next = tables;
    tables = t;
    return t;
}

static kd_status cpu_join(struct kd_comm *c, const struct comm_id *id)
{
    pthread_mutex_lock(&lock);
    struct table *t = find_table(id, c->size);
    bool fits = t && t->size == c->size && t->joined < t->size;
    if (fits)
        t->joined++;
    pthread_mutex_unlock(&lock);
    if (!t)
        FAIL(KD_ENOMEM, "communicator: no host memory");
    if (!fits)
        FAIL(KD_EDEVICE, "communicator: rank %d of %d comes to a table of %d", c->rank, c->size, t->size);
    c->state = t;
    return KD_OK;
}

static void cpu_leave_table(struct kd_comm *c)
{
    struct table *t = c->state;
    pthread_mutex_lock(&lock);
    t->left++;
    pthread_cond_broadcast(&t->moved);
    bool last = t->left == t->size; /* a table that somebody never came to stays: late comers must see that others have left */
    for (struct table **at = &tables; last && *at; at = &(*at)->next)
        if (*at == t) {
            *at = t->next;
            break;
        }
    pthread_mutex_unlock(&lock);
    if (!last)
        return;
    pthread_cond_destroy(&t->moved);
    free(t->x);
    free(t);
}

static kd_status cpu_reserve(struct kd_comm *c, size_t bytes)
{
    (void)c;
    (void)bytes;
    return KD_OK;
}

/* All ranks have put something on the table, or have looked at what is there. */
static kd_status meet(const struct kd_comm *c)
{
    struct table *t = c->state;
    pthread_mutex_lock(&lock);
    unsigned long turn = t->turn;
    if (++t->waiting == t->size) {
        t->waiting = 0;
        t->turn++;
        pthread_cond_broadcast(&t->moved);
    }
    while (t->turn == turn && t->left == 0)
        pthread_cond_wait(&t->moved, &lock);
    bool complete = t->turn != turn;
    pthread_mutex_unlock(&lock);
    if (!complete)
        FAIL(KD_EDEVICE, "communicator: another rank has left");
    return KD_OK;
}

/* Every rank is between cpu_enter and cpu_leave while the others read and write its memory. */
static kd_status put_and_meet(const struct kd_comm *c, void *x_d)
{
    ((struct table *)c->state)->x[c->rank] = x_d;
    return meet(c);
}

#define SUM_PART(real)                                                                                       \
    for (size_t i = first; i < end; i++) {                                                                   \
        real sum = ((const real *)x[0])[i];                                                                  \
        for (int r = 1; r < c->size; r++)                                                                    \
            sum += ((const real *)x[r])[i];                                                                  \
        for (int r = 0; r < c->size; r++)                                                                    \
            ((real *)x[r])[i] = sum;                                                                         \
    }

static kd_status cpu_allreduce(struct kd_comm *c, kd_stream *s, size_t n, enum kd_precision precision, void *x_d)
{
    (void)s;
    void *const *x = ((const struct table *)c->state)->x;
    cpu_enter(c->dev);
    kd_status status = put_and_meet(c, x_d);
    size_t part = (n + (size_t)c->size - 1) / (size_t)c->size, first = (size_t)c->rank * part;
    size_t end = first + part < n ? first + part : n;
    if (status == KD_OK) {
        if (precision == KD_DOUBLE) {
            SUM_PART(double)
        } else {
            SUM_PART(float)
        }
        status = meet(c);
    }
    cpu_leave(c->dev);
    return status;
}

static kd_status cpu_broadcast(struct kd_comm *c, kd_stream *s, int root, size_t bytes, void *x_d)
{
    (void)s;
    cpu_enter(c->dev);
    kd_status status = put_and_meet(c, x_d);
    if (status == KD_OK && c->rank != root)
        memcpy(x_d, ((const struct table *)c->state)->x[root], bytes);
    if (status == KD_OK)
        status = meet(c);
    cpu_leave(c->dev);
    return status;
}

static kd_status cpu_barrier(struct kd_comm *c, kd_stream *s)
{
    (void)s;
    return meet(c);
}

const struct comm_ops cpu_comm_ops = {
    .new_id = cpu_new_id,
    .join = cpu_join,
    .leave = cpu_leave_table,
    .reserve = cpu_reserve,
    .allreduce = cpu_allreduce,
    .broadcast = cpu_broadcast,
    .barrier = cpu_barrier,
};
