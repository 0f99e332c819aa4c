// SPDX-License-Identifier: BSD-3-Clause
/* memory.h - who owns which address: device allocations and page-locked host memory. */
#ifndef EMU_MEMORY_H
#define EMU_MEMORY_H

#include <cstddef>

namespace emu
{
struct allocation {
    char *start;
    size_t bytes;
    int device; /* -1: page-locked host memory */
    bool is_symbol;
};

/* The allocation (or __constant__ variable) that p points into, or nullptr: ordinary host memory, or nothing.
 */
const allocation *find_allocation(const void *p);
/* The freed allocation that p pointed into, for reports; nullptr when there was none. */
const allocation *find_freed(const void *p);
bool is_device_memory(const void *p);
/* p .. p+bytes lies in one device allocation; otherwise says so, naming `who`. */
bool device_range(const void *p, size_t bytes, const char *who);
/* The address range of all device memory of the fast and check flavours (nullptr in asan). */
char *heap_start();
size_t heap_bytes();
void memory_totals(int device, size_t *used, size_t *total);
/* With KEDGE_STRICT=1 device memory is out of reach (segmentation fault) unless one of these lives: while
 * queued work or the runtime runs. Not in the asan flavour. */
struct device_memory_open {
    device_memory_open();
    ~device_memory_open();
    device_memory_open(const device_memory_open &) = delete;
    device_memory_open &operator=(const device_memory_open &) = delete;
};
/* Called where __constant__ variables become known to the runtime. */
void register_symbol(const void *p, size_t bytes);
} // namespace emu

#endif
