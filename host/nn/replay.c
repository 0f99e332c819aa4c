// SPDX-License-Identifier: BSD-3-Clause
/* replay.c - PyTorch's first steps, step by step. */
#include "host/nn/replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/nn/resident.h"
#include "host/store/h5.h"

struct reference {
    struct nn_samples samples;
    double *x, *y, *output, *loss, *final_output;
    int *order, n_order, n_step, n_first; /* n_first: rows of step0/output */
    int n_final;
    double *gradient; /* canonical */
    struct nn_net net;
    struct nn_settings settings;
};

static void reference_free(struct reference *r)
{
    free(r->x);
    free(r->y);
    free(r->output);
    free(r->loss);
    free(r->final_output);
    free(r->order);
    free(r->gradient);
    nn_net_free(&r->net);
}

static kd_status read_matrix(struct h5 *f, const char *name, double **values, int *rows, int *columns)
{
    struct h5_array a = {.name = name, .kind = H5_DOUBLE, .rank = columns ? 2 : 1};
    void *read = NULL;
    TRY(h5_read_new(f, &a, &read));
    *values = read;
    if (a.extent[0] < 1 || a.extent[0] > 1000000 || (columns && (a.extent[1] < 1 || a.extent[1] > 1000000)))
        FAIL(KD_EINPUT, "%s: %s has a shape that no reference state has", h5_path(f), name);
    *rows = (int)a.extent[0];
    if (columns)
        *columns = (int)a.extent[1];
    return KD_OK;
}

static kd_status read_shape(struct h5 *f, struct nn_shape *shape)
{
    char name[64];
    for (int l = 0; l <= NN_MAX_LAYER; l++) {
        snprintf(name, sizeof name, "layers.%d.weight", l);
        if (!h5_exists(f, name))
            break;
        struct h5_array a;
        TRY(h5_shape(f, name, &a));
        if (l == NN_MAX_LAYER || a.rank != 2 || a.extent[0] < 1 || a.extent[0] > 65536 || a.extent[1] < 1 ||
            a.extent[1] > 65536 || (l > 0 && a.extent[1] != (size_t)shape->width[l]))
            FAIL(KD_EINPUT, "%s: %s does not follow the layer before it, or is layer %d", h5_path(f), name, NN_MAX_LAYER);
        shape->width[l] = (int)a.extent[1];
        shape->width[l + 1] = (int)a.extent[0];
        shape->n_layer = l + 1;
    }
    if (shape->n_layer == 0)
        FAIL(KD_EINPUT, "%s: no layers.0.weight, expected a reference state", h5_path(f));
    return KD_OK;
}

/* layers.K.weight, layers.K.bias with a prefix and a suffix, into canonical order. */
static kd_status read_parameters(struct h5 *f, const struct nn_shape *shape, const char *prefix, const char *suffix,
                                 double *to)
{
    char name[96];
    for (int l = 0; l < shape->n_layer; l++) {
        size_t n_in = (size_t)shape->width[l], n_out = (size_t)shape->width[l + 1];
        snprintf(name, sizeof name, "%slayers.%d.weight%s", prefix, l, suffix);
        TRY(h5_read(f, &(struct h5_array){name, H5_DOUBLE, 2, {n_out, n_in}, NULL, 0}, to));
        to += n_in * n_out;
        snprintf(name, sizeof name, "%slayers.%d.bias%s", prefix, l, suffix);
        TRY(h5_read(f, &(struct h5_array){name, H5_DOUBLE, 1, {n_out}, NULL, 0}, to));
        to += n_out;
    }
    return KD_OK;
}

