// SPDX-License-Identifier: BSD-3-Clause
/* nn_kernels.cuh - the three kernels of a step, for float (nn_mixed.cu) and double (nn_double.cu). */
#ifndef KD_NN_KERNELS_CUH
#define KD_NN_KERNELS_CUH

#include "kernels/cuda/nn.cuh"
#include "kernels/cuda/nn_tile.cuh"
#include "kernels/nn_dropout.h"

template <class T>
struct nn_tiles {
    using small = nn_tile<NN_SMALL_ROWS, NN_SMALL_COLUMNS, 4, 2>;
    using square = nn_tile<32, 32, 4, 4>;
    using large = nn_tile<NN_LARGE, NN_LARGE, 4, 4>;
    using tensor_small = nn_tile_bf16<NN_SMALL_ROWS, NN_SMALL_COLUMNS>;
    using tensor_square = nn_tile_bf16<32, 32>;
    using tensor_large = nn_tile_bf16<NN_LARGE, NN_LARGE>;
};

template <>
struct nn_tiles<double> { /* a double is two registers */
    using small = nn_tile<NN_SMALL_ROWS, NN_SMALL_COLUMNS, 2, 2>;
    using square = nn_tile<32, 32, 2, 2>;
    using large = nn_tile<NN_LARGE, NN_LARGE, 4, 2>;
    using tensor_small = small; /* there is no bfloat16 in double precision */
    using tensor_square = square;
    using tensor_large = large;
};

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

/* Losses of a tile, summed over parts of NN_LOSS_ROWS x NN_LOSS_COLUMNS whatever the shape of the tile, so that the mean has the same bits
 * whichever tile made it: columns of a row in order, then rows in order. */
template <class T, class S>
__device__ __forceinline__ void nn_sum_tile(const nn_pass<T> &pass, const nn_here<T> &here, int m0, int o0, T *shared)
{
    constexpr int PARTS_DOWN = S::TM / NN_LOSS_ROWS, PARTS = PARTS_DOWN * (S::TN / NN_LOSS_COLUMNS);
    static_assert(S::TM * (S::TN / NN_LOSS_COLUMNS) <= S::THREADS, "one thread per row of a part");
    const int t = threadIdx.x, row = t % S::TM, column = t / S::TM * NN_LOSS_COLUMNS, n_out = pass.shape.width[pass.shape.n_layer];
    T sum = 0;
    __syncthreads();
    for (int o = 0; column < S::TN && o < NN_LOSS_COLUMNS; o++)
        sum += shared[row * (S::TN + 1) + column + o];
    __syncthreads();
    if (column < S::TN)
        shared[t] = sum;
    __syncthreads();
    if (t >= PARTS)
        return;
    const int down = t % PARTS_DOWN, across = t / PARTS_DOWN;
    const int part_row = m0 / NN_LOSS_ROWS + down, part_column = o0 / NN_LOSS_COLUMNS + across;
    if (part_row * NN_LOSS_ROWS >= here.n || part_column * NN_LOSS_COLUMNS >= n_out)
        return;
    sum = 0;
    for (int m = 0; m < NN_LOSS_ROWS; m++)
        sum += shared[across * S::TM + down * NN_LOSS_ROWS + m];
    pass.partial[(static_cast<size_t>(here.net) * NN_PARTIAL_STEPS + pass.partial_slot) * pass.n_partial +
                 part_row * nn_loss_columns(&pass.shape) + part_column] = sum;
}

/* One block: TM samples x TN units of layer l of one net; reads inputs and weights, writes activations, or for the last layer
 * delta and partial sums of the loss. Grid: (units / TN, samples / TM, nets). */
template <class T, class S>
__global__ void __launch_bounds__(S::THREADS, S::BLOCKS) nn_forward(const nn_pass<T> pass, int l)
{
    __shared__ __align__(16) T shared[S::SHARED];
    const nn_here<T> here(pass);
    const int n_in = pass.shape.width[l], n_out = pass.shape.width[l + 1], o0 = blockIdx.x * S::TN, m0 = blockIdx.y * S::TM;
    if (m0 >= here.n)
        return;
    const T *weight = pass.state + here.net * NN_N_PART * pass.n_parameter + pass.weight[l];
    const T *bias = weight + static_cast<size_t>(n_in) * n_out;
    nn_tile_product<T, S, true, true>(
        n_in, [&](int m, int k) { return nn_input(pass, here, l, m0 + m, k); },
        [&](int k, int o) { return o0 + o < n_out ? weight[static_cast<size_t>(o0 + o) * n_in + k] : T(0); }, shared);
    const bool last = l + 1 == pass.shape.n_layer, summed = last && pass.last != NN_OUTPUT;
    nn_tile_each<T, S>(shared, [&](int m, int o, T sum) {
        T loss = 0;
        if (m0 + m < here.n && o0 + o < n_out) {
            const T z = sum + bias[o0 + o];
            if (last)
                loss = nn_finish_output(pass, here, m0 + m, o0 + o, z);
            else
                nn_finish_hidden(pass, here, l, m0 + m, o0 + o, z);
        }
        if (summed)
            shared[m * (S::TN + 1) + o] = loss; /* the very element that this thread has read */
    });
    if (summed)
        nn_sum_tile<T, S>(pass, here, m0, o0, shared);
}

