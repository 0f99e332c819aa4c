// SPDX-License-Identifier: BSD-3-Clause
/* pw_vector.cu - what is done to orbitals one plane wave at a time: projectors, gradients, residuals, preconditioner, noise. */
#include "kernels/cuda/pw.cuh"
#include "kernels/cuda/sum.cuh"
#include "kernels/philox.h"

enum { THREADS = 256, ORBITALS = 4 }; /* the random stream of orbitals (host/base/rng.h) */

/* kernel<float> or kernel<double> by the type of a block. */
#define LAUNCH_BY_TYPE(type, kernel, grid, block, s, ...)                                                    \
    do {                                                                                                     \
        if (la_is_double(type))                                                                              \
            CUDA_TRY(LAUNCH(kernel<double>, grid, block, 0, s, __VA_ARGS__));                                \
        else                                                                                                 \
            CUDA_TRY(LAUNCH(kernel<float>, grid, block, 0, s, __VA_ARGS__));                                 \
    } while (0)

/* Reals of vector j of a block. */
template <class T>
static __device__ __forceinline__ T *vector_of(void *x, size_t ld, int j)
{
    return static_cast<T *>(x) + j * ld;
}

static size_t reals(const struct la_block *b)
{
    return b->ld * la_width(b->type);
}

/* ---- projectors ---- */

struct projector {
    int n_pw, self, l;
    bool real;
    double tau[3];
    const double *kg, *form;
};

/* One plane wave per thread: (-i)^l form exp(-i (k+G).tau), real orbitals times sqrt(2). */
template <class T>
__global__ void __launch_bounds__(THREADS) projector_kernel(projector p, void *beta)
{
    const int g = blockIdx.x * THREADS + threadIdx.x;
    if (g >= p.n_pw)
        return;
    const double angle = p.kg[g] * p.tau[0] + p.kg[p.n_pw + g] * p.tau[1] + p.kg[2 * static_cast<size_t>(p.n_pw) + g] * p.tau[2];
    const double f = p.form[g] * (p.real && g != p.self ? 1.41421356237309505 : 1.0);
    double sine, cosine;
    sincos(angle, &sine, &cosine);
    const double c = f * cosine, s = -f * sine;
    const double re = p.l % 4 == 0 ? c : p.l % 4 == 1 ? s : p.l % 4 == 2 ? -c : -s;
    const double im = p.l % 4 == 0 ? s : p.l % 4 == 1 ? -c : p.l % 4 == 2 ? -s : c;
    static_cast<T *>(beta)[2 * static_cast<size_t>(g)] = static_cast<T>(re);
    static_cast<T *>(beta)[2 * static_cast<size_t>(g) + 1] = static_cast<T>(g == p.self ? 0 : im);
}

kd_status cuda_projector_fill(kd_stream *s, const struct pw_basis *b, const double *form_d, int l, const double tau[3], void *beta_d)
{
    const projector p = {b->n_pw, b->self, l, b->real, {tau[0], tau[1], tau[2]}, b->kg_d, form_d};
    LAUNCH_BY_TYPE(b->type, projector_kernel, dim3(blocks_for(b->n_pw, THREADS)), dim3(THREADS), cuda_stream(s), p, beta_d);
    return KD_OK;
}

/* One real of a small matrix [column][row] per thread: row p times factor[p]. */
__global__ void __launch_bounds__(THREADS) multiply_rows_kernel(int n_row, int width, size_t count, const double *factor, double *m)
{
    const size_t i = static_cast<size_t>(blockIdx.x) * THREADS + threadIdx.x;
    if (i < count)
        m[i] *= factor[i / width % n_row];
}

kd_status cuda_multiply_rows(kd_stream *s, int n_row, int n_column, size_t width, const double *factor_d, double *m_d)
{
    const size_t count = static_cast<size_t>(n_row) * n_column * width;
    if (count)
        CUDA_TRY(LAUNCH(multiply_rows_kernel, dim3(blocks_for(count, THREADS)), dim3(THREADS), 0, cuda_stream(s), n_row,
                        static_cast<int>(width), count, factor_d, m_d));
    return KD_OK;
}

/* ---- gradient ---- */

/* One plane wave of one orbital per thread: i q c. */
template <class T>
__global__ void __launch_bounds__(THREADS) gradient_kernel(int n_pw, const double *q, void *x, size_t ldx, void *y, size_t ldy)
{
    const int g = blockIdx.x * THREADS + threadIdx.x;
    if (g >= n_pw)
        return;
    const T *from = vector_of<T>(x, ldx, blockIdx.y) + 2 * static_cast<size_t>(g);
    T *to = vector_of<T>(y, ldy, blockIdx.y) + 2 * static_cast<size_t>(g);
    const double re = static_cast<double>(from[0]), im = static_cast<double>(from[1]);
    to[0] = static_cast<T>(-q[g] * im);
    to[1] = static_cast<T>(q[g] * re);
}

kd_status cuda_pw_gradient(kd_device *dev, kd_stream *s, const struct pw_basis *b, int axis, const struct la_block *psi,
                           const struct la_block *out)
{
    TRY(cuda_bind(dev));
    if (psi->n_vec == 0)
        return KD_OK;
    LAUNCH_BY_TYPE(b->type, gradient_kernel, dim3(blocks_for(b->n_pw, THREADS), psi->n_vec), dim3(THREADS), cuda_stream(s), b->n_pw,
                   b->kg_d + static_cast<size_t>(axis) * b->n_pw, psi->x_d, reals(psi), out->x_d, reals(out));
    return KD_OK;
}

