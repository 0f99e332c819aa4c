// SPDX-License-Identifier: BSD-3-Clause
/* event.cc - streams and events as the caller sees them: create, wait, query, time. */
#include <cuda_runtime_api.h>

#include <chrono>
#include <map>

#include "api.h"
#include "report.h"
#include "stream.h"

using namespace emu;

namespace
{
struct event {
    bool timed;
    stream *in = nullptr; /* recorded there as its operation `number` */
    uint64_t number = 0;
    vector_clock clock;
    std::shared_ptr<graph> captured; /* recorded in a capture, when the branch had issued so much */
    cudaStream_t branch = nullptr;
    uint64_t branch_issued = 0;
    std::shared_ptr<double> seconds = std::make_shared<double>(0);
};

std::map<event *, std::unique_ptr<event>> events;

event *find_event(cudaEvent_t handle)
{
    const auto found = events.find(reinterpret_cast<event *>(handle));
    return found == events.end() ? nullptr : found->second.get();
}

double now_seconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool reached(const event &e)
{
    return !e.in || e.in->done >= e.number;
}

/* In a capture: s joins the graph of the event, after what the event's branch had issued. */
cudaError_t wait_in_capture(stream *s, event &e)
{
    if (s->capture && s->capture != e.captured)
        return cudaErrorStreamCaptureMerge;
    if (!s->capture) {
        s->capture = e.captured;
        s->capture->branches[reinterpret_cast<cudaStream_t>(s)];
    }
    graph::branch &from = s->capture->branches[e.branch];
    if (e.branch != reinterpret_cast<cudaStream_t>(s) && e.branch_issued > from.joined)
        from.joined = e.branch_issued;
    return cudaSuccess;
}
} // namespace

extern "C" {

/* ---- streams ---- */

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *handle, unsigned flags)
{
    api_call call("cudaStreamCreate");
    if (call.refused)
        return call.refused;
    *handle = reinterpret_cast<cudaStream_t>(make_stream(current_device(), flags != cudaStreamNonBlocking));
    return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t *handle)
{
    return cudaStreamCreateWithFlags(handle, cudaStreamDefault);
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t *handle, unsigned flags, int)
{
    return cudaStreamCreateWithFlags(handle, flags);
}

cudaError_t cudaStreamDestroy(cudaStream_t handle)
{
    api_call call("cudaStreamDestroy");
    if (call.refused)
        return call.refused;
    stream *s = find_stream(handle);
    if (!s || s->legacy)
        return failed(cudaErrorInvalidResourceHandle);
    destroy_stream(s);
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle)
{
    api_call call("cudaStreamSynchronize");
    if (call.refused)
        return call.refused;
    stream *s = find_stream(handle);
    if (!s)
        return failed(cudaErrorInvalidResourceHandle);
    if (cudaError_t error = refuse_in_capture("cudaStreamSynchronize"))
        return failed(error);
    run_all(s);
    return failed(broken());
}

cudaError_t cudaDeviceSynchronize(void)
{
    api_call call("cudaDeviceSynchronize");
    if (call.refused)
        return call.refused;
    if (cudaError_t error = refuse_in_capture("cudaDeviceSynchronize"))
        return failed(error);
    run_device(current_device());
    return failed(broken());
}

cudaError_t cudaStreamQuery(cudaStream_t handle)
{
    api_call call("cudaStreamQuery");
    if (call.refused)
        return call.refused;
    stream *s = find_stream(handle);
    if (!s)
        return failed(cudaErrorInvalidResourceHandle);
    if (cudaError_t error = refuse_in_capture("cudaStreamQuery"))
        return failed(error);
    if (s->done == s->issued)
        return cudaSuccess;
    run_one(s);
    return cudaErrorNotReady;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t waited, unsigned)
{
    api_call call("cudaStreamWaitEvent");
    if (call.refused)
        return call.refused;
    stream *s = find_stream(handle);
    event *e = find_event(waited);
    if (!s || !e)
        return failed(cudaErrorInvalidResourceHandle);
    if (e->captured)
        return failed(wait_in_capture(s, *e));
    if (s->capture)
        return failed(e->in ? cudaErrorStreamCaptureIsolation : cudaSuccess);
    s->knows.join(e->clock);
    return cudaSuccess;
}

cudaError_t cudaLaunchHostFunc(cudaStream_t handle, cudaHostFn_t function, void *argument)
{
    api_call call("cudaLaunchHostFunc");
    if (call.refused)
        return call.refused;
    return failed(enqueue(handle, [=] { function(argument); }));
}

/* ---- events ---- */

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *handle, unsigned flags)
{
    api_call call("cudaEventCreate");
    if (call.refused)
        return call.refused;
    auto fresh = std::make_unique<event>();
    fresh->timed = !(flags & cudaEventDisableTiming);
    event *e = fresh.get();
    events[e] = std::move(fresh);
    *handle = reinterpret_cast<cudaEvent_t>(e);
    return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t *handle)
{
    return cudaEventCreateWithFlags(handle, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t handle)
{
    api_call call("cudaEventDestroy");
    if (call.refused)
        return call.refused;
    return events.erase(reinterpret_cast<event *>(handle)) ? cudaSuccess
                                                           : failed(cudaErrorInvalidResourceHandle);
}

cudaError_t cudaEventRecord(cudaEvent_t handle, cudaStream_t in)
{
    api_call call("cudaEventRecord");
    if (call.refused)
        return call.refused;
    stream *s = find_stream(in);
    event *e = find_event(handle);
    if (!s || !e)
        return failed(cudaErrorInvalidResourceHandle);
    if (s->capture) {
        e->captured = s->capture;
        e->branch = reinterpret_cast<cudaStream_t>(s);
        e->branch_issued = s->capture->branches[e->branch].issued;
        return cudaSuccess;
    }
    e->captured.reset();
    std::shared_ptr<double> seconds = e->seconds = std::make_shared<double>(0);
    if (cudaError_t error = enqueue(in, [seconds] { *seconds = now_seconds(); }))
        return failed(error);
    e->in = s;
    e->number = s->issued;
    e->clock = s->knows;
    return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t handle)
{
    api_call call("cudaEventSynchronize");
    if (call.refused)
        return call.refused;
    event *e = find_event(handle);
    if (!e)
        return failed(cudaErrorInvalidResourceHandle);
    if (e->captured)
        return failed(cudaErrorCapturedEvent);
    if (cudaError_t error = refuse_in_capture("cudaEventSynchronize"))
        return failed(error);
    if (e->in) {
        run_until(e->in, e->number);
        host_learns(e->clock);
    }
    return failed(broken());
}

cudaError_t cudaEventQuery(cudaEvent_t handle)
{
    api_call call("cudaEventQuery");
    if (call.refused)
        return call.refused;
    event *e = find_event(handle);
    if (!e)
        return failed(cudaErrorInvalidResourceHandle);
    if (cudaError_t error = refuse_in_capture("cudaEventQuery"))
        return failed(error);
    if (reached(*e)) {
        host_learns(e->clock);
        return cudaSuccess;
    }
    run_one(e->in);
    return cudaErrorNotReady;
}

cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t from, cudaEvent_t to)
{
    api_call call("cudaEventElapsedTime");
    if (call.refused)
        return call.refused;
    const event *a = find_event(from), *b = find_event(to);
    if (!a || !b || !a->in || !b->in || !a->timed || !b->timed)
        return failed(cudaErrorInvalidResourceHandle);
    if (!reached(*a) || !reached(*b))
        return failed(cudaErrorNotReady);
    *milliseconds = float((*b->seconds - *a->seconds) * 1e3);
    return cudaSuccess;
}
}
