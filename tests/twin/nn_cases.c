// SPDX-License-Identifier: BSD-3-Clause
/* nn_cases.c - networks small and odd for correctness, the paper's two for timing. */
#include "tests/twin/nn_cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/rng.h"

struct recipe {
    const char *name;
    bool bench;
    int n_net, batch, rows, n_epoch, validation;
    int n_x, n_in, n_hidden, hidden[NN_MAX_LAYER - 1], n_out;
    enum nn_activation activation;
    double dropout, weight_decay;
    bool decoupled, bf16;
};

static const struct recipe recipes[] = {
    {"one weight", .n_net = 1, .batch = 1, .rows = 3, .n_epoch = 2, .n_x = 1, .n_in = 1, .n_out = 1},
    {"no hidden layer", .n_net = 2, .batch = 5, .rows = 13, .n_epoch = 2, .validation = 4, .n_x = 9, .n_in = 7, .n_out = 3},
    {"leaky rectifiers, three nets", .n_net = 3, .batch = 32, .rows = 75, .n_epoch = 2, .validation = 11, .n_x = 40, .n_in = 33, .n_hidden = 2,
     .hidden = {31, 17}, .n_out = 1, .activation = NN_LEAKY_RELU, .weight_decay = 0.01},
    {"rectifiers, seven nets", .n_net = 7, .batch = 33, .rows = 70, .n_epoch = 2, .validation = 40, .n_x = 40, .n_in = 32, .n_hidden = 3,
     .hidden = {65, 64, 63}, .n_out = 66, .activation = NN_RELU},
    {"tanh, AdamW", .n_net = 2, .batch = 16, .rows = 50, .n_epoch = 3, .validation = 130, .n_x = 20, .n_in = 20, .n_hidden = 2,
     .hidden = {40, 8}, .n_out = 5, .activation = NN_TANH, .weight_decay = 0.05, .decoupled = true},
    {"GELU, eight layers", .n_net = 2, .batch = 24, .rows = 24, .n_epoch = 2, .n_x = 16, .n_in = 12, .n_hidden = 7,
     .hidden = {9, 10, 11, 12, 13, 14, 15}, .n_out = 4, .activation = NN_GELU},
    {"dropout, five nets", .n_net = 5, .batch = 20, .rows = 45, .n_epoch = 2, .validation = 9, .n_x = 30, .n_in = 24, .n_hidden = 2,
     .hidden = {48, 20}, .n_out = 2, .activation = NN_LEAKY_RELU, .dropout = 0.3},
    {"batch of 200", .n_net = 1, .batch = 200, .rows = 450, .n_epoch = 1, .validation = 300, .n_x = 18, .n_in = 18, .n_hidden = 1,
     .hidden = {70}, .n_out = 34, .activation = NN_RELU},
    {"bfloat16, two nets", .n_net = 2, .batch = 40, .rows = 75, .n_epoch = 1, .validation = 9, .n_x = 40, .n_in = 37, .n_hidden = 2,
     .hidden = {50, 33}, .n_out = 19, .activation = NN_TANH, .bf16 = true},
    {"bfloat16, five nets", .n_net = 5, .batch = 70, .rows = 75, .n_epoch = 2, .validation = 9, .n_x = 80, .n_in = 66, .n_hidden = 2,
     .hidden = {70, 65}, .n_out = 3, .activation = NN_GELU, .bf16 = true},
    {"charge", .bench = true, .n_net = 1, .batch = 128, .rows = 4232, .n_epoch = 1, .n_x = 256, .n_in = 256, .n_hidden = 3,
     .hidden = {256, 256, 256}, .n_out = 1, .activation = NN_LEAKY_RELU},
    {"rdf", .bench = true, .n_net = 1, .batch = 128, .rows = 4232, .n_epoch = 1, .n_x = 256, .n_in = 256, .n_hidden = 3,
     .hidden = {512, 512, 512}, .n_out = 256, .activation = NN_RELU},
    {"charge window", .bench = true, .n_net = 1, .batch = 128, .rows = 4232, .n_epoch = 1, .n_x = 256, .n_in = 32, .n_hidden = 3,
     .hidden = {256, 256, 256}, .n_out = 1, .activation = NN_LEAKY_RELU},
    {"rdf window", .bench = true, .n_net = 1, .batch = 128, .rows = 4232, .n_epoch = 1, .n_x = 256, .n_in = 32, .n_hidden = 3,
     .hidden = {512, 512, 512}, .n_out = 256, .activation = NN_RELU},
};

int nn_case_count(void)
{
    return sizeof recipes / sizeof *recipes;
}

const char *nn_case_name(int index)
{
    return recipes[index].name;
}

bool nn_case_is_bench(int index)
{
    return recipes[index].bench;
}

/* ---- making ---- */