/* One block: TM samples x TN inputs of layer l of one net; delta of its inputs from delta of its outputs. */
template <class T, class S>
__global__ void __launch_bounds__(S::THREADS, S::BLOCKS) nn_backward(const nn_pass<T> pass, int l)
{
    __shared__ __align__(16) T shared[S::SHARED];
    const nn_here<T> here(pass);
    const int n_in = pass.shape.width[l], n_out = pass.shape.width[l + 1], i0 = blockIdx.x * S::TN, m0 = blockIdx.y * S::TM;
    if (m0 >= here.n)
        return;
    const T *weight = pass.state + here.net * NN_N_PART * pass.n_parameter + pass.weight[l];
    const T *delta = pass.delta[l + 1] + static_cast<size_t>(here.net) * pass.batch * n_out;
    nn_tile_product<T, S, true, false>(
        n_out, [&](int m, int k) { return m0 + m < here.n ? delta[static_cast<size_t>(m0 + m) * n_out + k] : T(0); },
        [&](int k, int i) { return i0 + i < n_in ? weight[static_cast<size_t>(k) * n_in + i0 + i] : T(0); }, shared);
    const T slope = pass.shape.activation == NN_LEAKY_RELU ? here.coefficient[NN_SLOPE] : T(0);
    nn_tile_each<T, S>(shared, [&](int m, int i, T sum) {
        if (m0 + m >= here.n || i0 + i >= n_in)
            return;
        const size_t at = (static_cast<size_t>(here.net) * pass.batch + m0 + m) * n_in + i0 + i;
        const T derivative = here.keep_slope ? pass.slope[l][at]
                                             : nn_derivative(pass.shape.activation, slope, pass.activation[l][at]);
        pass.delta[l][at] = sum * derivative;
    });
}

/* One parameter: an Adam step (Kingma and Ba 2015, in PyTorch's order of operations), or its gradient is stored. */
template <class T>
__device__ __forceinline__ void nn_step(const nn_pass<T> &pass, const nn_here<T> &here, size_t at, T gradient)
{
    if (pass.gradient) {
        pass.gradient[here.net * pass.n_parameter + at] = gradient;
        return;
    }
    T *w = pass.state + here.net * NN_N_PART * pass.n_parameter + at, *m = w + pass.n_parameter, *v = m + pass.n_parameter;
    const T *c = here.coefficient, *rate = pass.rate + here.net * pass.rate_stride + here.epoch * pass.rate_epoch;
    const T g = gradient + c[NN_L2] * *w;
    const T m1 = c[NN_BETA1] * *m + c[NN_ONE_MINUS_BETA1] * g, v1 = c[NN_BETA2] * *v + c[NN_ONE_MINUS_BETA2] * g * g;
    *m = m1;
    *v = v1;
    *w = rate[NN_DECAY] * *w - rate[NN_STEP_SIZE] * m1 / (nn_sqrt(v1) * rate[NN_INV_ROOT] + c[NN_EPSILON]);
}

/* One block: TM outputs x TN inputs of the weights of one layer of one net, summed over the batch, and stepped. Tiles of all layers
 * stand one after the other in blockIdx.x; the tile that holds input 0 also takes the biases. */
