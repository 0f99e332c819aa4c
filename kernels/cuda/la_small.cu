// SPDX-License-Identifier: BSD-3-Clause
/* la_small.cu - small matrices: Cholesky factors on the device, eigenproblems on the host or by cuSOLVER.
 *
 * A card with 1/64-rate FP64 is latency bound here: up to HOST_MOST rows LAPACK on one core is faster than cuSOLVER (28 ms at 576
 * rows against an expected 30 to 60, transfers 0.2 ms), so that is where they go, as a host function of the stream: the op stays
 * asynchronous. Larger ones: cuSOLVER. */
#include "kernels/cuda/libraries.cuh"

enum { HOST_MOST = 700 };

static size_t cells_of(enum la_type type, int n)
{
    return static_cast<size_t>(n) * n * la_width(type);
}

/* ---- cuSOLVER's work space ---- */

static kd_status solver_work(const kd_device *dev, kd_stream *s, bool is_complex, int n, bool eigen, int *count)
{
    cusolverDnHandle_t solver;
    TRY(cuda_solver(dev, s, &solver));
    const cublasFillMode_t upper = CUBLAS_FILL_MODE_UPPER;
    if (eigen && is_complex)
        SOLVER_TRY(cusolverDnZheevd_bufferSize(solver, CUSOLVER_EIG_MODE_VECTOR, upper, n, nullptr, n, nullptr, count));
    else if (eigen)
        SOLVER_TRY(cusolverDnDsyevd_bufferSize(solver, CUSOLVER_EIG_MODE_VECTOR, upper, n, nullptr, n, nullptr, count));
    else if (is_complex)
        SOLVER_TRY(cusolverDnZpotrf_bufferSize(solver, upper, n, nullptr, n, count));
    else
        SOLVER_TRY(cusolverDnDpotrf_bufferSize(solver, upper, n, nullptr, n, count));
    return KD_OK;
}

size_t cuda_small_scratch(const kd_device *dev, int n)
{
    int factor = 0, eigen = 0;
    if (solver_work(dev, dev->stream, true, n, false, &factor) != KD_OK)
        factor = 0; /* the op itself will say why */
    if (n > HOST_MOST && solver_work(dev, dev->stream, true, n, true, &eigen) != KD_OK)
        eigen = 0;
    const size_t work = kd_scratch_round(static_cast<size_t>(factor > eigen ? factor : eigen) * 16);
    return 2 * kd_scratch_round(cells_of(LA_C64, n) * sizeof(double)) + work + kd_scratch_round(sizeof(int));
}

/* ---- Cholesky ---- */

/* m = unit matrix, one element per thread. */
__global__ void __launch_bounds__(256) unit_kernel(int n, int width, double *m)
{
    const size_t i = static_cast<size_t>(blockIdx.x) * 256 + threadIdx.x, cell = i / width;
    if (i < static_cast<size_t>(n) * n * width)
        m[i] = i % width == 0 && cell % n == cell / n;
}

/* Upper factor r of m = r^H r, in m; *info_d as LAPACK's. */
static kd_status factor(kd_device *dev, kd_stream *s, bool is_complex, int n, double *m_d, int *info_d)
{
    cusolverDnHandle_t solver;
    int count;
    double *work;
    TRY(cuda_solver(dev, s, &solver));
    TRY(solver_work(dev, s, is_complex, n, false, &count));
    TRY(scratch(dev, static_cast<size_t>(count) * (is_complex ? 2 : 1), &work));
    if (is_complex)
        SOLVER_TRY(cusolverDnZpotrf(solver, CUBLAS_FILL_MODE_UPPER, n, reinterpret_cast<cuDoubleComplex *>(m_d), n,
                                    reinterpret_cast<cuDoubleComplex *>(work), count, info_d));
    else
        SOLVER_TRY(cusolverDnDpotrf(solver, CUBLAS_FILL_MODE_UPPER, n, m_d, n, work, count, info_d));
    return KD_OK;
}

