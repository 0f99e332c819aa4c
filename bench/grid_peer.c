// SPDX-License-Identifier: BSD-3-Clause
/* grid_peer.c - a density as a cube file in a scratch directory, bader run on it, its times and charges read back. */
#include "bench/grid_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static kd_status write_cube(const char *path, const struct bader_task *t, const int *number)
{
    FILE *f = fopen(path, "w");
    if (!f)
        FAIL(KD_EIO, "%s: cannot be written", path);
    fprintf(f, "benchmark\ncase\n%d 0 0 0\n", t->n_atom);
    for (int a = 0; a < 3; a++)
        fprintf(f, "%d %.12f %.12f %.12f\n", t->n[a], t->cell[a][0] / t->n[a], t->cell[a][1] / t->n[a], t->cell[a][2] / t->n[a]);
    for (int i = 0; i < t->n_atom; i++)
        fprintf(f, "%d 0 %.12f %.12f %.12f\n", number[i], t->position[i][0], t->position[i][1], t->position[i][2]);
    size_t n = (size_t)t->n[0] * (size_t)t->n[1] * (size_t)t->n[2];
    for (size_t q = 0; q < n; q++)
        fprintf(f, "%.9E%c", t->valence[q], q % 6 == 5 || q == n - 1 ? '\n' : ' ');
    int bad = ferror(f);
    if (fclose(f) != 0 || bad)
        FAIL(KD_EIO, "%s: cannot be written", path);
    return KD_OK;
}

/* The first "RUN TIME: x SECONDS" is that of reading, the others are added. */
static void read_times(const char *path, double *seconds)
{
    char line[256];
    int n = 0;
    FILE *f = fopen(path, "r");
    *seconds = 0;
    while (f && fgets(line, sizeof line, f)) {
        double one;
        if (sscanf(line, " RUN TIME: %lf", &one) == 1 && n++ > 0)
            *seconds += one;
    }
    if (f)
        fclose(f);
}

/* Column CHARGE of ACF.dat. */
static int read_charges(const char *path, int n_atom, double *electrons)
{
    char line[256];
    int n = 0, index;
    FILE *f = fopen(path, "r");
    while (f && n < n_atom && fgets(line, sizeof line, f))
        if (sscanf(line, "%d %*f %*f %*f %lf %*f %*f", &index, &electrons[n]) == 2 && index == n + 1)
            n++;
    if (f)
        fclose(f);
    return n;
}

kd_status grid_peer_run(const struct bader_task *task, const int *number, const char *method, struct grid_peer *out)
{
    char place[] = "/tmp/kedge-bench-XXXXXX", path[96], command[2048];
    const char *program = getenv("KEDGE_BADER");
    *out = (struct grid_peer){.electrons = malloc((size_t)task->n_atom * sizeof(double))};
    if (!out->electrons)
        FAIL(KD_ENOMEM, "bench_grid: no host memory");
    if (!mkdtemp(place))
        FAIL(KD_EIO, "%s: cannot be made", place);
    snprintf(path, sizeof path, "%s/in.cube", place);
    kd_status status = write_cube(path, task, number);
    int failed = 0, found = 0;
    if (status == KD_OK) {
        snprintf(command, sizeof command, "cd %s && OMP_NUM_THREADS=1 '%s' -b %s in.cube >log 2>&1", place, program ? program : "bader", method);
        failed = system(command);
        snprintf(path, sizeof path, "%s/log", place);
        read_times(path, &out->seconds);
        snprintf(path, sizeof path, "%s/ACF.dat", place);
        found = read_charges(path, task->n_atom, out->electrons);
    }
    snprintf(command, sizeof command, "rm -rf %s", place);
    if (system(command) != 0)
        fprintf(stderr, "bench_grid: %s is left behind\n", place);
    if (status == KD_OK && (failed != 0 || found != task->n_atom || !(out->seconds > 0)))
        status = kd_fail(KD_EDEVICE, "bench_grid: %s failed, expected Henkelman's bader in the path or in KEDGE_BADER", program ? program : "bader");
    return status;
}
