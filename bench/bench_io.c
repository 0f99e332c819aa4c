// SPDX-License-Identifier: BSD-3-Clause
/* bench_io.c - files: HDF5 written whole (staged, fsync, rename) and read, structures as extxyz. In a scratch directory under TMPDIR
 * (default /tmp), from the page cache: what is measured is the formatting and the library, and the disk as far as fsync waits for it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/io_peer.h"
#include "host/store/h5.h"
#include "host/structure/structure.h"

enum { N_ROW = 2048, N_COLUMN = 512, N_FRAME = 20, N_CELL = 10 /* 8 N_CELL^3 atoms a frame */ };

struct io_bench {
    struct bench *b;
    char place[256], path[300];
    double *written, *read;
    int flags;
    struct structure *frame, *again;
    int n_frame, n_again;
};

/* ---- HDF5 ---- */

static kd_status h5_put(void *context)
{
    struct io_bench *io = context;
    struct h5 *f;
    kd_status status;
    TRY(h5_create(io->path, &f));
    status = h5_write(f, &(struct h5_array){"spectra", H5_DOUBLE, 2, {N_ROW, N_COLUMN}, .unit = "Mb", .flags = io->flags}, io->written);
    if (status == KD_OK)
        return h5_commit(f);
    h5_abandon(f);
    return status;
}

static kd_status h5_take(void *context)
{
    struct io_bench *io = context;
    struct h5 *f;
    TRY(h5_open(io->path, &f));
    kd_status status = h5_read(f, &(struct h5_array){"spectra", H5_DOUBLE, 2, {N_ROW, N_COLUMN}, .unit = "Mb"}, io->read);
    h5_abandon(f);
    return status;
}

/* Smooth rows with noise in the last digits, as spectra are. */
static void fill(double *x)
{
    for (int i = 0; i < N_ROW; i++)
        for (int k = 0; k < N_COLUMN; k++)
            x[i * N_COLUMN + k] = exp(-1e-4 * (k - 0.1 * i) * (k - 0.1 * i)) * (1 + 1e-9 * sin(1e6 * (i * N_COLUMN + k)));
}

/* ---- extxyz ---- */

static kd_status xyz_put(void *context)
{
    struct io_bench *io = context;
    return structures_write(io->path, io->frame, io->n_frame);
}

static kd_status xyz_take(void *context)
{
    struct io_bench *io = context;
    structures_free(io->again, io->n_again);
    io->again = NULL;
    return structures_read(io->path, &io->again, &io->n_again);
}

static kd_status make_frames(struct io_bench *io)
{
    const double a = 5.432, base[4][3] = {{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}};
    io->frame = calloc(N_FRAME, sizeof *io->frame);
    if (!io->frame)
        FAIL(KD_ENOMEM, "bench_io: no host memory");
    for (io->n_frame = 0; io->n_frame < N_FRAME; io->n_frame++) {
        struct structure *s = &io->frame[io->n_frame];
        TRY(structure_create(8 * N_CELL * N_CELL * N_CELL, s));
        TRY(structure_add_force(s));
        for (int i = 0; i < s->n_atom; i++) {
            const int cell[3] = {i / 8 % N_CELL, i / 8 / N_CELL % N_CELL, i / 8 / N_CELL / N_CELL};
            s->number[i] = i % 3 ? 8 : 14;
            for (int x = 0; x < 3; x++) {
                s->position[i][x] = a * (cell[x] + base[i % 4][x] + (i % 8 < 4 ? 0 : 0.25)) + 0.01 * sin(1.0 + 3 * i + x + io->n_frame);
                s->force[i][x] = sin(2.0 + 3 * i + x);
            }
        }
        for (int x = 0; x < 3; x++)
            s->cell[x][x] = a * N_CELL;
    }
    return KD_OK;
}

