// SPDX-License-Identifier: BSD-3-Clause
/* nn_math.cuh - what a thread does with one number of one net: inputs, activations, losses. */
#ifndef KD_NN_MATH_CUH
#define KD_NN_MATH_CUH

#include "kernels/cuda/nn.cuh"
#include "kernels/nn_dropout.h"

__device__ __forceinline__ float nn_erf(float z) { return erff(z); }
__device__ __forceinline__ double nn_erf(double z) { return erf(z); }
__device__ __forceinline__ float nn_exp(float z) { return expf(z); }
__device__ __forceinline__ double nn_exp(double z) { return exp(z); }
__device__ __forceinline__ float nn_tanh(float z) { return tanhf(z); }
__device__ __forceinline__ double nn_tanh(double z) { return tanh(z); }
__device__ __forceinline__ float nn_sqrt(float z) { return sqrtf(z); }
__device__ __forceinline__ double nn_sqrt(double z) { return sqrt(z); }

/* What one block knows of its net. */
template <class T>
struct nn_here {
    int net, n, epoch; /* n: rows in this batch, <= 0 when the net rests */
    int from, whole;   /* they are a slice that begins at row `from` of a batch of `whole` */
    const int *row;
    const T *coefficient;
    bool keep_slope; /* act' is stored: GELU and dropout */

    __device__ explicit nn_here(const nn_pass<T> &pass)
    {
        net = blockIdx.z;
        whole = min(pass.batch, pass.count[net] - pass.first);
        from = pass.n_part == 1 || whole <= 0 ? 0 : nn_slice_from(whole, pass.part, pass.n_part);
        n = pass.n_part == 1 || whole <= 0 ? whole : nn_slice_from(whole, pass.part + 1, pass.n_part) - from;
        epoch = pass.epoch ? *pass.epoch : 0;
        row = pass.index + net * pass.index_stride + epoch * pass.index_epoch + pass.first + from;
        coefficient = pass.coefficient + net * NN_N_COEFFICIENT;
        keep_slope = pass.shape.activation == NN_GELU || (pass.dropout && coefficient[NN_DROPOUT] > 0);
    }
};

/* Input i of sample m of layer l. */
template <class T>
__device__ __forceinline__ T nn_input(const nn_pass<T> &pass, const nn_here<T> &here, int l, int m, int i)
{
    const int n_in = pass.shape.width[l];
    if (m >= here.n || i >= n_in)
        return 0;
    if (l > 0)
        return pass.activation[l][(static_cast<size_t>(here.net) * pass.batch + m) * n_in + i];
    const T x = pass.x[static_cast<size_t>(here.row[m]) * pass.n_x + pass.choice[here.net].column + i];
    return (x - pass.input_shift[here.net * n_in + i]) * pass.input_scale[here.net * n_in + i];
}

template <class T>
__device__ __forceinline__ T nn_activate(enum nn_activation kind, T slope, T z, T *derivative)
{
    if (kind == NN_TANH) {
        const T y = nn_tanh(z);
        *derivative = 1 - y * y;
        return y;
    }
    if (kind == NN_GELU) {
        const T phi = T(0.5) * (1 + nn_erf(z * T(0.70710678118654752440)));
        *derivative = phi + z * T(0.39894228040143267794) * nn_exp(T(-0.5) * z * z);
        return z * phi;
    }
    *derivative = z > 0 ? T(1) : slope;
    return z > 0 ? z : slope * z;
}

/* act'(z) from y = act(z), where that is possible. */
template <class T>
__device__ __forceinline__ T nn_derivative(enum nn_activation kind, T slope, T y)
{
    return kind == NN_TANH ? 1 - y * y : y > 0 ? T(1) : slope;
}

/* Loss of one output and its derivative. */
template <class T>
__device__ __forceinline__ T nn_loss_of(int kind, T huber, T d, T *derivative)
{
    const T size = d < 0 ? -d : d, sign = d > 0 ? T(1) : d < 0 ? T(-1) : T(0);
    if (kind == NN_MSE) {
        *derivative = 2 * d;
        return d * d;
    }
    if (kind == NN_MAE) {
        *derivative = sign;
        return size;
    }
    *derivative = size <= huber ? d : huber * sign;
    return size <= huber ? T(0.5) * d * d : huber * (size - T(0.5) * huber);
}

/* Hidden unit o of sample m of layer l from its sum z. */
template <class T>
__device__ __forceinline__ void nn_finish_hidden(const nn_pass<T> &pass, const nn_here<T> &here, int l, int m, int o, T z)
{
    const int n_out = pass.shape.width[l + 1];
    const T slope = pass.shape.activation == NN_LEAKY_RELU ? here.coefficient[NN_SLOPE] : T(0);
    T derivative, y = nn_activate(pass.shape.activation, slope, z, &derivative);
    const T p = here.coefficient[NN_DROPOUT];
    if (pass.dropout && p > 0) {
        const uint32_t threshold = static_cast<uint32_t>(p * T(4294967296.0));
        const uint64_t steps = (pass.count[here.net] + pass.batch - 1) / pass.batch;
        const uint64_t step = pass.first_step[here.net] + (here.epoch + pass.earlier_epochs) * steps + pass.first / pass.batch;
        const uint32_t word = nn_dropout_word(pass.choice[here.net].seed, l, step, static_cast<uint32_t>(here.from + m) * n_out + o);
        const T factor = word >= threshold ? 1 / (1 - p) : T(0);
        y *= factor;
        derivative *= factor;
    }
    const size_t at = (static_cast<size_t>(here.net) * pass.batch + m) * n_out + o;
    pass.activation[l + 1][at] = y;
    if (here.keep_slope)
        pass.slope[l + 1][at] = derivative;
}

/* Output o of sample m: stored in units of the target, or compared with it. Returns its loss. */
template <class T>
__device__ __forceinline__ T nn_finish_output(const nn_pass<T> &pass, const nn_here<T> &here, int m, int o, T z)
{
    const int n_out = pass.shape.width[pass.shape.n_layer];
    const T shift = pass.target_shift[here.net * n_out + o], scale = pass.target_scale[here.net * n_out + o];
    if (pass.last == NN_OUTPUT) {
        pass.output[here.net * pass.output_stride + static_cast<size_t>(pass.first + m) * n_out + o] = z / scale + shift;
        return 0;
    }
    const T y = pass.y[static_cast<size_t>(here.row[m]) * pass.n_y + o];
    T derivative;
    const T loss = nn_loss_of(pass.choice[here.net].loss, here.coefficient[NN_HUBER_DELTA], z - (y - shift) * scale, &derivative);
    if (pass.last == NN_TRAIN)
        pass.delta[pass.shape.n_layer][(static_cast<size_t>(here.net) * pass.batch + m) * n_out + o] =
            derivative / (static_cast<T>(here.whole) * n_out);
    return loss;
}

#endif
