// SPDX-License-Identifier: BSD-3-Clause
/* bader.cuh - points of a periodic grid and their neighbours, for the kernels of the partition (bader_ops.h has the rules). */
#ifndef KD_BADER_CUH
#define KD_BADER_CUH

#include "kernels/bader_ops.h"
#include "kernels/cuda/cuda.cuh"

constexpr int BADER_BLOCK = 256;

static inline size_t bader_points(const bader_grid *grid)
{
    return static_cast<size_t>(grid->n[0]) * grid->n[1] * grid->n[2];
}

struct bader_place {
    int i, j, k, q;
};

__device__ __forceinline__ bader_place bader_at(const bader_grid &grid, int q)
{
    const int row = q / grid.n[2];
    return {row / grid.n[1], row % grid.n[1], q - row * grid.n[2], q};
}

/* x + by, |by| <= 2, back into 0..n-1. */
__device__ __forceinline__ int bader_wrap(int x, int n)
{
    return x < 0 ? x + n : x >= n ? x - n : x;
}

__device__ __forceinline__ bader_place bader_step(const bader_grid &grid, bader_place p, int a, int b, int c)
{
    p.i = bader_wrap(p.i + a, grid.n[0]);
    p.j = bader_wrap(p.j + b, grid.n[1]);
    p.k = bader_wrap(p.k + c, grid.n[2]);
    p.q = (p.i * grid.n[1] + p.j) * grid.n[2] + p.k;
    return p;
}

__device__ __forceinline__ bader_place bader_towards(const bader_grid &grid, const bader_place &p, int direction)
{
    return bader_step(grid, p, direction / 9 - 1, direction / 3 % 3 - 1, direction % 3 - 1);
}

/* Does one of the 26 neighbours carry another label? */
__device__ __forceinline__ bool bader_is_edge(const bader_grid &grid, const int *label, const bader_place &p)
{
    const int own = label[p.q];
    for (int d = 0; d < 27; d++)
        if (label[bader_towards(grid, p, d).q] != own)
            return true;
    return false;
}

kd_status cuda_bader_climb(kd_device *dev, kd_stream *s, const struct bader_grid *grid, const struct bader_climb *climb);
size_t cuda_bader_climb_scratch(const struct bader_grid *grid);

#endif
