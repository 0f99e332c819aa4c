// SPDX-License-Identifier: BSD-3-Clause
/* grid.cu - bugs between blocks, and launches that a card refuses. */
#include "bugs.h"

namespace
{
/* ---- neighbouring blocks add to one word ---- */

template <bool BUG> __global__ void tally_kernel(int *total)
{
    if (threadIdx.x != 0)
        return;
    if (BUG)
        *total += 1;
    else
        atomicAdd(total, 1);
}

bool race_between_blocks(bool planted)
{
    device_array<int> total(std::vector<int>(1, 0));
    MUST(planted ? LAUNCH(tally_kernel<true>, dim3(50), dim3(32), 0, 0, total.p)
                 : LAUNCH(tally_kernel<false>, dim3(50), dim3(32), 0, 0, total.p));
    MUST(cudaDeviceSynchronize());
    return total.download()[0] == 50;
}

/* ---- the last block adds up what the others left, and nothing made it visible ---- */

template <bool BUG> __global__ void last_block_kernel(float *part, int *n_done, float *sum)
{
    __shared__ bool last;
    if (threadIdx.x == 0) {
        part[blockIdx.x] = 1.0f;
        if (!BUG)
            __threadfence();
        last = atomicAdd(n_done, 1) == int(gridDim.x) - 1;
    }
    __syncthreads();
    if (!last || threadIdx.x != 0)
        return;
    float s = 0;
    for (unsigned i = 0; i < gridDim.x; i++)
        s += part[i];
    *sum = s;
}

bool last_block_without_fence(bool planted)
{
    device_array<float> part(8), sum(1);
    device_array<int> n_done(std::vector<int>(1, 0));
    MUST(planted ? LAUNCH(last_block_kernel<true>, dim3(8), dim3(32), 0, 0, part.p, n_done.p, sum.p)
                 : LAUNCH(last_block_kernel<false>, dim3(8), dim3(32), 0, 0, part.p, n_done.p, sum.p));
    MUST(cudaDeviceSynchronize());
    return sum.download()[0] == 8.0f;
}

/* ---- launches ---- */

__global__ void __launch_bounds__(128) bounded_kernel(int *out)
{
    out[blockIdx.x * blockDim.x + threadIdx.x] = 1;
}

bool more_threads_than_bound(bool planted)
{
    device_array<int> out(256);
    MUST(LAUNCH(bounded_kernel, dim3(planted ? 1 : 2), dim3(planted ? 256 : 128), 0, 0, out.p));
    MUST(cudaDeviceSynchronize());
    return out.download() == std::vector<int>(256, 1);
}

__global__ void large_shared_kernel(int *out)
{
    DYN_SHARED(int, words);
    words[60 * 256 - 1] = 7;
    *out = words[60 * 256 - 1];
}

bool shared_memory_not_asked_for(bool planted)
{
    const int bytes = 60 << 10;
    device_array<int> out(1);
    if (!planted)
        MUST(cudaFuncSetAttribute(large_shared_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
    MUST(LAUNCH(large_shared_kernel, dim3(1), dim3(1), bytes, 0, out.p));
    MUST(cudaDeviceSynchronize());
    return out.download()[0] == 7;
}

bool grid_too_high(bool planted)
{
    device_array<int> total(std::vector<int>(1, 0));
    MUST(LAUNCH(tally_kernel<false>, planted ? dim3(1, 70000) : dim3(70000, 1), dim3(1), 0, 0, total.p));
    MUST(cudaDeviceSynchronize());
    return total.download()[0] == 70000;
}
} // namespace

const std::vector<planted_bug> grid_bugs = {
    {"race_between_blocks", race_between_blocks},
    {"last_block_without_fence", last_block_without_fence},
    {"more_threads_than_bound", more_threads_than_bound},
    {"shared_memory_not_asked_for", shared_memory_not_asked_for},
    {"grid_too_high", grid_too_high},
};
