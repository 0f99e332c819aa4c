// SPDX-License-Identifier: BSD-3-Clause
/* pw_plane.cu - the pass over z planes: y, x, times V (or the square of the orbitals), x, y in shared memory. FP32 only.
 *
 * Real space is never in memory. Counted at 128^3 with a sphere of a quarter of the grid's diameter: 0.2 GF and 39 MB of L2 traffic
 * per transform there and back with the passes along z, against 0.44 GF and 267 MB for whole cuFFT transforms and separate kernels. */
#include "kernels/cuda/dft.cuh"
#include "kernels/cuda/pw_passes.cuh"

struct plane_memory { /* shared */
    float2 *plane; /* [rows][pitch]: the x rows near the sphere */
    float2 *gap;   /* [other rows][lines]: the other x of the lines in flight */
    float2 *root_x, *root_y;
};

static __device__ __forceinline__ plane_memory plane_parts(const pw_shape &s, float2 *shared)
{
    const int rows = s.low + s.high;
    float2 *gap = shared + rows * s.pitch, *root_x = gap + (s.n[0] - rows) * s.lines;
    return {shared, gap, root_x, root_x + s.n[0]};
}

/* Along y, a part of A numbers: {b + B a}, lane = row, so that the odd pitch has no bank conflicts. S = +1: unoccupied input is 0. */
template <int S>
static __device__ __forceinline__ void rows_outer(const pw_shape &s, const plane_memory &m)
{
    const int rows = s.low + s.high, B = s.by, n = s.n[1];
    dft_dispatch(s.ay, [&](auto size) {
        constexpr int N = decltype(size)::value;
        for (int w = threadIdx.x; w < rows * B; w += blockDim.x) {
            const int row = w % rows, b = w / rows;
            const int2 run = s.y_run_d[row];
            if (run.y == 0)
                continue;
            float2 v[N], *p = m.plane + row * s.pitch + b;
#pragma unroll
            for (int a = 0; a < N; a++) {
                v[a] = S < 0 || wrap(b + B * a - run.x, n) < run.y ? p[B * a] : make_float2(0, 0);
            }
            dft<N, S>::run(v);
#pragma unroll
            for (int k = 0; k < N; k++)
                p[B * k] = S > 0 ? twist<1>(v[k], m.root_y[b * k]) : v[k];
        }
    });
}

/* Along y, a part of B numbers: {k B + b}. */
template <int S>
static __device__ __forceinline__ void rows_inner(const pw_shape &s, const plane_memory &m)
{
    const int rows = s.low + s.high, A = s.ay;
    dft_dispatch(s.by, [&](auto size) {
        constexpr int N = decltype(size)::value;
        for (int w = threadIdx.x; w < rows * A; w += blockDim.x) {
            const int row = w % rows, k = w / rows;
            if (s.y_run_d[row].y == 0)
                continue;
            float2 v[N], *p = m.plane + row * s.pitch + k * N;
#pragma unroll
            for (int b = 0; b < N; b++)
                v[b] = p[b];
            dft<N, S>::run(v);
#pragma unroll
            for (int b = 0; b < N; b++)
                p[b] = S < 0 ? twist<-1>(v[b], m.root_y[b * k]) : v[b];
        }
    });
}

/* Along x, a part of A numbers {b + B a} of the lines from y slot q0 on, lane = slot. A position lies in the plane or in the gap; the
 * bounds between them are multiples of B, so that the choice depends on a alone. */
