// SPDX-License-Identifier: BSD-3-Clause
/* libraries.cuh - cuBLAS, cuSOLVER and cuFFT as the files of this backend use them: one handle per device, made at first use,
 * work space from the scratch arena. */
#ifndef KD_CUDA_LIBRARIES_CUH
#define KD_CUDA_LIBRARIES_CUH

#include <cublas_v2.h>
#include <cufft.h>
#include <cusolverDn.h>

#include "kernels/cuda/cuda.cuh"
#include "kernels/la_ops.h"

struct cuda_state { /* kd_device.state */
    cublasHandle_t blas;
    cusolverDnHandle_t solver;
    void *pinned; /* page-locked memory of the eigenproblems that the host solves; grows at first use of a size */
    size_t pinned_bytes;
    struct nn_graphs *nn; /* epochs that were captured (nn.cu) */
    struct xas_graph *xas; /* steps of chains that were captured (xas.cu) */
};
void cuda_nn_release(struct cuda_state *state);
void cuda_xas_release(struct cuda_state *state);

static inline struct cuda_state *cuda_state(const kd_device *dev)
{
    return static_cast<struct cuda_state *>(dev->state);
}

/* The end of cudaStreamBeginCapture, also when something failed in between (`recorded`): a stream must not stay in capture. *out is ready to be
 * launched, or nullptr. */
kd_status cuda_end_capture(cudaStream_t s, kd_status recorded, cudaGraphExec_t *out);

kd_status cuda_library_fail(const char *library, const char *call, int code);

#define BLAS_TRY(call)                                                                                       \
    do {                                                                                                     \
        cublasStatus_t blas_status_ = (call);                                                                \
        if (blas_status_ != CUBLAS_STATUS_SUCCESS)                                                           \
            return cuda_library_fail("cuBLAS", #call, static_cast<int>(blas_status_));                       \
    } while (0)
#define SOLVER_TRY(call)                                                                                     \
    do {                                                                                                     \
        cusolverStatus_t solver_status_ = (call);                                                            \
        if (solver_status_ != CUSOLVER_STATUS_SUCCESS)                                                       \
            return cuda_library_fail("cuSOLVER", #call, static_cast<int>(solver_status_));                   \
    } while (0)
#define FFT_TRY(call)                                                                                        \
    do {                                                                                                     \
        cufftResult fft_status_ = (call);                                                                    \
        if (fft_status_ != CUFFT_SUCCESS)                                                                    \
            return cuda_library_fail("cuFFT", #call, static_cast<int>(fft_status_));                         \
    } while (0)

/* What cuBLAS asks for on these cards (cuBLAS manual, cublasSetWorkspace). */
enum { BLAS_WORK = 4 << 20 };

/* The handles on a stream. cuda_blas takes BLAS_WORK bytes of scratch, which the op gives back at its end. */
kd_status cuda_blas(kd_device *dev, kd_stream *s, cublasHandle_t *blas);
kd_status cuda_solver(const kd_device *dev, kd_stream *s, cusolverDnHandle_t *solver);

/* c[n][ldc] (column j of m numbers) = alpha op(a) b + beta c, for `batch` products whose operands lie step_* numbers apart;
 * op(a) is a[k][lda] (adjoint: conj of a[m][lda]). */
struct product {
    enum la_type type;
    bool adjoint;
    int m, n, k;
    const void *a, *b;
    void *c;
    size_t lda, ldb, ldc;
    double alpha, beta;
    int batch;
    size_t step_a, step_b, step_c;
};
kd_status cuda_multiply(cublasHandle_t blas, const struct product *p);

/* Has n no factors but 2, 3, 5, 7? */
bool cuda_fft_length(int n);

/* to = from in the precision of `single`. */
kd_status cuda_convert(kd_stream *s, bool single, size_t count, const double *from_d, void *to_d);

/* Device memory of a set-up, through kedge's accounting. */
#define device_array(dev, count, ptr)                                                                        \
    kd_alloc_at((dev), (count) * sizeof **(ptr), reinterpret_cast<void **>(ptr), __FILE__, __LINE__)

#endif
