// SPDX-License-Identifier: BSD-3-Clause
/* xas.cu - Lanczos chains on CUDA: all k-points and polarisations of a site step together, and no number of a step leaves the device.
 *
 * A step is the local part of H of every k-point's block; the nonlocal one of all of them, which ends with the sums of the recurrence while w is in
 * registers (pw_factors.cu); and one pass to the next vectors (xas_kernels.cuh). SPAN steps are captured as one graph and replayed: which step
 * it is stands on the device, and vectors come round every three. */
#include "kernels/cuda/libraries.cuh"
#include "kernels/cuda/xas_kernels.cuh"

#include <cstdint>
#include <vector>

/* ---- launches of one step ---- */

/* Does the last pass of its projectors make the sums? */
static bool taken_apart(const struct xas_k *k)
{
    return k->h.nonlocal && k->h.nonlocal->factors && k->h.nonlocal->factors->n_sheet > 0;
}

static int chunk_count(const struct xas_block *q)
{
    int most = 1;
    for (int i = 0; i < q->n_k; i++) {
        const struct pw_basis *b = q->k[i].h.basis;
        const int plain = static_cast<int>(blocks_for(2 * static_cast<size_t>(b->n_pw), CHUNK)), other = cuda_factors_chunks(b);
        most = plain > most ? plain : most;
        most = other > most ? other : most;
    }
    return most;
}

static size_t sum_count(const struct xas_block *q)
{
    return static_cast<size_t>(q->n_k) * q->n_pol * CHAIN_SUMS * chunk_count(q);
}

struct workspace { /* of one call, in scratch */
    double *sums;
    int *count;
};

static kd_status take(kd_device *dev, const struct xas_block *q, workspace *w)
{
    TRY(scratch(dev, sum_count(q), &w->sums));
    return scratch(dev, 1, &w->count);
}

/* Where a step finds its number and its vectors. */
struct position {
    chain_step when;
    int w, u, before; /* vectors */
};

static position position_of(const struct xas_block *q, int step, const int *count, int vector)
{
    return {{step, count, q->n_max, chunk_count(q)}, (vector + 1) % 3, vector % 3, (vector + 2) % 3};
}

static std::vector<factor_block> all_taken_apart(const struct xas_block *q, const position &at, double *sums)
{
    std::vector<factor_block> f;
    for (int i = 0; i < q->n_k; i++) {
        const struct xas_k *k = &q->k[i];
        const size_t chain = static_cast<size_t>(i) * q->n_pol;
        if (taken_apart(k))
            f.push_back({k->h.basis, k->h.nonlocal->factors, &k->vector[at.u], &k->vector[at.w], &k->vector[at.before], q->b_d + chain * q->n_max,
                         sums + chain * CHAIN_SUMS * at.when.n_chunk});
    }
    return f;
}

static size_t xas_scratch(const kd_device *dev, const struct xas_block *q)
{
    const std::vector<factor_block> f = all_taken_apart(q, position_of(q, 0, nullptr, 0), nullptr);
    size_t most = f.empty() ? 0 : cuda_factors_scratch(static_cast<int>(f.size()), f.data());
    for (int i = 0; i < q->n_k; i++) {
        const struct xas_k *k = &q->k[i];
        const bool whole = k->h.nonlocal && !k->h.nonlocal->factors;
        const size_t bytes = cuda_pw_ops.scratch(dev, k->h.basis, q->n_pol, whole ? k->h.nonlocal->n_proj : 0);
        most = bytes > most ? bytes : most;
    }
    return most + kd_scratch_round(sum_count(q) * sizeof(double)) + kd_scratch_round(sizeof(int));
}

enum which { ALL, NOT_TAKEN_APART };

