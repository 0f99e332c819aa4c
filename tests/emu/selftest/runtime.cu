// SPDX-License-Identifier: BSD-3-Clause
/* runtime.cu - streams, events, memory, constants, graphs, several devices. */
#include "selftest.h"

__constant__ float coefficients[4];

namespace
{
__global__ void polynomial_kernel(float *y, const float *x, int n)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = coefficients[0] + x[i] * (coefficients[1] + x[i] * (coefficients[2] + x[i] * coefficients[3]));
}

bool constants_reach_the_kernel()
{
    const float c[4] = {1, 2, 3, 4};
    std::vector<float> x(100), want(100);
    for (int i = 0; i < 100; i++) {
        x[i] = float(i % 10);
        want[i] = 1 + x[i] * (2 + x[i] * (3 + x[i] * 4));
    }
    device_array<float> dx(x), y(100);
    MUST(cudaMemcpyToSymbolAsync(coefficients, c, sizeof c, 0, cudaMemcpyHostToDevice, 0));
    MUST(LAUNCH(polynomial_kernel, dim3(2), dim3(64), 0, 0, y.p, dx.p, 100));
    MUST(cudaDeviceSynchronize());
    return y.download() == want;
}

__global__ void index_kernel(int *out)
{
    const int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    const int thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    const int i = block * int(blockDim.x * blockDim.y * blockDim.z) + thread;
    out[i] = i;
}

bool every_thread_of_a_grid_runs_once()
{
    device_array<int> out(2 * 3 * 4 * 5 * 6 * 7);
    MUST(LAUNCH(index_kernel, dim3(2, 3, 4), dim3(5, 6, 7), 0, 0, out.p));
    MUST(cudaDeviceSynchronize());
    const std::vector<int> got = out.download();
    for (size_t i = 0; i < got.size(); i++)
        if (got[i] != int(i))
            return false;
    return true;
}

__global__ void add_kernel(int *x, int amount)
{
    x[threadIdx.x] += amount;
}

bool events_order_streams()
{
    device_array<int> x(std::vector<int>(32, 0));
    cudaStream_t a = nullptr, b = nullptr;
    cudaEvent_t done = nullptr, later = nullptr;
    MUST(cudaStreamCreate(&a));
    MUST(cudaStreamCreateWithFlags(&b, cudaStreamNonBlocking));
    MUST(cudaEventCreate(&done));
    MUST(cudaEventCreate(&later));
    for (int round = 0; round < 3; round++) {
        MUST(LAUNCH(add_kernel, dim3(1), dim3(32), 0, a, x.p, 1));
        MUST(cudaEventRecord(done, a));
        MUST(cudaStreamWaitEvent(b, done, 0));
        MUST(LAUNCH(add_kernel, dim3(1), dim3(32), 0, b, x.p, 10));
        MUST(cudaEventRecord(later, b));
        MUST(cudaStreamWaitEvent(a, later, 0));
    }
    const bool pending = cudaEventQuery(later) == cudaErrorNotReady || getenv("EMU_EAGER");
    MUST(cudaEventSynchronize(later));
    float milliseconds = -1;
    MUST(cudaEventElapsedTime(&milliseconds, done, later));
    const bool right = x.download() == std::vector<int>(32, 33);
    MUST(cudaEventDestroy(done));
    MUST(cudaEventDestroy(later));
    MUST(cudaStreamDestroy(a));
    MUST(cudaStreamDestroy(b));
    return right && pending && milliseconds >= 0;
}

bool a_captured_loop_replays()
{
    device_array<int> x(std::vector<int>(32, 0));
    cudaStream_t s = nullptr;
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t ready = nullptr;
    MUST(cudaStreamCreate(&s));
    MUST(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
    for (int i = 0; i < 5; i++)
        MUST(LAUNCH(add_kernel, dim3(1), dim3(32), 0, s, x.p, i));
    MUST(cudaStreamEndCapture(s, &graph));
    MUST(cudaGraphInstantiate(&ready, graph, 0));
    const bool nothing_yet = x.download() == std::vector<int>(32, 0);
    for (int i = 0; i < 3; i++)
        MUST(cudaGraphLaunch(ready, s));
    MUST(cudaStreamSynchronize(s));
    MUST(cudaGraphExecDestroy(ready));
    MUST(cudaGraphDestroy(graph));
    MUST(cudaStreamDestroy(s));
    return nothing_yet && x.download() == std::vector<int>(32, 30);
}

bool the_card_is_an_rtx_4090()
{
    cudaDeviceProp p;
    int blocks = 0;
    MUST(cudaGetDeviceProperties(&p, 0));
    MUST(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, add_kernel, 256, 0));
    return p.major == 8 && p.minor == 9 && p.multiProcessorCount == 128 &&
           p.sharedMemPerBlockOptin == 101376 && strstr(p.name, "emulated") && blocks == 6;
}

bool memory_runs_out()
{
    void *p = nullptr;
    const bool refused = cudaMalloc(&p, size_t(25) << 30) == cudaErrorMemoryAllocation && p == nullptr;
    return refused && cudaGetLastError() == cudaErrorMemoryAllocation && cudaGetLastError() == cudaSuccess;
}

bool fresh_memory_is_nan()
{
    device_array<double> x(10);
    for (double v : x.download())
        if (v == v)
            return false;
    return true;
}
} // namespace

const std::vector<statement> runtime_statements = {
    {"constants reach the kernel", constants_reach_the_kernel},
    {"every thread of a grid runs once", every_thread_of_a_grid_runs_once},
    {"events order streams", events_order_streams},
    {"a captured loop replays", a_captured_loop_replays},
    {"the card is an RTX 4090", the_card_is_an_rtx_4090},
    {"memory runs out at 24 GB", memory_runs_out},
};
/* Reads what was never written, which the check flavour refuses: run by name. */
extern const statement poison_statement = {"fresh memory is NaN", fresh_memory_is_nan};
