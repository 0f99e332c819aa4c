// SPDX-License-Identifier: BSD-3-Clause
/* lock.h - the lock that every api_call holds: emulated calls of several host threads run one at a time. */
#ifndef EMU_LOCK_H
#define EMU_LOCK_H

#include <mutex>

namespace emu
{
extern std::recursive_mutex api_lock;
}

#endif
