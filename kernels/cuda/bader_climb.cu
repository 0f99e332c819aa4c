// SPDX-License-Identifier: BSD-3-Clause
/* bader_climb.cu - every point finds its maximum. One thread per point throughout: 27 neighbours come out of L1, directions are bytes so
 * that all of them stay in L2 (17 MB at 256^3), and a round in which nothing is left to do ends after one load. */
#include "kernels/cuda/bader.cuh"

namespace
{
struct climb_job {
    bader_grid grid;
    const float *rho;
    int *maximum, *next, *rounds;
    unsigned char *direction, *edge, *todo, *changed;
    int n;
};

/* Steepest neighbour; on level ground the one with the smallest number. Reads rho, writes direction. */
__global__ void __launch_bounds__(BADER_BLOCK) steepest_kernel(climb_job job)
{
    const int q = blockIdx.x * BADER_BLOCK + threadIdx.x;
    if (q >= job.n)
        return;
    const bader_place p = bader_at(job.grid, q);
    const float own = job.rho[q];
    float best = 0;
    int direction = 13, least = q, level = 13;
    for (int d = 0; d < 27; d++) {
        const int to = bader_towards(job.grid, p, d).q;
        const float rho = job.rho[to], slope = __fmul_rn(__fsub_rn(rho, own), job.grid.slope_weight[d]);
        if (slope > best) {
            best = slope;
            direction = d;
        }
        if (rho == own && to < least) {
            least = to;
            level = d;
        }
    }
    job.direction[q] = static_cast<unsigned char>(direction == 13 ? level : direction);
}

/* Follow the directions to the top. */
__global__ void __launch_bounds__(BADER_BLOCK) top_kernel(climb_job job)
{
    const int q = blockIdx.x * BADER_BLOCK + threadIdx.x;
    if (q >= job.n)
        return;
    bader_place p = bader_at(job.grid, q);
    for (int d = job.direction[q]; d != 13; d = job.direction[p.q])
        p = bader_towards(job.grid, p, d);
    job.maximum[q] = p.q;
}

/* All edges, before the first round: everybody may climb. */
__global__ void __launch_bounds__(BADER_BLOCK) edge_kernel(climb_job job)
{
    const int q = blockIdx.x * BADER_BLOCK + threadIdx.x;
    if (q >= job.n)
        return;
    job.edge[q] = bader_is_edge(job.grid, job.maximum, bader_at(job.grid, q));
    job.todo[q] = 1;
}

__device__ __forceinline__ float slope_along(const climb_job &job, const bader_place &p, int a, int b, int c)
{
    const float own = job.rho[p.q], above = job.rho[bader_step(job.grid, p, a, b, c).q], below = job.rho[bader_step(job.grid, p, -a, -b, -c).q];
    if (own > below && own > above)
        return 0;
    const float near = __fsub_rn(above, below);
    if (job.grid.order == 2)
        return near;
    const float far = __fsub_rn(job.rho[bader_step(job.grid, p, 2 * a, 2 * b, 2 * c).q], job.rho[bader_step(job.grid, p, -2 * a, -2 * b, -2 * c).q]);
    return __fsub_rn(__fmul_rn(8, near), far);
}

/* The next point; r is what rounding has left behind. */
__device__ bader_place near_grid_step(const climb_job &job, const bader_place &p, float (&r)[3])
{
    const float g[3] = {slope_along(job, p, 1, 0, 0), slope_along(job, p, 0, 1, 0), slope_along(job, p, 0, 0, 1)};
    float u[3], largest = 0;
    for (int a = 0; a < 3; a++) {
        const float *m = job.grid.metric[a];
        u[a] = __fadd_rn(__fadd_rn(__fmul_rn(m[0], g[0]), __fmul_rn(m[1], g[1])), __fmul_rn(m[2], g[2]));
        largest = fabsf(u[a]) > largest ? fabsf(u[a]) : largest;
    }
    if (!(largest < 1e-30f)) {
        int s[3];
        for (int a = 0; a < 3; a++) {
            const float v = __fdiv_rn(u[a], largest), whole = rintf(v);
            r[a] = __fadd_rn(r[a], __fsub_rn(v, whole));
            const float rest = rintf(r[a]);
            r[a] = __fsub_rn(r[a], rest);
            s[a] = static_cast<int>(whole) + static_cast<int>(rest);
        }
        const bader_place to = bader_step(job.grid, p, s[0], s[1], s[2]);
        if (job.rho[to.q] > job.rho[p.q])
            return to;
    }
    r[0] = r[1] = r[2] = 0;
    return bader_towards(job.grid, p, job.direction[p.q]);
}

__device__ int climb_from(const climb_job &job, int q)
{
    bader_place p = bader_at(job.grid, q);
    float r[3] = {0, 0, 0};
    for (;;) {
        const bader_place to = near_grid_step(job, p, r);
        if (to.q == p.q)
            return p.q;
        if (!job.edge[to.q])
            return job.maximum[to.q];
        p = to;
    }
}

/* One round: edge points climb; where they arrive is put down in next, and who has to change in changed. */
__global__ void __launch_bounds__(BADER_BLOCK) climb_kernel(climb_job job, int round)
{
    if (round > 0 && job.rounds[round - 1] == 0)
        return;
    const int q = blockIdx.x * BADER_BLOCK + threadIdx.x;
    bool changes = false;
    if (q < job.n && job.todo[q] && job.edge[q] && job.maximum[q] != q) {
        const int top = climb_from(job, q);
        changes = top != job.maximum[q];
        job.next[q] = top;
    }
    if (q < job.n)
        job.changed[q] = changes;
    const unsigned votes = __ballot_sync(~0u, changes);
    if ((threadIdx.x & 31) == 0 && votes)
        atomicAdd(&job.rounds[round], __popc(votes));
}

__global__ void __launch_bounds__(BADER_BLOCK) change_kernel(climb_job job, int round)
{
    const int q = blockIdx.x * BADER_BLOCK + threadIdx.x;
    if (q < job.n && job.rounds[round] > 0 && job.changed[q])
        job.maximum[q] = job.next[q];
}

/* Edges around the changes; the rest stays as it is and has nothing to do. */
__global__ void __launch_bounds__(BADER_BLOCK) renew_kernel(climb_job job, int round)
{
    const int q = blockIdx.x * BADER_BLOCK + threadIdx.x;
    if (q >= job.n || job.rounds[round] == 0)
        return;
    const bader_place p = bader_at(job.grid, q);
    bool touched = false;
    for (int d = 0; d < 27 && !touched; d++)
        touched = job.changed[bader_towards(job.grid, p, d).q];
    job.todo[q] = touched;
    if (touched)
        job.edge[q] = bader_is_edge(job.grid, job.maximum, p);
}

kd_status take_work(kd_device *dev, climb_job *job)
{
    TRY(scratch(dev, job->n, &job->next));
    TRY(scratch(dev, job->n, &job->direction));
    TRY(scratch(dev, job->n, &job->edge));
    TRY(scratch(dev, job->n, &job->todo));
    return scratch(dev, job->n, &job->changed);
}

kd_status launch(const climb_job &job, cudaStream_t s)
{
    const dim3 grid(blocks_for(job.n, BADER_BLOCK)), block(BADER_BLOCK);
    CUDA_TRY(cudaMemsetAsync(job.rounds, 0, (BADER_MAX_ROUND + 1) * sizeof(int), s));
    CUDA_TRY(LAUNCH(steepest_kernel, grid, block, 0, s, job));
    CUDA_TRY(LAUNCH(top_kernel, grid, block, 0, s, job));
    CUDA_TRY(LAUNCH(edge_kernel, grid, block, 0, s, job));
    for (int round = 0; round < BADER_MAX_ROUND; round++) {
        CUDA_TRY(LAUNCH(climb_kernel, grid, block, 0, s, job, round));
        CUDA_TRY(LAUNCH(change_kernel, grid, block, 0, s, job, round));
        CUDA_TRY(LAUNCH(renew_kernel, grid, block, 0, s, job, round));
    }
    return KD_OK;
}
} // namespace

size_t cuda_bader_climb_scratch(const struct bader_grid *grid)
{
    const size_t n = bader_points(grid);
    return kd_scratch_round(n * sizeof(int)) + 4 * kd_scratch_round(n);
}

kd_status cuda_bader_climb(kd_device *dev, kd_stream *s, const struct bader_grid *grid, const struct bader_climb *climb)
{
    TRY(cuda_bind(dev));
    const size_t mark = kd_scratch_mark(dev);
    climb_job job = {*grid, climb->reference_d, climb->maximum_d, nullptr, climb->rounds_d, nullptr, nullptr, nullptr, nullptr,
                     static_cast<int>(bader_points(grid))};
    kd_status status = take_work(dev, &job);
    if (status == KD_OK)
        status = launch(job, cuda_stream(s));
    kd_scratch_release(dev, mark);
    return status;
}