template <int S>
static __device__ __forceinline__ void lines_outer(const pw_shape &s, const plane_memory &m, int q0)
{
    const int ql = threadIdx.x % s.lines, q = q0 + ql, workers = blockDim.x / s.lines, B = s.bx, n = s.n[0];
    const int in_low = s.low / B, in_high = (n - s.high) / B;
    if (q >= s.n[1])
        return;
    dft_dispatch(s.ax, [&](auto size) {
        constexpr int N = decltype(size)::value;
        for (int b = threadIdx.x / s.lines; b < B; b += workers) {
            float2 *low = m.plane + b * s.pitch + q, *high = low + (s.low + s.high - n) * s.pitch, *gap = m.gap + (b - s.low) * s.lines + ql;
            float2 v[N];
#pragma unroll
            for (int a = 0; a < N; a++) {
                const int x = b + B * a;
                if (S > 0)
                    v[a] = x <= s.x_most ? low[B * a * s.pitch] : x >= n + s.x_least ? (a < in_low ? low : high)[B * a * s.pitch]
                                                                                     : make_float2(0, 0);
                else
                    v[a] = a < in_low ? low[B * a * s.pitch] : a >= in_high ? high[B * a * s.pitch] : gap[B * a * s.lines];
            }
            dft<N, S>::run(v);
#pragma unroll
            for (int k = 0; k < N; k++) {
                if (k < in_low)
                    low[B * k * s.pitch] = S > 0 ? twist<1>(v[k], m.root_x[b * k]) : v[k];
                else if (k >= in_high)
                    high[B * k * s.pitch] = S > 0 ? twist<1>(v[k], m.root_x[b * k]) : v[k];
                else if (S > 0)
                    gap[B * k * s.lines] = twist<1>(v[k], m.root_x[b * k]);
            }
        }
    });
}

/* Along x, a part of B numbers {k B + b} there (and back): at(k, q, v) is given the psi(r) of x = k + A m. */
template <bool BACK, class Points>
static __device__ __forceinline__ void lines_inner(const pw_shape &s, const plane_memory &m, int q0, Points at)
{
    const int ql = threadIdx.x % s.lines, q = q0 + ql, workers = blockDim.x / s.lines, n = s.n[0];
    if (q >= s.n[1])
        return;
    dft_dispatch(s.bx, [&](auto size) {
        constexpr int N = decltype(size)::value;
        for (int k = threadIdx.x / s.lines; k < s.ax; k += workers) {
            const int x = k * N, rows = s.low + s.high;
            const bool in_low = x < s.low, in_high = x >= n - s.high;
            float2 *p = in_low ? m.plane + x * s.pitch + q : in_high ? m.plane + (x + rows - n) * s.pitch + q
                                                                     : m.gap + (x - s.low) * s.lines + ql;
            const int stride = in_low || in_high ? s.pitch : s.lines;
            float2 v[N];
#pragma unroll
            for (int b = 0; b < N; b++)
                v[b] = p[b * stride];
            dft<N, 1>::run(v);
            at(k, q, v);
            if (!BACK)
                continue;
            dft<N, -1>::run(v);
#pragma unroll
            for (int b = 0; b < N; b++)
                p[b * stride] = twist<-1>(v[b], m.root_x[b * k]);
        }
    });
}

/* The columns of one plane, through y. */
static __device__ __forceinline__ void plane_load(const pw_shape &s, const plane_memory &m, const float2 *slab)
{
    for (int c = threadIdx.x; c < s.n_column; c += blockDim.x) {
        const unsigned at = s.place_d[c];
        m.plane[(at >> 16) * s.pitch + (at & 65535)] = slab[c];
    }
    __syncthreads();
    rows_outer<1>(s, m);
    __syncthreads();
    rows_inner<1>(s, m);
    __syncthreads();
}

/* One block: one z plane of one transform, in place. v: V / n^3 as [z][x][y slot], which lanes read in a row. */
__global__ void __launch_bounds__(512) plane_kernel(const pw_shape s, const float *v_packed, float2 *t)
{
    DYN_SHARED(float2, shared);
    const plane_memory m = plane_parts(s, shared);
    const int z = blockIdx.x, ny = s.n[1], A = s.ax;
    float2 *slab = t + (static_cast<size_t>(blockIdx.y) * s.n[2] + z) * s.ldt;
    const float *v_plane = v_packed + static_cast<size_t>(z) * s.n[0] * ny;
    load_roots(m.root_x, s.root_d[0], s.n[0]);
    load_roots(m.root_y, s.root_d[1], ny);
    plane_load(s, m, slab);
    for (int q0 = 0; q0 < ny; q0 += s.lines) {
        lines_outer<1>(s, m, q0);
        __syncthreads();
        lines_inner<true>(s, m, q0, [&](int k, int q, auto &v) {
            const float *at = v_plane + k * ny + q;
#pragma unroll
            for (int i = 0; i < static_cast<int>(sizeof(v) / sizeof(float2)); i++)
                v[i] = times(at[A * i * ny], v[i]);
        });
        __syncthreads();
        lines_outer<-1>(s, m, q0);
        __syncthreads(); /* the gap is free again */
    }
    rows_inner<-1>(s, m);
    __syncthreads();
    rows_outer<-1>(s, m);
    __syncthreads();
    for (int c = threadIdx.x; c < s.n_column; c += blockDim.x) {
        const unsigned at = s.place_d[c];
        slab[c] = m.plane[(at >> 16) * s.pitch + (at & 65535)];
    }
}

