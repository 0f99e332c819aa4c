// SPDX-License-Identifier: BSD-3-Clause
/* bench.c - options, timing, tables. */
#include "bench/bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/clock.h"
#include "host/base/commit.h"
#include "host/base/text.h"

enum { MOST_CALLS = 10000, LEAST_CALLS = 5 };

static void usage(const char *domain)
{
    printf("Usage: bench_%s [--device auto|cpu|cuda[:N]|emu] [--threads N] [--filter TEXT] [--min-time SECONDS] [--json FILE]\n"
           "                [--peer] [--model]\n"
           "  --threads   CPU threads of Kedge, ranks of the peer (default 1: the rate per core)\n"
           "  --peer      run the peer program on the same input in the same run, and print the ratio\n"
           "  --model     print what the operation counts predict for an RTX 4090 (a model, not a measurement)\n",
           domain);
}

static kd_status parse(struct bench *b, int argc, char **argv)
{
    static const struct option options[] = {
        {"device", required_argument, NULL, 'd'}, {"threads", required_argument, NULL, 't'},
        {"filter", required_argument, NULL, 'f'}, {"min-time", required_argument, NULL, 'm'},
        {"json", required_argument, NULL, 'j'},   {"peer", no_argument, NULL, 'p'},
        {"model", no_argument, NULL, 'M'},        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int key; (key = getopt_long(argc, argv, "", options, NULL)) != -1;)
        switch (key) {
        case 'd': b->device_spec = optarg; break;
        case 'f': b->filter = optarg; break;
        case 'j': b->json_path = optarg; break;
        case 'p': b->peer = true; break;
        case 'M': b->model = true; break;
        case 't':
            if (!number_int(optarg, &b->n_thread) || b->n_thread < 1)
                FAIL(KD_EINPUT, "--threads: \"%s\", expected a number from 1", optarg);
            break;
        case 'm':
            if (!number_double(optarg, &b->min_time) || b->min_time < 0)
                FAIL(KD_EINPUT, "--min-time: \"%s\", expected seconds", optarg);
            break;
        case 'h':
            usage(b->domain);
            exit(0);
        default:
            usage(b->domain);
            FAIL(KD_EINPUT, "bench_%s: unknown option", b->domain);
        }
    return KD_OK;
}

kd_status bench_open(struct bench *b, const char *domain, int argc, char **argv)
{
    *b = (struct bench){.domain = domain, .device_spec = "cpu", .n_thread = 1, .min_time = 0.5};
    TRY(parse(b, argc, argv));
    TRY(kd_device_open(b->device_spec, b->n_thread, &b->dev, NULL));
    TRY(kd_device_open("cpu", b->n_thread, &b->cpu, NULL));
    b->json = js_new();
    js_string(b->json, "bench", domain);
    js_string(b->json, "device", b->dev->backend);
    js_string(b->json, "device_description", b->dev->description);
    js_int(b->json, "threads", b->n_thread);
    b->rows = js_array(b->json, "rows");
    printf("# bench_%s on %s (%s), %d thread%s; median (least, 95 %%) per call\n", domain, b->dev->backend, b->dev->description,
           b->n_thread, b->n_thread == 1 ? "" : "s");
    if (strcmp(b->dev->backend, "emu") == 0)
        printf("# emulated device: times say nothing about a GPU\n");
    return KD_OK;
}

bool bench_wants(const struct bench *b, const char *name)
{
    return !b->filter || strstr(name, b->filter);
}

