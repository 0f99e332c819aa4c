// SPDX-License-Identifier: BSD-3-Clause
/* cublas_matrix.cc - the cuBLAS stand-in: products of matrices, triangular systems, rank-k updates. */
#include "cublas.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

using namespace emu;

namespace
{
struct shape {
    cublasOperation_t ta, tb;
    int m, n, k, lda, ldb, ldc;
    long long stride_a, stride_b, stride_c;
    int batch;
    int rows_a() const
    {
        return ta == CUBLAS_OP_N ? m : k;
    }
    int columns_a() const
    {
        return ta == CUBLAS_OP_N ? k : m;
    }
    int rows_b() const
    {
        return tb == CUBLAS_OP_N ? k : n;
    }
    int columns_b() const
    {
        return tb == CUBLAS_OP_N ? n : k;
    }
};

bool valid(const char *name, const shape &s)
{
    return at_least(name, "m", s.m, 0) && at_least(name, "n", s.n, 0) && at_least(name, "k", s.k, 0) &&
           at_least(name, "lda", s.lda, std::max(1, s.rows_a())) &&
           at_least(name, "ldb", s.ldb, std::max(1, s.rows_b())) &&
           at_least(name, "ldc", s.ldc, std::max(1, s.m)) && at_least(name, "batchCount", s.batch, 0);
}

template <class A, class C>
std::vector<operand> product_operands(const shape &s, const A *a, const A *b, C *c, bool reads_c)
{
    std::vector<operand> all;
    for (int i = 0; i < s.batch; i++) {
        all.push_back(matrix("A", a + i * s.stride_a, s.rows_a(), s.columns_a(), s.lda, ACCESS_READ));
        all.push_back(matrix("B", b + i * s.stride_b, s.rows_b(), s.columns_b(), s.ldb, ACCESS_READ));
        all.push_back(
            matrix("C", c + i * s.stride_c, s.m, s.n, s.ldc, reads_c ? ACCESS_ATOMIC : ACCESS_WRITE));
    }
    return all;
}

template <class T>
cublasStatus_t product(const char *name, cublasHandle_t h, const shape &s, const T *alpha, const T *a,
                       const T *b, const T *beta, T *c)
{
    EMU_CUBLAS_ENTER(name);
    if (!valid(name, s))
        return CUBLAS_STATUS_INVALID_VALUE;
    const scalar<host_of<T>> first(h, alpha), second(h, beta);
    return EMU_CUBLAS_STATUS(
        enqueue_call(name, h->stream, product_operands(s, a, b, c, !second.is_zero_now()), [=] {
            for (int i = 0; i < s.batch; i++)
                gemm(letter(s.ta), letter(s.tb), s.m, s.n, s.k, first.get(), host_view(a + i * s.stride_a),
                     s.lda, host_view(b + i * s.stride_b), s.ldb, second.get(), host_view(c + i * s.stride_c),
                     s.ldc);
        }));
}

/* ---- GemmEx: f16, bf16 or f32 in, f32 (or the input's type) out, sums in f32 ---- */

float widen(float x)
{
    return x;
}
float widen(__half x)
{
    return __half2float(x);
}
float widen(__nv_bfloat16 x)
{
    return __bfloat162float(x);
}
void narrow(float x, float *to)
{
    *to = x;
}
void narrow(float x, __half *to)
{
    *to = __float2half_rn(x);
}
void narrow(float x, __nv_bfloat16 *to)
{
    *to = __float2bfloat16_rn(x);
}

template <class A> std::vector<float> widened(const A *a, int rows, int columns, int leading)
{
    std::vector<float> wide(size_t(std::max(rows, 1)) * size_t(columns));
    for (int column = 0; column < columns; column++)
        for (int row = 0; row < rows; row++)
            wide[size_t(column) * rows + row] = widen(a[size_t(column) * leading + row]);
    return wide;
}

template <class A, class C>
void product_mixed(const shape &s, float alpha, const A *a, const A *b, float beta, C *c)
{
    const std::vector<float> wa = widened(a, s.rows_a(), s.columns_a(), s.lda),
                             wb = widened(b, s.rows_b(), s.columns_b(), s.ldb);
    std::vector<float> wc = beta == 0 ? std::vector<float>(size_t(s.m) * s.n) : widened(c, s.m, s.n, s.ldc);
    gemm(letter(s.ta), letter(s.tb), s.m, s.n, s.k, alpha, wa.data(), std::max(1, s.rows_a()), wb.data(),
         std::max(1, s.rows_b()), beta, wc.data(), std::max(1, s.m));
    for (int column = 0; column < s.n; column++)
        for (int row = 0; row < s.m; row++)
            narrow(wc[size_t(column) * s.m + row], &c[size_t(column) * s.ldc + row]);
}

template <class A, class C>
cublasStatus_t queue_mixed(const char *name, cublasHandle_t h, const shape &s, const void *alpha,
                           const void *va, const void *vb, const void *beta, void *vc)
{
    const A *a = static_cast<const A *>(va), *b = static_cast<const A *>(vb);
    C *c = static_cast<C *>(vc);
    const scalar<float> first(h, alpha), second(h, beta);
    return EMU_CUBLAS_STATUS(
        enqueue_call(name, h->stream, product_operands(s, a, b, c, !second.is_zero_now()), [=] {
            for (int i = 0; i < s.batch; i++)
                product_mixed(s, first.get(), a + i * s.stride_a, b + i * s.stride_b, second.get(),
                              c + i * s.stride_c);
        }));
}

struct mixed_types {
    cudaDataType a, b, c;
    cublasComputeType_t compute;
};

cublasStatus_t product_ex(const char *name, cublasHandle_t h, const shape &s, const mixed_types &t,
                          const void *alpha, const void *a, const void *b, const void *beta, void *c)
{
    EMU_CUBLAS_ENTER(name);
    if (!valid(name, s))
        return CUBLAS_STATUS_INVALID_VALUE;
    const bool sums_in_float = t.compute == CUBLAS_COMPUTE_32F || t.compute == CUBLAS_COMPUTE_32F_PEDANTIC ||
                               t.compute == CUBLAS_COMPUTE_32F_FAST_TF32;
    if (t.a == t.b && sums_in_float) {
        if (t.a == CUDA_R_32F && t.c == CUDA_R_32F)
            return queue_mixed<float, float>(name, h, s, alpha, a, b, beta, c);
        if (t.a == CUDA_R_16F && t.c == CUDA_R_32F)
            return queue_mixed<__half, float>(name, h, s, alpha, a, b, beta, c);
        if (t.a == CUDA_R_16F && t.c == CUDA_R_16F)
            return queue_mixed<__half, __half>(name, h, s, alpha, a, b, beta, c);
        if (t.a == CUDA_R_16BF && t.c == CUDA_R_32F)
            return queue_mixed<__nv_bfloat16, float>(name, h, s, alpha, a, b, beta, c);
        if (t.a == CUDA_R_16BF && t.c == CUDA_R_16BF)
            return queue_mixed<__nv_bfloat16, __nv_bfloat16>(name, h, s, alpha, a, b, beta, c);
    }
    remark("%s: types %d %d %d with compute type %d are not emulated", name, t.a, t.b, t.c, t.compute);
    return CUBLAS_STATUS_NOT_SUPPORTED;
}

/* ---- triangular systems and rank-k updates ---- */

struct triangle {
    cublasSideMode_t side;
    cublasFillMode_t uplo;
    cublasOperation_t trans;
    cublasDiagType_t diag;
};

template <class T>
cublasStatus_t solve_triangle(const char *name, cublasHandle_t h, const triangle &t, int m, int n,
                              const T *alpha, const T *a, int lda, T *b, int ldb)
{
    EMU_CUBLAS_ENTER(name);
    const int order = t.side == CUBLAS_SIDE_LEFT ? m : n;
    if (!at_least(name, "m", m, 0) || !at_least(name, "n", n, 0) ||
        !at_least(name, "lda", lda, std::max(1, order)) || !at_least(name, "ldb", ldb, std::max(1, m)))
        return CUBLAS_STATUS_INVALID_VALUE;
    const scalar<host_of<T>> first(h, alpha);
    std::vector<operand> operands = {matrix("B", b, m, n, ldb, ACCESS_ATOMIC)};
    for (int column = 0; column < order; column++) /* the named triangle only */
        operands.push_back(
            t.uplo == CUBLAS_FILL_MODE_LOWER
                ? matrix("A", a + size_t(column) * lda + column, order - column, 1, lda, ACCESS_READ)
                : matrix("A", a + size_t(column) * lda, column + 1, 1, lda, ACCESS_READ));
    return EMU_CUBLAS_STATUS(enqueue_call(name, h->stream, operands, [=] {
        trsm(letter(t.side), letter(t.uplo), letter(t.trans), letter(t.diag), m, n, first.get(), host_view(a),
             lda, host_view(b), ldb);
    }));
}

template <class T, class R>
cublasStatus_t update_rank_k(const char *name, cublasHandle_t h, cublasFillMode_t uplo, cublasOperation_t op,
                             int n, int k, const R *alpha, const T *a, int lda, const R *beta, T *c, int ldc)
{
    EMU_CUBLAS_ENTER(name);
    const int rows = op == CUBLAS_OP_N ? n : k, columns = op == CUBLAS_OP_N ? k : n;
    if (!at_least(name, "n", n, 0) || !at_least(name, "k", k, 0) ||
        !at_least(name, "lda", lda, std::max(1, rows)) || !at_least(name, "ldc", ldc, std::max(1, n)))
        return CUBLAS_STATUS_INVALID_VALUE;
    const scalar<R> first(h, alpha), second(h, beta);
    std::vector<operand> operands = {matrix("A", a, rows, columns, lda, ACCESS_READ)};
    const access_kind kind = second.is_zero_now() ? ACCESS_WRITE : ACCESS_ATOMIC;
    for (int column = 0; column < n; column++)
        operands.push_back(uplo == CUBLAS_FILL_MODE_LOWER
                               ? matrix("C", c + size_t(column) * ldc + column, n - column, 1, ldc, kind)
                               : matrix("C", c + size_t(column) * ldc, column + 1, 1, ldc, kind));
    return EMU_CUBLAS_STATUS(enqueue_call(name, h->stream, operands, [=] {
        rank_k(letter(uplo), letter(op), n, k, first.get(), host_view(a), lda, second.get(), host_view(c),
               ldc);
    }));
}
} // namespace

