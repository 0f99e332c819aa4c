// SPDX-License-Identifier: BSD-3-Clause
/* model_pw.c - roofline bounds of the plane-wave kernels on an RTX 4090, from the loops of kernels/cuda/pw_*.cu and host/dft/eigen.c. */
#include "bench/model_pw.h"

#include <math.h>

/* NVIDIA Ada GPU architecture whitepaper: 128 SMs at 2.52 GHz boost, 128 FP32 lanes each, 1008 GB/s. */
static const double FP32_RATE = 2.0 * 128 * 128 * 2.52e9, DRAM_RATE = 1008e9;
static const double L2_RATE = 5e12; /* published microbenchmarks; NVIDIA states none */
static const double HOST_EIGH_576 = 27.8e-3; /* seconds, LAPACK's dsyevd of 576 rows on one core of the machine this was written on */

/* Operations of one transform of n numbers in registers, codelet by codelet. */
static double codelet(int n)
{
    static const int leaf[6] = {0, 0, 4, 16, 16, 48};
    if (n < 6)
        return leaf[n];
    int p = n % 4 == 0 ? 4 : n % 5 == 0 ? 5 : n % 3 == 0 ? 3 : 2, q = n / p;
    return q * codelet(p) + 6.0 * (p - 1) * (q - 1) + p * codelet(q);
}

double model_pw_line(int a, int b)
{
    return b * codelet(a) + 6.0 * a * b + a * codelet(b);
}

struct sphere { /* of the occupied plane waves, on the grid */
    double waves, columns, rows;
};

static struct sphere sphere_of(const struct model_pw *m)
{
    const double radius = sqrt(2 * m->ecut) * m->length / 6.283185307179586;
    const int most = (int)radius;
    struct sphere s = {0, 0, 2.0 * most + 1};
    for (int x = -most; x <= most; x++)
        for (int y = -most; y <= most; y++) {
            const double left = radius * radius - x * x - y * y;
            if (left < 0)
                continue;
            s.columns++;
            s.waves += 2 * floor(sqrt(left)) + 1;
        }
    return s;
}

void model_pw_work(const struct model_pw *m, struct model_pw_work work[MODEL_PW_KERNELS])
{
    const struct sphere s = sphere_of(m);
    const double n = m->n, line = model_pw_line(m->a, m->b), fft = ceil(m->n_band / 2.0), vector = 4 * s.waves, block = m->n_band * vector;
    const double columns = 8 * n * s.columns, gemm = 2.0 * m->n_band * m->n_band * s.waves, nonlocal = 2.0 * m->n_band * m->n_proj * s.waves;
    const double subs = ceil(m->n_band / (double)m->sub), span = 3.0 * m->sub;
    work[0] = (struct model_pw_work){"columns_kernel<true>", fft * s.columns * line, fft * (2 * vector + columns), block};
    /* rows along y twice, every line along x twice, V; columns in and out, V, places twice */
    work[1] = (struct model_pw_work){"plane_kernel", fft * n * (2 * (s.rows + n) * line + 2 * n * n),
                                     fft * n * (2 * 8 * s.columns + 4 * n * n + 2 * 4 * s.columns), 0};
    work[2] = (struct model_pw_work){"sphere_kernel<true>", fft * (s.columns * line + 7 * s.waves), fft * (columns + 4 * vector), 2 * block};
    work[3] = (struct model_pw_work){"projectors: two products", 2 * nonlocal, 2 * (m->n_proj * vector + block) + block,
                                     2 * (m->n_proj * vector + block) + block};
    work[4] = (struct model_pw_work){"density_kernel", fft * (s.columns * line + n * ((s.rows + n) * line + 5 * n * n)),
                                     fft * (2 * columns + n * 4 * s.columns + 8 * n * n * n), block};
    work[5] = (struct model_pw_work){"one n_band^2 product", gemm, 2 * block, 2 * block};
    work[6] = (struct model_pw_work){"span_gram_kernel", subs * 2 * 2 * span * span * s.waves, 6 * block, 6 * block};
    work[7] = (struct model_pw_work){"update_kernel", subs * 2 * 2 * (span + 2 * m->sub) * m->sub * s.waves, 14 * block, 10 * block};
    work[8] = (struct model_pw_work){"residual, precondition", 12 * m->n_band * s.waves, 7 * block, 7 * block};
}

double model_pw_bound(const struct model_pw_work *w, const char **limiter)
{
    const double flop = w->flop / FP32_RATE, l2 = w->l2_bytes / L2_RATE, dram = w->dram_bytes / DRAM_RATE;
    *limiter = flop >= l2 && flop >= dram ? "FP32" : l2 >= dram ? "L2" : "DRAM";
    return fmax(flop, fmax(l2, dram));
}

/* How often an iteration of the ground state with three steps of the eigensolver does each: H once to begin with and once a step;
 * products: 11 a step (project out w, p and Hp; two Gram matrices; rotate four blocks) and 4 at the beginning. */
static const double calls[MODEL_PW_KERNELS] = {4, 4, 4, 4, 1, 3 * 11 + 4, 3, 3, 3};

double model_pw_iteration(const struct model_pw *m)
{
    struct model_pw_work work[MODEL_PW_KERNELS];
    const char *limiter;
    double sum = 4 * HOST_EIGH_576 * pow(m->n_band / 576.0, 3);
    model_pw_work(m, work);
    for (int i = 0; i < MODEL_PW_KERNELS; i++)
        sum += calls[i] * model_pw_bound(&work[i], &limiter);
    return sum;
}

void model_pw_print(FILE *out, const struct model_pw *m)
{
    struct model_pw_work work[MODEL_PW_KERNELS];
    const struct sphere s = sphere_of(m);
    double sum = 0;
    model_pw_work(m, work);
    fprintf(out, "%s, mixed: MODEL, not measured. RTX 4090, %d^3 points, %.0f plane waves, %.0f columns, %d bands, %d projectors\n", m->name, m->n,
            s.waves, s.columns, m->n_band, m->n_proj);
    fprintf(out, "  %-26s %10s %10s %10s %10s  %-5s %6s %10s\n", "all bands", "Gflop", "L2 MB", "DRAM MB", "least us", "limit", "calls", "in step ms");
    for (int i = 0; i < MODEL_PW_KERNELS; i++) {
        const char *limiter;
        const double seconds = model_pw_bound(&work[i], &limiter);
        sum += calls[i] * seconds;
        fprintf(out, "  %-26s %10.2f %10.1f %10.1f %10.1f  %-5s %6.0f %10.2f\n", work[i].kernel, 1e-9 * work[i].flop, 1e-6 * work[i].l2_bytes,
                1e-6 * work[i].dram_bytes, 1e6 * seconds, limiter, calls[i], 1e3 * calls[i] * seconds);
    }
    fprintf(out, "  iteration of three eigensolver steps: at least %.1f ms on the card, and 4 subspace problems of %.0f ms on the host\n", 1e3 * sum,
            1e3 * HOST_EIGH_576 * pow(m->n_band / 576.0, 3));
}
