// SPDX-License-Identifier: BSD-3-Clause
/* device.cc - what there is: number of devices, their properties, errors by name, peer access, profiler. */
#include "device.h"

#include <cuda_profiler_api.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "api.h"
#include "memory.h"
#include "report.h"
#include "stream.h"

namespace emu
{
static thread_local int chosen_device;

int device_count()
{
    static const int n = getenv("EMU_DEVICES") ? std::max(1, atoi(getenv("EMU_DEVICES"))) : 1;
    return n;
}

int current_device()
{
    return chosen_device;
}

void set_current_device(int index)
{
    chosen_device = index;
}
} // namespace emu

using namespace emu;

namespace
{
void fill_properties(cudaDeviceProp *p, int index)
{
    size_t used;
    memset(p, 0, sizeof *p);
    snprintf(p->name, sizeof p->name, "NVIDIA GeForce RTX 4090 (emulated)");
    memory_totals(index, &used, &p->totalGlobalMem);
    p->major = 8;
    p->minor = 9;
    p->warpSize = 32;
    p->multiProcessorCount = N_SM;
    p->maxThreadsPerBlock = MAX_THREADS_PER_BLOCK;
    p->maxThreadsDim[0] = p->maxThreadsDim[1] = MAX_THREADS_PER_BLOCK;
    p->maxThreadsDim[2] = MAX_BLOCK_Z;
    p->maxGridSize[0] = 0x7fffffff;
    p->maxGridSize[1] = p->maxGridSize[2] = MAX_GRID_YZ;
    p->maxThreadsPerMultiProcessor = MAX_THREADS_PER_SM;
    p->maxBlocksPerMultiProcessor = MAX_BLOCKS_PER_SM;
    p->regsPerBlock = p->regsPerMultiprocessor = REGISTERS_PER_SM;
    p->sharedMemPerBlock = SHARED_PER_BLOCK;
    p->sharedMemPerBlockOptin = SHARED_PER_BLOCK_OPTIN;
    p->sharedMemPerMultiprocessor = SHARED_PER_SM;
    p->reservedSharedMemPerBlock = SHARED_RESERVED;
    p->totalConstMem = CONSTANT_BYTES;
    p->l2CacheSize = L2_BYTES;
    p->memoryBusWidth = 384;
    p->asyncEngineCount = 2;
    p->concurrentKernels = 1;
    p->unifiedAddressing = 1;
    p->canMapHostMemory = 1;
    p->textureAlignment = 512;
    p->pciBusID = index + 1;
}

int attribute_of(const cudaDeviceProp &p, cudaDeviceAttr attribute)
{
    switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock:
        return p.maxThreadsPerBlock;
    case cudaDevAttrMultiProcessorCount:
        return p.multiProcessorCount;
    case cudaDevAttrWarpSize:
        return p.warpSize;
    case cudaDevAttrMaxSharedMemoryPerBlock:
        return int(p.sharedMemPerBlock);
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
        return int(p.sharedMemPerBlockOptin);
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
        return int(p.sharedMemPerMultiprocessor);
    case cudaDevAttrMaxThreadsPerMultiProcessor:
        return p.maxThreadsPerMultiProcessor;
    case cudaDevAttrMaxRegistersPerBlock:
        return p.regsPerBlock;
    case cudaDevAttrComputeCapabilityMajor:
        return p.major;
    case cudaDevAttrComputeCapabilityMinor:
        return p.minor;
    case cudaDevAttrL2CacheSize:
        return p.l2CacheSize;
    case cudaDevAttrClockRate:
        return 2520000; /* kHz, boost */
    case cudaDevAttrMemoryClockRate:
        return 10501000;
    case cudaDevAttrGlobalMemoryBusWidth:
        return p.memoryBusWidth;
    default:
        return 0;
    }
}

