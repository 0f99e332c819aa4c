// SPDX-License-Identifier: BSD-3-Clause
/* pw_factors_kernels.cuh - the kernels of pw_factors.cu.
 *
 *   project  an atom a lane: forms and orbitals of FACTOR_ATOMS plane waves in shared memory, read by all lanes at once; sums over a chunk
 *   total    the chunks' sums, in order
 *   add      a plane wave a thread: forms in registers, coefficients of FACTOR_ATOMS atoms in shared memory; then the recurrence of the chains up to
 *            the sums that it needs, while w is in registers
 *
 * Per plane wave, atom and sheet both do 4 (phase) + 2 n_pol (turn) + n_form n_pol multiply-adds in FP32, nothing is stored but sums. */
#ifndef KD_CUDA_PW_FACTORS_KERNELS_CUH
#define KD_CUDA_PW_FACTORS_KERNELS_CUH

#include "kernels/cuda/pw.cuh"
#include "kernels/cuda/pw_factors.cuh"
#include "kernels/cuda/sum.cuh"

enum { THREADS = 128, WARPS = THREADS / 32, CHUNK = 1024, WAVES = 2, MOST_K = 24, NARROW = 2 };

/* Numbers that move as one. */
template <class T>
struct __align__(16) four {
    T x[4];
};

struct factor_k { /* one k-point */
    const void *u, *form, *first[2], *step[2];
    void *w, *partial, *sum;
    const void *before;
    const double *b;
    double *sums;
    const unsigned *place;
    size_t ld, form_ld;
    int n_pw, n_line, n_step;
};
struct factor_launch { /* by value */
    factor_k k[MOST_K];
    const factor_sheet *sheet;
    const factor_tile *tile;
    const double *coupling;
    int n_sheet, n_atom, n_coefficient;
    chain_step when;
};

/* Coefficients of an atom on a sheet: [polarisation][form], up to whole fours. */
static __host__ __device__ constexpr int stride_of(int n_form, int n_pol)
{
    return (n_form * n_pol + 3) / 4 * 4;
}
static __host__ __device__ constexpr int forms_of(int n_form)
{
    return n_form <= NARROW ? static_cast<int>(NARROW) : static_cast<int>(FACTOR_FORMS);
}
static __device__ __forceinline__ size_t begin_of(const factor_sheet &s, int n_pol)
{
    return static_cast<size_t>(s.narrow_before) * stride_of(NARROW, n_pol) + static_cast<size_t>(s.wide_before) * stride_of(FACTOR_FORMS, n_pol);
}

/* The phases of a sheet: turned by -i for the imaginary part. */
template <class T>
static __device__ __forceinline__ complex_number<T> first_phase(complex_number<T> p, int imaginary)
{
    const complex_number<T> turned = {p.y, -p.x};
    return imaginary ? turned : p;
}
template <class T>
static __device__ __forceinline__ complex_number<T> product(complex_number<T> a, complex_number<T> b)
{
    complex_number<T> p = {a.x * b.x, a.x * b.y};
    p.x -= a.y * b.y;
    p.y += a.y * b.x;
    return p;
}

/* ---- project ---- */

template <class T>
struct __align__(16) panel { /* of one warp: 32 plane waves */
    T u[32][8], form[32][8];
    unsigned place[32];
};

/* Each lane brings one plane wave: orbitals, forms, place. Beyond the end all are 0. */
template <class T, int V, int J>
static __device__ __forceinline__ void fill_panel(const factor_k &k, const factor_sheet &s, int v0, int g, panel<T> *to)
{
    const int lane = threadIdx.x % 32;
    const bool there = g < k.n_pw;
    four<T> low = {}, high = {}, form[2] = {};
    T u[8] = {};
#pragma unroll
    for (int v = 0; v < V; v++) {
        const T *x = static_cast<const T *>(k.u) + (v0 + v) * k.ld;
        u[2 * v] = there ? x[2 * static_cast<size_t>(g)] : 0;
        u[2 * v + 1] = there ? x[2 * static_cast<size_t>(g) + 1] : 0;
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
        low.x[i] = u[i];
        high.x[i] = u[4 + i];
    }
#pragma unroll
    for (int j = 0; j < J; j++)
        form[j / 4].x[j % 4] = there && j < s.n_form ? static_cast<const T *>(k.form)[(s.row + j) * k.form_ld + g] : 0;
    *reinterpret_cast<four<T> *>(&to->u[lane][0]) = low;
    *reinterpret_cast<four<T> *>(&to->u[lane][4]) = high;
    *reinterpret_cast<four<T> *>(&to->form[lane][0]) = form[0];
    *reinterpret_cast<four<T> *>(&to->form[lane][4]) = form[1];
    to->place[lane] = there ? k.place[g] : 0;
}

