// SPDX-License-Identifier: BSD-3-Clause
/* cusolver.cc - the cuSOLVER stand-in over LAPACK: eigenvalues by divide and conquer, Cholesky factors. */
#include <cusolverDn.h>

#include "cublas.h"

struct cusolverDnContext {
    cudaStream_t stream = nullptr;
};

using namespace emu;

namespace
{
int eigen(char job, char uplo, int n, float *a, int lda, float *w)
{
    int info = 0, n_work = 1 + 6 * n + 2 * n * n, n_integer = 3 + 5 * n;
    std::vector<float> work(static_cast<size_t>(n_work));
    std::vector<int> integer(static_cast<size_t>(n_integer));
    ssyevd_(&job, &uplo, &n, a, &lda, w, work.data(), &n_work, integer.data(), &n_integer, &info);
    return info;
}
int eigen(char job, char uplo, int n, double *a, int lda, double *w)
{
    int info = 0, n_work = 1 + 6 * n + 2 * n * n, n_integer = 3 + 5 * n;
    std::vector<double> work(static_cast<size_t>(n_work));
    std::vector<int> integer(static_cast<size_t>(n_integer));
    dsyevd_(&job, &uplo, &n, a, &lda, w, work.data(), &n_work, integer.data(), &n_integer, &info);
    return info;
}
int eigen(char job, char uplo, int n, complex_float *a, int lda, float *w)
{
    int info = 0, n_work = 2 * n + n * n, n_real = 1 + 5 * n + 2 * n * n, n_integer = 3 + 5 * n;
    std::vector<complex_float> work(static_cast<size_t>(std::max(1, n_work)));
    std::vector<float> real(static_cast<size_t>(n_real));
    std::vector<int> integer(static_cast<size_t>(n_integer));
    cheevd_(&job, &uplo, &n, a, &lda, w, work.data(), &n_work, real.data(), &n_real, integer.data(),
            &n_integer, &info);
    return info;
}
int eigen(char job, char uplo, int n, complex_double *a, int lda, double *w)
{
    int info = 0, n_work = 2 * n + n * n, n_real = 1 + 5 * n + 2 * n * n, n_integer = 3 + 5 * n;
    std::vector<complex_double> work(static_cast<size_t>(std::max(1, n_work)));
    std::vector<double> real(static_cast<size_t>(n_real));
    std::vector<int> integer(static_cast<size_t>(n_integer));
    zheevd_(&job, &uplo, &n, a, &lda, w, work.data(), &n_work, real.data(), &n_real, integer.data(),
            &n_integer, &info);
    return info;
}

/* Work space that the caller must bring, as the real library asks for; LAPACK's own is not taken from it. */
int eigen_work(int n)
{
    return n * n + 6 * n + 64;
}
int cholesky_work(int n)
{
    return n * 32 + 64;
}

std::vector<operand> triangle_of(const void *a, size_t element, cublasFillMode_t uplo, int n, int lda)
{
    std::vector<operand> columns;
    const char *start = static_cast<const char *>(a);
    for (int c = 0; c < n; c++) {
        const size_t first = uplo == CUBLAS_FILL_MODE_LOWER ? size_t(c) : 0,
                     rows = uplo == CUBLAS_FILL_MODE_LOWER ? size_t(n - c) : size_t(c) + 1;
        columns.push_back(
            operand{"A", start + (size_t(c) * lda + first) * element, rows * element, 0, 1, ACCESS_READ});
    }
    return columns;
}

template <class T, class R>
cusolverStatus_t decompose(const char *name, cusolverDnHandle_t h, cusolverEigMode_t mode,
                           cublasFillMode_t uplo, int n, T *a, int lda, R *w, T *work, int n_work, int *info)
{
    api_call call(name);
    if (call.refused)
        return CUSOLVER_STATUS_EXECUTION_FAILED;
    if (!h)
        return CUSOLVER_STATUS_NOT_INITIALIZED;
    if (!at_least(name, "n", n, 0) || !at_least(name, "lda", lda, std::max(1, n)) ||
        !at_least(name, "lwork", n_work, eigen_work(n)))
        return CUSOLVER_STATUS_INVALID_VALUE;
    std::vector<operand> operands = triangle_of(a, sizeof(T), uplo, n, lda);
    operands.push_back(matrix("A", a, n, n, lda, ACCESS_WRITE));
    operands.push_back(matrix("W", w, n, 1, std::max(1, n), ACCESS_WRITE));
    operands.push_back(matrix("work", work, n_work, 1, n_work, ACCESS_WRITE));
    operands.push_back(matrix("devInfo", info, 1, 1, 1, ACCESS_WRITE));
    const char job = mode == CUSOLVER_EIG_MODE_VECTOR ? 'V' : 'N';
    const bool queued = enqueue_call(name, h->stream, operands,
                                     [=] { *info = eigen(job, letter(uplo), n, host_view(a), lda, w); });
    return queued ? CUSOLVER_STATUS_SUCCESS : CUSOLVER_STATUS_EXECUTION_FAILED;
}

template <class T>
cusolverStatus_t factor(const char *name, cusolverDnHandle_t h, cublasFillMode_t uplo, int n, T *a, int lda,
                        T *work, int n_work, int *info)
{
    api_call call(name);
    if (call.refused)
        return CUSOLVER_STATUS_EXECUTION_FAILED;
    if (!h)
        return CUSOLVER_STATUS_NOT_INITIALIZED;
    if (!at_least(name, "n", n, 0) || !at_least(name, "lda", lda, std::max(1, n)) ||
        !at_least(name, "lwork", n_work, cholesky_work(n)))
        return CUSOLVER_STATUS_INVALID_VALUE;
    std::vector<operand> operands = triangle_of(a, sizeof(T), uplo, n, lda);
    for (operand &column : operands)
        column.kind = ACCESS_ATOMIC;
    operands.push_back(matrix("work", work, n_work, 1, n_work, ACCESS_WRITE));
    operands.push_back(matrix("devInfo", info, 1, 1, 1, ACCESS_WRITE));
    const bool queued =
        enqueue_call(name, h->stream, operands, [=] { *info = potrf(letter(uplo), n, host_view(a), lda); });
    return queued ? CUSOLVER_STATUS_SUCCESS : CUSOLVER_STATUS_EXECUTION_FAILED;
}

template <class T>
cusolverStatus_t solve(const char *name, cusolverDnHandle_t h, cublasFillMode_t uplo, int n, int columns,
                       const T *a, int lda, T *b, int ldb, int *info)
{
    api_call call(name);
    if (call.refused)
        return CUSOLVER_STATUS_EXECUTION_FAILED;
    if (!h)
        return CUSOLVER_STATUS_NOT_INITIALIZED;
    if (!at_least(name, "n", n, 0) || !at_least(name, "nrhs", columns, 0) ||
        !at_least(name, "lda", lda, std::max(1, n)) || !at_least(name, "ldb", ldb, std::max(1, n)))
        return CUSOLVER_STATUS_INVALID_VALUE;
    std::vector<operand> operands = triangle_of(a, sizeof(T), uplo, n, lda);
    operands.push_back(matrix("B", b, n, columns, ldb, ACCESS_ATOMIC));
    operands.push_back(matrix("devInfo", info, 1, 1, 1, ACCESS_WRITE));
    const bool queued = enqueue_call(name, h->stream, operands, [=] {
        *info = potrs(letter(uplo), n, columns, host_view(a), lda, host_view(b), ldb);
    });
    return queued ? CUSOLVER_STATUS_SUCCESS : CUSOLVER_STATUS_EXECUTION_FAILED;
}
} // namespace

