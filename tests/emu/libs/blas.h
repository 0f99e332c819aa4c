// SPDX-License-Identifier: BSD-3-Clause
/* blas.h - the Fortran routines of BLAS and LAPACK that the stand-ins call, overloaded by type. */
#ifndef EMU_BLAS_H
#define EMU_BLAS_H

#include <complex>

typedef std::complex<float> complex_float;
typedef std::complex<double> complex_double;

#define EMU_BLAS(T, p)                                                                                       \
    extern "C" void p##gemm_(const char *, const char *, const int *, const int *, const int *, const T *,   \
                             const T *, const int *, const T *, const int *, const T *, T *, const int *);   \
    extern "C" void p##trsm_(const char *, const char *, const char *, const char *, const int *,            \
                             const int *, const T *, const T *, const int *, T *, const int *);              \
    extern "C" void p##gemv_(const char *, const int *, const int *, const T *, const T *, const int *,      \
                             const T *, const int *, const T *, T *, const int *);                           \
    extern "C" void p##axpy_(const int *, const T *, const T *, const int *, T *, const int *);              \
    extern "C" void p##scal_(const int *, const T *, T *, const int *);                                      \
    extern "C" void p##potrf_(const char *, const int *, T *, const int *, int *);                           \
    extern "C" void p##potrs_(const char *, const int *, const int *, const T *, const int *, T *,           \
                              const int *, int *);                                                           \
    inline void gemm(char ta, char tb, int m, int n, int k, T alpha, const T *a, int lda, const T *b,        \
                     int ldb, T beta, T *c, int ldc)                                                         \
    {                                                                                                        \
        p##gemm_(&ta, &tb, &m, &n, &k, &alpha, a, &lda, b, &ldb, &beta, c, &ldc);                            \
    }                                                                                                        \
    inline void trsm(char side, char uplo, char trans, char diag, int m, int n, T alpha, const T *a,         \
                     int lda, T *b, int ldb)                                                                 \
    {                                                                                                        \
        p##trsm_(&side, &uplo, &trans, &diag, &m, &n, &alpha, a, &lda, b, &ldb);                             \
    }                                                                                                        \
    inline void gemv(char trans, int m, int n, T alpha, const T *a, int lda, const T *x, int incx, T beta,   \
                     T *y, int incy)                                                                         \
    {                                                                                                        \
        p##gemv_(&trans, &m, &n, &alpha, a, &lda, x, &incx, &beta, y, &incy);                                \
    }                                                                                                        \
    inline void axpy(int n, T alpha, const T *x, int incx, T *y, int incy)                                   \
    {                                                                                                        \
        p##axpy_(&n, &alpha, x, &incx, y, &incy);                                                            \
    }                                                                                                        \
    inline void scal(int n, T alpha, T *x, int incx)                                                         \
    {                                                                                                        \
        p##scal_(&n, &alpha, x, &incx);                                                                      \
    }                                                                                                        \
    inline int potrf(char uplo, int n, T *a, int lda)                                                        \
    {                                                                                                        \
        int info = 0;                                                                                        \
        p##potrf_(&uplo, &n, a, &lda, &info);                                                                \
        return info;                                                                                         \
    }                                                                                                        \
    inline int potrs(char uplo, int n, int columns, const T *a, int lda, T *b, int ldb)                      \
    {                                                                                                        \
        int info = 0;                                                                                        \
        p##potrs_(&uplo, &n, &columns, a, &lda, b, &ldb, &info);                                             \
        return info;                                                                                         \
    }
EMU_BLAS(float, s)
EMU_BLAS(double, d)
EMU_BLAS(complex_float, c)
EMU_BLAS(complex_double, z)
#undef EMU_BLAS

#define EMU_RANK_K(T, R, routine)                                                                            \
    extern "C" void routine##_(const char *, const char *, const int *, const int *, const R *, const T *,   \
                               const int *, const R *, T *, const int *);                                    \
    inline void rank_k(char uplo, char trans, int n, int k, R alpha, const T *a, int lda, R beta, T *c,      \
                       int ldc)                                                                              \
    {                                                                                                        \
        routine##_(&uplo, &trans, &n, &k, &alpha, a, &lda, &beta, c, &ldc);                                  \
    }
EMU_RANK_K(float, float, ssyrk)
EMU_RANK_K(double, double, dsyrk)
EMU_RANK_K(complex_float, float, cherk)
EMU_RANK_K(complex_double, double, zherk)
#undef EMU_RANK_K

extern "C" float snrm2_(const int *, const float *, const int *);
extern "C" double dnrm2_(const int *, const double *, const int *);
extern "C" float scnrm2_(const int *, const complex_float *, const int *);
extern "C" double dznrm2_(const int *, const complex_double *, const int *);

/* Eigenvectors by divide and conquer, with work space of its own; 'V' or 'N'. */
extern "C" void ssyevd_(const char *, const char *, const int *, float *, const int *, float *, float *,
                        const int *, int *, const int *, int *);
extern "C" void dsyevd_(const char *, const char *, const int *, double *, const int *, double *, double *,
                        const int *, int *, const int *, int *);
extern "C" void cheevd_(const char *, const char *, const int *, complex_float *, const int *, float *,
                        complex_float *, const int *, float *, const int *, int *, const int *, int *);
extern "C" void zheevd_(const char *, const char *, const int *, complex_double *, const int *, double *,
                        complex_double *, const int *, double *, const int *, int *, const int *, int *);

#endif