/* sum[v][j] += form_j Re(phase u_v) over the panel, for the atom of this lane. */
template <class T, int V, int J>
static __device__ __forceinline__ void add_panel(const factor_k &k, int n_atom, int atom, int imaginary, const panel<T> *p, T (&sum)[V][J])
{
    const complex_number<T> *first = static_cast<const complex_number<T> *>(k.first[0]) + atom;
    const complex_number<T> *step = static_cast<const complex_number<T> *>(k.step[0]) + atom;
    complex_number<T> of_line = {0, 0};
    unsigned line = ~0u;
    for (int i = 0; i < 32; i++) {
        const unsigned place = p->place[i];
        if (place >> PW_STEP_BITS != line) { /* the same for all lanes */
            line = place >> PW_STEP_BITS;
            of_line = first_phase(first[static_cast<size_t>(line) * n_atom], imaginary);
        }
        const complex_number<T> phase = product(of_line, step[static_cast<size_t>(place & ((1u << PW_STEP_BITS) - 1)) * n_atom]);
        const four<T> u[2] = {*reinterpret_cast<const four<T> *>(&p->u[i][0]), *reinterpret_cast<const four<T> *>(&p->u[i][4])};
        const four<T> form[2] = {*reinterpret_cast<const four<T> *>(&p->form[i][0]), *reinterpret_cast<const four<T> *>(&p->form[i][4])};
#pragma unroll
        for (int v = 0; v < V; v++) {
            T turned = u[2 * v / 4].x[2 * v % 4] * phase.x;
            turned -= u[2 * v / 4].x[2 * v % 4 + 1] * phase.y;
#pragma unroll
            for (int j = 0; j < J; j++)
                sum[v][j] += form[j / 4].x[j % 4] * turned;
        }
    }
}

template <class T, int V, int J>
static __device__ __forceinline__ void project_tile(const factor_launch &q, const factor_k &k, const factor_sheet &s, int atom, int v0,
                                                    unsigned char *memory)
{
    panel<T> *panels = reinterpret_cast<panel<T> *>(memory);
    T *shared = reinterpret_cast<T *>(memory);
    constexpr int stride = stride_of(J, V);
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, last = s.n_atom - 1;
    const int mine = s.atom + (atom + lane < s.n_atom ? atom + lane : last); /* lanes without an atom repeat the last one */
    T sum[V][J] = {};
    for (int i = warp; i < CHUNK / 32; i += WARPS) {
        const int g0 = blockIdx.x * CHUNK + i * 32;
        if (g0 >= k.n_pw)
            break;
        fill_panel<T, V, J>(k, s, v0, g0 + lane, &panels[warp]);
        __syncwarp();
        add_panel<T, V, J>(k, q.n_atom, mine, s.imaginary, &panels[warp], sum);
        __syncwarp();
    }
    __syncthreads(); /* the panels' memory is used again */
    T *own = shared + (warp * 32 + lane) * stride;
#pragma unroll
    for (int e = 0; e < stride; e++)
        own[e] = e < V * J ? sum[e / J < V ? e / J : 0][e % J] : 0;
    __syncthreads();
    const int n = (s.n_atom - atom < FACTOR_ATOMS ? s.n_atom - atom : static_cast<int>(FACTOR_ATOMS)) * stride;
    T *to = static_cast<T *>(k.partial) + static_cast<size_t>(blockIdx.x) * q.n_coefficient + begin_of(s, V) + static_cast<size_t>(atom) * stride;
    for (int e = threadIdx.x; e < n; e += THREADS) {
        T total = shared[e];
#pragma unroll
        for (int w = 1; w < WARPS; w++)
            total += shared[w * 32 * stride + e];
        to[e] = total;
    }
}

