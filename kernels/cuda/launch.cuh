// SPDX-License-Identifier: BSD-3-Clause
/* launch.cuh - the one header that every .cu includes: CUDA itself, LAUNCH and DYN_SHARED.
 *
 * The same sources are compiled by nvcc and, as plain C++, by the emulated build (tests/emu), so they use
 *     LAUNCH(kernel, grid, block, shared_bytes, stream, arguments...)   in place of <<<>>>; returns cudaError_t
 *     DYN_SHARED(type, name);                                          in place of extern __shared__
 * and PTX only by way of lane.cuh. */
#ifndef KD_LAUNCH_CUH
#define KD_LAUNCH_CUH

#ifdef __CUDACC__

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

/* One dynamic shared block per launch: every DYN_SHARED of a kernel names the same memory. */
#define DYN_SHARED(T, name)                                                                                  \
    extern __shared__ __align__(128) unsigned char dyn_shared_bytes_[];                                      \
    T *name = reinterpret_cast<T *>(dyn_shared_bytes_)

template <class... Parameter, class... Argument>
inline cudaError_t LAUNCH(void (*kernel)(Parameter...), dim3 grid, dim3 block, size_t shared_bytes, cudaStream_t stream,
                          Argument... argument)
{
    cudaLaunchConfig_t config = {};
    config.gridDim = grid;
    config.blockDim = block;
    config.dynamicSmemBytes = shared_bytes;
    config.stream = stream;
    return cudaLaunchKernelEx(&config, kernel, static_cast<Parameter>(argument)...);
}

#else
#include "emu.h" /* on the include path of the emulated build only */
#endif

#endif
