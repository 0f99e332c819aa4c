// SPDX-License-Identifier: BSD-3-Clause
/* check.cc - the rules: every access of a kernel is to memory that is there, aligned, defined, and ordered
 * with others. */
#include "check.h"

#include <link.h>
#include <set>
#include <string>
#include <tuple>

#include "block.h"
#include "device.h"
#include "memory.h"
#include "order.h"
#include "profile.h"
#include "report.h"

/* Static shared and constant variables, gathered by the linker (emu.h). */
extern "C" {
extern char __start_emu_shared[] __attribute__((weak, visibility("hidden")));
extern char __stop_emu_shared[] __attribute__((weak, visibility("hidden")));
extern char __start_emu_constant[] __attribute__((weak, visibility("hidden")));
extern char __stop_emu_constant[] __attribute__((weak, visibility("hidden")));
}

namespace emu
{
int checker_paused;

namespace
{
constexpr size_t most_reports = 60;

global_shadow global;
word_span fixed_shared, dynamic_shared;
std::vector<shared_word> fixed_words, dynamic_words;
std::string kernel;
const block_job *job;
size_t fixed_touched; /* bytes of static shared memory that this block has used */

std::set<std::tuple<std::string, const void *, const void *>> reported;

/* One line per pair of places. */
bool first_time(const std::string &what, const void *here, const void *there)
{
    return reported.size() < most_reports && reported.insert({what, here, there}).second;
}

std::string who()
{
    const uint3 &b = job->index;
    return "thread " + std::to_string(current->linear) + " of block (" + std::to_string(b.x) + "," +
           std::to_string(b.y) + "," + std::to_string(b.z) + ")";
}

void complain(const char *what, const void *where, cudaError_t code = cudaErrorIllegalAddress)
{
    if (first_time(what, where, nullptr))
        fault(code, "%s in %s at %s, %s", what, kernel.c_str(), place(where).c_str(), who().c_str());
}

void complain_race(memory_space space, access_kind kind, const void *where, const access_record &other,
                   bool wrote)
{
    const void *there = code_of(other);
    if (!first_time("race", where, there))
        return;
    const bool same_block = other.segment >= block_first_segment;
    fault(cudaErrorLaunchFailure, "race in %s, %s memory: %s at %s, %s at %s (%s, thread %d)", kernel.c_str(),
          space == SHARED ? "shared" : "global", kind == ACCESS_READ ? "read" : "write", place(where).c_str(),
          wrote ? "write" : "read", place(there).c_str(),
          same_block ? "the same block" : "another block or stream", other.thread);
}

/* Compare with who was here before, then sign. */
void meet_history(word_history &h, memory_space space, access_kind kind, const access_record &mine,
                  const void *where)
{
    const auto clash = [&](const access_record &r) {
        return r.segment && (r.bytes & mine.bytes) && !(r.atomic && mine.atomic) &&
               !ordered(r, space, mine.thread);
    };
    if (clash(h.write))
        complain_race(space, kind, where, h.write, true);
    if (kind != ACCESS_READ) {
        if (clash(h.read))
            complain_race(space, kind, where, h.read, false);
        else if (clash(h.earlier_read))
            complain_race(space, kind, where, h.earlier_read, false);
        h.write = mine;
    } else {
        if (h.read.thread != mine.thread || h.read.segment < block_first_segment)
            h.earlier_read = h.read;
        h.read = mine;
    }
}

void touch_global(const char *p, size_t bytes, access_kind kind, const void *where)
{
    for (const char *end = p + bytes; p < end; p += 4 - (reinterpret_cast<uintptr_t>(p) & 3)) {
        const size_t i = global.span.index(p);
        const uint8_t mask = byte_mask(p, size_t(end - p)), state = global.state[i];
        if ((state >> 4 & mask) != mask) {
            complain(find_freed(p)         ? "use of freed device memory"
                     : kind == ACCESS_READ ? "out-of-bounds read of device memory"
                                           : "out-of-bounds write to device memory",
                     where);
            return;
        }
        if (kind != ACCESS_WRITE && (state & mask) != mask)
            complain("read of device memory that was never written", where, cudaErrorLaunchFailure);
        if (kind != ACCESS_READ)
            global.state[i] |= mask;
        meet_history(global.history[i], GLOBAL, kind,
                     record_of(current->linear, where, mask, kind == ACCESS_ATOMIC), where);
    }
}

void touch_shared(const word_span &span, std::vector<shared_word> &words, const char *p, size_t bytes,
                  access_kind kind, const void *where)
{
    if (!span.holds(p + bytes - 1)) {
        complain("out-of-bounds access to shared memory", where);
        return;
    }
    for (const char *end = p + bytes; p < end; p += 4 - (reinterpret_cast<uintptr_t>(p) & 3)) {
        shared_word &w = words[span.index(p)];
        const uint8_t mask = byte_mask(p, size_t(end - p));
        if (w.block_stamp != block_first_segment) {
            w = shared_word{};
            w.block_stamp = block_first_segment;
            fixed_touched += &span == &fixed_shared ? 4 : 0;
        }
        if (kind != ACCESS_WRITE && (w.defined & mask) != mask)
            complain("read of shared memory that was never written", where, cudaErrorLaunchFailure);
        if (kind != ACCESS_READ)
            w.defined = (w.defined | mask) & 15;
        meet_history(w.history, SHARED, kind, record_of(current->linear, where, mask, kind == ACCESS_ATOMIC),
                     where);
    }
}

/* Memory of the emulator itself that stands for registers and parameters: the thread's stack and index, the
 * arguments. */
bool is_private(const char *p)
{
    const fiber *f = current->self;
    if (f->owns(p) || p == reinterpret_cast<const char *>(&current))
        return true;
    const char *self = reinterpret_cast<const char *>(f),
               *arguments = static_cast<const char *>(job->arguments);
    return size_t(p - self) < sizeof *f || size_t(p - arguments) < max_argument_bytes;
}

/* Constants and tables that were compiled into this library. */
bool is_constant(const char *p)
{
    static word_span image = [] {
        word_span span = {};
        dl_iterate_phdr(
            [](dl_phdr_info *object, size_t, void *result) {
                const uintptr_t self = reinterpret_cast<uintptr_t>(&checker_paused);
                uintptr_t low = UINTPTR_MAX, high = 0;
                for (int i = 0; i < object->dlpi_phnum; i++)
                    if (object->dlpi_phdr[i].p_type == PT_LOAD) {
                        const uintptr_t start = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
                        low = std::min(low, start);
                        high = std::max(high, start + object->dlpi_phdr[i].p_memsz);
                    }
                if (self < low || self >= high)
                    return 0;
                *static_cast<word_span *>(result) = {reinterpret_cast<char *>(low), high - low};
                return 1;
            },
            &span);
        return span;
    }();
    return image.holds(p);
}
} // namespace

void check_access(const void *address, size_t bytes, access_kind kind, const void *where)
{
    if (!current || checker_paused || !job)
        return;
    checker_pause
        pause; /* the linker may give the runtime the kernels' instrumented copies of std:: functions */
    check_on_behalf(address, bytes, kind, where);
}

void check_on_behalf(const void *address, size_t bytes, access_kind kind, const void *where)
{
    const char *p = static_cast<const char *>(address);
    if (is_private(p))
        return;
    memory_space space = GLOBAL;
    if (global.span.holds(p)) {
        touch_global(p, bytes, kind, where);
    } else if (dynamic_shared.holds(p)) {
        space = SHARED;
        touch_shared(dynamic_shared, dynamic_words, p, bytes, kind, where);
    } else if (fixed_shared.holds(p)) {
        space = SHARED;
        touch_shared(fixed_shared, fixed_words, p, bytes, kind, where);
    } else {
        if (!is_constant(p))
            complain(kind == ACCESS_READ ? "read of host memory" : "write to host memory", where);
        else if (kind != ACCESS_READ)
            complain("write to constant memory", where);
        return;
    }
    if ((bytes & (bytes - 1)) == 0 && reinterpret_cast<uintptr_t>(p) % bytes)
        complain("misaligned access", where, cudaErrorMisalignedAddress);
    profile_access(address, bytes, kind, space, where);
}

/* ---- what the runtime tells ---- */

void check_atomic(const void *p, size_t bytes, const void *where)
{
    check_access(p, bytes, ACCESS_ATOMIC, where);
    checker_pause pause;
    order_atomic(p);
}

void check_fence()
{
    order_fence();
}

void check_barrier()
{
    order_block_barrier();
}

void check_warp_barrier(int warp, unsigned mask)
{
    order_warp_barrier(warp, mask);
}

void check_launch_begin(const char *name)
{
    kernel = name;
    order_launch_begin();
    profile_launch_begin(name);
}

void check_launch_end()
{
    profile_launch_end();
}

void check_block_begin(const block_job &next, void *dynamic)
{
    job = &next;
    order_block_begin(int(next.block.x * next.block.y * next.block.z));
    if (__start_emu_shared && !fixed_shared.start) {
        fixed_shared = word_span{__start_emu_shared, size_t(__stop_emu_shared - __start_emu_shared)};
        fixed_words.assign(fixed_shared.bytes / 4 + 2, shared_word{});
    }
    if (fixed_shared.start)
        memset(fixed_shared.start, 0xff, fixed_shared.bytes);
    dynamic_shared = word_span{static_cast<char *>(dynamic), next.shared_bytes};
    if (dynamic_words.size() < next.shared_bytes / 4 + 2)
        dynamic_words.resize(next.shared_bytes / 4 + 2);
    fixed_touched = 0;
    profile_block_begin();
}

void check_block_end()
{
    if (fixed_touched > SHARED_PER_BLOCK)
        fault(cudaErrorLaunchOutOfResources, "%s uses %zu bytes of static shared memory, at most %d",
              kernel.c_str(), fixed_touched, SHARED_PER_BLOCK);
    if (fixed_touched + job->shared_bytes > SHARED_PER_BLOCK_OPTIN)
        fault(cudaErrorLaunchOutOfResources,
              "%s uses %zu bytes of static and %zu of dynamic shared memory, at most %d", kernel.c_str(),
              fixed_touched, job->shared_bytes, SHARED_PER_BLOCK_OPTIN);
    profile_block_end();
    job = nullptr;
}

void check_allocated(const void *p, size_t bytes)
{
    global.cover(heap_start(), heap_bytes());
    global.set_allocated(p, bytes, true);
}

void check_freed(const void *p, size_t bytes)
{
    global.set_allocated(p, bytes, false);
    global.forget(p, bytes);
}

void check_bulk(const void *p, size_t bytes, access_kind kind, const char *who)
{
    const char *c = static_cast<const char *>(p);
    if (!global.span.holds(c))
        return; /* a __constant__ variable */
    if (kind == ACCESS_READ && global.first_undefined(p, bytes) && first_time(who, p, nullptr))
        fault(cudaErrorLaunchFailure, "%s reads device memory that was never written, at offset %zu of %zu",
              who, size_t(static_cast<const char *>(global.first_undefined(p, bytes)) - c), bytes);
    if (kind == ACCESS_WRITE)
        global.set_defined(p, bytes);
    if (!concurrent_work())
        return;
    kernel = who;
    order_launch_begin();
    for (const char *end = c + bytes; c < end; c += 4 - (reinterpret_cast<uintptr_t>(c) & 3)) {
        word_history &h = global.history[global.span.index(c)];
        const access_record mine = record_of(0, nullptr, byte_mask(c, size_t(end - c)), false);
        const bool bad_write = h.write.segment && !ordered_for_bulk(h.write),
                   bad_read = kind == ACCESS_WRITE &&
                              ((h.read.segment && !ordered_for_bulk(h.read)) ||
                               (h.earlier_read.segment && !ordered_for_bulk(h.earlier_read)));
        if ((bad_write || bad_read) && first_time(who, code_of(bad_write ? h.write : h.read), nullptr))
            fault(cudaErrorLaunchFailure,
                  "race between streams: %s and the %s at %s are not ordered by an event", who,
                  bad_write ? "write" : "read", place(code_of(bad_write ? h.write : h.read)).c_str());
        (kind == ACCESS_WRITE ? h.write : h.read) = mine;
    }
}
} // namespace emu