bool bench_check(struct bench *b, const struct bench_row *row)
{
    if (row->error <= row->tolerance)
        return true;
    fprintf(stderr, "bench_%s: %s %s %s: error %.2e against the double-precision CPU op, expected at most %.1e: not timed\n",
            b->domain, row->operation, row->precision, row->name, row->error, row->tolerance);
    b->failed = true;
    return false;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double bench_seconds(const struct bench_time *time)
{
    return time->n_thread == 1 && time->share < 0.9 ? time->cpu : time->median;
}

kd_status bench_time(const struct bench *b, kd_status (*run)(void *context), void *context, struct bench_time *time)
{
    double *seconds = malloc(MOST_CALLS * sizeof *seconds), begin, now, cpu;
    int n = 0;
    if (!seconds)
        FAIL(KD_ENOMEM, "bench: no host memory");
    kd_status status = b->calls > 0 ? KD_OK : run(context);
    cpu = cpu_seconds();
    begin = now = clock_seconds();
    while (status == KD_OK && n < MOST_CALLS && (b->calls > 0 ? n < b->calls : n < LEAST_CALLS || now - begin < b->min_time)) {
        double before = now;
        status = run(context);
        now = clock_seconds();
        seconds[n++] = now - before;
    }
    if (status == KD_OK) {
        cpu = (cpu_seconds() - cpu) / n / b->n_thread;
        qsort(seconds, (size_t)n, sizeof *seconds, ascending);
        *time = (struct bench_time){.median = seconds[n / 2], .least = seconds[0], .p95 = seconds[(n - 1) * 95 / 100],
                                    .cpu = cpu, .share = cpu * n / (now - begin), .n_call = n, .n_thread = b->n_thread};
        if (strcmp(b->dev->backend, "cpu") != 0)
            time->share = 1; /* the host waits while the device works */
    }
    free(seconds);
    return status;
}

void bench_print(struct bench *b, const struct bench_row *row)
{
    printf("%-14s %-7s %-16s %10.4g us (%.4g, %.4g) %9.3f M %s", row->operation, row->precision, row->name,
           1e6 * row->time.median, 1e6 * row->time.least, 1e6 * row->time.p95, row->rate, row->unit);
    if (row->gflops > 0)
        printf(" %7.2f GFLOP/s", row->gflops);
    if (row->gbytes > 0)
        printf(" %6.2f GB/s", row->gbytes);
    printf("  error %.1e", row->error);
    if (row->peer_rate > 0)
        printf("  %s %.3f M: %.2fx", row->peer, row->peer_rate, row->rate / row->peer_rate);
    if (bench_seconds(&row->time) != row->time.median)
        printf("  (busy machine: rate from %.4g us of processor time)", 1e6 * row->time.cpu);
    else if (row->time.share < 0.9)
        printf("  (%.0f %% of %d cores)", 100 * row->time.share, row->time.n_thread);
    printf("\n");
    fflush(stdout);
    struct js *j = js_object(b->rows, NULL);
    js_string(j, "operation", row->operation);
    js_string(j, "name", row->name);
    js_string(j, "precision", row->precision);
    js_double(j, "seconds_median", row->time.median);
    js_double(j, "seconds_min", row->time.least);
    js_double(j, "seconds_p95", row->time.p95);
    js_double(j, "seconds_cpu", row->time.cpu);
    js_double(j, "cpu_share", row->time.share);
    js_int(j, "calls", row->time.n_call);
    js_double(j, "rate_million_per_s", row->rate);
    js_string(j, "rate_unit", row->unit);
    js_double(j, "gflops", row->gflops);
    js_double(j, "error", row->error);
    if (row->peer_rate > 0) {
        js_string(j, "peer", row->peer);
        js_double(j, "peer_rate_million_per_s", row->peer_rate);
        js_double(j, "ratio", row->rate / row->peer_rate);
    }
}

int bench_close(struct bench *b, kd_status status)
{
    struct commit file = {0};
    if (status == KD_OK && b->json_path && (status = commit_open(b->json_path, &file)) == KD_OK) {
        status = js_print(b->json, file.file);
        if (status == KD_OK)
            status = commit_finish(&file);
        else
            commit_abandon(&file);
    }
    if (status != KD_OK)
        fprintf(stderr, "bench_%s: %s\n", b->domain, kd_error_message());
    js_free(b->json);
    if (b->dev)
        kd_device_close(b->dev);
    if (b->cpu)
        kd_device_close(b->cpu);
    return status != KD_OK ? kd_exit_status(status) : b->failed;
}
