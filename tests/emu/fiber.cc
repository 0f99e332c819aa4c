// SPDX-License-Identifier: BSD-3-Clause
/* fiber.cc - stacks and the switch between them.
 *
 * The switch saves the six registers that a call preserves: 18 ns, where swapcontext needs two system calls
 * (2 us). Other machines than x86-64 take swapcontext. */
#include "fiber.h"

#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>

#include "check.h"

#if defined(EMU_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(__x86_64__)
extern "C" __attribute__((visibility("hidden"))) void emu_switch(void **save, void *load);
asm(R"(
.text
.globl emu_switch
.hidden emu_switch
.type emu_switch, @function
emu_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size emu_switch, .-emu_switch
)");
#else
#include <ucontext.h>
#endif

namespace emu
{
namespace
{
#if defined(EMU_ASAN)
constexpr size_t stack_bytes = 256 << 10; /* red zones and unoptimised frames */
#else
constexpr size_t stack_bytes = 128 << 10;
#endif
constexpr size_t guard_bytes = 4096;

/* The scheduler's side of the switch, one per OS thread. */
struct scheduler_side {
    void *saved;
    void *fake_stack;
    const void *bottom;
    size_t size;
};
__thread scheduler_side side;

#if !defined(__x86_64__)
__thread ucontext_t scheduler_context;
#endif
} // namespace

fiber::fiber()
{
    void *pages = mmap(nullptr, guard_bytes + stack_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages, guard_bytes, PROT_NONE) != 0) {
        perror("[emu] stack of a CUDA thread");
        abort();
    }
    stack = static_cast<char *>(pages) + guard_bytes;
    seen.self = this;
}

fiber::~fiber()
{
    munmap(stack - guard_bytes, guard_bytes + stack_bytes);
#if !defined(__x86_64__)
    delete static_cast<ucontext_t *>(saved);
#endif
}

bool fiber::owns(const void *p) const
{
    return p >= stack && p < stack + stack_bytes;
}

void fiber_prepare(fiber &f, void (*entry)())
{
#if defined(EMU_ASAN)
    __asan_unpoison_memory_region(f.stack, stack_bytes); /* frames that an abandoned block left */
#endif
#if defined(__x86_64__)
    /* At its first instruction entry() must find the stack 8 bytes off a multiple of 16, as after a call. */
    void **top = reinterpret_cast<void **>(f.stack + stack_bytes - 64);
    *--top = nullptr;
    *--top = reinterpret_cast<void *>(entry);
    for (int i = 0; i < 6; i++)
        *--top = nullptr;
    f.saved = top;
#else
    if (!f.saved)
        f.saved = new ucontext_t;
    ucontext_t *context = static_cast<ucontext_t *>(f.saved);
    getcontext(context);
    context->uc_stack.ss_sp = f.stack;
    context->uc_stack.ss_size = stack_bytes;
    context->uc_link = nullptr;
    makecontext(context, entry, 0);
#endif
}

void fiber_resume(fiber &f)
{
    current = &f.seen;
#if defined(EMU_ASAN)
    __sanitizer_start_switch_fiber(&side.fake_stack, f.stack, stack_bytes);
#endif
#if defined(__x86_64__)
    emu_switch(&side.saved, f.saved);
#else
    swapcontext(&scheduler_context, static_cast<ucontext_t *>(f.saved));
#endif
#if defined(EMU_ASAN)
    __sanitizer_finish_switch_fiber(side.fake_stack, nullptr, nullptr);
#endif
}

void fiber_entered()
{
#if defined(EMU_ASAN)
    __sanitizer_finish_switch_fiber(nullptr, &side.bottom, &side.size);
#endif
}

static void to_scheduler(fiber &f, bool for_good)
{
#if defined(EMU_CHECK)
    const int paused = checker_paused;
    checker_paused = 0;
#endif
    current = nullptr;
#if defined(EMU_ASAN)
    __sanitizer_start_switch_fiber(for_good ? nullptr : &f.fake_stack, side.bottom, side.size);
#endif
    (void)for_good;
#if defined(__x86_64__)
    emu_switch(&f.saved, side.saved);
#else
    swapcontext(static_cast<ucontext_t *>(f.saved), &scheduler_context);
#endif
#if defined(EMU_ASAN)
    __sanitizer_finish_switch_fiber(f.fake_stack, &side.bottom, &side.size);
#endif
#if defined(EMU_CHECK)
    checker_paused = paused;
#endif
}

void fiber_suspend(fiber &f)
{
    to_scheduler(f, false);
}

void fiber_leave(fiber &f)
{
    to_scheduler(f, true);
    abort(); /* nobody resumes a fiber that has left */
}
} // namespace emu