template <class T, class S>
__global__ void __launch_bounds__(S::THREADS, S::BLOCKS) nn_update(const nn_pass<T> pass)
{
    __shared__ __align__(16) T shared[S::SHARED];
    const nn_here<T> here(pass);
    if (here.n <= 0)
        return;
    int l = 0, tile = blockIdx.x, columns;
    for (;; l++) {
        columns = (pass.shape.width[l] + S::TN - 1) / S::TN;
        const int tiles = columns * ((pass.shape.width[l + 1] + S::TM - 1) / S::TM);
        if (tile < tiles)
            break;
        tile -= tiles;
    }
    const int n_in = pass.shape.width[l], n_out = pass.shape.width[l + 1];
    const int o0 = tile / columns * S::TM, i0 = tile % columns * S::TN;
    const T *delta = pass.delta[l + 1] + static_cast<size_t>(here.net) * pass.batch * n_out;
    nn_tile_product<T, S, false, false>(
        here.n, [&](int o, int k) { return o0 + o < n_out ? delta[static_cast<size_t>(k) * n_out + o0 + o] : T(0); },
        [&](int k, int i) { return nn_input(pass, here, l, k, i0 + i); }, shared);
    nn_tile_each<T, S>(shared, [&](int o, int i, T sum) {
        if (o0 + o < n_out && i0 + i < n_in)
            nn_step(pass, here, pass.weight[l] + static_cast<size_t>(o0 + o) * n_in + i0 + i, sum);
    });
    for (int o = threadIdx.x; i0 == 0 && o < S::TM && o0 + o < n_out; o += S::THREADS) {
        T sum = 0;
        for (int m = 0; m < here.n; m++)
            sum += delta[static_cast<size_t>(m) * n_out + o0 + o];
        nn_step(pass, here, pass.weight[l] + static_cast<size_t>(n_in) * n_out + o0 + o, sum);
    }
}

/* One thread per parameter of one net, blockIdx.z: its step by a gradient that is there. */
template <class T>
__global__ void __launch_bounds__(256) nn_apply(const nn_pass<T> pass, const T *gradient)
{
    const nn_here<T> here(pass);
    const size_t at = static_cast<size_t>(blockIdx.x) * 256 + threadIdx.x;
    if (here.whole > 0 && at < pass.n_parameter)
        nn_step(pass, here, at, gradient[here.net * pass.n_parameter + at]);
}

/* ---- launches ---- */

template <class T, class S>
static cudaError_t nn_forward_all(const nn_pass<T> &pass, cudaStream_t s)
{
    cudaError_t error = cudaSuccess;
    for (int l = 0; error == cudaSuccess && l < pass.shape.n_layer; l++) {
        const dim3 grid(blocks_for(pass.shape.width[l + 1], S::TN), blocks_for(pass.batch, S::TM), pass.n_net);
        error = LAUNCH(nn_forward<T, S>, grid, dim3(S::THREADS), 0, s, pass, l);
    }
    return error;
}

template <class T>
cudaError_t nn_launch_forward(const nn_pass<T> &pass, cudaStream_t s)
{
    using tiles = nn_tiles<T>;
    if (pass.n_net >= NN_MANY_NETS)
        return pass.bf16 ? nn_forward_all<T, typename tiles::tensor_large>(pass, s) : nn_forward_all<T, typename tiles::large>(pass, s);
    return pass.bf16 ? nn_forward_all<T, typename tiles::tensor_small>(pass, s) : nn_forward_all<T, typename tiles::small>(pass, s);
}

template <class T, class S, class U>
static cudaError_t nn_backward_all(const nn_pass<T> &pass, cudaStream_t s)
{
    cudaError_t error = cudaSuccess;
    unsigned tiles = 0;
    for (int l = pass.shape.n_layer - 1; error == cudaSuccess && l >= 0; l--) {
        const int n_in = pass.shape.width[l];
        tiles += blocks_for(n_in, U::TN) * blocks_for(pass.shape.width[l + 1], U::TM);
        const dim3 grid(blocks_for(n_in, S::TN), blocks_for(pass.batch, S::TM), pass.n_net);
        if (l > 0)
            error = LAUNCH(nn_backward<T, S>, grid, dim3(S::THREADS), 0, s, pass, l);
    }
    if (error == cudaSuccess)
        error = LAUNCH(nn_update<T, U>, dim3(tiles, 1, pass.n_net), dim3(U::THREADS), 0, s, pass);
    return error;
}

template <class T>
cudaError_t nn_launch_backward(const nn_pass<T> &pass, cudaStream_t s)
{
    using tiles = nn_tiles<T>;
    if (pass.n_net >= NN_MANY_NETS)
        return pass.bf16 ? nn_backward_all<T, typename tiles::tensor_large, typename tiles::tensor_large>(pass, s)
                         : nn_backward_all<T, typename tiles::large, typename tiles::large>(pass, s);
    return pass.bf16 ? nn_backward_all<T, typename tiles::tensor_small, typename tiles::tensor_square>(pass, s)
                     : nn_backward_all<T, typename tiles::small, typename tiles::square>(pass, s);
}

template <class T>
cudaError_t nn_launch_update(const nn_pass<T> &pass, const T *gradient, cudaStream_t s)
{
    return LAUNCH(nn_apply<T>, dim3(blocks_for(pass.n_parameter, 256), 1, pass.n_net), dim3(256), 0, s, pass, gradient);
}

#endif
