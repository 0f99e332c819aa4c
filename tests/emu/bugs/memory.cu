// SPDX-License-Identifier: BSD-3-Clause
/* memory.cu - bugs in the use of device memory. */
#include "bugs.h"

namespace
{
__global__ void copy_kernel(const float *__restrict__ x, float *__restrict__ y, int n_read, int n_write)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    const float v = i < n_read ? x[i] : 0.0f;
    if (i < n_write)
        y[i] = v;
}

/* Copies a hundred numbers with launches that reach too far, from memory that is not there, ... */
struct copy_case {
    device_array<float> x, y;
    std::vector<float> values;
    copy_case() : x(std::vector<float>(100, 3.0f)), y(100), values(100, 3.0f)
    {
    }
    bool run(const float *from, int n_read, int n_write)
    {
        MUST(LAUNCH(copy_kernel, dim3(2), dim3(64), 0, 0, from, y.p, n_read, n_write));
        MUST(cudaDeviceSynchronize());
        return y.download() == values;
    }
};

bool read_out_of_bounds(bool planted)
{
    copy_case c;
    return c.run(c.x.p, planted ? 101 : 100, 100);
}

bool write_out_of_bounds(bool planted)
{
    copy_case c;
    return c.run(c.x.p, 100, planted ? 101 : 100);
}

bool host_pointer_in_kernel(bool planted)
{
    copy_case c;
    const bool right = c.run(planted ? c.values.data() : c.x.p, 100, 100);
    return right;
}

bool never_written(bool planted)
{
    copy_case c;
    device_array<float> fresh(100);
    if (!planted)
        MUST(cudaMemcpy(fresh.p, c.x.p, 400, cudaMemcpyDeviceToDevice));
    return c.run(fresh.p, 100, 100);
}

bool use_after_free(bool planted)
{
    copy_case c;
    float *other = nullptr;
    MUST(cudaMalloc(&other, 400));
    MUST(cudaMemcpy(other, c.x.p, 400, cudaMemcpyDeviceToDevice));
    if (planted)
        MUST(cudaFree(other));
    const bool right = c.run(other, 100, 100);
    if (!planted)
        MUST(cudaFree(other));
    return right;
}

bool leak(bool planted)
{
    copy_case c;
    float *other = nullptr;
    MUST(cudaMalloc(&other, 400));
    MUST(cudaMemset(other, 0, 400));
    if (!planted)
        MUST(cudaFree(other));
    return c.run(c.x.p, 100, 100);
}

/* KEDGE_STRICT=1 (run.sh) makes this a segmentation fault. */
bool host_reads_device_memory(bool planted)
{
    copy_case c;
    MUST(cudaDeviceSynchronize());
    const std::vector<float> got = planted ? std::vector<float>(c.x.p, c.x.p + 100) : c.x.download();
    return got == c.values;
}

bool double_free(bool planted)
{
    float *p = nullptr;
    MUST(cudaMalloc(&p, 400));
    MUST(cudaFree(p));
    if (planted)
        MUST(cudaFree(p));
    return true;
}

bool copy_out_of_bounds(bool planted)
{
    copy_case c;
    MUST(cudaMemcpy(c.y.p, c.x.p, planted ? 401 : 400, cudaMemcpyDeviceToDevice));
    return c.y.download() == c.values;
}

__global__ void vector_kernel(const float *x, float *y)
{
    const float4 v = __ldg(reinterpret_cast<const float4 *>(x) + threadIdx.x);
    reinterpret_cast<float4 *>(y)[threadIdx.x] = make_float4(v.x, v.y, v.z, v.w);
}

bool misaligned_vector(bool planted)
{
    device_array<float> x(std::vector<float>(132, 2.0f)), y(128);
    MUST(LAUNCH(vector_kernel, dim3(1), dim3(32), 0, 0, x.p + (planted ? 1 : 0), y.p));
    MUST(cudaDeviceSynchronize());
    return y.download() == std::vector<float>(128, 2.0f);
}
} // namespace

const std::vector<planted_bug> memory_bugs = {
    {"read_out_of_bounds", read_out_of_bounds},
    {"write_out_of_bounds", write_out_of_bounds},
    {"host_pointer_in_kernel", host_pointer_in_kernel},
    {"never_written", never_written},
    {"use_after_free", use_after_free},
    {"leak", leak},
    {"host_reads_device_memory", host_reads_device_memory},
    {"double_free", double_free},
    {"copy_out_of_bounds", copy_out_of_bounds},
    {"misaligned_vector", misaligned_vector},
};
