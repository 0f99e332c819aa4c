// SPDX-License-Identifier: BSD-3-Clause
/* nn.cu - the ops of networks but training (nn_train.cu): states in and out, losses, inference, gradients. */
#include "kernels/cuda/nn_products.cuh"

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

size_t cuda_nn_scratch(const kd_device *, int n_group, const struct nn_group *group, int batch, enum kd_precision precision)
{
    size_t largest = 0;
    for (int g = 0; g < n_group; g++) {
        const int rows = batch > CHUNK ? batch : CHUNK;
        size_t bytes = precision == KD_DOUBLE ? pass_bytes<double>(&group[g], rows) : pass_bytes<float>(&group[g], rows);
        if (nn_products_wanted())
            bytes += precision == KD_DOUBLE ? nn_products_bytes<double>(&group[g], rows) : nn_products_bytes<float>(&group[g], rows);
        largest = bytes > largest ? bytes : largest;
    }
    return largest + kd_scratch_round(sizeof(int)); /* and the counter of epochs */
}

/* ---- losses ---- */

/* Sums of partials, in order. One thread per (slot, net): slot j holds rows first + j * batch .. of the net's count. */
template <class T>
struct loss_job {
    const T *partial;
    int n_net, n_partial, n_slot, batch, first, n_out, columns; /* columns: partials beside each other */
    int part, n_part;
    const int *count;
    const int *epoch; /* as in nn_pass; loss += epoch * loss_epoch */
    size_t loss_epoch;
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
    double *loss = job.loss + (job.epoch ? *job.epoch * job.loss_epoch : 0) + net * job.stride;
    for (int j = 0; j < job.n_slot; j++) {
        const int whole = min(job.batch, job.count[net] - job.first - j * job.batch);
        if (whole <= 0)
            break;
        const int n = nn_slice_from(whole, job.part + 1, job.n_part) - nn_slice_from(whole, job.part, job.n_part);
        /* only parts that hold samples were written */
        const int used = (n + NN_LOSS_ROWS - 1) / NN_LOSS_ROWS * job.columns;
        double sum = 0;
        for (int p = 0; p < used; p++)
            sum += job.partial[(static_cast<size_t>(net) * NN_PARTIAL_STEPS + j) * job.n_partial + p];
        if (job.over_all)
            loss[0] = (job.first == 0 && j == 0 ? 0.0 : loss[0]) + sum;
        else
            loss[j] = sum / (static_cast<double>(whole) * job.n_out);
    }
    if (job.over_all && job.last)
        loss[0] /= static_cast<double>(job.count[net]) * job.n_out;
}

template <class T>
kd_status nn_mean_losses(const nn_pass<T> &pass, int n_slot, int first, double *loss_d, size_t stride, size_t loss_epoch, bool over_all,
                         bool last, cudaStream_t s)
{
    const loss_job<T> job = {pass.partial, pass.n_net, pass.n_partial, n_slot, pass.batch, first, pass.shape.width[pass.shape.n_layer],
                             nn_loss_columns(&pass.shape), pass.part, pass.n_part, pass.count, pass.epoch, loss_epoch, loss_d, stride, over_all, last};
    CUDA_TRY(LAUNCH(nn_sum_losses<T>, dim3(blocks_for(pass.n_net, 32)), dim3(32), 0, s, job));
    return KD_OK;
}

template kd_status nn_mean_losses(const nn_pass<float> &, int, int, double *, size_t, size_t, bool, bool, cudaStream_t);
template kd_status nn_mean_losses(const nn_pass<double> &, int, int, double *, size_t, size_t, bool, bool, cudaStream_t);

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
    return nn_mean_losses(pass, 1, 0, loss_d, 1, 0, false, false, s);
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

/* ---- steps that ranks share ---- */

/* The rows and rates of one step, as a pass of its own. */
template <class T>
static kd_status slice_pass(kd_device *dev, const struct nn_group *group, const struct nn_epochs *e, const struct nn_slice *slice,
                            const struct nn_data *data, nn_pass<T> *pass)
{
    const size_t per_net = static_cast<size_t>(e->n_epoch) * e->step_stride;
    const size_t at = static_cast<size_t>(slice->epoch) * e->step_stride + slice->step;
    TRY(make_pass(dev, group, data, e->batch, pass));
    pass->index = e->order_d + static_cast<size_t>(slice->epoch) * e->row_stride;
    pass->index_stride = static_cast<size_t>(e->n_epoch) * e->row_stride;
    pass->count = e->count_d;
    pass->first = slice->step * e->batch;
    pass->part = slice->part;
    pass->n_part = slice->n_part;
    pass->rate = static_cast<const T *>(e->rate_d) + at * NN_N_RATE;
    pass->rate_stride = per_net * NN_N_RATE;
    return KD_OK;
}

template <class T>
static kd_status share_of(kd_device *dev, const struct nn_group *group, const struct nn_epochs *e, const struct nn_slice *slice,
                          const struct nn_data *data, void *gradient_d, cudaStream_t s)
{
    nn_pass<T> pass;
    TRY(slice_pass(dev, group, e, slice, data, &pass));
    pass.first_step = e->first_step_d;
    pass.earlier_epochs = slice->epoch;
    pass.dropout = true;
    pass.last = NN_TRAIN;
    pass.gradient = static_cast<T *>(gradient_d);
    CUDA_TRY(cudaMemsetAsync(gradient_d, 0, group->n_net * pass.n_parameter * sizeof(T), s)); /* of nets without rows here */
    CUDA_TRY(nn_launch_forward(pass, s));
    CUDA_TRY(nn_launch_backward(pass, s));
    return nn_mean_losses(pass, 1, pass.first, e->loss_d + static_cast<size_t>(slice->epoch) * e->step_stride + slice->step,
                          static_cast<size_t>(e->n_epoch) * e->step_stride, 0, false, false, s);
}

kd_status cuda_nn_share(kd_device *dev, kd_stream *s, const struct nn_group *group, const struct nn_epochs *epochs,
                        const struct nn_slice *slice, const struct nn_data *data, enum kd_precision precision, void *gradient_d)
{
    TRY(cuda_bind(dev));
    const size_t mark = kd_scratch_mark(dev);
    const kd_status status = precision == KD_DOUBLE ? share_of<double>(dev, group, epochs, slice, data, gradient_d, cuda_stream(s))
                                                    : share_of<float>(dev, group, epochs, slice, data, gradient_d, cuda_stream(s));
    kd_scratch_release(dev, mark);
    return status;
}

template <class T>
static kd_status update_by(kd_device *dev, const struct nn_group *group, const struct nn_epochs *e, const struct nn_slice *slice,
                           const void *gradient_d, cudaStream_t s)
{
    const struct nn_data none = {};
    nn_pass<T> pass;
    TRY(slice_pass(dev, group, e, slice, &none, &pass));
    CUDA_TRY(nn_launch_update(pass, static_cast<const T *>(gradient_d), s));
    return KD_OK;
}

kd_status cuda_nn_update(kd_device *dev, kd_stream *s, const struct nn_group *group, const struct nn_epochs *epochs,
                         const struct nn_slice *slice, enum kd_precision precision, const void *gradient_d)
{
    TRY(cuda_bind(dev));
    const size_t mark = kd_scratch_mark(dev);
    const kd_status status = precision == KD_DOUBLE ? update_by<double>(dev, group, epochs, slice, gradient_d, cuda_stream(s))
                                                    : update_by<float>(dev, group, epochs, slice, gradient_d, cuda_stream(s));
    kd_scratch_release(dev, mark);
    return status;
}
