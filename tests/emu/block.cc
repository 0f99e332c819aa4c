// SPDX-License-Identifier: BSD-3-Clause
/* block.cc - the scheduler of one block: who may run, who waits for whom, and what to say when nobody can. */
#include "block.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <numeric>
#include <string>

#include "check.h"
#include "report.h"

namespace emu
{
#if defined(EMU_CHECK)
context *current;
#else
__thread context *current;
#endif

namespace
{
constexpr size_t dynamic_alignment = 128;

std::mutex runners_lock;
std::vector<std::unique_ptr<block_runner>> runners; /* freed when the plug-in goes, not with the OS thread */
__thread block_runner *here;

unsigned char *dynamic_start(block_runner &r)
{
    const uintptr_t raw = reinterpret_cast<uintptr_t>(r.dynamic.data());
    return reinterpret_cast<unsigned char *>((raw + dynamic_alignment - 1) / dynamic_alignment *
                                             dynamic_alignment);
}

void thread_main()
{
    fiber_entered();
    block_runner &r = *here;
    r.job.body(r.job.arguments);
    checker_pause pause;
    fiber &f = *current->self;
    f.state = DONE;
    r.n_alive--;
    if (r.n_alive > 0 && r.n_arrived == r.n_alive)
        r.release_barrier(); /* those who left are not waited for */
    fiber_leave(f);
}

/* Order in which ready threads get their turn: EMU_ORDER = forward, reverse, random[:seed]. */
struct turn_order {
    enum { FORWARD, REVERSE, RANDOM } kind = FORWARD;
    unsigned seed = 1;
    turn_order()
    {
        const char *wanted = getenv("EMU_ORDER");
        if (wanted && strcmp(wanted, "reverse") == 0)
            kind = REVERSE;
        else if (wanted && strncmp(wanted, "random", 6) == 0) {
            kind = RANDOM;
            seed = wanted[6] == ':' ? unsigned(atoi(wanted + 7)) : 1;
        }
    }
    void shuffle(std::vector<int> &turns, unsigned &state) const
    {
        if (kind != RANDOM)
            return;
        for (size_t i = turns.size() - 1; i > 0; i--) {
            state = state * 1664525u + 1013904223u;
            std::swap(turns[i], turns[(state >> 8) % (i + 1)]);
        }
    }
};
const turn_order order;
} // namespace

block_runner &runner_here()
{
    if (!here) {
        std::lock_guard<std::mutex> hold(runners_lock);
        runners.push_back(std::make_unique<block_runner>());
        here = runners.back().get();
    }
    return *here;
}

void abandon_block()
{
    here->abandoned = true;
    fiber_leave(*current->self);
}

void *dyn_shared()
{
    return dynamic_start(*here);
}

/* ---- barrier ---- */

void block_runner::release_barrier()
{
    n_arrived = 0;
    check_barrier();
    for (int i = 0; i < n_thread; i++)
        if (fibers[i]->state == AT_BARRIER) {
            fibers[i]->result = ballot;
            fibers[i]->state = READY;
        }
}

votes barrier(const void *where, int predicate)
{
    checker_pause pause;
    block_runner &r = *here;
    fiber &f = *current->self;
    if (r.n_arrived == 0) {
        r.ballot = votes{1, 0, 0};
        r.barrier_where = where;
    } else if (where != r.barrier_where && place(where) != place(r.barrier_where)) {
        fault(cudaErrorLaunchFailure,
              "barrier divergence in %s, block (%u,%u,%u): thread %d waits at %s, others at %s", r.job.kernel,
              r.job.index.x, r.job.index.y, r.job.index.z, f.seen.linear, place(where).c_str(),
              place(r.barrier_where).c_str());
        abandon_block();
    }
    r.ballot.all &= predicate != 0;
    r.ballot.any |= predicate != 0;
    r.ballot.count += predicate != 0;
    r.n_arrived++;
    f.where = where;
    f.state = AT_BARRIER;
    if (r.n_arrived == r.n_alive)
        r.release_barrier();
    else
        fiber_suspend(f);
    return f.result;
}

/* ---- warps ---- */

static meeting &find_meeting(block_runner &r, int warp, unsigned mask, size_t bytes, const void *where)
{
    meeting *first = &r.meetings[size_t(warp) * meetings_per_warp], *empty = nullptr;
    for (int i = 0; i < meetings_per_warp; i++) {
        if (first[i].arrived && first[i].mask == mask) {
            if (first[i].bytes == bytes)
                return first[i];
            fault(cudaErrorLaunchFailure, "warp operations of different kinds meet in %s at %s", r.job.kernel,
                  place(where).c_str());
            abandon_block();
        }
        if (!first[i].arrived && !empty)
            empty = &first[i];
    }
    /* 32 lanes cannot wait under more than 32 masks, so there is always an empty one. */
    empty->mask = mask;
    empty->bytes = bytes;
    empty->orders = false;
    if (empty->slots.size() < 32 * bytes)
        empty->slots.resize(32 * bytes);
    return *empty;
}

static void close_meeting(block_runner &r, meeting &m, int warp)
{
    for (int lane = 0; lane < 32; lane++) {
        if (!(m.mask >> lane & 1))
            continue;
        fiber &f = *r.fibers[size_t(warp) * 32 + lane];
        for (int from = 0; from < 32; from++)
            if (m.mask >> from & 1)
                memcpy(static_cast<char *>(f.meeting_slots) + from * m.bytes, &m.slots[from * m.bytes],
                       m.bytes);
        f.state = READY;
    }
    if (m.orders)
        check_warp_barrier(warp, m.mask);
    m.arrived = 0;
}

void warp_meet(unsigned mask, const void *where, const void *mine, size_t bytes, void *all, bool orders)
{
    checker_pause pause;
    block_runner &r = *here;
    fiber &f = *current->self;
    const int lane = f.seen.lane, warp = f.seen.warp, there = r.n_thread - warp * 32;
    if (there < 32)
        mask &= (1u << there) - 1;
    if (!(mask >> lane & 1)) {
        fault(cudaErrorLaunchFailure, "warp operation in %s at %s: lane %d is not in its own mask %08x",
              r.job.kernel, place(where).c_str(), lane, mask);
        abandon_block();
    }
    meeting &m = find_meeting(r, warp, mask, bytes, where);
    memcpy(&m.slots[lane * bytes], mine, bytes);
    m.arrived |= 1u << lane;
    m.orders |= orders;
    f.where = where;
    f.meeting_slots = all;
    f.state = AT_WARP;
    if (m.arrived == mask)
        close_meeting(r, m, warp);
    else
        fiber_suspend(f);
}

void atomic_access(const void *p, size_t bytes, const void *where)
{
    check_atomic(p, bytes, where);
}

void access(const void *p, size_t bytes, bool write, const void *where)
{
    check_access(p, bytes, write ? ACCESS_WRITE : ACCESS_READ, where);
}

void fence(bool device_wide)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (device_wide)
        check_fence();
}

