// SPDX-License-Identifier: BSD-3-Clause
/* resident.c - moving networks and data between host and device. */
#include "host/nn/resident.h"

#include <stdlib.h>
#include <string.h>

/* ---- numbers ---- */

kd_status nn_real_upload(kd_device *dev, enum kd_precision precision, size_t n, const double *from, void *to_d)
{
    if (precision == KD_DOUBLE)
        return kd_upload(dev, dev->stream, to_d, from, n * sizeof(double));
    float *narrow = malloc(n ? n * sizeof *narrow : 1);
    if (!narrow)
        FAIL(KD_ENOMEM, "network: no host memory for %zu numbers", n);
    for (size_t i = 0; i < n; i++)
        narrow[i] = (float)from[i];
    kd_status status = kd_upload(dev, dev->stream, to_d, narrow, n * sizeof *narrow);
    free(narrow);
    return status;
}

kd_status nn_real_new(kd_device *dev, enum kd_precision precision, size_t n, const double *from, void **to_d)
{
    TRY(kd_alloc(dev, n * nn_real_size(precision), to_d));
    return nn_real_upload(dev, precision, n, from, *to_d);
}

kd_status nn_real_download(kd_device *dev, enum kd_precision precision, size_t n, const void *from_d, double *to)
{
    if (precision == KD_DOUBLE)
        return kd_download(dev, dev->stream, to, from_d, n * sizeof(double));
    float *narrow = malloc(n ? n * sizeof *narrow : 1);
    if (!narrow)
        FAIL(KD_ENOMEM, "network: no host memory for %zu numbers", n);
    kd_status status = kd_download(dev, dev->stream, narrow, from_d, n * sizeof *narrow);
    for (size_t i = 0; status == KD_OK && i < n; i++)
        to[i] = narrow[i];
    free(narrow);
    return status;
}

/* ---- data ---- */

kd_status nn_data_upload(kd_device *dev, enum kd_precision precision, const struct nn_samples *samples,
                         struct nn_data *out)
{
    *out = (struct nn_data){.n_row = samples->n_row, .n_x = samples->n_x, .n_y = samples->n_y};
    size_t n = (size_t)samples->n_row;
    void *x_d = NULL, *y_d = NULL;
    kd_status status = nn_real_new(dev, precision, n * (size_t)samples->n_x, samples->x, &x_d);
    if (status == KD_OK && samples->y)
        status = nn_real_new(dev, precision, n * (size_t)samples->n_y, samples->y, &y_d);
    out->x_d = x_d;
    out->y_d = y_d;
    if (status != KD_OK)
        nn_data_free(dev, out);
    return status;
}

void nn_data_free(kd_device *dev, struct nn_data *data)
{
    kd_free(dev, (void *)(size_t)data->x_d);
    kd_free(dev, (void *)(size_t)data->y_d);
    data->x_d = data->y_d = NULL;
}

/* ---- groups ---- */

static void coefficients_of(const struct nn_net *net, const struct nn_settings *s, double c[NN_N_COEFFICIENT])
{
    memset(c, 0, NN_N_COEFFICIENT * sizeof *c);
    c[NN_SLOPE] = net->slope;
    c[NN_HUBER_DELTA] = 1;
    if (!s)
        return;
    c[NN_BETA1] = s->beta1;
    c[NN_ONE_MINUS_BETA1] = 1 - s->beta1;
    c[NN_BETA2] = s->beta2;
    c[NN_ONE_MINUS_BETA2] = 1 - s->beta2;
    c[NN_EPSILON] = s->epsilon;
    c[NN_L2] = s->decoupled ? 0 : s->weight_decay;
    c[NN_HUBER_DELTA] = s->huber_delta;
    c[NN_DROPOUT] = s->dropout;
}

/* One vector of each net, side by side on the device. */
static kd_status gather_vectors(kd_device *dev, enum kd_precision precision, int n_net, const struct nn_net *const *net,
                                size_t offset, size_t width, const void **out_d)
{
    double *all = malloc((size_t)n_net * width * sizeof *all);
    if (!all)
        FAIL(KD_ENOMEM, "network: no host memory");
    for (int i = 0; i < n_net; i++)
        memcpy(all + (size_t)i * width, *(double *const *)((const char *)net[i] + offset), width * sizeof *all);
    void *to_d = NULL;
    kd_status status = nn_real_new(dev, precision, (size_t)n_net * width, all, &to_d);
    *out_d = to_d;
    free(all);
    return status;
}

