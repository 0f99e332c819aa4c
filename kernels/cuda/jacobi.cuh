// SPDX-License-Identifier: BSD-3-Clause
/* jacobi.cuh - eigenvectors of a small Hermitian matrix by one block: cyclic Jacobi rotations, n/2 of them at a time
 * (Golub, Van Loan, Matrix Computations, 8.5: parallel ordering). FP64; the order of operations does not depend on anything but n. */
#ifndef KD_CUDA_JACOBI_CUH
#define KD_CUDA_JACOBI_CUH

#include "kernels/cuda/number.cuh"
#include "kernels/cuda/sum.cuh"

enum { JACOBI_MOST = 48, JACOBI_THREADS = 128, JACOBI_SWEEPS = 30 };

/* Turns vectors p, q into c p - s e* q, s e p + c q, with e the phase of <p|a|q>: then <p|a|q> = 0. */
template <class W>
struct jacobi_rotation {
    int p, q; /* p < 0: nothing to do */
    double c, s;
    W e;
};

/* Pair t of step r of a round in which each of n meets every other once; false for the one that rests when n is odd. */
static __device__ __forceinline__ bool jacobi_pair(int n, int r, int t, int *p, int *q)
{
    const int even = n + n % 2, last = even - 1;
    const int a = t == 0 ? last : (r + t) % last, b = (r - t + last) % last;
    *p = a < b ? a : b;
    *q = a < b ? b : a;
    return *q < n;
}

template <class W>
static __device__ __forceinline__ bool jacobi_choose(int n, int r, int t, const W *a, double small, jacobi_rotation<W> *rotation)
{
    int p, q;
    rotation->p = -1;
    if (!jacobi_pair(n, r, t, &p, &q))
        return false;
    const W off = a[q * n + p];
    const double size = size_of(off);
    if (!(size > small))
        return false;
    const double theta = (real_of(a[q * n + q]) - real_of(a[p * n + p])) / (2 * size);
    const double tangent = (theta < 0 ? -1.0 : 1.0) / (fabs(theta) + sqrt(theta * theta + 1));
    rotation->p = p;
    rotation->q = q;
    rotation->c = 1 / sqrt(tangent * tangent + 1);
    rotation->s = tangent * rotation->c;
    rotation->e = scaled(1 / size, off);
    return true;
}

/* x, y <- c x - s f* y, s f x + c y. */
template <class W>
static __device__ __forceinline__ void jacobi_turn(const jacobi_rotation<W> &r, W f, W *x, W *y)
{
    const W a = *x, b = *y;
    *x = add_product(scaled(r.c, a), scaled(-r.s, conjugate_of(f)), b);
    *y = add_product(scaled(r.c, b), scaled(r.s, f), a);
}

/* a [n][n] (column, row; Hermitian, both triangles) becomes diagonal, v [n][n] its eigenvectors as columns. All in shared memory;
 * rotation: n/2 of them, sum: JACOBI_THREADS numbers. Called by the whole block of JACOBI_THREADS threads. */
template <class W>
static __device__ void jacobi(int n, W *a, W *v, jacobi_rotation<W> *rotation, double *sum)
{
    const int tid = threadIdx.x, half = (n + 1) / 2, steps = n + n % 2 - 1;
    double square = 0;
    for (int i = tid; i < n * n; i += JACOBI_THREADS) {
        v[i] = i % n == i / n ? unit_number(a[i]) : zero_of(a[i]);
        square += size_of(a[i]) * size_of(a[i]);
    }
    const double small = 1e-16 * sqrt(block_sum<JACOBI_THREADS>(square, sum));
    for (int sweep = 0; sweep < JACOBI_SWEEPS && n > 1; sweep++) {
        int turned = 0;
        for (int r = 0; r < steps; r++) {
            if (tid < half)
                turned |= jacobi_choose(n, r, tid, a, small, &rotation[tid]);
            __syncthreads();
            for (int i = tid; i < half * n; i += JACOBI_THREADS) {
                const jacobi_rotation<W> &k = rotation[i / n];
                if (k.p < 0)
                    continue;
                jacobi_turn(k, k.e, &a[k.p * n + i % n], &a[k.q * n + i % n]);
                jacobi_turn(k, k.e, &v[k.p * n + i % n], &v[k.q * n + i % n]);
            }
            __syncthreads();
            for (int i = tid; i < half * n; i += JACOBI_THREADS) {
                const jacobi_rotation<W> &k = rotation[i / n];
                if (k.p >= 0)
                    jacobi_turn(k, conjugate_of(k.e), &a[i % n * n + k.p], &a[i % n * n + k.q]);
            }
            __syncthreads();
        }
        if (!__syncthreads_or(turned))
            break;
    }
}

#endif