extern "C" {

cusolverStatus_t cusolverDnCreate(cusolverDnHandle_t *h)
{
    api_call call("cusolverDnCreate");
    if (call.refused)
        return CUSOLVER_STATUS_NOT_INITIALIZED;
    *h = new cusolverDnContext;
    return CUSOLVER_STATUS_SUCCESS;
}
cusolverStatus_t cusolverDnDestroy(cusolverDnHandle_t h)
{
    api_call call("cusolverDnDestroy");
    if (!h)
        return CUSOLVER_STATUS_NOT_INITIALIZED;
    delete h;
    return CUSOLVER_STATUS_SUCCESS;
}
cusolverStatus_t cusolverDnSetStream(cusolverDnHandle_t h, cudaStream_t stream)
{
    api_call call("cusolverDnSetStream");
    if (!h || call.refused)
        return CUSOLVER_STATUS_NOT_INITIALIZED;
    h->stream = stream;
    return CUSOLVER_STATUS_SUCCESS;
}

#define EMU_EIGEN(name, T, R)                                                                                \
    cusolverStatus_t name##_bufferSize(cusolverDnHandle_t h, cusolverEigMode_t, cublasFillMode_t, int n,     \
                                       const T *, int lda, const R *, int *n_work)                           \
    {                                                                                                        \
        if (!h)                                                                                              \
            return CUSOLVER_STATUS_NOT_INITIALIZED;                                                          \
        if (!at_least(#name "_bufferSize", "lda", lda, std::max(1, n)))                                      \
            return CUSOLVER_STATUS_INVALID_VALUE;                                                            \
        *n_work = eigen_work(n);                                                                             \
        return CUSOLVER_STATUS_SUCCESS;                                                                      \
    }                                                                                                        \
    cusolverStatus_t name(cusolverDnHandle_t h, cusolverEigMode_t mode, cublasFillMode_t uplo, int n, T *a,  \
                          int lda, R *w, T *work, int n_work, int *info)                                     \
    {                                                                                                        \
        return decompose(#name, h, mode, uplo, n, a, lda, w, work, n_work, info);                            \
    }
EMU_EIGEN(cusolverDnSsyevd, float, float)
EMU_EIGEN(cusolverDnDsyevd, double, double)
EMU_EIGEN(cusolverDnCheevd, cuComplex, float)
EMU_EIGEN(cusolverDnZheevd, cuDoubleComplex, double)

#define EMU_CHOLESKY(p, T)                                                                                   \
    cusolverStatus_t cusolverDn##p##potrf_bufferSize(cusolverDnHandle_t h, cublasFillMode_t, int n, T *,     \
                                                     int lda, int *n_work)                                   \
    {                                                                                                        \
        if (!h)                                                                                              \
            return CUSOLVER_STATUS_NOT_INITIALIZED;                                                          \
        if (!at_least("cusolverDn" #p "potrf_bufferSize", "lda", lda, std::max(1, n)))                       \
            return CUSOLVER_STATUS_INVALID_VALUE;                                                            \
        *n_work = cholesky_work(n);                                                                          \
        return CUSOLVER_STATUS_SUCCESS;                                                                      \
    }                                                                                                        \
    cusolverStatus_t cusolverDn##p##potrf(cusolverDnHandle_t h, cublasFillMode_t uplo, int n, T *a, int lda, \
                                          T *work, int n_work, int *info)                                    \
    {                                                                                                        \
        return factor("cusolverDn" #p "potrf", h, uplo, n, a, lda, work, n_work, info);                      \
    }                                                                                                        \
    cusolverStatus_t cusolverDn##p##potrs(cusolverDnHandle_t h, cublasFillMode_t uplo, int n, int columns,   \
                                          const T *a, int lda, T *b, int ldb, int *info)                     \
    {                                                                                                        \
        return solve("cusolverDn" #p "potrs", h, uplo, n, columns, a, lda, b, ldb, info);                    \
    }
EMU_CHOLESKY(S, float)
EMU_CHOLESKY(D, double)
EMU_CHOLESKY(C, cuComplex)
EMU_CHOLESKY(Z, cuDoubleComplex)
}
