// SPDX-License-Identifier: BSD-3-Clause
/* nccl.cc - the NCCL stand-in: the ranks are emulated devices of one process (EMU_DEVICES), driven by one or several threads.
 *
 * The k-th collective of a rank meets the k-th of all others: the first stream that comes to it runs the other streams up
 * to theirs, then each rank takes its part of the result. Sums are taken in the order of ranks. */
#include <nccl.h>

#include <cstring>
#include <condition_variable>
#include <map>
#include <memory>

#include "../lock.h"
#include "library.h"

using namespace emu;

namespace
{
enum collective_kind { ALL_REDUCE, REDUCE, BROADCAST, ALL_GATHER, REDUCE_SCATTER };

struct contribution {
    const void *send;
    void *receive;
    stream *in;
    uint64_t number; /* of its operation in that stream */
    std::vector<char> sent;
};

struct collective {
    collective_kind kind;
    size_t count; /* of the arguments */
    ncclDataType_t type;
    ncclRedOp_t op;
    int root;
    int arrived;
    bool collected; /* every rank's send buffer has been read */
    std::vector<contribution> ranks;
};

/* One communicator over all its ranks. */
struct clique {
    int n_rank;
    int joined = 0;
    std::map<uint64_t, std::shared_ptr<collective>> open; /* by number, until the last rank has called */
};
std::map<std::string, std::shared_ptr<clique>> cliques; /* by unique id */
int next_id = 1;
thread_local int group_depth;
std::condition_variable_any somebody_came;
constexpr std::chrono::seconds patience(10); /* for ranks of other threads */
} // namespace

struct ncclComm {
    std::shared_ptr<clique> group;
    int rank, device;
    uint64_t n_call = 0;
};