static kd_status fill_group(kd_device *dev, enum kd_precision precision, const struct nn_net *const *net,
                            const struct nn_settings *const *settings, struct nn_group *g)
{
    size_t n = (size_t)g->n_net, n_in = (size_t)g->shape.width[0], n_out = (size_t)g->shape.width[g->shape.n_layer];
    size_t n_parameter = nn_parameter_count(&g->shape);
    struct nn_choice *choice = calloc(n, sizeof *choice);
    double *c = malloc(n * NN_N_COEFFICIENT * sizeof *c), *parameter = malloc(n * n_parameter * sizeof *parameter);
    kd_status status = choice && c && parameter ? KD_OK : kd_fail(KD_ENOMEM, "network: no host memory");
    for (size_t i = 0; status == KD_OK && i < n; i++) {
        const struct nn_settings *s = settings ? settings[i] : NULL;
        choice[i] = (struct nn_choice){net[i]->column, s ? (int)s->loss : NN_MSE, net[i]->seed};
        coefficients_of(net[i], s, c + i * NN_N_COEFFICIENT);
        memcpy(parameter + i * n_parameter, net[i]->parameter, n_parameter * sizeof *parameter);
    }
    void *choice_d = NULL, *c_d = NULL;
    if (status == KD_OK)
        status = kd_alloc_copy(dev, dev->stream, choice, n * sizeof *choice, &choice_d);
    g->choice_d = choice_d;
    if (status == KD_OK)
        status = nn_real_new(dev, precision, n * NN_N_COEFFICIENT, c, &c_d);
    g->coefficient_d = c_d;
    if (status == KD_OK)
        status = gather_vectors(dev, precision, g->n_net, net, offsetof(struct nn_net, input_shift), n_in, &g->input_shift_d);
    if (status == KD_OK)
        status = gather_vectors(dev, precision, g->n_net, net, offsetof(struct nn_net, input_scale), n_in, &g->input_scale_d);
    if (status == KD_OK)
        status = gather_vectors(dev, precision, g->n_net, net, offsetof(struct nn_net, target_shift), n_out, &g->target_shift_d);
    if (status == KD_OK)
        status = gather_vectors(dev, precision, g->n_net, net, offsetof(struct nn_net, target_scale), n_out, &g->target_scale_d);
    if (status == KD_OK)
        status = kd_alloc(dev, n * dev->nn->state_bytes(&g->shape, precision), &g->state_d);
    if (status == KD_OK)
        status = nn_group_put(dev, precision, g, NN_WEIGHTS, parameter);
    if (status == KD_OK) {
        memset(parameter, 0, n * n_parameter * sizeof *parameter);
        status = nn_group_put(dev, precision, g, NN_MOMENT1, parameter);
    }
    if (status == KD_OK)
        status = nn_group_put(dev, precision, g, NN_MOMENT2, parameter);
    free(choice);
    free(c);
    free(parameter);
    return status;
}

kd_status nn_group_create(kd_device *dev, enum kd_precision precision, int n_net, const struct nn_net *const *net,
                          const struct nn_settings *const *settings, struct nn_group *out)
{
    if (!dev->nn)
        FAIL(KD_EDEVICE, "device %s: no networks in this backend", dev->backend);
    *out = (struct nn_group){.shape = net[0]->shape, .n_net = n_net, .bf16 = settings && settings[0]->bf16};
    kd_status status = fill_group(dev, precision, net, settings, out);
    if (status != KD_OK)
        nn_group_free(dev, out);
    return status;
}

void nn_group_free(kd_device *dev, struct nn_group *group)
{
    kd_free(dev, group->state_d);
    kd_free(dev, (void *)(size_t)group->choice_d);
    kd_free(dev, (void *)(size_t)group->coefficient_d);
    kd_free(dev, (void *)(size_t)group->input_shift_d);
    kd_free(dev, (void *)(size_t)group->input_scale_d);
    kd_free(dev, (void *)(size_t)group->target_shift_d);
    kd_free(dev, (void *)(size_t)group->target_scale_d);
    *group = (struct nn_group){0};
}

kd_status nn_group_put(kd_device *dev, enum kd_precision precision, const struct nn_group *group, enum nn_part part,
                       const double *values)
{
    void *values_d = NULL;
    size_t n = (size_t)group->n_net * nn_parameter_count(&group->shape);
    kd_status status = nn_real_new(dev, precision, n, values, &values_d);
    if (status == KD_OK)
        status = dev->nn->put(dev, dev->stream, group, precision, part, values_d);
    if (status == KD_OK)
        status = dev->ops->stream_sync(dev, dev->stream);
    kd_free(dev, values_d);
    return status;
}

kd_status nn_group_get(kd_device *dev, enum kd_precision precision, const struct nn_group *group, enum nn_part part,
                       double *values)
{
    void *values_d = NULL;
    size_t n = (size_t)group->n_net * nn_parameter_count(&group->shape);
    kd_status status = kd_alloc(dev, n * nn_real_size(precision), &values_d);
    if (status == KD_OK)
        status = dev->nn->get(dev, dev->stream, group, precision, part, values_d);
    if (status == KD_OK)
        status = nn_real_download(dev, precision, n, values_d, values);
    kd_free(dev, values_d);
    return status;
}
