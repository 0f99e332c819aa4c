// SPDX-License-Identifier: BSD-3-Clause
/* md_wide.cu - the op `run` for replicas that are too large for one block: memory, and the launches of a step.
 *
 * Neighbour lists are those of neighbor.cu, forces those of tersoff.cu, each behind a flag: no step waits for the host. It looks
 * at the replica's state once in GROUP steps. */
#include "kernels/cuda/md_wide.cuh"

#include "kernels/cuda/md_wide.h"

namespace
{
constexpr int GROUP = 100; /* steps between two looks at the state */

struct wide_memory {
    wide_room *room;
    double *reference; /* [n_atom][4] */
    double (*part)[8];
    int *zeros; /* every atom belongs to replica 0 of the view; never written */
    md_neighbors list;
};

template <class T>
void carve(char *at, size_t *bytes, size_t count, T **pointer)
{
    *pointer = at ? reinterpret_cast<T *>(at + *bytes) : nullptr;
    *bytes += kd_scratch_round(count * sizeof(T));
}

size_t lay_out(int n_atom, int capacity, char *at, wide_memory *m)
{
    const size_t n = n_atom, padded = (n + MD_TILE - 1) / MD_TILE * MD_TILE, slots = padded * capacity;
    size_t bytes = 0;
    carve(at, &bytes, 1, &m->room);
    carve(at, &bytes, 4 * n, &m->reference);
    carve(at, &bytes, blocks_for(n, SAIL_BLOCK), &m->part);
    carve(at, &bytes, n, &m->zeros);
    carve(at, &bytes, padded, &m->list.count_d);
    carve(at, &bytes, slots, &m->list.index_d);
    carve(at, &bytes, slots, &m->list.shift_d);
    carve(at, &bytes, slots, &m->list.reverse_d);
    m->list.capacity = capacity;
    m->list.max_count_d = m->room ? &m->room->most : nullptr;
    return bytes;
}

md_batch view_of(const md_batch *all, int r, const wide_memory *m)
{
    md_batch one = *all;
    const size_t first = all->first[r];
    one.n_replica = 1;
    one.n_atom = one.max_atom = all->first[r + 1] - all->first[r];
    one.first = nullptr; /* kernels read first_d */
    one.first_d = m->room ? m->room->first : nullptr;
    one.replica_d = m->zeros;
    one.species_d = all->species_d + first;
    one.cell_d = all->cell_d + 9 * static_cast<size_t>(r);
    one.position_d = all->position_d + 4 * first;
    return one;
}

struct wide_run { /* one replica under way */
    kd_device *dev;
    kd_stream *stream;
    const md_run *run;
    md_batch batch;
    wide_memory memory;
    md_forces forces;
    wide_job job;
    bool relaxing;
};

void board(wide_run *w, int r, char *memory)
{
    const md_run *run = w->run;
    const md_batch *all = run->batch;
    const size_t first = all->first[r];
    const int n_atom = all->first[r + 1] - all->first[r];
    lay_out(n_atom, run->capacity, memory, &w->memory);
    w->batch = view_of(all, r, &w->memory);
    w->forces = {run->force_d + 4 * first, &w->memory.room->energy, w->memory.room->virial};
    w->relaxing = MD_IS_RELAXATION(&run->phase[r]);
    w->job.crew = {n_atom, 0, w->batch.species_d, run->mass_d, run->position_d + 4 * first, run->velocity_d + 4 * first,
                   run->force_d + 4 * first, w->memory.reference};
    w->job.cell = run->cell_d + 9 * static_cast<size_t>(r);
    w->job.cutoff = run->potential->cutoff_d;
    w->job.phase = run->phase_d + r;
    w->job.state = run->replica_d + r;
    w->job.room = w->memory.room;
    w->job.part = w->memory.part;
    w->job.n_block = blocks_for(n_atom, SAIL_BLOCK);
    w->job.n_species = all->n_species;
    w->job.capacity = run->capacity;
    w->job.skin = run->skin;
}

kd_status launch_step(const wide_run *w)
{
    const dim3 atoms(w->job.n_block), one(1), block(SAIL_BLOCK);
    const wide_job &job = w->job;
    const cudaStream_t s = cuda_stream(w->stream);
    CUDA_TRY(LAUNCH(wide_kick_kernel, atoms, block, 0, s, job));
    CUDA_TRY(LAUNCH(wide_decide_kernel, one, block, 0, s, job));
    if (w->relaxing) {
        CUDA_TRY(LAUNCH(wide_steer_kernel, atoms, block, 0, s, job));
        CUDA_TRY(LAUNCH(wide_time_kernel, one, block, 0, s, job));
    }
    CUDA_TRY(LAUNCH(wide_move_kernel, atoms, block, 0, s, job));
    CUDA_TRY(LAUNCH(wide_stale_kernel, one, block, 0, s, job));
    TRY(cuda_neighbor_build_if(w->dev, w->stream, &w->batch, job.cutoff, job.skin, &w->memory.list, &job.room->build));
    CUDA_TRY(LAUNCH(wide_remember_kernel, atoms, block, 0, s, job));
    TRY(cuda_tersoff_if(w->dev, w->stream, &w->batch, &w->memory.list, w->run->potential, w->run->precision, &w->forces,
                        &job.room->force));
    CUDA_TRY(LAUNCH(wide_finish_kick_kernel, atoms, block, 0, s, job));
    CUDA_TRY(LAUNCH(wide_finish_kernel, one, block, 0, s, job));
    if (!w->relaxing)
        CUDA_TRY(LAUNCH(wide_scale_kernel, atoms, block, 0, s, job));
    return KD_OK;
}
} // namespace

bool cuda_run_is_wide(const struct md_batch *batch, int replica)
{
    return batch->first[replica + 1] - batch->first[replica] > SAIL_ATOMS;
}

size_t cuda_wide_bytes(const struct md_batch *batch, int replica, int capacity)
{
    wide_memory m = {};
    return lay_out(batch->first[replica + 1] - batch->first[replica], capacity, nullptr, &m);
}

size_t cuda_wide_scratch(const kd_device *dev, const struct md_batch *batch, int replica, int capacity, enum kd_precision precision)
{
    const wide_memory nothing = {};
    const md_batch one = view_of(batch, replica, &nothing);
    const size_t lists = cuda_neighbor_scratch(dev, &one, capacity), forces = cuda_tersoff_scratch(dev, &one, capacity, precision);
    return lists > forces ? lists : forces; /* one after the other */
}

kd_status cuda_wide_run(kd_device *dev, kd_stream *stream, const struct md_run *run, int replica, void *work_d)
{
    wide_run w = {dev, stream, run, {}, {}, {}, {}, false};
    const md_phase &phase = run->phase[replica];
    const int64_t stop = phase.stop < phase.end ? phase.stop : phase.end;
    board(&w, replica, static_cast<char *>(work_d));
    CUDA_TRY(LAUNCH(wide_open_kernel, dim3(1), dim3(1), 0, cuda_stream(stream), w.job));
    for (;;) {
        md_replica state;
        CUDA_TRY(cudaMemcpyAsync(&state, w.job.state, sizeof state, cudaMemcpyDeviceToHost, cuda_stream(stream)));
        CUDA_TRY(cudaStreamSynchronize(cuda_stream(stream)));
        const int64_t left = stop - state.step + (state.pending == MD_AT_START);
        if (state.outcome != MD_RUNNING || left <= 0)
            return KD_OK;
        for (int64_t k = 0; k < left && k < GROUP; k++)
            TRY(launch_step(&w));
    }
}