/* b <- r^-1 b (left) or b <- b r^-1, or with r^-H (left). */
static kd_status solve(cublasHandle_t blas, bool is_complex, int n, const double *r_d, bool left, bool adjoint, double *b_d)
{
    const cublasSideMode_t side = left ? CUBLAS_SIDE_LEFT : CUBLAS_SIDE_RIGHT;
    const cublasOperation_t op = adjoint ? CUBLAS_OP_C : CUBLAS_OP_N;
    const double one = 1;
    const cuDoubleComplex complex_one = {1, 0};
    if (is_complex)
        BLAS_TRY(cublasZtrsm(blas, side, CUBLAS_FILL_MODE_UPPER, op, CUBLAS_DIAG_NON_UNIT, n, n, &complex_one,
                             reinterpret_cast<const cuDoubleComplex *>(r_d), n, reinterpret_cast<cuDoubleComplex *>(b_d), n));
    else
        BLAS_TRY(cublasDtrsm(blas, side, CUBLAS_FILL_MODE_UPPER, op, CUBLAS_DIAG_NON_UNIT, n, n, &one, r_d, n, b_d, n));
    return KD_OK;
}

static kd_status orthonormalizer(kd_device *dev, kd_stream *s, enum la_type type, int n, double *m_d, int *info_d)
{
    const size_t cells = cells_of(type, n);
    cublasHandle_t blas;
    double *inverse;
    TRY(cuda_blas(dev, s, &blas));
    TRY(factor(dev, s, la_is_complex(type), n, m_d, info_d));
    TRY(scratch(dev, cells, &inverse));
    CUDA_TRY(LAUNCH(unit_kernel, dim3(blocks_for(cells, 256)), dim3(256), 0, cuda_stream(s), n, static_cast<int>(la_width(type)), inverse));
    TRY(solve(blas, la_is_complex(type), n, m_d, true, false, inverse));
    CUDA_TRY(cudaMemcpyAsync(m_d, inverse, cells * sizeof(double), cudaMemcpyDeviceToDevice, cuda_stream(s)));
    return KD_OK;
}

kd_status cuda_la_orthonormalizer(kd_device *dev, kd_stream *s, enum la_type type, int n, double *m_d, int *info_d)
{
    const size_t mark = kd_scratch_mark(dev);
    const kd_status status = orthonormalizer(dev, s, type, n, m_d, info_d);
    kd_scratch_release(dev, mark);
    return status;
}

/* ---- eigenproblems on the host ---- */

struct host_problem { /* at the start of the page-locked memory; m, s, w follow */
    bool is_complex, general;
    int n, info;
    double *m, *s, *w;
};

static void CUDART_CB solve_on_host(void *argument)
{
    struct host_problem *p = static_cast<struct host_problem *>(argument);
    p->info = kd_host_eigh(p->is_complex, p->n, p->m, p->general ? p->s : nullptr, p->w);
}

/* At least that much page-locked memory that nothing reads any more. */
static kd_status pinned_memory(struct cuda_state *state, kd_stream *s, size_t bytes)
{
    if (state->pinned)
        CUDA_TRY(cudaStreamSynchronize(cuda_stream(s)));
    if (bytes > state->pinned_bytes) {
        CUDA_TRY(cudaFreeHost(state->pinned));
        state->pinned = nullptr;
        state->pinned_bytes = 0;
        CUDA_TRY(cudaHostAlloc(&state->pinned, bytes, cudaHostAllocDefault));
        state->pinned_bytes = bytes;
    }
    return KD_OK;
}

static kd_status eigh_on_host(kd_device *dev, kd_stream *s, enum la_type type, int n, double *m_d, double *s_d, double *w_d, int *info_d)
{
    const size_t cells = cells_of(type, n), bytes = cells * sizeof(double), head = kd_scratch_round(sizeof(struct host_problem));
    struct cuda_state *state = cuda_state(dev);
    TRY(pinned_memory(state, s, head + 2 * bytes + n * sizeof(double)));
    struct host_problem *p = static_cast<struct host_problem *>(state->pinned);
    p->is_complex = la_is_complex(type);
    p->general = s_d != nullptr;
    p->n = n;
    p->m = reinterpret_cast<double *>(static_cast<char *>(state->pinned) + head);
    p->s = p->m + cells;
    p->w = p->s + cells;
    CUDA_TRY(cudaMemcpyAsync(p->m, m_d, bytes, cudaMemcpyDeviceToHost, cuda_stream(s)));
    if (s_d)
        CUDA_TRY(cudaMemcpyAsync(p->s, s_d, bytes, cudaMemcpyDeviceToHost, cuda_stream(s)));
    CUDA_TRY(cudaLaunchHostFunc(cuda_stream(s), solve_on_host, p));
    CUDA_TRY(cudaMemcpyAsync(m_d, p->m, bytes, cudaMemcpyHostToDevice, cuda_stream(s)));
    CUDA_TRY(cudaMemcpyAsync(w_d, p->w, n * sizeof(double), cudaMemcpyHostToDevice, cuda_stream(s)));
    CUDA_TRY(cudaMemcpyAsync(info_d, &p->info, sizeof(int), cudaMemcpyHostToDevice, cuda_stream(s)));
    return KD_OK;
}