static double *normals(size_t n, uint32_t stream)
{
    struct rng r = rng_start(20260101, RNG_TEST, stream);
    double *v = malloc((n + 1) * sizeof *v);
    for (size_t i = 0; v && i < n; i++)
        v[i] = (float)rng_normal(&r); /* exact in FP32: what differs is arithmetic */
    return v;
}

static struct nn_settings settings_of(const struct recipe *r, int net)
{
    struct nn_settings s = nn_default_settings(NN_CHARGE);
    s.n_hidden = r->n_hidden;
    memcpy(s.hidden, r->hidden, sizeof s.hidden);
    s.activation = r->activation;
    s.loss = r->bench ? NN_MSE : (enum nn_loss)(net % NN_N_LOSS);
    s.huber_delta = 0.75;
    s.dropout = net % 2 == 0 ? r->dropout : 0;
    s.weight_decay = r->weight_decay;
    s.decoupled = r->decoupled;
    s.learning_rate = 0.0009765625 * (1 + net % 3);
    s.batch = r->batch;
    s.bf16 = r->bf16;
    return s;
}

static kd_status make_net(const struct recipe *r, struct nn_case *c, int i)
{
    struct nn_net *net = &c->net[i];
    c->settings[i] = settings_of(r, i);
    struct nn_shape shape = nn_shape_of(&c->settings[i], r->n_in, r->n_out);
    TRY(nn_net_create(&shape, net));
    nn_net_initialise(net, (uint64_t)(100 + i));
    for (size_t k = 0; k < nn_parameter_count(&shape); k++)
        net->parameter[k] = (float)net->parameter[k];
    net->slope = 0.0625;
    net->seed = (uint64_t)(17 + i);
    net->column = i % (r->n_x - r->n_in + 1);
    for (int k = 0; k < r->n_in; k++) {
        net->input_shift[k] = 0.0625 * ((k + i) % 5);
        net->input_scale[k] = 1 + 0.125 * (k % 3);
    }
    for (int k = 0; k < r->n_out; k++) {
        net->target_shift[k] = 0.25 * (k % 4);
        net->target_scale[k] = 1 + 0.5 * (i % 2);
    }
    return KD_OK;
}

/* Rows and rates of net i: fewer rows for later nets; the last of several rests. */
static void plan_net(const struct recipe *r, struct nn_case *c, int i)
{
    struct rng random = rng_start(99, RNG_TEST, (uint32_t)i);
    int n = r->rows - (r->bench ? 0 : 3 * i % r->rows), rests = !r->bench && r->n_net > 2 && i == r->n_net - 1;
    c->count[i] = rests ? 0 : n;
    c->first_step[i] = (uint64_t)(5 * i);
    for (int e = 0; e < c->n_epoch; e++) {
        int *order = c->order + ((size_t)i * (size_t)c->n_epoch + (size_t)e) * (size_t)c->row_stride;
        for (int m = 0; m < c->row_stride; m++)
            order[m] = m;
        rng_shuffle(&random, order, (size_t)c->row_stride);
        for (int s = 0; s < c->step_stride; s++) {
            double *rate = c->rate + (((size_t)i * (size_t)c->n_epoch + (size_t)e) * (size_t)c->step_stride + (size_t)s) * NN_N_RATE;
            double t = (double)c->first_step[i] + e * c->step_stride + s + 1, lr = c->settings[i].learning_rate;
            rate[NN_STEP_SIZE] = lr / (1 - pow(0.9, t));
            rate[NN_INV_ROOT] = 1 / sqrt(1 - pow(0.999, t));
            rate[NN_DECAY] = r->decoupled ? 1 - lr * r->weight_decay : 1;
        }
    }
    for (int m = 0; m < r->validation; m++)
        c->validation[i * r->validation + m] = (7 * m + i) % c->samples.n_row;
    c->validation_count[i] = r->validation > i ? r->validation - i : r->validation;
}

