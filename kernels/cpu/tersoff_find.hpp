// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_find.hpp - which listed neighbours of a block of atoms are in range. Internal linkage, as in simd.hpp. */
#ifndef KD_TERSOFF_FIND_HPP
#define KD_TERSOFF_FIND_HPP

#include "kernels/cpu/simd.hpp"
#include "kernels/cpu/tersoff_gather.hpp"
#include "kernels/cpu/tersoff_table.hpp"

namespace
{

/* A listed neighbour: its bond as one word, shift 0 .. 63 of the block's table or, where is_far, a packed one. */
struct tersoff_listed {
    int j, shift;
    uint64_t kind, bond;
    bool is_far;
};

/* The two kinds of list. All of a list in locals: a store of a vector may alias any pointer in memory. */
struct tersoff_tiles {
    const int *count, *index, *shift, *species;
    int capacity;

    explicit tersoff_tiles(const tersoff_call *call)
        : count(call->list->count_d), index(call->list->index_d), shift(call->list->shift_d), species(call->batch->species_d),
          capacity(call->list->capacity)
    {
    }
    KD_INLINE size_t begin(unsigned i) const
    {
        return row_of(i, capacity);
    }
    KD_INLINE int length(unsigned i) const
    {
        return count[i];
    }
    KD_INLINE void prefetch(unsigned i, int n) const
    {
        if (i % TERSOFF_AHEAD != 0)
            return;
        const size_t ahead = begin(i + TERSOFF_AHEAD);
        for (int s = 0; s < n; s++) {
            __builtin_prefetch(index + ahead + s * MD_TILE);
            __builtin_prefetch(shift + ahead + s * MD_TILE);
        }
    }
    KD_INLINE tersoff_listed at(size_t begin, int s) const
    {
        const int j = index[begin + (size_t)s * MD_TILE], packed = shift[begin + (size_t)s * MD_TILE];
        bool is_far;
        const int near = (int)neighbor_near(packed, &is_far);
        const uint64_t kind = (uint64_t)(uint32_t)species[j];
        return {j, is_far ? packed : near, kind, kind << 48 | (uint64_t)s << 32 | (uint32_t)j, is_far};
    }
};

struct tersoff_rows {
    const int64_t *start;
    const uint64_t *entry;
    const int *far_shift;