extern "C" {

#define EMU_GEMM(p, T)                                                                                       \
    cublasStatus_t cublas##p##gemm_v2(cublasHandle_t h, cublasOperation_t ta, cublasOperation_t tb, int m,   \
                                      int n, int k, const T *alpha, const T *a, int lda, const T *b,         \
                                      int ldb, const T *beta, T *c, int ldc)                                 \
    {                                                                                                        \
        return product("cublas" #p "gemm", h, {ta, tb, m, n, k, lda, ldb, ldc, 0, 0, 0, 1}, alpha, a, b,     \
                       beta, c);                                                                             \
    }                                                                                                        \
    cublasStatus_t cublas##p##gemmStridedBatched(                                                            \
        cublasHandle_t h, cublasOperation_t ta, cublasOperation_t tb, int m, int n, int k, const T *alpha,   \
        const T *a, int lda, long long stride_a, const T *b, int ldb, long long stride_b, const T *beta,     \
        T *c, int ldc, long long stride_c, int batch)                                                        \
    {                                                                                                        \
        return product("cublas" #p "gemmStridedBatched", h,                                                  \
                       {ta, tb, m, n, k, lda, ldb, ldc, stride_a, stride_b, stride_c, batch}, alpha, a, b,   \
                       beta, c);                                                                             \
    }                                                                                                        \
    cublasStatus_t cublas##p##trsm_v2(cublasHandle_t h, cublasSideMode_t side, cublasFillMode_t uplo,        \
                                      cublasOperation_t trans, cublasDiagType_t diag, int m, int n,          \
                                      const T *alpha, const T *a, int lda, T *b, int ldb)                    \
    {                                                                                                        \
        return solve_triangle("cublas" #p "trsm", h, {side, uplo, trans, diag}, m, n, alpha, a, lda, b,      \
                              ldb);                                                                          \
    }
