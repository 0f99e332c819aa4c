// SPDX-License-Identifier: BSD-3-Clause
/* memory.cc - cudaMalloc and its kin.
 *
 * Device memory starts as NaN. The asan flavour takes it from malloc, red zones and leak report included; the
 * others from one large reservation, so that device addresses can be told from host addresses and freed ones
 * are not used again. */
#include "memory.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sys/mman.h>

#include "api.h"
#include "check.h"
#include "report.h"
#include "stream.h"

namespace emu
{
namespace
{
constexpr size_t alignment = 256;
constexpr size_t reservation = size_t(64) << 30; /* address space, not memory */

std::map<const char *, allocation> live, freed;
std::map<int, size_t> used_bytes;

size_t device_bytes()
{
    static const size_t bytes = [] {
        const char *megabytes = getenv("EMU_MEMORY_MB");
        return megabytes ? size_t(atol(megabytes)) << 20 : size_t(24) << 30;
    }();
    return bytes;
}

const allocation *find_in(const std::map<const char *, allocation> &map, const void *p)
{
    const char *c = static_cast<const char *>(p);
    auto after = map.upper_bound(c);
    if (after == map.begin())
        return nullptr;
    const allocation &a = std::prev(after)->second;
    return c < a.start + std::max<size_t>(a.bytes, 1) ? &a : nullptr;
}

#if defined(EMU_ASAN)
char *take(size_t bytes)
{
    void *p = nullptr;
    return posix_memalign(&p, alignment, bytes) == 0 ? static_cast<char *>(p) : nullptr;
}
void give_back(const allocation &a)
{
    free(a.start);
}
#else
char *heap;
size_t heap_used;
int n_open;

void protect(int protection)
{
    static const bool strict = getenv("KEDGE_STRICT") && strcmp(getenv("KEDGE_STRICT"), "1") == 0;
    if (strict && heap && mprotect(heap, (heap_used + 4095) / 4096 * 4096, protection) != 0)
        perror("[emu] KEDGE_STRICT");
}

char *take(size_t bytes)
{
    if (!heap) {
        void *pages = mmap(nullptr, reservation, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (pages == MAP_FAILED)
            return nullptr;
        heap = static_cast<char *>(pages);
    }
    /* A gap after each allocation, and no address twice: an overrun or a stale pointer meets nothing. */
    const size_t room = (bytes + 2 * alignment - 1) / alignment * alignment;
    if (heap_used + room > reservation)
        return nullptr;
    char *p = heap + heap_used;
    heap_used += room;
    return p;
}
void give_back(const allocation &a)
{
    device_memory_open open;
    const uintptr_t page = 4096, first = (reinterpret_cast<uintptr_t>(a.start) + page - 1) / page * page,
                    last = reinterpret_cast<uintptr_t>(a.start + a.bytes) / page * page;
    memset(a.start, 0xff, std::min<size_t>(a.bytes, page));
    if (last > first)
        madvise(reinterpret_cast<void *>(first), last - first, MADV_DONTNEED);
}
#endif

/* cudaMalloc'ed memory still there at the end. */
struct leak_report {
    ~leak_report()
    {
        for (const auto &[start, a] : live)
            if (!a.is_symbol)
                fault(cudaErrorMemoryAllocation, "leak: %zu bytes of %s memory never freed", a.bytes,
                      a.device < 0 ? "page-locked" : "device");
#if !defined(EMU_ASAN)
        if (heap)
            munmap(heap, reservation);
#endif
    }
};
leak_report leaks;
} // namespace

device_memory_open::device_memory_open()
{
#if !defined(EMU_ASAN)
    if (n_open++ == 0)
        protect(PROT_READ | PROT_WRITE);
#endif
}

device_memory_open::~device_memory_open()
{
#if !defined(EMU_ASAN)
    if (--n_open == 0)
        protect(PROT_NONE);
#endif
}

char *heap_start()
{
#if defined(EMU_ASAN)
    return nullptr;
#else
    return heap;
#endif
}

size_t heap_bytes()
{
    return reservation;
}

const allocation *find_allocation(const void *p)
{
    return find_in(live, p);
}

const allocation *find_freed(const void *p)
{
    return find_in(freed, p);
}

bool is_device_memory(const void *p)
{
    const allocation *a = find_allocation(p);
    return a && a->device >= 0;
}

bool device_range(const void *p, size_t bytes, const char *who)
{
    const allocation *a = find_allocation(p);
    if (!a || a->device < 0) {
        remark("%s: %p is not device memory%s", who, p, find_freed(p) ? " any more: it was freed" : "");
        return false;
    }
    if (static_cast<const char *>(p) + bytes > a->start + a->bytes) {
        remark("%s: %zu bytes at offset %zu of an allocation of %zu", who, bytes,
               size_t(static_cast<const char *>(p) - a->start), a->bytes);
        return false;
    }
    return true;
}

void memory_totals(int device, size_t *used, size_t *total)
{
    *used = used_bytes[device];
    *total = device_bytes();
}

void register_symbol(const void *p, size_t bytes)
{
    char *start = static_cast<char *>(const_cast<void *>(p));
    if (!find_allocation(p))
        live[start] = allocation{start, bytes, 0, true};
}
} // namespace emu

using namespace emu;

extern "C" {

cudaError_t cudaMalloc(void **pointer, size_t bytes)
{
    api_call call("cudaMalloc");
    if (call.refused)
        return call.refused;
    if (cudaError_t error = refuse_in_capture("cudaMalloc"))
        return failed(error);
    if (!pointer)
        return failed(cudaErrorInvalidValue);
    *pointer = nullptr;
    if (bytes == 0)
        return cudaSuccess;
    const int device = current_device();
    if (used_bytes[device] + bytes > device_bytes())
        return failed(cudaErrorMemoryAllocation);
    char *p = take(bytes);
    if (!p)
        return failed(cudaErrorMemoryAllocation);
    {
        device_memory_open open;
        memset(p, 0xff, bytes);
    }
    live[p] = allocation{p, bytes, device, false};
    used_bytes[device] += bytes;
    check_allocated(p, bytes);
    *pointer = p;
    return cudaSuccess;
}

cudaError_t cudaFree(void *pointer)
{
    api_call call("cudaFree");
    if (call.refused)
        return call.refused;
    if (!pointer)
        return cudaSuccess;
    if (cudaError_t error = refuse_in_capture("cudaFree"))
        return failed(error);
    const auto found = live.find(static_cast<char *>(pointer));
    if (found == live.end() || found->second.device < 0 || found->second.is_symbol) {
        remark("cudaFree: %p is not the start of device memory%s", pointer,
               find_freed(pointer) ? ": freed before" : "");
        return failed(cudaErrorInvalidValue);
    }
    const allocation a = found->second;
    run_device(a.device);
    live.erase(a.start);
    freed[a.start] = a;
    used_bytes[a.device] -= a.bytes;
    check_freed(a.start, a.bytes);
    give_back(a);
    return cudaSuccess;
}

cudaError_t cudaHostAlloc(void **pointer, size_t bytes, unsigned)
{
    api_call call("cudaHostAlloc");
    if (call.refused)
        return call.refused;
    void *p = nullptr;
    if (posix_memalign(&p, alignment, std::max<size_t>(bytes, 1)) != 0)
        return failed(cudaErrorMemoryAllocation);
    memset(p, 0xff, bytes);
    live[static_cast<char *>(p)] = allocation{static_cast<char *>(p), bytes, -1, false};
    *pointer = p;
    return cudaSuccess;
}

cudaError_t cudaMallocHost(void **pointer, size_t bytes)
{
    return cudaHostAlloc(pointer, bytes, 0);
}

cudaError_t cudaFreeHost(void *pointer)
{
    api_call call("cudaFreeHost");
    if (call.refused)
        return call.refused;
    if (!pointer)
        return cudaSuccess;
    const auto found = live.find(static_cast<char *>(pointer));
    if (found == live.end() || found->second.device >= 0)
        return failed(cudaErrorInvalidValue);
    for (int device = 0; device < device_count(); device++)
        run_device(device);
    live.erase(found);
    free(pointer);
    return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total_bytes)
{
    api_call call("cudaMemGetInfo");
    if (call.refused)
        return call.refused;
    size_t used;
    memory_totals(current_device(), &used, total_bytes);
    *free_bytes = *total_bytes - used;
    return cudaSuccess;
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes *attributes, const void *pointer)
{
    api_call call("cudaPointerGetAttributes");
    if (call.refused)
        return call.refused;
    const allocation *a = find_allocation(pointer);
    memset(attributes, 0, sizeof *attributes);
    attributes->type = !a              ? cudaMemoryTypeUnregistered
                       : a->device < 0 ? cudaMemoryTypeHost
                                       : cudaMemoryTypeDevice;
    attributes->device = a && a->device >= 0 ? a->device : 0;
    if (a && a->device >= 0)
        attributes->devicePointer = const_cast<void *>(pointer);
    else
        attributes->hostPointer = const_cast<void *>(pointer);
    return cudaSuccess;
}
}