const std::map<cudaError_t, std::pair<const char *, const char *>> error_words = {
    {cudaSuccess, {"cudaSuccess", "no error"}},
    {cudaErrorInvalidValue, {"cudaErrorInvalidValue", "invalid argument"}},
    {cudaErrorMemoryAllocation, {"cudaErrorMemoryAllocation", "out of memory"}},
    {cudaErrorInvalidConfiguration, {"cudaErrorInvalidConfiguration", "invalid configuration argument"}},
    {cudaErrorInsufficientDriver,
     {"cudaErrorInsufficientDriver", "CUDA driver version is insufficient for CUDA runtime version"}},
    {cudaErrorDevicesUnavailable,
     {"cudaErrorDevicesUnavailable", "CUDA-capable device(s) is/are busy or unavailable"}},
    {cudaErrorNoDevice, {"cudaErrorNoDevice", "no CUDA-capable device is detected"}},
    {cudaErrorInvalidDevice, {"cudaErrorInvalidDevice", "invalid device ordinal"}},
    {cudaErrorInvalidResourceHandle, {"cudaErrorInvalidResourceHandle", "invalid resource handle"}},
    {cudaErrorNotReady, {"cudaErrorNotReady", "device not ready"}},
    {cudaErrorIllegalAddress, {"cudaErrorIllegalAddress", "an illegal memory access was encountered"}},
    {cudaErrorLaunchOutOfResources,
     {"cudaErrorLaunchOutOfResources", "too many resources requested for launch"}},
    {cudaErrorLaunchTimeout, {"cudaErrorLaunchTimeout", "the launch timed out and was terminated"}},
    {cudaErrorMisalignedAddress, {"cudaErrorMisalignedAddress", "misaligned address"}},
    {cudaErrorLaunchFailure, {"cudaErrorLaunchFailure", "unspecified launch failure"}},
    {cudaErrorStreamCaptureUnsupported,
     {"cudaErrorStreamCaptureUnsupported", "operation not permitted when stream is capturing"}},
    {cudaErrorStreamCaptureInvalidated,
     {"cudaErrorStreamCaptureInvalidated", "operation failed due to a previous error during capture"}},
    {cudaErrorStreamCaptureUnjoined,
     {"cudaErrorStreamCaptureUnjoined", "capturing stream has unjoined work"}},
    {cudaErrorUnknown, {"cudaErrorUnknown", "unknown error"}},
};
} // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int *n)
{
    api_call call("cudaGetDeviceCount");
    if (call.refused)
        return call.refused; /* *n stays what it was, as with the real one */
    *n = device_count();
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int index)
{
    api_call call("cudaSetDevice");
    if (call.refused)
        return call.refused;
    if (index < 0 || index >= device_count())
        return failed(cudaErrorInvalidDevice);
    set_current_device(index);
    return cudaSuccess;
}

cudaError_t cudaGetDevice(int *index)
{
    api_call call("cudaGetDevice");
    if (call.refused)
        return call.refused;
    *index = current_device();
    return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int index)
{
    api_call call("cudaGetDeviceProperties");
    if (call.refused)
        return call.refused;
    if (index < 0 || index >= device_count())
        return failed(cudaErrorInvalidDevice);
    fill_properties(properties, index);
    return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int index)
{
    api_call call("cudaDeviceGetAttribute");
    if (call.refused)
        return call.refused;
    if (index < 0 || index >= device_count())
        return failed(cudaErrorInvalidDevice);
    cudaDeviceProp properties;
    fill_properties(&properties, index);
    *value = attribute_of(properties, attribute);
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version)
{
    *version = CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *version)
{
    *version = getenv("EMU_NO_DEVICE") ? 0 : CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaDeviceReset(void)
{
    api_call call("cudaDeviceReset");
    if (call.refused)
        return call.refused;
    run_device(current_device());
    return cudaSuccess;
}

cudaError_t cudaSetDeviceFlags(unsigned)
{
    api_call call("cudaSetDeviceFlags");
    return call.refused;
}

cudaError_t cudaDeviceCanAccessPeer(int *can, int device, int peer)
{
    api_call call("cudaDeviceCanAccessPeer");
    if (call.refused)
        return call.refused;
    *can = device != peer && device < device_count() && peer < device_count();
    return cudaSuccess;
}

cudaError_t cudaDeviceEnablePeerAccess(int, unsigned)
{
    api_call call("cudaDeviceEnablePeerAccess");
    return call.refused;
}

cudaError_t cudaGetLastError(void)
{
    return take_last_error(true);
}

cudaError_t cudaPeekAtLastError(void)
{
    return take_last_error(false);
}

const char *cudaGetErrorName(cudaError_t error)
{
    const auto found = error_words.find(error);
    return found == error_words.end() ? "cudaError (not named by the emulator)" : found->second.first;
}

const char *cudaGetErrorString(cudaError_t error)
{
    const auto found = error_words.find(error);
    return found == error_words.end() ? "error (not described by the emulator)" : found->second.second;
}

cudaError_t cudaProfilerStart(void)
{
    api_call call("cudaProfilerStart");
    return call.refused;
}

cudaError_t cudaProfilerStop(void)
{
    api_call call("cudaProfilerStop");
    return call.refused;
}
}
