// SPDX-License-Identifier: BSD-3-Clause
/* nn_peer.c - writes a network case into a scratch directory and runs nn_peer.py on it. */
#include "bench/nn_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef NN_PEER_SCRIPT
#error "NN_PEER_SCRIPT: bench/nn_peer.py"
#endif

enum { MOST_PROCESSES = 64 };

static kd_status write_file(const char *place, const char *name, const void *values, size_t bytes)
{
    char path[96];
    snprintf(path, sizeof path, "%s/%s", place, name);
    FILE *f = fopen(path, "wb");
    bool written = f && fwrite(values, 1, bytes, f) == bytes;
    if (f && fclose(f) != 0)
        written = false;
    if (!written)
        FAIL(KD_EIO, "%s: cannot be written", path);
    return KD_OK;
}

/* (v - shift) * scale of `width` columns from `column` on, as floats. */
static kd_status write_scaled(const char *place, const char *name, int n_row, int stride, int column, int width, const double *v,
                              const double *shift, const double *scale)
{
    size_t n = (size_t)n_row * (size_t)width;
    float *out = malloc(n * sizeof *out);
    if (!out)
        FAIL(KD_ENOMEM, "bench_nn: no host memory");
    for (int i = 0; i < n_row; i++)
        for (int k = 0; k < width; k++)
            out[(size_t)i * (size_t)width + (size_t)k] =
                ((float)v[(size_t)i * (size_t)stride + (size_t)(column + k)] - (float)shift[k]) * (float)scale[k];
    kd_status status = write_file(place, name, out, n * sizeof *out);
    free(out);
    return status;
}

static kd_status write_case(const char *place, const struct nn_case *c)
{
    const struct nn_net *net = &c->net[0];
    int n_in = net->shape.width[0], n_out = net->shape.width[net->shape.n_layer];
    size_t n = nn_parameter_count(&net->shape);
    TRY(write_scaled(place, "x.f32", c->samples.n_row, c->samples.n_x, net->column, n_in, c->x, net->input_shift, net->input_scale));
    TRY(write_scaled(place, "y.f32", c->samples.n_row, n_out, 0, n_out, c->y, net->target_shift, net->target_scale));
    TRY(write_file(place, "order.i32", c->order, (size_t)c->row_stride * sizeof(int)));
    float *w = malloc(n * sizeof *w);
    if (!w)
        FAIL(KD_ENOMEM, "bench_nn: no host memory");
    for (size_t k = 0; k < n; k++)
        w[k] = (float)net->parameter[k];
    kd_status status = write_file(place, "w.f32", w, n * sizeof *w);
    free(w);
    return status;
}

static void command_of(char *command, size_t size, const char *place, const struct nn_case *c, int n_epoch, const char *core_type)
{
    const struct nn_shape *shape = &c->net[0].shape;
    const char *setting = !core_type ? "" : core_type[0] ? "OPENBLAS_CORETYPE=" : "-u OPENBLAS_CORETYPE";
    int used = snprintf(command, size, "env %s%s OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 /usr/bin/python3 %s %s %s %d %d", setting,
                        core_type ? core_type : "", NN_PEER_SCRIPT, place,
                        nn_activation_name(shape->activation), c->batch, n_epoch);
    for (int l = 0; l <= shape->n_layer; l++)
        used += snprintf(command + used, size - (size_t)used, " %d", shape->width[l]);
}

static bool read_answer(FILE *pipe, double *seconds, struct nn_peer *out)
{
    bool ok = fscanf(pipe, "%lf", seconds) == 1;
    for (int i = 0; ok && i < NN_PEER_LOSSES; i++)
        ok = fscanf(pipe, "%lf", &out->loss[i]) == 1;
    return ok;
}

kd_status nn_peer_run(const struct nn_case *c, int n_process, int n_epoch, const char *core_type, struct nn_peer *out)
{
    char place[] = "/tmp/kedge-bench-XXXXXX", command[1024];
    FILE *pipe[MOST_PROCESSES] = {0};
    int n = n_process < MOST_PROCESSES ? n_process : MOST_PROCESSES, answered = 0;
    *out = (struct nn_peer){0};
    if (!mkdtemp(place))
        FAIL(KD_EIO, "%s: cannot be made", place);
    kd_status status = write_case(place, c);
    command_of(command, sizeof command, place, c, n_epoch, core_type);
    for (int i = 0; status == KD_OK && i < n; i++)
        pipe[i] = popen(command, "r");
    for (int i = 0; i < n; i++) {
        double seconds = 0;
        if (pipe[i] && read_answer(pipe[i], &seconds, out))
            answered++;
        out->seconds += seconds / n;
        if (pipe[i])
            pclose(pipe[i]);
    }
    snprintf(command, sizeof command, "rm -rf %s", place);
    if (system(command) != 0)
        fprintf(stderr, "bench_nn: %s is left behind\n", place);
    if (status == KD_OK && answered < n)
        FAIL(KD_EDEVICE, "bench_nn: nn_peer.py failed, expected Debian's python3-torch in /usr/bin/python3");
    return status;
}
