// SPDX-License-Identifier: BSD-3-Clause
/* round.c - groups of jobs on the device, and one round of epochs for all of them. */
#include "host/nn/round.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/rng.h"

/* ---- groups ---- */

static bool together(const struct training *t, int a, int b)
{
    const struct nn_shape *p = &t->net[a].shape, *q = &t->net[b].shape;
    return t->job[a].settings.batch == t->job[b].settings.batch && t->job[a].settings.bf16 == t->job[b].settings.bf16 && p->n_layer == q->n_layer &&
           p->activation == q->activation && memcmp(p->width, q->width, (size_t)(p->n_layer + 1) * sizeof *p->width) == 0;
}

static int rows_per_epoch(const struct nn_job *job)
{
    int batch = job->settings.batch;
    return job->settings.drop_last && job->n_train >= batch ? job->n_train / batch * batch : job->n_train;
}

/* Host images of what a round moves. */
static kd_status group_host(const struct training *t, struct job_group *g)
{
    struct nn_epochs *e = &g->epochs;
    e->batch = t->job[g->job[0]].settings.batch;
    for (int i = 0; i < g->n_job; i++) {
        const struct nn_job *job = &t->job[g->job[i]];
        int steps = (rows_per_epoch(job) + e->batch - 1) / e->batch;
        e->row_stride = rows_per_epoch(job) > e->row_stride ? rows_per_epoch(job) : e->row_stride;
        e->step_stride = steps > e->step_stride ? steps : e->step_stride;
        e->validation.stride = job->n_validation > e->validation.stride ? job->n_validation : e->validation.stride;
    }
    size_t n = (size_t)g->n_job * NN_ROUND_EPOCHS;
    g->order = calloc(n * (size_t)e->row_stride, sizeof *g->order);
    g->count = calloc((size_t)g->n_job, sizeof *g->count);
    g->rate = calloc(n * (size_t)e->step_stride * NN_N_RATE, sizeof *g->rate);
    g->loss = calloc(n * (size_t)e->step_stride, sizeof *g->loss);
    g->validation_loss = calloc(n, sizeof *g->validation_loss);
    g->first_step = calloc((size_t)g->n_job, sizeof *g->first_step);
    if (!g->order || !g->count || !g->rate || !g->loss || !g->validation_loss || !g->first_step)
        FAIL(KD_ENOMEM, "training: no host memory");
    return KD_OK;
}

static kd_status upload_validation(const struct training *t, struct job_group *g)
{
    kd_device *dev = t->run->dev;
    struct nn_rows *v = &g->epochs.validation;
    if (v->stride == 0)
        return KD_OK;
    int *index = calloc((size_t)g->n_job * (size_t)v->stride, sizeof *index);
    int *count = calloc((size_t)g->n_job, sizeof *count);
    void *index_d = NULL, *count_d = NULL;
    kd_status status = index && count ? KD_OK : kd_fail(KD_ENOMEM, "training: no host memory");
    for (int i = 0; status == KD_OK && i < g->n_job; i++) {
        const struct nn_job *job = &t->job[g->job[i]];
        count[i] = job->n_validation;
        if (job->n_validation)
            memcpy(index + (size_t)i * (size_t)v->stride, job->validation, (size_t)job->n_validation * sizeof *index);
    }
    if (status == KD_OK)
        status = kd_alloc_copy(dev, dev->stream, index, (size_t)g->n_job * (size_t)v->stride * sizeof *index, &index_d);
    if (status == KD_OK)
        status = kd_alloc_copy(dev, dev->stream, count, (size_t)g->n_job * sizeof *count, &count_d);
    v->index_d = index_d;
    v->count_d = count_d;
    free(index);
    free(count);
    return status;
}

