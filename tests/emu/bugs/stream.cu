// SPDX-License-Identifier: BSD-3-Clause
/* stream.cu - bugs in the order of work: forgotten waits, events, captures. */
#include "bugs.h"

namespace
{
__global__ void scale_kernel(float *x, int n, float factor)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        x[i] *= factor;
}

struct two_streams {
    cudaStream_t first = nullptr, second = nullptr;
    cudaEvent_t event = nullptr;
    two_streams()
    {
        cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking);
        cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking);
        cudaEventCreateWithFlags(&event, cudaEventDisableTiming);
    }
    ~two_streams()
    {
        cudaEventDestroy(event);
        cudaStreamDestroy(first);
        cudaStreamDestroy(second);
    }
};

cudaError_t scale_on(cudaStream_t s, float *x, float factor)
{
    return LAUNCH(scale_kernel, dim3(1), dim3(64), 0, s, x, 64, factor);
}

bool download_without_sync(bool planted)
{
    two_streams s;
    device_array<float> x(std::vector<float>(64, 1.0f));
    std::vector<float> got(64, 0.0f);
    MUST(scale_on(s.first, x.p, 2.0f));
    MUST(cudaMemcpyAsync(got.data(), x.p, 256, cudaMemcpyDeviceToHost, s.first));
    if (!planted)
        MUST(cudaStreamSynchronize(s.first));
    const bool right = got == std::vector<float>(64, 2.0f);
    MUST(cudaStreamSynchronize(s.first));
    return right;
}

bool streams_without_event(bool planted)
{
    two_streams s;
    device_array<float> x(std::vector<float>(64, 1.0f));
    std::vector<float> got(64, 0.0f);
    MUST(scale_on(s.first, x.p, 2.0f));
    MUST(cudaEventRecord(s.event, s.first));
    if (!planted)
        MUST(cudaStreamWaitEvent(s.second, s.event, 0));
    MUST(scale_on(s.second, x.p, 3.0f));
    MUST(cudaMemcpyAsync(got.data(), x.p, 256, cudaMemcpyDeviceToHost, s.second));
    MUST(cudaStreamSynchronize(s.second));
    const bool right = got == std::vector<float>(64, 6.0f);
    MUST(cudaDeviceSynchronize());
    return right;
}

/* The numbers come out right, because the host happens to wait in the lucky order: only clocks tell. */
bool streams_in_lucky_order(bool planted)
{
    two_streams s;
    device_array<float> x(std::vector<float>(64, 1.0f));
    MUST(scale_on(s.first, x.p, 2.0f));
    MUST(cudaEventRecord(s.event, s.first));
    if (!planted)
        MUST(cudaStreamWaitEvent(s.second, s.event, 0));
    MUST(scale_on(s.second, x.p, 3.0f));
    MUST(cudaStreamSynchronize(s.first));
    MUST(cudaStreamSynchronize(s.second));
    return x.download() == std::vector<float>(64, 6.0f);
}

/* Page-locked memory is read when the copy runs, not when it is asked for. */
bool source_reused_too_early(bool planted)
{
    two_streams s;
    device_array<float> x(64);
    float *host = nullptr;
    MUST(cudaMallocHost(&host, 256));
    for (int i = 0; i < 64; i++)
        host[i] = 1.0f;
    MUST(cudaMemcpyAsync(x.p, host, 256, cudaMemcpyHostToDevice, s.first));
    if (!planted)
        MUST(cudaStreamSynchronize(s.first));
    for (int i = 0; i < 64; i++)
        host[i] = 2.0f;
    MUST(cudaStreamSynchronize(s.first));
    const bool right = x.download() == std::vector<float>(64, 1.0f);
    MUST(cudaFreeHost(host));
    return right;
}

cudaError_t capture(two_streams &s, float *x, bool sync_inside, bool join, cudaGraph_t *graph)
{
    cudaStreamBeginCapture(s.first, cudaStreamCaptureModeGlobal);
    scale_on(s.first, x, 2.0f);
    cudaEventRecord(s.event, s.first);
    cudaStreamWaitEvent(s.second, s.event, 0);
    scale_on(s.second, x, 3.0f);
    cudaEventRecord(s.event, s.second);
    if (join)
        cudaStreamWaitEvent(s.first, s.event, 0);
    if (sync_inside)
        cudaStreamSynchronize(s.first);
    return cudaStreamEndCapture(s.first, graph);
}

bool replay(bool sync_inside, bool join, bool destroy_twice = false)
{
    two_streams s;
    device_array<float> x(std::vector<float>(64, 1.0f));
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t ready = nullptr;
    MUST(capture(s, x.p, sync_inside, join, &graph));
    MUST(cudaGraphInstantiate(&ready, graph, 0));
    MUST(cudaGraphLaunch(ready, s.first));
    MUST(cudaGraphLaunch(ready, s.first));
    MUST(cudaStreamSynchronize(s.first));
    MUST(cudaGraphDestroy(graph));
    const bool right = x.download() == std::vector<float>(64, 36.0f);
    MUST(cudaGraphExecDestroy(ready));
    if (destroy_twice)
        (void)cudaGraphExecDestroy(ready);
    return right;
}

bool sync_in_capture(bool planted)
{
    return replay(planted, true);
}

bool capture_not_joined(bool planted)
{
    return replay(false, !planted);
}

bool graph_destroyed_twice(bool planted)
{
    return replay(false, true, planted);
}
} // namespace

const std::vector<planted_bug> stream_bugs = {
    {"download_without_sync", download_without_sync},
    {"streams_without_event", streams_without_event},
    {"streams_in_lucky_order", streams_in_lucky_order},
    {"source_reused_too_early", source_reused_too_early},
    {"sync_in_capture", sync_in_capture},
    {"capture_not_joined", capture_not_joined},
    {"graph_destroyed_twice", graph_destroyed_twice},
};