/* The k-points of one precision from `next` on; moves `next` behind the last one looked at. */
static chains collect(const struct xas_block *q, bool wide, which wanted, const position &at, double *sums, int *next)
{
    chains c = {};
    c.n_pol = q->n_pol;
    c.when = at.when;
    c.norm = q->norm_d;
    c.a = q->a_d;
    c.b = q->b_d;
    c.sums = sums;
    for (; *next < q->n_k && c.n_k < MOST_K; ++*next) {
        const struct xas_k *k = &q->k[*next];
        const bool apart = at.when.step >= 0 && taken_apart(k);
        if (la_is_double(k->h.basis->type) != wide || (apart && wanted == NOT_TAKEN_APART))
            continue;
        c.w[c.n_k] = k->vector[at.w].x_d;
        c.u[c.n_k] = k->vector[at.u].x_d;
        c.before[c.n_k] = k->vector[at.before].x_d;
        c.n[c.n_k] = 2 * static_cast<size_t>(k->h.basis->n_pw);
        c.ld[c.n_k] = k->vector[at.w].ld * la_width(k->h.basis->type);
        c.chunks[c.n_k] = apart ? cuda_factors_chunks(k->h.basis) : static_cast<int>(blocks_for(c.n[c.n_k], CHUNK));
        c.row[c.n_k++] = *next;
    }
    return c;
}
static int widest(const chains &c)
{
    size_t most = 1;
    for (int i = 0; i < c.n_k; i++)
        most = c.n[i] > most ? c.n[i] : most;
    return static_cast<int>(blocks_for(most, CHUNK));
}

/* The sums of those that do not have them yet, then the next vectors. */
template <class T>
static kd_status recur(const struct xas_block *q, const position &at, const workspace &w, cudaStream_t s)
{
    const bool wide = sizeof(T) == sizeof(double);
    for (const which wanted : {NOT_TAKEN_APART, ALL})
        for (int next = 0; next < q->n_k;) {
            const chains c = collect(q, wide, wanted, at, w.sums, &next);
            const dim3 grid(widest(c), c.n_pol, c.n_k), block(THREADS);
            if (c.n_k == 0)
                continue;
            if (wanted == ALL)
                CUDA_TRY(LAUNCH(chain_next_kernel<T>, grid, block, 0, s, c));
            else if (at.when.step < 0)
                CUDA_TRY(LAUNCH(chain_norm_kernel<T>, grid, block, 0, s, c));
            else
                CUDA_TRY(LAUNCH(chain_sums_kernel<T>, grid, block, 0, s, c));
        }
    return KD_OK;
}

static kd_status one_step(kd_device *dev, kd_stream *s, const struct xas_block *q, const position &at, const workspace &w)
{
    for (int i = 0; i < q->n_k; i++) {
        const struct xas_k *k = &q->k[i];
        struct pw_hamiltonian h = k->h;
        if (h.nonlocal && h.nonlocal->factors)
            h.nonlocal = nullptr;
        TRY(cuda_pw_ops.apply(dev, s, &h, &k->vector[at.u], &k->vector[at.w]));
    }
    const std::vector<factor_block> f = all_taken_apart(q, at, w.sums);
    TRY(cuda_factors_add(dev, s, static_cast<int>(f.size()), f.data(), &at.when));
    TRY(recur<float>(q, at, w, cuda_stream(s)));
    return recur<double>(q, at, w, cuda_stream(s));
}

/* ---- graphs of SPAN steps ---- */

struct xas_graph { /* the last one of a device */
    cudaGraphExec_t graph;
    std::vector<uintptr_t> key;
};

static void drop_graph(struct cuda_state *state)
{
    if (state->xas)
        (void)cudaGraphExecDestroy(state->xas->graph);
    delete state->xas;
    state->xas = nullptr;
}

void cuda_xas_release(struct cuda_state *state)
{
    drop_graph(state);
}

/* What the nodes depend on besides what stands in device memory and what only `start` and `resume` may be followed by a change of. */
static std::vector<uintptr_t> key_of(const struct xas_block *q, const workspace &w, cudaStream_t s)
{
    const auto number = [](const void *p) { return reinterpret_cast<uintptr_t>(p); };
    std::vector<uintptr_t> key = {static_cast<uintptr_t>(q->n_k), static_cast<uintptr_t>(q->n_pol), static_cast<uintptr_t>(q->n_max),
                                  number(q->a_d), number(q->b_d), number(w.sums), number(w.count), number(s)};
    for (int i = 0; i < q->n_k; i++) {
        const struct xas_k *k = &q->k[i];
        for (const void *p : {static_cast<const void *>(k->h.basis), static_cast<const void *>(k->h.nonlocal), static_cast<const void *>(k->h.potential_d)})
            key.push_back(number(p));
        for (const struct la_block &v : k->vector) {
            key.push_back(number(v.x_d));
            key.push_back(v.ld);
        }
    }
    return key;
}

/* The steps before a graph's; below 0: SPAN more. */
static kd_status set_count(int *count, int step, cudaStream_t s)
{
    CUDA_TRY(LAUNCH(chain_count_kernel, dim3(1), dim3(1), 0, s, count, step));
    return KD_OK;
}

