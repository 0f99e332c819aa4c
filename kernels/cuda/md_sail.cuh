// SPDX-License-Identifier: BSD-3-Clause
/* md_sail.cuh - the persistent block: one replica, its forces and steps, without a word to the host.
 *
 * 256 threads run one replica for as many steps as the phase says. Everything it touches lies in global memory, a few hundred kB
 * that stay in L1 and L2. Bonds in range are packed to the top of each column, (i, k) for the k-th of atom i; a thread takes one bond. Forces are gathered over the
 * reverse bonds: no atomics. */
#ifndef KD_MD_SAIL_CUH
#define KD_MD_SAIL_CUH

#include "kernels/cuda/md_columns.cuh"
#include "kernels/cuda/tersoff_derive.cuh"

/* ---- forces ---- */

__device__ inline void places_of_replica(const sail_view<double> &v, md_room *room, places<double> *at)
{
    *at = {v.crew.position, room->cell};
}

/* Positions and cell on the lattice. */
__device__ inline void places_of_replica(const sail_view<float> &v, md_room *room, places<float> *at)
{
    for (int i = threadIdx.x; i < v.crew.n_atom; i += SAIL_BLOCK) {
        const double *r = v.crew.position + 4 * i;
        v.at.lattice[i] = {on_lattice(r[0]), on_lattice(r[1]), on_lattice(r[2]), v.crew.species[i]};
    }
    if (threadIdx.x < 9)
        room->lattice[threadIdx.x] = on_lattice(room->cell[threadIdx.x]);
    __syncthreads();
    *at = {v.at.lattice, room->lattice};
}

/* A thread packs the bonds in range of one atom to the top of its column and measures them. */
template <class real>
__device__ void measure_bonds(const sail_view<real> &v, const places<real> &places_at)
{
    const int n = v.crew.n_padded;
    for (int i = threadIdx.x; i < v.crew.n_atom; i += SAIL_BLOCK) {
        int live = 0;
        const int si = v.crew.species[i];
        for (int slot = 0; slot < v.at.count[i]; slot++) {
            const size_t at = static_cast<size_t>(slot) * n + i;
            const int j = v.at.index[at], sj = v.crew.species[j];
            typename places<real>::step d[3];
            separation(places_at, i, j, v.at.shift[at], 0, d);
            const bond_parameters<real> &p = v.job.bond[si * v.job.n_species + sj];
            if (!(length2(d) < p.range2)) {
                v.at.rank[at] = -1;
                continue;
            }
            const size_t b = static_cast<size_t>(live) * n + i;
            real r, inverse, below;
            root(d, &r, &inverse, &below);
            v.store.arm[b] = {angstrom(d[0]) * inverse, angstrom(d[1]) * inverse, angstrom(d[2]) * inverse, r};
            v.store.below[b] = below;
            v.store.name[b] = slot << 8 | sj << 5;
            taper(gap_to(p.outer, p.below, v.store, static_cast<int>(b)), p.inverse_width, &v.store.fc[b], &v.store.dfc[b]);
            v.at.rank[at] = live++;
        }
        v.at.n_live[i] = live;
    }
}

/* Bond (i, k) of the replica that item t of n_padded x most is; false where there is none. */
template <class real>
__device__ __forceinline__ bool take_bond(const sail_view<real> &v, int t, int *i, int *k)
{
    *k = t / v.crew.n_padded;
    *i = t - *k * v.crew.n_padded;
    return *i < v.crew.n_atom && *k < v.at.n_live[*i];
}

