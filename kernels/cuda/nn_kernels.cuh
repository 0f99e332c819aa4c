// SPDX-License-Identifier: BSD-3-Clause
/* nn_kernels.cuh - the three kernels of a step, for float (nn_mixed.cu) and double (nn_double.cu). */
#ifndef KD_NN_KERNELS_CUH
#define KD_NN_KERNELS_CUH

#include "kernels/cuda/nn_math.cuh"
#include "kernels/cuda/nn_tile.cuh"

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
