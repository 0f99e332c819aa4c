// SPDX-License-Identifier: BSD-3-Clause
/* collective.cu - the stand-in for NCCL over the emulated devices (EMU_DEVICES). */
#include "selftest.h"

#include <nccl.h>

#include <thread>

namespace
{
struct rank_state {
    ncclComm_t comm = nullptr;
    cudaStream_t stream = nullptr;
    double *x = nullptr, *all = nullptr;
};

bool collectives_run(std::vector<rank_state> &ranks)
{
    const int n = int(ranks.size());
    for (int r = 0; r < n; r++) {
        const std::vector<double> mine(4, r + 1.0);
        MUST(cudaSetDevice(r));
        MUST(cudaStreamCreateWithFlags(&ranks[size_t(r)].stream, cudaStreamNonBlocking));
        MUST(cudaMalloc(&ranks[size_t(r)].x, 32));
        MUST(cudaMalloc(&ranks[size_t(r)].all, size_t(32 * n)));
        MUST(cudaMemcpyAsync(ranks[size_t(r)].x, mine.data(), 32, cudaMemcpyHostToDevice,
                             ranks[size_t(r)].stream));
    }
    MUST(ncclGroupStart());
    for (rank_state &r : ranks)
        MUST(ncclAllReduce(r.x, r.x, 4, ncclFloat64, ncclSum, r.comm, r.stream));
    MUST(ncclGroupEnd());
    MUST(ncclGroupStart());
    for (rank_state &r : ranks)
        MUST(ncclAllGather(r.x, r.all, 4, ncclFloat64, r.comm, r.stream));
    MUST(ncclGroupEnd());
    const double total = n * (n + 1) / 2;
    for (int r = 0; r < n; r++) {
        std::vector<double> got(size_t(4 * n));
        MUST(cudaSetDevice(r));
        MUST(cudaMemcpyAsync(got.data(), ranks[size_t(r)].all, size_t(32 * n), cudaMemcpyDeviceToHost,
                             ranks[size_t(r)].stream));
        MUST(cudaStreamSynchronize(ranks[size_t(r)].stream));
        if (got != std::vector<double>(size_t(4 * n), total))
            return false;
    }
    return true;
}

bool ranks_sum_and_gather()
{
    int n = 0;
    MUST(cudaGetDeviceCount(&n));
    std::vector<rank_state> ranks(static_cast<size_t>(n));
    std::vector<ncclComm_t> comms(static_cast<size_t>(n));
    MUST(ncclCommInitAll(comms.data(), n, nullptr));
    for (size_t r = 0; r < ranks.size(); r++)
        ranks[r].comm = comms[r];
    const bool right = collectives_run(ranks);
    for (int r = 0; r < n; r++) {
        MUST(cudaSetDevice(r));
        MUST(cudaFree(ranks[size_t(r)].x));
        MUST(cudaFree(ranks[size_t(r)].all));
        MUST(cudaStreamDestroy(ranks[size_t(r)].stream));
        MUST(ncclCommDestroy(comms[size_t(r)]));
    }
    MUST(cudaSetDevice(0));
    return right;
}

/* One thread per rank, as mpirun would have one process per rank. */
bool one_rank_of_many(int n, int rank, ncclUniqueId id)
{
    const double mine = rank + 1.0;
    double sum = 0, *x = nullptr;
    cudaStream_t s = nullptr;
    ncclComm_t comm = nullptr;
    MUST(cudaSetDevice(rank));
    MUST(cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking));
    MUST(cudaMalloc(&x, sizeof mine));
    MUST(ncclCommInitRank(&comm, n, id, rank));
    MUST(cudaMemcpyAsync(x, &mine, sizeof mine, cudaMemcpyHostToDevice, s));
    for (int round = 0; round < 3; round++)
        MUST(ncclAllReduce(x, x, 1, ncclFloat64, ncclSum, comm, s));
    MUST(ncclBroadcast(x, x, 1, ncclFloat64, n - 1, comm, s));
    MUST(cudaMemcpyAsync(&sum, x, sizeof sum, cudaMemcpyDeviceToHost, s));
    MUST(cudaStreamSynchronize(s));
    MUST(ncclCommDestroy(comm));
    MUST(cudaFree(x));
    MUST(cudaStreamDestroy(s));
    return sum == double(n * n) * (n * (n + 1) / 2);
}

bool ranks_of_several_threads_meet()
{
    int n = 0;
    ncclUniqueId id;
    MUST(cudaGetDeviceCount(&n));
    MUST(ncclGetUniqueId(&id));
    std::vector<char> right(static_cast<size_t>(n), 0);
    std::vector<std::thread> threads;
    for (int rank = 0; rank < n; rank++)
        threads.emplace_back([&right, n, rank, id] { right[size_t(rank)] = one_rank_of_many(n, rank, id); });
    for (std::thread &t : threads)
        t.join();
    return right == std::vector<char>(static_cast<size_t>(n), 1);
}
} // namespace

const std::vector<statement> collective_statements = {
    {"ranks of several threads meet", ranks_of_several_threads_meet},
    {"ranks sum and gather", ranks_sum_and_gather},
};
