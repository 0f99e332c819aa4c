// SPDX-License-Identifier: BSD-3-Clause
/* bench_md.c - neighbour lists, Tersoff forces and whole steps of dynamics, on the cases of tests/twin/md_cases.c, against LAMMPS. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/md_peer.h"
#include "bench/md_steps.h"
#include "bench/model.h"
#include "host/md/batch.h"
#include "tests/twin/md_cases.h"

/* Floating-point operations of the double-precision formula: per bond (distance, taper, two exponentials, bond order, forces,
 * virial) and per unordered pair of bonds of one atom; an elementary function counts as 20. */
enum { FLOP_BOND = 240, FLOP_PAIR = 55 };

enum { CHECK_STEPS = 20, REPLICAS = 45, FITTED = 16 };

/* Seconds per step against atoms, of one material and precision. */
struct fit {
    int n;
    struct {
        const char *material;
        enum kd_precision precision;
        double atoms, seconds;
    } at[4 * FITTED];
};

struct md_bench {
    struct bench *b;
    struct md_case input;
    struct batch batch, oracle;
    enum kd_precision precision;
    double (*force)[3], (*reference)[3];
    double n_bond, n_pair; /* live bonds, pairs of them */
    struct md_peer lammps; /* 0: not run */
    struct fit *fit;
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
                            .unit = "atom-steps/s", .peer = "lammps", .peer_rate = m->lammps.forces};
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

/* Melts are hot, solids are not. */
static double temperature_of(const struct md_bench *m)
{
    return strstr(m->input.name, "melt") ? 3000 : 300;
}

/* After 20 steps, positions are those of the double-precision CPU op: FP32 forces (off by 5e-6 of 30 eV/angstrom) move an atom by 1e-7
 * angstrom in 10 fs. */
static kd_status check_steps(struct md_bench *m, struct bench_row *row)
{
    struct md_steps oracle = {0}, tried = {0};
    kd_status status;
    row->tolerance = m->precision == KD_DOUBLE ? 1e-9 : 2e-6;
    TRY_OUT(md_steps_open(m->b->cpu, &m->input.potential, m->input.frame, 1, temperature_of(m), m->input.skin, KD_DOUBLE, CHECK_STEPS, &oracle));
    TRY_OUT(md_steps_open(m->b->dev, &m->input.potential, m->input.frame, 1, temperature_of(m), m->input.skin, m->precision, CHECK_STEPS, &tried));
    TRY_OUT(md_steps_go(&oracle));
    TRY_OUT(md_steps_go(&tried));
    TRY_OUT(md_steps_distance(&oracle, &tried, &row->error));
out:
    md_steps_close(&oracle);
    md_steps_close(&tried);
    return status;
}

/* Whole steps: lists as they fall due, forces, integration. */
static kd_status time_steps(struct md_bench *m, enum kd_precision precision, int copies)
{
    struct md_steps steps;
    char name[64];
    const int n_atom = copies * m->input.frame[0].n_atom, n_step = n_atom > 100000 ? 25 : n_atom > 10000 ? 100 : 200;
    struct bench_row row = {.operation = "nve_step", .name = m->input.name, .precision = precision_name(precision), .unit = "atom-steps/s",
                            .peer = "lammps", .peer_rate = m->lammps.steps};
    kd_status status;
    m->precision = precision;
    if (copies > 1) {
        snprintf(name, sizeof name, "%d x %s", copies, m->input.name);
        row.name = name;
    }
    TRY(check_steps(m, &row));
    if (!bench_check(m->b, &row))
        return KD_OK;
    TRY_OUT(md_steps_open(m->b->dev, &m->input.potential, m->input.frame, copies, temperature_of(m), m->input.skin, precision, n_step, &steps));
    TRY_OUT(bench_time(m->b, md_steps_go, &steps, &row.time));
    row.rate = 1e-6 * n_atom * n_step / bench_seconds(&row.time);
    bench_print(m->b, &row);
    if (copies == 1 && m->fit->n < 4 * FITTED && !strstr(m->input.name, "melt")) {
        m->fit->at[m->fit->n].material = strstr(m->input.name, "c-Si") ? "c-Si" : "a-SiO2";
        m->fit->at[m->fit->n].precision = precision;
        m->fit->at[m->fit->n].atoms = n_atom;
        m->fit->at[m->fit->n++].seconds = bench_seconds(&row.time) / n_step;
    }
out:
    md_steps_close(&steps);
    return status;
}

/* seconds ~ atoms^exponent, by least squares of the logarithms. */
static void print_exponents(const struct fit *fit, struct js *json)
{
    static const char *const material[2] = {"c-Si", "a-SiO2"};
    for (int k = 0; k < 4; k++) {
        double n = 0, x = 0, y = 0, xx = 0, xy = 0;
        for (int i = 0; i < fit->n; i++)
            if (fit->at[i].precision == (enum kd_precision)(k & 1) && strcmp(fit->at[i].material, material[k >> 1]) == 0) {
                const double a = log(fit->at[i].atoms), s = log(fit->at[i].seconds);
                n++;
                x += a;
                y += s;
                xx += a * a;
                xy += a * s;
            }
        if (n < 3)
            continue;
        const double exponent = (n * xy - x * y) / (n * xx - x * x);
        char key[64];
        printf("# %s, %s: time of a step grows as atoms^%.3f\n", material[k >> 1], precision_name((enum kd_precision)(k & 1)), exponent);
        snprintf(key, sizeof key, "exponent_%s_%s", material[k >> 1], precision_name((enum kd_precision)(k & 1)));
        js_double(json, key, exponent);
    }
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

static kd_status run_case(struct bench *b, int index, struct fit *fit)
{
    struct md_bench m = {.b = b, .fit = fit};
    kd_status status;
    TRY(md_case_make(index, &m.input));
    TRY_OUT(prepare(&m));
    if (b->model) {
        TRY_OUT(print_model(&m));
        goto out;
    }
    if (b->peer)
        TRY_OUT(md_peer_rate(m.input.frame, m.input.potential.source, temperature_of(&m), m.input.skin, b->n_thread, &m.lammps));
    for (int precision = KD_MIXED; precision <= KD_DOUBLE; precision++) {
        TRY_OUT(time_forces(&m, (enum kd_precision)precision));
        TRY_OUT(time_steps(&m, (enum kd_precision)precision, 1));
        if (m.input.frame[0].n_atom == 216)
            TRY_OUT(time_steps(&m, (enum kd_precision)precision, REPLICAS));
    }
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
    static struct fit fit;
    kd_status status = bench_open(&b, "md", argc, argv);
    for (int c = 0; status == KD_OK && c < md_case_count(); c++)
        if (md_case_is_bench(c) && bench_wants(&b, md_case_name(c)))
            status = run_case(&b, c, &fit);
    if (status == KD_OK)
        print_exponents(&fit, b.json);
    return bench_close(&b, status);
}
