// SPDX-License-Identifier: BSD-3-Clause
/* api.h - the entry of every emulated CUDA call: one at a time, counted, made to fail on request. */
#ifndef EMU_API_H
#define EMU_API_H

#include <cuda_runtime_api.h>

namespace emu
{
/* Lives as long as the call:
 *     api_call call("cudaMalloc");
 *     if (call.refused)
 *         return call.refused;
 * refused: EMU_NO_DEVICE's code, the failure that EMU_FAIL asks for, the error of a broken context, or 0. */
struct api_call {
    cudaError_t refused;
    explicit api_call(const char *name);
    ~api_call();
    api_call(const api_call &) = delete;
    api_call &operator=(const api_call &) = delete;
};

/* Remember for cudaGetLastError, and return it. */
cudaError_t failed(cudaError_t error);
cudaError_t take_last_error(bool forget);

/* Number of emulated devices (EMU_DEVICES, 1) and the calling thread's current one. */
int device_count();
int current_device();
void set_current_device(int index);
} // namespace emu

#endif