/* exp(i 2k.r), which turns (a + i b) exp(-ik.r) into the two real orbitals of a pair. */
static __device__ __forceinline__ float2 pair_phase(const pw_shape &s, float2 phase_z, int x, int q)
{
    return twist<1>(twist<1>(s.phase_d[0][x], s.phase_d[1][q]), phase_z);
}

/* One block: one z plane of one slice of transforms; every thread adds to points of its own. */
__global__ void __launch_bounds__(512) density_kernel(const pw_shape s, const pw_slices d, const float2 *t)
{
    DYN_SHARED(float2, shared);
    const plane_memory m = plane_parts(s, shared);
    const int z = blockIdx.x, ny = s.n[1], A = s.ax;
    float *sum = d.part + (static_cast<size_t>(blockIdx.y) * s.n[2] + z) * s.n[0] * ny;
    load_roots(m.root_x, s.root_d[0], s.n[0]);
    load_roots(m.root_y, s.root_d[1], ny);
    const int first = blockIdx.y * d.per_slice;
    for (int f = first; f < d.n_fft && f < first + d.per_slice; f++) {
        const float2 weight = d.weight[f];
        plane_load(s, m, t + (static_cast<size_t>(f) * s.n[2] + z) * s.ldt);
        for (int q0 = 0; q0 < ny; q0 += s.lines) {
            lines_outer<1>(s, m, q0);
            __syncthreads();
            lines_inner<false>(s, m, q0, [&](int k, int q, auto &v) {
                float *at = sum + k * ny + q;
#pragma unroll
                for (int i = 0; i < static_cast<int>(sizeof(v) / sizeof(float2)); i++) {
                    const float re2 = v[i].x * v[i].x, im2 = v[i].y * v[i].y;
                    float add = weight.x * (re2 + im2);
                    if (weight.y != 0) {
                        const float2 p = pair_phase(s, s.phase_d[2][z], k + A * i, q);
                        add += weight.y * (p.x * (re2 - im2) - p.y * 2 * v[i].x * v[i].y);
                    }
                    at[A * i * ny] = f == first ? add : at[A * i * ny] + add;
                }
            });
            __syncthreads();
        }
    }
}

/* ---- launches ---- */

cudaError_t pw_launch_plane(const struct pw_basis *b, const float *v, int n_fft, float2 *t, cudaStream_t s)
{
    return LAUNCH(plane_kernel, dim3(b->n[2], n_fft), dim3(b->threads), b->plane_bytes, s, b->shape, v, t);
}

cudaError_t pw_launch_density(const struct pw_basis *b, struct pw_slices d, const float2 *t, cudaStream_t s)
{
    const dim3 grid(b->n[2], (d.n_fft + d.per_slice - 1) / d.per_slice);
    return LAUNCH(density_kernel, grid, dim3(b->threads), b->plane_bytes, s, b->shape, d, t);
}

template <class Kernel>
static cudaError_t allow(Kernel *kernel, size_t bytes)
{
    return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes));
}

cudaError_t pw_allow_shared()
{
    const cudaError_t error = allow(plane_kernel, PW_MOST_SHARED);
    return error == cudaSuccess ? allow(density_kernel, PW_MOST_SHARED) : error;
}
