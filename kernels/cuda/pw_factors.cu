// SPDX-License-Identifier: BSD-3-Clause
/* pw_factors.cu - w += V_nl u with projectors taken apart (pw_factors.cuh), for all k-points of a block at once.
 *
 *   project  an atom a lane: forms and orbitals of FACTOR_ATOMS plane waves in shared memory, read by all lanes at once; sums over a chunk
 *   total    the chunks' sums, in order
 *   add      a plane wave a thread: forms in registers, coefficients of FACTOR_ATOMS atoms in shared memory
 *
 * Per plane wave, atom and sheet both do 4 (phase) + 2 n_pol (turn) + n_form n_pol multiply-adds in FP32, nothing is stored but sums. */
#include "kernels/cuda/pw.cuh"
#include "kernels/cuda/pw_factors.cuh"

#include <cstdlib>
#include <cstring>
#include <vector>

enum { THREADS = 128, WARPS = THREADS / 32, CHUNK = 1024, WAVES = 2, MOST_K = 24, NARROW = 2 };

/* Numbers that move as one. */
template <class T>
struct __align__(16) four {
    T x[4];
};

struct factor_k { /* one k-point */
    const void *u, *form, *first[2], *step[2];
    void *w, *partial, *sum;
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

/* Block (WAVES * THREADS plane waves, k). */
template <class T, int V>
static __global__ void __launch_bounds__(THREADS) factor_add_kernel(const factor_launch q, int v0)
{
    __shared__ __align__(16) T shared[FACTOR_ATOMS * stride_of(FACTOR_FORMS, V)];
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
    for (int a = 0; a < WAVES; a++)
#pragma unroll
        for (int v = 0; v < V; v++) {
            if (g0 + a * THREADS >= k.n_pw)
                continue;
            T *x = static_cast<T *>(k.w) + (v0 + v) * k.ld + 2 * static_cast<size_t>(w.g[a]);
            x[0] += w.re[a][v];
            x[1] += w.im[a][v];
        }
}

/* ---- launches ---- */

static size_t coefficients(const pw_factors *f, int n_pol)
{
    return static_cast<size_t>(f->narrow) * stride_of(NARROW, n_pol) + static_cast<size_t>(f->wide) * stride_of(FACTOR_FORMS, n_pol);
}

static int at_once(int n_pol, int v0)
{
    return n_pol - v0 < FACTOR_POLARISATIONS ? n_pol - v0 : static_cast<int>(FACTOR_POLARISATIONS);
}

/* k-points that one launch can take: of one type and with equal sheets. */
static bool alike(const factor_block *a, const factor_block *b)
{
    const pw_factors *x = a->factors, *y = b->factors;
    return a->basis->type == b->basis->type && a->u->n_vec == b->u->n_vec && x->n_sheet == y->n_sheet && x->n_atom == y->n_atom &&
           memcmp(x->sheet, y->sheet, x->n_sheet * sizeof *x->sheet) == 0;
}

static int count_alike(int n_k, const factor_block *k)
{
    int n = 1;
    while (n < n_k && n < MOST_K && alike(&k[0], &k[n]))
        n++;
    return n;
}

static size_t bytes_of(int n_k, const factor_block *k)
{
    const size_t size = la_is_double(k->basis->type) ? sizeof(double) : sizeof(float), n = coefficients(k->factors, at_once(k->u->n_vec, 0)) * size;
    size_t total = 0;
    for (int i = 0; i < n_k; i++)
        total += kd_scratch_round(n * blocks_for(k[i].basis->n_pw, CHUNK)) + kd_scratch_round(n);
    return total;
}

size_t cuda_factors_scratch(int n_k, const factor_block *k)
{
    size_t most = 0;
    for (int i = 0, n; i < n_k; i += n) {
        n = count_alike(n_k - i, k + i);
        const size_t bytes = bytes_of(n, k + i);
        most = bytes > most ? bytes : most;
    }
    return most;
}

template <class T, int V>
static kd_status launch(const factor_launch &q, int n_k, int most_pw, int n_tile, int v0, cudaStream_t s)
{
    const unsigned each = blocks_for(q.n_coefficient, THREADS);
    CUDA_TRY(LAUNCH(factor_project_kernel<T, V>, dim3(blocks_for(most_pw, CHUNK), n_tile, n_k), dim3(THREADS), 0, s, q, v0));
    CUDA_TRY(LAUNCH(factor_total_kernel<T>, dim3(each, n_k), dim3(THREADS), 0, s, q));
    CUDA_TRY(LAUNCH(factor_add_kernel<T, V>, dim3(blocks_for(most_pw, WAVES * THREADS), n_k), dim3(THREADS), 0, s, q, v0));
    return KD_OK;
}

template <class T>
static kd_status add_alike(kd_device *dev, kd_stream *s, int n_k, const factor_block *k)
{
    const pw_factors *f = k->factors;
    const int n_pol = k->u->n_vec;
    factor_launch q = {};
    int most_pw = 0;
    q.sheet = f->sheet_d;
    q.tile = f->tile_d;
    q.coupling = f->coupling_d;
    q.n_sheet = f->n_sheet;
    q.n_atom = f->n_atom;
    for (int i = 0; i < n_k; i++) {
        const pw_factors *own = k[i].factors;
        const size_t n = coefficients(own, at_once(n_pol, 0));
        T *partial, *sum;
        TRY(scratch(dev, n * blocks_for(own->n_pw, CHUNK), &partial));
        TRY(scratch(dev, n, &sum));
        q.k[i] = {k[i].u->x_d, own->form_d, {own->first_d[0], own->first_d[1]}, {own->step_d[0], own->step_d[1]}, k[i].w->x_d, partial, sum,
                  own->place_d, k[i].u->ld * la_width(k[i].u->type), own->ld, own->n_pw, own->n_line, own->n_step};
        most_pw = own->n_pw > most_pw ? own->n_pw : most_pw;
    }
    for (int v0 = 0; v0 < n_pol; v0 += FACTOR_POLARISATIONS) {
        const int v = at_once(n_pol, v0);
        q.n_coefficient = static_cast<int>(coefficients(f, v));
        TRY(v == 1   ? (launch<T, 1>(q, n_k, most_pw, f->n_tile, v0, cuda_stream(s)))
            : v == 2 ? (launch<T, 2>(q, n_k, most_pw, f->n_tile, v0, cuda_stream(s)))
                     : (launch<T, 3>(q, n_k, most_pw, f->n_tile, v0, cuda_stream(s))));
    }
    return KD_OK;
}

kd_status cuda_factors_add(kd_device *dev, kd_stream *s, int n_k, const factor_block *k)
{
    for (int i = 0, n; i < n_k; i += n) {
        const size_t mark = kd_scratch_mark(dev);
        n = count_alike(n_k - i, k + i);
        if (k[i].factors->n_sheet > 0)
            TRY(la_is_double(k[i].basis->type) ? add_alike<double>(dev, s, n, k + i) : add_alike<float>(dev, s, n, k + i));
        kd_scratch_release(dev, mark);
    }
    return KD_OK;
}

/* ---- tables ---- */

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

template <class T>
static kd_status phases(const pw_basis *b, int n_atom, const double *tau_d, pw_factors *f)
{
    cudaStream_t s = cuda_stream(b->dev->stream);
    using number = complex_number<T>;
    for (int a = 0; a < 2; a++) {
        TRY(kd_alloc_at(b->dev, static_cast<size_t>(n_atom) * f->n_line * sizeof(number), &f->first_d[a], __FILE__, __LINE__));
        TRY(kd_alloc_at(b->dev, static_cast<size_t>(n_atom) * f->n_step * sizeof(number), &f->step_d[a], __FILE__, __LINE__));
    }
    const double3 step = make_double3(b->z_step[0], b->z_step[1], b->z_step[2]);
    CUDA_TRY(LAUNCH(factor_phase_kernel<T>, dim3(blocks_for(f->n_line, THREADS), n_atom), dim3(THREADS), 0, s, f->n_line, n_atom, b->n_pw, b->line_d,
                    b->kg_d, tau_d, step, static_cast<number *>(f->first_d[0]), static_cast<number *>(f->first_d[1])));
    CUDA_TRY(LAUNCH(factor_phase_kernel<T>, dim3(blocks_for(f->n_step, THREADS), n_atom), dim3(THREADS), 0, s, f->n_step, n_atom, b->n_pw,
                    static_cast<const int *>(nullptr), b->kg_d, tau_d, step, static_cast<number *>(f->step_d[0]), static_cast<number *>(f->step_d[1])));
    return KD_OK;
}

namespace
{
struct tables { /* on the host */
    std::vector<factor_sheet> sheet;
    std::vector<factor_tile> tile;
    std::vector<double> coupling, tau;
    std::vector<int> form; /* of the spec, by row */
};

/* Sheets of one species and parity; the forms' rows come once, for complex orbitals there are two sheets of them. */
void add_sheets(const pw_basis *b, int row, int n_row, int odd, int atom, int n_atom, pw_factors *f, tables &t)
{
    for (int part = 0; part < 2; part++)
        for (int j = 0; j < n_row && (!b->real || part == odd); j += FACTOR_FORMS) {
            const int n = n_row - j < FACTOR_FORMS ? n_row - j : static_cast<int>(FACTOR_FORMS);
            for (int a = 0; a < n_atom; a += FACTOR_ATOMS)
                t.tile.push_back({static_cast<int>(t.sheet.size()), a});
            t.sheet.push_back({row + j, n, atom, n_atom, part, f->narrow, f->wide});
            (forms_of(n) == NARROW ? f->narrow : f->wide) += n_atom;
        }
}

void collect(const pw_basis *b, const pw_projector_spec *spec, pw_factors *f, tables &t)
{
    for (int s = 0; s < spec->n_species; s++) {
        const int atom = static_cast<int>(t.tau.size() / 3);
        for (int i = 0; i < spec->n_atom; i++)
            if (spec->species[i] == s)
                t.tau.insert(t.tau.end(), spec->tau[i], spec->tau[i] + 3);
        const int n_atom = static_cast<int>(t.tau.size() / 3) - atom;
        for (int odd = 0; odd < 2 && n_atom > 0; odd++) {
            const int row = static_cast<int>(t.form.size());
            for (int j = spec->first_form[s]; j < spec->first_form[s + 1]; j++)
                if (spec->l[j] % 2 == odd) {
                    t.form.push_back(j);
                    t.coupling.push_back(spec->coupling[j]);
                }
            add_sheets(b, row, static_cast<int>(t.form.size()) - row, odd, atom, n_atom, f, t);
        }
    }
    f->n_form = static_cast<int>(t.form.size());
    f->n_atom = static_cast<int>(t.tau.size() / 3);
    f->n_sheet = static_cast<int>(t.sheet.size());
    f->n_tile = static_cast<int>(t.tile.size());
}

template <class T>
kd_status upload(kd_device *dev, const std::vector<T> &from, T **to_d)
{
    TRY(device_array(dev, from.size(), to_d));
    return from.empty() ? KD_OK : dev->ops->upload(dev, dev->stream, *to_d, from.data(), from.size() * sizeof(T));
}

template <class T>
kd_status upload_forms(const pw_basis *b, const pw_projector_spec *spec, const tables &t, pw_factors *f)
{
    const double scale = b->real ? sqrt(2.0) : 1;
    std::vector<T> form(t.form.size() * f->ld, 0);
    for (size_t row = 0; row < t.form.size(); row++)
        for (int g = 0; g < b->n_pw; g++)
            form[row * f->ld + g] = static_cast<T>((g == b->self ? 1 : scale) * spec->form[static_cast<size_t>(t.form[row]) * b->n_pw + g]);
    T *form_d;
    TRY(upload(b->dev, form, &form_d));
    f->form_d = form_d;
    return b->dev->ops->stream_sync(b->dev, b->dev->stream);
}

kd_status make(const pw_basis *b, const pw_projector_spec *spec, pw_factors *f)
{
    tables t;
    double *tau_d;
    collect(b, spec, f, t);
    f->n_pw = b->n_pw;
    f->n_line = b->n_line;
    f->n_step = b->n_step;
    f->ld = (static_cast<size_t>(b->n_pw) + 31) / 32 * 32;
    f->place_d = b->place_d;
    f->sheet = static_cast<factor_sheet *>(malloc((t.sheet.size() + 1) * sizeof *f->sheet));
    if (!f->sheet)
        FAIL(KD_ENOMEM, "projectors: no host memory");
    if (f->n_sheet == 0)
        return KD_OK;
    memcpy(f->sheet, t.sheet.data(), t.sheet.size() * sizeof *f->sheet);
    TRY(cuda_bind(b->dev));
    TRY(upload(b->dev, t.sheet, &f->sheet_d));
    TRY(upload(b->dev, t.tile, &f->tile_d));
    TRY(upload(b->dev, t.coupling, &f->coupling_d));
    TRY(upload(b->dev, t.tau, &tau_d));
    kd_status status = la_is_double(b->type) ? phases<double>(b, f->n_atom, tau_d, f) : phases<float>(b, f->n_atom, tau_d, f);
    if (status == KD_OK)
        status = la_is_double(b->type) ? upload_forms<double>(b, spec, t, f) : upload_forms<float>(b, spec, t, f);
    kd_free(b->dev, tau_d);
    return status;
}
} // namespace

kd_status cuda_factors_create(const pw_basis *b, const pw_projector_spec *spec, pw_factors **out)
{
    pw_factors *f = static_cast<pw_factors *>(calloc(1, sizeof *f));
    if (!f)
        FAIL(KD_ENOMEM, "projectors: no host memory");
    const kd_status status = make(b, spec, f);
    if (status == KD_OK)
        *out = f;
    else
        cuda_factors_destroy(b->dev, f);
    return status;
}

void cuda_factors_destroy(kd_device *dev, pw_factors *f)
{
    if (!f)
        return;
    void *all[] = {f->form_d, f->coupling_d, f->first_d[0], f->first_d[1], f->step_d[0], f->step_d[1], f->sheet_d, f->tile_d};
    for (void *p : all)
        kd_free(dev, p);
    free(f->sheet);
    free(f);
}
