// SPDX-License-Identifier: BSD-3-Clause
/* nn_products.cu - the opponent: the same step with cuBLAS products, one strided batch over the nets per layer, and plain kernels between
 * them. KEDGE_NN_PRODUCTS=cublas takes it in place of the tiles of nn_kernels.cuh (bench_nn, twin_nn_products); FP32 and FP64, no bfloat16.
 *
 * Rows beyond a net's batch are zeros everywhere, so that products over the whole batch are those over its rows. */
#include "kernels/cuda/nn_products.cuh"

#include <cstdlib>

#include "kernels/cuda/libraries.cuh"
#include "kernels/cuda/nn_math.cuh"

bool nn_products_wanted(void)
{
    const char *wanted = getenv("KEDGE_NN_PRODUCTS");
    return wanted && strcmp(wanted, "cublas") == 0;
}

template <class T>
size_t nn_products_bytes(const struct nn_group *group, int batch)
{
    const size_t rows = static_cast<size_t>(group->n_net) * batch;
    return kd_scratch_round(rows * group->shape.width[0] * sizeof(T)) +
           kd_scratch_round(group->n_net * nn_parameter_count(&group->shape) * sizeof(T)) + kd_scratch_round(BLAS_WORK);
}
template size_t nn_products_bytes<float>(const struct nn_group *, int);
template size_t nn_products_bytes<double>(const struct nn_group *, int);

template <class T>
kd_status nn_products_begin(kd_device *dev, cudaStream_t s, nn_pass<T> *pass)
{
    cublasHandle_t blas;
    TRY(cuda_blas(dev, reinterpret_cast<kd_stream *>(s), &blas));
    pass->products = blas;
    TRY(scratch(dev, static_cast<size_t>(pass->n_net) * pass->batch * pass->shape.width[0], &pass->activation[0]));
    return scratch(dev, pass->n_net * pass->n_parameter, &pass->own_gradient);
}
template kd_status nn_products_begin(kd_device *, cudaStream_t, nn_pass<float> *);
template kd_status nn_products_begin(kd_device *, cudaStream_t, nn_pass<double> *);

/* c[net] = op(a[net]) op(b[net]) for all nets, column-major. */
template <class T>
struct batch_of_products {
    cublasOperation_t op_a, op_b;
    int m, n, k;
    const T *a, *b;
    T *c;
    int lda, ldb, ldc;
    size_t step_a, step_b, step_c;
};

static cublasStatus_t multiply(cublasHandle_t blas, const batch_of_products<float> &p, int n_net)
{
    const float one = 1, zero = 0;
    return cublasSgemmStridedBatched(blas, p.op_a, p.op_b, p.m, p.n, p.k, &one, p.a, p.lda, static_cast<long long>(p.step_a), p.b, p.ldb,
                                     static_cast<long long>(p.step_b), &zero, p.c, p.ldc, static_cast<long long>(p.step_c), n_net);
}

static cublasStatus_t multiply(cublasHandle_t blas, const batch_of_products<double> &p, int n_net)
{
    const double one = 1, zero = 0;
    return cublasDgemmStridedBatched(blas, p.op_a, p.op_b, p.m, p.n, p.k, &one, p.a, p.lda, static_cast<long long>(p.step_a), p.b, p.ldb,
                                     static_cast<long long>(p.step_b), &zero, p.c, p.ldc, static_cast<long long>(p.step_c), n_net);
}

/* ---- kernels between the products: one thread per number of one net, blockIdx.z ---- */

template <class T>
__global__ void __launch_bounds__(256) products_gather(const nn_pass<T> pass)
{
    const nn_here<T> here(pass);
    const int n_in = pass.shape.width[0], at = blockIdx.x * 256 + threadIdx.x;
    if (at >= pass.batch * n_in)
        return;
    const int m = at / n_in, i = at % n_in;
    T x = 0;
    if (m < here.n) {
        x = pass.x[static_cast<size_t>(here.row[m]) * pass.n_x + pass.choice[here.net].column + i];
        x = (x - pass.input_shift[here.net * n_in + i]) * pass.input_scale[here.net * n_in + i];
    }
    pass.activation[0][static_cast<size_t>(here.net) * pass.batch * n_in + at] = x;
}

