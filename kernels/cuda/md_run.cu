// SPDX-License-Identifier: BSD-3-Clause
/* md_run.cu - the op `run`: memory, one launch of one block per small replica, and large ones one after the other (md_wide.cu). */
#include "kernels/cuda/md_sail.cuh"
#include "kernels/cuda/md_wide.h"

namespace
{
/* Atoms in the arrays of the work area, every replica padded to whole warps. */
size_t padded_atoms(const md_batch *batch)
{
    return static_cast<size_t>(md_base(batch->n_atom, batch->n_replica)) + MD_TILE;
}

/* Takes the next `count` of T from the work area; with at = 0 only counts bytes. */
template <class T>
void carve(char **at, size_t *bytes, size_t count, T **pointer)
{
    *pointer = *at ? reinterpret_cast<T *>(*at + *bytes) : nullptr;
    *bytes += kd_scratch_round(count * sizeof(T));
}

template <class real>
size_t lay_out(const md_batch *batch, int capacity, char *at, sail_work<real> *work)
{
    const size_t n = padded_atoms(batch), bonds = n * capacity, species = batch->n_species;
    size_t bytes = 0;
    carve(&at, &bytes, batch->n_replica, &work->kept);
    carve(&at, &bytes, 4 * n, &work->reference);
    carve(&at, &bytes, n, &work->lattice);
    carve(&at, &bytes, n, &work->count);
    carve(&at, &bytes, n, &work->n_live);
    carve(&at, &bytes, bonds, &work->index);
    carve(&at, &bytes, bonds, &work->shift);
    carve(&at, &bytes, bonds, &work->reverse);
    carve(&at, &bytes, bonds, &work->rank);
    carve(&at, &bytes, bonds, &work->arm);
    carve(&at, &bytes, bonds, &work->pull);
    carve(&at, &bytes, bonds, &work->fc);
    carve(&at, &bytes, bonds, &work->dfc);
    carve(&at, &bytes, bonds, &work->weight);
    carve(&at, &bytes, bonds, &work->below);
    carve(&at, &bytes, bonds, &work->name);
    carve(&at, &bytes, species * species, &work->bond);
    carve(&at, &bytes, species * species * species, &work->angle);
    return bytes;
}

bool any_is_small(const md_batch *batch)
{
    for (int r = 0; r < batch->n_replica; r++)
        if (!cuda_run_is_wide(batch, r))
            return true;
    return false;
}

/* Of the persistent blocks; a batch with any of them has their arrays for all its atoms. */
size_t sail_bytes(const md_batch *batch, int capacity, kd_precision precision)
{
    sail_work<double> full;
    sail_work<float> mixed;
    if (!any_is_small(batch))
        return 0;
    return precision == KD_DOUBLE ? lay_out(batch, capacity, nullptr, &full) : lay_out(batch, capacity, nullptr, &mixed);
}

template <class real>
kd_status launch(const md_run *run, cudaStream_t s)
{
    const md_batch *batch = run->batch;
    sail_job<real> job = {};
    job.batch = *batch;
    job.position = run->position_d;
    job.cell = run->cell_d;
    job.velocity = run->velocity_d;
    job.force = run->force_d;
    job.mass = run->mass_d;
    job.cutoff = run->potential->cutoff_d;
    job.phase = run->phase_d;
    job.replica = run->replica_d;
    job.entry = run->potential->entry_d;
    job.capacity = run->capacity;
    job.skin = run->skin;
    lay_out(batch, run->capacity, static_cast<char *>(run->work_d), &job.work);
    const size_t entries = static_cast<size_t>(batch->n_species) * batch->n_species * batch->n_species;
    CUDA_TRY(LAUNCH(derive_kernel<real>, dim3(blocks_for(entries, 128)), dim3(128), 0, s, job));
    if (tersoff_is_general(run->potential))
        CUDA_TRY(LAUNCH((sail_kernel<real, true>), dim3(batch->n_replica), dim3(SAIL_BLOCK), 0, s, job));
    else
        CUDA_TRY(LAUNCH((sail_kernel<real, false>), dim3(batch->n_replica), dim3(SAIL_BLOCK), 0, s, job));
    return KD_OK;
}
} // namespace

size_t cuda_run_bytes(const kd_device *dev, const struct md_batch *batch, int capacity, enum kd_precision precision)
{
    (void)dev;
    size_t bytes = sail_bytes(batch, capacity, precision);
    for (int r = 0; r < batch->n_replica; r++)
        if (cuda_run_is_wide(batch, r))
            bytes += cuda_wide_bytes(batch, r, capacity);
    return bytes;
}

size_t cuda_run_scratch(const kd_device *dev, const struct md_batch *batch, int capacity, enum kd_precision precision)
{
    size_t most = 0;
    for (int r = 0; r < batch->n_replica; r++)
        if (cuda_run_is_wide(batch, r)) {
            const size_t own = cuda_wide_scratch(dev, batch, r, capacity, precision);
            most = own > most ? own : most;
        }
    return most;
}

kd_status cuda_run(kd_device *dev, kd_stream *s, const struct md_run *run)
{
    const md_batch *batch = run->batch;
    if (run->potential->n_species > 8 || run->potential->n_species != batch->n_species || run->capacity < 1)
        FAIL(KD_EINPUT, "run: %d species in the table, %d in the batch, capacity %d, expected the same, at most 8, at least 1",
             run->potential->n_species, batch->n_species, run->capacity);
    TRY(cuda_bind(dev));
    if (any_is_small(batch))
        TRY(run->precision == KD_DOUBLE ? launch<double>(run, cuda_stream(s)) : launch<float>(run, cuda_stream(s)));
    char *work = static_cast<char *>(run->work_d) + sail_bytes(batch, run->capacity, run->precision);
    for (int r = 0; r < batch->n_replica; r++)
        if (cuda_run_is_wide(batch, r)) {
            TRY(cuda_wide_run(dev, s, run, r, work));
            work += cuda_wide_bytes(batch, r, run->capacity);
        }
    return KD_OK;
}
