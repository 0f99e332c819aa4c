// SPDX-License-Identifier: BSD-3-Clause
/* pw_cufft.cu - local part of H and the density by whole cuFFT transforms: any grid and precision, and the twin of the fused passes.
 *
 * Real orbitals travel in pairs: F = a + i b has F(G) = c_a + i c_b and, at the partner of G, conj(c_a) + i conj(c_b). */
#include "kernels/cuda/pw.cuh"

static constexpr size_t BATCH_BYTES = 256 << 20;
enum { MOST_BATCH = 8 };

template <class T>
struct vec2;
template <>
struct vec2<float> {
    using type = float2;
};
template <>
struct vec2<double> {
    using type = double2;
};

struct wave_tables {
    int n_pw, self;
    const int *index, *mirror; /* mirror NULL: complex orbitals */
    const double *kinetic;
    size_t n_point;
};

static wave_tables tables_of(const struct pw_basis *b)
{
    return {b->n_pw, b->self, b->index_d, b->real ? b->mirror_d : nullptr, b->kinetic_d, b->n_point};
}

template <class V>
struct wave_pairs { /* `n_vec` orbitals from x on, and what becomes of them */
    const V *x;
    V *y;
    size_t ld;
    int n_vec;
};

/* One plane wave of one transform per thread: F at it and at its partner. F is 0 elsewhere. */
template <class T, class V>
__global__ void __launch_bounds__(256) load_kernel(wave_tables w, wave_pairs<V> o, V *f)
{
    const int g = blockIdx.x * 256 + threadIdx.x, fft = blockIdx.y;
    if (g >= w.n_pw)
        return;
    V *to = f + fft * w.n_point;
    if (!w.mirror) {
        to[w.index[g]] = o.x[fft * o.ld + g];
        return;
    }
    const T scale = g == w.self ? static_cast<T>(1.41421356237309505) : 1;
    V a = o.x[2 * fft * o.ld + g], b = {0, 0};
    if (2 * fft + 1 < o.n_vec)
        b = o.x[(2 * fft + 1) * o.ld + g];
    a = {scale * a.x, scale * a.y};
    b = {scale * b.x, scale * b.y};
    to[w.index[g]] = {a.x - b.y, a.y + b.x};
    if (g != w.self)
        to[w.mirror[g]] = {a.x + b.y, b.x - a.y};
}

/* One plane wave of one transform per thread: the way back, and the kinetic energy. */
template <class T, class V>
__global__ void __launch_bounds__(256) store_kernel(wave_tables w, wave_pairs<V> o, const V *f)
{
    const int g = blockIdx.x * 256 + threadIdx.x, fft = blockIdx.y;
    if (g >= w.n_pw)
        return;
    const T inverse = static_cast<T>(1 / static_cast<double>(w.n_point)), kinetic = static_cast<T>(w.kinetic[g]);
    const V *from = f + fft * w.n_point, u = from[w.index[g]];
    if (!w.mirror) {
        const V x = o.x[fft * o.ld + g];
        o.y[fft * o.ld + g] = {inverse * u.x + kinetic * x.x, inverse * u.y + kinetic * x.y};
        return;
    }
    const V m = from[w.mirror[g]], a = o.x[2 * fft * o.ld + g];
    const T half = static_cast<T>(g == w.self ? 0.353553390593273762 : 0.5) * inverse;
    o.y[2 * fft * o.ld + g] = {half * (u.x + m.x) + kinetic * a.x, half * (u.y - m.y) + kinetic * a.y};
    if (2 * fft + 1 < o.n_vec) {
        const V b = o.x[(2 * fft + 1) * o.ld + g];
        o.y[(2 * fft + 1) * o.ld + g] = {half * (u.y + m.y) + kinetic * b.x, half * (m.x - u.x) + kinetic * b.y};
    }
}

/* One point of one transform per thread. */
template <class T, class V>
__global__ void __launch_bounds__(256) times_v_kernel(size_t n_point, const double *v, V *f)
{
    const size_t p = static_cast<size_t>(blockIdx.x) * 256 + threadIdx.x;
    if (p >= n_point)
        return;
    V *at = f + blockIdx.y * n_point + p;
    *at = {static_cast<T>(v[p]) * at->x, static_cast<T>(v[p]) * at->y};
}