kd_status nn_case_make(int index, int n_net, struct nn_case *c)
{
    const struct recipe *r = &recipes[index];
    int n = n_net > 0 ? n_net : r->n_net, n_row = r->rows + 3;
    *c = (struct nn_case){.name = r->name, .bench = r->bench, .n_net = n, .batch = r->batch, .n_epoch = r->n_epoch, .row_stride = r->rows,
                          .step_stride = (r->rows + r->batch - 1) / r->batch, .validation_stride = r->validation, .dropout = r->dropout, .bf16 = r->bf16};
    size_t nets = (size_t)n, epochs = nets * (size_t)r->n_epoch;
    c->x = normals((size_t)n_row * (size_t)r->n_x, 1);
    c->y = normals((size_t)n_row * (size_t)r->n_out, 2);
    c->samples = (struct nn_samples){n_row, r->n_x, r->n_out, c->x, c->y};
    c->net = calloc(nets, sizeof *c->net);
    c->settings = calloc(nets, sizeof *c->settings);
    c->order = calloc(epochs * (size_t)c->row_stride, sizeof *c->order);
    c->count = calloc(nets, sizeof *c->count);
    c->rate = calloc(epochs * (size_t)c->step_stride * NN_N_RATE, sizeof *c->rate);
    c->first_step = calloc(nets, sizeof *c->first_step);
    c->validation = calloc(nets * (size_t)r->validation + 1, sizeof *c->validation);
    c->validation_count = calloc(nets, sizeof *c->validation_count);
    bool made = c->x && c->y && c->net && c->settings && c->order && c->count && c->rate && c->first_step && c->validation && c->validation_count;
    kd_status status = made ? KD_OK : kd_fail(KD_ENOMEM, "network case: no host memory");
    for (int i = 0; status == KD_OK && i < n; i++) {
        status = make_net(r, c, i);
        plan_net(r, c, i);
    }
    if (status != KD_OK)
        nn_case_free(c);
    return status;
}

void nn_case_free(struct nn_case *c)
{
    for (int i = 0; c->net && i < c->n_net; i++)
        nn_net_free(&c->net[i]);
    free(c->x);
    free(c->y);
    free(c->net);
    free(c->settings);
    free(c->order);
    free(c->count);
    free(c->rate);
    free(c->first_step);
    free(c->validation);
    free(c->validation_count);
    *c = (struct nn_case){0};
}

/* ---- on a device ---- */

static kd_status send_group(struct nn_stage *s)
{
    const struct nn_case *c = s->input;
    const struct nn_net **net = calloc((size_t)c->n_net, sizeof *net);
    const struct nn_settings **settings = calloc((size_t)c->n_net, sizeof *settings);
    kd_status status = net && settings ? KD_OK : kd_fail(KD_ENOMEM, "network case: no host memory");
    for (int i = 0; status == KD_OK && i < c->n_net; i++) {
        net[i] = &c->net[i];
        settings[i] = &c->settings[i];
    }
    if (status == KD_OK)
        status = nn_group_create(s->dev, s->precision, c->n_net, net, settings, &s->group);
    free(net);
    free(settings);
    return status;
}

#define COPY(from, count, to) kd_alloc_copy(dev, dev->stream, (from), (count) * sizeof *(from), (void **)(size_t)&(to))

static kd_status send_all(struct nn_stage *s)
{
    const struct nn_case *c = s->input;
    kd_device *dev = s->dev;
    size_t nets = (size_t)c->n_net, epochs = nets * (size_t)c->n_epoch, steps = epochs * (size_t)c->step_stride;
    struct nn_epochs *e = &s->epochs;
    void *rate_d = NULL;
    TRY(send_group(s));
    TRY(nn_data_upload(dev, s->precision, &c->samples, &s->data));
    TRY(COPY(c->order, epochs * (size_t)c->row_stride, e->order_d));
    TRY(COPY(c->count, nets, e->count_d));
    TRY(COPY(c->first_step, nets, e->first_step_d));
    TRY(nn_real_new(dev, s->precision, steps * NN_N_RATE, c->rate, &rate_d));
    e->rate_d = rate_d;
    TRY(kd_alloc(dev, steps * sizeof(double), &e->loss_d));
    TRY(kd_fill(dev, dev->stream, e->loss_d, 0xff, steps * sizeof(double)));
    TRY(kd_alloc(dev, epochs * sizeof(double), &e->validation_loss_d));
    TRY(kd_fill(dev, dev->stream, e->validation_loss_d, 0xff, epochs * sizeof(double)));
    TRY(COPY(c->validation, nets * (size_t)c->validation_stride, e->validation.index_d));
    TRY(COPY(c->validation_count, nets, e->validation.count_d));
    int *first = calloc(nets * (size_t)c->batch, sizeof *first), *count = calloc(nets, sizeof *count);
    kd_status status = first && count ? KD_OK : kd_fail(KD_ENOMEM, "network case: no host memory");
    for (size_t i = 0; status == KD_OK && i < nets; i++) {
        count[i] = c->count[i] < c->batch ? c->count[i] : c->batch;
        memcpy(first + i * (size_t)c->batch, c->order + i * (size_t)c->n_epoch * (size_t)c->row_stride, (size_t)count[i] * sizeof *first);
    }
    if (status == KD_OK)
        status = COPY(first, nets * (size_t)c->batch, s->first_batch.index_d);
    if (status == KD_OK)
        status = COPY(count, nets, s->first_batch.count_d);
    free(first);
    free(count);
    return status;
}

