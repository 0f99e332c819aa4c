// SPDX-License-Identifier: BSD-3-Clause
/* bench.h - what every benchmark shares: options, timing, and the rule that no time is printed without a passed check.
 *
 *     struct bench b;
 *     TRY(bench_open(&b, "md", argc, argv));             // opens the device and the CPU as the oracle
 *     if (bench_wants(&b, name)) {
 *         struct bench_row row = {.operation = "tersoff", .name = name, .error = .., .tolerance = ..};
 *         if (bench_check(&b, &row))
 *             TRY(bench_time(&b, run, context, &row.time));
 *         row.rate = n_atom / row.time.median; ...
 *         bench_print(&b, &row);
 *     }
 *     return bench_close(&b, status);                    // writes --json, frees, the exit status */
#ifndef KD_BENCH_H
#define KD_BENCH_H

#include <stdbool.h>

#include "host/base/json.h"
#include "kernels/device.h"

struct bench {
    const char *domain, *device_spec, *json_path, *filter;
    bool peer, model, failed;
    int n_thread;
    double min_time; /* seconds per measurement */
    int calls;       /* not 0: bench_time calls so many times and does not warm up; for what takes many seconds */
    kd_device *dev, *cpu;
    struct js *json, *rows;
};

struct bench_time { /* seconds per call */
    double median, least, p95;
    double cpu;   /* processor time per call and thread: below the median by what other programs took away */
    double share; /* cpu / mean; 1 on an idle machine */
    int n_call, n_thread;
};

struct bench_row {
    const char *operation, *name, *precision;
    double error, tolerance; /* relative to the double-precision CPU op; the check */
    struct bench_time time;
    double rate;             /* `unit` per second at the median, in millions */
    const char *unit;
    double gflops, gbytes;   /* per second; 0: not counted */
    double peer_rate;        /* of the peer program on the same input and as many cores; 0: not run */
    const char *peer;
};

/* --device D --threads N --json F --filter TEXT --min-time S --peer --model --help. */
kd_status bench_open(struct bench *b, const char *domain, int argc, char **argv);
/* True when --filter is absent or part of the name. */
bool bench_wants(const struct bench *b, const char *name);
/* error <= tolerance; says so on stderr, and the exit status will be 1, when not. */
bool bench_check(struct bench *b, const struct bench_row *row);
/* What rates are computed from: the median; with one thread, on a machine that gave this process less than 90 % of its time, the
 * processor time, and bench_print says so. (Threads may also wait for each other: that counts.) */
double bench_seconds(const struct bench_time *time);
/* Calls run(context) until min_time has passed, at least 5 times after one warm-up (or b->calls times); run must leave the device idle. */
kd_status bench_time(const struct bench *b, kd_status (*run)(void *context), void *context, struct bench_time *time);
void bench_print(struct bench *b, const struct bench_row *row);
int bench_close(struct bench *b, kd_status status);

#endif
