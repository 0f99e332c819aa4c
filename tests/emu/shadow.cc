// SPDX-License-Identifier: BSD-3-Clause
/* shadow.cc - the shadow of global memory: reserved as a whole, committed page by page. */
#include "shadow.h"

#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>

namespace emu
{
namespace
{
void *reserve(size_t bytes)
{
    void *pages =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) {
        perror("[emu] address space for the shadow of device memory");
        abort();
    }
    return pages;
}
} // namespace

void global_shadow::cover(char *start, size_t bytes)
{
    if (state)
        return;
    span = word_span{start, bytes};
    state = static_cast<uint8_t *>(reserve(bytes / 4));
    history = static_cast<word_history *>(reserve(bytes / 4 * sizeof(word_history)));
}

global_shadow::~global_shadow()
{
    if (!state)
        return;
    munmap(state, span.bytes / 4);
    munmap(history, span.bytes / 4 * sizeof(word_history));
}

void global_shadow::set_allocated(const void *p, size_t bytes, bool there)
{
    const char *c = static_cast<const char *>(p), *end = c + bytes;
    for (; c < end; c += 4)
        state[span.index(c)] = there ? uint8_t(byte_mask(c, size_t(end - c)) << 4) : 0;
}

void global_shadow::set_defined(const void *p, size_t bytes)
{
    const char *c = static_cast<const char *>(p), *end = c + bytes;
    while (c < end) {
        const char *next = c + 4 - (reinterpret_cast<uintptr_t>(c) & 3);
        state[span.index(c)] |= byte_mask(c, size_t(end - c));
        c = next;
    }
}

const void *global_shadow::first_undefined(const void *p, size_t bytes) const
{
    const char *c = static_cast<const char *>(p), *end = c + bytes;
    while (c < end) {
        const uint8_t wanted = byte_mask(c, size_t(end - c));
        if ((state[span.index(c)] & wanted) != wanted)
            return c;
        c += 4 - (reinterpret_cast<uintptr_t>(c) & 3);
    }
    return nullptr;
}

void global_shadow::forget(const void *p, size_t bytes)
{
    const uintptr_t page = 4096,
                    first = reinterpret_cast<uintptr_t>(history + span.index(p)) / page * page + page,
                    last = reinterpret_cast<uintptr_t>(history +
                                                       span.index(static_cast<const char *>(p) + bytes)) /
                           page * page;
    if (last > first)
        madvise(reinterpret_cast<void *>(first), last - first, MADV_DONTNEED);
}
} // namespace emu
