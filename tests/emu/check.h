// SPDX-License-Identifier: BSD-3-Clause
/* check.h - what the runtime tells the checker (check.cc); empty in the other flavours. */
#ifndef EMU_CHECK_H
#define EMU_CHECK_H

#include <cstddef>

namespace emu
{
struct block_job;
enum access_kind { ACCESS_READ, ACCESS_WRITE, ACCESS_ATOMIC };

#if defined(EMU_CHECK)
extern int checker_paused; /* the runtime runs on a CUDA thread's behalf: not the kernel's accesses */
struct checker_pause {
    checker_pause()
    {
        checker_paused++;
    }
    ~checker_pause()
    {
        checker_paused--;
    }
};
void check_access(const void *p, size_t bytes, access_kind kind, const void *where);
/* The same from within the runtime, which is paused. */
void check_on_behalf(const void *p, size_t bytes, access_kind kind, const void *where);
/* An atomic, which may also hand over what a fence released; a device-wide fence. */
void check_atomic(const void *p, size_t bytes, const void *where);
void check_fence();
void check_barrier();
void check_warp_barrier(int warp, unsigned mask);
void check_launch_begin(const char *kernel);
void check_launch_end();
void check_block_begin(const block_job &job, void *dynamic);
void check_block_end();
/* Device memory appears (undefined), goes away, is written or read by a copy or a library call. */
void check_allocated(const void *p, size_t bytes);
void check_freed(const void *p, size_t bytes);
void check_bulk(const void *p, size_t bytes, access_kind kind, const char *who);
#else
struct checker_pause {
    checker_pause()
    {
    }
};
inline void check_access(const void *, size_t, access_kind, const void *)
{
}
inline void check_on_behalf(const void *, size_t, access_kind, const void *)
{
}
inline void check_atomic(const void *, size_t, const void *)
{
}
inline void check_fence()
{
}
inline void check_barrier()
{
}
inline void check_warp_barrier(int, unsigned)
{
}
inline void check_launch_begin(const char *)
{
}
inline void check_launch_end()
{
}
inline void check_block_begin(const block_job &, void *)
{
}
inline void check_block_end()
{
}
inline void check_allocated(const void *, size_t)
{
}
inline void check_freed(const void *, size_t)
{
}
inline void check_bulk(const void *, size_t, access_kind, const char *)
{
}
#endif
} // namespace emu

#endif
