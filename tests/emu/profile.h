// SPDX-License-Identifier: BSD-3-Clause
/* profile.h - counters of the check flavour: requests, bytes, 32-byte sectors, shared-memory wavefronts per
 * source line.
 *
 * EMU_PROFILE=FILE writes them as JSON when the library goes (EMU_PROFILE=- to stderr). */
#ifndef EMU_PROFILE_H
#define EMU_PROFILE_H

#include "check.h"
#include "shadow.h"

namespace emu
{
void profile_launch_begin(const char *kernel);
void profile_launch_end();
void profile_block_begin();
void profile_block_end();
void profile_access(const void *p, size_t bytes, access_kind kind, memory_space space, const void *where);
} // namespace emu

#endif
