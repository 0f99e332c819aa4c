// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_gather.hpp - forces: every atom gathers its own partial forces and, of the opposite sign, those of the reverse bonds.
 * Internal linkage, as in simd.hpp. */
#ifndef KD_TERSOFF_GATHER_HPP
#define KD_TERSOFF_GATHER_HPP

#include "kernels/cpu/simd.hpp"
#include "kernels/cpu/tersoff_lanes.h"

namespace
{

typedef double double4 __attribute__((vector_size(32)));
typedef double double4_any __attribute__((vector_size(32), aligned(8), may_alias));

/* The lists of so many atoms share lines of cache, one for every slot, too far apart for the hardware to foresee: fetched while
 * the atoms before are at work. */
enum { TERSOFF_AHEAD = 16 };

/* Where atom i's list begins in a table; its slots lie MD_TILE apart. */
static KD_INLINE size_t row_of(unsigned i, int capacity)
{
    return (size_t)(i / MD_TILE) * (size_t)capacity * MD_TILE + (size_t)(i % MD_TILE);
}

template <class T, int W> struct tersoff_gather {
    typedef typename simd<T, W>::quad_any quad_any;

    static KD_INLINE int64_t end_of(const tersoff_live *live, int n_word)
    {
        return live[n_word - 1].start + __builtin_popcountll(live[n_word - 1].mask);
    }

    /* Atom i's slots of reverse bonds; NULL where bonds know them (rows). */
    static KD_INLINE const int *reverse_of(const tersoff_call *call, int i)
    {
        return call->rows ? nullptr : call->list->reverse_d + row_of((unsigned)i, call->capacity);
    }

    /* What atom i will ask about its neighbours. */
    static KD_INLINE void prefetch_reverse(const tersoff_call *call, int i)
    {
        const int n_word = call->n_word;
        const tersoff_live *live = call->live + (size_t)i * (size_t)n_word;
        const int *reverse = reverse_of(call, i);
        for (int64_t b = live[0].start, end = end_of(live, n_word); b < end; b++) {
            const tersoff_bond name = call->bond[b];
            if (reverse)
                __builtin_prefetch(reverse + (size_t)name.slot * MD_TILE);
            __builtin_prefetch(call->live + (size_t)name.j * (size_t)n_word);
        }
    }

    static void gather(const tersoff_call *call, const tersoff_block *block, double (*out)[4])
    {
        const T(*partial)[4] = (const T(*)[4])call->partial;
        const int n_word = call->n_word, last = block->first + block->n;
        for (int i = block->first; i < last; i++, out++) {
            const tersoff_live *live = call->live + (size_t)i * (size_t)n_word;
            const int *reverse = reverse_of(call, i);
            double4 force = {};
            if (i + TERSOFF_AHEAD < last)
                prefetch_reverse(call, i + TERSOFF_AHEAD);
            for (int64_t b = live[0].start, end = end_of(live, n_word); b < end; b++) {
                const tersoff_bond name = call->bond[b];
                int slot = reverse ? reverse[(size_t)name.slot * MD_TILE] : name.slot;
                const tersoff_live *there = call->live + (size_t)name.j * (size_t)n_word + (size_t)(slot >> 6);
                int64_t back = there->start + __builtin_popcountll(there->mask & ((1ull << (slot & 63)) - 1));
                force += __builtin_convertvector(*(const quad_any *)partial[b], double4) -
                         __builtin_convertvector(*(const quad_any *)partial[back], double4);
            }
            *(double4_any *)out[0] = force;
        }
    }
};

} /* namespace */
#endif
