// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_lanes.hpp - a block of atoms: find live bonds, sort atoms into lanes, run the groups, sum. Internal linkage.
 *
 * Lists carry a skin, species differ in coordination and a third of the atoms of SiO2 have twice the bonds of the others, so
 * lanes are not atoms in the order of the list. Within a block of up to 256 atoms the live bonds are first copied together
 * (branch-free: a bond is always written, the count moves on if it is live), then the atoms of each species are sorted by
 * their number of live bonds, and every W of them make a group. Nothing an atom sums depends on whom it shares a group with. */
#ifndef KD_TERSOFF_LANES_HPP
#define KD_TERSOFF_LANES_HPP

#include "kernels/cpu/tersoff_find.hpp"
#include "kernels/cpu/tersoff_gather.hpp"
#include "kernels/cpu/tersoff_group.hpp"

namespace
{

template <class T, int W> struct tersoff_lanes : tersoff_search<T, W> {
    typedef simd<T, W> v;
    typedef tersoff_search<T, W> search;
    typedef typename search::block_state block_state;
    typedef typename v::real real;
    typedef typename v::word word;
    typedef typename v::quad quad;
    typedef typename v::quad_any quad_any;
    typedef tersoff_group<T, W> group;
    typedef tersoff_numbers<T> numbers;

    static size_t round64(size_t n)
    {
        return (n + 63) / 64 * 64;
    }
    /* vector[TERSOFF_BLOCK * capacity + 1][4]: r_j - r_i and RANGE2 - r^2 of every live bond */
    static size_t vectors_bytes(int capacity)
    {
        return round64(((size_t)TERSOFF_BLOCK * (size_t)capacity + 1) * 4 * sizeof(T));
    }
    static size_t slots_bytes(int capacity)
    {
        return round64((size_t)capacity * sizeof(tersoff_slot<T, W>));
    }
    static size_t workspace_bytes(int capacity)
    {
        size_t n = (size_t)capacity;
        return round64(sizeof(block_state)) + vectors_bytes(capacity) + slots_bytes(capacity) +
               round64((n * (n + 1) / 2) * sizeof(tersoff_angle<T, W>)) + round64(TERSOFF_SPECIES * (n + 1) * sizeof(int));
    }

    static void prepare(const tersoff_call *call)
    {
        fill_numbers<T>(call->potential, (numbers *)call->table);
    }

    /* ---- atoms into lanes ---- */

    /* Fills order[] with the atoms of the block, species by species, those with most bonds first; first_of[kind] is where a
     * species begins. */
    static void sort_atoms(int n_species, int n_atom, int capacity, int *tally, block_state *state, int *first_of)
    {
        int n = 0;
        for (int kind = 0; kind < n_species; kind++) {
            first_of[kind] = n;
            for (int b = 0; b <= capacity; b++, tally++) {
                int here = *tally;
                *tally = n;
                n += here;
            }
        }
        first_of[n_species] = n;
        tally -= n_species * (capacity + 1);
        for (int a = 0; a < n_atom; a++)
            state->order[state->place[a] = tally[state->key[a]]++] = a;
    }

    static KD_INLINE quad load(const T *four)
    {
        return *(const quad_any *)four;
    }

    static KD_INLINE void transpose(const quad &a, const quad &b, const quad &c, const quad &d, quad out[4])
    {
        quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
        quad cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
        out[0] = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
        out[1] = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
        out[2] = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
        out[3] = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
    }

    static KD_INLINE real join(const quad *part)
    {
        if constexpr (W == 4) {
            return part[0];
        } else if constexpr (W == 8) {
            return __builtin_shufflevector(part[0], part[1], 0, 1, 2, 3, 4, 5, 6, 7);
        } else {
            auto low = __builtin_shufflevector(part[0], part[1], 0, 1, 2, 3, 4, 5, 6, 7);
            auto high = __builtin_shufflevector(part[2], part[3], 0, 1, 2, 3, 4, 5, 6, 7);
            return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        }
    }
    static KD_INLINE quad part_of(const real &x, int k)
    {
        quad q;
        memcpy(&q, (const char *)&x + (size_t)k * sizeof q, sizeof q);
        return q;
    }

    /* Bond a of each lane's atom; a lane that has none takes the record `beyond`. */
    static KD_INLINE void load_slot(const int *first, const int *count, int a, int beyond, const T (*vector)[4],
                                    const tersoff_bond *bond, bool kinds, tersoff_slot<T, W> &s)
    {
        quad x[W / 4], y[W / 4], z[W / 4], below[W / 4];
        int from[W];
        if (a < count[W - 1])
            for (int l = 0; l < W; l++)
                from[l] = first[l] + a;
        else
            for (int l = 0; l < W; l++)
                from[l] = a < count[l] ? first[l] + a : beyond;
        for (int k = 0; k < W / 4; k++) {
            quad out[4];
            const int *f = from + 4 * k;
            transpose(load(vector[f[0]]), load(vector[f[1]]), load(vector[f[2]]), load(vector[f[3]]), out);
            x[k] = out[0];
            y[k] = out[1];
            z[k] = out[2];
            below[k] = out[3];
        }
        s.x = join(x);
        s.y = join(y);
        s.z = join(z);
        s.inward = join(below);
        s.kind = word{};
        if (kinds)
            for (int l = 0; l < W; l++)
                s.kind[l] = a < count[l] ? bond[from[l]].kind : 0;
    }

    static KD_INLINE void store_slot(const tersoff_slot<T, W> &s, const int *first, const int *count, int a,
                                     T (*partial)[4])
    {
        const bool full = a < count[W - 1];
        for (int k = 0; k < W / 4; k++) {
            quad out[4];
            transpose(part_of(s.x, k), part_of(s.y, k), part_of(s.z, k), quad{}, out);
            for (int l = 0; l < 4; l++)
                if (full || a < count[4 * k + l])
                    *(quad_any *)partial[first[4 * k + l] + a] = out[l];
        }
    }

    /* The lanes take atoms member[0 .. n_member-1], n_member <= W; the first has most bonds. */
    static KD_INLINE void run_group(group &g, const int *member, int n_member, int beyond, const T (*vector)[4],
                                    const tersoff_bond *bond, T (*partial)[4], block_state *state)
    {
        int first[W], count[W];
        for (int l = 0; l < W; l++) {
            int atom = member[l < n_member ? l : 0];
            first[l] = state->start[atom];
            count[l] = l < n_member ? state->start[atom + 1] - first[l] : 0;
        }
        g.n_slot = count[0];
        for (int a = 0; a < g.n_slot; a++)
            load_slot(first, count, a, beyond, vector, bond, g.numbers->n_species > 1, g.at[a]);
        g.run();
        for (int a = 0; a < g.n_slot; a++)
            store_slot(g.at[a], first, count, a, partial);
        store_sums(g, state->sum[member - state->order]);
    }

    /* sum[atom][TERSOFF_SUMS] of the group's atoms; what lanes without an atom write is written over or never read. */
    static KD_INLINE void store_sums(const group &g, double *sum)
    {
        typedef double eight __attribute__((vector_size(64), aligned(8), may_alias));
        for (int l = 0; l < W; l++) {
            eight all = {g.energy[l], (double)g.virial[0][l], (double)g.virial[1][l], (double)g.virial[2][l],
                         (double)g.virial[3][l], (double)g.virial[4][l], (double)g.virial[5][l], 0};
            *(eight *)(sum + TERSOFF_SUMS * l) = all;
        }
    }

    /* Sums over the block's atoms, 64 by 64 in their own order. */
    static void sum_chunks(const block_state *state, int n_atom, double *sums)
    {
        for (int a = 0; a < n_atom; a += TERSOFF_CHUNK, sums += TERSOFF_SUMS) {
            int end = a + TERSOFF_CHUNK < n_atom ? a + TERSOFF_CHUNK : n_atom;
            double4 low = {}, high = {};
            for (int b = a; b < end; b++) {
                const double *sum = state->sum[state->place[b]];
                low += *(const double4_any *)sum;
                high += *(const double4_any *)(sum + 4);
            }
            *(double4_any *)sums = low;
            *(double4_any *)(sums + 4) = high;
        }
    }

    static void bonds(const tersoff_call *call, const tersoff_block *block, void *memory)
    {
        const int capacity = call->capacity;
        char *at = (char *)memory;
        block_state *state = (block_state *)at;
        T(*vector)[4] = (T(*)[4])(at += round64(sizeof *state));
        group g;
        g.numbers = (const numbers *)call->table;
        g.at = (tersoff_slot<T, W> *)(at += vectors_bytes(capacity));
        g.angles = (tersoff_angle<T, W> *)(at += slots_bytes(capacity));
        int *tally = (int *)(at + round64((size_t)capacity * (size_t)(capacity + 1) / 2 * sizeof(*g.angles)));

        const int n_species = g.numbers->n_species;
        const int64_t base = (int64_t)block->first * capacity;
        int first_of[TERSOFF_SPECIES + 1];
        search::fill_shifts(call->batch->cell_d + 9 * (size_t)block->replica, state->shift);
        memset(tally, 0, (size_t)(n_species * (capacity + 1)) * sizeof *tally);
        if (call->rows)
            search::template find_block<tersoff_rows>(call, block, vector, tally, state);
        else
            search::template find_block<tersoff_tiles>(call, block, vector, tally, state);
        sort_atoms(n_species, block->n, capacity, tally, state, first_of);
        const int beyond = state->start[block->n]; /* any distance out of range: |r|^2 = RANGE2 + 1 */
        vector[beyond][0] = 1;
        vector[beyond][1] = vector[beyond][2] = 0;
        vector[beyond][3] = -1;

        T(*partial)[4] = (T(*)[4])call->partial + base;
        for (int kind = 0; kind < n_species; kind++) {
            g.species = kind;
            for (int l = first_of[kind], end = first_of[kind + 1]; l < end; l += W)
                run_group(g, state->order + l, end - l < W ? end - l : W, beyond, vector, call->bond + base, partial, state);
        }
        sum_chunks(state, block->n, call->sums + (size_t)block->chunk * TERSOFF_SUMS);
    }

    static constexpr tersoff_codelet codelet(const char *name)
    {
        return {name, sizeof(T), sizeof(numbers), workspace_bytes, prepare, bonds, tersoff_gather<T, W>::gather};
    }
};

} /* namespace */
#endif
