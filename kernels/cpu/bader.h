// SPDX-License-Identifier: BSD-3-Clause
/* bader.h - what the files of the CPU's partition share. */
#ifndef KD_CPU_BADER_H
#define KD_CPU_BADER_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/bader_ops.h"

struct bader_rows {
    void (*steepest)(const float *const row[9], const float weight[27], int n, uint8_t *direction);
    void (*edges)(const int *const row[9], int n, uint8_t *edge);
};

extern const struct bader_rows bader_portable_rows, bader_avx2_rows, bader_avx512_rows;
const struct bader_rows *bader_rows_best(void); /* for this processor (KEDGE_SIMD) */

/* 32-bit rows with one more point at either end, three by three around (i, j): what the row passes read. Moving j on by one
 * copies three rows. */
struct bader_window {
    const uint32_t *field; /* [n0][n1][n2] */
    int n[3], i, j;
    uint32_t *buffer;      /* bader_window_bytes */
    const uint32_t *row[9];
};
size_t bader_window_bytes(const int n[3]);
void bader_window_open(struct bader_window *w, const void *field, const int n[3], void *buffer, int i);
void bader_window_next(struct bader_window *w); /* j: 0, 1, 2, ... */

kd_status cpu_bader_climb(kd_device *dev, kd_stream *s, const struct bader_grid *grid, const struct bader_climb *climb);
size_t cpu_bader_climb_scratch(const kd_device *dev, const struct bader_grid *grid);

static inline size_t bader_points(const int n[3])
{
    return (size_t)n[0] * (size_t)n[1] * (size_t)n[2];
}

#endif
