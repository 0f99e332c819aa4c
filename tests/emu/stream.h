// SPDX-License-Identifier: BSD-3-Clause
/* stream.h - lazy streams: work is queued and runs only when somebody has the right to see its result.
 *
 * Every operation carries a vector clock: for each stream, how many of its operations come before. That is
 * both the schedule (an operation first runs what comes before it, and nothing else) and what the checker
 * calls ordered. */
#ifndef EMU_STREAM_H
#define EMU_STREAM_H

#include <cuda_runtime_api.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace emu
{
using work = std::function<void()>;

struct vector_clock {
    std::vector<uint64_t> count; /* [stream slot]; missing entries are 0 */
    uint64_t operator[](size_t slot) const
    {
        return slot < count.size() ? count[slot] : 0;
    }
    void raise(size_t slot, uint64_t to);
    void join(const vector_clock &other);
};

struct operation {
    work run;
    vector_clock before;
    uint64_t number; /* in its stream, from 1 */
};

/* A captured sequence of operations, in the order of issue (a valid order of the graph). */
struct graph {
    std::vector<work> nodes;
    cudaStream_t origin = nullptr;
    cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
    bool invalid = false;
    struct branch {
        uint64_t issued = 0, joined = 0;
    };
    std::map<cudaStream_t, branch> branches; /* the streams that take part */
};

struct stream {
    size_t slot;
    int device;
    bool blocking; /* takes turns with the legacy default stream */
    bool legacy;
    bool alive = true, busy = false;
    std::deque<operation> waiting;
    uint64_t issued = 0, done = 0;
    vector_clock knows;
    std::shared_ptr<graph> capture;
};

/* The stream behind a handle (null: the default stream of the current device), or nullptr when it is none. */
stream *find_stream(cudaStream_t handle);
stream *make_stream(int device, bool blocking);
void destroy_stream(stream *s);

/* Queue an operation; in a capture, add it to the graph. */
cudaError_t enqueue(cudaStream_t handle, work run);
/* The same for a stream that is known not to be captured. */
void enqueue_on(stream *s, work run, bool may_run_at_once = true);
/* Run everything of s, and the host knows it. */
void run_all(stream *s);
void run_until(stream *s, uint64_t number);
/* Everything of a device, in an order that no correct program minds. */
void run_device(int device);
/* One operation of s, if any waits: what a polling loop makes of it. */
void run_one(stream *s);
void host_learns(const vector_clock &clock);

/* A call that synchronises is illegal while a capture is under way (global mode): invalidates it and returns
 * the error. */
cudaError_t refuse_in_capture(const char *name);

/* What runs now, for the checker: slot, number and clock; nullptr between operations. */
struct running {
    size_t slot;
    uint64_t number;
    const vector_clock *before;
};
const running *running_now();
/* Some stream holds, or has run, an operation that is not before this one. */
bool unordered_streams(const running &r);
} // namespace emu

#endif
