// SPDX-License-Identifier: BSD-3-Clause
/* collective.cc - the NCCL stand-in: sums, broadcasts and gathers over the ranks.
 *
 * The k-th collective of a rank meets the k-th of all others: the first stream that comes to it runs the
 * other streams up to theirs, then each rank takes its part of the result. Sums are taken in the order of
 * ranks. */
#include "collective.h"

namespace emu
{
std::condition_variable_any somebody_came;

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

template <class T> void fold_typed(const collective &c, size_t first, size_t count, void *result)
{
    T *out = static_cast<T *>(result);
    for (size_t i = 0; i < count; i++) {
        T value = reinterpret_cast<const T *>(c.ranks[0].sent.data())[first + i];
        for (size_t r = 1; r < c.ranks.size(); r++) {
            const T next = reinterpret_cast<const T *>(c.ranks[r].sent.data())[first + i];
            value = c.op == ncclMax    ? std::max(value, next)
                    : c.op == ncclMin  ? std::min(value, next)
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
        all.push_back(
            {"sendbuff", part.send, c.kind == REDUCE_SCATTER ? n * bytes : bytes, 0, 1, ACCESS_READ});
    if (c.kind != REDUCE || root)
        all.push_back(
            {"recvbuff", part.receive, c.kind == ALL_GATHER ? n * bytes : bytes, 0, 1, ACCESS_WRITE});
    return all;
}

/* Run every other rank's stream up to its call, and read all that is sent. */
bool collect(collective &c, int rank)
{
    const auto complete = [&] { return c.arrived == int(c.ranks.size()); };
    if (!complete() && !somebody_came.wait_for(api_lock, patience, complete)) {
        fault(cudaErrorLaunchTimeout, "NCCL: rank %d waits in a collective that %d of %zu ranks have called",
              rank, c.arrived, c.ranks.size());
        return false;
    }
    if (c.collected)
        return true; /* by another rank's thread, while this one waited; that rank and its stream may be gone */
    for (contribution &part : c.ranks)
        run_until(part.in, part.number - 1);
    if (c.collected)
        return true;
    for (size_t r = 0; r < c.ranks.size(); r++)
        for (const operand &o : operands_of(c, int(r)))
            if (o.kind == ACCESS_READ)
                c.ranks[r].sent.assign(static_cast<const char *>(o.start),
                                       static_cast<const char *>(o.start) + o.column_bytes);
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
    fault(cudaErrorLaunchFailure, "%s: rank %d calls another collective than the ranks before it", name,
          comm->rank);
    return nullptr;
}

} // namespace

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
    enqueue_on(
        s, [c, rank] { take_part(*c, rank); }, false);
    return ncclSuccess;
}
} // namespace emu