struct pair_phases { /* exp(i 2k.r) along each axis; x NULL: complex orbitals */
    const double2 *x, *y, *z;
    int ny, nz;
};

/* One point per thread: the transforms of a batch, in order. |F|^2 = a^2 + b^2 and Re(F^2 exp(2ik.r)) = a^2 - b^2. */
template <class V>
__global__ void __launch_bounds__(256) square_kernel(size_t n_point, int n_fft, int n_vec, pair_phases phase, double weight, const double *occ,
                                                     const V *f, double *rho)
{
    const size_t p = static_cast<size_t>(blockIdx.x) * 256 + threadIdx.x;
    if (p >= n_point)
        return;
    double sum = 0, c = 1, s = 0;
    if (phase.x) {
        const double2 px = phase.x[p / phase.nz / phase.ny], py = phase.y[p / phase.nz % phase.ny], pz = phase.z[p % phase.nz];
        const double cxy = px.x * py.x - px.y * py.y, sxy = px.x * py.y + px.y * py.x;
        c = cxy * pz.x - sxy * pz.y;
        s = cxy * pz.y + sxy * pz.x;
    }
    for (int i = 0; i < n_fft; i++) {
        const double re = static_cast<double>(f[i * n_point + p].x), im = static_cast<double>(f[i * n_point + p].y);
        const int j = phase.x ? 2 * i : i, k = phase.x && j + 1 < n_vec ? j + 1 : j;
        sum += 0.5 * (occ[j] + occ[k]) * (re * re + im * im) + 0.5 * (occ[j] - occ[k]) * (c * (re * re - im * im) - s * 2 * re * im);
    }
    rho[p] += weight * sum;
}

kd_status cuda_cufft_create(struct pw_basis *b)
{
    const bool wide = la_is_double(b->type);
    const size_t fit = BATCH_BYTES / (b->n_point * (wide ? 16 : 8));
    const int point = static_cast<int>(b->n_point);
    b->batch = fit < 1 ? 1 : fit > MOST_BATCH ? MOST_BATCH : static_cast<int>(fit);
    FFT_TRY(cufftCreate(&b->plan));
    FFT_TRY(cufftSetAutoAllocation(b->plan, 0));
    FFT_TRY(cufftMakePlanMany(b->plan, 3, b->n, nullptr, 1, point, nullptr, 1, point, wide ? CUFFT_Z2Z : CUFFT_C2C, b->batch, &b->plan_bytes));
    return KD_OK;
}

size_t cuda_cufft_scratch(const struct pw_basis *b)
{
    return kd_scratch_round(b->batch * b->n_point * (la_is_double(b->type) ? 16 : 8)) + kd_scratch_round(b->plan_bytes);
}

static kd_status transform(const struct pw_basis *b, float2 *f, int direction)
{
    FFT_TRY(cufftExecC2C(b->plan, reinterpret_cast<cufftComplex *>(f), reinterpret_cast<cufftComplex *>(f), direction));
    return KD_OK;
}

static kd_status transform(const struct pw_basis *b, double2 *f, int direction)
{
    FFT_TRY(cufftExecZ2Z(b->plan, reinterpret_cast<cufftDoubleComplex *>(f), reinterpret_cast<cufftDoubleComplex *>(f), direction));
    return KD_OK;
}

/* The whole batch is transformed, whatever is in it. */
template <class T>
static kd_status take(kd_device *dev, kd_stream *s, const struct pw_basis *b, T **f)
{
    unsigned char *work;
    TRY(cuda_bind(dev));
    TRY(scratch(dev, b->batch * b->n_point, f));
    TRY(scratch(dev, b->plan_bytes, &work));
    FFT_TRY(cufftSetStream(b->plan, cuda_stream(s)));
    FFT_TRY(cufftSetWorkArea(b->plan, work));
    return KD_OK;
}

