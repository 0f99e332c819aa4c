// SPDX-License-Identifier: BSD-3-Clause
/* grid_potential.cu - Hartree and exchange-correlation on the dense grid: seven transforms and four passes over the points. */
#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/pbe.cuh"
#include "kernels/cuda/sum.cuh"

enum { THREADS = 128, POINTS = 1024 }; /* points per block, and per partial sum */

struct xc_arrays { /* of the grid; gradient becomes 2 de/dsigma gradient */
    const double *density;
    double *gradient[3], *xc;
};

/* Exchange-correlation of POINTS points per block: THREADS beside each other at a time; energy and stress to part[block]. */
__global__ void __launch_bounds__(THREADS) xc_kernel(size_t n_point, struct xc_arrays a, double *part)
{
    __shared__ double shared[THREADS];
    double sum[1 + 6] = {};
    const size_t first = static_cast<size_t>(blockIdx.x) * POINTS;
    for (size_t p = first + threadIdx.x; p < first + POINTS && p < n_point; p += THREADS) {
        const double x = a.gradient[0][p], y = a.gradient[1][p], z = a.gradient[2][p];
        const xc_point xc = xc_of(a.density[p], x * x + y * y + z * z);
        const double f = 2 * xc.v_sigma;
        a.xc[p] = xc.v_rho;
        a.gradient[0][p] = f * x;
        a.gradient[1][p] = f * y;
        a.gradient[2][p] = f * z;
        sum[0] += xc.e;
        sum[1] += f * x * x;
        sum[2] += f * y * y;
        sum[3] += f * z * z;
        sum[4] += f * y * z;
        sum[5] += f * x * z;
        sum[6] += f * x * y;
    }
    for (int i = 0; i < 7; i++) {
        const double total = block_sum<THREADS>(sum[i], shared);
        if (threadIdx.x == 0)
            part[blockIdx.x * static_cast<size_t>(GRID_N_SUM) + (i == 0 ? GRID_XC : GRID_STRESS + i - 1)] = total;
    }
}

/* Hartree potential of POINTS plane waves per block; the energy of a block to part[block]. */
__global__ void __launch_bounds__(THREADS) hartree_kernel(int n_g, const double *g, const double2 *rho, double2 *potential, double *part)
{
    __shared__ double shared[THREADS];
    const double four_pi = 12.566370614359172954;
    double energy = 0;
    for (int i = blockIdx.x * POINTS + threadIdx.x; i < (static_cast<int>(blockIdx.x) + 1) * POINTS && i < n_g; i += THREADS) {
        const double x = g[3 * static_cast<size_t>(i)], y = g[3 * static_cast<size_t>(i) + 1], z = g[3 * static_cast<size_t>(i) + 2];
        const double v = i == 0 ? 0 : four_pi / (x * x + y * y + z * z);
        const double2 r = rho[i];
        energy += v * (r.x * r.x + r.y * r.y);
        potential[i] = make_double2(v * r.x, v * r.y);
    }
    energy = block_sum<THREADS>(energy, shared);
    if (threadIdx.x == 0)
        part[blockIdx.x] = energy;
}

struct potential_parts {
    const double *divergence, *hartree, *local, *rho;
    double *xc, *effective;
};

/* The potentials of POINTS points per block, and what they do to the density. */
__global__ void __launch_bounds__(THREADS) assemble_kernel(size_t n_point, struct potential_parts a, double *part)
{
    __shared__ double shared[THREADS];
    double sum[4] = {};
    const size_t first = static_cast<size_t>(blockIdx.x) * POINTS;
    for (size_t p = first + threadIdx.x; p < first + POINTS && p < n_point; p += THREADS) {
        const double xc = a.xc[p] - a.divergence[p], hxc = a.hartree[p] + xc, local = a.local[p], rho = a.rho[p];
        a.xc[p] = xc;
        a.effective[p] = local + hxc;
        sum[0] += hxc * rho;
        sum[1] += local * rho;
        sum[2] += rho;
        sum[3] += rho < 0 ? rho : 0;
    }
    for (int i = 0; i < 4; i++) {
        const double total = block_sum<THREADS>(sum[i], shared);
        if (threadIdx.x == 0)
            part[blockIdx.x * static_cast<size_t>(GRID_N_SUM) + GRID_HXC_RHO + i] = total;
    }
}

/* One sum per thread, over the blocks in order. */
__global__ void __launch_bounds__(32) sum_kernel(int n_block, const double *part, int n_hartree, const double *hartree, double volume,
                                                 size_t n_point, double *sums)
{
    const int i = threadIdx.x;
    if (i >= GRID_N_SUM)
        return;
    double sum = 0;
    const int count = i == GRID_HARTREE ? n_hartree : n_block;
    for (int b = 0; b < count; b++)
        sum += i == GRID_HARTREE ? hartree[b] : part[static_cast<size_t>(b) * GRID_N_SUM + i];
    sums[i] = i == GRID_HARTREE ? sum * volume : sum * (i < GRID_STRESS ? volume : 1.0) / static_cast<double>(n_point);
}

