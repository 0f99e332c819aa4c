// SPDX-License-Identifier: BSD-3-Clause
/* bench_grid.c - Bader partitions: the ops, and from a density in memory to charges, beside Henkelman's program. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/grid_peer.h"
#include "bench/model_grid.h"
#include "host/base/units.h"
#include "kernels/philox.h"
#include "tests/support/model_density.h"

enum { N_SIDE = 6, N_ATOM = N_SIDE * N_SIDE * N_SIDE };
static const double EDGE_ANGSTROM = 15, PEER_LIMIT = 0.004; /* e, verification.md 2 */

static const struct grid_case {
    const char *name;
    int n, order;
} cases[] = {{"64^3", 64, 2}, {"128^3", 128, 2}, {"128^3 order 4", 128, 4}, {"192^3", 192, 2}, {"256^3", 256, 2}};
enum { N_CASE = sizeof cases / sizeof *cases };

struct grid_bench {
    struct bench *b;
    const struct grid_case *input;
    struct bader_task task;
    struct bader_grid grid;
    size_t n_point;
    double *valence, position[N_ATOM][3];
    int number[N_ATOM], kind[N_ATOM];
    struct bader_partition part, oracle;
    /* on the device, for the ops one by one */
    double *valence_d;
    float *reference_d;
    int *maximum_d, *rounds_d, *point_d, *count_d, n_basin;
    long long *charge_d, *volume_d;
};

/* 72 Si and 144 O on a cubic lattice of 2.5 angstrom, each up to 0.3 angstrom off along every axis: nobody's structure, but cores, surfaces and
 * basins of the sizes that an SiOx glass has. */
static kd_status make_density(struct grid_bench *g)
{
    static const struct model_atom kinds[2] = {{{2.4, 8}, {1.9, 7}, 0}, {{6.8, 1.9}, {2.6, 6}, 0}};
    const double edge = bohr_from_angstrom(EDGE_ANGSTROM), off = bohr_from_angstrom(0.3);
    const double cell[3][3] = {{edge, 0, 0}, {0, edge, 0}, {0, 0, edge}};
    memset(&g->task, 0, sizeof g->task);
    memcpy(g->task.cell, cell, sizeof cell);
    for (int a = 0; a < 3; a++)
        g->task.n[a] = g->input->n;
    for (int i = 0; i < N_ATOM; i++) {
        const int at[3] = {i / N_SIDE / N_SIDE, i / N_SIDE % N_SIDE, i % N_SIDE};
        for (int x = 0; x < 3; x++) {
            double u[2];
            philox_uniforms(4711, 0, (uint64_t)i, (uint64_t)x, u);
            g->position[i][x] = (at[x] + 0.5) * edge / N_SIDE + (2 * u[0] - 1) * off;
        }
        g->kind[i] = (at[0] + at[1] + at[2]) % 3 != 0;
        g->number[i] = g->kind[i] ? 8 : 14;
    }
    g->valence = model_grid(g->task.n, cell, N_ATOM, (const double(*)[3])g->position, g->kind, kinds);
    if (!g->valence)
        FAIL(KD_ENOMEM, "bench_grid: no host memory");
    g->n_point = (size_t)g->input->n * (size_t)g->input->n * (size_t)g->input->n;
    g->task.name = "model";
    g->task.n_atom = N_ATOM;
    g->task.order = g->input->order;
    g->task.position = (const double(*)[3])g->position;
    g->task.valence = g->valence;
    g->grid = bader_grid_make(g->task.n, cell, g->task.order);
    return KD_OK;
}

static kd_status run_divide(void *context)
{
    struct grid_bench *g = context;
    bader_partition_free(&g->part);
    return bader_divide(g->b->dev, &g->task, &g->part);
}

static kd_status run_reference(void *context)
{
    struct grid_bench *g = context;
    kd_device *dev = g->b->dev;
    struct bader_spheres none = {.n_point = 2, .reach = 1, .per_bohr = 1};
    TRY(dev->bader->reference(dev, dev->stream, &g->grid, &none, g->valence_d, g->reference_d));
    return dev->ops->stream_sync(dev, dev->stream);
}