/* What a reference may say beyond Adam and MSE: loss_kind, huber_delta, weight_decay, decoupled (AdamW). */
static kd_status read_options(struct h5 *f, struct nn_settings *s)
{
    char word[32];
    long long decoupled = 0;
    if (h5_has_attribute(f, "/", "loss_kind")) {
        TRY(h5_get_text(f, "/", "loss_kind", word, sizeof word));
        TRY(nn_loss_parse(word, &s->loss));
    }
    if (h5_has_attribute(f, "/", "huber_delta"))
        TRY(h5_get_double(f, "/", "huber_delta", &s->huber_delta));
    if (h5_has_attribute(f, "/", "weight_decay"))
        TRY(h5_get_double(f, "/", "weight_decay", &s->weight_decay));
    if (h5_has_attribute(f, "/", "decoupled"))
        TRY(h5_get_int(f, "/", "decoupled", &decoupled));
    s->decoupled = decoupled != 0;
    return KD_OK;
}

static kd_status read_reference(struct h5 *f, struct reference *r)
{
    struct nn_shape shape = {0};
    char activation[32];
    long long batch;
    int n_y_row, n_out;
    r->settings = nn_default_settings(NN_CHARGE);
    TRY(read_shape(f, &shape));
    TRY(h5_get_text(f, "/", "activation", activation, sizeof activation));
    TRY(nn_activation_parse(activation, &shape.activation));
    TRY(h5_get_int(f, "/", "batch", &batch));
    TRY(h5_get_double(f, "/", "lr", &r->settings.learning_rate));
    TRY(read_options(f, &r->settings));
    TRY(read_matrix(f, "x", &r->x, &r->samples.n_row, &r->samples.n_x));
    TRY(read_matrix(f, "y", &r->y, &n_y_row, &r->samples.n_y));
    TRY(nn_net_create(&shape, &r->net));
    r->net.slope = r->settings.slope;
    TRY(read_parameters(f, &shape, "", "", r->net.parameter));
    r->gradient = calloc(nn_parameter_count(&shape), sizeof *r->gradient);
    if (!r->gradient)
        FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
    TRY(read_parameters(f, &shape, "step0/", ".grad", r->gradient));
    struct h5_array order = {.name = "order", .kind = H5_INT, .rank = 1};
    void *rows = NULL;
    TRY(h5_read_new(f, &order, &rows));
    r->order = rows;
    r->n_order = (int)order.extent[0];
    TRY(read_matrix(f, "losses", &r->loss, &r->n_step, NULL));
    TRY(read_matrix(f, "step0/output", &r->output, &r->n_first, &n_out));
    int n_final_out;
    TRY(read_matrix(f, "final_output_first8", &r->final_output, &r->n_final, &n_final_out));
    bool fits = n_y_row == r->samples.n_row && shape.width[0] == r->samples.n_x && batch >= 1 && batch <= 65536 &&
                shape.width[shape.n_layer] == r->samples.n_y && n_out == r->samples.n_y && n_final_out == n_out &&
                r->n_final <= r->samples.n_row && r->n_first <= r->n_order && r->n_first <= batch;
    for (int i = 0; fits && i < r->n_order; i++)
        fits = r->order[i] >= 0 && r->order[i] < r->samples.n_row;
    if (!fits)
        FAIL(KD_EINPUT, "%s: x, y, order, outputs and layers do not fit together", h5_path(f));
    r->settings.batch = (int)batch;
    r->samples.x = r->x;
    r->samples.y = r->y;
    return KD_OK;
}

/* |a - b| / |b|. */
static double distance(size_t n, const double *a, const double *b)
{
    double difference = 0, norm = 0;
    for (size_t i = 0; i < n; i++) {
        difference += (a[i] - b[i]) * (a[i] - b[i]);
        norm += b[i] * b[i];
    }
    return norm > 0 ? sqrt(difference / norm) : sqrt(difference);
}

struct stage { /* the net on the device */
    kd_device *dev;
    enum kd_precision precision;
    struct nn_group group;
    struct nn_data data;
    void *order_d, *count_d, *rate_d, *first_step_d, *loss_d, *gradient_d;
};

