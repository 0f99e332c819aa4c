// SPDX-License-Identifier: BSD-3-Clause
/* spread.c - the jobs of a training run over several devices, one host thread each, or over the ranks of a launcher: no word between them
 * until all have ended. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/nn/train.h"

struct part { /* what one device gets */
    struct nn_run run;
    const struct nn_samples *samples;
    int n_job, *number;   /* numbers of its jobs in the whole run */
    struct nn_job *job;
    struct nn_net *net;
    int rank, size;       /* of those that share batches */
    struct comm_id id;
    char checkpoint[4096], message[512];
    pthread_t thread;
    bool started;
    kd_status status;
};

static double cost_of(const struct nn_job *job, int n_y)
{
    struct nn_shape shape = nn_shape_of(&job->settings, job->n_in, n_y);
    return (double)nn_parameter_count(&shape) * job->n_train * job->settings.n_epoch;
}

struct weighed {
    double cost;
    int job;
};

static int dearest_first(const void *a, const void *b)
{
    const struct weighed *p = a, *q = b;
    return p->cost != q->cost ? (p->cost < q->cost) - (p->cost > q->cost) : (p->job > q->job) - (p->job < q->job);
}

/* owner[n_job]: each job, the dearest first, to the part with the least to do: a function of the jobs and the number of parts only. */
static kd_status share(const struct nn_samples *samples, int n_job, const struct nn_job *job, int n_part, int *owner)
{
    struct weighed *list = malloc((size_t)n_job * sizeof *list);
    double *load = calloc((size_t)n_part, sizeof *load);
    kd_status status = list && load ? KD_OK : kd_fail(KD_ENOMEM, "training: no host memory");
    for (int j = 0; status == KD_OK && j < n_job; j++)
        list[j] = (struct weighed){cost_of(&job[j], samples->n_y), j};
    if (status == KD_OK)
        qsort(list, (size_t)n_job, sizeof *list, dearest_first);
    for (int i = 0; status == KD_OK && i < n_job; i++) {
        int least = 0;
        for (int p = 1; p < n_part; p++)
            if (load[p] < load[least])
                least = p;
        owner[list[i].job] = least;
        load[least] += list[i].cost;
    }
    free(list);
    free(load);
    return status;
}

static void part_free(struct part *p)
{
    for (int i = 0; p->net && i < p->n_job; i++)
        nn_net_free(&p->net[i]);
    free(p->number);
    free(p->job);
    free(p->net);
}

/* Part `which` of the jobs; its checkpoint is the run's with ".WORDwhich". */
static kd_status part_create(const struct nn_run *run, const struct nn_samples *samples, int n_job, const struct nn_job *job,
                             const int *owner, const char *word, int which, struct part *p)
{
    *p = (struct part){.run = *run, .samples = samples, .status = KD_OK};
    if (which > 0)
        p->run.what = NULL;
    if (run->checkpoint) {
        snprintf(p->checkpoint, sizeof p->checkpoint, "%s.%s%d", run->checkpoint, word, which);
        p->run.checkpoint = p->checkpoint;
        p->run.keep_finished = true; /* others may be stopped after this one has ended */
    }
    p->number = calloc((size_t)n_job, sizeof *p->number);
    p->job = calloc((size_t)n_job, sizeof *p->job);
    p->net = calloc((size_t)n_job, sizeof *p->net);
    if (!p->number || !p->job || !p->net)
        FAIL(KD_ENOMEM, "training: no host memory");
    for (int j = 0; j < n_job; j++)
        if (owner[j] == which) {
            p->number[p->n_job] = j;
            p->job[p->n_job++] = job[j];
        }
    return KD_OK;
}

static void part_take(struct part *p, struct nn_net *net)
{
    for (int i = 0; i < p->n_job; i++) {
        net[p->number[i]] = p->net[i];
        p->net[i] = (struct nn_net){0};
    }
}

/* ---- devices ---- */

