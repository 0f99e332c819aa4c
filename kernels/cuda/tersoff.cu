// SPDX-License-Identifier: BSD-3-Clause
/* tersoff.cu - the Tersoff force as an op: preparation, bonds (tersoff_bond.cuh), gather, sums per replica. */
#include "kernels/cuda/tersoff_derive.cuh"

namespace
{
constexpr int PREPARE_BLOCK = 128;
constexpr int CHUNK = 256;       /* atoms whose energy and virial one block of the gather sums */
constexpr int ROOM = 176;        /* bonds in shared memory: a tile of liquid Si has 160, of SiO2 90 */
constexpr size_t SHARED_MOST = 99 * 1024;

template <class real>
struct tersoff_work {
    bond_parameters<real> *bond;
    angle_parameters<real> *angle;
    int4 *position; /* mixed: on the lattice of tersoff.cuh */
    int *cell;
    unsigned *live;
    quad<real> *partial;
    real *site;
    double *chunk_sum; /* [n_replica][n_chunk][7] */
};

template <class real>
struct prepare_job {
    md_batch batch;
    const tersoff_params *entry;
    const double *cutoff;
    tersoff_work<real> work;
    const int *on;
};

/* One thread per atom, per cell component and per parameter entry, whichever there are: derived parameters in the precision
 * of the bonds and, for FP32, positions and cells on the lattice. All small: one launch instead of three. */
template <class real>
__global__ void __launch_bounds__(PREPARE_BLOCK) prepare_kernel(prepare_job<real> job)
{
    const int t = blockIdx.x * PREPARE_BLOCK + threadIdx.x, n = job.batch.n_species;
    if (is_off(job.on))
        return;
    if (t < n * n * n) {
        derive_angle(job.entry[t], &job.work.angle[t]);
        const int i = t / (n * n), j = t / n % n, k = t % n;
        if (j == k)
            derive_bond(job.entry[t], job.cutoff[i * n + j], &job.work.bond[i * n + j]);
    }
    if (sizeof(real) == sizeof(double))
        return;
    if (t < 9 * job.batch.n_replica)
        job.work.cell[t] = on_lattice(job.batch.cell_d[t]);
    if (t < job.batch.n_atom) {
        const double *at = job.batch.position_d + 4 * static_cast<size_t>(t);
        job.work.position[t] = {on_lattice(at[0]), on_lattice(at[1]), on_lattice(at[2]), job.batch.species_d[t]};
    }
}

template <class real>
struct gather_job {
    int n_chunk, n_padded, capacity;
    const int *first, *count, *index, *reverse;
    const unsigned *live;
    const quad<real> *partial;
    const real *site;
    double *force, *energy, *virial;
    double *chunk_sum;
    const int *on;
};

/* Force on one atom: sum over its bonds in range of F_ij - F_ji, in slot order. */
template <class real>
__device__ void gather_force(const gather_job<real> &job, int i)
{
    const size_t tile = i >> 5;
    const int lane = i & 31, count = job.count[i];
    real fx = 0, fy = 0, fz = 0;
    for (int slot = 0; slot < count; slot++) {
        const size_t row = tile * job.capacity + slot, at = row * MD_TILE + lane;
        if (!(job.live[row] >> lane & 1))
            continue;
        const int j = job.index[at];
        const size_t back = (static_cast<size_t>(j >> 5) * job.capacity + job.reverse[at]) * MD_TILE + (j & 31);
        const quad<real> out = job.partial[at], in = job.partial[back];
        fx += out.x - in.x;
        fy += out.y - in.y;
        fz += out.z - in.z;
    }
    reinterpret_cast<quad<double> *>(job.force)[i] = {double(fx), double(fy), double(fz), 0.0};
}

__device__ double warp_sum(double value)
{
    for (int step = 16; step > 0; step /= 2)
        value += __shfl_xor_sync(~0u, value, step);
    return value;
}

/* Energy (q = 0) or virial component (1 .. 6) of a replica. */
template <class real>
__device__ void store_sum(const gather_job<real> &job, int replica, int q, double sum)
{
    if (q == 0)
        job.energy[replica] = sum;
    else
        job.virial[6 * static_cast<size_t>(replica) + q - 1] = sum;
}

/* One thread per atom gathers its force; then each of seven warps sums one of energy and virial over the block's atoms, in
 * FP64. Blocks begin at a replica's first atom, not at a tile: the tree of the sum, and so its bits, do not depend on
 * where in the batch the replica stands. Reads F through the live words and reverse slots; writes force and the sums. */
template <class real>
__global__ void __launch_bounds__(CHUNK) gather_kernel(gather_job<real> job)
{
    const int r = blockIdx.x / job.n_chunk, chunk = blockIdx.x % job.n_chunk;
    if (is_off(job.on))
        return;
    const int begin = job.first[r] + chunk * CHUNK, end = job.first[r + 1];
    if (begin >= end && chunk > 0) /* chunk 0 stays: an empty replica has energy 0 */
        return;
    if (begin + static_cast<int>(threadIdx.x) < end)
        gather_force(job, begin + threadIdx.x);
    const int q = threadIdx.x >> 5, lane = threadIdx.x & 31;
    if (q >= 7)
        return;
    double sum = 0;
    for (int i = begin + lane; i < min(begin + CHUNK, end); i += 32)
        sum += job.site[q * static_cast<size_t>(job.n_padded) + i];
    sum = warp_sum(sum);
    if (lane == 0) {
        if (job.n_chunk == 1)
            store_sum(job, r, q, sum);
        else
            job.chunk_sum[static_cast<size_t>(blockIdx.x) * 7 + q] = sum;
    }
}

/* One block of seven warps per replica: a warp adds the chunk sums of one quantity, lane l those of chunks l, l + 32, ... */
template <class real>
__global__ void __launch_bounds__(7 * 32) finish_kernel(gather_job<real> job)
{
    const int r = blockIdx.x, q = threadIdx.x >> 5, lane = threadIdx.x & 31;
    if (is_off(job.on))
        return;
    const int n_used = (job.first[r + 1] - job.first[r] + CHUNK - 1) / CHUNK;
    double sum = 0;
    for (int c = lane; c < n_used; c += 32)
        sum += job.chunk_sum[(static_cast<size_t>(r) * job.n_chunk + c) * 7 + q];
    sum = warp_sum(sum);
    if (lane == 0)
        store_sum(job, r, q, sum);
}

/* ---- host side ---- */

int chunks(const md_batch *batch)
{
    return (batch->max_atom + CHUNK - 1) / CHUNK;
}

size_t padded(const md_batch *batch)
{
    return (static_cast<size_t>(batch->n_atom) + MD_TILE - 1) / MD_TILE * MD_TILE;
}

template <class real>
size_t work_bytes(const md_batch *batch, int capacity)
{
    const size_t n = batch->n_species, slots = padded(batch) * capacity, bonds = padded(batch) / MD_TILE * capacity;
    size_t bytes = kd_scratch_round(n * n * sizeof(bond_parameters<real>)) +
                   kd_scratch_round(n * n * n * sizeof(angle_parameters<real>)) + kd_scratch_round(bonds * sizeof(unsigned)) +
                   kd_scratch_round(slots * sizeof(quad<real>)) + kd_scratch_round(7 * padded(batch) * sizeof(real)) +
                   kd_scratch_round(static_cast<size_t>(batch->n_replica) * chunks(batch) * 7 * sizeof(double));
    if (sizeof(real) == sizeof(float))
        bytes += kd_scratch_round(batch->n_atom * sizeof(int4)) + kd_scratch_round(9 * batch->n_replica * sizeof(int));
    return bytes;
}

template <class real>
kd_status take_work(kd_device *dev, const md_batch *batch, int capacity, tersoff_work<real> *work)
{
    const size_t n = batch->n_species;
    TRY(scratch(dev, n * n, &work->bond));
    TRY(scratch(dev, n * n * n, &work->angle));
    TRY(scratch(dev, padded(batch) / MD_TILE * capacity, &work->live));
    TRY(scratch(dev, padded(batch) * capacity, &work->partial));
    TRY(scratch(dev, 7 * padded(batch), &work->site));
    TRY(scratch(dev, static_cast<size_t>(batch->n_replica) * chunks(batch) * 7, &work->chunk_sum));
    if (sizeof(real) == sizeof(float)) {
        TRY(scratch(dev, batch->n_atom, &work->position));
        TRY(scratch(dev, 9 * static_cast<size_t>(batch->n_replica), &work->cell));
    }
    return KD_OK;
}

places<double> places_of(const md_batch *batch, const tersoff_work<double> &work)
{
    (void)work;
    return {batch->position_d, batch->cell_d};
}

places<float> places_of(const md_batch *batch, const tersoff_work<float> &work)
{
    (void)batch;
    return {work.position, work.cell};
}

struct tersoff_call {
    const md_batch *batch;
    const md_neighbors *list;
    const tersoff_table *potential;
    const md_forces *out;
    const int *on;
};

template <class real>
kd_status launch_gather(const tersoff_call &call, const tersoff_work<real> &work, cudaStream_t s)
{
    const md_batch *batch = call.batch;
    const gather_job<real> job = {
        chunks(batch),       static_cast<int>(padded(batch)), call.list->capacity, batch->first_d,      call.list->count_d,
        call.list->index_d,  call.list->reverse_d,            work.live,           work.partial,        work.site,
        call.out->force_d,   call.out->energy_d,              call.out->virial_d,  work.chunk_sum,
        call.on};
    CUDA_TRY(LAUNCH(gather_kernel<real>, dim3(batch->n_replica * job.n_chunk), dim3(CHUNK), 0, s, job));
    if (job.n_chunk > 1)
        CUDA_TRY(LAUNCH(finish_kernel<real>, dim3(batch->n_replica), dim3(7 * 32), 0, s, job));
    return KD_OK;
}

template <class real>
kd_status launch_all(const tersoff_call &call, const tersoff_work<real> &work, int room, cudaStream_t s)
{
    const md_batch *batch = call.batch;
    const int n = batch->n_species;
    size_t items = static_cast<size_t>(n) * n * n;
    if (sizeof(real) == sizeof(float))
        items = max(items, max(static_cast<size_t>(batch->n_atom), 9 * static_cast<size_t>(batch->n_replica)));
    const prepare_job<real> prepare = {*batch, call.potential->entry_d, call.potential->cutoff_d, work, call.on};
    CUDA_TRY(LAUNCH(prepare_kernel<real>, dim3(blocks_for(items, PREPARE_BLOCK)), dim3(PREPARE_BLOCK), 0, s, prepare));
    const bond_job<real> job = {batch->n_atom,
                                n,
                                call.list->capacity,
                                room,
                                call.list->count_d,
                                call.list->index_d,
                                call.list->shift_d,
                                batch->replica_d,
                                batch->species_d,
                                places_of(batch, work),
                                work.bond,
                                work.angle,
                                work.live,
                                work.partial,
                                work.site,
                                call.on};
    CUDA_TRY(launch_bonds(job, tersoff_is_general(call.potential), s));
    return launch_gather(call, work, s);
}

template <class real>
kd_status run(kd_device *dev, cudaStream_t s, const tersoff_call &call)
{
    const int capacity = call.list->capacity, room = max(ROOM, capacity);
    if (bond_shared_bytes<real>(room, capacity) > SHARED_MOST)
        FAIL(KD_EINPUT, "tersoff: %d neighbours per atom do not fit into shared memory, expected a smaller skin or range",
             capacity);
    const size_t mark = kd_scratch_mark(dev);
    tersoff_work<real> work = {};
    kd_status status = take_work(dev, call.batch, capacity, &work);
    if (status == KD_OK)
        status = launch_all(call, work, room, s);
    kd_scratch_release(dev, mark);
    return status;
}
} // namespace

size_t cuda_tersoff_scratch(const kd_device *dev, const struct md_batch *batch, int capacity,
                            enum kd_precision precision)
{
    (void)dev;
    return precision == KD_DOUBLE ? work_bytes<double>(batch, capacity) : work_bytes<float>(batch, capacity);
}

kd_status cuda_tersoff_if(kd_device *dev, kd_stream *s, const struct md_batch *batch, const struct md_neighbors *list,
                          const struct tersoff_table *potential, enum kd_precision precision, const struct md_forces *out,
                          const int *on_d)
{
    if (potential->n_species > 8 || potential->n_species != batch->n_species)
        FAIL(KD_EINPUT, "tersoff: %d species in the table, %d in the batch, expected the same, at most 8",
             potential->n_species, batch->n_species);
    TRY(cuda_bind(dev));
    const tersoff_call call = {batch, list, potential, out, on_d};
    return precision == KD_DOUBLE ? run<double>(dev, cuda_stream(s), call) : run<float>(dev, cuda_stream(s), call);
}
