// SPDX-License-Identifier: BSD-3-Clause
/* model_nn.c - roofline bounds of the network kernels on an RTX 4090, from the loops of nn_tile.cuh. */
#include "bench/model_nn.h"

#include <math.h>

/* NVIDIA Ada GPU architecture whitepaper: 128 SMs at 2.52 GHz boost, 128 FP32 lanes each, 72 MB L2, 1008 GB/s. */
static const double SM = 128, CLOCK = 2.52e9, FP32_LANES = 128, DRAM_RATE = 1008e9, L2_BYTES = 72e6;
static const double L2_RATE = 5e12;      /* published microbenchmarks; NVIDIA states none */
static const double NODE_SECONDS = 1.3e-6; /* from the end of a graph node to the start of the next: assumed, 1 to 1.5 us */

/* Tiles of nn.cuh and nn_kernels.cuh. */
struct tile {
    const char *forward, *backward, *update; /* rows of resources.tsv */
    int rows, columns, thread_rows, thread_columns; /* of samples x units */
    int update_edge;
};
static const struct tile few = {"nn_forward<float,nn_tile<32,16,4,2>>", "nn_backward<float,nn_tile<32,16,4,2>>",
                                "nn_update<float,nn_tile<32,32,4,4>>", 32, 16, 4, 2, 32};
static const struct tile many = {"nn_forward<float,nn_tile<64,64,4,4>>", "nn_backward<float,nn_tile<64,64,4,4>>",
                                 "nn_update<float,nn_tile<64,64,4,4>>", 64, 64, 4, 4, 64};

/* Shared memory that one warp reads per term k, in wavefronts: its rows of A and of B, each at least one; stores of the slab add a tenth. */
static double wavefronts_of(double flop, int columns, int rm, int rn)
{
    const int across = columns / rn < 32 ? columns / rn : 32, down = 32 / across;
    return 1.1 * flop / (2.0 * 32 * rm * rn) * (ceil(down * rm * 4 / 128.0) + ceil(across * rn * 4 / 128.0));
}

/* out[m][n] += a[m][k] b[k][n] by tiles of tm x tn. */
static struct model_nn_work product(const char *kernel, int m, int n, int k, int tm, int tn, int rm, int rn, int n_net)
{
    const double down = ceil(m / (double)tm), across = ceil(n / (double)tn);
    struct model_nn_work w = {.kernel = kernel, .flop = 2.0 * m * n * k * n_net, .blocks = down * across * n_net};
    w.bytes = 4.0 * n_net * (down * n * k + across * m * k + (double)m * n);
    w.wavefronts = wavefronts_of(w.flop, tn, rm, rn);
    return w;
}

int model_nn_work(const struct nn_shape *shape, int batch, int n_net, struct model_nn_work work[MODEL_NN_KERNELS])
{
    const struct tile *t = n_net >= 4 ? &many : &few;
    int n = 0;
    struct model_nn_work update = {.kernel = t->update};
    for (int l = 0; l < shape->n_layer; l++)
        work[n++] = product(t->forward, batch, shape->width[l + 1], shape->width[l], t->rows, t->columns, t->thread_rows, t->thread_columns,
                            n_net);
    for (int l = shape->n_layer - 1; l >= 0; l--) {
        const int n_in = shape->width[l], n_out = shape->width[l + 1];
        if (l > 0) {
            work[n] = product(t->backward, batch, n_in, n_out, t->rows, t->columns, t->thread_rows, t->thread_columns, n_net);
            work[n++].bytes += 4.0 * batch * n_in * n_net; /* the activation, for its derivative */
        }
        const struct model_nn_work dw = product(t->update, n_out, n_in, batch, t->update_edge, t->update_edge, 4, 4, n_net);
        update.flop += dw.flop + 16.0 * ((double)n_in + 1) * n_out * n_net; /* and Adam */
        update.bytes += dw.bytes + 4.0 * 5 * ((double)n_in + 1) * n_out * n_net; /* w, m, v read and written: six, one counted in dw */
        update.wavefronts += dw.wavefronts;
        update.blocks += dw.blocks;
    }
    work[n++] = update;
    return n;
}

/* The largest of the units' times. The last wave of blocks counts in full: the SMs that it leaves idle are lost. */
static double bound(const struct model_nn_work *w, double working_set, const char **limiter)
{
    const double clocks = CLOCK * fmin(SM, w->blocks), waves = w->blocks / SM, idle = waves > 1 ? ceil(waves) / waves : 1;
    const struct {
        const char *name;
        double seconds;
    } unit[] = {
        {"FP32", w->flop / (2 * FP32_LANES * clocks) * idle},
        {"shared", w->wavefronts / clocks * idle},
        {"L2", w->bytes / L2_RATE},
        {"DRAM", working_set > L2_BYTES ? w->bytes / DRAM_RATE : 0},
    };
    double most = 0;
    for (size_t u = 0; u < sizeof unit / sizeof *unit; u++)
        if (unit[u].seconds > most) {
            most = unit[u].seconds;
            *limiter = unit[u].name;
        }
    return most;
}

static void print_step(FILE *out, const char *name, const struct nn_shape *shape, int batch, int n_net)
{
    struct model_nn_work work[MODEL_NN_KERNELS];
    const int n = model_nn_work(shape, batch, n_net, work);
    const double state = 12.0 * (double)nn_parameter_count(shape) * n_net;
    double sum = 0, flop = 0;
    fprintf(out, "%s, mixed: MODEL, not measured. RTX 4090, %d net%s, batch %d, state %.1f MB\n", name, n_net, n_net == 1 ? "" : "s", batch,
            1e-6 * state);
    fprintf(out, "  %-40s %9s %9s %9s %8s %9s  %s\n", "kernel", "Mflop", "MB", "Mwave", "blocks", "least us", "limit");
    for (int k = 0; k < n; k++) {
        const char *limiter = "launch";
        const double seconds = bound(&work[k], state, &limiter);
        sum += seconds;
        flop += work[k].flop;
        fprintf(out, "  %-40s %9.3f %9.3f %9.3f %8.0f %9.2f  %s\n", work[k].kernel, 1e-6 * work[k].flop, 1e-6 * work[k].bytes,
                1e-6 * work[k].wavefronts, work[k].blocks, 1e6 * seconds, limiter);
    }
    const double step = sum + n * NODE_SECONDS;
    fprintf(out, "  sum %.1f us; with %d graph nodes of %.1f us: %.1f us per step, %.2f us per net and step, %.1f TFLOP/s\n", 1e6 * sum, n,
            1e6 * NODE_SECONDS, 1e6 * step, 1e6 * step / n_net, 1e-12 * flop / step);
}

void model_nn_print(FILE *out, const char *name, const struct nn_shape *shape, int batch)
{
    const double state = 12.0 * (double)nn_parameter_count(shape);
    const int most = (int)fmax(4, floor(60e6 / state));
    print_step(out, name, shape, batch, 1);
    print_step(out, name, shape, batch, most);
}
