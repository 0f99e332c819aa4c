// SPDX-License-Identifier: BSD-3-Clause
/* number.cuh - real and complex numbers of both precisions, for kernels that are written once for all four. */
#ifndef KD_CUDA_NUMBER_CUH
#define KD_CUDA_NUMBER_CUH

#include "kernels/cuda/launch.cuh"

template <class T>
struct complex_number {
    T x, y;
};

/* The types of one kind of block: number, its real part, the same in FP64. */
template <class T, bool COMPLEX>
struct number_types {
    using number = T;
    using wide = double;
};
template <class T>
struct number_types<T, true> {
    using number = complex_number<T>;
    using wide = complex_number<double>;
};

template <class T>
static __device__ __forceinline__ T zero_of(T)
{
    return 0;
}
template <class T>
static __device__ __forceinline__ complex_number<T> zero_of(complex_number<T>)
{
    return {0, 0};
}

/* sum + conj(a) b */
template <class T>
static __device__ __forceinline__ T add_conjugate_product(T sum, T a, T b)
{
    return sum + a * b;
}
template <class T>
static __device__ __forceinline__ complex_number<T> add_conjugate_product(complex_number<T> sum, complex_number<T> a, complex_number<T> b)
{
    sum.x += a.x * b.x;
    sum.x += a.y * b.y;
    sum.y += a.x * b.y;
    sum.y -= a.y * b.x;
    return sum;
}

/* sum + a b */
template <class T>
static __device__ __forceinline__ T add_product(T sum, T a, T b)
{
    return sum + a * b;
}
template <class T>
static __device__ __forceinline__ complex_number<T> add_product(complex_number<T> sum, complex_number<T> a, complex_number<T> b)
{
    sum.x += a.x * b.x;
    sum.x -= a.y * b.y;
    sum.y += a.x * b.y;
    sum.y += a.y * b.x;
    return sum;
}

/* sum + a, widened */
template <class T>
static __device__ __forceinline__ double add_wide(double sum, T a)
{
    return sum + static_cast<double>(a);
}
template <class T>
static __device__ __forceinline__ complex_number<double> add_wide(complex_number<double> sum, complex_number<T> a)
{
    return {sum.x + static_cast<double>(a.x), sum.y + static_cast<double>(a.y)};
}

static __device__ __forceinline__ void narrow(double a, float *to)
{
    *to = static_cast<float>(a);
}
static __device__ __forceinline__ void narrow(double a, double *to)
{
    *to = a;
}
template <class T>
static __device__ __forceinline__ void narrow(complex_number<double> a, complex_number<T> *to)
{
    *to = {static_cast<T>(a.x), static_cast<T>(a.y)};
}

/* FP64 only: what a rotation of a Hermitian matrix needs. */
static __device__ __forceinline__ double real_of(double a)
{
    return a;
}
static __device__ __forceinline__ double real_of(complex_number<double> a)
{
    return a.x;
}
static __device__ __forceinline__ double size_of(double a)
{
    return fabs(a);
}
static __device__ __forceinline__ double size_of(complex_number<double> a)
{
    return sqrt(a.x * a.x + a.y * a.y);
}
static __device__ __forceinline__ double conjugate_of(double a)
{
    return a;
}
static __device__ __forceinline__ complex_number<double> conjugate_of(complex_number<double> a)
{
    return {a.x, -a.y};
}
static __device__ __forceinline__ double scaled(double s, double a)
{
    return s * a;
}
static __device__ __forceinline__ complex_number<double> scaled(double s, complex_number<double> a)
{
    return {s * a.x, s * a.y};
}
static __device__ __forceinline__ double unit_number(double)
{
    return 1;
}
static __device__ __forceinline__ complex_number<double> unit_number(complex_number<double>)
{
    return {1, 0};
}

#endif
