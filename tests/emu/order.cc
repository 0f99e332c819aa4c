// SPDX-License-Identifier: BSD-3-Clause
/* order.cc - clocks: segments of blocks, lanes of warps, launches of streams. */
#include "order.h"

#include <algorithm>
#include <dlfcn.h>
#include <map>
#include <vector>

#include "stream.h"

namespace emu
{
uint32_t this_segment, block_first_segment;

namespace
{
uint32_t launch_first_segment;
bool all_launches_before; /* every earlier launch is ordered before the running one */

/* Launches, copies and library calls in the order of execution. */
struct launch_record {
    uint32_t first_segment;
    size_t slot;
    uint64_t number;
};
std::vector<launch_record> launches;
std::vector<uint64_t> last_number; /* [slot] of what has run */

/* [warp]: what lane i knows of the clock of lane j. */
struct warp_clock {
    uint32_t knows[32][32];
};
std::vector<warp_clock> warps;

/* Blocks that released on one word, in the order of execution; a block has seen the first `seen` of them. */
struct release {
    uint32_t first_segment, last_segment;
};
struct acquired {
    const std::vector<release> *from;
    size_t seen;
};
std::map<const void *, std::vector<release>> releases;
std::vector<acquired> block_acquired;
bool block_fenced;

const char *library_base()
{
    static const char *base = [] {
        Dl_info self = {};
        dladdr(reinterpret_cast<void *>(&order_launch_begin), &self);
        return static_cast<const char *>(self.dli_fbase);
    }();
    return base;
}
} // namespace

void order_launch_begin()
{
    this_segment++;
    launch_first_segment = block_first_segment = this_segment;
    releases.clear();
    const running *now = running_now();
    if (!now)
        return;
    launches.push_back({this_segment, now->slot, now->number});
    if (last_number.size() <= now->slot)
        last_number.resize(now->slot + 1, 0);
    last_number[now->slot] = now->number;
    all_launches_before = true;
    for (size_t slot = 0; slot < last_number.size(); slot++)
        if (slot != now->slot && last_number[slot] > (*now->before)[slot])
            all_launches_before = false;
}

void order_block_begin(int n_thread)
{
    this_segment++;
    block_first_segment = this_segment;
    block_acquired.clear();
    block_fenced = false;
    warps.assign(size_t(n_thread + 31) / 32, warp_clock{});
    for (warp_clock &w : warps)
        for (int lane = 0; lane < 32; lane++)
            w.knows[lane][lane] = 1;
}

void order_block_barrier()
{
    this_segment++;
}

void order_warp_barrier(int warp, unsigned mask)
{
    warp_clock &w = warps[size_t(warp)];
    uint32_t joint[32] = {};
    for (int lane = 0; lane < 32; lane++)
        if (mask >> lane & 1)
            for (int other = 0; other < 32; other++)
                joint[other] = std::max(joint[other], w.knows[lane][other]);
    for (int lane = 0; lane < 32; lane++)
        if (mask >> lane & 1) {
            std::copy(joint, joint + 32, w.knows[lane]);
            w.knows[lane][lane]++;
        }
}

void order_fence()
{
    block_fenced = true;
}

void order_atomic(const void *p)
{
    std::vector<release> &list = releases[p];
    if (!list.empty()) {
        auto known = std::find_if(block_acquired.begin(), block_acquired.end(),
                                  [&](const acquired &a) { return a.from == &list; });
        if (known == block_acquired.end())
            block_acquired.push_back({&list, list.size()});
        else
            known->seen = list.size();
    }
    if (!block_fenced)
        return;
    if (!list.empty() && list.back().first_segment == block_first_segment)
        list.back().last_segment = this_segment;
    else
        list.push_back({block_first_segment, this_segment});
}

access_record record_of(int thread, const void *where, uint8_t bytes, bool atomic)
{
    access_record r;
    r.segment = this_segment;
    r.code = where ? uint32_t(static_cast<const char *>(where) - library_base()) : 0;
    r.time = thread < int(warps.size()) * 32 ? warps[size_t(thread) / 32].knows[thread % 32][thread % 32] : 0;
    r.thread = uint16_t(thread);
    r.bytes = bytes & 15;
    r.atomic = atomic;
    return r;
}

const void *code_of(const access_record &r)
{
    return r.code ? library_base() + r.code : nullptr; /* a copy or a library call has no place */
}

static bool launch_ordered(const access_record &before)
{
    if (all_launches_before)
        return true;
    const running *now = running_now();
    auto after =
        std::upper_bound(launches.begin(), launches.end(), before.segment,
                         [](uint32_t segment, const launch_record &l) { return segment < l.first_segment; });
    if (!now || after == launches.begin())
        return true;
    const launch_record &l = *std::prev(after);
    return l.slot == now->slot || (*now->before)[l.slot] >= l.number;
}

bool ordered(const access_record &before, memory_space space, int thread)
{
    if (before.segment < launch_first_segment)
        return space == SHARED || launch_ordered(before);
    if (before.segment < block_first_segment) { /* another block of this launch */
        if (space == SHARED)
            return true;
        for (const acquired &a : block_acquired) {
            auto after = std::upper_bound(
                a.from->begin(), a.from->begin() + long(a.seen), before.segment,
                [](uint32_t segment, const release &r) { return segment < r.first_segment; });
            if (after != a.from->begin() && before.segment <= std::prev(after)->last_segment)
                return true;
        }
        return false;
    }
    if (before.segment < this_segment || before.thread == thread)
        return true;
    return before.thread / 32 == thread / 32 &&
           warps[size_t(thread) / 32].knows[thread % 32][before.thread % 32] >= before.time;
}

bool ordered_for_bulk(const access_record &before)
{
    return before.segment >= launch_first_segment || launch_ordered(before);
}

bool concurrent_work()
{
    const running *now = running_now();
    return now && unordered_streams(*now);
}
} // namespace emu
