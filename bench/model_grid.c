// SPDX-License-Identifier: BSD-3-Clause
/* model_grid.c - roofline bounds of the kernels of a partition, from the loads and stores of bader.cu and bader_climb.cu. */
#include "bench/model_grid.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* NVIDIA Ada GPU architecture whitepaper: 128 SMs at 2.52 GHz boost, 72 MB L2, 1008 GB/s; L1 gives 128 bytes per clock and SM. */
static const double SM = 128, CLOCK = 2.52e9, L1_PER_CLOCK = 128, L2_BYTES = 72e6, DRAM_RATE = 1008e9;
static const double L2_RATE = 5e12;          /* published microbenchmarks; NVIDIA states none */
static const double LAUNCH_SECONDS = 2.5e-6; /* back to back, assumed: 2 to 3 us */

struct work {
    const char *kernel; /* as in kernels/cuda/resources.tsv */
    double launches;
    double bytes; /* every array once, gathers in 32-byte sectors */
    double l1;    /* loads of all threads */
};

static int apart(int a, int b, int n) /* on a ring of n points */
{
    int d = abs(a - b);
    return d < n - d ? d : n - d;
}

static bool is_edge(const struct bader_grid *g, const int *maximum, int i, int j, int k)
{
    const int *n = g->n, own = maximum[(i * n[1] + j) * n[2] + k];
    for (int d = 0; d < 27; d++) {
        int a = (i + d / 9 - 1 + n[0]) % n[0], b = (j + d / 3 % 3 - 1 + n[1]) % n[1], c = (k + d % 3 - 1 + n[2]) % n[2];
        if (maximum[(a * n[1] + b) * n[2] + c] != own)
            return true;
    }
    return false;
}

void model_grid_count(const struct bader_grid *g, const int *maximum, const int *rounds, struct model_grid *out)
{
    const int *n = g->n;
    *out = (struct model_grid){.n_point = (double)n[0] * n[1] * n[2], .n_round = 1};
    for (int i = 0; i < n[0]; i++)
        for (int j = 0; j < n[1]; j++)
            for (int k = 0; k < n[2]; k++) {
                int top = maximum[(i * n[1] + j) * n[2] + k];
                int x = apart(i, top / n[2] / n[1], n[0]), y = apart(j, top / n[2] % n[1], n[1]), z = apart(k, top % n[2], n[2]);
                out->n_step += fmax(x, fmax(y, z));
                out->n_edge += is_edge(g, maximum, i, j, k);
            }
    for (int r = 0; r < BADER_MAX_ROUND && rounds[r]; r++) {
        out->n_round++;
        out->n_change += rounds[r];
    }
}

static int list_work(const struct model_grid *m, double order, struct work *w)
{
    const double n = m->n_point, sector = 32, round = m->n_round, climbs = m->n_edge; /* each takes one step at least */
    int i = 0;
    w[i++] = (struct work){"reference_kernel", 1, 12 * n, 12 * n};
    w[i++] = (struct work){"steepest_kernel", 1, 5 * n, (27 * 4 + 1) * n};
    w[i++] = (struct work){"top_kernel", 1, 5 * n, m->n_step + 4 * n}; /* directions stay in L2 */
    w[i++] = (struct work){"edge_kernel", 1, 6 * n, (27 * 4 + 2) * n};
    w[i++] = (struct work){"climb_kernel", round, (1 + 2) * n + (round - 1) * 2 * n + climbs * sector,
                           3 * n * round + climbs * ((order == 2 ? 7 : 13) * 4 + 4 + 1 + 4)};
    w[i++] = (struct work){"change_kernel", round, n * round + 2 * sector * m->n_change, n * round + 8 * m->n_change};
    w[i++] = (struct work){"renew_kernel", round, 2 * n * round, 28 * n * round};
    w[i++] = (struct work){"maxima_kernel", 1, 4 * n, 4 * n};
    w[i++] = (struct work){"integrate_kernel", 1, 12 * n, 12 * n};
    w[i++] = (struct work){"name_kernel", 1, 8 * n, 8 * n};
    w[i++] = (struct work){"surface_kernel", 1, 4 * n, 27 * 4 * n};
    return i;
}

void model_grid_print(FILE *out, const char *name, const struct bader_grid *g, const struct model_grid *m)
{
    struct work work[16];
    const int n = list_work(m, g->order, work);
    double sum = 0, launches = 0;
    fprintf(out, "%s: MODEL, not measured. RTX 4090, %.0f points, %.1f %% edges, at least %.1f steps per point, %d rounds, order %d\n", name,
            m->n_point, 100 * m->n_edge / m->n_point, m->n_step / m->n_point, m->n_round, g->order);
    fprintf(out, "  %-18s %8s %10s %10s %10s  %s\n", "kernel", "launches", "MB", "MB of L1", "least us", "limit");
    for (int k = 0; k < n; k++) {
        const bool in_l2 = work[k].bytes / work[k].launches < L2_BYTES; /* what the launch before has left there counts as there */
        const double memory = work[k].bytes / (in_l2 ? L2_RATE : DRAM_RATE), l1 = work[k].l1 / (L1_PER_CLOCK * SM * CLOCK);
        sum += fmax(memory, l1);
        launches += work[k].launches;
        fprintf(out, "  %-18s %8.0f %10.2f %10.2f %10.2f  %s\n", work[k].kernel, work[k].launches, 1e-6 * work[k].bytes, 1e-6 * work[k].l1,
                1e6 * fmax(memory, l1), memory > l1 ? (in_l2 ? "L2" : "DRAM") : "L1");
    }
    launches += 3 * (BADER_MAX_ROUND - m->n_round); /* of rounds that find nothing to do: one load each */
    fprintf(out, "  sum %.0f us, %.0f launches of %.1f us: %.2f ms, %.0f M points/s at most\n", 1e6 * sum, launches, 1e6 * LAUNCH_SECONDS,
            1e3 * (sum + launches * LAUNCH_SECONDS), 1e-6 * m->n_point / (sum + launches * LAUNCH_SECONDS));
}
