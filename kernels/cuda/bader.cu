// SPDX-License-Identifier: BSD-3-Clause
/* bader.cu - around the climb: the density that is climbed, maxima, what they collect, surfaces. Bound by memory, all of them. */
#include "kernels/cuda/bader.cuh"

#include <cmath>

namespace
{
/* A tile of points, 32 along k for whole lines of memory. */
constexpr int TILE_I = 2, TILE_J = 4, TILE_K = 32;
static_assert(TILE_I * TILE_J * TILE_K == BADER_BLOCK, "one thread per point");

/* Position of a point, or of a corner of a tile, rounded as bader_ops.h says. */
__device__ void point_position(const bader_grid &grid, int i, int j, int k, double (&r)[3])
{
    const double u = __ddiv_rn(i, grid.n[0]), v = __ddiv_rn(j, grid.n[1]), w = __ddiv_rn(k, grid.n[2]);
    for (int x = 0; x < 3; x++)
        r[x] = __dadd_rn(__dadd_rn(__dmul_rn(u, grid.cell[0][x]), __dmul_rn(v, grid.cell[1][x])), __dmul_rn(w, grid.cell[2][x]));
}

__device__ double distance_of(const double *center, const double (&r)[3])
{
    const double dx = __dsub_rn(r[0], center[0]), dy = __dsub_rn(r[1], center[1]), dz = __dsub_rn(r[2], center[2]);
    return __dsqrt_rn(__dadd_rn(__dadd_rn(__dmul_rn(dx, dx), __dmul_rn(dy, dy)), __dmul_rn(dz, dz)));
}

__device__ double table_value(const bader_spheres &spheres, int species, double r)
{
    const double x = __dmul_rn(r, spheres.per_bohr);
    const int i = static_cast<int>(x);
    const float w = static_cast<float>(__dsub_rn(x, i));
    const float *table = spheres.table_d + static_cast<size_t>(species) * spheres.n_point;
    return __fadd_rn(table[i], __fmul_rn(w, __fsub_rn(table[i + 1], table[i])));
}

/* One block per tile, one thread per point. The spheres that may touch the tile are found 256 at a time, kept in their order, and added
 * by every thread. */
__global__ void __launch_bounds__(BADER_BLOCK) reference_kernel(bader_grid grid, bader_spheres spheres, double reach_of_tile,
                                                                const double *valence, float *reference)
{
    __shared__ int near[BADER_BLOCK];
    __shared__ int warp_count[BADER_BLOCK / 32];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    const int i0 = blockIdx.z * TILE_I, j0 = blockIdx.y * TILE_J, k0 = blockIdx.x * TILE_K;
    const int i = i0 + warp / TILE_J, j = j0 + warp % TILE_J, k = k0 + lane;
    const bool inside = i < grid.n[0] && j < grid.n[1] && k < grid.n[2];
    double r[3], middle[3];
    point_position(grid, i, j, k, r);
    point_position(grid, i0 + TILE_I / 2, j0 + TILE_J / 2, k0 + TILE_K / 2, middle);
    const size_t q = (static_cast<size_t>(i) * grid.n[1] + j) * grid.n[2] + k;
    double sum = inside ? valence[q] : 0;
#pragma unroll 1
    for (int first = 0; first < spheres.n; first += BADER_BLOCK) {
        const int own = first + threadIdx.x;
        const bool take = own < spheres.n && distance_of(spheres.center_d + 3 * static_cast<size_t>(own), middle) < reach_of_tile;
        const unsigned votes = __ballot_sync(~0u, take);
        if (lane == 0)
            warp_count[warp] = __popc(votes);
        __syncthreads();
        int before = 0, n = 0;
        for (int w = 0; w < BADER_BLOCK / 32; w++) {
            before += w < warp ? warp_count[w] : 0;
            n += warp_count[w];
        }
        if (take)
            near[before + __popc(votes & ((1u << lane) - 1))] = own;
        __syncthreads();
#pragma unroll 1
        for (int x = 0; x < n && inside; x++) {
            const int sphere = near[x];
            const double distance = distance_of(spheres.center_d + 3 * static_cast<size_t>(sphere), r);
            if (distance < spheres.reach)
                sum = __dadd_rn(sum, table_value(spheres, spheres.species_d[sphere], distance));
        }
        __syncthreads();
    }
    if (inside)
        reference[q] = static_cast<float>(sum);
}

/* One thread per point: those that are their own maximum, in any order. */
__global__ void __launch_bounds__(BADER_BLOCK) maxima_kernel(int n, const int *maximum, int capacity, int *point, int *count)
{
    const int q = blockIdx.x * BADER_BLOCK + threadIdx.x;
    if (q >= n || maximum[q] != q)
        return;
    const int at = atomicAdd(count, 1);
    if (at < capacity)
        point[at] = q;
}

/* Place of a maximum in the ascending list. */
__device__ int rank_of(const int *point, int n, int maximum)
{
    int low = 0, high = n - 1;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (point[middle] < maximum)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

__device__ void add(long long *sum, long long value)
{
    atomicAdd(reinterpret_cast<unsigned long long *>(sum), static_cast<unsigned long long>(value));
}

/* One thread per point; a warp that lies in one basin adds once. Integers: any order gives the same sum. */
__global__ void __launch_bounds__(BADER_BLOCK) integrate_kernel(int n, bader_basins basins, double scale)
{
    const int q = blockIdx.x * BADER_BLOCK + threadIdx.x;
    const bool inside = q < n;
    const int maximum = basins.maximum_d[inside ? q : n - 1];
    long long charge = inside ? __double2ll_rn(__dmul_rn(basins.valence_d[q], scale)) : 0;
    const bool alike = __all_sync(~0u, maximum == __shfl_sync(~0u, maximum, 0));
    const int points = __popc(__ballot_sync(~0u, inside));
    if (alike) {
        for (int step = 16; step > 0; step /= 2)
            charge += __shfl_xor_sync(~0u, charge, step);
        if ((threadIdx.x & 31) != 0 || points == 0)
            return;
    } else if (!inside) {
        return;
    }
    const int rank = rank_of(basins.point_d, basins.n, maximum);
    add(&basins.charge_d[rank], charge);
    add(&basins.volume_d[rank], alike ? points : 1);
}

/* One thread per point: its atom. The first threads also set the distances to "none". */
__global__ void __launch_bounds__(BADER_BLOCK) name_kernel(int n, bader_surface s, int *atom)
{
    const int q = blockIdx.x * BADER_BLOCK + threadIdx.x;
    if (q < n)
        atom[q] = s.atom_d[rank_of(s.point_d, s.n_basin, s.maximum_d[q])];
    for (int a = q; a < s.n_atom; a += gridDim.x * BADER_BLOCK)
        s.distance_d[a] = 1e30;
}

/* One thread per point: those that touch another atom's lower the distance of their own. Positive doubles are ordered as their bits. */
__global__ void __launch_bounds__(BADER_BLOCK) surface_kernel(int n, bader_grid grid, bader_surface s, const int *atom)
{
    const int q = blockIdx.x * BADER_BLOCK + threadIdx.x;
    if (q >= n)
        return;
    const bader_place p = bader_at(grid, q);
    if (!bader_is_edge(grid, atom, p))
        return;
    const double at[3] = {__ddiv_rn(p.i, grid.n[0]), __ddiv_rn(p.j, grid.n[1]), __ddiv_rn(p.k, grid.n[2])};
    const double *frac = s.frac_d + 3 * static_cast<size_t>(atom[q]);
    double d[3], r[3];
    for (int a = 0; a < 3; a++) {
        d[a] = __dsub_rn(at[a], frac[a]);
        d[a] = __dsub_rn(d[a], d[a] > 0.5 ? 1.0 : d[a] < -0.5 ? -1.0 : 0.0);
    }
    for (int x = 0; x < 3; x++)
        r[x] = __dadd_rn(__dadd_rn(__dmul_rn(d[0], grid.cell[0][x]), __dmul_rn(d[1], grid.cell[1][x])), __dmul_rn(d[2], grid.cell[2][x]));
    const double square = __dadd_rn(__dadd_rn(__dmul_rn(r[0], r[0]), __dmul_rn(r[1], r[1])), __dmul_rn(r[2], r[2]));
    atomicMin(reinterpret_cast<long long *>(s.distance_d + atom[q]), __double_as_longlong(__dsqrt_rn(square)));
}

dim3 all_points(const bader_grid *grid)
{
    return dim3(blocks_for(bader_points(grid), BADER_BLOCK));
}

/* Half the sum of a tile's edges, and a little: nothing of it is farther from its middle, whatever the angles. */
double tile_radius(const bader_grid *grid)
{
    const int points[3] = {TILE_I, TILE_J, TILE_K};
    double sum = 0;
    for (int a = 0; a < 3; a++) {
        const double *v = grid->cell[a];
        sum += 0.501 * points[a] / grid->n[a] * std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    }
    return sum;
}

kd_status cuda_reference(kd_device *dev, kd_stream *s, const struct bader_grid *grid, const struct bader_spheres *spheres,
                         const double *valence_d, float *reference_d)
{
    TRY(cuda_bind(dev));
    const dim3 tiles(blocks_for(grid->n[2], TILE_K), blocks_for(grid->n[1], TILE_J), blocks_for(grid->n[0], TILE_I));
    CUDA_TRY(LAUNCH(reference_kernel, tiles, dim3(BADER_BLOCK), 0, cuda_stream(s), *grid, *spheres, spheres->reach + tile_radius(grid), valence_d,
                    reference_d));
    return KD_OK;
}

kd_status cuda_maxima(kd_device *dev, kd_stream *s, const struct bader_grid *grid, const int *maximum_d, int capacity, int *point_d,
                      int *count_d)
{
    TRY(cuda_bind(dev));
    CUDA_TRY(cudaMemsetAsync(count_d, 0, sizeof(int), cuda_stream(s)));
    CUDA_TRY(LAUNCH(maxima_kernel, all_points(grid), dim3(BADER_BLOCK), 0, cuda_stream(s), static_cast<int>(bader_points(grid)), maximum_d,
                    capacity, point_d, count_d));
    return KD_OK;
}

kd_status cuda_integrate(kd_device *dev, kd_stream *s, const struct bader_grid *grid, const struct bader_basins *basins)
{
    TRY(cuda_bind(dev));
    const size_t bytes = basins->n * sizeof(long long);
    CUDA_TRY(cudaMemsetAsync(basins->charge_d, 0, bytes, cuda_stream(s)));
    CUDA_TRY(cudaMemsetAsync(basins->volume_d, 0, bytes, cuda_stream(s)));
    CUDA_TRY(LAUNCH(integrate_kernel, all_points(grid), dim3(BADER_BLOCK), 0, cuda_stream(s), static_cast<int>(bader_points(grid)), *basins,
                    std::ldexp(1.0, basins->scale_bits)));
    return KD_OK;
}

kd_status cuda_surface(kd_device *dev, kd_stream *s, const struct bader_grid *grid, const struct bader_surface *surface)
{
    TRY(cuda_bind(dev));
    const size_t mark = kd_scratch_mark(dev);
    const int n = static_cast<int>(bader_points(grid));
    int *atom = nullptr;
    kd_status status = scratch(dev, n, &atom);
    if (status == KD_OK) {
        cudaError_t error = LAUNCH(name_kernel, all_points(grid), dim3(BADER_BLOCK), 0, cuda_stream(s), n, *surface, atom);
        if (error == cudaSuccess)
            error = LAUNCH(surface_kernel, all_points(grid), dim3(BADER_BLOCK), 0, cuda_stream(s), n, *grid, *surface, atom);
        if (error != cudaSuccess)
            status = cuda_fail(error, "surface");
    }
    kd_scratch_release(dev, mark);
    return status;
}

size_t cuda_scratch(const kd_device *dev, const struct bader_grid *grid)
{
    (void)dev;
    return cuda_bader_climb_scratch(grid); /* more than the surface needs */
}
} // namespace

extern const struct bader_ops cuda_bader_ops = {cuda_scratch, cuda_reference, cuda_bader_climb, cuda_maxima, cuda_integrate, cuda_surface};
