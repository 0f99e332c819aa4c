// SPDX-License-Identifier: BSD-3-Clause
/* device.cu - memory, streams, events, copies and profiler marks of a CUDA device. */
#include "kernels/cuda/libraries.cuh"

#include <cstdio>
#include <cstdlib>
#include <cuda_profiler_api.h>
#ifndef KEDGE_EMULATED
#include <nvtx3/nvToolsExt.h> /* header-only; brings system headers that the emulation does not expect */
#endif

/* ---- errors ---- */

/* After one of these every further call fails too: only a new process gets a new context. */
static bool is_sticky(cudaError_t error)
{
    switch (error) {
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorAssert:
    case cudaErrorECCUncorrectable:
        return true;
    default:
        return false;
    }
}

kd_status cuda_fail(cudaError_t error, const char *call)
{
    (void)cudaGetLastError(); /* so that the next call does not report this error again */
    const kd_status code = error == cudaErrorMemoryAllocation ? KD_ENOMEM : KD_EDEVICE;
    if (error == cudaErrorNoKernelImageForDevice)
        return kd_fail(code, "cuda: this plug-in has no code for this GPU, expected a build with its architecture "
                             "(-DCMAKE_CUDA_ARCHITECTURES=.. or -DKEDGE_FAT=ON)");
    return kd_fail(code, "cuda: %s: %s (%s, error %d)%s", call, cudaGetErrorString(error), cudaGetErrorName(error),
                   static_cast<int>(error), is_sticky(error) ? "; the context is lost, restart the program" : "");
}

kd_status cuda_bind(const kd_device *dev)
{
    CUDA_TRY(cudaSetDevice(dev->index));
    return KD_OK;
}

/* ---- memory ---- */

static kd_status device_alloc(kd_device *dev, size_t bytes, void **ptr_d)
{
    TRY(cuda_bind(dev));
    CUDA_TRY(cudaMalloc(ptr_d, bytes));
    return KD_OK;
}

/* Frees report nothing: what they could report has been reported by the call that caused it. They go on when the device
 * cannot be made current, since addresses, streams and events know theirs. */
static void device_free(kd_device *dev, void *ptr_d)
{
    (void)cudaSetDevice(dev->index);
    (void)cudaFree(ptr_d);
}

static kd_status device_host_alloc(kd_device *dev, size_t bytes, void **ptr)
{
    TRY(cuda_bind(dev));
    CUDA_TRY(cudaHostAlloc(ptr, bytes ? bytes : 1, cudaHostAllocDefault));
    return KD_OK;
}

static void device_host_free(kd_device *dev, void *ptr)
{
    (void)cudaSetDevice(dev->index);
    (void)cudaFreeHost(ptr);
}

/* Pageable memory has been staged when cudaMemcpyAsync returns (CUDA Runtime API, "API synchronization behavior");
 * page-locked memory is read later, so there the copy is waited for. */
static kd_status device_upload(kd_device *dev, kd_stream *s, void *dst_d, const void *src, size_t bytes)
{
    TRY(cuda_bind(dev));
    cudaPointerAttributes attributes = {};
    const bool known = cudaPointerGetAttributes(&attributes, src) == cudaSuccess;
    if (!known)
        (void)cudaGetLastError();
    CUDA_TRY(cudaMemcpyAsync(dst_d, src, bytes, cudaMemcpyHostToDevice, cuda_stream(s)));
    if (!known || attributes.type != cudaMemoryTypeUnregistered)
        CUDA_TRY(cudaStreamSynchronize(cuda_stream(s)));
    return KD_OK;
}

static kd_status device_download(kd_device *dev, kd_stream *s, void *dst, const void *src_d, size_t bytes)
{
    TRY(cuda_bind(dev));
    CUDA_TRY(cudaMemcpyAsync(dst, src_d, bytes, cudaMemcpyDeviceToHost, cuda_stream(s)));
    CUDA_TRY(cudaStreamSynchronize(cuda_stream(s)));
    return KD_OK;
}

