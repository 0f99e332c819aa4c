// SPDX-License-Identifier: BSD-3-Clause
/* nn_pass.cuh - passes set up from groups, with buffers from the scratch arena. */
#ifndef KD_NN_PASS_CUH
#define KD_NN_PASS_CUH

#include "kernels/cuda/nn.cuh"

#include <cstring>

static inline size_t partial_count(const struct nn_group *group, int batch)
{
    return static_cast<size_t>(blocks_for(batch, NN_LOSS_ROWS)) * nn_loss_columns(&group->shape);
}

template <class T>
static inline size_t pass_bytes(const struct nn_group *group, int batch)
{
    size_t bytes = 0, rows = static_cast<size_t>(group->n_net) * batch;
    for (int l = 1; l <= group->shape.n_layer; l++)
        bytes += 3 * kd_scratch_round(rows * group->shape.width[l] * sizeof(T));
    return bytes + kd_scratch_round(static_cast<size_t>(group->n_net) * NN_PARTIAL_STEPS * partial_count(group, batch) * sizeof(T));
}

/* What all passes of a group share; buffers for `batch` rows from the scratch arena. */
template <class T>
static kd_status make_pass(kd_device *dev, const struct nn_group *group, const struct nn_data *data, int batch, nn_pass<T> *pass)
{
    memset(pass, 0, sizeof *pass);
    pass->shape = group->shape;
    pass->n_net = group->n_net;
    pass->bf16 = group->bf16 && sizeof(T) == sizeof(float);
    pass->batch = batch;
    pass->n_part = 1;
    pass->x = static_cast<const T *>(data->x_d);
    pass->y = static_cast<const T *>(data->y_d);
    pass->n_x = data->n_x;
    pass->n_y = data->n_y;
    pass->choice = group->choice_d;
    pass->coefficient = static_cast<const T *>(group->coefficient_d);
    pass->input_shift = static_cast<const T *>(group->input_shift_d);
    pass->input_scale = static_cast<const T *>(group->input_scale_d);
    pass->target_shift = static_cast<const T *>(group->target_shift_d);
    pass->target_scale = static_cast<const T *>(group->target_scale_d);
    pass->state = static_cast<T *>(group->state_d);
    pass->n_parameter = nn_parameter_count(&group->shape);
    size_t at = 0, rows = static_cast<size_t>(group->n_net) * batch;
    for (int l = 0; l < group->shape.n_layer; l++) {
        const size_t n_in = group->shape.width[l], n_out = group->shape.width[l + 1];
        pass->weight[l] = at;
        at += (n_in + 1) * n_out;
        TRY(scratch(dev, rows * n_out, &pass->activation[l + 1]));
        TRY(scratch(dev, rows * n_out, &pass->delta[l + 1]));
        TRY(scratch(dev, rows * n_out, &pass->slope[l + 1]));
    }
    pass->n_partial = static_cast<int>(partial_count(group, batch));
    return scratch(dev, static_cast<size_t>(group->n_net) * NN_PARTIAL_STEPS * pass->n_partial, &pass->partial);
}

/* Mean losses from partial sums: slot j holds rows first + j * batch .. of each net's count. loss_d[net * stride + j], moved on by
 * *pass.epoch * loss_epoch; with over_all: one mean over all slots of several calls in [net * stride], divided at the last. */
template <class T>
kd_status nn_mean_losses(const nn_pass<T> &pass, int n_slot, int first, double *loss_d, size_t stride, size_t loss_epoch, bool over_all,
                         bool last, cudaStream_t s);

#endif