static kd_status run_climb(void *context)
{
    struct grid_bench *g = context;
    kd_device *dev = g->b->dev;
    struct bader_climb job = {.reference_d = g->reference_d, .maximum_d = g->maximum_d, .rounds_d = g->rounds_d};
    TRY(dev->bader->climb(dev, dev->stream, &g->grid, &job));
    return dev->ops->stream_sync(dev, dev->stream);
}

static kd_status run_maxima(void *context)
{
    struct grid_bench *g = context;
    kd_device *dev = g->b->dev;
    TRY(dev->bader->maxima(dev, dev->stream, &g->grid, g->maximum_d, g->n_basin, g->point_d, g->count_d));
    return dev->ops->stream_sync(dev, dev->stream);
}

static kd_status run_integrate(void *context)
{
    struct grid_bench *g = context;
    kd_device *dev = g->b->dev;
    struct bader_basins basins = {.n = g->n_basin, .point_d = g->point_d, .maximum_d = g->maximum_d, .valence_d = g->valence_d,
                                  .scale_bits = 40, .charge_d = g->charge_d, .volume_d = g->volume_d};
    TRY(dev->bader->integrate(dev, dev->stream, &g->grid, &basins));
    return dev->ops->stream_sync(dev, dev->stream);
}

/* Same bits as on one thread of the CPU, every atom with a basin, and what the basins hold is the sum of the points. */
static kd_status check(struct grid_bench *g, double *error)
{
    kd_device *one;
    double sum = 0, point = pow(g->task.cell[0][0], 3) / (double)g->n_point;
    TRY(kd_device_open("cpu", 1, &one, NULL));
    kd_status status = bader_divide(one, &g->task, &g->oracle);
    kd_device_close(one);
    if (status == KD_OK)
        status = run_divide(g);
    if (status != KD_OK)
        return status;
    for (size_t q = 0; q < g->n_point; q++)
        sum += g->valence[q];
    *error = fabs(g->part.n_electron / (sum * point) - 1);
    for (int i = 0; i < N_ATOM; i++)
        if (g->part.electrons[i] != g->oracle.electrons[i] || g->part.volume[i] != g->oracle.volume[i])
            *error = fmax(*error, 1e-9 + fabs(g->part.electrons[i] - g->oracle.electrons[i]));
    if (g->part.n_empty)
        *error = 1;
    return KD_OK;
}

/* Time of the peer, and how far its charges are from ours: farther than they may be is an error. */
static kd_status run_peer(struct grid_bench *g, struct bench_row *row, double *apart)
{
    struct grid_peer peer;
    kd_status status = grid_peer_run(&g->task, g->number, "neargrid", &peer);
    *apart = 0;
    for (int i = 0; status == KD_OK && i < N_ATOM; i++)
        *apart = fmax(*apart, fabs(peer.electrons[i] - g->part.electrons[i]));
    free(peer.electrons);
    if (status == KD_OK && *apart > PEER_LIMIT)
        FAIL(KD_EDEVICE, "bench_grid: %s: a charge is %.4f e from that of bader, expected at most %.3f", g->input->name, *apart, PEER_LIMIT);
    if (status == KD_OK)
        row->peer_rate = 1e-6 * (double)g->n_point / peer.seconds;
    return status;
}

static kd_status stage(struct grid_bench *g)
{
    kd_device *dev = g->b->dev;
    size_t n = g->n_point, basins = (size_t)(g->n_basin = g->part.n_maximum);
    TRY(kd_scratch_reserve(dev, dev->bader->scratch(dev, &g->grid)));
    TRY(kd_alloc_copy(dev, dev->stream, g->valence, n * sizeof(double), &g->valence_d));
    TRY(kd_alloc(dev, n * sizeof(float), &g->reference_d));
    TRY(kd_alloc(dev, n * sizeof(int), &g->maximum_d));
    TRY(kd_alloc(dev, (BADER_MAX_ROUND + 1) * sizeof(int), &g->rounds_d));
    TRY(kd_alloc(dev, basins * sizeof(int), &g->point_d));
    TRY(kd_alloc(dev, sizeof(int), &g->count_d));
    TRY(kd_alloc(dev, basins * sizeof(long long), &g->charge_d));
    return kd_alloc(dev, basins * sizeof(long long), &g->volume_d);
}

