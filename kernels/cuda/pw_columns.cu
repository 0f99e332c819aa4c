// SPDX-License-Identifier: BSD-3-Clause
/* pw_columns.cu - the passes along z: from the sphere to columns, and back with the kinetic energy. FP32 only.
 *
 * Padding columns are 0: they are transformed too. */
#include "kernels/cuda/dft.cuh"
#include "kernels/cuda/pw_passes.cuh"

enum { PAD = PW_TILE + 1, THREADS = 128, WORKERS = THREADS / PW_TILE };

/* ---- columns ---- */

/* The number at z of a column, of one complex orbital or of a + i b for two real ones. */
template <bool REAL>
static __device__ __forceinline__ float2 column_value(const pw_shape &s, const pw_column &k, int z, const float2 *a, const float2 *b)
{
    const int n = s.n[2], d = wrap(z - k.z0, n);
    if (d < k.len) {
        float2 v = a[k.src + d];
        if (!REAL)
            return v;
        if (b) {
            const float2 w = b[k.src + d];
            v = make_float2(v.x - w.y, v.y + w.x);
        }
        return k.src + d == s.self ? times(1.41421356237309505f, v) : v;
    }
    const int m = wrap(z - k.mz0, n);
    if (!REAL || m >= k.mlen)
        return make_float2(0, 0);
    const int at = k.msrc + k.mlen - 1 - m; /* conj(a) + i conj(b) */
    const float2 v = a[at], w = b ? b[at] : make_float2(0, 0);
    return make_float2(v.x + w.y, w.x - v.y);
}

/* One block: PW_TILE columns of one transform. Runs are read along z, coalesced; the result goes out as [z][PW_TILE columns],
 * 128-byte segments, so that a plane finds its numbers in one piece. */
template <bool REAL>
__global__ void __launch_bounds__(THREADS) columns_kernel(const pw_shape s, const pw_orbitals o, float2 *t)
{
    DYN_SHARED(float2, x);
    const int n = s.n[2], A = s.az, B = s.bz;
    float2 *root = x + n * PAD;
    const int tid = threadIdx.x, first = blockIdx.x * PW_TILE, fft = blockIdx.y, l = tid % PW_TILE;
    const float2 *a = o.x + static_cast<size_t>(REAL ? 2 * fft : fft) * o.ld;
    const float2 *b = REAL && 2 * fft + 1 < o.n_vec ? a + o.ld : nullptr;
    load_roots(root, s.root_d[2], n);
    for (int j = tid / 32; j < PW_TILE; j += THREADS / 32) {
        pw_column k = {0, 0, 0, 0, 0, 0};
        if (first + j < s.n_column)
            k = s.column_d[first + j];
        for (int z = tid % 32; z < n; z += 32)
            x[z * PAD + j] = column_value<REAL>(s, k, z, a, b);
    }
    __syncthreads();
    dft_dispatch(A, [&](auto size) {
        constexpr int N = decltype(size)::value;
        for (int w = tid / PW_TILE; w < B; w += WORKERS) {
            float2 v[N];
#pragma unroll
            for (int i = 0; i < N; i++)
                v[i] = x[(w + B * i) * PAD + l];
            dft<N, 1>::run(v);
#pragma unroll
            for (int k = 0; k < N; k++)
                x[(w + B * k) * PAD + l] = twist<1>(v[k], root[w * k]);
        }
    });
    __syncthreads();
    float2 *out = t + static_cast<size_t>(fft) * n * s.ldt + first + l;
    dft_dispatch(B, [&](auto size) {
        constexpr int N = decltype(size)::value;
        for (int k = tid / PW_TILE; k < A; k += WORKERS) {
            float2 v[N];
#pragma unroll
            for (int i = 0; i < N; i++)
                v[i] = x[(k * N + i) * PAD + l];
            dft<N, 1>::run(v);
#pragma unroll
            for (int m = 0; m < N; m++)
                out[static_cast<size_t>(k + A * m) * s.ldt] = v[m];
        }
    });
}

/* ---- sphere ---- */

/* y = V x + kinetic x at one plane wave, from the transformed numbers at it and at its partner. */
template <bool REAL>
static __device__ __forceinline__ void store_wave(const pw_shape &s, const pw_orbitals &o, int fft, int g, float2 c, float2 partner)
{
    const float kinetic = s.kinetic_d[g];
    const size_t at = static_cast<size_t>(REAL ? 2 * fft : fft) * o.ld + g;
    if (!REAL) {
        o.y[at] = madd(c, kinetic, o.x[at]);
        return;
    }
    const float half = g == s.self ? 0.353553390593273762f : 0.5f;
    o.y[at] = madd(times(half, make_float2(c.x + partner.x, c.y - partner.y)), kinetic, o.x[at]);
    if (2 * fft + 1 < o.n_vec)
        o.y[at + o.ld] = madd(times(half, make_float2(c.y + partner.y, partner.x - c.x)), kinetic, o.x[at + o.ld]);
}

