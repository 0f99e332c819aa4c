// SPDX-License-Identifier: BSD-3-Clause
/* xas.c - Lanczos chains on the CPU.
 *
 * The chains of one k-point stay together: its projectors are made once for all polarisations. Where there are k-points for every
 * thread, each thread takes a k-point through all its steps, with its vectors in cache; else the threads share one k-point. The sums
 * are the same either way. */
#include <math.h>
#include <string.h>

#include "kernels/cpu/pw.h"
#include "kernels/cpu/pw_lines.h"
#include "kernels/cpu/xas_lanes.h"

static const struct xas_lanes *lanes_for(enum la_type type)
{
    int wide = la_is_double(type);
#if defined(__x86_64__)
    switch (cpu_simd_level()) {
    case CPU_AVX512:
        return &xas_avx512[wide];
    case CPU_AVX2:
        return &xas_avx2[wide];
    case CPU_BASELINE:
        break;
    }
#endif
    return &xas_baseline[wide];
}

/* ---- scratch ---- */

struct sizes { /* bytes */
    size_t local;   /* transforms of one thread */
    size_t partial; /* projections of every chunk, then their sum */
};

static size_t n_chunk(size_t n_real)
{
    return (n_real + XAS_CHUNK - 1) / XAS_CHUNK;
}

static size_t n_real(const struct pw_basis *b)
{
    return 2 * (size_t)b->n_pw;
}

/* Coefficients of one chunk. */
static size_t n_coefficient(const struct xas_block *q, const struct xas_k *k)
{
    return k->h.nonlocal ? (size_t)q->n_pol * (size_t)k->h.nonlocal->n_proj * la_width(k->h.basis->type) : 0;
}

static struct sizes sizes_of(const struct xas_block *q)
{
    struct sizes s = {0, 0};
    for (int i = 0; i < q->n_k; i++) {
        const struct pw_basis *b = q->k[i].h.basis;
        size_t local = kd_scratch_round(b->lines ? pw_lines_bytes(b->lines) : cpu_fftw_bytes(b));
        size_t partial = kd_scratch_round(n_coefficient(q, &q->k[i]) * (n_chunk(n_real(b)) + 1) * sizeof(double));
        s.local = local > s.local ? local : s.local;
        s.partial = partial > s.partial ? partial : s.partial;
    }
    return s;
}

static size_t cpu_xas_scratch(const kd_device *dev, const struct xas_block *q)
{
    struct sizes s = sizes_of(q);
    size_t n_thread = (size_t)dev->n_thread; /* one thread with everything, or all threads on one k-point */
    return kd_scratch_round(n_thread * s.local * n_thread) + kd_scratch_round(n_thread * s.partial);
}

/* ---- one step of one k-point ---- */

struct work { /* of the thread that drives a k-point */
    char *local;
    double *partial;
};

static void nonlocal(const struct xas_k *k, struct xas_panel *panel, const struct xas_lanes *lanes, size_t count, double *partial)
{
    const struct pw_projectors *p = k->h.nonlocal;
    size_t width = la_width(k->h.basis->type), chunks = n_chunk(panel->n);
    double *c = partial + chunks * count;
    panel->complex = width == 2;
    panel->factors = &p->factors;
#pragma omp parallel for schedule(static) num_threads(k->h.basis->dev->n_thread)
    for (size_t i = 0; i < chunks; i++)
        lanes->project(panel, i * XAS_CHUNK, partial + i * count);
    memset(c, 0, count * sizeof *c);
    for (size_t i = 0; i < chunks; i++)
        for (size_t e = 0; e < count; e++)
            c[e] += partial[i * count + e];
    for (size_t e = 0; e < count; e++)
        c[e] *= p->factors.coupling_d[e / width % (size_t)p->n_proj];
#pragma omp parallel for schedule(static) num_threads(k->h.basis->dev->n_thread)
    for (size_t i = 0; i < chunks; i++)
        lanes->add(panel, i * XAS_CHUNK, c);
}

/* The recurrence of one chain from w = H u. a and b are those of the chain. */
static void recur(const struct xas_lanes *lanes, size_t n, int step, void *w, const void *before, const void *u, double *a, double *b)
{
    a[step] = lanes->alpha(n, w, before, u, step ? b[step - 1] : 0);
    b[step] = sqrt(lanes->beta(n, w, u, a[step]));
    lanes->scale(n, w, b[step] > 0 ? 1 / b[step] : 0);
}

