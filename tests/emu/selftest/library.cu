// SPDX-License-Identifier: BSD-3-Clause
/* library.cu - the stand-ins for cuFFT, cuBLAS and cuSOLVER against sums over all terms. */
#include "selftest.h"

#include <cublas_v2.h>
#include <cufft.h>
#include <cusolverDn.h>

#include <complex>

namespace
{
typedef std::complex<double> complex;

double number(int i)
{
    return std::sin(1.0 + 1.7 * i);
}
complex complex_number(int i)
{
    return complex(number(2 * i), number(2 * i + 1));
}
std::vector<complex> complex_numbers(int n, int first = 0)
{
    std::vector<complex> x(static_cast<size_t>(n));
    for (int i = 0; i < n; i++)
        x[size_t(i)] = complex_number(first + i);
    return x;
}
cuDoubleComplex *z(device_array<complex> &a)
{
    return reinterpret_cast<cuDoubleComplex *>(a.p);
}

/* Rounding of sums of up to a few hundred terms of order one. */
constexpr double sum_rounding = 1e-12;
constexpr double single_rounding = 1e-4;

/* ---- cuFFT: 3-D Z2Z forward against the sum, and back; R2C and C2R there and back ---- */

complex transformed(const std::vector<complex> &x, const int n[3], int a, int b, int c)
{
    complex sum = 0;
    for (int i = 0; i < n[0]; i++)
        for (int j = 0; j < n[1]; j++)
            for (int k = 0; k < n[2]; k++)
                sum +=
                    x[size_t((i * n[1] + j) * n[2] + k)] *
                    std::polar(1.0, -2 * M_PI *
                                        (double(a * i) / n[0] + double(b * j) / n[1] + double(c * k) / n[2]));
    return sum;
}

bool transforms_agree_with_the_sum()
{
    const int n[3] = {4, 3, 5};
    const std::vector<complex> x = complex_numbers(60);
    device_array<complex> dx(x);
    cufftHandle plan = 0;
    cudaStream_t s = nullptr;
    MUST(cudaStreamCreate(&s));
    MUST(cufftPlan3d(&plan, n[0], n[1], n[2], CUFFT_Z2Z));
    MUST(cufftSetStream(plan, s));
    MUST(cufftExecZ2Z(plan, z(dx), z(dx), CUFFT_FORWARD));
    MUST(cudaStreamSynchronize(s));
    const std::vector<complex> y = dx.download();
    double error = 0;
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 3; b++)
            for (int c = 0; c < 5; c++)
                error =
                    std::max(error, std::abs(y[size_t((a * 3 + b) * 5 + c)] - transformed(x, n, a, b, c)));
    MUST(cufftExecZ2Z(plan, z(dx), z(dx), CUFFT_INVERSE));
    MUST(cudaStreamSynchronize(s));
    const std::vector<complex> back = dx.download();
    for (size_t i = 0; i < 60; i++)
        error = std::max(error, std::abs(back[i] / 60.0 - x[i]));
    MUST(cufftDestroy(plan));
    MUST(cudaStreamDestroy(s));
    return error < sum_rounding;
}

bool strided_batches_and_real_transforms_return()
{
    /* 3 transforms of length 8, interleaved: stride 3, distance 1. */
    int n = 8, embed = 8;
    const std::vector<complex> x = complex_numbers(24, 7);
    device_array<complex> dx(x);
    cufftHandle many = 0, forward = 0, backward = 0;
    MUST(cufftPlanMany(&many, 1, &n, &embed, 3, 1, &embed, 3, 1, CUFFT_Z2Z, 3));
    MUST(cufftExecZ2Z(many, z(dx), z(dx), CUFFT_FORWARD));
    MUST(cudaDeviceSynchronize());
    const std::vector<complex> y = dx.download();
    double error = 0;
    for (int batch = 0; batch < 3; batch++)
        for (int a = 0; a < 8; a++) {
            complex sum = 0;
            for (int i = 0; i < 8; i++)
                sum += x[size_t(3 * i + batch)] * std::polar(1.0, -2 * M_PI * a * i / 8.0);
            error = std::max(error, std::abs(sum - y[size_t(3 * a + batch)]));
        }
    std::vector<float> r(48);
    for (int i = 0; i < 48; i++)
        r[size_t(i)] = float(number(i));
    device_array<float> dr(r), back(48);
    device_array<cufftComplex> half(4 * 7);
    MUST(cufftPlan2d(&forward, 4, 12, CUFFT_R2C));
    MUST(cufftPlan2d(&backward, 4, 12, CUFFT_C2R));
    MUST(cufftExecR2C(forward, dr.p, half.p));
    MUST(cufftExecC2R(backward, half.p, back.p));
    MUST(cudaDeviceSynchronize());
    const std::vector<float> got = back.download();
    for (size_t i = 0; i < 48; i++)
        if (std::fabs(got[i] / 48 - r[i]) > single_rounding)
            return false;
    MUST(cufftDestroy(many));
    MUST(cufftDestroy(forward));
    MUST(cufftDestroy(backward));
    return error < sum_rounding;
}