static kd_status device_copy(kd_device *dev, kd_stream *s, void *dst_d, const void *src_d, size_t bytes)
{
    TRY(cuda_bind(dev));
    CUDA_TRY(cudaMemcpyAsync(dst_d, src_d, bytes, cudaMemcpyDeviceToDevice, cuda_stream(s)));
    return KD_OK;
}

static kd_status device_fill(kd_device *dev, kd_stream *s, void *dst_d, int byte, size_t bytes)
{
    TRY(cuda_bind(dev));
    CUDA_TRY(cudaMemsetAsync(dst_d, byte, bytes, cuda_stream(s)));
    return KD_OK;
}

/* ---- streams and events ---- */

static cudaEvent_t cuda_event(kd_event *e)
{
    return reinterpret_cast<cudaEvent_t>(e);
}

/* Non-blocking: nothing here ever waits for the legacy default stream. */
static kd_status device_stream_create(kd_device *dev, kd_stream **s)
{
    TRY(cuda_bind(dev));
    cudaStream_t created = nullptr;
    CUDA_TRY(cudaStreamCreateWithFlags(&created, cudaStreamNonBlocking));
    *s = reinterpret_cast<kd_stream *>(created);
    return KD_OK;
}

static void device_stream_destroy(kd_device *dev, kd_stream *s)
{
    (void)cudaSetDevice(dev->index);
    (void)cudaStreamDestroy(cuda_stream(s));
}

static kd_status device_stream_sync(kd_device *dev, kd_stream *s)
{
    TRY(cuda_bind(dev));
    CUDA_TRY(cudaStreamSynchronize(cuda_stream(s)));
    return KD_OK;
}

static kd_status device_event_create(kd_device *dev, kd_event **e)
{
    TRY(cuda_bind(dev));
    cudaEvent_t created = nullptr;
    CUDA_TRY(cudaEventCreateWithFlags(&created, cudaEventDefault));
    *e = reinterpret_cast<kd_event *>(created);
    return KD_OK;
}

static void device_event_destroy(kd_device *dev, kd_event *e)
{
    (void)cudaSetDevice(dev->index);
    (void)cudaEventDestroy(cuda_event(e));
}

static kd_status device_event_record(kd_device *dev, kd_event *e, kd_stream *s)
{
    TRY(cuda_bind(dev));
    CUDA_TRY(cudaEventRecord(cuda_event(e), cuda_stream(s)));
    return KD_OK;
}

static kd_status device_event_wait(kd_device *dev, kd_event *e, kd_stream *s)
{
    TRY(cuda_bind(dev));
    CUDA_TRY(cudaStreamWaitEvent(cuda_stream(s), cuda_event(e), 0));
    return KD_OK;
}

static kd_status device_event_sync(kd_device *dev, kd_event *e)
{
    TRY(cuda_bind(dev));
    CUDA_TRY(cudaEventSynchronize(cuda_event(e)));
    return KD_OK;
}

static kd_status device_event_elapsed(kd_device *dev, kd_event *from, kd_event *to, double *seconds)
{
    float milliseconds = 0;
    TRY(cuda_bind(dev));
    CUDA_TRY(cudaEventElapsedTime(&milliseconds, cuda_event(from), cuda_event(to)));
    *seconds = 1e-3 * static_cast<double>(milliseconds);
    return KD_OK;
}

/* ---- graphs ---- */

kd_status cuda_end_capture(cudaStream_t s, kd_status recorded, cudaGraphExec_t *out)
{
    cudaGraph_t graph = nullptr;
    *out = nullptr;
    cudaError_t error = cudaStreamEndCapture(s, &graph);
    if (error == cudaSuccess && recorded == KD_OK)
        error = cudaGraphInstantiate(out, graph, 0);
    if (graph)
        (void)cudaGraphDestroy(graph);
    TRY(recorded);
    CUDA_TRY(error);
    return KD_OK;
}

static kd_status device_graph_begin(kd_device *dev, kd_stream *s)
{
    TRY(cuda_bind(dev));
    CUDA_TRY(cudaStreamBeginCapture(cuda_stream(s), cudaStreamCaptureModeThreadLocal));
    return KD_OK;
}