/* Block (chunk, tile, k). */
template <class T, int V>
static __global__ void __launch_bounds__(THREADS) factor_project_kernel(const factor_launch q, int v0)
{
    constexpr size_t of_panels = WARPS * sizeof(panel<T>), of_sums = WARPS * 32 * stride_of(FACTOR_FORMS, V) * sizeof(T);
    __shared__ __align__(16) unsigned char memory[of_panels > of_sums ? of_panels : of_sums];
    const factor_k &k = q.k[blockIdx.z];
    if (static_cast<int>(blockIdx.x) * CHUNK >= k.n_pw)
        return;
    const factor_tile t = q.tile[blockIdx.y];
    const factor_sheet s = q.sheet[t.sheet];
    if (s.n_form <= NARROW)
        project_tile<T, V, NARROW>(q, k, s, t.atom, v0, memory);
    else
        project_tile<T, V, FACTOR_FORMS>(q, k, s, t.atom, v0, memory);
}

template <class T>
static __global__ void __launch_bounds__(THREADS) factor_total_kernel(const factor_launch q)
{
    const factor_k &k = q.k[blockIdx.y];
    const int e = blockIdx.x * THREADS + threadIdx.x, n_chunk = (k.n_pw + CHUNK - 1) / CHUNK;
    if (e >= q.n_coefficient)
        return;
    double sum = 0;
    for (int i = 0; i < n_chunk; i++)
        sum += static_cast<double>(static_cast<const T *>(k.partial)[static_cast<size_t>(i) * q.n_coefficient + e]);
    static_cast<T *>(k.sum)[e] = static_cast<T>(sum);
}

/* ---- add ---- */

template <class T, int V>
struct waves { /* of one thread */
    int g[WAVES];
    unsigned line[WAVES], step[WAVES];
    T re[WAVES][V], im[WAVES][V];
};

/* w += conj(phase) sum_j form_j c[v][j] of n atoms, whose coefficients are in shared memory. */
template <class T, int V, int J>
static __device__ __forceinline__ void add_atoms(const factor_k &k, const factor_sheet &s, int atom, int n, const T *c, const T (&form)[WAVES][J],
                                                 waves<T, V> &w)
{
    constexpr int stride = stride_of(J, V);
    const complex_number<T> *first = static_cast<const complex_number<T> *>(k.first[1]), *step = static_cast<const complex_number<T> *>(k.step[1]);
    for (int i = 0; i < n; i++) {
        const size_t at = s.atom + atom + i;
        four<T> own[stride / 4];
#pragma unroll
        for (int e = 0; e < stride / 4; e++)
            own[e] = *reinterpret_cast<const four<T> *>(&c[i * stride + 4 * e]);
#pragma unroll
        for (int a = 0; a < WAVES; a++) {
            const complex_number<T> phase = product(first_phase(first[at * k.n_line + w.line[a]], s.imaginary), step[at * k.n_step + w.step[a]]);
#pragma unroll
            for (int v = 0; v < V; v++) {
                T z = 0;
#pragma unroll
                for (int j = 0; j < J; j++)
                    z += form[a][j] * own[(v * J + j) / 4].x[(v * J + j) % 4];
                w.re[a][v] += z * phase.x;
                w.im[a][v] -= z * phase.y;
            }
        }
    }
}

template <class T, int V, int J>
static __device__ __forceinline__ void add_sheet(const factor_launch &q, const factor_k &k, const factor_sheet &s, T *shared, waves<T, V> &w)
{
    constexpr int stride = stride_of(J, V);
    const T *c = static_cast<const T *>(k.sum) + begin_of(s, V);
    T form[WAVES][J];
#pragma unroll
    for (int a = 0; a < WAVES; a++)
#pragma unroll
        for (int j = 0; j < J; j++)
            form[a][j] = j < s.n_form ? static_cast<T>(q.coupling[s.row + j]) * static_cast<const T *>(k.form)[(s.row + j) * k.form_ld + w.g[a]] : 0;
    for (int atom = 0; atom < s.n_atom; atom += FACTOR_ATOMS) {
        const int n = s.n_atom - atom < FACTOR_ATOMS ? s.n_atom - atom : static_cast<int>(FACTOR_ATOMS);
        for (int e = threadIdx.x; e < n * stride; e += THREADS)
            shared[e] = c[atom * stride + e];
        __syncthreads();
        add_atoms<T, V, J>(k, s, atom, n, shared, form, w);
        __syncthreads();
    }
}

