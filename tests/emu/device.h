// SPDX-License-Identifier: BSD-3-Clause
/* device.h - the numbers of the card that is emulated: an RTX 4090 (sm_89). */
#ifndef EMU_DEVICE_H
#define EMU_DEVICE_H

#include <cstddef>

namespace emu
{
enum {
    MAX_THREADS_PER_BLOCK = 1024,
    MAX_BLOCK_Z = 64,
    MAX_GRID_YZ = 65535,
    MAX_THREADS_PER_SM = 1536,
    MAX_BLOCKS_PER_SM = 24,
    REGISTERS_PER_SM = 65536,
    SHARED_PER_BLOCK = 48 << 10,     /* without asking */
    SHARED_PER_BLOCK_OPTIN = 101376, /* 99 KiB, by cudaFuncSetAttribute */
    SHARED_PER_SM = 100 << 10,
    SHARED_RESERVED = 1 << 10, /* the system's, in every block */
    CONSTANT_BYTES = 64 << 10,
    N_SM = 128,
    L2_BYTES = 72 << 20
};

/* Threads that __launch_bounds__ of the kernel allows, MAX_THREADS_PER_BLOCK when it has none. */
int launch_bound(const void *kernel);
/* What cudaFuncSetAttribute allowed it: SHARED_PER_BLOCK until asked. */
size_t shared_allowance(const void *kernel);
} // namespace emu

#endif
