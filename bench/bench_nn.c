// SPDX-License-Identifier: BSD-3-Clause
/* bench_nn.c - training the paper's networks: one net per core, against PyTorch, and what the whole network study takes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/model_nn.h"
#include "bench/nn_peer.h"
#include "bench/peak.h"
#include "tests/twin/nn_cases.h"

enum { PEER_EPOCHS = 5, PEER_KINDS = 3, N_KIND = 4 };

/* The study of verification.md: 24 configurations x 5 folds (of 4/5 of the rows) and one final net per target; eight windows of 32 points
 * and two of 128. The two wide ones are counted as if they had all 256. */
static const struct kind {
    const char *name;
    int n_epoch;          /* of a full training */
    double study_epochs;  /* epochs over 4232 rows in the study */
} kinds[N_KIND] = {
    {"charge", 271, 271 * (24 * 5 * 0.8 + 1 + 2)},
    {"rdf", 583, 583 * (24 * 5 * 0.8 + 1 + 2)},
    {"charge window", 271, 271 * 8},
    {"rdf window", 583, 583 * 8},
};

struct nn_bench {
    struct bench *b;
    struct nn_case input;
    struct nn_stage stage, oracle;
    double peak;                     /* GFLOP/s of all threads, measured */
    double peer_default, peer_better;/* samples per second, all processes */
    double seconds[N_KIND];          /* per epoch of all nets of a case */
    double peer_seconds[N_KIND];     /* per epoch and process, the better BLAS */
};

static kd_status run_epoch(void *context)
{
    struct nn_bench *n = context;
    TRY(nn_stage_train(&n->stage));
    return n->b->dev->ops->stream_sync(n->b->dev, n->b->dev->stream);
}

/* Forward and backward products of one epoch of all nets; the input layer has no backward one. An FMA is two. */
static double epoch_flop(const struct nn_case *c)
{
    const struct nn_shape *shape = &c->net[0].shape;
    double per_sample = 0;
    for (int l = 0; l < shape->n_layer; l++)
        per_sample += (l ? 6.0 : 4.0) * shape->width[l] * shape->width[l + 1];
    return per_sample * c->row_stride * c->n_net;
}

static double distance(size_t n, const double *a, const double *b)
{
    double difference = 0, norm = 0;
    for (size_t i = 0; i < n; i++) {
        difference += (a[i] - b[i]) * (a[i] - b[i]);
        norm += b[i] * b[i];
    }
    return sqrt(difference / norm);
}

/* Gradient of the first batch of net 0, and the losses of its first ten steps, against the CPU in double precision. */
static kd_status check(struct nn_bench *n, double *error, double loss[NN_PEER_LOSSES])
{
    size_t parameters = (size_t)n->input.n_net * n->stage.n_parameter, steps = (size_t)n->input.n_net * (size_t)n->input.step_stride;
    double *got = malloc(parameters * sizeof *got), *want = malloc(parameters * sizeof *want), *first = malloc(steps * sizeof *first);
    double *expected = malloc(steps * sizeof *expected);
    kd_status status = got && want && first && expected ? KD_OK : kd_fail(KD_ENOMEM, "bench_nn: no host memory");
    if (status == KD_OK)
        status = nn_stage_gradient(&n->stage, got, first);
    if (status == KD_OK)
        status = nn_stage_gradient(&n->oracle, want, expected);
    if (status == KD_OK) {
        *error = distance(n->stage.n_parameter, got, want);
        status = nn_stage_train(&n->stage);
    }
    if (status == KD_OK)
        status = nn_stage_train(&n->oracle);
    if (status == KD_OK)
        status = nn_stage_losses(&n->stage, first, NULL);
    if (status == KD_OK)
        status = nn_stage_losses(&n->oracle, expected, NULL);
    for (int s = 0; status == KD_OK && s < NN_PEER_LOSSES; s++) {
        *error = fmax(*error, fabs(first[s] / expected[s] - 1));
        loss[s] = expected[s];
    }
    free(got);
    free(want);
    free(first);
    free(expected);
    return status;
}

/* PyTorch with the BLAS kernels of the environment, those that OpenBLAS takes by itself, and those for AVX-512. Its losses have to be ours. */
static kd_status run_peer(struct nn_bench *n, int kind, const double *loss)
{
    const char *core_type[PEER_KINDS] = {NULL, "", "SkylakeX"};
    double rate[PEER_KINDS];
    for (int k = 0; k < PEER_KINDS; k++) {
        struct nn_peer peer;
        TRY(nn_peer_run(&n->input, n->input.n_net, PEER_EPOCHS, core_type[k], &peer));
        for (int s = 0; s < NN_PEER_LOSSES; s++)
            if (!(fabs(peer.loss[s] / loss[s] - 1) < 1e-4))
                FAIL(KD_EDEVICE, "bench_nn: PyTorch's loss of step %d is %.8g, ours %.8g: not the same training", s, peer.loss[s], loss[s]);
        rate[k] = n->input.row_stride * n->input.n_net / peer.seconds;
        if (k == 0 || peer.seconds < n->peer_seconds[kind])
            n->peer_seconds[kind] = peer.seconds;
    }
    n->peer_default = rate[0];
    n->peer_better = fmax(rate[0], fmax(rate[1], rate[2]));
    printf("    PyTorch, thousand samples/s: %.1f with OPENBLAS_CORETYPE as it is (%s), %.1f with it unset, %.1f with SkylakeX\n", 1e-3 * rate[0],
           getenv("OPENBLAS_CORETYPE") ? getenv("OPENBLAS_CORETYPE") : "unset", 1e-3 * rate[1], 1e-3 * rate[2]);
    return KD_OK;
}

