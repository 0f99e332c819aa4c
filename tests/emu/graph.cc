// SPDX-License-Identifier: BSD-3-Clause
/* graph.cc - stream capture and its replay: a captured stream records its operations where others queue them.
 */
#include <cuda_runtime_api.h>

#include <map>

#include "api.h"
#include "report.h"
#include "stream.h"

using namespace emu;

namespace
{
std::map<void *, std::shared_ptr<graph>> graphs, executables;

/* Another may live at its address by the time it is destroyed again: a driver that is handed a dead graph may do anything. */
cudaError_t destroy(std::map<void *, std::shared_ptr<graph>> &all, void *handle, const char *name)
{
    if (all.erase(handle))
        return cudaSuccess;
    fault(cudaErrorInvalidValue, "%s: no graph, or one that was destroyed before", name);
    return failed(cudaErrorInvalidValue);
}

/* All branches have been waited for by the origin. */
bool joined(const graph &g)
{
    for (const auto &[handle, branch] : g.branches)
        if (handle != g.origin && branch.joined < branch.issued)
            return false;
    return true;
}
} // namespace

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode mode)
{
    api_call call("cudaStreamBeginCapture");
    if (call.refused)
        return call.refused;
    stream *s = find_stream(handle);
    if (!s)
        return failed(cudaErrorInvalidResourceHandle);
    if (s->legacy)
        return failed(cudaErrorStreamCaptureUnsupported);
    if (s->capture)
        return failed(cudaErrorIllegalState);
    s->capture = std::make_shared<graph>();
    s->capture->origin = handle;
    s->capture->mode = mode;
    s->capture->branches[handle];
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t *result)
{
    api_call call("cudaStreamEndCapture");
    if (call.refused)
        return call.refused;
    *result = nullptr;
    stream *s = find_stream(handle);
    if (!s || !s->capture)
        return failed(cudaErrorIllegalState);
    std::shared_ptr<graph> g = s->capture;
    if (g->origin != handle)
        return failed(cudaErrorStreamCaptureUnmatched);
    for (const auto &member : g->branches)
        if (stream *m = find_stream(member.first))
            m->capture.reset();
    if (g->invalid)
        return failed(cudaErrorStreamCaptureInvalidated);
    if (!joined(*g)) {
        remark("cudaStreamEndCapture: work of another stream is never waited for");
        return failed(cudaErrorStreamCaptureUnjoined);
    }
    graphs[g.get()] = g;
    *result = reinterpret_cast<cudaGraph_t>(g.get());
    return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus *status)
{
    api_call call("cudaStreamIsCapturing");
    if (call.refused)
        return call.refused;
    const stream *s = find_stream(handle);
    if (!s)
        return failed(cudaErrorInvalidResourceHandle);
    *status = !s->capture           ? cudaStreamCaptureStatusNone
              : s->capture->invalid ? cudaStreamCaptureStatusInvalidated
                                    : cudaStreamCaptureStatusActive;
    return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *result, cudaGraph_t handle, unsigned long long)
{
    api_call call("cudaGraphInstantiate");
    if (call.refused)
        return call.refused;
    const auto found = graphs.find(handle);
    if (found == graphs.end())
        return failed(cudaErrorInvalidValue);
    auto copy = std::make_shared<graph>(*found->second);
    executables[copy.get()] = copy;
    *result = reinterpret_cast<cudaGraphExec_t>(copy.get());
    return cudaSuccess;
}

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t *result, cudaGraph_t handle,
                                          unsigned long long flags)
{
    return cudaGraphInstantiate(result, handle, flags);
}

cudaError_t cudaGraphUpload(cudaGraphExec_t handle, cudaStream_t)
{
    api_call call("cudaGraphUpload");
    if (call.refused)
        return call.refused;
    return executables.count(handle) ? cudaSuccess : failed(cudaErrorInvalidValue);
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t handle, cudaStream_t in)
{
    api_call call("cudaGraphLaunch");
    if (call.refused)
        return call.refused;
    const auto found = executables.find(handle);
    if (found == executables.end())
        return failed(cudaErrorInvalidValue);
    std::shared_ptr<graph> g = found->second;
    return failed(enqueue(in, [g] {
        for (const work &node : g->nodes)
            node();
    }));
}

cudaError_t cudaGraphDestroy(cudaGraph_t handle)
{
    api_call call("cudaGraphDestroy");
    if (call.refused)
        return call.refused;
    return destroy(graphs, handle, "cudaGraphDestroy");
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t handle)
{
    api_call call("cudaGraphExecDestroy");
    if (call.refused)
        return call.refused;
    return destroy(executables, handle, "cudaGraphExecDestroy");
}

cudaError_t cudaGraphGetNodes(cudaGraph_t handle, cudaGraphNode_t *nodes, size_t *n_node)
{
    api_call call("cudaGraphGetNodes");
    if (call.refused)
        return call.refused;
    const auto found = graphs.find(handle);
    if (found == graphs.end() || nodes)
        return failed(cudaErrorInvalidValue); /* the number only */
    *n_node = found->second->nodes.size();
    return cudaSuccess;
}
}