/* A thread weighs one bond: as weigh of tersoff_bond.cuh, with the bonds of an atom n_padded apart. */
template <class real, bool general>
__device__ void weigh_bond(const sail_view<real> &v, int i, int k)
{
    const int n = v.crew.n_padded, b = k * n + i, pair = v.crew.species[i] * v.job.n_species + name_species(v.store.name[b]);
    const angle_parameters<real> *angle = v.job.angle + pair * v.job.n_species;
    const angle_parameters<real> common = angle[0];
    const quad<real> arm = v.store.arm[b];
    real zeta = 0;
    for (int q = 0; q < v.at.n_live[i]; q++)
        if (q != k)
            zeta += zeta_term<real, general>(v.store, general ? angle[name_species(v.store.name[q * n + i])] : common, arm, q * n + i);
    const bond_parameters<real> &p = v.job.bond[pair];
    const real fc = v.store.fc[b], dfc = v.store.dfc[b];
    const real beyond = arm.w - p.inner + (sizeof(real) == sizeof(float) ? v.store.below[b] : real(0));
    const real repulsion = p.A * exponential(-p.lambda1 * beyond), attraction = p.B * exponential(-p.lambda2 * beyond);
    real order, slope;
    bond_order(p, zeta, &order, &slope);
    const real pair_energy = repulsion - order * attraction;
    v.store.pull[b].x = real(0.5) * (dfc * pair_energy + fc * (order * p.lambda2 * attraction - p.lambda1 * repulsion));
    v.store.pull[b].w = real(0.5) * fc * pair_energy;
    v.store.weight[b] = real(-0.5) * fc * attraction * slope;
}

template <class real, bool general>
__device__ void pull_bond(const sail_view<real> &v, int i, int k)
{
    const int n = v.crew.n_padded, b = k * n + i, centre = v.crew.species[i];
    const quad<real> arm = v.store.arm[b];
    const angle_parameters<real> common = v.job.angle[centre * v.job.n_species * v.job.n_species];
    const real inverse_r = reciprocal(arm.w), energy = v.store.pull[b].w;
    real along = v.store.pull[b].x, fx = 0, fy = 0, fz = 0;
    for (int q = 0; q < v.at.n_live[i]; q++) {
        if (q == k)
            continue;
        const quad<real> other = v.store.arm[q * n + i];
        const real cosine = dot(arm, other);
        real radial, across;
        if (general)
            bend_general(v.job, v.store, centre, b, q * n + i, cosine, &radial, &across);
        else
            bend(v.store, common, b, q * n + i, cosine, &radial, &across);
        across *= inverse_r;
        along += radial - across * cosine;
        fx += across * other.x;
        fy += across * other.y;
        fz += across * other.z;
    }
    v.store.pull[b] = {fx + along * arm.x, fy + along * arm.y, fz + along * arm.z, energy};
}

