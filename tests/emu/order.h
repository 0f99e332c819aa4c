// SPDX-License-Identifier: BSD-3-Clause
/* order.h - which accesses of a kernel are ordered by the rules of CUDA.
 *
 * Two accesses are ordered when one thread made both, when a __syncthreads of their block or a __syncwarp of
 * both lanes lies between, when their launches are ordered by streams, events or the host, or when the
 * earlier block made a
 * __threadfence and an atomic on a word on which the later block made an atomic. Lanes of a warp are not in
 * lockstep, and a shuffle or a vote is no memory barrier. */
#ifndef EMU_ORDER_H
#define EMU_ORDER_H

#include "shadow.h"

namespace emu
{
extern uint32_t this_segment, block_first_segment;

void order_launch_begin();
void order_block_begin(int n_thread);
void order_block_barrier();
void order_warp_barrier(int warp, unsigned mask);
void order_fence();
/* An atomic on p: sees what was released there, and releases if the block made a fence. */
void order_atomic(const void *p);

/* The record of an access by `thread` of the running block. */
access_record record_of(int thread, const void *where, uint8_t bytes, bool atomic);
/* The record was made before the coming access of `thread`, by the rules above. */
bool ordered(const access_record &before, memory_space space, int thread);
/* Same, for a copy or a library call, which is a launch of its own. */
bool ordered_for_bulk(const access_record &before);
/* Another stream holds work that is not ordered with what runs now. */
bool concurrent_work();
const void *code_of(const access_record &r);
} // namespace emu

#endif