struct work { /* scratch of one evaluation */
    double2 *half, *other; /* half-complex array; divergence, then Hartree potential */
    unsigned char *fft;
    double *density, *gradient[3], *part, *part_hartree;
};

static size_t point_blocks(const struct grid *grid)
{
    return (grid->n_point + POINTS - 1) / POINTS;
}

static size_t wave_blocks(const struct grid *grid)
{
    return (static_cast<size_t>(grid->n_g) + POINTS - 1) / POINTS;
}

size_t cuda_grid_potential_scratch(const struct grid *grid)
{
    return kd_scratch_round(static_cast<size_t>(grid->n_g) * 16) + 4 * kd_scratch_round(grid->n_point * 8) +
           kd_scratch_round(point_blocks(grid) * GRID_N_SUM * 8) + kd_scratch_round(wave_blocks(grid) * 8);
}

static kd_status take(kd_device *dev, const struct grid *grid, struct work *w)
{
    TRY(cuda_bind(dev));
    TRY(scratch(dev, grid->n_half, &w->half));
    TRY(scratch(dev, grid->work_bytes, &w->fft));
    TRY(scratch(dev, static_cast<size_t>(grid->n_g), &w->other));
    TRY(scratch(dev, grid->n_point, &w->density));
    for (int a = 0; a < 3; a++)
        TRY(scratch(dev, grid->n_point, &w->gradient[a]));
    TRY(scratch(dev, point_blocks(grid) * GRID_N_SUM, &w->part));
    return scratch(dev, wave_blocks(grid), &w->part_hartree);
}

/* xc_d without the divergence of the gradient part, and that divergence in gradient[0]. */
static kd_status exchange_correlation(kd_stream *s, const struct grid *grid, const struct grid_potential *p, const struct work *w)
{
    const double2 *rho = reinterpret_cast<const double2 *>(p->rho_g_d), *core = reinterpret_cast<const double2 *>(p->core_g_d);
    TRY(cuda_grid_to_r(s, grid, {rho, nullptr, -1}, w->half, w->fft, p->rho_d));
    if (core)
        TRY(cuda_grid_to_r(s, grid, {rho, core, -1}, w->half, w->fft, w->density));
    for (int a = 0; a < 3; a++)
        TRY(cuda_grid_to_r(s, grid, {rho, core, a}, w->half, w->fft, w->gradient[a]));
    const struct xc_arrays arrays = {core ? w->density : p->rho_d, {w->gradient[0], w->gradient[1], w->gradient[2]}, p->xc_d};
    CUDA_TRY(LAUNCH(xc_kernel, dim3(point_blocks(grid)), dim3(THREADS), 0, cuda_stream(s), grid->n_point, arrays, w->part));
    CUDA_TRY(cudaMemsetAsync(w->other, 0, grid->n_g * sizeof *w->other, cuda_stream(s)));
    for (int a = 0; a < 3; a++)
        TRY(cuda_grid_to_g(s, grid, w->gradient[a], a, w->half, w->fft, w->other));
    return cuda_grid_to_r(s, grid, {w->other, nullptr, -1}, w->half, w->fft, w->gradient[0]);
}

static kd_status potential(kd_stream *s, const struct grid *grid, const struct grid_potential *p, const struct work *w)
{
    const int n_block = static_cast<int>(point_blocks(grid)), n_wave = static_cast<int>(wave_blocks(grid));
    TRY(exchange_correlation(s, grid, p, w));
    CUDA_TRY(LAUNCH(hartree_kernel, dim3(n_wave), dim3(THREADS), 0, cuda_stream(s), grid->n_g, grid->g_d,
                    reinterpret_cast<const double2 *>(p->rho_g_d), w->other, w->part_hartree));
    TRY(cuda_grid_to_r(s, grid, {w->other, nullptr, -1}, w->half, w->fft, w->gradient[1]));
    const struct potential_parts parts = {w->gradient[0], w->gradient[1], p->local_d, p->rho_d, p->xc_d, p->effective_d};
    CUDA_TRY(LAUNCH(assemble_kernel, dim3(n_block), dim3(THREADS), 0, cuda_stream(s), grid->n_point, parts, w->part));
    CUDA_TRY(LAUNCH(sum_kernel, dim3(1), dim3(32), 0, cuda_stream(s), n_block, w->part, n_wave, w->part_hartree, grid->volume,
                    grid->n_point, p->sums_d));
    return KD_OK;
}

kd_status cuda_grid_potential(kd_device *dev, kd_stream *s, const struct grid *grid, const struct grid_potential *p)
{
    const size_t mark = kd_scratch_mark(dev);
    struct work w;
    TRY(take(dev, grid, &w));
    const kd_status status = potential(s, grid, p, &w);
    kd_scratch_release(dev, mark);
    return status;
}
