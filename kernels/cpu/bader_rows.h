// SPDX-License-Identifier: BSD-3-Clause
/* bader_rows.h - the two passes over whole grids that are worth vectors, one row at a time. Compiled once per instruction set:
 * the including file defines NAME(x). Rows are read from -1 to n; row[3 (a+1) + (b+1)] is the one at (i+a, j+b). */
#include <stdint.h>

#include "kernels/cpu/bader.h"

#define LOOK(d)                                                                                              \
    {                                                                                                        \
        float slope = (row[(d) / 3][k + (d) % 3 - 1] - own) * weight[d];                                     \
        code = slope > best ? (d) : code;                                                                    \
        best = slope > best ? slope : best;                                                                  \
    }

/* Direction of the steepest neighbour, 13 where none is higher. */
static void NAME(steepest)(const float *const row_in[9], const float weight_in[27], int n, uint8_t *restrict direction)
{
    const float *row[9];
    float weight[27];
    for (int r = 0; r < 9; r++)
        row[r] = row_in[r];
    for (int d = 0; d < 27; d++)
        weight[d] = weight_in[d];
    for (int k = 0; k < n; k++) {
        float own = row[4][k], best = 0;
        int32_t code = 13;
        LOOK(0) LOOK(1) LOOK(2) LOOK(3) LOOK(4) LOOK(5) LOOK(6) LOOK(7) LOOK(8)
        LOOK(9) LOOK(10) LOOK(11) LOOK(12) LOOK(14) LOOK(15) LOOK(16) LOOK(17)
        LOOK(18) LOOK(19) LOOK(20) LOOK(21) LOOK(22) LOOK(23) LOOK(24) LOOK(25) LOOK(26)
        direction[k] = (uint8_t)code;
    }
}

/* 1 where a neighbour has another label. */
static void NAME(edges)(const int *const row_in[9], int n, uint8_t *restrict edge)
{
    const int *row[9];
    for (int r = 0; r < 9; r++)
        row[r] = row_in[r];
    for (int k = 0; k < n; k++) {
        int own = row[4][k], differ = 0;
        for (int r = 0; r < 9; r++)
            differ |= (row[r][k - 1] ^ own) | (row[r][k] ^ own) | (row[r][k + 1] ^ own);
        edge[k] = differ != 0;
    }
}

const struct bader_rows NAME(rows) = {NAME(steepest), NAME(edges)};
