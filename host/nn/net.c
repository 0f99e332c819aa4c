// SPDX-License-Identifier: BSD-3-Clause
/* net.c - networks on the host: memory, initialisation, inference. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/rng.h"
#include "host/nn/resident.h"
#include "host/nn/train.h"

kd_status nn_net_create(const struct nn_shape *shape, struct nn_net *out)
{
    size_t n_in = (size_t)shape->width[0], n_out = (size_t)shape->width[shape->n_layer];
    *out = (struct nn_net){.shape = *shape};
    out->parameter = calloc(nn_parameter_count(shape), sizeof(double));
    out->input_shift = calloc(n_in, sizeof(double));
    out->input_scale = calloc(n_in, sizeof(double));
    out->target_shift = calloc(n_out, sizeof(double));
    out->target_scale = calloc(n_out, sizeof(double));
    if (!out->parameter || !out->input_shift || !out->input_scale || !out->target_shift || !out->target_scale) {
        nn_net_free(out);
        FAIL(KD_ENOMEM, "network: no host memory");
    }
    for (size_t i = 0; i < n_in; i++)
        out->input_scale[i] = 1;
    for (size_t i = 0; i < n_out; i++)
        out->target_scale[i] = 1;
    return KD_OK;
}

void nn_net_free(struct nn_net *net)
{
    free(net->parameter);
    free(net->input_shift);
    free(net->input_scale);
    free(net->target_shift);
    free(net->target_scale);
    free(net->loss);
    free(net->validation_loss);
    *net = (struct nn_net){0};
}

void nn_net_initialise(struct nn_net *net, uint64_t seed)
{
    double *p = net->parameter;
    net->seed = seed;
    for (int l = 0; l < net->shape.n_layer; l++) {
        struct rng r = rng_start(seed, RNG_WEIGHTS, (uint32_t)l);
        double bound = 1 / sqrt((double)net->shape.width[l]);
        size_t n = ((size_t)net->shape.width[l] + 1) * (size_t)net->shape.width[l + 1];
        for (size_t i = 0; i < n; i++)
            *p++ = bound * (2 * rng_uniform(&r) - 1);
    }
}

/* ---- inference ---- */

static bool same_shape(const struct nn_shape *a, const struct nn_shape *b)
{
    return a->n_layer == b->n_layer && a->activation == b->activation &&
           memcmp(a->width, b->width, (size_t)(a->n_layer + 1) * sizeof *a->width) == 0;
}

/* The nets from `first` on that share its shape and follow each other, on the same rows. */
static kd_status infer_group(kd_device *dev, enum kd_precision precision, int n_net, const struct nn_net *const *net,
                             const struct nn_data *data, const int *rows, int n_rows, double *out)
{
    struct nn_group group = {0};
    int *index = malloc((size_t)n_net * (size_t)n_rows * sizeof *index), *count = malloc((size_t)n_net * sizeof *count);
    void *index_d = NULL, *count_d = NULL, *output_d = NULL;
    size_t n_out = (size_t)net[0]->shape.width[net[0]->shape.n_layer], n = (size_t)n_net * (size_t)n_rows * n_out;
    kd_status status = index && count ? KD_OK : kd_fail(KD_ENOMEM, "inference: no host memory");
    for (int i = 0; status == KD_OK && i < n_net; i++) {
        count[i] = n_rows;
        for (int m = 0; m < n_rows; m++)
            index[(size_t)i * (size_t)n_rows + (size_t)m] = rows ? rows[m] : m;
    }
    if (status == KD_OK)
        status = nn_group_create(dev, precision, n_net, net, NULL, &group);
    if (status == KD_OK)
        status = kd_alloc_copy(dev, dev->stream, index, (size_t)n_net * (size_t)n_rows * sizeof *index, &index_d);
    if (status == KD_OK)
        status = kd_alloc_copy(dev, dev->stream, count, (size_t)n_net * sizeof *count, &count_d);
    if (status == KD_OK)
        status = kd_alloc(dev, n * nn_real_size(precision), &output_d);
    if (status == KD_OK)
        status = kd_scratch_reserve(dev, dev->nn->scratch(dev, 1, &group, 1, precision));
    struct nn_rows list = {n_rows, index_d, count_d};
    if (status == KD_OK)
        status = dev->nn->infer(dev, dev->stream, 1, &group, &list, data, precision, &output_d);
    if (status == KD_OK)
        status = nn_real_download(dev, precision, n, output_d, out);
    nn_group_free(dev, &group);
    kd_free(dev, index_d);
    kd_free(dev, count_d);
    kd_free(dev, output_d);
    free(index);
    free(count);
    return status;
}

kd_status nn_infer(kd_device *dev, enum kd_precision precision, int n_net, const struct nn_net *net,
                   const struct nn_samples *samples, const int *rows, int n_rows, double *out)
{
    if (!rows)
        n_rows = samples->n_row;
    const struct nn_net **same = malloc((size_t)n_net * sizeof *same);
    struct nn_samples inputs = *samples;
    struct nn_data data = {0};
    inputs.y = NULL;
    kd_status status = same ? KD_OK : kd_fail(KD_ENOMEM, "inference: no host memory");
    for (int i = 0; status == KD_OK && i < n_net; i++)
        if (net[i].column + net[i].shape.width[0] > samples->n_x)
            status = kd_fail(KD_EINPUT, "network %d: reads inputs %d to %d, expected at most %d", i, net[i].column,
                             net[i].column + net[i].shape.width[0] - 1, samples->n_x - 1);
    if (status == KD_OK)
        status = nn_data_upload(dev, precision, &inputs, &data);
    for (int first = 0, n; status == KD_OK && first < n_net; first += n) {
        for (n = 0; first + n < n_net && same_shape(&net[first].shape, &net[first + n].shape); n++)
            same[n] = &net[first + n];
        size_t n_out = (size_t)net[first].shape.width[net[first].shape.n_layer];
        status = infer_group(dev, precision, n, same, &data, rows, n_rows, out);
        out += (size_t)n * (size_t)n_rows * n_out;
    }
    nn_data_free(dev, &data);
    free(same);
    return status;
}