/* Steps 1 .. SPAN after a multiple of 3 (the count says which), and the count moved on. */
static kd_status capture(kd_device *dev, kd_stream *s, const struct xas_block *q, const workspace &w, cudaGraphExec_t *out)
{
    kd_status status = KD_OK;
    CUDA_TRY(cudaStreamBeginCapture(cuda_stream(s), cudaStreamCaptureModeThreadLocal));
    for (int i = 0; i < SPAN && status == KD_OK; i++)
        status = one_step(dev, s, q, position_of(q, i, w.count, i + 1), w);
    if (status == KD_OK)
        status = set_count(w.count, -1, cuda_stream(s));
    return cuda_end_capture(cuda_stream(s), status, out);
}

static kd_status kept_graph(kd_device *dev, kd_stream *s, const struct xas_block *q, const workspace &w, cudaGraphExec_t *out)
{
    struct cuda_state *state = cuda_state(dev);
    const std::vector<uintptr_t> key = key_of(q, w, cuda_stream(s));
    if (!state->xas || state->xas->key != key) {
        cudaGraphExec_t graph;
        drop_graph(state);
        TRY(capture(dev, s, q, w, &graph));
        state->xas = new xas_graph{graph, key};
    }
    *out = state->xas->graph;
    return KD_OK;
}

/* ---- the table ---- */

static kd_status in_range(const struct xas_block *q, int first, int n_step)
{
    if (first < 0 || n_step < 0 || first + n_step > q->n_max)
        FAIL(KD_EINTERNAL, "chains: steps %d to %d, room for %d", first, first + n_step, q->n_max);
    return KD_OK;
}

static kd_status start(kd_device *dev, kd_stream *s, const struct xas_block *q)
{
    const size_t mark = kd_scratch_mark(dev);
    const position at = {{-1, nullptr, q->n_max, chunk_count(q)}, 0, 0, 2};
    workspace w;
    TRY(cuda_bind(dev));
    drop_graph(cuda_state(dev));
    TRY(take(dev, q, &w));
    for (int i = 0; i < q->n_k; i++) {
        const struct la_block *before = &q->k[i].vector[at.before];
        CUDA_TRY(cudaMemsetAsync(before->x_d, 0, q->n_pol * before->ld * la_size(before->type), cuda_stream(s)));
    }
    TRY(recur<float>(q, at, w, cuda_stream(s)));
    TRY(recur<double>(q, at, w, cuda_stream(s)));
    kd_scratch_release(dev, mark);
    return KD_OK;
}

static kd_status resume(kd_device *dev, kd_stream *s, const struct xas_block *q, int first)
{
    (void)s;
    drop_graph(cuda_state(dev));
    return in_range(q, first, 0);
}

/* Up to the first step of a graph one by one, graphs, the rest one by one. At least one step comes before a capture, so that what
 * libraries and the loader of modules do at first use is done. */
static kd_status steps(kd_device *dev, kd_stream *s, const struct xas_block *q, int first, int n_step, const workspace &w)
{
    const int end = first + n_step;
    int step = first;
    while (step < end && (step % 3 != 1 || (step == first && !cuda_state(dev)->xas) || end - step < SPAN)) {
        TRY(one_step(dev, s, q, position_of(q, step, nullptr, step), w));
        step++;
    }
    if (step == end)
        return KD_OK;
    cudaGraphExec_t graph;
    TRY(kept_graph(dev, s, q, w, &graph));
    TRY(set_count(w.count, step, cuda_stream(s)));
    for (; end - step >= SPAN; step += SPAN)
        CUDA_TRY(cudaGraphLaunch(graph, cuda_stream(s)));
    for (; step < end; step++)
        TRY(one_step(dev, s, q, position_of(q, step, nullptr, step), w));
    return KD_OK;
}

static kd_status advance(kd_device *dev, kd_stream *s, const struct xas_block *q, int first, int n_step)
{
    const size_t mark = kd_scratch_mark(dev);
    workspace w;
    TRY(in_range(q, first, n_step));
    TRY(cuda_bind(dev));
    TRY(take(dev, q, &w));
    const kd_status status = steps(dev, s, q, first, n_step, w);
    kd_scratch_release(dev, mark);
    return status;
}

const struct xas_ops cuda_xas_ops = {
    xas_scratch,
    start,
    resume,
    advance,
};