static kd_status device_graph_end(kd_device *dev, kd_stream *s, kd_graph **graph)
{
    cudaGraphExec_t made;
    *graph = nullptr;
    TRY(cuda_bind(dev));
    const kd_status status = cuda_end_capture(cuda_stream(s), KD_OK, &made);
    *graph = reinterpret_cast<kd_graph *>(made);
    return status;
}

static kd_status device_graph_launch(kd_device *dev, kd_stream *s, kd_graph *graph)
{
    TRY(cuda_bind(dev));
    CUDA_TRY(cudaGraphLaunch(reinterpret_cast<cudaGraphExec_t>(graph), cuda_stream(s)));
    return KD_OK;
}

static void device_graph_destroy(kd_device *dev, kd_graph *graph)
{
    (void)cudaSetDevice(dev->index);
    if (graph)
        (void)cudaGraphExecDestroy(reinterpret_cast<cudaGraphExec_t>(graph));
}

/* ---- profiler ---- */

#ifdef KEDGE_EMULATED
constexpr auto device_range_push = nullptr;
constexpr auto device_range_pop = nullptr;
#else
static void device_range_push(kd_device *dev, const char *name)
{
    (void)dev;
    nvtxRangePushA(name);
}

static void device_range_pop(kd_device *dev)
{
    (void)dev;
    nvtxRangePop();
}
#endif

/* Without a profiler attached these fail harmlessly. */
static void device_profiler(kd_device *dev, bool start)
{
    (void)cudaSetDevice(dev->index);
    (void)(start ? cudaProfilerStart() : cudaProfilerStop());
    (void)cudaGetLastError();
}

/* The primary context stays: other users of the process may hold it. */
static void device_close(kd_device *dev)
{
    struct cuda_state *state = cuda_state(dev);
    if (!state)
        return;
    (void)cudaSetDevice(dev->index);
    if (state->blas)
        (void)cublasDestroy(state->blas);
    if (state->solver)
        (void)cusolverDnDestroy(state->solver);
    cuda_nn_release(state);
    cuda_xas_release(state);
    (void)cudaFreeHost(state->pinned);
    free(state);
}

const struct device_ops cuda_device_ops = {
    device_alloc,        device_free,          device_host_alloc,   device_host_free,    device_upload,
    device_download,     device_copy,          device_fill,         device_stream_create, device_stream_destroy,
    device_stream_sync,  device_event_create,  device_event_destroy, device_event_record, device_event_wait,
    device_event_sync,   device_event_elapsed, device_graph_begin,  device_graph_end,    device_graph_launch,
    device_graph_destroy, device_range_push,   device_range_pop,    device_profiler,     device_close,
};

/* ---- opening ---- */

kd_status cuda_device_describe(int index, char line[160])
{
    cudaDeviceProp p = {};
    CUDA_TRY(cudaGetDeviceProperties(&p, index));
    snprintf(line, 160, "%.80s, sm_%d%d, %.1f GB, %d SMs", p.name, p.major, p.minor,
             static_cast<double>(p.totalGlobalMem) / 1e9, p.multiProcessorCount);
    return KD_OK;
}

/* Exists so that opening can ask whether the plug-in holds code for this GPU. */
__global__ void __launch_bounds__(1) image_kernel()
{
}

kd_status cuda_device_open(kd_device *dev, int index)
{
    cudaDeviceProp p = {};
    cudaFuncAttributes image = {};
    TRY(cuda_bind(dev));
    CUDA_TRY(cudaFuncGetAttributes(&image, image_kernel)); /* also creates the context, where a failure can be named */
    CUDA_TRY(cudaGetDeviceProperties(&p, index));
    dev->bytes_total = p.totalGlobalMem;
    TRY(cuda_device_describe(index, dev->description));
    dev->state = calloc(1, sizeof(struct cuda_state));
    if (!dev->state)
        FAIL(KD_ENOMEM, "cuda: no host memory");
    dev->ops = &cuda_device_ops;
    return KD_OK;
}
