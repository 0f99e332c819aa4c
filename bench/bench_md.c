// SPDX-License-Identifier: BSD-3-Clause
/* bench_md.c - neighbour lists and Tersoff forces, on the cases of tests/twin/md_cases.c, against LAMMPS. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/md_peer.h"
#include "bench/model.h"
#include "host/md/batch.h"
#include "tests/twin/md_cases.h"

/* Floating-point operations of the double-precision formula: per bond (distance, taper, two exponentials, bond order, forces,
 * virial) and per unordered pair of bonds of one atom; an elementary function counts as 20. */
enum { FLOP_BOND = 240, FLOP_PAIR = 55 };

struct md_bench {
    struct bench *b;
    struct md_case input;
    struct batch batch, oracle;
    enum kd_precision precision;
    double (*force)[3], (*reference)[3];
    double n_bond, n_pair; /* live bonds, pairs of them */
    double lammps_rate;    /* 0: not run */
};

static const char *precision_name(enum kd_precision p)
{
    return p == KD_DOUBLE ? "double" : "mixed";
}

static kd_status run_forces(void *context)
{
    struct md_bench *m = context;
    TRY(batch_evaluate(&m->batch, m->precision));
    return m->b->dev->ops->stream_sync(m->b->dev, m->b->dev->stream);
}

static kd_status run_lists(void *context)
{
    struct md_bench *m = context;
    return batch_build_lists(&m->batch, m->input.skin);
}

/* Largest force error over the largest force. */
static double force_error(const struct md_bench *m)
{
    double most = 0, scale = 0;
    for (int i = 0; i < m->batch.md.n_atom; i++)
        for (int x = 0; x < 3; x++) {
            double error = fabs(m->force[i][x] - m->reference[i][x]);
            most = error > most || isnan(error) ? error : most;
            scale = fmax(scale, fabs(m->reference[i][x]));
        }
    return most / scale;
}

/* Bonds within the range, from the oracle's lists without skin. */
static kd_status count_bonds(struct md_bench *m)
{
    struct batch *b = &m->oracle;
    size_t padded = ((size_t)b->md.n_atom + MD_TILE - 1) / MD_TILE * MD_TILE;
    int *count = malloc(padded * sizeof *count);
    if (!count)
        FAIL(KD_ENOMEM, "bench_md: no host memory");
    kd_status status = kd_download(b->dev, b->dev->stream, count, b->list.count_d, padded * sizeof *count);
    m->n_bond = m->n_pair = 0;
    for (int i = 0; status == KD_OK && i < b->md.n_atom; i++) {
        m->n_bond += count[i];
        m->n_pair += 0.5 * count[i] * (count[i] - 1);
    }
    free(count);
    return status;
}

static kd_status prepare(struct md_bench *m)
{
    size_t n_atom;
    TRY(batch_create(m->b->cpu, &m->input.potential, m->input.frame, m->input.n_frame, &m->oracle));
    TRY(batch_build_lists(&m->oracle, 0));
    TRY(batch_evaluate(&m->oracle, KD_DOUBLE));
    n_atom = (size_t)m->oracle.md.n_atom;
    m->force = malloc(n_atom * sizeof *m->force);
    m->reference = malloc(n_atom * sizeof *m->reference);
    if (!m->force || !m->reference)
        FAIL(KD_ENOMEM, "bench_md: no host memory");
    TRY(batch_download(&m->oracle, m->reference, NULL, NULL));
    TRY(count_bonds(m));
    TRY(batch_create(m->b->dev, &m->input.potential, m->input.frame, m->input.n_frame, &m->batch));
    return batch_build_lists(&m->batch, m->input.skin);
}

static kd_status time_forces(struct md_bench *m, enum kd_precision precision)
{
    m->precision = precision;
    TRY(run_forces(m));
    TRY(batch_download(&m->batch, m->force, NULL, NULL));
    struct bench_row row = {.operation = "tersoff", .name = m->input.name, .precision = precision_name(precision),
                            .error = force_error(m), .tolerance = precision == KD_DOUBLE ? 1e-10 : 5e-6,
                            .unit = "atom-steps/s", .peer = "lammps", .peer_rate = m->lammps_rate};
    if (!bench_check(m->b, &row))
        return KD_OK;
    TRY(bench_time(m->b, run_forces, m, &row.time));
    row.rate = 1e-6 * m->batch.md.n_atom / bench_seconds(&row.time);
    row.gflops = 1e-9 * (FLOP_BOND * m->n_bond + FLOP_PAIR * m->n_pair) / bench_seconds(&row.time);
    bench_print(m->b, &row);
    return KD_OK;
}

/* Forces that are right need lists that are complete: time_forces has checked them. */
static kd_status time_lists(struct md_bench *m)
{
    TRY(run_forces(m));
    TRY(batch_download(&m->batch, m->force, NULL, NULL));
    struct bench_row row = {.operation = "neighbor_build", .name = m->input.name, .precision = "double",
                            .error = force_error(m), .tolerance = 5e-6, .unit = "atoms/s"};
    if (!bench_check(m->b, &row))
        return KD_OK;
    TRY(bench_time(m->b, run_lists, m, &row.time));
    row.rate = 1e-6 * m->batch.md.n_atom / bench_seconds(&row.time);
    bench_print(m->b, &row);
    return KD_OK;
}

/* What the CUDA kernels would have to do for this input. */
static kd_status print_model(struct md_bench *m)
{
    struct model_md counts;
    TRY(model_md_count(&m->batch, &counts));
    model_md_print(stdout, m->input.name, &counts, KD_MIXED);
    model_md_print(stdout, m->input.name, &counts, KD_DOUBLE);
    return KD_OK;
}

static kd_status run_case(struct bench *b, int index)
{
    struct md_bench m = {.b = b};
    kd_status status;
    TRY(md_case_make(index, &m.input));
    TRY_OUT(prepare(&m));
    if (b->model) {
        TRY_OUT(print_model(&m));
        goto out;
    }
    if (b->peer)
        TRY_OUT(md_peer_rate(m.input.frame, m.input.potential.source, m.input.skin, b->n_thread, &m.lammps_rate));
    TRY_OUT(time_forces(&m, KD_MIXED));
    TRY_OUT(time_forces(&m, KD_DOUBLE));
    TRY_OUT(time_lists(&m));
out:
    batch_free(&m.batch);
    batch_free(&m.oracle);
    free(m.force);
    free(m.reference);
    md_case_free(&m.input);
    return status;
}

int main(int argc, char **argv)
{
    struct bench b;
    kd_status status = bench_open(&b, "md", argc, argv);
    for (int c = 0; status == KD_OK && c < md_case_count(); c++)
        if (md_case_is_bench(c) && bench_wants(&b, md_case_name(c)))
            status = run_case(&b, c);
    return bench_close(&b, status);
}
