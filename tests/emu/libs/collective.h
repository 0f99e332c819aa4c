// SPDX-License-Identifier: BSD-3-Clause
/* collective.h - the ranks of the NCCL stand-in and what they do together. */
#ifndef EMU_COLLECTIVE_H
#define EMU_COLLECTIVE_H

#include <nccl.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <memory>

#include "../lock.h"
#include "library.h"

namespace emu
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

/* Told whenever a rank has made a communicator or called a collective; threads of other ranks wait for it. */
extern std::condition_variable_any somebody_came;
constexpr std::chrono::seconds patience(10);

/* The next collective of this rank: checked against the other ranks', queued on its stream. */
ncclResult_t join(const char *name, ncclComm_t comm, const call_arguments &a);
} // namespace emu

struct ncclComm {
    std::shared_ptr<emu::clique> group;
    int rank, device;
    uint64_t n_call = 0;
};

#endif
