// SPDX-License-Identifier: BSD-3-Clause
/* block.h - one thread block: its fibers, its barrier, the meetings of its warps, its dynamic shared memory.
 */
#ifndef EMU_BLOCK_H
#define EMU_BLOCK_H

#include <memory>
#include <vector>

#include "fiber.h"

namespace emu
{
/* Lanes of one warp that wait for each other, told apart by their mask. */
struct meeting {
    unsigned mask = 0, arrived = 0;
    size_t bytes = 0;
    bool orders = false;
    std::vector<char> slots; /* [32][bytes] */
};
constexpr int meetings_per_warp = 32; /* masks in use at one time */

struct block_job {
    dim3 grid, block;
    size_t shared_bytes;
    uint3 index;
    void (*body)(void *);
    void *arguments;
    const char *kernel;
};

/* Runs blocks, one at a time; every OS thread that takes part has one. */
struct block_runner {
    std::vector<std::unique_ptr<fiber>> fibers;
    std::vector<meeting> meetings; /* [warp][meetings_per_warp] */
    std::vector<unsigned char> dynamic;
    block_job job = {};
    int n_thread = 0, n_alive = 0, n_arrived = 0;
    votes ballot = {};                   /* of the barrier that fills */
    const void *barrier_where = nullptr; /* where its first thread waits */
    bool abandoned = false;              /* a fault ended the block */

    void run(const block_job &next);
    void release_barrier();
    void report_deadlock();
};

/* The runner of this OS thread, made on first use. */
block_runner &runner_here();
/* Ends the block of the calling fiber after a fault. */
[[noreturn]] void abandon_block();
} // namespace emu

#endif
