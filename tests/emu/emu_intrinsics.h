// SPDX-License-Identifier: BSD-3-Clause
/* emu_intrinsics.h - the device functions of CUDA C++: barriers, warp operations, atomics. Arithmetic is in
 * emu_math.h.
 *
 * Functions that meet other threads are never inlined: their return address is the place in the kernel that
 * reports name. */
#ifndef EMU_INTRINSICS_H
#define EMU_INTRINSICS_H

#define EMU_MEET __attribute__((noinline)) inline
#define EMU_HERE __builtin_return_address(0)

namespace emu
{
struct votes {
    int all, any, count;
};
/* __syncthreads: every thread of the block that has not left. */
votes barrier(const void *where, int predicate);
/* Lanes of mask hand in bytes each; all[32] is what everyone handed in. Lanes outside the mask leave their
 * slot untouched. `orders` tells the checker that the meeting is also a memory barrier among the lanes
 * (__syncwarp is, a shuffle is not). */
void warp_meet(unsigned mask, const void *where, const void *mine, size_t bytes, void *all, bool orders);
/* Tell the checker that the next access to p is atomic. */
void atomic_access(const void *p, size_t bytes, const void *where);
/* Tell it of an access that it cannot see itself. */
void access(const void *p, size_t bytes, bool write, const void *where);
void fence(bool device_wide);
/* Let other threads of the block run: for loops that wait. */
void nap();
[[noreturn]] void trap(const void *where);

template <class T> struct lanes {
    T value[32];
};

template <class T> EMU_MEET lanes<T> gather(unsigned mask, const void *where, const T &mine)
{
    lanes<T> all;
    for (T &v : all.value)
        v = mine;
    warp_meet(mask, where, &mine, sizeof mine, all.value, false);
    return all;
}

template <class T, class Rule> T read_modify_write(T *p, const void *where, Rule rule)
{
    static_assert(sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8, "atomics work on 16, 32 or 64 bits");
    using bits =
        std::conditional_t<sizeof(T) == 2, uint16_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>;
    atomic_access(p, sizeof(T), where);
    bits *word = reinterpret_cast<bits *>(p), before = __atomic_load_n(word, __ATOMIC_RELAXED), after;
    T old;
    do {
        memcpy(static_cast<void *>(&old), &before, sizeof old);
        const T fresh = rule(old);
        memcpy(&after, static_cast<const void *>(&fresh), sizeof after);
    } while (!__atomic_compare_exchange_n(word, &before, after, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    return old;
}
template <class T> using same = std::common_type_t<T>; /* lets 1 be given where T is unsigned */
} // namespace emu

/* ---- barriers ---- */

EMU_MEET void __syncthreads()
{
    emu::barrier(EMU_HERE, 0);
}
EMU_MEET int __syncthreads_count(int predicate)
{
    return emu::barrier(EMU_HERE, predicate).count;
}
EMU_MEET int __syncthreads_or(int predicate)
{
    return emu::barrier(EMU_HERE, predicate).any;
}
EMU_MEET int __syncthreads_and(int predicate)
{
    return emu::barrier(EMU_HERE, predicate).all;
}
EMU_MEET void __syncwarp(unsigned mask = 0xffffffffu)
{
    char nothing = 0, all[32];
    emu::warp_meet(mask, EMU_HERE, &nothing, 1, all, true);
}
inline void __threadfence()
{
    emu::fence(true);
}
inline void __threadfence_system()
{
    emu::fence(true);
}
inline void __threadfence_block()
{
    emu::fence(false);
}
inline void __nanosleep(unsigned)
{
    emu::nap();
}
EMU_MEET void __trap()
{
    emu::trap(EMU_HERE);
}

/* ---- warp ---- */

template <class T> EMU_MEET T __shfl_sync(unsigned mask, T value, int source, int width = 32)
{
    const auto all = emu::gather(mask, EMU_HERE, value);
    const int lane = emu::current->lane;
    return all.value[(lane & ~(width - 1)) | (source & (width - 1))];
}
template <class T> EMU_MEET T __shfl_xor_sync(unsigned mask, T value, int flip, int width = 32)
{
    const auto all = emu::gather(mask, EMU_HERE, value);
    const int lane = emu::current->lane, source = lane ^ flip;
    return source <= (lane | (width - 1)) ? all.value[source & 31] : value;
}
template <class T> EMU_MEET T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32)
{
    const auto all = emu::gather(mask, EMU_HERE, value);
    const unsigned lane = emu::current->lane;
    return (lane & (width - 1)) + delta < unsigned(width) ? all.value[lane + delta] : value;
}
template <class T> EMU_MEET T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32)
{
    const auto all = emu::gather(mask, EMU_HERE, value);
    const unsigned lane = emu::current->lane;
    return (lane & (width - 1)) >= delta ? all.value[lane - delta] : value;
}
EMU_MEET unsigned __ballot_sync(unsigned mask, int predicate)
{
    const auto all = emu::gather(mask, EMU_HERE, predicate);
    unsigned bits = 0;
    for (int lane = 0; lane < 32; lane++)
        if ((mask >> lane & 1) && emu::current->warp * 32 + lane < int(blockDim.x * blockDim.y * blockDim.z))
            bits |= unsigned(all.value[lane] != 0) << lane;
    return bits;
}
EMU_MEET int __any_sync(unsigned mask, int predicate)
{
    const auto all = emu::gather(mask, EMU_HERE, int(predicate != 0));
    int any = 0; /* lanes that are not there hold this thread's own vote */
    for (int lane = 0; lane < 32; lane++)
        any |= (mask >> lane & 1) && all.value[lane];
    return any;
}
EMU_MEET int __all_sync(unsigned mask, int predicate)
{
    const auto all = emu::gather(mask, EMU_HERE, int(predicate != 0));
    int every = 1;
    for (int lane = 0; lane < 32; lane++)
        every &= !(mask >> lane & 1) || all.value[lane];
    return every;
}
EMU_MEET unsigned __activemask()
{
    /* Independent threads: only the caller is known to be here. Code that needs more must carry its mask. */
    return 1u << emu::current->lane;
}