static void *work(void *argument)
{
    struct part *p = argument;
    if (p->n_job > 0)
        p->status = nn_train(&p->run, p->samples, p->n_job, p->job, p->net);
    if (p->status != KD_OK)
        snprintf(p->message, sizeof p->message, "%s", kd_error_message()); /* it belongs to this thread */
    return NULL;
}

/* A real failure goes before a request to stop. */
static kd_status worst(const struct part *part, int n_part)
{
    const struct part *bad = NULL;
    for (int k = 0; k < n_part; k++)
        if (part[k].status != KD_OK && (!bad || bad->status == KD_ESTOPPED))
            bad = &part[k];
    return bad ? kd_fail(bad->status, "%s", bad->message) : KD_OK;
}

/* Every part on a thread of its own. */
static kd_status run_parts(int n, struct part *part, void *(*work_of)(void *))
{
    kd_status status = KD_OK;
    for (int k = 0; status == KD_OK && k < n; k++) {
        part[k].started = pthread_create(&part[k].thread, NULL, work_of, &part[k]) == 0;
        if (!part[k].started)
            status = kd_fail(KD_ENOMEM, "training: no thread for device %d", k);
    }
    for (int k = 0; k < n; k++)
        if (part[k].started)
            pthread_join(part[k].thread, NULL);
    return status == KD_OK ? worst(part, n) : status;
}

kd_status nn_train_spread(const struct nn_run *run, const struct nn_samples *samples, int n_job, const struct nn_job *job,
                          struct nn_net *net)
{
    int n = run->n_more, *owner = calloc((size_t)n_job, sizeof *owner);
    struct part *part = calloc((size_t)n, sizeof *part);
    kd_status status = part && owner ? share(samples, n_job, job, n, owner) : kd_fail(KD_ENOMEM, "training: no host memory");
    memset(net, 0, (size_t)n_job * sizeof *net);
    for (int k = 0; status == KD_OK && k < n; k++) {
        status = part_create(run, samples, n_job, job, owner, "device", k, &part[k]);
        part[k].run.dev = run->more[k];
        part[k].run.n_more = 0;
    }
    status = status == KD_OK ? run_parts(n, part, work) : status;
    for (int k = 0; part && k < n; k++) {
        if (status == KD_OK)
            part_take(&part[k], net);
        part_free(&part[k]);
    }
    free(part);
    free(owner);
    return status;
}

/* ---- devices that share batches ---- */

static void *work_together(void *argument)
{
    struct part *p = argument;
    p->status = kd_comm_open(p->run.dev, NULL, &p->id, p->rank, p->size, &p->run.shared);
    if (p->status == KD_OK)
        p->status = nn_train(&p->run, p->samples, p->n_job, p->job, p->net);
    if (p->status != KD_OK)
        snprintf(p->message, sizeof p->message, "%s", kd_error_message());
    kd_comm_close(p->run.shared);
    return NULL;
}

/* Every device has all jobs, and all networks in the end: those of the first are kept, and it writes the checkpoint. */
kd_status nn_train_together(const struct nn_run *run, const struct nn_samples *samples, int n_job, const struct nn_job *job,
                            struct nn_net *net)
{
    int n = run->n_more;
    struct comm_id id;
    memset(net, 0, (size_t)n_job * sizeof *net);
    if (!run->more[0]->comm)
        FAIL(KD_EDEVICE, "device %s: no communication in this backend", run->more[0]->backend);
    TRY(run->more[0]->comm->new_id(run->more[0], &id));
    struct part *part = calloc((size_t)n, sizeof *part);
    if (!part)
        FAIL(KD_ENOMEM, "training: no host memory");
    kd_status status = KD_OK;
    for (int k = 0; status == KD_OK && k < n; k++) {
        part[k] = (struct part){.run = *run, .samples = samples, .n_job = n_job, .rank = k, .size = n, .id = id};
        part[k].run.dev = run->more[k];
        part[k].run.n_more = 0;
        part[k].run.what = k == 0 ? run->what : NULL;
        part[k].job = malloc((size_t)n_job * sizeof *job);
        part[k].net = calloc((size_t)n_job, sizeof *net);
        if (!part[k].job || !part[k].net)
            status = kd_fail(KD_ENOMEM, "training: no host memory");
        else
            memcpy(part[k].job, job, (size_t)n_job * sizeof *job);
    }
    status = status == KD_OK ? run_parts(n, part, work_together) : status;
    if (status == KD_OK) {
        memcpy(net, part[0].net, (size_t)n_job * sizeof *net);
        memset(part[0].net, 0, (size_t)n_job * sizeof *net);
    }
    for (int k = 0; k < n; k++)
        part_free(&part[k]);
    free(part);
    return status;
}