kd_status nn_stage_open(kd_device *dev, enum kd_precision precision, const struct nn_case *c, struct nn_stage *s)
{
    *s = (struct nn_stage){.input = c, .dev = dev, .precision = precision};
    s->n_parameter = nn_parameter_count(&c->net[0].shape);
    s->n_out = c->samples.n_y;
    kd_status status = send_all(s);
    s->epochs.n_epoch = c->n_epoch;
    s->epochs.batch = c->batch;
    s->epochs.row_stride = c->row_stride;
    s->epochs.step_stride = c->step_stride;
    s->epochs.validation.stride = c->validation_stride;
    s->first_batch.stride = c->batch;
    size_t nets = (size_t)c->n_net, real = nn_real_size(precision);
    if (status == KD_OK)
        status = kd_alloc(dev, nets * s->n_parameter * real, &s->gradient_d);
    if (status == KD_OK)
        status = kd_alloc(dev, nets * (size_t)c->row_stride * (size_t)s->n_out * real, &s->output_d);
    if (status == KD_OK)
        status = kd_alloc(dev, nets * sizeof(double), &s->gradient_loss_d);
    if (status == KD_OK)
        status = kd_scratch_reserve(dev, dev->nn->scratch(dev, 1, &s->group, c->batch, precision));
    if (status != KD_OK)
        nn_stage_close(s);
    return status;
}

void nn_stage_close(struct nn_stage *s)
{
    const void *all[] = {s->epochs.order_d, s->epochs.count_d, s->epochs.first_step_d, s->epochs.rate_d, s->epochs.loss_d,
                         s->epochs.validation_loss_d, s->epochs.validation.index_d, s->epochs.validation.count_d, s->first_batch.index_d,
                         s->first_batch.count_d, s->gradient_d, s->output_d, s->gradient_loss_d};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        kd_free(s->dev, (void *)(size_t)all[i]);
    nn_data_free(s->dev, &s->data);
    nn_group_free(s->dev, &s->group);
    *s = (struct nn_stage){0};
}

kd_status nn_stage_train(struct nn_stage *s)
{
    return s->dev->nn->train(s->dev, s->dev->stream, 1, &s->group, &s->epochs, &s->data, s->precision);
}

kd_status nn_stage_gradient(struct nn_stage *s, double *gradient, double *loss)
{
    kd_device *dev = s->dev;
    size_t nets = (size_t)s->input->n_net, real = nn_real_size(s->precision);
    TRY(kd_fill(dev, dev->stream, s->gradient_d, 0xff, nets * s->n_parameter * real));
    TRY(kd_fill(dev, dev->stream, s->gradient_loss_d, 0xff, nets * sizeof(double)));
    TRY(dev->nn->gradient(dev, dev->stream, &s->group, &s->first_batch, &s->data, s->precision, s->gradient_d, s->gradient_loss_d));
    TRY(nn_real_download(dev, s->precision, nets * s->n_parameter, s->gradient_d, gradient));
    return kd_download(dev, dev->stream, loss, s->gradient_loss_d, nets * sizeof *loss);
}

kd_status nn_stage_infer(struct nn_stage *s, double *output)
{
    kd_device *dev = s->dev;
    const struct nn_case *c = s->input;
    size_t n = (size_t)c->n_net * (size_t)c->row_stride * (size_t)s->n_out;
    int first_epoch = c->n_epoch * c->row_stride; /* rows of epoch 0 stand this far apart */
    struct nn_rows rows = {c->row_stride, s->epochs.order_d, s->epochs.count_d};
    if (c->n_epoch > 1) { /* the op wants one row list per net, closely packed */
        TRY(kd_alloc(dev, (size_t)c->n_net * (size_t)c->row_stride * sizeof(int), &rows.index_d));
        for (int i = 0; i < c->n_net; i++)
            TRY(kd_copy(dev, dev->stream, (int *)(size_t)rows.index_d + i * c->row_stride, s->epochs.order_d + i * first_epoch,
                        (size_t)c->row_stride * sizeof(int)));
    }
    TRY(kd_fill(dev, dev->stream, s->output_d, 0xff, n * nn_real_size(s->precision)));
    kd_status status = dev->nn->infer(dev, dev->stream, 1, &s->group, &rows, &s->data, s->precision, &s->output_d);
    if (status == KD_OK)
        status = nn_real_download(dev, s->precision, n, s->output_d, output);
    if (c->n_epoch > 1)
        kd_free(dev, (void *)(size_t)rows.index_d);
    return status;
}

kd_status nn_stage_losses(struct nn_stage *s, double *loss, double *validation)
{
    kd_device *dev = s->dev;
    size_t epochs = (size_t)s->input->n_net * (size_t)s->input->n_epoch;
    TRY(kd_download(dev, dev->stream, loss, s->epochs.loss_d, epochs * (size_t)s->input->step_stride * sizeof *loss));
    return validation ? kd_download(dev, dev->stream, validation, s->epochs.validation_loss_d, epochs * sizeof *validation) : KD_OK;
}