static kd_status group_device(const struct training *t, struct job_group *g)
{
    kd_device *dev = t->run->dev;
    struct nn_epochs *e = &g->epochs;
    size_t n = (size_t)g->n_job * NN_ROUND_EPOCHS, real = nn_real_size(t->run->precision);
    const struct nn_net **net = malloc((size_t)g->n_job * sizeof *net);
    const struct nn_settings **settings = malloc((size_t)g->n_job * sizeof *settings);
    kd_status status = net && settings ? KD_OK : kd_fail(KD_ENOMEM, "training: no host memory");
    for (int i = 0; status == KD_OK && i < g->n_job; i++) {
        net[i] = &t->net[g->job[i]];
        settings[i] = &t->job[g->job[i]].settings;
    }
    if (status == KD_OK)
        status = nn_group_create(dev, t->run->precision, g->n_job, net, settings, &g->group);
    free(net);
    free(settings);
    TRY(status);
    TRY(kd_alloc(dev, n * (size_t)e->row_stride * sizeof(int), &e->order_d));
    TRY(kd_alloc(dev, (size_t)g->n_job * sizeof(int), &e->count_d));
    TRY(kd_alloc(dev, n * (size_t)e->step_stride * NN_N_RATE * real, &e->rate_d));
    TRY(kd_alloc(dev, (size_t)g->n_job * sizeof(uint64_t), &e->first_step_d));
    TRY(kd_alloc(dev, n * (size_t)e->step_stride * sizeof(double), &e->loss_d));
    TRY(kd_alloc(dev, n * sizeof(double), &e->validation_loss_d));
    return upload_validation(t, g);
}

kd_status training_prepare(struct training *t)
{
    t->group = calloc((size_t)t->n_job, sizeof *t->group);
    if (!t->group)
        FAIL(KD_ENOMEM, "training: no host memory");
    for (int j = 0; j < t->n_job; j++) {
        int g = 0;
        while (g < t->n_group && !together(t, j, t->group[g].job[0]))
            g++;
        struct job_group *group = &t->group[g];
        if (g == t->n_group) {
            group->job = malloc((size_t)t->n_job * sizeof *group->job);
            if (!group->job)
                FAIL(KD_ENOMEM, "training: no host memory");
            group->n_parameter = nn_parameter_count(&t->net[j].shape);
            t->n_group++;
        }
        group->job[group->n_job++] = j;
    }
    kd_device *dev = t->run->dev;
    TRY(nn_data_upload(dev, t->run->precision, t->samples, &t->data));
    int largest = 0;
    for (int g = 0; g < t->n_group; g++) {
        TRY(group_host(t, &t->group[g]));
        TRY(group_device(t, &t->group[g]));
        largest = t->group[g].epochs.batch > largest ? t->group[g].epochs.batch : largest;
    }
    struct nn_group *all = malloc((size_t)t->n_group * sizeof *all);
    if (!all)
        FAIL(KD_ENOMEM, "training: no host memory");
    for (int g = 0; g < t->n_group; g++)
        all[g] = t->group[g].group;
    size_t scratch = dev->nn->scratch(dev, t->n_group, all, largest, t->run->precision);
    free(all);
    TRY(kd_scratch_reserve(dev, scratch));
    return t->run->shared ? shared_prepare(t) : KD_OK;
}

void training_release(struct training *t)
{
    kd_device *dev = t->run->dev;
    for (int i = 0; t->group && i < t->n_group; i++) {
        struct job_group *g = &t->group[i];
        nn_group_free(dev, &g->group);
        kd_free(dev, (void *)(size_t)g->epochs.order_d);
        kd_free(dev, (void *)(size_t)g->epochs.count_d);
        kd_free(dev, (void *)(size_t)g->epochs.rate_d);
        kd_free(dev, (void *)(size_t)g->epochs.first_step_d);
        kd_free(dev, g->gradient_d);
        kd_free(dev, g->none_d);
        kd_free(dev, g->epochs.loss_d);
        kd_free(dev, g->epochs.validation_loss_d);
        kd_free(dev, (void *)(size_t)g->epochs.validation.index_d);
        kd_free(dev, (void *)(size_t)g->epochs.validation.count_d);
        free(g->job);
        free(g->order);
        free(g->count);
        free(g->rate);
        free(g->loss);
        free(g->validation_loss);
        free(g->first_step);
    }
    free(t->group);
    t->group = NULL;
    nn_data_free(dev, &t->data);
}

/* ---- a round ---- */

