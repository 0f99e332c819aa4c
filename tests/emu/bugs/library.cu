// SPDX-License-Identifier: BSD-3-Clause
/* library.cu - bugs in calls of cuBLAS, cuFFT, cuSOLVER. */
#include "bugs.h"

#include <cublas_v2.h>
#include <cufft.h>
#include <cusolverDn.h>

namespace
{
bool wrong_leading_dimension(bool planted)
{
    /* c[4][2] = a[4][3] b[3][2], column-major; the row length of C code is the tempting mistake. */
    device_array<double> a(std::vector<double>(12, 1.0)), b(std::vector<double>(6, 2.0)), c(8);
    const double one = 1, zero = 0;
    cublasHandle_t h = nullptr;
    MUST(cublasCreate(&h));
    const cublasStatus_t status =
        cublasDgemm(h, CUBLAS_OP_N, CUBLAS_OP_N, 4, 2, 3, &one, a.p, planted ? 3 : 4, b.p, 3, &zero, c.p, 4);
    MUST(cublasDestroy(h));
    MUST(status);
    MUST(cudaDeviceSynchronize());
    return c.download() == std::vector<double>(8, 6.0);
}

bool transform_longer_than_array(bool planted)
{
    device_array<cufftDoubleComplex> x(std::vector<cufftDoubleComplex>(64, cufftDoubleComplex{1, 0}));
    cufftHandle plan = 0;
    MUST(cufftPlan3d(&plan, 4, 4, planted ? 5 : 4, CUFFT_Z2Z));
    const cufftResult status = cufftExecZ2Z(plan, x.p, x.p, CUFFT_FORWARD);
    MUST(cufftDestroy(plan));
    MUST(status);
    MUST(cudaDeviceSynchronize());
    return x.download()[0].x == 64.0;
}

bool work_space_too_small(bool planted)
{
    device_array<double> a(std::vector<double>{2, 1, 1, 2}), w(2);
    device_array<int> info(1);
    cusolverDnHandle_t h = nullptr;
    int n_work = 0;
    MUST(cusolverDnCreate(&h));
    MUST(cusolverDnDsyevd_bufferSize(h, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, 2, a.p, 2, w.p,
                                     &n_work));
    device_array<double> work(size_t(n_work) - (planted ? 1 : 0));
    const cusolverStatus_t status = cusolverDnDsyevd(h, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, 2,
                                                     a.p, 2, w.p, work.p, n_work, info.p);
    MUST(cusolverDnDestroy(h));
    MUST(status);
    MUST(cudaDeviceSynchronize());
    const std::vector<double> e = w.download();
    return std::fabs(e[0] - 1) < 1e-14 && std::fabs(e[1] - 3) < 1e-14; /* rounding of a 2x2 matrix */
}
} // namespace

const std::vector<planted_bug> library_bugs = {
    {"wrong_leading_dimension", wrong_leading_dimension},
    {"transform_longer_than_array", transform_longer_than_array},
    {"work_space_too_small", work_space_too_small},
};
