// SPDX-License-Identifier: BSD-3-Clause
/* cublas.cc - the cuBLAS stand-in: handle, vectors and matrix-vector products. Products of matrices are in
 * cublas_matrix.cc. */
#include "cublas.h"

using namespace emu;

namespace
{
/* Results of dot and nrm2: in host mode the call waits for them. */
template <class T>
cublasStatus_t deliver(const char *name, cublasHandle_t h, std::vector<operand> operands, T *result,
                       std::function<T()> compute)
{
    const bool on_device = h->pointer_mode == CUBLAS_POINTER_MODE_DEVICE;
    if (on_device)
        operands.push_back(matrix("result", result, 1, 1, 1, ACCESS_WRITE));
    else if (refuse_in_capture(name) != cudaSuccess)
        return CUBLAS_STATUS_EXECUTION_FAILED;
    if (!enqueue_call(name, h->stream, operands, [=] { *result = compute(); }))
        return CUBLAS_STATUS_EXECUTION_FAILED;
    if (!on_device)
        run_all(find_stream(h->stream));
    return broken() ? CUBLAS_STATUS_EXECUTION_FAILED : CUBLAS_STATUS_SUCCESS;
}

double plain(double x, bool)
{
    return x;
}
float plain(float x, bool)
{
    return x;
}
template <class T> std::complex<T> plain(std::complex<T> x, bool conjugate)
{
    return conjugate ? std::conj(x) : x;
}

/* Summed in order, in the type itself; FP32 sums in FP64. */
template <class T>
cublasStatus_t dot(const char *name, cublasHandle_t h, int n, const T *x, int incx, const T *y, int incy,
                   T *result, bool conjugate)
{
    EMU_CUBLAS_ENTER(name);
    if (!at_least(name, "incx", incx, 1) || !at_least(name, "incy", incy, 1))
        return CUBLAS_STATUS_NOT_SUPPORTED; /* cuBLAS takes others; the emulator does not need them */
    using H = host_of<T>;
    using wide = std::conditional_t<std::is_same_v<H, float>, double,
                                    std::conditional_t<std::is_same_v<H, complex_float>, complex_double, H>>;
    const H *a = host_view(x), *b = host_view(y);
    return deliver<H>(name, h, {vector("x", x, n, incx, ACCESS_READ), vector("y", y, n, incy, ACCESS_READ)},
                      host_view(result), [=] {
                          wide sum = 0;
                          for (long i = 0; i < n; i++)
                              sum += wide(plain(a[i * incx], conjugate)) * wide(b[i * incy]);
                          return H(sum);
                      });
}

template <class T, class R>
cublasStatus_t norm(const char *name, cublasHandle_t h, int n, const T *x, int incx, R *result,
                    R (*fortran)(const int *, const host_of<T> *, const int *))
{
    EMU_CUBLAS_ENTER(name);
    const host_of<T> *a = host_view(x);
    return deliver<R>(name, h, {vector("x", x, n, incx, ACCESS_READ)}, result,
                      [=] { return fortran(&n, a, &incx); });
}

template <class T>
cublasStatus_t add_scaled(const char *name, cublasHandle_t h, int n, const T *alpha, const T *x, int incx,
                          T *y, int incy)
{
    EMU_CUBLAS_ENTER(name);
    const scalar<host_of<T>> a(h, alpha);
    return EMU_CUBLAS_STATUS(enqueue_call(
        name, h->stream, {vector("x", x, n, incx, ACCESS_READ), vector("y", y, n, incy, ACCESS_ATOMIC)},
        [=] { axpy(n, a.get(), host_view(x), incx, host_view(y), incy); }));
}

template <class T, class A>
cublasStatus_t scale(const char *name, cublasHandle_t h, int n, const A *alpha, T *x, int incx)
{
    EMU_CUBLAS_ENTER(name);
    const scalar<host_of<A>> a(h, alpha);
    return EMU_CUBLAS_STATUS(enqueue_call(name, h->stream, {vector("x", x, n, incx, ACCESS_ATOMIC)},
                                          [=] { scal(n, host_of<T>(a.get()), host_view(x), incx); }));
}

template <class T>
cublasStatus_t multiply_vector(const char *name, cublasHandle_t h, cublasOperation_t op, int m, int n,
                               const T *alpha, const T *a, int lda, const T *x, int incx, const T *beta, T *y,
                               int incy)
{
    EMU_CUBLAS_ENTER(name);
    if (!at_least(name, "lda", lda, std::max(1, m)) || incx == 0 || incy == 0)
        return CUBLAS_STATUS_INVALID_VALUE;
    const scalar<host_of<T>> first(h, alpha), second(h, beta);
    const int n_in = op == CUBLAS_OP_N ? n : m, n_out = op == CUBLAS_OP_N ? m : n;
    return EMU_CUBLAS_STATUS(
        enqueue_call(name, h->stream,
                     {matrix("A", a, m, n, lda, ACCESS_READ), vector("x", x, n_in, incx, ACCESS_READ),
                      vector("y", y, n_out, incy, second.is_zero_now() ? ACCESS_WRITE : ACCESS_ATOMIC)},
                     [=] {
                         gemv(letter(op), m, n, first.get(), host_view(a), lda, host_view(x), incx,
                              second.get(), host_view(y), incy);
                     }));
}
} // namespace

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t *h)
{
    api_call call("cublasCreate");
    if (call.refused)
        return CUBLAS_STATUS_NOT_INITIALIZED;
    *h = new cublasContext;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy_v2(cublasHandle_t h)
{
    api_call call("cublasDestroy");
    if (!h)
        return CUBLAS_STATUS_NOT_INITIALIZED;
    delete h;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream_v2(cublasHandle_t h, cudaStream_t stream)
{
    EMU_CUBLAS_ENTER("cublasSetStream");
    h->stream = stream;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetStream_v2(cublasHandle_t h, cudaStream_t *stream)
{
    EMU_CUBLAS_ENTER("cublasGetStream");
    *stream = h->stream;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetPointerMode_v2(cublasHandle_t h, cublasPointerMode_t mode)
{
    EMU_CUBLAS_ENTER("cublasSetPointerMode");
    h->pointer_mode = mode;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetPointerMode_v2(cublasHandle_t h, cublasPointerMode_t *mode)
{
    EMU_CUBLAS_ENTER("cublasGetPointerMode");
    *mode = h->pointer_mode;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetMathMode(cublasHandle_t h, cublasMath_t mode)
{
    EMU_CUBLAS_ENTER("cublasSetMathMode");
    h->math_mode = mode;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetMathMode(cublasHandle_t h, cublasMath_t *mode)
{
    EMU_CUBLAS_ENTER("cublasGetMathMode");
    *mode = h->math_mode;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t h, void *workspace, size_t bytes)
{
    EMU_CUBLAS_ENTER("cublasSetWorkspace");
    return !bytes || device_range(workspace, bytes, "cublasSetWorkspace") ? CUBLAS_STATUS_SUCCESS
                                                                          : CUBLAS_STATUS_INVALID_VALUE;
}
cublasStatus_t cublasGetVersion_v2(cublasHandle_t, int *version)
{
    *version = CUBLAS_VERSION;
    return CUBLAS_STATUS_SUCCESS;
}
const char *cublasGetStatusString(cublasStatus_t status)
{
    return status == CUBLAS_STATUS_SUCCESS ? "the operation completed successfully"
                                           : "the emulated cuBLAS call failed";
}
const char *cublasGetStatusName(cublasStatus_t status)
{
    return status == CUBLAS_STATUS_SUCCESS ? "CUBLAS_STATUS_SUCCESS" : "CUBLAS_STATUS of a failure";
}

#define EMU_DOT(name, T, conjugate)                                                                          \
    cublasStatus_t name##_v2(cublasHandle_t h, int n, const T *x, int incx, const T *y, int incy, T *result) \
    {                                                                                                        \
        return dot(#name, h, n, x, incx, y, incy, result, conjugate);                                        \
    }
EMU_DOT(cublasSdot, float, false)
EMU_DOT(cublasDdot, double, false)
EMU_DOT(cublasCdotu, cuComplex, false)
EMU_DOT(cublasCdotc, cuComplex, true)
EMU_DOT(cublasZdotu, cuDoubleComplex, false)
EMU_DOT(cublasZdotc, cuDoubleComplex, true)

#define EMU_NORM(name, T, R, fortran)                                                                        \
    cublasStatus_t name##_v2(cublasHandle_t h, int n, const T *x, int incx, R *result)                       \
    {                                                                                                        \
        return norm(#name, h, n, x, incx, result, fortran);                                                  \
    }
EMU_NORM(cublasSnrm2, float, float, snrm2_)
EMU_NORM(cublasDnrm2, double, double, dnrm2_)
EMU_NORM(cublasScnrm2, cuComplex, float, scnrm2_)
EMU_NORM(cublasDznrm2, cuDoubleComplex, double, dznrm2_)

#define EMU_SCAL(name, T, A)                                                                                 \
    cublasStatus_t name##_v2(cublasHandle_t h, int n, const A *alpha, T *x, int incx)                        \
    {                                                                                                        \
        return scale(#name, h, n, alpha, x, incx);                                                           \
    }
EMU_SCAL(cublasSscal, float, float)
EMU_SCAL(cublasDscal, double, double)
EMU_SCAL(cublasCscal, cuComplex, cuComplex)
EMU_SCAL(cublasZscal, cuDoubleComplex, cuDoubleComplex)
EMU_SCAL(cublasCsscal, cuComplex, float)
EMU_SCAL(cublasZdscal, cuDoubleComplex, double)

#define EMU_AXPY_GEMV(p, T)                                                                                  \
    cublasStatus_t cublas##p##axpy_v2(cublasHandle_t h, int n, const T *alpha, const T *x, int incx, T *y,   \
                                      int incy)                                                              \
    {                                                                                                        \
        return add_scaled("cublas" #p "axpy", h, n, alpha, x, incx, y, incy);                                \
    }                                                                                                        \
    cublasStatus_t cublas##p##gemv_v2(cublasHandle_t h, cublasOperation_t op, int m, int n, const T *alpha,  \
                                      const T *a, int lda, const T *x, int incx, const T *beta, T *y,        \
                                      int incy)                                                              \
    {                                                                                                        \
        return multiply_vector("cublas" #p "gemv", h, op, m, n, alpha, a, lda, x, incx, beta, y, incy);      \
    }
EMU_AXPY_GEMV(S, float)
EMU_AXPY_GEMV(D, double)
EMU_AXPY_GEMV(C, cuComplex)
EMU_AXPY_GEMV(Z, cuDoubleComplex)
}
