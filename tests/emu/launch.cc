// SPDX-License-Identifier: BSD-3-Clause
/* launch.cc - from LAUNCH to blocks: the limits of the card, the queue, the loop over the grid; occupancy. */
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "api.h"
#include "block.h"
#include "check.h"
#include "device.h"
#include "report.h"
#include "stream.h"

namespace emu
{
namespace
{
std::map<const void *, size_t> allowances; /* cudaFuncSetAttribute */

/* "(bond_kernel<real, 3>), grid, ..." -> "bond_kernel<real, 3>". */
std::string kernel_name(const launch_site &site)
{
    int depth = 0;
    const char *start = site.text + strspn(site.text, "("), *end = start;
    for (; *end && *end != ')' && !(*end == ',' && depth == 0); end++)
        depth += (*end == '<') - (*end == '>');
    return std::string(start, end);
}

/* What the card refuses; "" when the launch is fine. */
std::string complaint(const launch_shape &shape, const void *kernel, cudaError_t *code)
{
    const dim3 &g = shape.grid, &b = shape.block;
    const size_t threads = size_t(b.x) * b.y * b.z;
    char text[200] = "";
    *code = cudaErrorInvalidConfiguration;
    if (threads == 0 || size_t(g.x) * g.y * g.z == 0)
        snprintf(text, sizeof text, "empty grid (%u,%u,%u) or block (%u,%u,%u)", g.x, g.y, g.z, b.x, b.y,
                 b.z);
    else if (threads > MAX_THREADS_PER_BLOCK || b.z > MAX_BLOCK_Z)
        snprintf(text, sizeof text, "block (%u,%u,%u), at most %d threads and %d in z", b.x, b.y, b.z,
                 MAX_THREADS_PER_BLOCK, MAX_BLOCK_Z);
    else if (g.x > 0x7fffffffu || g.y > MAX_GRID_YZ || g.z > MAX_GRID_YZ)
        snprintf(text, sizeof text, "grid (%u,%u,%u), at most 2^31-1, %d, %d", g.x, g.y, g.z, MAX_GRID_YZ,
                 MAX_GRID_YZ);
    else if (threads > size_t(launch_bound(kernel))) {
        *code = cudaErrorLaunchOutOfResources;
        snprintf(text, sizeof text, "%zu threads, __launch_bounds__ allows %d", threads,
                 launch_bound(kernel));
    } else if (shape.shared_bytes > shared_allowance(kernel)) {
        *code = cudaErrorInvalidValue;
        snprintf(text, sizeof text,
                 "%zu bytes of dynamic shared memory, allowed %zu (cudaFuncSetAttribute, at most %d)",
                 shape.shared_bytes, shared_allowance(kernel), SHARED_PER_BLOCK_OPTIN);
    }
    return text;
}

void run_grid(const launch_shape &shape, void (*body)(void *), void *arguments, const char *kernel)
{
    const dim3 g = shape.grid;
    const long n_block = long(g.x) * g.y * g.z;
    check_launch_begin(kernel);
#if defined(_OPENMP) && !defined(EMU_CHECK) && !defined(EMU_ASAN)
#pragma omp parallel for schedule(dynamic) if (n_block > 1)
#endif
    for (long i = 0; i < n_block; i++) {
        if (broken())
            continue;
        const uint3 index = {unsigned(i % g.x), unsigned(i / g.x % g.y), unsigned(i / (long(g.x) * g.y))};
        runner_here().run(block_job{g, shape.block, shape.shared_bytes, index, body, arguments, kernel});
    }
    check_launch_end();
}
} // namespace

int launch_bound(const void *kernel)
{
#if defined(__x86_64__)
    /* One NOP per allowed warp at the entry, behind the ENDBR64 of control-flow protection (emu.h). */
    const unsigned char *code = static_cast<const unsigned char *>(kernel);
    static const unsigned char endbr64[4] = {0xf3, 0x0f, 0x1e, 0xfa};
    if (memcmp(code, endbr64, sizeof endbr64) == 0)
        code += sizeof endbr64;
    int warps = 0;
    while (code[warps] == 0x90 && warps < MAX_THREADS_PER_BLOCK / 32)
        warps++;
    if (warps)
        return 32 * warps;
#else
    (void)kernel;
#endif
    return MAX_THREADS_PER_BLOCK;
}

size_t shared_allowance(const void *kernel)
{
    const auto found = allowances.find(kernel);
    return found == allowances.end() ? size_t(SHARED_PER_BLOCK) : found->second;
}

void *argument_memory(size_t bytes)
{
    (void)bytes; /* all of one size: the checker can tell them by their start */
    return ::operator new(max_argument_bytes, std::align_val_t(64));
}

cudaError_t launch(const launch_site &site, const launch_shape &shape, const void *kernel,
                   void (*body)(void *), void (*drop)(void *), void *arguments)
{
    std::shared_ptr<void> owned(arguments, [drop](void *p) {
        drop(p);
        ::operator delete(p, std::align_val_t(64));
    });
    api_call call("launch");
    if (call.refused)
        return call.refused;
    auto name = std::make_shared<std::string>(kernel_name(site));
    const stream *s = find_stream(shape.stream);
    if (!s || s->device != current_device())
        return failed(cudaErrorInvalidResourceHandle);
    cudaError_t code;
    const std::string refused = complaint(shape, kernel, &code);
    if (!refused.empty()) {
        remark("launch of %s at %s:%d: %s", name->c_str(), site.file, site.line, refused.c_str());
        return failed(code);
    }
    return failed(enqueue(shape.stream, [=] { run_grid(shape, body, owned.get(), name->c_str()); }));
}
} // namespace emu

using namespace emu;

extern "C" {

cudaError_t cudaFuncSetAttribute(const void *kernel, cudaFuncAttribute attribute, int value)
{
    api_call call("cudaFuncSetAttribute");
    if (call.refused)
        return call.refused;
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize)
        return cudaSuccess; /* a preference */
    if (value < 0 || value > SHARED_PER_BLOCK_OPTIN)
        return failed(cudaErrorInvalidValue);
    allowances[kernel] = size_t(value);
    return cudaSuccess;
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *attributes, const void *kernel)
{
    api_call call("cudaFuncGetAttributes");
    if (call.refused)
        return call.refused;
    *attributes = cudaFuncAttributes{};
    attributes->maxThreadsPerBlock = launch_bound(kernel);
    attributes->maxDynamicSharedSizeBytes = int(shared_allowance(kernel));
    attributes->ptxVersion = attributes->binaryVersion = 89;
    return cudaSuccess;
}

/* By threads, blocks and dynamic shared memory; registers and static shared memory are the compiler's secret
 * here. */
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, const void *kernel, int threads,
                                                          size_t shared_bytes)
{
    api_call call("cudaOccupancyMaxActiveBlocksPerMultiprocessor");
    if (call.refused)
        return call.refused;
    if (threads <= 0)
        return failed(cudaErrorInvalidValue);
    const int by_threads =
        threads > launch_bound(kernel) ? 0 : MAX_THREADS_PER_SM / ((threads + 31) / 32 * 32);
    const int by_shared =
        shared_bytes > shared_allowance(kernel) ? 0 : int(SHARED_PER_SM / (shared_bytes + SHARED_RESERVED));
    *blocks = std::min({by_threads, by_shared, int(MAX_BLOCKS_PER_SM)});
    return cudaSuccess;
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, const void *kernel,
                                                                   int threads, size_t shared_bytes, unsigned)
{
    return cudaOccupancyMaxActiveBlocksPerMultiprocessor(blocks, kernel, threads, shared_bytes);
}
}