/* ---- ranks ---- */

/* Room for a network that another rank trains. */
static kd_status expect_net(const struct nn_samples *samples, const struct nn_job *job, struct nn_net *net)
{
    struct nn_shape shape = nn_shape_of(&job->settings, job->n_in, samples->n_y);
    TRY(nn_net_create(&shape, net));
    net->column = job->column;
    net->slope = job->settings.slope;
    net->seed = job->seed;
    net->loss = calloc((size_t)job->settings.n_epoch, sizeof *net->loss);
    if (job->n_validation)
        net->validation_loss = calloc((size_t)job->settings.n_epoch, sizeof *net->validation_loss);
    if (!net->loss || (job->n_validation && !net->validation_loss))
        FAIL(KD_ENOMEM, "training: no host memory");
    return KD_OK;
}

/* A trained network from its rank to all; the rest of it follows from the job. */
static kd_status tell_net(struct kd_comm *ranks, int owner, struct nn_net *net)
{
    int ends[3] = {net->n_epoch, net->best_epoch, net->diverged};
    size_t n_in = (size_t)net->shape.width[0], n_out = (size_t)net->shape.width[net->shape.n_layer], real = sizeof(double);
    TRY(kd_comm_tell(ranks, owner, sizeof ends, ends));
    net->n_epoch = ends[0];
    net->best_epoch = ends[1];
    net->diverged = ends[2] != 0;
    TRY(kd_comm_tell(ranks, owner, nn_parameter_count(&net->shape) * real, net->parameter));
    TRY(kd_comm_tell(ranks, owner, n_in * real, net->input_shift));
    TRY(kd_comm_tell(ranks, owner, n_in * real, net->input_scale));
    TRY(kd_comm_tell(ranks, owner, n_out * real, net->target_shift));
    TRY(kd_comm_tell(ranks, owner, n_out * real, net->target_scale));
    TRY(kd_comm_tell(ranks, owner, (size_t)net->n_epoch * real, net->loss));
    return net->validation_loss ? kd_comm_tell(ranks, owner, (size_t)net->n_epoch * real, net->validation_loss) : KD_OK;
}

kd_status nn_train_ranks(const struct nn_run *run, const struct nn_samples *samples, int n_job, const struct nn_job *job,
                         struct nn_net *net)
{
    struct kd_comm *ranks = run->ranks;
    struct part own = {0};
    int *owner = calloc((size_t)n_job, sizeof *owner);
    memset(net, 0, (size_t)n_job * sizeof *net);
    kd_status status = owner ? share(samples, n_job, job, ranks->size, owner) : kd_fail(KD_ENOMEM, "training: no host memory");
    for (int j = 0; status == KD_OK && j < n_job; j++)
        if (owner[j] != ranks->rank)
            status = expect_net(samples, &job[j], &net[j]);
    if (status == KD_OK)
        status = part_create(run, samples, n_job, job, owner, "rank", ranks->rank, &own);
    own.run.ranks = NULL;
    if (status == KD_OK && own.n_job > 0)
        status = nn_train(&own.run, samples, own.n_job, own.job, own.net);
    if (status == KD_OK)
        part_take(&own, net);
    status = kd_comm_agree(ranks, status);
    for (int j = 0; status == KD_OK && j < n_job; j++)
        status = tell_net(ranks, owner[j], &net[j]);
    for (int j = 0; status != KD_OK && j < n_job; j++)
        nn_net_free(&net[j]);
    part_free(&own);
    free(owner);
    return status;
}