    explicit tersoff_rows(const tersoff_call *call)
        : start(call->rows->start), entry(call->rows->entry), far_shift(call->rows->far)
    {
    }
    KD_INLINE size_t begin(unsigned i) const
    {
        return (size_t)start[i];
    }
    KD_INLINE int length(unsigned i) const
    {
        return (int)(start[i + 1] - start[i]);
    }
    KD_INLINE void prefetch(unsigned, int) const
    {
    }
    KD_INLINE tersoff_listed at(size_t begin, int s) const
    {
        const uint64_t e = entry[begin + (size_t)s];
        const bool is_far = (e & NEIGHBOR_FAR) != 0;
        return {(int)(uint32_t)e, is_far ? far_shift[begin + (size_t)s] : (int)(e >> 52 & 63), e >> 48 & 15, e & NEIGHBOR_BOND, is_far};
    }
};

template <class T, int W> struct tersoff_search {
    typedef typename simd<T, W>::quad quad;
    typedef typename simd<T, W>::quad_any quad_any;
    typedef tersoff_numbers<T> numbers;

    struct block_state {
        double4 shift[64];                 /* lattice vectors of shifts -1, 0, 1, 2 */
        int start[TERSOFF_BLOCK + 1];      /* first live bond of each atom, from the block's first */
        int key[TERSOFF_BLOCK];            /* what atoms are sorted by */
        int order[TERSOFF_BLOCK];          /* atoms sorted by species, then by number of live bonds */
        int place[TERSOFF_BLOCK];          /* where an atom stands in that order */
        double sum[TERSOFF_BLOCK + W][TERSOFF_SUMS]; /* in that order */
    };

    static KD_INLINE double4 lattice(const double *cell, int a, int b, int c)
    {
        double4 sum = {};
        for (int x = 0; x < 3; x++)
            sum[x] = a * cell[x] + b * cell[3 + x] + c * cell[6 + x];
        return sum;
    }

    static void fill_shifts(const double *cell, double4 *shift)
    {
        for (int s = 0; s < 64; s++)
            shift[s] = lattice(cell, (s >> 4) - 1, ((s >> 2) & 3) - 1, (s & 3) - 1);
    }

    static KD_INLINE quad record(double4 d, double below)
    {
        if constexpr (sizeof(T) == 8) {
            d[3] = below;
            return d;
        } else {
            quad q = __builtin_convertvector(d, quad);
            q[3] = (T)below;
            return q;
        }
    }

    static __attribute__((noinline, cold)) double4 far_lattice(const double *cell, int packed)
    {
        return lattice(cell, MD_SHIFT(packed, 0), MD_SHIFT(packed, 1), MD_SHIFT(packed, 2));
    }

    /* What is read and written, in locals. */
    struct ends {
        const double *position, *cell;
        const double4 *shift;
        T (*vector)[4];
        tersoff_bond *bond;
    };

    /* Copies the live ones of n slots behind those `stored` before; returns how many there are now. Bonds are written whole, as
     * one word. */
    template <class L>
    static KD_INLINE int64_t find_bonds(const ends q, const L &list, size_t begin, int from, int n, double4 here, const double *range2,
                                        int64_t stored, uint64_t &mask)
    {
        for (int s = 0; s < n; s++) {
            const tersoff_listed name = list.at(begin, from + s);
            double4 d = *(const double4_any *)(q.position + 4 * (size_t)(uint32_t)name.j) - here;
            if (__builtin_expect(!name.is_far, 1))
                d += q.shift[name.shift];
            else
                d += far_lattice(q.cell, name.shift);
            double below = range2[name.kind] - (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
            const bool is_live = !(below <= 0); /* a NaN is live: it must show in the forces */
            *(quad_any *)q.vector[stored] = record(d, below);
            memcpy(&q.bond[stored], &name.bond, sizeof name.bond);
            mask |= (uint64_t)is_live << s;
            stored += is_live;
        }
        return stored;
    }

    /* All live bonds of a block, and how many atoms of a species have how many: tally[species * (capacity + 1) + capacity -
     * number of bonds]. */
    template <class L>
    static __attribute__((noinline)) void find_block(const tersoff_call *call, const tersoff_block *block, T (*vector)[4],
                                                     int *tally, block_state *state)
    {
        const L list(call);
        const int n_word = call->n_word, n_atom = block->n, first_atom = block->first, capacity = call->capacity;
        const int64_t base = (int64_t)first_atom * capacity;
        const int *species = call->batch->species_d;
        const ends q = {call->batch->position_d, call->batch->cell_d + 9 * (size_t)block->replica, state->shift, vector, call->bond + base};
        const double(*range2)[TERSOFF_SPECIES] = ((const numbers *)call->table)->range2;
        tersoff_live *live = call->live + (size_t)first_atom * (size_t)n_word;
        int64_t stored = 0;
        for (int a = 0; a < n_atom; a++) {
            const unsigned i = (unsigned)(first_atom + a);
            const int n = list.length(i), kind = species[i];
            const double4 here = *(const double4_any *)(q.position + 4 * (size_t)i);
            const size_t row = list.begin(i);
            const int64_t before = stored;
            if (a + TERSOFF_AHEAD < n_atom)
                list.prefetch(i, n);
            for (int w = 0; w < n_word; w++, live++) {
                const int left = n - 64 * w;
                uint64_t mask = 0;
                live->start = base + stored;
                stored = find_bonds(q, list, row, 64 * w, left < 64 ? left : 64, here, range2[kind], stored, mask);
                live->mask = mask;
            }
            const int key = (kind + 1) * (capacity + 1) - 1 - (int)(stored - before);
            state->start[a] = (int)before;
            state->key[a] = key;
            tally[key]++;
        }
        state->start[n_atom] = (int)stored;
    }
};

} /* namespace */
#endif
