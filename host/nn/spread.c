// SPDX-License-Identifier: BSD-3-Clause
/* spread.c - the jobs of a training run over several devices: one host thread each, no word between them. */
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

/* Each job, the dearest first, to the device with the least to do: a function of the jobs and the number of devices only. */
static kd_status share(const struct nn_samples *samples, int n_job, const struct nn_job *job, int n_part, struct part *part)
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
        struct part *to = &part[least];
        to->number[to->n_job] = list[i].job;
        to->job[to->n_job++] = job[list[i].job];
        load[least] += list[i].cost;
    }
    free(list);
    free(load);
    return status;
}

static kd_status part_create(const struct nn_run *run, const struct nn_samples *samples, int n_job, int device, struct part *p)
{
    *p = (struct part){.run = *run, .samples = samples, .status = KD_OK};
    p->run.dev = run->more[device];
    p->run.n_more = 0;
    if (device > 0)
        p->run.what = NULL;
    if (run->checkpoint) {
        snprintf(p->checkpoint, sizeof p->checkpoint, "%s.device%d", run->checkpoint, device);
        p->run.checkpoint = p->checkpoint;
    }
    p->number = calloc((size_t)n_job, sizeof *p->number);
    p->job = calloc((size_t)n_job, sizeof *p->job);
    p->net = calloc((size_t)n_job, sizeof *p->net);
    if (!p->number || !p->job || !p->net)
        FAIL(KD_ENOMEM, "training: no host memory");
    return KD_OK;
}

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

kd_status nn_train_spread(const struct nn_run *run, const struct nn_samples *samples, int n_job, const struct nn_job *job,
                          struct nn_net *net)
{
    int n = run->n_more;
    struct part *part = calloc((size_t)n, sizeof *part);
    kd_status status = part ? KD_OK : kd_fail(KD_ENOMEM, "training: no host memory");
    memset(net, 0, (size_t)n_job * sizeof *net);
    for (int k = 0; status == KD_OK && k < n; k++)
        status = part_create(run, samples, n_job, k, &part[k]);
    if (status == KD_OK)
        status = share(samples, n_job, job, n, part);
    for (int k = 0; status == KD_OK && k < n; k++) {
        part[k].started = pthread_create(&part[k].thread, NULL, work, &part[k]) == 0;
        if (!part[k].started)
            status = kd_fail(KD_ENOMEM, "training: no thread for device %d", k);
    }
    for (int k = 0; part && k < n; k++)
        if (part[k].started)
            pthread_join(part[k].thread, NULL);
    if (status == KD_OK)
        status = worst(part, n);
    for (int k = 0; part && k < n; k++) {
        for (int i = 0; i < part[k].n_job; i++) {
            if (status == KD_OK)
                net[part[k].number[i]] = part[k].net[i];
            else
                nn_net_free(&part[k].net[i]);
        }
        free(part[k].number);
        free(part[k].job);
        free(part[k].net);
    }
    free(part);
    return status;
}