namespace
{
size_t type_bytes(ncclDataType_t type)
{
    switch (type) {
    case ncclInt8:
    case ncclUint8:
        return 1;
    case ncclFloat16:
    case ncclBfloat16:
        return 2;
    case ncclInt32:
    case ncclUint32:
    case ncclFloat32:
        return 4;
    case ncclInt64:
    case ncclUint64:
    case ncclFloat64:
        return 8;
    default:
        return 0;
    }
}

template <class T>
void fold_typed(const collective &c, size_t first, size_t count, void *result)
{
    T *out = static_cast<T *>(result);
    for (size_t i = 0; i < count; i++) {
        T value = reinterpret_cast<const T *>(c.ranks[0].sent.data())[first + i];
        for (size_t r = 1; r < c.ranks.size(); r++) {
            const T next = reinterpret_cast<const T *>(c.ranks[r].sent.data())[first + i];
            value = c.op == ncclMax   ? std::max(value, next)
                    : c.op == ncclMin ? std::min(value, next)
                    : c.op == ncclProd ? T(value * next)
                                       : T(value + next);
        }
        out[i] = c.op == ncclAvg ? T(value / T(c.ranks.size())) : value;
    }
}

/* Elements first .. first+count-1 over all ranks, in the order of ranks. */
std::vector<char> fold(const collective &c, size_t first, size_t count)
{
    std::vector<char> result(count * type_bytes(c.type));
    switch (c.type) {
    case ncclInt32:
        fold_typed<int32_t>(c, first, count, result.data());
        break;
    case ncclUint32:
        fold_typed<uint32_t>(c, first, count, result.data());
        break;
    case ncclInt64:
        fold_typed<int64_t>(c, first, count, result.data());
        break;
    case ncclUint64:
        fold_typed<uint64_t>(c, first, count, result.data());
        break;
    case ncclFloat32:
        fold_typed<float>(c, first, count, result.data());
        break;
    case ncclFloat64:
        fold_typed<double>(c, first, count, result.data());
        break;
    default:
        fault(cudaErrorLaunchFailure, "NCCL: reductions of type %d are not emulated", c.type);
    }
    return result;
}

std::vector<operand> operands_of(const collective &c, int rank)
{
    const size_t bytes = c.count * type_bytes(c.type), n = c.ranks.size();
    const contribution &part = c.ranks[size_t(rank)];
    const bool root = rank == c.root;
    std::vector<operand> all;
    if (c.kind != BROADCAST || root)
        all.push_back({"sendbuff", part.send, c.kind == REDUCE_SCATTER ? n * bytes : bytes, 0, 1, ACCESS_READ});
    if (c.kind != REDUCE || root)
        all.push_back({"recvbuff", part.receive, c.kind == ALL_GATHER ? n * bytes : bytes, 0, 1, ACCESS_WRITE});
    return all;
}

/* Run every other rank's stream up to its call, and read all that is sent. */
bool collect(collective &c, int rank)
{
    const auto complete = [&] { return c.arrived == int(c.ranks.size()); };
    if (!complete() && !somebody_came.wait_for(api_lock, patience, complete)) {
        fault(cudaErrorLaunchTimeout, "NCCL: rank %d waits in a collective that %d of %zu ranks have called", rank,
              c.arrived, c.ranks.size());
        return false;
    }
    for (contribution &part : c.ranks)
        run_until(part.in, part.number - 1);
    for (size_t r = 0; r < c.ranks.size(); r++)
        for (const operand &o : operands_of(c, int(r)))
            if (o.kind == ACCESS_READ)
                c.ranks[r].sent.assign(static_cast<const char *>(o.start), static_cast<const char *>(o.start) + o.column_bytes);
    c.collected = true;
    return true;
}

/* The result as one rank sees it. */
std::vector<char> result_for(const collective &c, int rank)
{
    std::vector<char> result;
    switch (c.kind) {
    case ALL_REDUCE:
    case REDUCE:
        return fold(c, 0, c.count);
    case BROADCAST:
        return c.ranks[size_t(c.root)].sent;
    case REDUCE_SCATTER:
        return fold(c, size_t(rank) * c.count, c.count);
    case ALL_GATHER:
        for (const contribution &part : c.ranks)
            result.insert(result.end(), part.sent.begin(), part.sent.end());
    }
    return result;
}

void take_part(collective &c, int rank)
{
    if (!c.collected && !collect(c, rank))
        return;
    const std::vector<operand> mine = operands_of(c, rank);
    operands_read("NCCL", mine);
    if (c.kind != REDUCE || rank == c.root) {
        const std::vector<char> result = result_for(c, rank);
        memcpy(c.ranks[size_t(rank)].receive, result.data(), result.size());
    }
    operands_written("NCCL", mine);
}

struct call_arguments {
    collective_kind kind;
    const void *send;
    void *receive;
    size_t count;
    ncclDataType_t type;
    ncclRedOp_t op;
    int root;
    cudaStream_t stream;
};

/* The collective that this call belongs to, opened by the first rank; nullptr when the ranks disagree. */
std::shared_ptr<collective> find_collective(const char *name, ncclComm_t comm, const call_arguments &a)
{
    clique &group = *comm->group;
    std::shared_ptr<collective> &c = group.open[comm->n_call];
    if (!c) {
        c = std::make_shared<collective>(collective{a.kind, a.count, a.type, a.op, a.root, 0, false, {}});
        c->ranks.resize(size_t(group.n_rank));
    }
    if (c->kind == a.kind && c->count == a.count && c->type == a.type && c->op == a.op && c->root == a.root)
        return c;
    fault(cudaErrorLaunchFailure, "%s: rank %d calls another collective than the ranks before it", name, comm->rank);
    return nullptr;
}

ncclResult_t join(const char *name, ncclComm_t comm, const call_arguments &a)
{
    api_call call(name);
    if (call.refused)
        return ncclUnhandledCudaError;
    if (!comm || a.root < 0 || a.root >= comm->group->n_rank || !type_bytes(a.type))
        return ncclInvalidArgument;
    const int device = current_device(), rank = comm->rank;
    set_current_device(comm->device);
    stream *s = find_stream(a.stream);
    set_current_device(device);
    if (!s || s->capture || s->device != comm->device)
        return ncclInvalidUsage; /* captured collectives are not emulated */
    std::shared_ptr<collective> c = find_collective(name, comm, a);
    if (!c)
        return ncclInvalidUsage;
    c->ranks[size_t(rank)] = contribution{a.send, a.receive, s, s->issued + 1, {}};
    if (!operands_there(name, operands_of(*c, rank)))
        return ncclUnhandledCudaError;
    if (++c->arrived == comm->group->n_rank)
        comm->group->open.erase(comm->n_call);
    comm->n_call++;
    somebody_came.notify_all();
    enqueue_on(s, [c, rank] { take_part(*c, rank); }, false);
    return ncclSuccess;
}
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
        /* Outside a group it waits for the other ranks' threads, as the real one does; ranks in other processes never come. */
        const bool complete =
            somebody_came.wait_for(api_lock, patience, [&] { return mine->joined == n_rank; });
        if (!complete) {
            remark("ncclCommInitRank: %d of %d ranks came within 10 s (one process only)", mine->joined, n_rank);
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

ncclResult_t ncclReduce(const void *send, void *receive, size_t count, ncclDataType_t type, ncclRedOp_t op, int root,
                        ncclComm_t comm, cudaStream_t stream)
{
    return join("ncclReduce", comm, {REDUCE, send, receive, count, type, op, root, stream});
}

ncclResult_t ncclBroadcast(const void *send, void *receive, size_t count, ncclDataType_t type, int root,
                           ncclComm_t comm, cudaStream_t stream)
{
    return join("ncclBroadcast", comm, {BROADCAST, send, receive, count, type, ncclSum, root, stream});
}

ncclResult_t ncclBcast(void *buffer, size_t count, ncclDataType_t type, int root, ncclComm_t comm, cudaStream_t stream)
{
    return ncclBroadcast(buffer, buffer, count, type, root, comm, stream);
}

ncclResult_t ncclAllGather(const void *send, void *receive, size_t count, ncclDataType_t type, ncclComm_t comm,
                           cudaStream_t stream)
{
    return join("ncclAllGather", comm, {ALL_GATHER, send, receive, count, type, ncclSum, 0, stream});
}

ncclResult_t ncclReduceScatter(const void *send, void *receive, size_t count, ncclDataType_t type, ncclRedOp_t op,
                               ncclComm_t comm, cudaStream_t stream)
{
    return join("ncclReduceScatter", comm, {REDUCE_SCATTER, send, receive, count, type, op, 0, stream});
}
}