/* Epochs until the first job of the group ends, or has to be looked at; 0 when all are done. */
static int round_length(const struct training *t, const struct job_group *g)
{
    int n = 0;
    for (int i = 0; i < g->n_job; i++) {
        const struct job_state *s = &t->state[g->job[i]];
        const struct nn_settings *settings = &t->job[g->job[i]].settings;
        if (s->done)
            continue;
        int left = settings->patience > 0 || t->run->shared ? 1 : settings->n_epoch - s->epoch;
        n = n == 0 || left < n ? left : n;
    }
    return n < NN_ROUND_EPOCHS ? n : NN_ROUND_EPOCHS;
}

/* Order of rows and rates of the next epochs of job i of the group. */
static void plan_job(const struct training *t, struct job_group *g, int i, int n_epoch)
{
    const struct nn_job *job = &t->job[g->job[i]];
    const struct job_state *s = &t->state[g->job[i]];
    const struct nn_settings *h = &job->settings;
    int64_t step = s->step;
    g->count[i] = s->done ? 0 : rows_per_epoch(job);
    g->first_step[i] = (uint64_t)step;
    for (int e = 0; e < n_epoch && !s->done; e++) {
        size_t slot = (size_t)i * (size_t)n_epoch + (size_t)e;
        int *order = g->order + slot * (size_t)g->epochs.row_stride;
        struct rng r = rng_start(job->seed, RNG_SHUFFLE, (uint32_t)(s->epoch + e));
        int n = g->count[i];
        memcpy(order, job->train, (size_t)n * sizeof *order);
        for (int m = n; m < job->n_train; m++) { /* drop_last: a reservoir, so that other rows are left out each epoch */
            uint32_t at = rng_below(&r, (uint32_t)(m + 1));
            if (at < (uint32_t)n)
                order[at] = job->train[m];
        }
        rng_shuffle(&r, order, (size_t)n);
        double lr = nn_learning_rate(h, s->epoch + e);
        double *rate = g->rate + slot * (size_t)g->epochs.step_stride * NN_N_RATE;
        for (int first = 0; first < n; first += h->batch, rate += NN_N_RATE) {
            step++;
            rate[NN_STEP_SIZE] = lr / (1 - pow(h->beta1, (double)step));
            rate[NN_INV_ROOT] = 1 / sqrt(1 - pow(h->beta2, (double)step));
            rate[NN_DECAY] = h->decoupled ? 1 - lr * h->weight_decay : 1;
        }
    }
}

static kd_status send_plan(const struct training *t, struct job_group *g)
{
    kd_device *dev = t->run->dev;
    struct nn_epochs *e = &g->epochs;
    size_t n = (size_t)g->n_job * (size_t)e->n_epoch;
    TRY(kd_upload(dev, dev->stream, (void *)(size_t)e->order_d, g->order, n * (size_t)e->row_stride * sizeof(int)));
    TRY(kd_upload(dev, dev->stream, (void *)(size_t)e->count_d, g->count, (size_t)g->n_job * sizeof(int)));
    TRY(kd_upload(dev, dev->stream, (void *)(size_t)e->first_step_d, g->first_step, (size_t)g->n_job * sizeof(uint64_t)));
    return nn_real_upload(dev, t->run->precision, n * (size_t)e->step_stride * NN_N_RATE, g->rate,
                          (void *)(size_t)e->rate_d);
}

