// SPDX-License-Identifier: BSD-3-Clause
/* fiber.h - one CUDA thread as a fiber: a stack of its own, switched by hand. */
#ifndef EMU_FIBER_H
#define EMU_FIBER_H

#include <cstddef>
#include <vector>

#include "emu.h"

#undef threadIdx
#undef blockIdx
#undef blockDim
#undef gridDim

namespace emu
{
enum fiber_state { READY, AT_BARRIER, AT_WARP, DONE };

struct async_copy {
    void *shared;
    const void *global;
    size_t bytes;
    const void *where;
};

struct fiber {
    context seen; /* what the kernel can ask for */
    fiber_state state = DONE;
    const void *where = nullptr; /* the call in the kernel that waits */
    votes result = {};           /* of the barrier it waited at */
    void *meeting_slots = nullptr;

    std::vector<async_copy> open_copies;                /* not committed */
    std::vector<std::vector<async_copy>> closed_copies; /* committed groups, oldest first */

    void *saved = nullptr; /* stack pointer while it does not run */
    char *stack = nullptr;
    void *fake_stack = nullptr; /* ASan's */

    fiber();
    ~fiber();
    fiber(const fiber &) = delete;
    fiber &operator=(const fiber &) = delete;

    bool owns(const void *p) const; /* p lies on its stack */
};

/* Make the next resume call entry(), which must end in fiber_leave. */
void fiber_prepare(fiber &f, void (*entry)());
/* Scheduler to fiber, until the fiber suspends or leaves. */
void fiber_resume(fiber &f);
/* Fiber to scheduler. fiber_leave does not return. */
void fiber_suspend(fiber &f);
[[noreturn]] void fiber_leave(fiber &f);
/* To be called first in entry(). */
void fiber_entered();
} // namespace emu

#endif