void nap()
{
    checker_pause pause;
    fiber_suspend(*current->self);
}

void trap(const void *where)
{
    checker_pause pause;
    fault(cudaErrorLaunchFailure, "trap in %s, block (%u,%u,%u), thread %d at %s", here->job.kernel,
          here->job.index.x, here->job.index.y, here->job.index.z, current->linear, place(where).c_str());
    abandon_block();
}

/* ---- cp.async: nothing arrives before the wait that promises it ---- */

void cp_async(void *shared, const void *global, size_t bytes, const void *where)
{
    checker_pause pause;
    if (reinterpret_cast<uintptr_t>(shared) % bytes || reinterpret_cast<uintptr_t>(global) % bytes) {
        fault(cudaErrorMisalignedAddress, "cp.async of %zu bytes, misaligned, in %s at %s", bytes,
              here->job.kernel, place(where).c_str());
        abandon_block();
    }
    current->self->open_copies.push_back({shared, global, bytes, where});
}

void cp_async_commit()
{
    checker_pause pause;
    fiber &f = *current->self;
    f.closed_copies.push_back(std::move(f.open_copies));
    f.open_copies.clear();
}

void cp_async_wait(int open_groups)
{
    checker_pause pause;
    auto &groups = current->self->closed_copies;
    while (int(groups.size()) > open_groups) {
        for (const async_copy &copy : groups.front()) {
            check_on_behalf(copy.global, copy.bytes, ACCESS_READ, copy.where);
            check_on_behalf(copy.shared, copy.bytes, ACCESS_WRITE, copy.where);
            memcpy(copy.shared, copy.global, copy.bytes);
        }
        groups.erase(groups.begin());
    }
}

/* ---- the block ---- */

void block_runner::report_deadlock()
{
    std::map<std::string, int> waiting;
    for (int i = 0; i < n_thread; i++)
        if (fibers[i]->state != DONE)
            waiting[(fibers[i]->state == AT_BARRIER ? "__syncthreads at " : "warp operation at ") +
                    place(fibers[i]->where)]++;
    std::string lines;
    for (const auto &[where, count] : waiting)
        lines += "\n    " + std::to_string(count) + " wait in " + where;
    fault(cudaErrorLaunchTimeout, "deadlock in %s, block (%u,%u,%u): %d of %d threads have left%s",
          job.kernel, job.index.x, job.index.y, job.index.z, n_thread - n_alive, n_thread, lines.c_str());
}

void block_runner::run(const block_job &next)
{
    job = next;
    n_thread = n_alive = int(job.block.x * job.block.y * job.block.z);
    n_arrived = 0;
    abandoned = false;
    while (int(fibers.size()) < n_thread)
        fibers.push_back(std::make_unique<fiber>());
    meetings.resize(size_t((n_thread + 31) / 32) * meetings_per_warp);
    for (meeting &m : meetings)
        m.arrived = 0;
    if (dynamic.size() != job.shared_bytes + dynamic_alignment)
        dynamic = std::vector<unsigned char>(job.shared_bytes + dynamic_alignment);
    memset(dynamic_start(*this), 0xff, job.shared_bytes); /* NaN, whatever the type */
    for (int i = 0; i < n_thread; i++) {
        fiber &f = *fibers[i];
        const unsigned x = unsigned(i) % job.block.x, y = unsigned(i) / job.block.x % job.block.y,
                       z = unsigned(i) / (job.block.x * job.block.y);
        f.seen = context{uint3{x, y, z}, job.index, job.block, job.grid, i % 32, i / 32, i, &f};
        f.open_copies.clear();
        f.closed_copies.clear();
        fiber_prepare(f, thread_main);
        f.state = READY;
    }
    check_block_begin(job, dynamic_start(*this));

    std::vector<int> turns(n_thread);
    std::iota(turns.begin(), turns.end(), 0);
    if (order.kind == turn_order::REVERSE)
        std::reverse(turns.begin(), turns.end());
    unsigned state = order.seed * 2654435761u + job.index.x;
    while (n_alive > 0 && !abandoned) {
        bool progress = false;
        order.shuffle(turns, state);
        for (int i : turns)
            if (!abandoned && fibers[i]->state == READY) {
                progress = true;
                fiber_resume(*fibers[i]);
            }
        if (!progress) {
            report_deadlock();
            abandoned = true;
        }
    }
    current = nullptr;
    check_block_end();
}
} // namespace emu
