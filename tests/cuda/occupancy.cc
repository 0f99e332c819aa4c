// SPDX-License-Identifier: BSD-3-Clause
/* occupancy.cc - occupancy on sm_89 (RTX 4090) without a GPU, by NVIDIA's own cuda_occupancy.h.
 *
 * Reads lines "registers static_shared dynamic_shared block_threads", writes one percentage of the 1536 threads of a
 * multiprocessor for each. */
#include <cuda_occupancy.h>

#include <cstdio>

/* CUDA C++ Programming Guide, compute capability 8.9. */
static cudaOccDeviceProp sm_89()
{
    cudaOccDeviceProp p;
    p.computeMajor = 8;
    p.computeMinor = 9;
    p.maxThreadsPerBlock = 1024;
    p.maxThreadsPerMultiprocessor = 1536;
    p.regsPerBlock = 65536;
    p.regsPerMultiprocessor = 65536;
    p.warpSize = 32;
    p.sharedMemPerBlock = 48 * 1024;
    p.sharedMemPerMultiprocessor = 100 * 1024;
    p.numSms = 128;
    p.sharedMemPerBlockOptin = 99 * 1024;
    p.reservedSharedMemPerBlock = 1024;
    return p;
}

int main()
{
    const cudaOccDeviceProp device = sm_89();
    int registers, threads;
    size_t fixed, dynamic;
    while (scanf("%d %zu %zu %d", &registers, &fixed, &dynamic, &threads) == 4) {
        cudaOccFuncAttributes kernel;
        kernel.maxThreadsPerBlock = 1024;
        kernel.numRegs = registers;
        kernel.sharedSizeBytes = fixed;
        kernel.partitionedGCConfig = PARTITIONED_GC_OFF;
        kernel.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
        kernel.maxDynamicSharedSizeBytes = dynamic;
        kernel.numBlockBarriers = 1;
        const cudaOccDeviceState state;
        cudaOccResult result;
        if (cudaOccMaxActiveBlocksPerMultiprocessor(&result, &device, &kernel, &state, threads, dynamic) != CUDA_OCC_SUCCESS)
            return 1;
        printf("%d\n", (100 * result.activeBlocksPerMultiprocessor * threads + 768) / 1536);
    }
    return 0;
}
