// SPDX-License-Identifier: BSD-3-Clause
/* libraries.cu - handles of cuBLAS and cuSOLVER, products of every type, their errors. */
#include "kernels/cuda/libraries.cuh"

kd_status cuda_library_fail(const char *library, const char *call, int code)
{
    (void)cudaGetLastError();
    return kd_fail(KD_EDEVICE, "cuda: %s: %s returned %d", library, call, code);
}

kd_status cuda_blas(kd_device *dev, kd_stream *s, cublasHandle_t *blas)
{
    struct cuda_state *state = cuda_state(dev);
    unsigned char *work;
    TRY(cuda_bind(dev));
    if (!state->blas)
        BLAS_TRY(cublasCreate(&state->blas));
    TRY(scratch(dev, BLAS_WORK, &work));
    BLAS_TRY(cublasSetStream(state->blas, cuda_stream(s)));
    BLAS_TRY(cublasSetWorkspace(state->blas, work, BLAS_WORK)); /* setting the stream has dropped the last one */
    *blas = state->blas;
    return KD_OK;
}

kd_status cuda_solver(const kd_device *dev, kd_stream *s, cusolverDnHandle_t *solver)
{
    struct cuda_state *state = cuda_state(dev);
    TRY(cuda_bind(dev));
    if (!state->solver)
        SOLVER_TRY(cusolverDnCreate(&state->solver));
    SOLVER_TRY(cusolverDnSetStream(state->solver, cuda_stream(s)));
    *solver = state->solver;
    return KD_OK;
}

/* T: cuBLAS's name of the type; scalar: alpha and beta from real numbers. */
template <class T, class Scalar, class Routine>
static kd_status multiply_as(cublasHandle_t blas, const struct product *p, cublasOperation_t adjoint, Scalar scalar, Routine routine)
{
    const T alpha = scalar(p->alpha), beta = scalar(p->beta);
    BLAS_TRY(routine(blas, p->adjoint ? adjoint : CUBLAS_OP_N, CUBLAS_OP_N, p->m, p->n, p->k, &alpha, static_cast<const T *>(p->a),
                     static_cast<int>(p->lda), static_cast<long long>(p->step_a), static_cast<const T *>(p->b),
                     static_cast<int>(p->ldb), static_cast<long long>(p->step_b), &beta, static_cast<T *>(p->c),
                     static_cast<int>(p->ldc), static_cast<long long>(p->step_c), p->batch));
    return KD_OK;
}

kd_status cuda_multiply(cublasHandle_t blas, const struct product *p)
{
    switch (p->type) {
    case LA_F32:
        return multiply_as<float>(blas, p, CUBLAS_OP_T, [](double x) { return static_cast<float>(x); }, cublasSgemmStridedBatched);
    case LA_F64:
        return multiply_as<double>(blas, p, CUBLAS_OP_T, [](double x) { return x; }, cublasDgemmStridedBatched);
    case LA_C32:
        return multiply_as<cuComplex>(blas, p, CUBLAS_OP_C, [](double x) { return make_cuComplex(static_cast<float>(x), 0); },
                                      cublasCgemmStridedBatched);
    default:
        return multiply_as<cuDoubleComplex>(blas, p, CUBLAS_OP_C, [](double x) { return make_cuDoubleComplex(x, 0); },
                                            cublasZgemmStridedBatched);
    }
}

/* One number per thread. */
template <class T>
__global__ void __launch_bounds__(256) convert_kernel(size_t count, const double *from, T *to)
{
    const size_t i = static_cast<size_t>(blockIdx.x) * 256 + threadIdx.x;
    if (i < count)
        to[i] = static_cast<T>(from[i]);
}

kd_status cuda_convert(kd_stream *s, bool single, size_t count, const double *from_d, void *to_d)
{
    const dim3 grid(blocks_for(count, 256)), block(256);
    if (single)
        CUDA_TRY(LAUNCH(convert_kernel<float>, grid, block, 0, cuda_stream(s), count, from_d, static_cast<float *>(to_d)));
    else
        CUDA_TRY(LAUNCH(convert_kernel<double>, grid, block, 0, cuda_stream(s), count, from_d, static_cast<double *>(to_d)));
    return KD_OK;
}

bool cuda_fft_length(int n)
{
    for (int factor = 2; factor <= 7; factor++)
        while (n > 1 && n % factor == 0)
            n /= factor;
    return n == 1;
}