/* One block: PW_TILE stored columns, or half as many and their partners. Back along z, then run by run to the sphere. */
template <bool REAL>
__global__ void __launch_bounds__(THREADS) sphere_kernel(const pw_shape s, const pw_orbitals o, const float2 *t)
{
    DYN_SHARED(float2, x);
    constexpr int RUNS = REAL ? PW_TILE / 2 : PW_TILE;
    const int n = s.n[2], A = s.az, B = s.bz;
    float2 *root = x + n * PAD;
    const int tid = threadIdx.x, l = tid % PW_TILE, fft = blockIdx.y, first = blockIdx.x * RUNS, run = first + l % RUNS;
    const int column = run >= s.n_run ? 0 : l >= RUNS ? s.run_d[run].partner : s.run_d[run].col;
    const float2 *in = t + static_cast<size_t>(fft) * n * s.ldt + column;
    load_roots(root, s.root_d[2], n);
    __syncthreads();
    dft_dispatch(A, [&](auto size) {
        constexpr int N = decltype(size)::value;
        for (int b = tid / PW_TILE; b < B; b += WORKERS) {
            float2 v[N];
#pragma unroll
            for (int a = 0; a < N; a++)
                v[a] = in[static_cast<size_t>(b + B * a) * s.ldt];
            dft<N, -1>::run(v);
#pragma unroll
            for (int k = 0; k < N; k++)
                x[(b + B * k) * PAD + l] = twist<-1>(v[k], root[b * k]);
        }
    });
    __syncthreads();
    dft_dispatch(B, [&](auto size) {
        constexpr int N = decltype(size)::value;
        float2 v[2][N]; /* in place: all are read before any is written; A <= 2 WORKERS */
#pragma unroll
        for (int i = 0; i < 2; i++) {
            const int k = tid / PW_TILE + WORKERS * i;
            if (k >= A)
                continue;
#pragma unroll
            for (int b = 0; b < N; b++)
                v[i][b] = x[(k * N + b) * PAD + l];
            dft<N, -1>::run(v[i]);
        }
        __syncthreads();
#pragma unroll
        for (int i = 0; i < 2; i++) {
            const int k = tid / PW_TILE + WORKERS * i;
            if (k >= A)
                continue;
#pragma unroll
            for (int m = 0; m < N; m++)
                x[(k + A * m) * PAD + l] = v[i][m];
        }
    });
    __syncthreads();
    for (int j = tid / 32; j < RUNS && first + j < s.n_run; j += THREADS / 32) {
        const pw_run k = s.run_d[first + j];
        for (int i = tid % 32; i < k.len; i += 32) {
            const int z = k.z0 + i < n ? k.z0 + i : k.z0 + i - n;
            const int back = wrap(wrap(-z - s.twice_kz, n), n);
            store_wave<REAL>(s, o, fft, k.src + i, x[z * PAD + j], REAL ? x[back * PAD + RUNS + j] : make_float2(0, 0));
        }
    }
}

/* ---- launches ---- */

/* Of the columns pass and of the sphere pass. */
static size_t column_bytes(const pw_shape &s)
{
    return (static_cast<size_t>(s.n[2]) * PAD + s.n[2]) * sizeof(float2);
}

cudaError_t pw_launch_columns(const struct pw_basis *b, struct pw_orbitals o, int n_fft, float2 *t, cudaStream_t s)
{
    const dim3 grid(b->shape.ldt / PW_TILE, n_fft), block(THREADS);
    return b->real ? LAUNCH(columns_kernel<true>, grid, block, column_bytes(b->shape), s, b->shape, o, t)
                   : LAUNCH(columns_kernel<false>, grid, block, column_bytes(b->shape), s, b->shape, o, t);
}

cudaError_t pw_launch_sphere(const struct pw_basis *b, struct pw_orbitals o, int n_fft, const float2 *t, cudaStream_t s)
{
    const int runs = b->real ? PW_TILE / 2 : PW_TILE;
    const dim3 grid((b->shape.n_run + runs - 1) / runs, n_fft), block(THREADS);
    return b->real ? LAUNCH(sphere_kernel<true>, grid, block, column_bytes(b->shape), s, b->shape, o, t)
                   : LAUNCH(sphere_kernel<false>, grid, block, column_bytes(b->shape), s, b->shape, o, t);
}