namespace emu
{
/* Fold over the lanes of the mask that exist, in lane order. */
template <class T, class Rule> T fold(unsigned mask, const void *where, T mine, Rule rule)
{
    const auto all = gather(mask, where, mine);
    const int n_thread = int(blockDim.x * blockDim.y * blockDim.z) - current->warp * 32;
    bool first = true;
    T sum = mine;
    for (int lane = 0; lane < 32 && lane < n_thread; lane++)
        if (mask >> lane & 1) {
            sum = first ? all.value[lane] : rule(sum, all.value[lane]);
            first = false;
        }
    return sum;
}
} // namespace emu

/* sm_80: 32-bit integers only. */
#define EMU_REDUCE(name, T, expression)                                                                      \
    EMU_MEET T name(unsigned mask, T mine)                                                                   \
    {                                                                                                        \
        return emu::fold(mask, EMU_HERE, mine, [](T a, T b) { return T(expression); });                      \
    }
EMU_REDUCE(__reduce_add_sync, unsigned, a + b)
EMU_REDUCE(__reduce_min_sync, unsigned, b < a ? b : a)
EMU_REDUCE(__reduce_max_sync, unsigned, a < b ? b : a)
EMU_REDUCE(__reduce_and_sync, unsigned, a &b)
EMU_REDUCE(__reduce_or_sync, unsigned, a | b)
EMU_REDUCE(__reduce_xor_sync, unsigned, a ^ b)
EMU_REDUCE(__reduce_add_sync, int, unsigned(a) + unsigned(b))
EMU_REDUCE(__reduce_min_sync, int, b < a ? b : a)
EMU_REDUCE(__reduce_max_sync, int, a < b ? b : a)
#undef EMU_REDUCE

template <class T> EMU_MEET unsigned __match_any_sync(unsigned mask, T value)
{
    const auto all = emu::gather(mask, EMU_HERE, value);
    const int n_thread = int(blockDim.x * blockDim.y * blockDim.z) - emu::current->warp * 32;
    unsigned bits = 0;
    for (int lane = 0; lane < 32 && lane < n_thread; lane++)
        if ((mask >> lane & 1) && memcmp(&all.value[lane], &value, sizeof value) == 0)
            bits |= 1u << lane;
    return bits;
}

/* ---- atomics ---- */

#define EMU_ATOMIC(name, expression)                                                                         \
    template <class T> EMU_MEET T name(T *p, emu::same<T> v)                                                 \
    {                                                                                                        \
        return emu::read_modify_write(p, EMU_HERE, [=](T old) { return T(expression); });                    \
    }                                                                                                        \
    template <class T> EMU_MEET T name##_block(T *p, emu::same<T> v)                                         \
    {                                                                                                        \
        return emu::read_modify_write(p, EMU_HERE, [=](T old) { return T(expression); });                    \
    }
EMU_ATOMIC(atomicAdd, old + v)
EMU_ATOMIC(atomicSub, old - v)
EMU_ATOMIC(atomicMin, v < old ? v : old)
EMU_ATOMIC(atomicMax, old < v ? v : old)
EMU_ATOMIC(atomicExch, ((void)old, v))
EMU_ATOMIC(atomicAnd, old &v)
EMU_ATOMIC(atomicOr, old | v)
EMU_ATOMIC(atomicXor, old ^ v)
EMU_ATOMIC(atomicInc, old >= v ? 0 : old + 1)
EMU_ATOMIC(atomicDec, old == 0 || old > v ? v : old - 1)
#undef EMU_ATOMIC

template <class T> EMU_MEET T atomicCAS(T *p, emu::same<T> expected, emu::same<T> fresh)
{
    return emu::read_modify_write(p, EMU_HERE, [=](T old) {
        return memcmp(static_cast<const void *>(&old), static_cast<const void *>(&expected), sizeof old) == 0
                   ? T(fresh)
                   : old;
    });
}

/* ---- loads and stores with a cache hint ---- */

/* The checker hears of the whole vector at once: instrumented code would see a float4 as four loads. */
#if defined(EMU_CHECK)
#define EMU_LOAD(name)                                                                                       \
    template <class T> __attribute__((noinline, no_sanitize("thread"))) T name(const T *p)                   \
    {                                                                                                        \
        emu::access(p, sizeof(T), false, EMU_HERE);                                                          \
        return *p;                                                                                           \
    }
#else
#define EMU_LOAD(name)                                                                                       \
    template <class T> __forceinline__ T name(const T *p)                                                    \
    {                                                                                                        \
        return *p;                                                                                           \
    }
#endif
EMU_LOAD(__ldg)
EMU_LOAD(__ldcg)
EMU_LOAD(__ldca)
EMU_LOAD(__ldcs)
EMU_LOAD(__ldlu)
EMU_LOAD(__ldcv)
#undef EMU_LOAD

#define EMU_STORE(name)                                                                                      \
    template <class T> __forceinline__ void name(T *p, emu::same<T> v)                                       \
    {                                                                                                        \
        *p = v;                                                                                              \
    }
EMU_STORE(__stwb)
EMU_STORE(__stcg)
EMU_STORE(__stcs)
EMU_STORE(__stwt)
#undef EMU_STORE

inline long long clock64()
{
    return static_cast<long long>(__builtin_ia32_rdtsc());
}

#include "emu_math.h"

#endif
