// SPDX-License-Identifier: BSD-3-Clause
/* nn.cu - the ops of networks: passes set up from groups, steps and chunks launched in order. */
#include "kernels/cuda/nn.cuh"

#include <cstring>

enum { CHUNK = 128 }; /* rows that inference takes at a time */

size_t cuda_nn_state_bytes(const struct nn_shape *shape, enum kd_precision precision)
{
    return kd_scratch_round(NN_N_PART * nn_parameter_count(shape) * (precision == KD_DOUBLE ? sizeof(double) : sizeof(float)));
}

static size_t real_size(enum kd_precision precision)
{
    return precision == KD_DOUBLE ? sizeof(double) : sizeof(float);
}

/* One part of every net's state, as a column of a pitched array. */
static kd_status move_part(kd_device *dev, kd_stream *s, const struct nn_group *group, enum kd_precision precision,
                           enum nn_part part, void *values_d, bool into_state)
{
    TRY(cuda_bind(dev));
    const size_t width = nn_parameter_count(&group->shape) * real_size(precision);
    const size_t pitch = NN_N_PART * width;
    char *state = static_cast<char *>(group->state_d) + part * width;
    if (into_state)
        CUDA_TRY(cudaMemcpy2DAsync(state, pitch, values_d, width, width, group->n_net, cudaMemcpyDeviceToDevice, cuda_stream(s)));
    else
        CUDA_TRY(cudaMemcpy2DAsync(values_d, width, state, pitch, width, group->n_net, cudaMemcpyDeviceToDevice, cuda_stream(s)));
    return KD_OK;
}

kd_status cuda_nn_put(kd_device *dev, kd_stream *s, const struct nn_group *group, enum kd_precision precision,
                      enum nn_part part, const void *values_d)
{
    return move_part(dev, s, group, precision, part, const_cast<void *>(values_d), true);
}

kd_status cuda_nn_get(kd_device *dev, kd_stream *s, const struct nn_group *group, enum kd_precision precision,
                      enum nn_part part, void *values_d)
{
    return move_part(dev, s, group, precision, part, values_d, false);
}

/* ---- scratch ---- */

static size_t partial_count(const struct nn_group *group, int batch)
{
    return static_cast<size_t>(blocks_for(batch, NN_LOSS_ROWS)) * nn_loss_columns(&group->shape);
}

template <class T>
static size_t pass_bytes(const struct nn_group *group, int batch)
{
    size_t bytes = 0, rows = static_cast<size_t>(group->n_net) * batch;
    for (int l = 1; l <= group->shape.n_layer; l++)
        bytes += 3 * kd_scratch_round(rows * group->shape.width[l] * sizeof(T));
    return bytes + kd_scratch_round(static_cast<size_t>(group->n_net) * NN_PARTIAL_STEPS * partial_count(group, batch) * sizeof(T));
}

size_t cuda_nn_scratch(const kd_device *, int n_group, const struct nn_group *group, int batch, enum kd_precision precision)
{
    size_t largest = 0;
    for (int g = 0; g < n_group; g++) {
        const int rows = batch > CHUNK ? batch : CHUNK;
        const size_t bytes = precision == KD_DOUBLE ? pass_bytes<double>(&group[g], rows) : pass_bytes<float>(&group[g], rows);
        largest = bytes > largest ? bytes : largest;
    }
    return largest;
}