static void print_training(struct nn_bench *n, int kind, const struct bench_row *row)
{
    const double ours = n->seconds[kind] * kinds[kind].n_epoch;
    printf("    %d epochs of %d rows: %.2f s", kinds[kind].n_epoch, n->input.row_stride, ours);
    if (n->peak > 0)
        printf("; %.0f %% of the measured FMA peak (%.0f GFLOP/s)", 100 * row->gflops / n->peak, n->peak);
    if (n->peer_default > 0)
        printf("; PyTorch %.2f s as shipped (%.2fx), %.2f s with the better BLAS (%.2fx)", ours * row->rate * 1e6 / n->peer_default,
               row->rate * 1e6 / n->peer_default, ours * row->rate * 1e6 / n->peer_better, row->rate * 1e6 / n->peer_better);
    printf("\n");
    fflush(stdout);
}

static kd_status time_case(struct nn_bench *n, int kind)
{
    double loss[NN_PEER_LOSSES];
    struct bench_row row = {.operation = "train", .name = n->input.name, .precision = "mixed", .tolerance = 1e-5, .unit = "samples/s",
                            .peer = "PyTorch"};
    TRY(check(n, &row.error, loss));
    if (!bench_check(n->b, &row))
        return KD_OK;
    if (n->b->peer)
        TRY(run_peer(n, kind, loss));
    TRY(bench_time(n->b, run_epoch, n, &row.time));
    n->seconds[kind] = bench_seconds(&row.time);
    row.rate = 1e-6 * n->input.row_stride * n->input.n_net / n->seconds[kind];
    row.gflops = 1e-9 * epoch_flop(&n->input) / n->seconds[kind];
    row.peer_rate = 1e-6 * n->peer_better;
    bench_print(n->b, &row);
    print_training(n, kind, &row);
    return KD_OK;
}

/* The opponent on a GPU: the same epoch by cuBLAS, a strided batch of products per layer and plain kernels between them. */
static kd_status time_products(struct nn_bench *n)
{
    double loss[NN_PEER_LOSSES];
    struct bench_row row = {.operation = "by cuBLAS", .name = n->input.name, .precision = "mixed", .tolerance = 1e-5, .unit = "samples/s"};
    nn_stage_close(&n->stage);
    nn_stage_close(&n->oracle);
    TRY(nn_stage_open(n->b->dev, KD_MIXED, &n->input, &n->stage));
    TRY(nn_stage_open(n->b->cpu, KD_DOUBLE, &n->input, &n->oracle));
    TRY(check(n, &row.error, loss));
    if (!bench_check(n->b, &row))
        return KD_OK;
    TRY(bench_time(n->b, run_epoch, n, &row.time));
    row.rate = 1e-6 * n->input.row_stride * n->input.n_net / bench_seconds(&row.time);
    row.gflops = 1e-9 * epoch_flop(&n->input) / bench_seconds(&row.time);
    bench_print(n->b, &row);
    return KD_OK;
}

static kd_status run_kind(struct nn_bench *n, int index, int kind)
{
    kd_status status;
    n->peer_default = n->peer_better = 0;
    TRY(nn_case_make(index, n->b->n_thread, &n->input));
    if (n->b->model) {
        model_nn_print(stdout, n->input.name, &n->input.net[0].shape, n->input.batch);
        nn_case_free(&n->input);
        return KD_OK;
    }
    TRY_OUT(nn_stage_open(n->b->dev, KD_MIXED, &n->input, &n->stage));
    TRY_OUT(nn_stage_open(n->b->cpu, KD_DOUBLE, &n->input, &n->oracle));
    TRY_OUT(time_case(n, kind));
    if (n->b->peer && strcmp(n->b->dev->backend, "cpu") != 0) {
        setenv("KEDGE_NN_PRODUCTS", "cublas", 1);
        status = time_products(n);
        unsetenv("KEDGE_NN_PRODUCTS");
    }
out:
    if (n->stage.dev)
        nn_stage_close(&n->stage);
    if (n->oracle.dev)
        nn_stage_close(&n->oracle);
    nn_case_free(&n->input);
    return status;
}

/* From the times per epoch of this run; all nets are independent, one per core. */
static void print_study(const struct nn_bench *n)
{
    double ours = 0, peer = 0;
    for (int k = 0; k < N_KIND; k++) {
        if (n->seconds[k] <= 0)
            return;
        ours += kinds[k].study_epochs * n->seconds[k] / n->b->n_thread;
        peer += kinds[k].study_epochs * n->peer_seconds[k] / n->b->n_thread;
    }
    printf("# the whole network study on %d core%s, scaled from these epochs: %.2f h", n->b->n_thread, n->b->n_thread == 1 ? "" : "s",
           ours / 3600);
    if (peer > 0)
        printf("; PyTorch with the better BLAS %.2f h (%.2fx)", peer / 3600, peer / ours);
    printf("\n");
    js_double(n->b->json, "study_seconds", ours);
    if (peer > 0)
        js_double(n->b->json, "study_peer_seconds", peer);
}

int main(int argc, char **argv)
{
    struct bench b;
    struct nn_bench n = {.b = &b};
    kd_status status = bench_open(&b, "nn", argc, argv);
    if (status == KD_OK && !b.model && strcmp(b.dev->backend, "cpu") == 0) {
        n.peak = peak_fma_gflops(b.n_thread);
        js_double(b.json, "fma_peak_gflops", n.peak);
    }
    for (int k = 0; status == KD_OK && k < N_KIND; k++)
        for (int c = 0; status == KD_OK && c < nn_case_count(); c++)
            if (nn_case_is_bench(c) && strcmp(nn_case_name(c), kinds[k].name) == 0 && bench_wants(&b, kinds[k].name))
                status = run_kind(&n, c, k);
    if (status == KD_OK)
        print_study(&n);
    return bench_close(&b, status);
}