EMU_GEMM(S, float)
EMU_GEMM(D, double)
EMU_GEMM(C, cuComplex)
EMU_GEMM(Z, cuDoubleComplex)

cublasStatus_t cublasGemmEx(cublasHandle_t h, cublasOperation_t ta, cublasOperation_t tb, int m, int n, int k,
                            const void *alpha, const void *a, cudaDataType type_a, int lda, const void *b,
                            cudaDataType type_b, int ldb, const void *beta, void *c, cudaDataType type_c,
                            int ldc, cublasComputeType_t compute, cublasGemmAlgo_t)
{
    return product_ex("cublasGemmEx", h, {ta, tb, m, n, k, lda, ldb, ldc, 0, 0, 0, 1},
                      {type_a, type_b, type_c, compute}, alpha, a, b, beta, c);
}

cublasStatus_t cublasGemmStridedBatchedEx(cublasHandle_t h, cublasOperation_t ta, cublasOperation_t tb, int m,
                                          int n, int k, const void *alpha, const void *a, cudaDataType type_a,
                                          int lda, long long stride_a, const void *b, cudaDataType type_b,
                                          int ldb, long long stride_b, const void *beta, void *c,
                                          cudaDataType type_c, int ldc, long long stride_c, int batch,
                                          cublasComputeType_t compute, cublasGemmAlgo_t)
{
    return product_ex("cublasGemmStridedBatchedEx", h,
                      {ta, tb, m, n, k, lda, ldb, ldc, stride_a, stride_b, stride_c, batch},
                      {type_a, type_b, type_c, compute}, alpha, a, b, beta, c);
}

#define EMU_UPDATE(name, T, R)                                                                               \
    cublasStatus_t name##_v2(cublasHandle_t h, cublasFillMode_t uplo, cublasOperation_t op, int n, int k,    \
                             const R *alpha, const T *a, int lda, const R *beta, T *c, int ldc)              \
    {                                                                                                        \
        return update_rank_k(#name, h, uplo, op, n, k, alpha, a, lda, beta, c, ldc);                         \
    }
EMU_UPDATE(cublasSsyrk, float, float)
EMU_UPDATE(cublasDsyrk, double, double)
EMU_UPDATE(cublasCherk, cuComplex, float)
EMU_UPDATE(cublasZherk, cuDoubleComplex, double)
}