template <class T>
static wave_pairs<typename vec2<T>::type> pairs(const struct pw_basis *b, const struct la_block *psi, const struct la_block *hpsi, int first)
{
    using V = typename vec2<T>::type;
    const int per = b->real ? 2 : 1;
    return {static_cast<const V *>(pw_vector(psi, first * per)), hpsi ? static_cast<V *>(pw_vector(hpsi, first * per)) : nullptr,
            psi->ld / (b->real ? 2 : 1), psi->n_vec - first * per};
}

template <class T>
static kd_status to_points(kd_stream *s, const struct pw_basis *b, const wave_pairs<typename vec2<T>::type> &o, int count, typename vec2<T>::type *f)
{
    using V = typename vec2<T>::type;
    CUDA_TRY(cudaMemsetAsync(f, 0, b->batch * b->n_point * sizeof(V), cuda_stream(s)));
    CUDA_TRY(LAUNCH((load_kernel<T, V>), dim3(blocks_for(b->n_pw, 256), count), dim3(256), 0, cuda_stream(s), tables_of(b), o, f));
    return transform(b, f, CUFFT_INVERSE);
}

template <class T>
static kd_status local(kd_device *dev, kd_stream *s, const struct pw_basis *b, const double *v_d, const struct la_block *psi,
                       const struct la_block *hpsi)
{
    using V = typename vec2<T>::type;
    const int n_fft = pw_n_fft(b, psi->n_vec);
    V *f;
    TRY(take(dev, s, b, &f));
    for (int first = 0; first < n_fft; first += b->batch) {
        const int count = n_fft - first < b->batch ? n_fft - first : b->batch;
        const wave_pairs<V> o = pairs<T>(b, psi, hpsi, first);
        TRY(to_points<T>(s, b, o, count, f));
        CUDA_TRY(LAUNCH((times_v_kernel<T, V>), dim3(blocks_for(b->n_point, 256), count), dim3(256), 0, cuda_stream(s), b->n_point, v_d, f));
        TRY(transform(b, f, CUFFT_FORWARD));
        CUDA_TRY(LAUNCH((store_kernel<T, V>), dim3(blocks_for(b->n_pw, 256), count), dim3(256), 0, cuda_stream(s), tables_of(b), o, f));
    }
    return KD_OK;
}

template <class T>
static kd_status density(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *psi, const double *occ_d, double *rho_d)
{
    using V = typename vec2<T>::type;
    const int n_fft = pw_n_fft(b, psi->n_vec), per = b->real ? 2 : 1;
    const pair_phases phase = {b->real ? b->phase_d[0] : nullptr, b->phase_d[1], b->phase_d[2], b->n[1], b->n[2]};
    V *f;
    TRY(take(dev, s, b, &f));
    for (int first = 0; first < n_fft; first += b->batch) {
        const int count = n_fft - first < b->batch ? n_fft - first : b->batch;
        TRY(to_points<T>(s, b, pairs<T>(b, psi, nullptr, first), count, f));
        CUDA_TRY(LAUNCH(square_kernel<V>, dim3(blocks_for(b->n_point, 256)), dim3(256), 0, cuda_stream(s), b->n_point, count,
                        psi->n_vec - first * per, phase, (b->real ? 0.5 : 1.0) / b->volume, occ_d + first * per, f, rho_d));
    }
    return KD_OK;
}

kd_status cuda_local_cufft(kd_device *dev, kd_stream *s, const struct pw_basis *b, const double *v_d, const struct la_block *psi,
                           const struct la_block *hpsi)
{
    const size_t mark = kd_scratch_mark(dev);
    const kd_status status = la_is_double(b->type) ? local<double>(dev, s, b, v_d, psi, hpsi) : local<float>(dev, s, b, v_d, psi, hpsi);
    kd_scratch_release(dev, mark);
    return status;
}

kd_status cuda_density_cufft(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *psi, const double *occ_d,
                             double *rho_d)
{
    const size_t mark = kd_scratch_mark(dev);
    const kd_status status = la_is_double(b->type) ? density<double>(dev, s, b, psi, occ_d, rho_d) : density<float>(dev, s, b, psi, occ_d, rho_d);
    kd_scratch_release(dev, mark);
    return status;
}