template <class T>
__global__ void __launch_bounds__(256) products_hidden(const nn_pass<T> pass, int l)
{
    const nn_here<T> here(pass);
    const int n_out = pass.shape.width[l + 1], at = blockIdx.x * 256 + threadIdx.x;
    if (at >= pass.batch * n_out)
        return;
    const int m = at / n_out, o = at % n_out;
    T *z = pass.activation[l + 1] + static_cast<size_t>(here.net) * pass.batch * n_out + at;
    const T *bias = pass.state + here.net * NN_N_PART * pass.n_parameter + pass.weight[l] + static_cast<size_t>(pass.shape.width[l]) * n_out;
    if (m < here.n)
        nn_finish_hidden(pass, here, l, m, o, *z + bias[o]);
    else
        *z = 0;
}

/* One block per part of NN_LOSS_ROWS x NN_LOSS_COLUMNS outputs: targets, delta, the part's sum of losses. */
template <class T>
__global__ void __launch_bounds__(NN_LOSS_ROWS *NN_LOSS_COLUMNS) products_output(const nn_pass<T> pass)
{
    __shared__ T loss[NN_LOSS_ROWS][NN_LOSS_COLUMNS + 1];
    const nn_here<T> here(pass);
    const int l = pass.shape.n_layer - 1, n_out = pass.shape.width[l + 1];
    const int row = threadIdx.x / NN_LOSS_COLUMNS, column = threadIdx.x % NN_LOSS_COLUMNS;
    const int m = blockIdx.y * NN_LOSS_ROWS + row, o = blockIdx.x * NN_LOSS_COLUMNS + column;
    const size_t at = (static_cast<size_t>(here.net) * pass.batch + m) * n_out + o;
    const T *bias = pass.state + here.net * NN_N_PART * pass.n_parameter + pass.weight[l] + static_cast<size_t>(pass.shape.width[l]) * n_out;
    T mine = 0;
    if (m < here.n && o < n_out)
        mine = nn_finish_output(pass, here, m, o, pass.activation[l + 1][at] + bias[o]);
    else if (m < pass.batch && o < n_out && pass.last == NN_TRAIN)
        pass.delta[l + 1][at] = 0;
    loss[row][column] = mine;
    __syncthreads();
    if (threadIdx.x > 0 || static_cast<int>(blockIdx.y) * NN_LOSS_ROWS >= here.n || pass.last == NN_OUTPUT)
        return;
    T sum = 0;
    for (int r = 0; r < NN_LOSS_ROWS; r++) {
        T line = 0;
        for (int c = 0; c < NN_LOSS_COLUMNS; c++)
            line += loss[r][c];
        sum += line;
    }
    pass.partial[(static_cast<size_t>(here.net) * NN_PARTIAL_STEPS + pass.partial_slot) * pass.n_partial +
                 blockIdx.y * nn_loss_columns(&pass.shape) + blockIdx.x] = sum;
}

template <class T>
__global__ void __launch_bounds__(256) products_derivative(const nn_pass<T> pass, int l)
{
    const nn_here<T> here(pass);
    const int n_in = pass.shape.width[l], at = blockIdx.x * 256 + threadIdx.x;
    if (at >= pass.batch * n_in)
        return;
    const size_t place = static_cast<size_t>(here.net) * pass.batch * n_in + at;
    const T slope = pass.shape.activation == NN_LEAKY_RELU ? here.coefficient[NN_SLOPE] : T(0);
    const bool there = at / n_in < here.n;
    const T derivative = !there             ? T(0)
                         : here.keep_slope  ? pass.slope[l][place]
                                            : nn_derivative(pass.shape.activation, slope, pass.activation[l][place]);
    pass.delta[l][place] = there ? pass.delta[l][place] * derivative : T(0);
}

