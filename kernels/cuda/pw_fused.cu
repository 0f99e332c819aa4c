// SPDX-License-Identifier: BSD-3-Clause
/* pw_fused.cu - the fused passes over a block, in batches whose columns stay in the L2; the potential's packed order. */
#include "kernels/cuda/dft.cuh"
#include "kernels/cuda/pw_passes.cuh"

/* Columns of a batch beside a potential: 40 of an RTX 4090's 72 MB. Slices of a density: 32 transforms in FP32 at most. */
static constexpr size_t BATCH_BYTES = 40 << 20, SLICE_BYTES = 64 << 20;
enum { PER_SLICE = 16 };

static size_t fft_bytes(const struct pw_basis *b)
{
    return static_cast<size_t>(b->n[2]) * b->shape.ldt * sizeof(float2);
}

static int most(size_t room, size_t each, int n)
{
    const size_t fit = room / each;
    return fit < 1 ? 1 : fit > static_cast<size_t>(n) ? n : static_cast<int>(fit);
}

static int batch_of(const struct pw_basis *b, int n_fft)
{
    return most(BATCH_BYTES, fft_bytes(b), n_fft);
}

/* Transforms of a density's batch: whole slices. */
static int density_batch(const struct pw_basis *b, int n_fft)
{
    const int slices = (n_fft + PER_SLICE - 1) / PER_SLICE, fit = most(SLICE_BYTES, b->n_point * sizeof(float), slices);
    return fit * PER_SLICE < n_fft ? fit * PER_SLICE : n_fft;
}

size_t cuda_fused_scratch(const struct pw_basis *b, int n_vec)
{
    const int n_fft = pw_n_fft(b, n_vec);
    if (n_fft == 0)
        return 0;
    const int batch = density_batch(b, n_fft), slices = (batch + PER_SLICE - 1) / PER_SLICE;
    const size_t density = kd_scratch_round(batch * fft_bytes(b)) + kd_scratch_round(slices * b->n_point * sizeof(float)) +
                           kd_scratch_round(n_fft * sizeof(float2));
    const size_t local = kd_scratch_round(batch_of(b, n_fft) * fft_bytes(b));
    return density > local ? density : local;
}

/* Orbitals of transforms first .. of a block. */
static struct pw_orbitals orbitals(const struct pw_basis *b, const struct la_block *psi, const struct la_block *hpsi, int first)
{
    const int per = b->real ? 2 : 1;
    return {static_cast<const float2 *>(pw_vector(psi, first * per)), hpsi ? static_cast<float2 *>(pw_vector(hpsi, first * per)) : nullptr,
            psi->ld / (b->real ? 2 : 1), psi->n_vec - first * per};
}

static kd_status local(kd_device *dev, kd_stream *s, const struct pw_basis *b, const float *v_d, const struct la_block *psi,
                       const struct la_block *hpsi)
{
    const int n_fft = pw_n_fft(b, psi->n_vec), batch = batch_of(b, n_fft);
    float2 *t;
    TRY(cuda_bind(dev));
    TRY(scratch(dev, batch * fft_bytes(b) / sizeof(float2), &t));
    for (int first = 0; first < n_fft; first += batch) {
        const int count = n_fft - first < batch ? n_fft - first : batch;
        const struct pw_orbitals o = orbitals(b, psi, hpsi, first);
        CUDA_TRY(pw_launch_columns(b, o, count, t, cuda_stream(s)));
        CUDA_TRY(pw_launch_plane(b, v_d, count, t, cuda_stream(s)));
        CUDA_TRY(pw_launch_sphere(b, o, count, t, cuda_stream(s)));
    }
    return KD_OK;
}

kd_status cuda_local_fused(kd_device *dev, kd_stream *s, const struct pw_basis *b, const float *v_d, const struct la_block *psi,
                           const struct la_block *hpsi)
{
    const size_t mark = kd_scratch_mark(dev);
    const kd_status status = psi->n_vec ? local(dev, s, b, v_d, psi, hpsi) : KD_OK;
    kd_scratch_release(dev, mark);
    return status;
}

/* ---- order of the plane pass ---- */

struct grid_shape {
    int nx, ny, nz, ay, by;
};

/* Place of point p of [x][y][z] in [z][x][y slot]. */
static __device__ __forceinline__ size_t packed_place(grid_shape g, size_t p)
{
    const int z = static_cast<int>(p % g.nz), y = static_cast<int>(p / g.nz % g.ny), x = static_cast<int>(p / g.nz / g.ny);
    const int slot = y % g.ay * g.by + y / g.ay;
    return (static_cast<size_t>(z) * g.nx + x) * g.ny + slot;
}