static void one_step(const struct xas_block *q, int i, int step, const struct work *work)
{
    const struct xas_k *k = &q->k[i];
    const struct pw_basis *basis = k->h.basis;
    const struct xas_lanes *lanes = lanes_for(basis->type);
    const struct la_block *u = &k->vector[step % 3], *w = &k->vector[(step + 1) % 3], *before = &k->vector[(step + 2) % 3];
    if (basis->lines)
        pw_lines_apply(basis, k->h.potential_d, u, w, work->local);
    else
        cpu_local_fftw(basis, k->h.potential_d, u, w, work->local);
    struct xas_panel panel = {.n_vec = q->n_pol, .n = n_real(basis)};
    for (int v = 0; v < q->n_pol; v++) {
        panel.x[v] = pw_vector(u, v);
        panel.w[v] = pw_vector(w, v);
    }
    if (k->h.nonlocal)
        nonlocal(k, &panel, lanes, n_coefficient(q, k), work->partial);
    size_t row = (size_t)i * (size_t)q->n_pol;
#pragma omp parallel for schedule(static) num_threads(basis->dev->n_thread)
    for (int v = 0; v < q->n_pol; v++) {
        size_t at = (row + (size_t)v) * (size_t)q->n_max;
        recur(lanes, panel.n, step, panel.w[v], pw_vector(before, v), panel.x[v], q->a_d + at, q->b_d + at);
    }
}

/* ---- the table ---- */

static kd_status cpu_xas_start(kd_device *dev, kd_stream *s, const struct xas_block *q)
{
    (void)s;
    cpu_enter(dev);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread)
    for (int i = 0; i < q->n_k; i++) {
        const struct xas_k *k = &q->k[i];
        const struct xas_lanes *lanes = lanes_for(k->h.basis->type);
        size_t n = n_real(k->h.basis), bytes = n * (la_is_double(k->h.basis->type) ? sizeof(double) : sizeof(float));
        for (int v = 0; v < q->n_pol; v++) {
            void *u = pw_vector(&k->vector[0], v), *before = pw_vector(&k->vector[2], v);
            memset(before, 0, bytes);
            double norm = sqrt(lanes->beta(n, u, before, 0));
            q->norm_d[(size_t)i * (size_t)q->n_pol + (size_t)v] = norm;
            lanes->scale(n, u, norm > 0 ? 1 / norm : 0);
        }
    }
    cpu_leave(dev);
    return KD_OK;
}

static kd_status in_range(const struct xas_block *q, int first, int n_step)
{
    if (first < 0 || n_step < 0 || first + n_step > q->n_max)
        FAIL(KD_EINTERNAL, "chains: steps %d to %d, room for %d", first, first + n_step, q->n_max);
    return KD_OK;
}

static kd_status cpu_xas_resume(kd_device *dev, kd_stream *s, const struct xas_block *q, int first)
{
    (void)dev;
    (void)s;
    return in_range(q, first, 0);
}

static kd_status cpu_xas_advance(kd_device *dev, kd_stream *s, const struct xas_block *q, int first, int n_step)
{
    (void)s;
    TRY(in_range(q, first, n_step));
    size_t mark = kd_scratch_mark(dev);
    struct sizes size = sizes_of(q);
    size_t n_thread = (size_t)dev->n_thread;
    bool side_by_side = q->n_k >= dev->n_thread;
    size_t local = side_by_side ? size.local : n_thread * size.local; /* of the thread that drives a k-point */
    struct work all;
    TRY(kd_scratch_take(dev, (side_by_side ? n_thread : 1) * local, (void **)&all.local));
    TRY(kd_scratch_take(dev, (side_by_side ? n_thread : 1) * size.partial, (void **)&all.partial));
    cpu_enter(dev);
#pragma omp parallel for schedule(dynamic, 1) num_threads(dev->n_thread) if (side_by_side)
    for (int i = 0; i < q->n_k; i++) {
        size_t thread = side_by_side ? (size_t)cpu_thread() : 0;
        struct work work = {all.local + thread * local, all.partial + thread * (size.partial / sizeof(double))};
        for (int step = first; step < first + n_step; step++)
            one_step(q, i, step, &work);
    }
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}

const struct xas_ops cpu_xas_ops = {
    .scratch = cpu_xas_scratch,
    .start = cpu_xas_start,
    .resume = cpu_xas_resume,
    .advance = cpu_xas_advance,
};
