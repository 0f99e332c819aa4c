// SPDX-License-Identifier: BSD-3-Clause
/* nccl.cc - the NCCL stand-in: communicators. The ranks are emulated devices of one process (EMU_DEVICES),
 * driven by one or several threads. */
#include "collective.h"

using namespace emu;

namespace
{
std::map<std::string, std::shared_ptr<clique>> cliques; /* by unique id */
int next_id = 1;
thread_local int group_depth;
} // namespace

extern "C" {

ncclResult_t ncclGetVersion(int *version)
{
    *version = NCCL_VERSION_CODE;
    return ncclSuccess;
}

ncclResult_t ncclGetUniqueId(ncclUniqueId *id)
{
    std::lock_guard<std::recursive_mutex> hold(api_lock);
    memset(id, 0, sizeof *id);
    snprintf(id->internal, sizeof id->internal, "emulated-%d", next_id++);
    return ncclSuccess;
}

ncclResult_t ncclCommInitRank(ncclComm_t *comm, int n_rank, ncclUniqueId id, int rank)
{
    api_call call("ncclCommInitRank");
    if (call.refused)
        return ncclUnhandledCudaError;
    if (n_rank < 1 || rank < 0 || rank >= n_rank)
        return ncclInvalidArgument;
    std::shared_ptr<clique> &group = cliques[id.internal];
    if (!group) {
        group = std::make_shared<clique>();
        group->n_rank = n_rank;
    }
    if (group->n_rank != n_rank)
        return ncclInvalidArgument;
    std::shared_ptr<clique> mine = group;
    mine->joined++;
    *comm = new ncclComm{mine, rank, current_device()};
    somebody_came.notify_all();
    if (group_depth == 0 && mine->joined < n_rank) {
        /* Outside a group it waits for the other ranks' threads, as the real one does; ranks in other
         * processes never come. */
        const bool complete =
            somebody_came.wait_for(api_lock, patience, [&] { return mine->joined == n_rank; });
        if (!complete) {
            remark("ncclCommInitRank: %d of %d ranks came within 10 s (one process only)", mine->joined,
                   n_rank);
            delete *comm;
            *comm = nullptr;
            return ncclSystemError;
        }
    }
    return ncclSuccess;
}

ncclResult_t ncclCommInitAll(ncclComm_t *comms, int n_device, const int *devices)
{
    ncclUniqueId id;
    ncclGetUniqueId(&id);
    const int device = current_device();
    ncclResult_t status = n_device <= device_count() ? ncclSuccess : ncclInvalidArgument;
    group_depth++;
    for (int rank = 0; rank < n_device && status == ncclSuccess; rank++) {
        set_current_device(devices ? devices[rank] : rank);
        status = ncclCommInitRank(&comms[rank], n_device, id, rank);
    }
    group_depth--;
    set_current_device(device);
    return status;
}

ncclResult_t ncclCommDestroy(ncclComm_t comm)
{
    api_call call("ncclCommDestroy");
    delete comm;
    return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t comm)
{
    return ncclCommDestroy(comm);
}

ncclResult_t ncclCommFinalize(ncclComm_t)
{
    return ncclSuccess;
}

ncclResult_t ncclCommCount(const ncclComm_t comm, int *n_rank)
{
    *n_rank = comm->group->n_rank;
    return ncclSuccess;
}

ncclResult_t ncclCommUserRank(const ncclComm_t comm, int *rank)
{
    *rank = comm->rank;
    return ncclSuccess;
}

ncclResult_t ncclCommCuDevice(const ncclComm_t comm, int *device)
{
    *device = comm->device;
    return ncclSuccess;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t, ncclResult_t *error)
{
    *error = broken() ? ncclUnhandledCudaError : ncclSuccess;
    return ncclSuccess;
}

const char *ncclGetErrorString(ncclResult_t status)
{
    return status == ncclSuccess ? "no error" : "the emulated NCCL call failed";
}

const char *ncclGetLastError(ncclComm_t)
{
    return "";
}

ncclResult_t ncclGroupStart()
{
    group_depth++;
    return ncclSuccess;
}

ncclResult_t ncclGroupEnd()
{
    if (group_depth == 0)
        return ncclInvalidUsage;
    group_depth--;
    return ncclSuccess;
}

ncclResult_t ncclAllReduce(const void *send, void *receive, size_t count, ncclDataType_t type, ncclRedOp_t op,
                           ncclComm_t comm, cudaStream_t stream)
{
    return join("ncclAllReduce", comm, {ALL_REDUCE, send, receive, count, type, op, 0, stream});
}

ncclResult_t ncclReduce(const void *send, void *receive, size_t count, ncclDataType_t type, ncclRedOp_t op,
                        int root, ncclComm_t comm, cudaStream_t stream)
{
    return join("ncclReduce", comm, {REDUCE, send, receive, count, type, op, root, stream});
}

ncclResult_t ncclBroadcast(const void *send, void *receive, size_t count, ncclDataType_t type, int root,
                           ncclComm_t comm, cudaStream_t stream)
{
    return join("ncclBroadcast", comm, {BROADCAST, send, receive, count, type, ncclSum, root, stream});
}

ncclResult_t ncclBcast(void *buffer, size_t count, ncclDataType_t type, int root, ncclComm_t comm,
                       cudaStream_t stream)
{
    return ncclBroadcast(buffer, buffer, count, type, root, comm, stream);
}

ncclResult_t ncclAllGather(const void *send, void *receive, size_t count, ncclDataType_t type,
                           ncclComm_t comm, cudaStream_t stream)
{
    return join("ncclAllGather", comm, {ALL_GATHER, send, receive, count, type, ncclSum, 0, stream});
}

ncclResult_t ncclReduceScatter(const void *send, void *receive, size_t count, ncclDataType_t type,
                               ncclRedOp_t op, ncclComm_t comm, cudaStream_t stream)
{
    return join("ncclReduceScatter", comm, {REDUCE_SCATTER, send, receive, count, type, op, 0, stream});
}
}
