// SPDX-License-Identifier: BSD-3-Clause
/* emu.h - CUDA C++ read as plain C++17: what kernels/cuda/launch.cuh includes where there is no nvcc.
 *
 * The types, enumerations and prototypes are NVIDIA's own headers; this shim gives the qualifiers a meaning
 * on the host, turns threadIdx and its kin into fields of the running fiber and LAUNCH into an entry of the
 * stream's queue. */
#ifndef EMU_H
#define EMU_H

#include <cuda_runtime_api.h>
#include <vector_functions.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

#undef __global__
#undef __device__
#undef __host__
#undef __shared__
#undef __constant__
#undef __forceinline__
#undef __launch_bounds__
#undef __align__
#undef __grid_constant__
#define __global__
#define __device__
#define __host__
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(n)    __attribute__((aligned(n)))
#ifndef __restrict__
#define __restrict__ __restrict
#endif

/* Static shared memory: one block at a time per OS thread, so per-thread storage is per-block storage. The
 * asan flavour runs blocks one after the other on plain arrays, which get red zones; the check flavour must
 * know where they lie. */
#if defined(EMU_CHECK)
#define __shared__   static __attribute__((section("emu_shared")))
#define __constant__ __attribute__((section("emu_constant")))
#elif defined(EMU_ASAN)
#define __shared__ static
#define __constant__
#else
#define __shared__ static thread_local
#define __constant__
#endif

/* The bound of a kernel is kept as that many warps of NOPs at its entry, where the launch counts them
 * (launch.cc): the only attribute that takes a constant expression and leaves a trace. clang does not take
 * template parameters in it. */
#if defined(__x86_64__) && !defined(__clang__)
#define __launch_bounds__(threads, ...) __attribute__((patchable_function_entry(((threads) + 31) / 32)))
#else
#define __launch_bounds__(...)
#endif

#define DYN_SHARED(T, name) T *name = reinterpret_cast<T *>(emu::dyn_shared())

namespace emu
{
struct fiber;

/* What a CUDA thread can ask about itself. */
struct context {
    uint3 thread_index, block_index;
    dim3 block_size, grid_size;
    int lane, warp, linear; /* linear: position in the block */
    fiber *self;
};

#if defined(EMU_CHECK)
extern context *current; /* one OS thread runs all kernels */
#else
extern __thread context *current;
#endif

struct launch_site {
    const char *text; /* the arguments of LAUNCH as written; the kernel's name comes first */
    const char *file;
    int line;
};

struct launch_shape {
    dim3 grid, block;
    size_t shared_bytes;
    cudaStream_t stream;
};

/* Memory for kernel arguments: constant for the kernel, invisible to the checker; freed by drop after the
 * launch. */
constexpr size_t max_argument_bytes = 4096; /* what every toolkit and card takes */
void *argument_memory(size_t bytes);

/* Check the shape, queue the launch. body(arguments) runs once per CUDA thread, drop(arguments) once at the
 * end. */
cudaError_t launch(const launch_site &site, const launch_shape &shape, const void *kernel,
                   void (*body)(void *), void (*drop)(void *), void *arguments);
void *dyn_shared();

template <class... Parameter> struct bound_call {
    void (*kernel)(Parameter...);
    std::tuple<Parameter...> argument;
    static void run(void *self)
    {
        bound_call *call = static_cast<bound_call *>(self);
        std::apply(call->kernel, call->argument);
    }
    static void drop(void *self)
    {
        static_cast<bound_call *>(self)->~bound_call();
    }
};

template <class... Parameter, class... Argument>
cudaError_t launch_call(const launch_site &site, void (*kernel)(Parameter...), dim3 grid, dim3 block,
                        size_t shared_bytes, cudaStream_t stream, Argument... argument)
{
    using call = bound_call<Parameter...>;
    static_assert(sizeof(call) <= max_argument_bytes, "kernel arguments exceed 4 KiB");
    call *bound = new (argument_memory(sizeof(call)))
        call{kernel, std::tuple<Parameter...>(static_cast<Parameter>(argument)...)};
    return launch(site, launch_shape{grid, block, shared_bytes, stream},
                  reinterpret_cast<const void *>(kernel), call::run, call::drop, bound);
}
} // namespace emu

#define threadIdx   (emu::current->thread_index)
#define blockIdx    (emu::current->block_index)
#define blockDim    (emu::current->block_size)
#define gridDim     (emu::current->grid_size)
#define warpSize    32

#define LAUNCH(...) emu::launch_call(emu::launch_site{#__VA_ARGS__, __FILE__, __LINE__}, __VA_ARGS__)

/* ---- the C++ overloads of cuda_runtime.h ---- */

template <class T> inline cudaError_t cudaMalloc(T **pointer, size_t bytes)
{
    return ::cudaMalloc(reinterpret_cast<void **>(pointer), bytes);
}
template <class T> inline cudaError_t cudaMallocHost(T **pointer, size_t bytes, unsigned flags = 0)
{
    return ::cudaHostAlloc(reinterpret_cast<void **>(pointer), bytes, flags);
}
inline cudaError_t cudaEventCreate(cudaEvent_t *event, unsigned flags)
{
    return ::cudaEventCreateWithFlags(event, flags);
}
template <class T> inline cudaError_t cudaFuncSetAttribute(T *kernel, cudaFuncAttribute attribute, int value)
{
    return ::cudaFuncSetAttribute(reinterpret_cast<const void *>(kernel), attribute, value);
}
template <class T> inline cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *attributes, T *kernel)
{
    return ::cudaFuncGetAttributes(attributes, reinterpret_cast<const void *>(kernel));
}
template <class T>
inline cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, T *kernel, int threads,
                                                                 size_t shared_bytes)
{
    return ::cudaOccupancyMaxActiveBlocksPerMultiprocessor(blocks, reinterpret_cast<const void *>(kernel),
                                                           threads, shared_bytes);
}
template <class T>
inline cudaError_t cudaMemcpyToSymbol(const T &symbol, const void *src, size_t bytes, size_t offset = 0,
                                      cudaMemcpyKind kind = cudaMemcpyHostToDevice)
{
    return ::cudaMemcpyToSymbol(reinterpret_cast<const void *>(&symbol), src, bytes, offset, kind);
}
template <class T>
inline cudaError_t cudaMemcpyToSymbolAsync(const T &symbol, const void *src, size_t bytes, size_t offset,
                                           cudaMemcpyKind kind, cudaStream_t stream = 0)
{
    return ::cudaMemcpyToSymbolAsync(reinterpret_cast<const void *>(&symbol), src, bytes, offset, kind,
                                     stream);
}
template <class T> inline cudaError_t cudaGetSymbolAddress(void **pointer, const T &symbol)
{
    return ::cudaGetSymbolAddress(pointer, reinterpret_cast<const void *>(&symbol));
}

#include "emu_intrinsics.h"

#endif
