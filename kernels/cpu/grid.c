// SPDX-License-Identifier: BSD-3-Clause
/* grid.c - the dense grid of the CPU: transforms of densities, Hartree and exchange-correlation, symmetrisation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cpu/cpu.h"
#include "kernels/cpu/fft.h"
#include "kernels/cpu/xc.h"
#include "kernels/grid_ops.h"

enum { BLOCK = 4096 }; /* points per partial sum */
static const double pi = 3.14159265358979323846;

struct grid {
    kd_device *dev;
    int n[3], n_g;
    size_t n_point, n_half; /* real points; half-complex numbers */
    double volume;
    int *index_d;  /* [n_g] place in the half-complex array of G, or of -G when that is the one with z >= 0 */
    int *mirror_d; /* [n_g] second place on the plane z = 0, or -1 */
    int *flip_d;   /* [n_g] 1: index_d holds conj */
    double *g_d;   /* [n_g][3] */
    struct cpu_fft *fft;
    struct cpu_xc *xc;
};

typedef double cplx[2];

static int wrapped(int m, int n)
{
    return m < 0 ? m + n : m;
}

static size_t place(const struct grid *grid, int x, int y, int z)
{
    return ((size_t)wrapped(x, grid->n[0]) * (size_t)grid->n[1] + (size_t)wrapped(y, grid->n[1])) * (size_t)(grid->n[2] / 2 + 1) +
           (size_t)z;
}

static kd_status grid_tables(struct grid *grid, const struct grid_spec *spec)
{
    size_t count = (size_t)spec->n_g;
    TRY(kd_alloc(grid->dev, count * sizeof(int), &grid->index_d));
    TRY(kd_alloc(grid->dev, count * sizeof(int), &grid->mirror_d));
    TRY(kd_alloc(grid->dev, count * sizeof(int), &grid->flip_d));
    TRY(kd_alloc_copy(grid->dev, grid->dev->stream, spec->g, count * 3 * sizeof(double), &grid->g_d));
    for (size_t i = 0; i < count; i++)
        for (int a = 0; a < 3; a++)
            if (2 * abs(spec->miller[i][a]) >= spec->n[a])
                FAIL(KD_EINTERNAL, "grid: component %d of G %zu is %d, too large for %d points", a, i, spec->miller[i][a], spec->n[a]);
    cpu_enter(grid->dev);
    for (size_t i = 0; i < count; i++) {
        const int *m = spec->miller[i];
        int sign = m[2] < 0 ? -1 : 1;
        grid->flip_d[i] = m[2] < 0;
        grid->index_d[i] = (int)place(grid, sign * m[0], sign * m[1], sign * m[2]);
        grid->mirror_d[i] = m[2] == 0 && i > 0 ? (int)place(grid, -m[0], -m[1], 0) : -1;
    }
    cpu_leave(grid->dev);
    return KD_OK;
}

static void cpu_grid_destroy(kd_device *dev, struct grid *grid)
{
    if (!grid)
        return;
    kd_free(dev, grid->index_d);
    kd_free(dev, grid->mirror_d);
    kd_free(dev, grid->flip_d);
    kd_free(dev, grid->g_d);
    cpu_fft_destroy(grid->fft);
    cpu_xc_destroy(grid->xc);
    free(grid);
}

static kd_status cpu_grid_create(kd_device *dev, const struct grid_spec *spec, struct grid **out)
{
    struct grid *grid = calloc(1, sizeof *grid);
    kd_status status = KD_OK;
    if (!grid)
        FAIL(KD_ENOMEM, "grid: no host memory");
    grid->dev = dev;
    memcpy(grid->n, spec->n, sizeof grid->n);
    grid->n_g = spec->n_g;
    grid->volume = spec->volume;
    grid->n_point = (size_t)spec->n[0] * (size_t)spec->n[1] * (size_t)spec->n[2];
    grid->n_half = (size_t)spec->n[0] * (size_t)spec->n[1] * (size_t)(spec->n[2] / 2 + 1);
    TRY_OUT(cpu_fft_create(FFT_R64, spec->n, dev->n_thread, &grid->fft));
    TRY_OUT(cpu_xc_create(&grid->xc));
    TRY_OUT(grid_tables(grid, spec));
    *out = grid;
    return KD_OK;
out:
    cpu_grid_destroy(dev, grid);
    return status;
}

