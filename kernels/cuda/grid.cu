// SPDX-License-Identifier: BSD-3-Clause
/* grid.cu - the dense grid: index tables, cuFFT plans, transforms between the sphere and the grid, symmetrisation.
 *
 * Transforms are real to half-complex, FP64. The work areas come from the scratch arena, so that a transform allocates nothing. */
#include "kernels/cuda/grid.cuh"

#include <cstdlib>
#include <cstring>

/* ---- set-up ---- */

static int wrapped(int m, int n)
{
    return m < 0 ? m + n : m;
}

static int place(const struct grid *grid, int x, int y, int z)
{
    return (wrapped(x, grid->n[0]) * grid->n[1] + wrapped(y, grid->n[1])) * (grid->n[2] / 2 + 1) + z;
}

static kd_status tables(struct grid *grid, const struct grid_spec *spec)
{
    const size_t count = spec->n_g;
    kd_device *dev = grid->dev;
    TRY(device_array(dev, count, &grid->place_d));
    TRY(device_array(dev, 3 * count, &grid->g_d));
    TRY(dev->ops->upload(dev, dev->stream, grid->g_d, spec->g, 3 * count * sizeof(double)));
    int2 *at = static_cast<int2 *>(malloc(count * sizeof *at));
    if (!at)
        FAIL(KD_ENOMEM, "grid: no host memory");
    kd_status status = KD_OK;
    for (size_t i = 0; i < count && status == KD_OK; i++) {
        const int *m = spec->miller[i];
        for (int a = 0; a < 3; a++)
            if (2 * abs(m[a]) >= spec->n[a])
                status = kd_fail(KD_EINTERNAL, "grid: component %d of G %zu is %d, too large for %d points", a, i, m[a], spec->n[a]);
        const int sign = m[2] < 0 ? -1 : 1, there = place(grid, sign * m[0], sign * m[1], sign * m[2]);
        at[i].x = sign < 0 ? ~there : there;
        at[i].y = m[2] == 0 && i > 0 ? place(grid, -m[0], -m[1], 0) : -1;
    }
    if (status == KD_OK)
        status = dev->ops->upload(dev, dev->stream, grid->place_d, at, count * sizeof *at);
    free(at);
    return status;
}

static kd_status plan(const int n[3], cufftType type, cufftHandle *handle, size_t *work_bytes)
{
    size_t bytes;
    FFT_TRY(cufftCreate(handle));
    FFT_TRY(cufftSetAutoAllocation(*handle, 0));
    FFT_TRY(cufftMakePlan3d(*handle, n[0], n[1], n[2], type, &bytes));
    *work_bytes = bytes > *work_bytes ? bytes : *work_bytes;
    return KD_OK;
}

static void destroy(kd_device *dev, struct grid *grid)
{
    if (!grid)
        return;
    (void)cudaSetDevice(dev->index);
    kd_free(dev, grid->place_d);
    kd_free(dev, grid->g_d);
    if (grid->to_g)
        (void)cufftDestroy(grid->to_g);
    if (grid->to_r)
        (void)cufftDestroy(grid->to_r);
    free(grid);
}

static kd_status make(struct grid *grid, const struct grid_spec *spec)
{
    TRY(cuda_bind(grid->dev));
    for (int a = 0; a < 3; a++)
        if (!cuda_fft_length(spec->n[a]))
            FAIL(KD_EINPUT, "grid: %d points along a%d, expected factors 2, 3, 5, 7", spec->n[a], a + 1);
    TRY(plan(spec->n, CUFFT_D2Z, &grid->to_g, &grid->work_bytes));
    TRY(plan(spec->n, CUFFT_Z2D, &grid->to_r, &grid->work_bytes));
    return tables(grid, spec);
}

static kd_status create(kd_device *dev, const struct grid_spec *spec, struct grid **out)
{
    struct grid *grid = static_cast<struct grid *>(calloc(1, sizeof *grid));
    if (!grid)
        FAIL(KD_ENOMEM, "grid: no host memory");
    grid->dev = dev;
    memcpy(grid->n, spec->n, sizeof grid->n);
    grid->n_g = spec->n_g;
    grid->volume = spec->volume;
    grid->n_point = static_cast<size_t>(spec->n[0]) * spec->n[1] * spec->n[2];
    grid->n_half = static_cast<size_t>(spec->n[0]) * spec->n[1] * (spec->n[2] / 2 + 1);
    const kd_status status = make(grid, spec);
    if (status == KD_OK)
        *out = grid;
    else
        destroy(dev, grid);
    return status;
}

static size_t grid_scratch(const kd_device *, const struct grid *grid)
{
    return kd_scratch_round(grid->n_half * 16) + kd_scratch_round(grid->work_bytes) + cuda_grid_potential_scratch(grid);
}

/* ---- transforms ---- */

/* One G per thread: its one or two places of the half-complex array, which is 0 elsewhere. */
__global__ void __launch_bounds__(256) scatter_kernel(int n_g, const int2 *place, const double *g, struct grid_source source, double2 *half)
{
    const int i = blockIdx.x * 256 + threadIdx.x;
    if (i >= n_g)
        return;
    double2 f = source.f[i];
    if (source.more) {
        f.x += source.more[i].x;
        f.y += source.more[i].y;
    }
    if (source.axis >= 0) {
        const double q = g[3 * static_cast<size_t>(i) + source.axis];
        f = make_double2(-q * f.y, q * f.x);
    }
    const int2 at = place[i];
    const double2 conjugate = make_double2(f.x, -f.y);
    half[at.x < 0 ? ~at.x : at.x] = at.x < 0 ? conjugate : f;
    if (at.y >= 0)
        half[at.y] = at.x < 0 ? f : conjugate;
}