static double largest_difference(const struct io_bench *io)
{
    double most = io->n_again == io->n_frame ? 0 : INFINITY;
    for (int f = 0; f < io->n_frame && f < io->n_again; f++)
        for (int i = 0; i < io->frame[f].n_atom; i++)
            for (int x = 0; x < 3; x++) {
                const double d = fabs(io->frame[f].position[i][x] - io->again[f].position[i][x]);
                const double g = fabs(io->frame[f].force[i][x] - io->again[f].force[i][x]);
                most = fmax(most, fmax(d, g));
            }
    return most;
}

/* ---- rows ---- */

static kd_status time_pair(struct io_bench *io, const char *kind, const char *name, double amount, const char *unit, kd_status (*put)(void *),
                           kd_status (*take)(void *), double error)
{
    for (int reading = 0; reading < 2; reading++) {
        char operation[32];
        snprintf(operation, sizeof operation, "%s_%s", kind, reading ? "read" : "write");
        struct bench_row row = {.operation = operation, .name = name, .precision = "double", .error = error, .unit = unit,
                                .peer = strcmp(kind, "h5") == 0 ? "h5py" : "ASE"};
        if (!bench_check(io->b, &row))
            return KD_OK;
        TRY(bench_time(io->b, reading ? take : put, io, &row.time));
        row.rate = 1e-6 * amount / row.time.median; /* the clock: waiting for the disk counts */
        if (io->b->peer) {
            double seconds;
            TRY(io_peer_run(operation, io->path, &seconds));
            row.peer_rate = 1e-6 * amount / seconds;
        }
        bench_print(io->b, &row);
    }
    return KD_OK;
}

static kd_status run_h5(struct io_bench *io, const char *name, int flags)
{
    const size_t bytes = (size_t)N_ROW * N_COLUMN * sizeof(double);
    if (!bench_wants(io->b, name))
        return KD_OK;
    io->flags = flags;
    snprintf(io->path, sizeof io->path, "%s/%d.h5", io->place, flags);
    fill(io->written);
    TRY(h5_put(io));
    TRY(h5_take(io));
    return time_pair(io, "h5", name, (double)bytes, "B/s", h5_put, h5_take, memcmp(io->written, io->read, bytes) == 0 ? 0 : INFINITY);
}

static kd_status run_xyz(struct io_bench *io, const char *name)
{
    if (!bench_wants(io->b, name))
        return KD_OK;
    snprintf(io->path, sizeof io->path, "%s/frames.xyz", io->place);
    TRY(make_frames(io));
    TRY(xyz_put(io));
    TRY(xyz_take(io));
    return time_pair(io, "xyz", name, (double)io->n_frame * io->frame[0].n_atom, "atoms/s", xyz_put, xyz_take, largest_difference(io));
}

static void clean(struct io_bench *io)
{
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", io->place);
    if (io->place[0] && system(command) != 0)
        fprintf(stderr, "bench_io: %s is left behind\n", io->place);
    structures_free(io->frame, io->n_frame);
    structures_free(io->again, io->n_again);
    free(io->written);
    free(io->read);
}

int main(int argc, char **argv)
{
    struct bench b;
    const char *temporary = getenv("TMPDIR");
    kd_status status = bench_open(&b, "io", argc, argv);
    struct io_bench io = {.b = &b};
    if (status != KD_OK)
        return bench_close(&b, status);
    io.written = malloc((size_t)N_ROW * N_COLUMN * sizeof(double));
    io.read = malloc((size_t)N_ROW * N_COLUMN * sizeof(double));
    if (!io.written || !io.read)
        FAIL_OUT(KD_ENOMEM, "bench_io: no host memory");
    snprintf(io.place, sizeof io.place, "%s/kedge-bench-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(io.place)) {
        status = kd_fail(KD_EIO, "%s: cannot be made", io.place);
        io.place[0] = '\0';
        goto out;
    }
    TRY_OUT(run_h5(&io, "2048 x 512 plain", 0));
    TRY_OUT(run_h5(&io, "2048 x 512 deflate", H5_DEFLATE));
    TRY_OUT(run_xyz(&io, "20 x 8000 atoms"));
out:
    clean(&io);
    return bench_close(&b, status);
}
