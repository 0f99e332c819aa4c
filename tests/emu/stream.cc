// SPDX-License-Identifier: BSD-3-Clause
/* stream.cc - queues, clocks, and the order in which lazy work runs. */
#include "stream.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <thread>

#include "api.h"
#include "lock.h"
#include "memory.h"
#include "report.h"

namespace emu
{
namespace
{
std::vector<std::unique_ptr<stream>> streams; /* [slot]; slots are reused, their numbers go on */
std::map<int, stream *> legacy_streams;       /* by device */
vector_clock host;                            /* what the host has waited for */
thread_local running now = {0, 0, nullptr};

/* Host threads that run a busy stream; the others are told when one goes on. */
std::map<const stream *, std::thread::id> busy_in;
std::condition_variable_any went_on;
constexpr std::chrono::seconds patience(20);

bool eager()
{
    static const bool wanted = getenv("EMU_EAGER") != nullptr;
    return wanted;
}
} // namespace

void vector_clock::raise(size_t slot, uint64_t to)
{
    if (count.size() <= slot)
        count.resize(slot + 1, 0);
    count[slot] = std::max(count[slot], to);
}

void vector_clock::join(const vector_clock &other)
{
    for (size_t slot = 0; slot < other.count.size(); slot++)
        if (other.count[slot])
            raise(slot, other.count[slot]);
}

/* ---- streams ---- */

stream *make_stream(int device, bool blocking)
{
    for (auto &s : streams)
        if (!s->alive) {
            s->alive = true;
            s->device = device;
            s->blocking = blocking;
            s->capture.reset();
            return s.get();
        }
    streams.push_back(std::make_unique<stream>());
    stream *s = streams.back().get();
    s->slot = streams.size() - 1;
    s->device = device;
    s->blocking = blocking;
    s->legacy = false;
    return s;
}

static stream *legacy_stream(int device)
{
    stream *&s = legacy_streams[device];
    if (!s) {
        s = make_stream(device, true);
        s->legacy = true;
    }
    return s;
}

stream *find_stream(cudaStream_t handle)
{
    if (handle == nullptr || handle == cudaStreamLegacy)
        return legacy_stream(current_device());
    for (auto &s : streams)
        if (s->alive && !s->legacy && reinterpret_cast<cudaStream_t>(s.get()) == handle)
            return s.get();
    return nullptr;
}

void destroy_stream(stream *s)
{
    run_all(s);
    s->alive = false;
}

/* ---- running ---- */

const running *running_now()
{
    return now.before ? &now : nullptr;
}

bool unordered_streams(const running &r)
{
    for (auto &s : streams)
        if (s->slot != r.slot && s->issued > (*r.before)[s->slot])
            return true;
    return false;
}

/* A collective waits for other ranks with the lock released: another thread may come to a stream that is
 * busy. */
static bool wait_for_other_thread(const stream *s)
{
    return s->busy && busy_in[s] != std::this_thread::get_id() &&
           went_on.wait_for(api_lock, patience) == std::cv_status::no_timeout;
}

static void run_front(stream *s)
{
    operation op = std::move(s->waiting.front());
    s->waiting.pop_front();
    s->busy = true;
    busy_in[s] = std::this_thread::get_id();
    for (size_t slot = 0; slot < op.before.count.size(); slot++)
        if (slot != s->slot && op.before.count[slot])
            run_until(streams[slot].get(), op.before.count[slot]);
    const running outer = now;
    now = running{s->slot, op.number, &op.before};
    if (!broken()) {
        device_memory_open open;
        op.run();
    }
    now = outer;
    s->done = op.number;
    s->busy = false;
    went_on.notify_all();
}

void run_until(stream *s, uint64_t number)
{
    while (s->done < number) {
        if (!s->busy && !s->waiting.empty()) {
            run_front(s);
        } else if (!wait_for_other_thread(s)) {
            fault(cudaErrorLaunchTimeout, "streams wait for each other in a circle");
            return;
        }
    }
}

void run_one(stream *s)
{
    if (!s->waiting.empty())
        run_until(s, s->waiting.front().number);
}

void host_learns(const vector_clock &clock)
{
    host.join(clock);
}

void run_all(stream *s)
{
    /* Waiting for the default stream means waiting for all that take turns with it. */
    if (s->legacy)
        for (auto &other : streams)
            if (other->device == s->device && other->blocking && !other->legacy && !other->capture)
                s->knows.join(other->knows);
    run_until(s, s->issued);
    for (size_t slot = 0; slot < s->knows.count.size(); slot++)
        run_until(streams[slot].get(), s->knows[slot]);
    host_learns(s->knows);
}

void run_device(int device)
{
    /* Youngest first: a program that forgot an event finds its streams in the unlucky order. */
    for (size_t i = streams.size(); i-- > 0;)
        if (streams[i]->device == device)
            run_all(streams[i].get());
}

/* ---- queueing ---- */

/* The clock of the next operation of s. */
static vector_clock clock_of_next(stream *s)
{
    s->knows.join(host);
    if (s->legacy) {
        for (auto &other : streams)
            if (other->device == s->device && other->blocking && other.get() != s)
                s->knows.join(other->knows);
    } else if (s->blocking) {
        const auto legacy = legacy_streams.find(s->device);
        if (legacy != legacy_streams.end())
            s->knows.join(legacy->second->knows);
    }
    return s->knows;
}

static cudaError_t capture_operation(stream *s, work run)
{
    graph &g = *s->capture;
    if (g.invalid)
        return cudaErrorStreamCaptureInvalidated;
    g.nodes.push_back(std::move(run));
    g.branches[reinterpret_cast<cudaStream_t>(s)].issued++;
    return cudaSuccess;
}

void enqueue_on(stream *s, work run, bool may_run_at_once)
{
    vector_clock before = clock_of_next(s);
    s->issued++;
    s->knows.raise(s->slot, s->issued);
    s->waiting.push_back(operation{std::move(run), std::move(before), s->issued});
    if (eager() && may_run_at_once)
        run_until(s, s->issued);
}

cudaError_t enqueue(cudaStream_t handle, work run)
{
    stream *s = find_stream(handle);
    if (!s)
        return cudaErrorInvalidResourceHandle;
    if (s->capture)
        return capture_operation(s, std::move(run));
    if (s->legacy)
        for (auto &other : streams)
            if (other->capture && other->blocking && other->capture->mode != cudaStreamCaptureModeRelaxed) {
                other->capture->invalid = true;
                return cudaErrorStreamCaptureImplicit;
            }
    enqueue_on(s, std::move(run));
    return cudaSuccess;
}

cudaError_t refuse_in_capture(const char *name)
{
    for (auto &s : streams)
        if (s->capture && s->capture->mode != cudaStreamCaptureModeRelaxed) {
            remark("%s during a stream capture", name);
            s->capture->invalid = true;
            return cudaErrorStreamCaptureUnsupported;
        }
    return cudaSuccess;
}
} // namespace emu