static void stage_free(struct stage *s)
{
    nn_group_free(s->dev, &s->group);
    nn_data_free(s->dev, &s->data);
    kd_free(s->dev, s->order_d);
    kd_free(s->dev, s->count_d);
    kd_free(s->dev, s->rate_d);
    kd_free(s->dev, s->first_step_d);
    kd_free(s->dev, s->loss_d);
    kd_free(s->dev, s->gradient_d);
}

static kd_status stage_set(const struct reference *r, struct stage *s)
{
    kd_device *dev = s->dev;
    const struct nn_net *net = &r->net;
    const struct nn_settings *settings = &r->settings;
    size_t batch = (size_t)r->settings.batch, real = nn_real_size(s->precision);
    TRY(nn_group_create(dev, s->precision, 1, &net, &settings, &s->group));
    TRY(nn_data_upload(dev, s->precision, &r->samples, &s->data));
    TRY(kd_alloc(dev, batch * sizeof(int), &s->order_d));
    TRY(kd_alloc(dev, sizeof(int), &s->count_d));
    TRY(kd_alloc(dev, NN_N_RATE * real, &s->rate_d));
    TRY(kd_alloc(dev, sizeof(uint64_t), &s->first_step_d));
    TRY(kd_alloc(dev, sizeof(double), &s->loss_d));
    TRY(kd_alloc(dev, nn_parameter_count(&r->net.shape) * real, &s->gradient_d));
    return kd_scratch_reserve(dev, dev->nn->scratch(dev, 1, &s->group, r->settings.batch, s->precision));
}

static kd_status send_batch(const struct reference *r, struct stage *s, int step, int *n)
{
    long long start = (long long)step * r->settings.batch % r->n_order;
    *n = r->n_order - (int)start < r->settings.batch ? r->n_order - (int)start : r->settings.batch;
    TRY(kd_upload(s->dev, s->dev->stream, s->order_d, r->order + start, (size_t)*n * sizeof(int)));
    return kd_upload(s->dev, s->dev->stream, s->count_d, n, sizeof(int));
}

static kd_status compare_first(const struct reference *r, struct stage *s, struct nn_replay *out)
{
    kd_device *dev = s->dev;
    const struct nn_shape *shape = &r->net.shape;
    size_t n_parameter = nn_parameter_count(shape);
    double *gradient = malloc(n_parameter * sizeof *gradient);
    double *output = malloc((size_t)r->n_first * (size_t)r->samples.n_y * sizeof *output);
    int n;
    kd_status status = gradient && output ? KD_OK : kd_fail(KD_ENOMEM, "replay: no host memory");
    if (status == KD_OK)
        status = nn_infer(dev, s->precision, 1, &r->net, &r->samples, r->order, r->n_first, output);
    if (status == KD_OK)
        status = send_batch(r, s, 0, &n);
    if (status == KD_OK) {
        struct nn_rows rows = {r->settings.batch, s->order_d, s->count_d};
        status = dev->nn->gradient(dev, dev->stream, &s->group, &rows, &s->data, s->precision, s->gradient_d, s->loss_d);
    }
    if (status == KD_OK)
        status = nn_real_download(dev, s->precision, n_parameter, s->gradient_d, gradient);
    if (status == KD_OK) {
        out->output_rel = distance((size_t)r->n_first * (size_t)r->samples.n_y, output, r->output);
        size_t at = 0;
        for (int tensor = 0; tensor < 2 * shape->n_layer; tensor++) {
            int l = tensor / 2;
            size_t size = (size_t)shape->width[l + 1] * (tensor % 2 ? 1 : (size_t)shape->width[l]);
            double rel = distance(size, gradient + at, r->gradient + at);
            at += size;
            if (tensor > 0 && !(rel > out->gradient_rel))
                continue;
            out->gradient_rel = rel;
            snprintf(out->worst_tensor, sizeof out->worst_tensor, "layers.%d.%s", l, tensor % 2 ? "bias" : "weight");
        }
    }
    free(gradient);
    free(output);
    return status;
}

