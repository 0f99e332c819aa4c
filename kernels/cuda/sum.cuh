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

#endif
