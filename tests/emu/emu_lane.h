// SPDX-License-Identifier: BSD-3-Clause
/* emu_lane.h - the functions of kernels/cuda/lane.cuh over a model of the warp.
 *
 * A cp.async is kept back until the wait that promises it, so that a forgotten wait reads what was there
 * before. The matrix operations exchange the lanes' registers and follow the fragment layouts of the PTX ISA.
 */
#ifndef EMU_LANE_H
#define EMU_LANE_H

#include "emu.h"

namespace emu
{
void cp_async(void *shared, const void *global, size_t bytes, const void *where);
void cp_async_commit();
void cp_async_wait(int open_groups);

inline float half_of(unsigned word, int upper)
{
    return __half2float(bit_cast<__half>(static_cast<unsigned short>(word >> (16 * upper))));
}
inline float bfloat16_of(unsigned word, int upper)
{
    return bit_cast<float>((word >> (16 * upper) & 0xffffu) << 16);
}

struct fragments {
    unsigned a[4], b[2];
};

/* Every lane computes its own four elements of d from everyone's a and b. Sums run over k in order, in FP32.
 */
template <class Read>
void mma_m16n8k16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const void *where, Read read)
{
    fragments mine;
    memcpy(mine.a, a, sizeof mine.a);
    memcpy(mine.b, b, sizeof mine.b);
    const auto all = gather(0xffffffffu, where, mine);
    const int g = current->lane / 4, t = current->lane % 4;
    for (int i = 0; i < 4; i++) {
        const int row = g + 8 * (i / 2), column = 2 * t + i % 2;
        for (int k = 0; k < 16; k++) {
            const int word = (row >= 8) + 2 * (k >= 8), lane = (k % 8) / 2;
            d[i] += read(all.value[(row % 8) * 4 + lane].a[word], k % 2) *
                    read(all.value[column * 4 + lane].b[k >= 8], k % 2);
        }
    }
}

/* Lane l gives the address of row l%8 of tile l/8; register i of lane l holds elements 2(l%4), 2(l%4)+1 of
 * row l/4 of tile i, or of column l/4 when transposed. */
#if defined(EMU_CHECK)
#define EMU_UNSEEN __attribute__((no_sanitize("thread"))) /* announced by emu::access instead */
#else
#define EMU_UNSEEN
#endif
template <int N>
EMU_UNSEEN void ldmatrix(unsigned (&r)[N], const void *row, bool transposed, const void *where)
{
    if (reinterpret_cast<uintptr_t>(row) % 16 && current->lane < 8 * N)
        trap(where); /* misaligned row: a fault on the device */
    const auto all = gather(0xffffffffu, where, row);
    const int g = current->lane / 4, t = current->lane % 4;
    for (int i = 0; i < N; i++) {
        unsigned word = 0;
        for (int half = 0; half < 2; half++) {
            const int y = transposed ? 2 * t + half : g, x = transposed ? g : 2 * t + half;
            const unsigned short *line = static_cast<const unsigned short *>(all.value[8 * i + y]);
            access(line + x, sizeof line[x], false, where);
            word |= unsigned(line[x]) << (16 * half);
        }
        r[i] = word;
    }
    __syncwarp();
}
} // namespace emu

EMU_MEET void cp_async16(void *shared, const void *global)
{
    emu::cp_async(shared, global, 16, EMU_HERE);
}
EMU_MEET void cp_async8(void *shared, const void *global)
{
    emu::cp_async(shared, global, 8, EMU_HERE);
}
EMU_MEET void cp_async4(void *shared, const void *global)
{
    emu::cp_async(shared, global, 4, EMU_HERE);
}
inline void cp_async_commit()
{
    emu::cp_async_commit();
}
template <int N> inline void cp_async_wait()
{
    emu::cp_async_wait(N);
}

EMU_MEET void ldmatrix_x1(unsigned (&r)[1], const void *row)
{
    emu::ldmatrix<1>(r, row, false, EMU_HERE);
}
EMU_MEET void ldmatrix_x2(unsigned (&r)[2], const void *row)
{
    emu::ldmatrix<2>(r, row, false, EMU_HERE);
}
EMU_MEET void ldmatrix_x4(unsigned (&r)[4], const void *row)
{
    emu::ldmatrix<4>(r, row, false, EMU_HERE);
}
EMU_MEET void ldmatrix_x1_trans(unsigned (&r)[1], const void *row)
{
    emu::ldmatrix<1>(r, row, true, EMU_HERE);
}
EMU_MEET void ldmatrix_x2_trans(unsigned (&r)[2], const void *row)
{
    emu::ldmatrix<2>(r, row, true, EMU_HERE);
}
EMU_MEET void ldmatrix_x4_trans(unsigned (&r)[4], const void *row)
{
    emu::ldmatrix<4>(r, row, true, EMU_HERE);
}
EMU_MEET void mma_m16n8k16_f16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
    emu::mma_m16n8k16(d, a, b, EMU_HERE, emu::half_of);
}
EMU_MEET void mma_m16n8k16_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
    emu::mma_m16n8k16(d, a, b, EMU_HERE, emu::bfloat16_of);
}

#endif