/* w = what is there + what was summed - b u_(n-1) of polarisation v, and its part of the sums. */
template <class T, int V>
static __device__ __forceinline__ void recur(const factor_launch &q, const factor_k &k, int v0, int v, int g0, const waves<T, V> &w, double *shared)
{
    const int step = number_of(q.when), chain = v0 + v;
    const T b = step > 0 ? static_cast<T>(k.b[static_cast<size_t>(chain) * q.when.n_max + step - 1]) : 0;
    T mine[CHAIN_SUMS] = {};
    double total[CHAIN_SUMS];
#pragma unroll
    for (int a = 0; a < WAVES; a++) {
        if (g0 + a * THREADS >= k.n_pw)
            continue;
        const size_t at = chain * k.ld + 2 * static_cast<size_t>(w.g[a]);
        T *to = static_cast<T *>(k.w) + at;
        const T *u = static_cast<const T *>(k.u) + at, *before = static_cast<const T *>(k.before) + at;
        const T x[2] = {to[0] + w.re[a][v] - b * before[0], to[1] + w.im[a][v] - b * before[1]};
#pragma unroll
        for (int e = 0; e < 2; e++) {
            to[e] = x[e];
            mine[CHAIN_UW] += u[e] * x[e];
            mine[CHAIN_WW] += x[e] * x[e];
            mine[CHAIN_UU] += u[e] * u[e];
        }
    }
    block_sums<THREADS, CHAIN_SUMS>(mine, shared, total);
    if (threadIdx.x < CHAIN_SUMS)
        k.sums[(static_cast<size_t>(chain) * CHAIN_SUMS + threadIdx.x) * q.when.n_chunk + blockIdx.x] =
            threadIdx.x == CHAIN_UW ? total[CHAIN_UW] : threadIdx.x == CHAIN_WW ? total[CHAIN_WW] : total[CHAIN_UU];
}

/* Block (WAVES * THREADS plane waves, k). */
template <class T, int V>
static __global__ void __launch_bounds__(THREADS) factor_add_kernel(const factor_launch q, int v0)
{
    __shared__ __align__(16) T shared[FACTOR_ATOMS * stride_of(FACTOR_FORMS, V)];
    __shared__ double sums[V][CHAIN_SUMS * WARPS];
    const factor_k &k = q.k[blockIdx.y];
    const int g0 = blockIdx.x * WAVES * THREADS + threadIdx.x;
    waves<T, V> w = {};
    if (static_cast<int>(blockIdx.x) * WAVES * THREADS >= k.n_pw)
        return;
#pragma unroll
    for (int a = 0; a < WAVES; a++) {
        w.g[a] = g0 + a * THREADS < k.n_pw ? g0 + a * THREADS : k.n_pw - 1;
        const unsigned place = k.place[w.g[a]];
        w.line[a] = place >> PW_STEP_BITS;
        w.step[a] = place & ((1u << PW_STEP_BITS) - 1);
    }
    for (int i = 0; i < q.n_sheet; i++) {
        const factor_sheet s = q.sheet[i];
        if (s.n_form <= NARROW)
            add_sheet<T, V, NARROW>(q, k, s, shared, w);
        else
            add_sheet<T, V, FACTOR_FORMS>(q, k, s, shared, w);
    }
#pragma unroll
    for (int v = 0; v < V; v++)
        recur<T, V>(q, k, v0, v, g0, w, sums[v]);
}

/* ---- phases ---- */

/* first [line], step [step] of every atom, in both orders: thread (line or step, atom). */
template <class T>
static __global__ void __launch_bounds__(THREADS) factor_phase_kernel(int n, int n_atom, int n_pw, const int *line, const double *kg, const double *tau,
                                                                      double3 step, complex_number<T> *by_line, complex_number<T> *by_atom)
{
    const int i = blockIdx.x * THREADS + threadIdx.x, atom = blockIdx.y;
    if (i >= n)
        return;
    const double *t = tau + 3 * atom;
    const double x = line ? kg[line[i]] : i * step.x, y = line ? kg[n_pw + line[i]] : i * step.y, z = line ? kg[2 * static_cast<size_t>(n_pw) + line[i]] : i * step.z;
    double sine, cosine;
    sincos(x * t[0] + y * t[1] + z * t[2], &sine, &cosine);
    const complex_number<T> p = {static_cast<T>(cosine), static_cast<T>(sine)};
    by_line[static_cast<size_t>(i) * n_atom + atom] = p;
    by_atom[static_cast<size_t>(atom) * n + i] = p;
}

#endif