/* ---- cuBLAS ---- */

bool matrix_products_agree_with_the_sum()
{
    const int m = 5, n = 4, k = 6, lda = 7, ldb = 6, ldc = 5;
    const std::vector<complex> a = complex_numbers(lda * m, 1), b = complex_numbers(ldb * n, 2),
                               c = complex_numbers(ldc * n, 3);
    device_array<complex> da(a), db(b), dc(c);
    const complex alpha(0.5, -1), beta(2, 0.25);
    cublasHandle_t h = nullptr;
    MUST(cublasCreate(&h));
    /* a is [k][m] column-major, conjugate-transposed */
    MUST(cublasZgemm(h, CUBLAS_OP_C, CUBLAS_OP_N, m, n, k, reinterpret_cast<const cuDoubleComplex *>(&alpha),
                     z(da), lda, z(db), ldb, reinterpret_cast<const cuDoubleComplex *>(&beta), z(dc), ldc));
    complex dot;
    double norm = 0;
    MUST(cublasZdotc(h, 10, z(da), 2, z(db), 1, reinterpret_cast<cuDoubleComplex *>(&dot)));
    MUST(cublasDznrm2(h, 10, z(da), 1, &norm));
    MUST(cudaDeviceSynchronize());
    const std::vector<complex> got = dc.download();
    double error = 0, want_norm = 0;
    complex want_dot = 0;
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            complex sum = 0;
            for (int l = 0; l < k; l++)
                sum += std::conj(a[size_t(i * lda + l)]) * b[size_t(j * ldb + l)];
            error = std::max(
                error, std::abs(got[size_t(j * ldc + i)] - (alpha * sum + beta * c[size_t(j * ldc + i)])));
        }
    for (size_t i = 0; i < 10; i++) {
        want_dot += std::conj(a[2 * i]) * b[i];
        want_norm += std::norm(a[i]);
    }
    MUST(cublasDestroy(h));
    return error < sum_rounding && std::abs(dot - want_dot) < sum_rounding &&
           std::fabs(norm - std::sqrt(want_norm)) < sum_rounding;
}

bool device_scalars_are_read_when_the_work_runs()
{
    device_array<double> x(std::vector<double>(8, 3.0)), y(std::vector<double>(8, 1.0)), result(1);
    cublasHandle_t h = nullptr;
    MUST(cublasCreate(&h));
    MUST(cublasSetPointerMode(h, CUBLAS_POINTER_MODE_DEVICE));
    MUST(cublasDdot(h, 8, x.p, 1, x.p, 1, result.p)); /* 72, and used before the host could know it */
    MUST(cublasDaxpy(h, 8, result.p, x.p, 1, y.p, 1));
    MUST(cublasDestroy(h));
    MUST(cudaDeviceSynchronize());
    return y.download() == std::vector<double>(8, 217.0);
}

bool mixed_products_sum_in_single()
{
    const int n = 8;
    std::vector<__half> a(64), b(64);
    std::vector<float> fa(64), fb(64);
    for (int i = 0; i < 64; i++) {
        a[size_t(i)] = __float2half(fa[size_t(i)] = float(i % 5 - 2));
        b[size_t(i)] = __float2half(fb[size_t(i)] = float(i % 7 - 3));
    }
    device_array<__half> da(a), db(b);
    device_array<float> c(64);
    const float one = 1, zero = 0;
    cublasHandle_t h = nullptr;
    MUST(cublasCreate(&h));
    MUST(cublasGemmEx(h, CUBLAS_OP_N, CUBLAS_OP_T, n, n, n, &one, da.p, CUDA_R_16F, n, db.p, CUDA_R_16F, n,
                      &zero, c.p, CUDA_R_32F, n, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT));
    MUST(cudaDeviceSynchronize());
    MUST(cublasDestroy(h));
    const std::vector<float> got = c.download();
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            float sum = 0; /* small integers: exact */
            for (int k = 0; k < n; k++)
                sum += fa[size_t(k * n + i)] * fb[size_t(k * n + j)];
            if (sum != got[size_t(j * n + i)])
                return false;
        }
    return true;
}