/* What all passes of a group share; buffers for `batch` rows from the scratch arena. */
template <class T>
static kd_status make_pass(kd_device *dev, const struct nn_group *group, const struct nn_data *data, int batch, nn_pass<T> *pass)
{
    memset(pass, 0, sizeof *pass);
    pass->shape = group->shape;
    pass->n_net = group->n_net;
    pass->batch = batch;
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

/* ---- losses ---- */

/* Sums of partials, in order. One thread per (slot, net): slot j holds rows first + j * batch .. of the net's count. */
template <class T>
struct loss_job {
    const T *partial;
    int n_net, n_partial, n_slot, batch, first, n_out, columns; /* columns: partials beside each other */
    const int *count;
    double *loss; /* [net * stride + j]; with over_all: [net * stride], added up over calls and divided at the last */
    size_t stride;
    bool over_all, last;
};

template <class T>
__global__ void __launch_bounds__(32) nn_sum_losses(const loss_job<T> job)
{
    const int net = blockIdx.x * blockDim.x + threadIdx.x;
    if (net >= job.n_net || job.count[net] <= 0)
        return;
    for (int j = 0; j < job.n_slot; j++) {
        const int n = min(job.batch, job.count[net] - job.first - j * job.batch);
        if (n <= 0)
            break;
        /* only parts that hold samples were written */
        const int used = (n + NN_LOSS_ROWS - 1) / NN_LOSS_ROWS * job.columns;
        double sum = 0;
        for (int p = 0; p < used; p++)
            sum += job.partial[(static_cast<size_t>(net) * NN_PARTIAL_STEPS + j) * job.n_partial + p];
        if (job.over_all)
            job.loss[net * job.stride] = (job.first == 0 && j == 0 ? 0.0 : job.loss[net * job.stride]) + sum;
        else
            job.loss[net * job.stride + j] = sum / (static_cast<double>(n) * job.n_out);
    }
    if (job.over_all && job.last)
        job.loss[net * job.stride] /= static_cast<double>(job.count[net]) * job.n_out;
}

template <class T>
static kd_status sum_losses(const nn_pass<T> &pass, int n_slot, int first, double *loss_d, size_t stride, bool over_all,
                            bool last, cudaStream_t s)
{
    const loss_job<T> job = {pass.partial, pass.n_net, pass.n_partial, n_slot, pass.batch, first, pass.shape.width[pass.shape.n_layer],
                             nn_loss_columns(&pass.shape), pass.count, loss_d, stride, over_all, last};
    CUDA_TRY(LAUNCH(nn_sum_losses<T>, dim3(blocks_for(pass.n_net, 32)), dim3(32), 0, s, job));
    return KD_OK;
}

/* ---- training ---- */

template <class T>
static kd_status validate(nn_pass<T> pass, const struct nn_rows *rows, double *loss_d, size_t stride, cudaStream_t s)
{
    pass.index = rows->index_d;
    pass.index_stride = rows->stride;
    pass.count = rows->count_d;
    pass.dropout = false;
    pass.last = NN_LOSS_ONLY;
    int slot = 0, block_first = 0;
    for (int first = 0; first < rows->stride; first += pass.batch) {
        pass.first = first;
        pass.partial_slot = slot++;
        CUDA_TRY(nn_launch_forward(pass, s));
        const bool last = first + pass.batch >= rows->stride;
        if (slot < NN_PARTIAL_STEPS && !last)
            continue;
        TRY(sum_losses(pass, slot, block_first, loss_d, stride, true, last, s));
        slot = 0;
        block_first = first + pass.batch;
    }
    return KD_OK;
}

template <class T>
static kd_status train_epoch(nn_pass<T> pass, const struct nn_epochs *e, int epoch, cudaStream_t s)
{
    const size_t per_net = static_cast<size_t>(e->n_epoch) * e->step_stride, slot0 = static_cast<size_t>(epoch) * e->step_stride;
    pass.index = e->order_d + static_cast<size_t>(epoch) * e->row_stride;
    pass.index_stride = static_cast<size_t>(e->n_epoch) * e->row_stride;
    pass.count = e->count_d;
    pass.first_step = e->first_step_d;
    pass.rate_stride = per_net * NN_N_RATE;
    pass.epoch = epoch;
    pass.dropout = true;
    pass.last = NN_TRAIN;
    int held = 0;
    for (int step = 0; step < e->step_stride; step++) {
        pass.first = step * e->batch;
        pass.partial_slot = held++;
        pass.rate = static_cast<const T *>(e->rate_d) + (slot0 + step) * NN_N_RATE;
        CUDA_TRY(nn_launch_forward(pass, s));
        CUDA_TRY(nn_launch_backward(pass, s));
        if (held < NN_PARTIAL_STEPS && step + 1 < e->step_stride)
            continue;
        TRY(sum_losses(pass, held, (step + 1 - held) * e->batch, e->loss_d + slot0 + step + 1 - held, per_net, false, false, s));
        held = 0;
    }
    if (e->validation.stride > 0)
        TRY(validate(pass, &e->validation, e->validation_loss_d + epoch, e->n_epoch, s));
    return KD_OK;
}

template <class T>
static kd_status train_group(kd_device *dev, const struct nn_group *group, const struct nn_epochs *epochs,
                             const struct nn_data *data, cudaStream_t s)
{
    nn_pass<T> pass;
    TRY(make_pass(dev, group, data, epochs->batch, &pass));
    for (int epoch = 0; epoch < epochs->n_epoch; epoch++)
        TRY(train_epoch(pass, epochs, epoch, s));
    return KD_OK;
}

kd_status cuda_nn_train(kd_device *dev, kd_stream *s, int n_group, const struct nn_group *group,
                        const struct nn_epochs *epochs, const struct nn_data *data, enum kd_precision precision)
{
    TRY(cuda_bind(dev));
    const size_t mark = kd_scratch_mark(dev);
    kd_status status = KD_OK;
    for (int g = 0; status == KD_OK && g < n_group; g++) {
        status = precision == KD_DOUBLE ? train_group<double>(dev, &group[g], &epochs[g], data, cuda_stream(s))
                                        : train_group<float>(dev, &group[g], &epochs[g], data, cuda_stream(s));
        kd_scratch_release(dev, mark);
    }
    return status;
}

/* ---- inference and gradients ---- */

template <class T>
static kd_status infer_group(kd_device *dev, const struct nn_group *group, const struct nn_rows *rows,
                             const struct nn_data *data, void *output_d, cudaStream_t s)
{
    nn_pass<T> pass;
    TRY(make_pass(dev, group, data, CHUNK, &pass));
    pass.index = rows->index_d;
    pass.index_stride = rows->stride;
    pass.count = rows->count_d;
    pass.last = NN_OUTPUT;
    pass.output = static_cast<T *>(output_d);
    pass.output_stride = static_cast<size_t>(rows->stride) * group->shape.width[group->shape.n_layer];
    for (pass.first = 0; pass.first < rows->stride; pass.first += CHUNK)
        CUDA_TRY(nn_launch_forward(pass, s));
    return KD_OK;
}

kd_status cuda_nn_infer(kd_device *dev, kd_stream *s, int n_group, const struct nn_group *group, const struct nn_rows *rows,
                        const struct nn_data *data, enum kd_precision precision, void *const *output_d)
{
    TRY(cuda_bind(dev));
    const size_t mark = kd_scratch_mark(dev);
    kd_status status = KD_OK;
    for (int g = 0; status == KD_OK && g < n_group; g++) {
        status = precision == KD_DOUBLE ? infer_group<double>(dev, &group[g], &rows[g], data, output_d[g], cuda_stream(s))
                                        : infer_group<float>(dev, &group[g], &rows[g], data, output_d[g], cuda_stream(s));
        kd_scratch_release(dev, mark);
    }
    return status;
}

template <class T>
static kd_status gradient_of(kd_device *dev, const struct nn_group *group, const struct nn_rows *rows,
                             const struct nn_data *data, void *gradient_d, double *loss_d, cudaStream_t s)
{
    nn_pass<T> pass;
    TRY(make_pass(dev, group, data, rows->stride, &pass));
    pass.index = rows->index_d;
    pass.index_stride = rows->stride;
    pass.count = rows->count_d;
    pass.last = NN_TRAIN;
    pass.gradient = static_cast<T *>(gradient_d);
    CUDA_TRY(nn_launch_forward(pass, s));
    CUDA_TRY(nn_launch_backward(pass, s));
    return sum_losses(pass, 1, 0, loss_d, 1, false, false, s);
}

kd_status cuda_nn_gradient(kd_device *dev, kd_stream *s, const struct nn_group *group, const struct nn_rows *rows,
                           const struct nn_data *data, enum kd_precision precision, void *gradient_d, double *loss_d)
{
    TRY(cuda_bind(dev));
    const size_t mark = kd_scratch_mark(dev);
    const kd_status status = precision == KD_DOUBLE
                                 ? gradient_of<double>(dev, group, rows, data, gradient_d, loss_d, cuda_stream(s))
                                 : gradient_of<float>(dev, group, rows, data, gradient_d, loss_d, cuda_stream(s));
    kd_scratch_release(dev, mark);
    return status;
}