/* Take the losses of one epoch of one job into its history; is this epoch the best so far? */
static bool note_epoch(const struct training *t, const struct job_group *g, int i, int e)
{
    const struct nn_job *job = &t->job[g->job[i]];
    struct job_state *s = &t->state[g->job[i]];
    size_t slot = (size_t)i * (size_t)g->epochs.n_epoch + (size_t)e;
    const double *loss = g->loss + slot * (size_t)g->epochs.step_stride;
    int n = g->count[i], batch = g->epochs.batch;
    double sum = 0;
    for (int first = 0; first < n; first += batch)
        sum += loss[first / batch] * (n - first < batch ? n - first : batch);
    s->step += (n + batch - 1) / batch;
    s->loss[s->epoch] = sum / n;
    double validation = job->n_validation ? g->validation_loss[slot] : 0;
    s->validation_loss[s->epoch] = validation;
    s->epoch++;
    if (!isfinite(sum) || !isfinite(validation)) {
        s->done = s->diverged = true;
        s->loss[s->epoch - 1] = s->validation_loss[s->epoch - 1] = 0; /* nothing that is not a number reaches a file */
        s->epoch--;
        return false;
    }
    bool better = job->n_validation && (s->best_epoch == 0 || validation < s->best);
    if (better) {
        s->best = validation;
        s->best_epoch = s->epoch;
    }
    s->waited = better ? 0 : s->waited + 1;
    s->done = s->epoch >= job->settings.n_epoch || (job->settings.patience > 0 && s->waited >= job->settings.patience);
    return better && job->settings.patience > 0;
}

/* Keep the parameters of the jobs whose last epoch was their best. */
static kd_status keep_best(const struct training *t, struct job_group *g, const bool *better)
{
    double *all = malloc((size_t)g->n_job * g->n_parameter * sizeof *all);
    if (!all)
        FAIL(KD_ENOMEM, "training: no host memory");
    kd_status status = nn_group_get(t->run->dev, t->run->precision, &g->group, NN_WEIGHTS, all);
    for (int i = 0; status == KD_OK && i < g->n_job; i++)
        if (better[i])
            memcpy(t->state[g->job[i]].best_parameter, all + (size_t)i * g->n_parameter, g->n_parameter * sizeof *all);
    free(all);
    return status;
}

static kd_status finish_round(const struct training *t, struct job_group *g)
{
    kd_device *dev = t->run->dev;
    struct nn_epochs *e = &g->epochs;
    size_t n = (size_t)g->n_job * (size_t)e->n_epoch;
    TRY(kd_download(dev, dev->stream, g->loss, e->loss_d, n * (size_t)e->step_stride * sizeof(double)));
    if (e->validation.stride)
        TRY(kd_download(dev, dev->stream, g->validation_loss, e->validation_loss_d, n * sizeof(double)));
    bool *better = calloc((size_t)g->n_job, sizeof *better), any = false;
    if (!better)
        FAIL(KD_ENOMEM, "training: no host memory");
    for (int i = 0; i < g->n_job; i++)
        for (int epoch = 0; epoch < e->n_epoch && g->count[i] && !t->state[g->job[i]].done; epoch++) {
            better[i] = note_epoch(t, g, i, epoch);
            any = any || better[i];
        }
    kd_status status = any ? keep_best(t, g, better) : KD_OK;
    free(better);
    return status;
}

kd_status training_round(struct training *t, int *left)
{
    kd_device *dev = t->run->dev;
    struct nn_group *group = malloc((size_t)t->n_group * sizeof *group);
    struct nn_epochs *epochs = malloc((size_t)t->n_group * sizeof *epochs);
    int n = 0;
    kd_status status = group && epochs ? KD_OK : kd_fail(KD_ENOMEM, "training: no host memory");
    for (int i = 0; status == KD_OK && i < t->n_group; i++) {
        struct job_group *g = &t->group[i];
        g->epochs.n_epoch = round_length(t, g);
        if (g->epochs.n_epoch == 0)
            continue;
        for (int j = 0; j < g->n_job; j++)
            plan_job(t, g, j, g->epochs.n_epoch);
        status = send_plan(t, g);
        group[n] = g->group;
        epochs[n++] = g->epochs;
    }
    status = kd_comm_agree(t->run->shared, status);
    if (status == KD_OK && t->run->shared)
        status = shared_epoch(t);
    else if (status == KD_OK && n)
        status = dev->nn->train(dev, dev->stream, n, group, epochs, &t->data, t->run->precision);
    for (int i = 0; status == KD_OK && i < t->n_group; i++)
        if (t->group[i].epochs.n_epoch)
            status = finish_round(t, &t->group[i]);
    free(group);
    free(epochs);
    *left = 0;
    for (int j = 0; j < t->n_job; j++)
        *left += !t->state[j].done;
    return status;
}