/* A thread gathers the force on one atom, and what it adds to energy and virial. */
template <class real>
__device__ void gather_forces(const sail_view<real> &v, md_room *room)
{
    const int n = v.crew.n_padded;
    double sums[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    for (int i = threadIdx.x; i < v.crew.n_atom; i += SAIL_BLOCK) {
        real f[3] = {0, 0, 0}, own[7] = {0, 0, 0, 0, 0, 0, 0};
        for (int k = 0; k < v.at.n_live[i]; k++) {
            const size_t b = static_cast<size_t>(k) * n + i, at = static_cast<size_t>(name_slot(v.store.name[b])) * n + i;
            const int j = v.at.index[at], rank = v.at.rank[static_cast<size_t>(v.at.reverse[at]) * n + j];
            const quad<real> arm = v.store.arm[b], out = v.store.pull[b], in = v.store.pull[static_cast<size_t>(rank) * n + j];
            f[0] += out.x - in.x;
            f[1] += out.y - in.y;
            f[2] += out.z - in.z;
            const real x = arm.w * arm.x, y = arm.w * arm.y, z = arm.w * arm.z;
            own[0] += out.w;
            own[1] -= x * out.x;
            own[2] -= y * out.y;
            own[3] -= z * out.z;
            own[4] -= y * out.z;
            own[5] -= x * out.z;
            own[6] -= x * out.y;
        }
        for (int q = 0; q < 7; q++)
            sums[q] += static_cast<double>(own[q]);
        double square = 0;
        double *force = v.crew.force + 4 * static_cast<size_t>(i);
        for (int x = 0; x < 3; x++) {
            force[x] = static_cast<double>(f[x]);
            square += static_cast<double>(f[x]) * static_cast<double>(f[x]);
        }
        force[3] = 0;
        if (!(square <= sums[7]) && sums[7] == sums[7])
            sums[7] = square;
    }
    block_add<8, 7>(room->part, sums);
    if (threadIdx.x == 0) {
        room->state.energy = sums[0];
        for (int q = 0; q < 6; q++)
            room->state.virial[q] = sums[1 + q];
        room->state.max_force = sqrt(sums[7]);
    }
    __syncthreads();
}

template <class real, bool general>
__device__ void find_forces(const sail_view<real> &v, md_room *room)
{
    places<real> at;
    places_of_replica(v, room, &at);
    measure_bonds(v, at);
    double most[1] = {0};
    for (int i = threadIdx.x; i < v.crew.n_atom; i += SAIL_BLOCK)
        most[0] = fmax(most[0], static_cast<double>(v.at.n_live[i]));
    block_add<1, 0>(room->part, most); /* also the barrier behind the bonds */
    const int n_item = static_cast<int>(most[0]) * v.crew.n_padded;
    int i, k;
    for (int t = threadIdx.x; t < n_item; t += SAIL_BLOCK)
        if (take_bond(v, t, &i, &k))
            weigh_bond<real, general>(v, i, k);
    __syncthreads();
    for (int t = threadIdx.x; t < n_item; t += SAIL_BLOCK)
        if (take_bond(v, t, &i, &k))
            pull_bond<real, general>(v, i, k);
    __syncthreads();
    gather_forces(v, room);
}

/* ---- the voyage ---- */

/* One step, or what is left of one. */
template <class real, bool general>
__device__ void sail_step(const sail_view<real> &v, md_room *room, bool relaxing)
{
    const int pending = room->state.pending;
    if (pending == MD_BETWEEN) {
        if (relaxing)
            block_advance_relaxation(v.crew, room, v.range, v.skin);
        else
            block_advance_dynamics(v.crew, room, v.range, v.skin);
        __syncthreads();
        if (room->state.outcome != MD_RUNNING)
            return;
        if (threadIdx.x == 0)
            room->state.pending = MD_MIDSTEP;
    }
    __syncthreads();
    if (!room->kept.valid)
        build_lists(v, room);
    if (room->state.outcome != MD_RUNNING)
        return;
    find_forces<real, general>(v, room);
    if (pending == MD_AT_START)
        block_start(v.crew, room);
    else if (!relaxing)
        block_finish_dynamics(v.crew, room);
    else if (threadIdx.x == 0) {
        room->state.step++;
        if (md_is_relaxed(&room->phase, &room->state, v.crew.n_atom))
            room->state.outcome = MD_CONVERGED;
    }
    __syncthreads();
    if (threadIdx.x == 0)
        room->state.pending = MD_BETWEEN;
    __syncthreads();
}

/* One block per replica of at most SAIL_ATOMS, 256 threads; larger ones are left to md_wide.cu. Reads and writes positions, velocities,
 * forces, cell and state of its replica, and its part of the work area. */
template <class real, bool general>
__global__ void __launch_bounds__(SAIL_BLOCK) sail_kernel(sail_job<real> job)
{
    __shared__ md_room room;
    const int r = blockIdx.x;
    sail_view<real> v;
    view_replica(job, r, &v);
    if (v.crew.n_atom > SAIL_ATOMS)
        return;
    if (threadIdx.x == 0) {
        room.state = job.replica[r];
        room.phase = job.phase[r];
        room.kept = job.work.kept[r];
    }
    if (threadIdx.x < 9)
        room.cell[threadIdx.x] = job.cell[9 * static_cast<size_t>(r) + threadIdx.x];
    __syncthreads();
    const bool relaxing = MD_IS_RELAXATION(&room.phase);
    const int64_t stop = room.phase.stop < room.phase.end ? room.phase.stop : room.phase.end;
    while (room.state.outcome == MD_RUNNING && (room.state.step < stop || room.state.pending != MD_BETWEEN))
        sail_step<real, general>(v, &room, relaxing);
    __syncthreads();
    if (threadIdx.x == 0) {
        job.replica[r] = room.state;
        job.work.kept[r] = room.kept;
    }
    if (threadIdx.x < 9)
        job.cell[9 * static_cast<size_t>(r) + threadIdx.x] = room.cell[threadIdx.x];
}

/* One thread per parameter entry. */
template <class real>
__global__ void __launch_bounds__(128) derive_kernel(sail_job<real> job)
{
    const int t = blockIdx.x * 128 + threadIdx.x, n = job.batch.n_species;
    if (t >= n * n * n)
        return;
    derive_angle(job.entry[t], &job.work.angle[t]);
    const int i = t / (n * n), j = t / n % n, k = t % n;
    if (j == k)
        derive_bond(job.entry[t], job.cutoff[i * n + j], &job.work.bond[i * n + j]);
}

#endif
