// SPDX-License-Identifier: BSD-3-Clause
/* cublas.h - what the files of the cuBLAS stand-in share: the handle, scalars by pointer mode, types of C++.
 */
#ifndef EMU_CUBLAS_H
#define EMU_CUBLAS_H

#include <cublas_v2.h>

#include "blas.h"
#include "library.h"

struct cublasContext {
    cudaStream_t stream = nullptr;
    cublasPointerMode_t pointer_mode = CUBLAS_POINTER_MODE_HOST;
    cublasMath_t math_mode = CUBLAS_DEFAULT_MATH;
};

namespace emu
{
/* std::complex for cuComplex, itself for the rest: same layout. */
template <class T> struct host_type {
    typedef T type;
};
template <> struct host_type<cuComplex> {
    typedef complex_float type;
};
template <> struct host_type<cuDoubleComplex> {
    typedef complex_double type;
};
template <class T> using host_of = typename host_type<T>::type;

template <class T> const host_of<T> *host_view(const T *p)
{
    return reinterpret_cast<const host_of<T> *>(p);
}
template <class T> host_of<T> *host_view(T *p)
{
    return reinterpret_cast<host_of<T> *>(p);
}

/* alpha or beta: read now, or when the work runs. */
template <class T> struct scalar {
    const T *device;
    T value;
    scalar(const cublasContext *h, const void *p)
        : device(h->pointer_mode == CUBLAS_POINTER_MODE_DEVICE ? static_cast<const T *>(p) : nullptr),
          value(device ? T() : *static_cast<const T *>(p))
    {
    }
    T get() const
    {
        return device ? *device : value;
    }
    bool is_zero_now() const
    {
        return !device && value == T();
    }
};

inline char letter(cublasOperation_t op)
{
    return op == CUBLAS_OP_N ? 'N' : op == CUBLAS_OP_T ? 'T' : 'C';
}
inline char letter(cublasFillMode_t uplo)
{
    return uplo == CUBLAS_FILL_MODE_LOWER ? 'L' : 'U';
}
inline char letter(cublasSideMode_t side)
{
    return side == CUBLAS_SIDE_LEFT ? 'L' : 'R';
}
inline char letter(cublasDiagType_t diag)
{
    return diag == CUBLAS_DIAG_UNIT ? 'U' : 'N';
}
} // namespace emu

/* First lines of every routine; `call` and `h` must exist afterwards. */
#define EMU_CUBLAS_ENTER(name)                                                                               \
    emu::api_call call(name);                                                                                \
    if (call.refused)                                                                                        \
        return CUBLAS_STATUS_EXECUTION_FAILED;                                                               \
    if (!h)                                                                                                  \
    return CUBLAS_STATUS_NOT_INITIALIZED

#define EMU_CUBLAS_STATUS(queued) ((queued) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED)

#endif