static kd_status run_steps(const struct reference *r, struct stage *s, struct nn_replay *out)
{
    kd_device *dev = s->dev;
    for (int step = 0; step < r->n_step; step++) {
        int n;
        uint64_t done = (uint64_t)step;
        double t = step + 1, rate[NN_N_RATE] = {r->settings.learning_rate / (1 - pow(r->settings.beta1, t)),
                                                1 / sqrt(1 - pow(r->settings.beta2, t)), 1};
        if (r->settings.decoupled)
            rate[NN_DECAY] = 1 - r->settings.learning_rate * r->settings.weight_decay;
        TRY(send_batch(r, s, step, &n));
        TRY(nn_real_upload(dev, s->precision, NN_N_RATE, rate, s->rate_d));
        TRY(kd_upload(dev, dev->stream, s->first_step_d, &done, sizeof done));
        struct nn_epochs epochs = {.n_epoch = 1,
                                   .batch = r->settings.batch,
                                   .row_stride = r->settings.batch,
                                   .step_stride = 1,
                                   .order_d = s->order_d,
                                   .count_d = s->count_d,
                                   .rate_d = s->rate_d,
                                   .first_step_d = s->first_step_d,
                                   .loss_d = s->loss_d};
        TRY(dev->nn->train(dev, dev->stream, 1, &s->group, &epochs, &s->data, s->precision));
        TRY(kd_download(dev, dev->stream, &out->loss[step], s->loss_d, sizeof(double)));
        out->loss_rel[step] = fabs(out->loss[step] - r->loss[step]) / fabs(r->loss[step]);
    }
    return KD_OK;
}

static kd_status compare_last(struct reference *r, struct stage *s, struct nn_replay *out)
{
    int rows[64];
    if (r->n_final > 64)
        FAIL(KD_EINPUT, "replay: %d final outputs, expected at most 64", r->n_final);
    for (int i = 0; i < r->n_final; i++)
        rows[i] = i;
    size_t n = (size_t)r->n_final * (size_t)r->samples.n_y;
    double *output = malloc(n * sizeof *output);
    kd_status status = output ? KD_OK : kd_fail(KD_ENOMEM, "replay: no host memory");
    if (status == KD_OK)
        status = nn_group_get(s->dev, s->precision, &s->group, NN_WEIGHTS, r->net.parameter);
    if (status == KD_OK)
        status = nn_infer(s->dev, s->precision, 1, &r->net, &r->samples, rows, r->n_final, output);
    if (status == KD_OK)
        out->final_output_rel = distance(n, output, r->final_output);
    free(output);
    return status;
}

kd_status nn_replay_run(kd_device *dev, enum kd_precision precision, const char *path, struct nn_replay *out)
{
    struct h5 *f;
    struct reference r = {0};
    struct stage s = {.dev = dev, .precision = precision};
    *out = (struct nn_replay){0};
    TRY(h5_open(path, &f));
    kd_status status = read_reference(f, &r);
    h5_close(f);
    if (status == KD_OK)
        status = stage_set(&r, &s);
    out->n_step = r.n_step;
    out->loss = calloc((size_t)r.n_step + 1, sizeof *out->loss);
    out->loss_rel = calloc((size_t)r.n_step + 1, sizeof *out->loss_rel);
    if (status == KD_OK && (!out->loss || !out->loss_rel))
        status = kd_fail(KD_ENOMEM, "replay: no host memory");
    if (status == KD_OK)
        status = compare_first(&r, &s, out);
    if (status == KD_OK)
        status = run_steps(&r, &s, out);
    if (status == KD_OK)
        status = compare_last(&r, &s, out);
    stage_free(&s);
    reference_free(&r);
    if (status != KD_OK)
        nn_replay_free(out);
    return status;
}

void nn_replay_free(struct nn_replay *r)
{
    free(r->loss);
    free(r->loss_rel);
    *r = (struct nn_replay){0};
}
