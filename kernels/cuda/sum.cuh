// SPDX-License-Identifier: BSD-3-Clause
/* sum.cuh - sums over a block in one fixed order. */
#ifndef KD_CUDA_SUM_CUH
#define KD_CUDA_SUM_CUH

#include "kernels/cuda/launch.cuh"

/* Sum of `mine` over the T threads (a power of two) of a block, known to all of them. sum: shared, T numbers, free again at the return. */
template <int T, class R>
__device__ __forceinline__ R block_sum(R mine, R *sum)
{
    sum[threadIdx.x] = mine;
    __syncthreads();
    for (unsigned half = T / 2; half > 0; half /= 2) {
        if (threadIdx.x < half)
            sum[threadIdx.x] += sum[threadIdx.x + half];
        __syncthreads();
    }
    const R total = sum[0];
    __syncthreads();
    return total;
}

/* Sums of N numbers over the T threads of a block, known to all of them: within a warp in the type of the numbers, over warps in FP64.
 * shared: N * T / 32 numbers, not free again before the next barrier. */
template <int T, int N, class R>
__device__ __forceinline__ void block_sums(R (&mine)[N], double *shared, double (&total)[N])
{
    constexpr int warps = T / 32;
#pragma unroll
    for (int i = 0; i < N; i++) {
        for (int step = 16; step > 0; step /= 2)
            mine[i] += __shfl_xor_sync(~0u, mine[i], step);
        if (threadIdx.x % 32 == 0)
            shared[i * warps + threadIdx.x / 32] = static_cast<double>(mine[i]);
    }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < N; i++) {
        total[i] = 0;
        for (int w = 0; w < warps; w++)
            total[i] += shared[i * warps + w];
    }
}

#endif