static size_t block_count(const struct grid *grid)
{
    return (grid->n_point + BLOCK - 1) / BLOCK;
}

static size_t cpu_grid_scratch(const kd_device *dev, const struct grid *grid)
{
    (void)dev;
    return kd_scratch_round(grid->n_half * 16) + 5 * kd_scratch_round(grid->n_point * 8) +
           2 * kd_scratch_round((size_t)grid->n_g * 16) + kd_scratch_round(block_count(grid) * GRID_N_SUM * 8);
}

/* ---- transforms ---- */

/* half <- f_g times i G_axis (axis < 0: times 1). */
static void scatter(const struct grid *grid, const cplx *f, int axis, cplx *half)
{
    size_t plane = grid->n_half / (size_t)grid->n[0];
#pragma omp parallel for schedule(static) num_threads(grid->dev->n_thread)
    for (int x = 0; x < grid->n[0]; x++)
        memset(half + (size_t)x * plane, 0, plane * sizeof *half);
#pragma omp parallel for schedule(static) num_threads(grid->dev->n_thread)
    for (int i = 0; i < grid->n_g; i++) {
        double re = f[i][0], im = f[i][1];
        if (axis >= 0) {
            double g = grid->g_d[3 * i + axis], r = re;
            re = -g * im;
            im = g * r;
        }
        half[grid->index_d[i]][0] = re;
        half[grid->index_d[i]][1] = grid->flip_d[i] ? -im : im;
        if (grid->mirror_d[i] >= 0) {
            half[grid->mirror_d[i]][0] = re;
            half[grid->mirror_d[i]][1] = grid->flip_d[i] ? im : -im;
        }
    }
}

/* f_g = half / N, or f_g += i G_axis half / N. */
static void gather(const struct grid *grid, const cplx *half, int axis, cplx *f)
{
    double scale = 1.0 / (double)grid->n_point;
#pragma omp parallel for schedule(static) num_threads(grid->dev->n_thread)
    for (int i = 0; i < grid->n_g; i++) {
        double re = scale * half[grid->index_d[i]][0], im = scale * half[grid->index_d[i]][1];
        if (grid->flip_d[i])
            im = -im;
        if (axis < 0) {
            f[i][0] = re;
            f[i][1] = im;
        } else {
            double g = grid->g_d[3 * i + axis];
            f[i][0] -= g * im;
            f[i][1] += g * re;
        }
    }
}

static kd_status cpu_forward(kd_device *dev, kd_stream *s, const struct grid *grid, const double *r_d, double *g_d)
{
    (void)s;
    size_t mark = kd_scratch_mark(dev);
    cplx *half;
    TRY(kd_scratch_take(dev, grid->n_half * sizeof *half, (void **)&half));
    cpu_enter(dev);
    cpu_fft_real_forward(grid->fft, (double *)r_d, half); /* r2c plans keep their input */
    gather(grid, half, -1, (cplx *)g_d);
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}

static kd_status cpu_backward(kd_device *dev, kd_stream *s, const struct grid *grid, const double *g_d, double *r_d)
{
    (void)s;
    size_t mark = kd_scratch_mark(dev);
    cplx *half;
    TRY(kd_scratch_take(dev, grid->n_half * sizeof *half, (void **)&half));
    cpu_enter(dev);
    scatter(grid, (const cplx *)g_d, -1, half);
    cpu_fft_real_backward(grid->fft, half, r_d);
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}

/* ---- potential ---- */

struct work { /* scratch of one potential evaluation */
    cplx *half, *total, *other; /* half-complex array; valence + core; divergence, then Hartree */
    double *density, *gradient[3], *hartree;
    double *part; /* [block][GRID_N_SUM] */
};