static kd_status time_ops(struct grid_bench *g, double error)
{
    static const struct {
        const char *name;
        kd_status (*run)(void *);
        double bytes; /* per point, every array once */
    } op[] = {{"reference", run_reference, 12}, {"climb", run_climb, 0}, {"maxima", run_maxima, 4}, {"integrate", run_integrate, 12}};
    TRY(stage(g));
    for (size_t o = 0; o < sizeof op / sizeof *op; o++) {
        struct bench_row row = {.operation = op[o].name, .name = g->input->name, .precision = "mixed", .unit = "points/s", .error = error};
        TRY(bench_time(g->b, op[o].run, g, &row.time));
        row.rate = 1e-6 * (double)g->n_point / bench_seconds(&row.time);
        row.gbytes = 1e-3 * op[o].bytes * row.rate;
        bench_print(g->b, &row);
    }
    return KD_OK;
}

static kd_status time_case(struct grid_bench *g)
{
    struct bench_row row = {.operation = "bader", .name = g->input->name, .precision = "mixed", .tolerance = 1e-11, .unit = "points/s",
                            .peer = "bader"};
    double apart = 0;
    TRY(check(g, &row.error));
    if (!bench_check(g->b, &row))
        return KD_OK;
    if (g->b->peer && g->input->order == 2)
        TRY(run_peer(g, &row, &apart));
    TRY(bench_time(g->b, run_divide, g, &row.time));
    row.rate = 1e-6 * (double)g->n_point / bench_seconds(&row.time);
    bench_print(g->b, &row);
    if (g->b->peer && g->input->order == 2)
        printf("    charges differ from those of bader (near-grid) by at most %.6f e\n", apart);
    return time_ops(g, row.error);
}

static kd_status print_model(struct grid_bench *g)
{
    int rounds[BADER_MAX_ROUND + 1], *maximum = malloc(g->n_point * sizeof *maximum);
    struct model_grid m;
    kd_status status = maximum ? KD_OK : kd_fail(KD_ENOMEM, "bench_grid: no host memory");
    kd_device *dev = g->b->dev;
    if (status == KD_OK)
        status = run_divide(g);
    if (status == KD_OK)
        status = stage(g);
    if (status == KD_OK)
        status = run_reference(g);
    if (status == KD_OK)
        status = run_climb(g);
    if (status == KD_OK)
        status = kd_download(dev, dev->stream, maximum, g->maximum_d, g->n_point * sizeof *maximum);
    if (status == KD_OK)
        status = kd_download(dev, dev->stream, rounds, g->rounds_d, sizeof rounds);
    if (status == KD_OK) {
        model_grid_count(&g->grid, maximum, rounds, &m);
        model_grid_print(stdout, g->input->name, &g->grid, &m);
    }
    free(maximum);
    return status;
}

static kd_status run_case(struct bench *b, const struct grid_case *input)
{
    struct grid_bench *g = calloc(1, sizeof *g);
    if (!g)
        FAIL(KD_ENOMEM, "bench_grid: no host memory");
    g->b = b;
    g->input = input;
    kd_status status = make_density(g);
    if (status == KD_OK)
        status = b->model ? print_model(g) : time_case(g);
    void *all[] = {g->valence_d, g->reference_d, g->maximum_d, g->rounds_d, g->point_d, g->count_d, g->charge_d, g->volume_d};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        kd_free(b->dev, all[i]);
    bader_partition_free(&g->part);
    bader_partition_free(&g->oracle);
    free(g->valence);
    free(g);
    return status;
}

int main(int argc, char **argv)
{
    struct bench b;
    kd_status status = bench_open(&b, "grid", argc, argv);
    for (int c = 0; status == KD_OK && c < N_CASE; c++)
        if (bench_wants(&b, cases[c].name))
            status = run_case(&b, &cases[c]);
    return bench_close(&b, status);
}