/* One thread per output of layer l: the gradient of its bias. */
template <class T>
__global__ void __launch_bounds__(64) products_bias(const nn_pass<T> pass, int l, T *gradient)
{
    const nn_here<T> here(pass);
    const int n_out = pass.shape.width[l + 1], o = blockIdx.x * 64 + threadIdx.x;
    if (o >= n_out)
        return;
    const T *delta = pass.delta[l + 1] + static_cast<size_t>(here.net) * pass.batch * n_out;
    T sum = 0;
    for (int m = 0; m < here.n; m++)
        sum += delta[static_cast<size_t>(m) * n_out + o];
    gradient[here.net * pass.n_parameter + pass.weight[l] + static_cast<size_t>(pass.shape.width[l]) * n_out + o] = sum;
}

/* ---- a step ---- */

template <class T>
static dim3 grid_of(const nn_pass<T> &pass, size_t items, int per_block)
{
    return dim3(blocks_for(items, per_block), 1, pass.n_net);
}

template <class T>
kd_status nn_products_forward(const nn_pass<T> &pass, cudaStream_t s)
{
    const size_t state = NN_N_PART * pass.n_parameter;
    const int n_layer = pass.shape.n_layer, n_in = pass.shape.width[0];
    CUDA_TRY(LAUNCH(products_gather<T>, grid_of(pass, static_cast<size_t>(pass.batch) * n_in, 256), dim3(256), 0, s, pass));
    for (int l = 0; l < n_layer; l++) {
        const int in = pass.shape.width[l], out = pass.shape.width[l + 1];
        const size_t rows = pass.batch;
        BLAS_TRY(multiply(static_cast<cublasHandle_t>(pass.products),
                          batch_of_products<T>{CUBLAS_OP_T, CUBLAS_OP_N, out, pass.batch, in, pass.state + pass.weight[l], pass.activation[l],
                                               pass.activation[l + 1], in, in, out, state, rows * in, rows * out}, pass.n_net));
        if (l + 1 < n_layer)
            CUDA_TRY(LAUNCH(products_hidden<T>, grid_of(pass, rows * out, 256), dim3(256), 0, s, pass, l));
    }
    const dim3 parts(nn_loss_columns(&pass.shape), blocks_for(pass.batch, NN_LOSS_ROWS), pass.n_net);
    CUDA_TRY(LAUNCH(products_output<T>, parts, dim3(NN_LOSS_ROWS * NN_LOSS_COLUMNS), 0, s, pass));
    return KD_OK;
}
template kd_status nn_products_forward(const nn_pass<float> &, cudaStream_t);
template kd_status nn_products_forward(const nn_pass<double> &, cudaStream_t);

template <class T>
kd_status nn_products_backward(const nn_pass<T> &pass, cudaStream_t s)
{
    const size_t state = NN_N_PART * pass.n_parameter, rows = pass.batch;
    T *gradient = pass.gradient ? pass.gradient : pass.own_gradient;
    const cublasHandle_t blas = static_cast<cublasHandle_t>(pass.products);
    for (int l = pass.shape.n_layer - 1; l >= 0; l--) {
        const int in = pass.shape.width[l], out = pass.shape.width[l + 1];
        BLAS_TRY(multiply(blas, batch_of_products<T>{CUBLAS_OP_N, CUBLAS_OP_T, in, out, pass.batch, pass.activation[l], pass.delta[l + 1],
                                                     gradient + pass.weight[l], in, out, in, rows * in, rows * out, pass.n_parameter},
                          pass.n_net));
        CUDA_TRY(LAUNCH(products_bias<T>, grid_of(pass, out, 64), dim3(64), 0, s, pass, l, gradient));
        if (l == 0)
            break;
        BLAS_TRY(multiply(blas, batch_of_products<T>{CUBLAS_OP_N, CUBLAS_OP_N, in, pass.batch, out, pass.state + pass.weight[l],
                                                     pass.delta[l + 1], pass.delta[l], in, out, in, state, rows * out, rows * in},
                          pass.n_net));
        CUDA_TRY(LAUNCH(products_derivative<T>, grid_of(pass, rows * in, 256), dim3(256), 0, s, pass, l));
    }
    if (!pass.gradient)
        CUDA_TRY(nn_launch_update(pass, static_cast<const T *>(gradient), s));
    return KD_OK;
}
template kd_status nn_products_backward(const nn_pass<float> &, cudaStream_t);
template kd_status nn_products_backward(const nn_pass<double> &, cudaStream_t);