static kd_status take(kd_device *dev, const struct grid *grid, struct work *w)
{
    size_t bytes = grid->n_point * sizeof(double);
    TRY(kd_scratch_take(dev, grid->n_half * sizeof(cplx), (void **)&w->half));
    TRY(kd_scratch_take(dev, (size_t)grid->n_g * sizeof(cplx), (void **)&w->total));
    TRY(kd_scratch_take(dev, (size_t)grid->n_g * sizeof(cplx), (void **)&w->other));
    TRY(kd_scratch_take(dev, bytes, (void **)&w->density));
    for (int a = 0; a < 3; a++)
        TRY(kd_scratch_take(dev, bytes, (void **)&w->gradient[a]));
    TRY(kd_scratch_take(dev, bytes, (void **)&w->hartree));
    return kd_scratch_take(dev, block_count(grid) * GRID_N_SUM * sizeof(double), (void **)&w->part);
}

/* xc at the points of one block: v_rho to xc_d, 2 v_sigma grad over the gradient, energy and stress sums. */
static void xc_block(const struct grid *grid, const struct work *w, size_t first, size_t last, double *xc_d, double *sum)
{
    double sigma[XC_BATCH], e[XC_BATCH], v_sigma[XC_BATCH];
    for (size_t p = first; p < last; p += XC_BATCH) {
        int n = last - p < XC_BATCH ? (int)(last - p) : XC_BATCH;
        for (int i = 0; i < n; i++) {
            double x = w->gradient[0][p + (size_t)i], y = w->gradient[1][p + (size_t)i], z = w->gradient[2][p + (size_t)i];
            sigma[i] = x * x + y * y + z * z;
        }
        cpu_xc_points(grid->xc, n, w->density + p, sigma, e, xc_d + p, v_sigma);
        for (int i = 0; i < n; i++) {
            size_t q = p + (size_t)i;
            double x = w->gradient[0][q], y = w->gradient[1][q], z = w->gradient[2][q], f = 2 * v_sigma[i];
            sum[GRID_XC] += e[i];
            sum[GRID_STRESS + 0] += f * x * x;
            sum[GRID_STRESS + 1] += f * y * y;
            sum[GRID_STRESS + 2] += f * z * z;
            sum[GRID_STRESS + 3] += f * y * z;
            sum[GRID_STRESS + 4] += f * x * z;
            sum[GRID_STRESS + 5] += f * x * y;
            w->gradient[0][q] = f * x;
            w->gradient[1][q] = f * y;
            w->gradient[2][q] = f * z;
        }
    }
}

static void exchange_correlation(const struct grid *grid, const struct grid_potential *p, struct work *w)
{
    const cplx *rho = (const cplx *)p->rho_g_d, *core = (const cplx *)p->core_g_d;
#pragma omp parallel for schedule(static) num_threads(grid->dev->n_thread)
    for (int i = 0; i < grid->n_g; i++)
        for (int c = 0; c < 2; c++)
            w->total[i][c] = rho[i][c] + (core ? core[i][c] : 0);
    scatter(grid, rho, -1, w->half);
    cpu_fft_real_backward(grid->fft, w->half, p->rho_d);
    if (core) {
        scatter(grid, (const cplx *)w->total, -1, w->half);
        cpu_fft_real_backward(grid->fft, w->half, w->density);
    } else {
        w->density = p->rho_d;
    }
    for (int a = 0; a < 3; a++) {
        scatter(grid, (const cplx *)w->total, a, w->half);
        cpu_fft_real_backward(grid->fft, w->half, w->gradient[a]);
    }
    memset(w->part, 0, block_count(grid) * GRID_N_SUM * sizeof(double));
#pragma omp parallel for schedule(static) num_threads(grid->dev->n_thread)
    for (size_t b = 0; b < block_count(grid); b++) {
        size_t last = (b + 1) * BLOCK < grid->n_point ? (b + 1) * BLOCK : grid->n_point;
        xc_block(grid, w, b * BLOCK, last, p->xc_d, w->part + b * GRID_N_SUM);
    }
    memset(w->other, 0, (size_t)grid->n_g * sizeof(cplx));
    for (int a = 0; a < 3; a++) {
        cpu_fft_real_forward(grid->fft, w->gradient[a], w->half);
        gather(grid, (const cplx *)w->half, a, w->other);
    }
    scatter(grid, (const cplx *)w->other, -1, w->half);
    cpu_fft_real_backward(grid->fft, w->half, w->gradient[0]); /* div (2 de/dsigma grad rho) */
}