/* ---- eigenproblems by cuSOLVER ---- */

/* What potrf (or 0) and heevd said, as la_ops.eigh reports it. */
__global__ void __launch_bounds__(1) report_kernel(const int *cholesky, const int *eigen, int *info)
{
    *info = cholesky && *cholesky != 0 ? *cholesky : *eigen != 0 ? -1 : 0;
}

static __device__ __forceinline__ double conjugate(double x)
{
    return x;
}

static __device__ __forceinline__ double2 conjugate(double2 x)
{
    return make_double2(x.x, -x.y);
}

/* The lower triangle from the upper one, one element per thread: solve() multiplies whole matrices. */
template <class T>
__global__ void __launch_bounds__(256) mirror_kernel(int n, T *m)
{
    const size_t i = static_cast<size_t>(blockIdx.x) * 256 + threadIdx.x;
    const size_t row = i % n, column = i / n;
    if (column >= static_cast<size_t>(n) || row <= column)
        return;
    m[i] = conjugate(m[row * n + column]);
}

static kd_status decompose(kd_device *dev, kd_stream *s, bool is_complex, int n, double *m_d, double *w_d, int *info_d)
{
    cusolverDnHandle_t solver;
    int count;
    double *work;
    const cublasFillMode_t upper = CUBLAS_FILL_MODE_UPPER;
    TRY(cuda_solver(dev, s, &solver));
    TRY(solver_work(dev, s, is_complex, n, true, &count));
    TRY(scratch(dev, static_cast<size_t>(count) * (is_complex ? 2 : 1), &work));
    if (is_complex)
        SOLVER_TRY(cusolverDnZheevd(solver, CUSOLVER_EIG_MODE_VECTOR, upper, n, reinterpret_cast<cuDoubleComplex *>(m_d), n, w_d,
                                    reinterpret_cast<cuDoubleComplex *>(work), count, info_d));
    else
        SOLVER_TRY(cusolverDnDsyevd(solver, CUSOLVER_EIG_MODE_VECTOR, upper, n, m_d, n, w_d, work, count, info_d));
    return KD_OK;
}

static kd_status eigh_on_device(kd_device *dev, kd_stream *s, enum la_type type, int n, double *m_d, double *s_d, double *w_d, int *info_d)
{
    const bool is_complex = la_is_complex(type);
    const dim3 grid(blocks_for(static_cast<size_t>(n) * n, 256)), block(256);
    cublasHandle_t blas;
    int *info; /* of the factor, of the eigenvalues */
    TRY(cuda_blas(dev, s, &blas));
    TRY(scratch(dev, 2, &info));
    const size_t mark = kd_scratch_mark(dev);
    if (s_d) {
        if (is_complex)
            CUDA_TRY(LAUNCH(mirror_kernel<double2>, grid, block, 0, cuda_stream(s), n, reinterpret_cast<double2 *>(m_d)));
        else
            CUDA_TRY(LAUNCH(mirror_kernel<double>, grid, block, 0, cuda_stream(s), n, m_d));
        TRY(factor(dev, s, is_complex, n, s_d, &info[0]));
        TRY(solve(blas, is_complex, n, s_d, true, true, m_d));
        TRY(solve(blas, is_complex, n, s_d, false, false, m_d));
        kd_scratch_release(dev, mark);
    }
    TRY(decompose(dev, s, is_complex, n, m_d, w_d, &info[1]));
    if (s_d)
        TRY(solve(blas, is_complex, n, s_d, true, false, m_d));
    CUDA_TRY(LAUNCH(report_kernel, dim3(1), dim3(1), 0, cuda_stream(s), s_d ? &info[0] : nullptr, &info[1], info_d));
    return KD_OK;
}

kd_status cuda_la_eigh(kd_device *dev, kd_stream *s, enum la_type type, int n, double *m_d, double *s_d, double *w_d, int *info_d)
{
    TRY(cuda_bind(dev));
    if (n <= HOST_MOST)
        return eigh_on_host(dev, s, type, n, m_d, s_d, w_d, info_d);
    const size_t mark = kd_scratch_mark(dev);
    const kd_status status = eigh_on_device(dev, s, type, n, m_d, s_d, w_d, info_d);
    kd_scratch_release(dev, mark);
    return status;
}