/* ---- cuSOLVER: H = V E V^H, and L L^H with the triangular solve ---- */

std::vector<complex> hermitian(int n)
{
    std::vector<complex> a(static_cast<size_t>(n * n));
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            const complex v = i == j ? complex(n + number(i), 0) : complex_number(i * n + j) / double(n);
            a[size_t(j * n + i)] = v;
            a[size_t(i * n + j)] = std::conj(v);
        }
    return a;
}

bool eigenvectors_diagonalise()
{
    const int n = 6;
    const std::vector<complex> a = hermitian(n);
    device_array<complex> da(a);
    device_array<double> w(n);
    device_array<int> info(1);
    cusolverDnHandle_t h = nullptr;
    int n_work = 0;
    MUST(cusolverDnCreate(&h));
    MUST(cusolverDnZheevd_bufferSize(h, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, n, z(da), n, w.p,
                                     &n_work));
    device_array<complex> work(static_cast<size_t>(n_work));
    MUST(cusolverDnZheevd(h, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, n, z(da), n, w.p, z(work),
                          n_work, info.p));
    MUST(cudaDeviceSynchronize());
    MUST(cusolverDnDestroy(h));
    const std::vector<complex> v = da.download();
    const std::vector<double> e = w.download();
    double error = info.download()[0];
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            complex sum = 0;
            for (int k = 0; k < n; k++)
                sum += e[size_t(k)] * v[size_t(k * n + i)] * std::conj(v[size_t(k * n + j)]);
            error = std::max(error, std::abs(sum - a[size_t(j * n + i)]));
        }
    return error < sum_rounding;
}

bool cholesky_factors_solve()
{
    const int n = 6;
    const std::vector<complex> a = hermitian(n), b = complex_numbers(n, 5);
    device_array<complex> da(a), db(b);
    device_array<int> info(1);
    const cuDoubleComplex one = {1, 0};
    cusolverDnHandle_t h = nullptr;
    cublasHandle_t blas = nullptr;
    int n_work = 0;
    MUST(cusolverDnCreate(&h));
    MUST(cublasCreate(&blas));
    MUST(cusolverDnZpotrf_bufferSize(h, CUBLAS_FILL_MODE_LOWER, n, z(da), n, &n_work));
    device_array<complex> work(static_cast<size_t>(n_work));
    MUST(cusolverDnZpotrf(h, CUBLAS_FILL_MODE_LOWER, n, z(da), n, z(work), n_work, info.p));
    for (cublasOperation_t op : {CUBLAS_OP_N, CUBLAS_OP_C})
        MUST(cublasZtrsm(blas, CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_LOWER, op, CUBLAS_DIAG_NON_UNIT, n, 1, &one,
                         z(da), n, z(db), n));
    MUST(cudaDeviceSynchronize());
    MUST(cusolverDnDestroy(h));
    MUST(cublasDestroy(blas));
    const std::vector<complex> x = db.download();
    double error = info.download()[0];
    for (int i = 0; i < n; i++) {
        complex sum = 0;
        for (int j = 0; j < n; j++)
            sum += a[size_t(j * n + i)] * x[size_t(j)];
        error = std::max(error, std::abs(sum - b[size_t(i)]));
    }
    return error < sum_rounding;
}
} // namespace

const std::vector<statement> library_statements = {
    {"transforms agree with the sum", transforms_agree_with_the_sum},
    {"strided batches and real transforms return", strided_batches_and_real_transforms_return},
    {"matrix products agree with the sum", matrix_products_agree_with_the_sum},
    {"device scalars are read when the work runs", device_scalars_are_read_when_the_work_runs},
    {"mixed products sum in single", mixed_products_sum_in_single},
    {"eigenvectors diagonalise", eigenvectors_diagonalise},
    {"Cholesky factors solve", cholesky_factors_solve},
};