/* ---- residual ---- */

struct residual_blocks {
    void *x, *hx, *w;
    size_t ldx, ldh, ldw;
};

/* One orbital per block: w = hx - eps x, and its square norm. */
template <class T>
__global__ void __launch_bounds__(THREADS) residual_kernel(size_t count, residual_blocks r, const double *eps, double *norm2)
{
    __shared__ double shared[THREADS];
    const T *x = vector_of<T>(r.x, r.ldx, blockIdx.x), *h = vector_of<T>(r.hx, r.ldh, blockIdx.x);
    T *w = vector_of<T>(r.w, r.ldw, blockIdx.x);
    const T e = static_cast<T>(eps[blockIdx.x]);
    double sum = 0;
    for (size_t g = threadIdx.x; g < count; g += THREADS) {
        const T d = h[g] - e * x[g];
        w[g] = d;
        sum += static_cast<double>(d) * static_cast<double>(d);
    }
    sum = block_sum<THREADS>(sum, shared);
    if (threadIdx.x == 0)
        norm2[blockIdx.x] = sum;
}

kd_status cuda_pw_residual(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *x, const struct la_block *hx,
                           const double *eps_d, const struct la_block *w, double *norm2_d)
{
    const residual_blocks r = {x->x_d, hx->x_d, w->x_d, reals(x), reals(hx), reals(w)};
    TRY(cuda_bind(dev));
    if (x->n_vec == 0)
        return KD_OK;
    LAUNCH_BY_TYPE(b->type, residual_kernel, dim3(x->n_vec), dim3(THREADS), cuda_stream(s), 2 * static_cast<size_t>(b->n_pw), r, eps_d, norm2_d);
    return KD_OK;
}

/* ---- preconditioner ---- */

/* One orbital per block: its kinetic energy, then w times Teter's function of the kinetic energies relative to it. */
template <class T>
__global__ void __launch_bounds__(THREADS) precondition_kernel(int n_pw, const double *kinetic, void *x_block, size_t ldx, void *w_block, size_t ldw)
{
    __shared__ double shared[THREADS];
    const T *x = vector_of<T>(x_block, ldx, blockIdx.x);
    T *w = vector_of<T>(w_block, ldw, blockIdx.x);
    double energy = 0, norm = 0;
    for (int g = threadIdx.x; g < n_pw; g += THREADS) {
        const double re = static_cast<double>(x[2 * g]), im = static_cast<double>(x[2 * g + 1]), square = re * re + im * im;
        energy += kinetic[g] * square;
        norm += square;
    }
    energy = block_sum<THREADS>(energy, shared);
    norm = block_sum<THREADS>(norm, shared);
    const double scale = norm / (1.5 * energy + 1e-10 * norm + 1e-300);
    for (int g = threadIdx.x; g < n_pw; g += THREADS) {
        const T t = static_cast<T>(scale * kinetic[g]);
        const T p = 27 + t * (18 + t * (12 + 8 * t)), k = t < static_cast<T>(1e4) ? p / (p + 16 * t * t * t * t) : 1 / (2 * t);
        w[2 * g] *= k;
        w[2 * g + 1] *= k;
    }
}

kd_status cuda_pw_precondition(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *x, const struct la_block *w)
{
    TRY(cuda_bind(dev));
    if (x->n_vec == 0)
        return KD_OK;
    LAUNCH_BY_TYPE(b->type, precondition_kernel, dim3(x->n_vec), dim3(THREADS), cuda_stream(s), b->n_pw, b->kinetic_d, x->x_d, reals(x),
                   w->x_d, reals(w));
    return KD_OK;
}

/* ---- noise ---- */

struct noise_of {
    int n_pw, self;
    const int *index;
    const double *kinetic;
    uint64_t seed;
    double amplitude;
};

/* One plane wave of one orbital per thread. */
template <class T>
__global__ void __launch_bounds__(THREADS) noise_kernel(noise_of n, void *x, size_t ld)
{
    const int g = blockIdx.x * THREADS + threadIdx.x;
    if (g >= n.n_pw)
        return;
    double u[2];
    philox_uniforms(n.seed, ORBITALS, static_cast<uint64_t>(n.index[g]), blockIdx.y, u);
    const double size = n.amplitude / (1 + 2 * n.kinetic[g]);
    T *to = vector_of<T>(x, ld, blockIdx.y) + 2 * static_cast<size_t>(g);
    to[0] += static_cast<T>(size * (2 * u[0] - 1));
    if (g != n.self)
        to[1] += static_cast<T>(size * (2 * u[1] - 1));
}

kd_status cuda_pw_noise(kd_device *dev, kd_stream *s, const struct pw_basis *b, uint64_t seed, double amplitude, const struct la_block *x)
{
    const noise_of n = {b->n_pw, b->self, b->index_d, b->kinetic_d, seed, amplitude * sqrt(1.5 / b->noise_norm)};
    TRY(cuda_bind(dev));
    if (x->n_vec == 0)
        return KD_OK;
    LAUNCH_BY_TYPE(b->type, noise_kernel, dim3(blocks_for(b->n_pw, THREADS), x->n_vec), dim3(THREADS), cuda_stream(s), n, x->x_d, reals(x));
    return KD_OK;
}