/* Hartree potential on the grid; returns the energy. */
static double hartree(const struct grid *grid, const struct grid_potential *p, struct work *w)
{
    const cplx *rho = (const cplx *)p->rho_g_d;
    double energy = 0, *part = w->hartree; /* not made yet: a block's share each */
    int n_block = (grid->n_g + BLOCK - 1) / BLOCK;
#pragma omp parallel for schedule(static) num_threads(grid->dev->n_thread)
    for (int b = 0; b < n_block; b++) {
        part[b] = 0;
        for (int i = b * BLOCK; i < (b + 1) * BLOCK && i < grid->n_g; i++) {
            const double *g = grid->g_d + 3 * (size_t)i;
            double v = i ? 4 * pi / (g[0] * g[0] + g[1] * g[1] + g[2] * g[2]) : 0;
            part[b] += v * (rho[i][0] * rho[i][0] + rho[i][1] * rho[i][1]);
            w->other[i][0] = v * rho[i][0];
            w->other[i][1] = v * rho[i][1];
        }
    }
    for (int b = 0; b < n_block; b++)
        energy += part[b];
    scatter(grid, (const cplx *)w->other, -1, w->half);
    cpu_fft_real_backward(grid->fft, w->half, w->hartree);
    return energy * grid->volume; /* half of the sphere twice, times 1/2 */
}

static void assemble(const struct grid_potential *p, const struct work *w, size_t first, size_t last, double *sum)
{
    for (size_t q = first; q < last; q++) {
        p->xc_d[q] -= w->gradient[0][q];
        double hxc = w->hartree[q] + p->xc_d[q], rho = p->rho_d[q];
        p->effective_d[q] = p->local_d[q] + hxc;
        sum[GRID_HXC_RHO] += hxc * rho;
        sum[GRID_LOCAL] += p->local_d[q] * rho;
        sum[GRID_CHARGE] += rho;
        sum[GRID_NEGATIVE] += rho < 0 ? rho : 0;
    }
}

static kd_status cpu_potential(kd_device *dev, kd_stream *s, const struct grid *grid, const struct grid_potential *p)
{
    (void)s;
    size_t mark = kd_scratch_mark(dev);
    struct work w;
    TRY(take(dev, grid, &w));
    cpu_enter(dev);
    exchange_correlation(grid, p, &w);
    double e_hartree = hartree(grid, p, &w);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (size_t b = 0; b < block_count(grid); b++) {
        size_t last = (b + 1) * BLOCK < grid->n_point ? (b + 1) * BLOCK : grid->n_point;
        assemble(p, &w, b * BLOCK, last, w.part + b * GRID_N_SUM);
    }
    for (int i = 0; i < GRID_N_SUM; i++) {
        double sum = 0;
        for (size_t b = 0; b < block_count(grid); b++)
            sum += w.part[b * GRID_N_SUM + (size_t)i];
        p->sums_d[i] = sum * (i < GRID_STRESS ? grid->volume : 1) / (double)grid->n_point;
    }
    p->sums_d[GRID_HARTREE] = e_hartree;
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}

/* ---- symmetry ---- */

static kd_status cpu_symmetrize(kd_device *dev, kd_stream *s, const struct grid *grid, int n_orbit, const int *first_d, const int *place_d,
                                double *rho_d)
{
    (void)s;
    (void)grid;
    cpu_enter(dev);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (int i = 0; i < n_orbit; i++) {
        double sum = 0;
        for (int p = first_d[i]; p < first_d[i + 1]; p++)
            sum += rho_d[place_d[p]];
        sum /= first_d[i + 1] - first_d[i];
        for (int p = first_d[i]; p < first_d[i + 1]; p++)
            rho_d[place_d[p]] = sum;
    }
    cpu_leave(dev);
    return KD_OK;
}

const struct grid_ops cpu_grid_ops = {
    .create = cpu_grid_create,
    .destroy = cpu_grid_destroy,
    .scratch = cpu_grid_scratch,
    .forward = cpu_forward,
    .backward = cpu_backward,
    .potential = cpu_potential,
    .symmetrize = cpu_symmetrize,
};