/* One G per thread: f = half / N, or f += i G_axis half / N. */
__global__ void __launch_bounds__(256) gather_kernel(int n_g, const int2 *place, const double *g, const double2 *half, double scale,
                                                     int axis, double2 *f)
{
    const int i = blockIdx.x * 256 + threadIdx.x;
    if (i >= n_g)
        return;
    const int at = place[i].x;
    const double2 h = half[at < 0 ? ~at : at];
    const double re = scale * h.x, im = at < 0 ? -scale * h.y : scale * h.y;
    if (axis < 0) {
        f[i] = make_double2(re, im);
        return;
    }
    const double q = g[3 * static_cast<size_t>(i) + axis];
    f[i].x -= q * im;
    f[i].y += q * re;
}

static kd_status ready(cufftHandle handle, kd_stream *s, void *work)
{
    FFT_TRY(cufftSetStream(handle, cuda_stream(s)));
    FFT_TRY(cufftSetWorkArea(handle, work));
    return KD_OK;
}

kd_status cuda_grid_to_r(kd_stream *s, const struct grid *grid, struct grid_source source, double2 *half, void *work, double *r_d)
{
    CUDA_TRY(cudaMemsetAsync(half, 0, grid->n_half * sizeof *half, cuda_stream(s)));
    CUDA_TRY(LAUNCH(scatter_kernel, dim3(blocks_for(grid->n_g, 256)), dim3(256), 0, cuda_stream(s), grid->n_g, grid->place_d, grid->g_d,
                    source, half));
    TRY(ready(grid->to_r, s, work));
    FFT_TRY(cufftExecZ2D(grid->to_r, reinterpret_cast<cufftDoubleComplex *>(half), r_d));
    return KD_OK;
}

kd_status cuda_grid_to_g(kd_stream *s, const struct grid *grid, const double *r_d, int axis, double2 *half, void *work, double2 *f)
{
    TRY(ready(grid->to_g, s, work));
    FFT_TRY(cufftExecD2Z(grid->to_g, const_cast<double *>(r_d), reinterpret_cast<cufftDoubleComplex *>(half))); /* keeps its input */
    CUDA_TRY(LAUNCH(gather_kernel, dim3(blocks_for(grid->n_g, 256)), dim3(256), 0, cuda_stream(s), grid->n_g, grid->place_d, grid->g_d,
                    half, 1.0 / static_cast<double>(grid->n_point), axis, f));
    return KD_OK;
}

static kd_status take(kd_device *dev, const struct grid *grid, double2 **half, unsigned char **work)
{
    TRY(cuda_bind(dev));
    TRY(scratch(dev, grid->n_half, half));
    return scratch(dev, grid->work_bytes, work);
}

static kd_status forward(kd_device *dev, kd_stream *s, const struct grid *grid, const double *r_d, double *g_d)
{
    const size_t mark = kd_scratch_mark(dev);
    double2 *half;
    unsigned char *work;
    TRY(take(dev, grid, &half, &work));
    const kd_status status = cuda_grid_to_g(s, grid, r_d, -1, half, work, reinterpret_cast<double2 *>(g_d));
    kd_scratch_release(dev, mark);
    return status;
}

static kd_status backward(kd_device *dev, kd_stream *s, const struct grid *grid, const double *g_d, double *r_d)
{
    const size_t mark = kd_scratch_mark(dev);
    const struct grid_source source = {reinterpret_cast<const double2 *>(g_d), nullptr, -1};
    double2 *half;
    unsigned char *work;
    TRY(take(dev, grid, &half, &work));
    const kd_status status = cuda_grid_to_r(s, grid, source, half, work, r_d);
    kd_scratch_release(dev, mark);
    return status;
}

/* ---- symmetry ---- */

/* One orbit per thread: its mean, in the order of the list, to all its places. Orbits share no place. A supercell has few long orbits,
 * a primitive cell many short ones; either is read and written once, against n_op reads of every point. */
__global__ void __launch_bounds__(256) symmetrize_kernel(int n_orbit, const int *first, const int *place, double *rho)
{
    const int i = static_cast<int>(blockIdx.x * 256 + threadIdx.x);
    if (i >= n_orbit)
        return;
    double sum = 0;
    for (int p = first[i]; p < first[i + 1]; p++)
        sum += rho[place[p]];
    sum /= first[i + 1] - first[i];
    for (int p = first[i]; p < first[i + 1]; p++)
        rho[place[p]] = sum;
}

static kd_status symmetrize(kd_device *dev, kd_stream *s, const struct grid *grid, int n_orbit, const int *first_d, const int *place_d,
                            double *rho_d)
{
    (void)grid;
    TRY(cuda_bind(dev));
    CUDA_TRY(LAUNCH(symmetrize_kernel, dim3(blocks_for(static_cast<size_t>(n_orbit), 256)), dim3(256), 0, cuda_stream(s), n_orbit, first_d,
                    place_d, rho_d));
    return KD_OK;
}

const struct grid_ops cuda_grid_ops = {
    create, destroy, grid_scratch, forward, backward, cuda_grid_potential, symmetrize,
};
