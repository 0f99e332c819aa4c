// SPDX-License-Identifier: BSD-3-Clause
/* tsan.cc - the callbacks that clang++ -fsanitize=thread puts before every load and store, in place of
 * libtsan. */
#include <cstdint>
#include <cstring>

#include "check.h"

using namespace emu;

#define HERE __builtin_return_address(0)
/* "unaligned" is what clang makes of neighbouring accesses of smaller elements, so its parts are looked at; a
 * misaligned pointer of the source comes in by the other hooks. */
static void check_parts(const void *p, size_t bytes, access_kind kind, const void *where)
{
    const uintptr_t address = reinterpret_cast<uintptr_t>(p);
    const size_t part = address % 4 == 0 ? 4 : address % 2 == 0 ? 2 : 1;
    for (size_t i = 0; i < bytes; i += part)
        check_access(static_cast<const char *>(p) + i, bytes - i < part ? bytes - i : part, kind, where);
}

#define EMU_HOOKS(n)                                                                                         \
    void __tsan_read##n(void *p)                                                                             \
    {                                                                                                        \
        check_access(p, n, ACCESS_READ, HERE);                                                               \
    }                                                                                                        \
    void __tsan_write##n(void *p)                                                                            \
    {                                                                                                        \
        check_access(p, n, ACCESS_WRITE, HERE);                                                              \
    }                                                                                                        \
    void __tsan_unaligned_read##n(void *p)                                                                   \
    {                                                                                                        \
        check_parts(p, n, ACCESS_READ, HERE);                                                                \
    }                                                                                                        \
    void __tsan_unaligned_write##n(void *p)                                                                  \
    {                                                                                                        \
        check_parts(p, n, ACCESS_WRITE, HERE);                                                               \
    }                                                                                                        \
    void __tsan_volatile_read##n(void *p)                                                                    \
    {                                                                                                        \
        check_access(p, n, ACCESS_READ, HERE);                                                               \
    }                                                                                                        \
    void __tsan_volatile_write##n(void *p)                                                                   \
    {                                                                                                        \
        check_access(p, n, ACCESS_WRITE, HERE);                                                              \
    }

/* Atomics are announced by emu::atomic_access; these only have to work. */
#define EMU_ATOMIC_HOOKS(bits)                                                                               \
    uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t *p, int)                         \
    {                                                                                                        \
        return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                                         \
    }                                                                                                        \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile uint##bits##_t *p, uint##bits##_t *expected,  \
                                                      uint##bits##_t fresh, int, int)                        \
    {                                                                                                        \
        return __atomic_compare_exchange_n(p, expected, fresh, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);   \
    }                                                                                                        \
    uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                                               \
        volatile uint##bits##_t *p, uint##bits##_t expected, uint##bits##_t fresh, int, int)                 \
    {                                                                                                        \
        __atomic_compare_exchange_n(p, &expected, fresh, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);         \
        return expected;                                                                                     \
    }                                                                                                        \
    uint##bits##_t __tsan_atomic##bits##_fetch_add(volatile uint##bits##_t *p, uint##bits##_t v, int)        \
    {                                                                                                        \
        return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);                                                   \
    }                                                                                                        \
    uint##bits##_t __tsan_atomic##bits##_fetch_sub(volatile uint##bits##_t *p, uint##bits##_t v, int)        \
    {                                                                                                        \
        return __atomic_fetch_sub(p, v, __ATOMIC_SEQ_CST);                                                   \
    }                                                                                                        \
    uint##bits##_t __tsan_atomic##bits##_exchange(volatile uint##bits##_t *p, uint##bits##_t v, int)         \
    {                                                                                                        \
        return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);                                                  \
    }                                                                                                        \
    void __tsan_atomic##bits##_store(volatile uint##bits##_t *p, uint##bits##_t v, int)                      \
    {                                                                                                        \
        __atomic_store_n(p, v, __ATOMIC_SEQ_CST);                                                            \
    }

#pragma GCC diagnostic ignored "-Wmissing-declarations"
extern "C" {
EMU_HOOKS(1)
EMU_HOOKS(2)
EMU_HOOKS(4)
EMU_HOOKS(8)
EMU_HOOKS(16)
EMU_ATOMIC_HOOKS(8)
EMU_ATOMIC_HOOKS(16)
EMU_ATOMIC_HOOKS(32)
EMU_ATOMIC_HOOKS(64)

void __tsan_read_range(void *p, size_t bytes)
{
    check_access(p, bytes, ACCESS_READ, HERE);
}
void __tsan_write_range(void *p, size_t bytes)
{
    check_access(p, bytes, ACCESS_WRITE, HERE);
}
void __tsan_init()
{
}
void __tsan_func_entry(void *)
{
}
void __tsan_func_exit()
{
}
void __tsan_vptr_update(void **, void *)
{
}
void __tsan_vptr_read(void **)
{
}
void __tsan_atomic_thread_fence(int)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void __tsan_atomic_signal_fence(int)
{
}

/* Copies of whole structures become calls: the link wraps them (-Wl,--wrap). */
void *__real_memcpy(void *dst, const void *src, size_t bytes);
void *__real_memmove(void *dst, const void *src, size_t bytes);
void *__real_memset(void *dst, int value, size_t bytes);
/* clang makes copies of structures and of short arrays into memcpy: their alignment is that of their parts. */
static void check_copy(const void *p, size_t bytes, access_kind kind, const void *where)
{
    const bool misaligned = bytes && (bytes & (bytes - 1)) == 0 && reinterpret_cast<uintptr_t>(p) % bytes;
    (misaligned ? check_parts : check_access)(p, bytes, kind, where);
}
void *__wrap_memcpy(void *dst, const void *src, size_t bytes)
{
    check_copy(src, bytes, ACCESS_READ, HERE);
    check_copy(dst, bytes, ACCESS_WRITE, HERE);
    return __real_memcpy(dst, src, bytes);
}
void *__wrap_memmove(void *dst, const void *src, size_t bytes)
{
    check_copy(src, bytes, ACCESS_READ, HERE);
    check_copy(dst, bytes, ACCESS_WRITE, HERE);
    return __real_memmove(dst, src, bytes);
}
void *__wrap_memset(void *dst, int value, size_t bytes)
{
    check_copy(dst, bytes, ACCESS_WRITE, HERE);
    return __real_memset(dst, value, bytes);
}
}
