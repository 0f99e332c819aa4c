// SPDX-License-Identifier: BSD-3-Clause
/* copy.cc - cudaMemcpy, cudaMemset and their asynchronous forms. */
#include <cuda_runtime_api.h>

#include <cstring>
#include <vector>

#include "api.h"
#include "check.h"
#include "memory.h"
#include "report.h"
#include "stream.h"

using namespace emu;

namespace
{
/* Both ends are what the kind says. */
bool ends_match(void *dst, const void *src, size_t bytes, cudaMemcpyKind kind, const char *who)
{
    const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    if (to_device && !device_range(dst, bytes, who))
        return false;
    if (from_device && !device_range(src, bytes, who))
        return false;
    if ((!to_device && is_device_memory(dst)) || (!from_device && is_device_memory(src))) {
        remark("%s: device memory where the kind of copy says host memory", who);
        return false;
    }
    return true;
}

cudaMemcpyKind infer(void *dst, const void *src, cudaMemcpyKind kind)
{
    if (kind != cudaMemcpyDefault)
        return kind;
    return is_device_memory(dst) ? (is_device_memory(src) ? cudaMemcpyDeviceToDevice : cudaMemcpyHostToDevice)
                                 : (is_device_memory(src) ? cudaMemcpyDeviceToHost : cudaMemcpyHostToHost);
}

void copy_now(void *dst, const void *src, size_t bytes, const char *who)
{
    if (is_device_memory(src))
        check_bulk(src, bytes, ACCESS_READ, who);
    memmove(dst, src, bytes);
    if (is_device_memory(dst))
        check_bulk(dst, bytes, ACCESS_WRITE, who);
}

bool being_captured(cudaStream_t handle)
{
    const stream *s = find_stream(handle);
    return s && s->capture;
}

cudaError_t copy_async(void *dst, const void *src, size_t bytes, cudaMemcpyKind kind, cudaStream_t handle,
                       const char *who)
{
    kind = infer(dst, src, kind);
    if (bytes == 0)
        return cudaSuccess;
    if (!ends_match(dst, src, bytes, kind, who))
        return failed(cudaErrorInvalidValue);
    if (kind == cudaMemcpyHostToDevice && !find_allocation(src) && !being_captured(handle)) {
        /* Pageable source: the driver has read it when the call returns. Page-locked memory is read when the
         * copy runs, and a pageable destination is promised nothing before the host waits. */
        const char *bytes_of_source = static_cast<const char *>(src);
        auto staged = std::make_shared<std::vector<char>>(bytes_of_source, bytes_of_source + bytes);
        return failed(enqueue(handle, [=] { copy_now(dst, staged->data(), bytes, who); }));
    }
    return failed(enqueue(handle, [=] { copy_now(dst, src, bytes, who); }));
}
} // namespace

extern "C" {

cudaError_t cudaMemcpyAsync(void *dst, const void *src, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t handle)
{
    api_call call("cudaMemcpyAsync");
    if (call.refused)
        return call.refused;
    return copy_async(dst, src, bytes, kind, handle, "cudaMemcpyAsync");
}

cudaError_t cudaMemcpy(void *dst, const void *src, size_t bytes, cudaMemcpyKind kind)
{
    api_call call("cudaMemcpy");
    if (call.refused)
        return call.refused;
    if (cudaError_t error = refuse_in_capture("cudaMemcpy"))
        return failed(error);
    if (cudaError_t error = copy_async(dst, src, bytes, kind, nullptr, "cudaMemcpy"))
        return error;
    /* Between two places on the device it returns before the copy has run. */
    if (infer(dst, src, kind) != cudaMemcpyDeviceToDevice)
        run_all(find_stream(nullptr));
    return failed(broken());
}

cudaError_t cudaMemcpyPeerAsync(void *dst, int, const void *src, int, size_t bytes, cudaStream_t handle)
{
    api_call call("cudaMemcpyPeerAsync");
    if (call.refused)
        return call.refused;
    return copy_async(dst, src, bytes, cudaMemcpyDeviceToDevice, handle, "cudaMemcpyPeerAsync");
}

cudaError_t cudaMemcpy2DAsync(void *dst, size_t dst_pitch, const void *src, size_t src_pitch, size_t width,
                              size_t height, cudaMemcpyKind kind, cudaStream_t handle)
{
    api_call call("cudaMemcpy2DAsync");
    if (call.refused)
        return call.refused;
    if (width > dst_pitch || width > src_pitch)
        return failed(cudaErrorInvalidPitchValue);
    for (size_t y = 0; y < height; y++)
        if (cudaError_t error = copy_async(static_cast<char *>(dst) + y * dst_pitch,
                                           static_cast<const char *>(src) + y * src_pitch, width, kind,
                                           handle, "cudaMemcpy2DAsync"))
            return error;
    return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void *dst, int value, size_t bytes, cudaStream_t handle)
{
    api_call call("cudaMemsetAsync");
    if (call.refused)
        return call.refused;
    if (bytes == 0)
        return cudaSuccess;
    if (!device_range(dst, bytes, "cudaMemsetAsync"))
        return failed(cudaErrorInvalidValue);
    return failed(enqueue(handle, [=] {
        memset(dst, value, bytes);
        check_bulk(dst, bytes, ACCESS_WRITE, "cudaMemsetAsync");
    }));
}

cudaError_t cudaMemset(void *dst, int value, size_t bytes)
{
    return cudaMemsetAsync(dst, value, bytes, nullptr);
}

cudaError_t cudaMemcpyToSymbolAsync(const void *symbol, const void *src, size_t bytes, size_t offset,
                                    cudaMemcpyKind kind, cudaStream_t handle)
{
    api_call call("cudaMemcpyToSymbolAsync");
    if (call.refused)
        return call.refused;
    char *dst = static_cast<char *>(const_cast<void *>(symbol)) + offset;
    register_symbol(dst, bytes);
    return copy_async(dst, src, bytes, kind, handle, "cudaMemcpyToSymbolAsync");
}

cudaError_t cudaMemcpyToSymbol(const void *symbol, const void *src, size_t bytes, size_t offset,
                               cudaMemcpyKind kind)
{
    if (cudaError_t error = cudaMemcpyToSymbolAsync(symbol, src, bytes, offset, kind, nullptr))
        return error;
    return cudaStreamSynchronize(nullptr);
}

cudaError_t cudaGetSymbolAddress(void **pointer, const void *symbol)
{
    api_call call("cudaGetSymbolAddress");
    if (call.refused)
        return call.refused;
    *pointer = const_cast<void *>(symbol);
    return cudaSuccess;
}
}