/* One point per thread: V / n^3 in the order and precision of the plane pass. */
__global__ void __launch_bounds__(256) pack_kernel(grid_shape g, size_t n_point, const double *v, float *packed)
{
    const size_t p = static_cast<size_t>(blockIdx.x) * 256 + threadIdx.x;
    if (p < n_point)
        packed[packed_place(g, p)] = static_cast<float>(v[p] / static_cast<double>(n_point));
}

/* One point per thread: the slices of a batch, in order, onto rho. */
__global__ void __launch_bounds__(256) unpack_kernel(grid_shape g, size_t n_point, int n_slice, const float *part, double *rho)
{
    const size_t p = static_cast<size_t>(blockIdx.x) * 256 + threadIdx.x;
    if (p >= n_point)
        return;
    double sum = 0;
    for (int i = 0; i < n_slice; i++)
        sum += static_cast<double>(part[i * n_point + packed_place(g, p)]);
    rho[p] += sum;
}

static grid_shape shape_of(const struct pw_basis *b)
{
    return {b->n[0], b->n[1], b->n[2], b->shape.ay, b->shape.by};
}

kd_status cuda_pack_fused(kd_stream *s, const struct pw_basis *b, const double *v_d, float *packed_d)
{
    CUDA_TRY(LAUNCH(pack_kernel, dim3(blocks_for(b->n_point, 256)), dim3(256), 0, cuda_stream(s), shape_of(b), b->n_point, v_d, packed_d));
    return KD_OK;
}

/* ---- density ---- */

/* One transform per thread: sum and difference of its occupations, halved; real orbitals travel times sqrt(2). */
__global__ void __launch_bounds__(256) weight_kernel(int n_fft, int n_vec, bool real, double inverse_volume, const double *occ, float2 *weight)
{
    const int f = blockIdx.x * 256 + threadIdx.x;
    if (f >= n_fft)
        return;
    if (!real) {
        weight[f] = make_float2(static_cast<float>(occ[f] * inverse_volume), 0);
        return;
    }
    const double a = occ[2 * f], b = 2 * f + 1 < n_vec ? occ[2 * f + 1] : a; /* a missing partner is 0: any weight will do */
    const double quarter = 0.25 * inverse_volume;
    weight[f] = make_float2(static_cast<float>(quarter * (a + b)), static_cast<float>(quarter * (a - b)));
}

static kd_status density(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *psi, const double *occ_d, double *rho_d)
{
    const int n_fft = pw_n_fft(b, psi->n_vec), batch = density_batch(b, n_fft);
    float2 *t, *weight;
    float *part;
    TRY(cuda_bind(dev));
    TRY(scratch(dev, batch * fft_bytes(b) / sizeof(float2), &t));
    TRY(scratch(dev, (batch + PER_SLICE - 1) / PER_SLICE * b->n_point, &part));
    TRY(scratch(dev, static_cast<size_t>(n_fft), &weight));
    CUDA_TRY(LAUNCH(weight_kernel, dim3(blocks_for(n_fft, 256)), dim3(256), 0, cuda_stream(s), n_fft, psi->n_vec, b->real, 1 / b->volume,
                    occ_d, weight));
    for (int first = 0; first < n_fft; first += batch) {
        const int count = n_fft - first < batch ? n_fft - first : batch;
        CUDA_TRY(pw_launch_columns(b, orbitals(b, psi, nullptr, first), count, t, cuda_stream(s)));
        CUDA_TRY(pw_launch_density(b, {count, PER_SLICE, weight + first, part}, t, cuda_stream(s)));
        CUDA_TRY(LAUNCH(unpack_kernel, dim3(blocks_for(b->n_point, 256)), dim3(256), 0, cuda_stream(s), shape_of(b), b->n_point,
                        (count + PER_SLICE - 1) / PER_SLICE, part, rho_d));
    }
    return KD_OK;
}

kd_status cuda_density_fused(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *psi, const double *occ_d,
                             double *rho_d)
{
    const size_t mark = kd_scratch_mark(dev);
    const kd_status status = psi->n_vec ? density(dev, s, b, psi, occ_d, rho_d) : KD_OK;
    kd_scratch_release(dev, mark);
    return status;
}
