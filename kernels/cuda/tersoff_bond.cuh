// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_bond.cuh - energies and partial forces of all bonds of a tile: the kernel where the time goes. */
#ifndef KD_TERSOFF_BOND_CUH
#define KD_TERSOFF_BOND_CUH

#include "kernels/cuda/tersoff_math.cuh"

/* The bonds in range of (some atoms of) the tile, one after the other, those of an atom together. Shared memory. */
template <class real>
struct bond_store {
    quad<real> *arm;  /* unit vector i -> j, and r */
    quad<real> *pull; /* F_ij, and the energy of the bond */
    real *fc, *dfc;   /* f_C(r_ij) and its slope, by the taper of the pair */
    real *weight;     /* dE_i / dzeta_ij */
    real *below;      /* FP32: distance minus the r of the arm */
    int *name;        /* slot << 8 | species of j << 5 | lane */
    unsigned *live;   /* [capacity] bit l: slot is in range for atom l */
};

__device__ __forceinline__ int name_lane(int name)
{
    return name & 31;
}
__device__ __forceinline__ int name_species(int name)
{
    return name >> 5 & 7;
}
__device__ __forceinline__ int name_slot(int name)
{
    return name >> 8;
}

/* The block's dynamic shared memory, largest alignment first. */
template <class real>
__device__ __forceinline__ bond_store<real> carve(int room)
{
    DYN_SHARED(quad<real>, base);
    bond_store<real> store;
    store.arm = base;
    store.pull = base + room;
    store.fc = reinterpret_cast<real *>(base + 2 * room);
    store.dfc = store.fc + room;
    store.weight = store.dfc + room;
    store.below = store.weight + room; /* FP64 keeps none */
    store.name = reinterpret_cast<int *>(store.below + (sizeof(real) == sizeof(float) ? room : 0));
    store.live = reinterpret_cast<unsigned *>(store.name + room);
    return store;
}

template <class real>
__device__ __forceinline__ size_t table_at(const bond_job<real> &job, int slot, int lane)
{
    return (static_cast<size_t>(blockIdx.x) * job.capacity + slot) * MD_TILE + lane;
}

/* A warp takes every fourth slot of the tile: which of its 32 bonds are in range, as one word. */
template <class real>
__device__ void find_live(const bond_job<real> &job, const bond_store<real> &store, int most, int count)
{
    const int lane = threadIdx.x & 31, i = blockIdx.x * MD_TILE + lane;
    for (int slot = threadIdx.x >> 5; slot < most; slot += BOND_BLOCK / 32) {
        bool in_range = false;
        if (slot < count) {
            const size_t at = table_at(job, slot, lane);
            const int j = job.index[at];
            typename places<real>::step d[3];
            separation(job.at, i, j, job.shift[at], job.replica[i], d);
            const int pair = species_of(job.at, job.species, i) * job.n_species + species_of(job.at, job.species, j);
            in_range = length2(d) < job.bond[pair].range2;
        }
        const unsigned word = __ballot_sync(~0u, in_range);
        if (lane == 0) {
            store.live[slot] = word;
            job.live[static_cast<size_t>(blockIdx.x) * job.capacity + slot] = word;
        }
    }
}

/* The first warp counts each atom's live bonds and where they begin: start[0 .. 32]. */
template <class real>
__device__ void number_bonds(const bond_store<real> &store, int most, int *start)
{
    const int lane = threadIdx.x;
    int mine = 0;
    for (int slot = 0; slot < most; slot++)
        mine += store.live[slot] >> lane & 1;
    int sum = mine;
    for (int step = 1; step < 32; step *= 2) {
        const int below = __shfl_up_sync(~0u, sum, step);
        sum += lane >= step ? below : 0;
    }
    start[lane + 1] = sum;
    if (lane == 0)
        start[0] = 0;
}

/* The first warp names the bonds of atoms first .. last-1 of the tile. */
template <class real>
__device__ void name_bonds(const bond_job<real> &job, const bond_store<real> &store, int most, const int *start, int first,
                           int last)
{
    const int lane = threadIdx.x;
    if (lane < first || lane >= last)
        return;
    int at = start[lane] - start[first];
    for (int slot = 0; slot < most; slot++)
        if (store.live[slot] >> lane & 1)
            store.name[at++] = slot << 8 | job.species[job.index[table_at(job, slot, lane)]] << 5 | lane;
}

/* edge - r with the digits that r alone has lost. */
template <class real>
__device__ __forceinline__ real gap_to(real outer, real outer_below, const bond_store<real> &store, int b)
{
    const real gap = outer - store.arm[b].w;
    return sizeof(real) == sizeof(float) ? gap + (outer_below - store.below[b]) : gap;
}

/* One thread per bond: its arm and taper. Operations: 7 + root, in the taper 5 + sincos more. */
template <class real>
__device__ void measure(const bond_job<real> &job, const bond_store<real> &store, int n_bond)
{
    for (int b = threadIdx.x; b < n_bond; b += BOND_BLOCK) {
        const int name = store.name[b], i = blockIdx.x * MD_TILE + name_lane(name);
        const size_t at = table_at(job, name_slot(name), name_lane(name));
        typename places<real>::step d[3];
        separation(job.at, i, job.index[at], job.shift[at], job.replica[i], d);
        real r, inverse, below;
        root(d, &r, &inverse, &below);
        store.arm[b] = {angstrom(d[0]) * inverse, angstrom(d[1]) * inverse, angstrom(d[2]) * inverse, r};
        if (sizeof(real) == sizeof(float))
            store.below[b] = below;
        const bond_parameters<real> &p = job.bond[job.species[i] * job.n_species + name_species(name)];
        taper(gap_to(p.outer, p.below, store, b), p.inverse_width, &store.fc[b], &store.dfc[b]);
    }
}

template <class real>
__device__ __forceinline__ real dot(const quad<real> &u, const quad<real> &v)
{
    return u.x * v.x + u.y * v.y + u.z * v.z;
}

/* f_C(r_ik) g(theta_ijk) X of the other bond k, without its derivatives. */
template <class real, bool general>
__device__ __forceinline__ real zeta_term(const bond_store<real> &store, const angle_parameters<real> &p,
                                          const quad<real> &arm, int k)
{
    const quad<real> other = store.arm[k];
    const real g = angular_value(p, dot(arm, other));
    if (!general)
        return store.fc[k] * g;
    real f, df, x, dx;
    taper(gap_to(p.outer, p.below, store, k), p.inverse_width, &f, &df);
    lambda3_factor(p, arm.w - other.w, &x, &dx);
    return f * g * x;
}

/* One thread per bond: zeta over the other bonds of its atom, bond order, energy, the radial part of F_ij, and the weight
 * dE_i/dzeta_ij that the other bonds will need. Operations: 27 + 2 exp + pow + pow above one + reciprocal; per triple
 * 14 + reciprocal. */
template <class real, bool general>
__device__ void weigh(const bond_job<real> &job, const bond_store<real> &store, const int *start, int first, int n_bond)
{
    for (int b = threadIdx.x; b < n_bond; b += BOND_BLOCK) {
        const int name = store.name[b], lane = name_lane(name);
        const int pair = job.species[blockIdx.x * MD_TILE + lane] * job.n_species + name_species(name);
        const angle_parameters<real> *angle = job.angle + pair * job.n_species;
        const quad<real> arm = store.arm[b];
        const int from = start[lane] - start[first], to = start[lane + 1] - start[first];
        const angle_parameters<real> common = angle[0];
        real zeta = 0;
        for (int k = from; k < to; k++)
            if (k != b)
                zeta += zeta_term<real, general>(store, general ? angle[name_species(store.name[k])] : common, arm, k);
        const bond_parameters<real> &p = job.bond[pair];
        const real fc = store.fc[b], dfc = store.dfc[b];
        const real beyond = arm.w - p.inner + (sizeof(real) == sizeof(float) ? store.below[b] : real(0));
        const real repulsion = p.A * exponential(-p.lambda1 * beyond), attraction = p.B * exponential(-p.lambda2 * beyond);
        real order, slope;
        bond_order(p, zeta, &order, &slope);
        const real pair_energy = repulsion - order * attraction;
        const real radial = real(0.5) * (dfc * pair_energy + fc * (order * p.lambda2 * attraction - p.lambda1 * repulsion));
        store.pull[b].x = radial; /* until pull_bonds by the same thread */
        store.pull[b].w = real(0.5) * fc * pair_energy;
        store.weight[b] = real(-0.5) * fc * attraction * slope;
    }
}

/* What zeta_bk and zeta_kb add to F of bond b when g depends on the centre alone and lambda3 = 0:
 * radial along the bond, across along the arm of k. */
template <class real>
__device__ __forceinline__ void bend(const bond_store<real> &store, const angle_parameters<real> &p, int b, int k,
                                     real cosine, real *radial, real *across)
{
    real g, slope;
    angular(p, cosine, &g, &slope);
    *across = slope * (store.weight[b] * store.fc[k] + store.weight[k] * store.fc[b]);
    *radial = store.weight[k] * store.dfc[b] * g;
}

/* The same for any parameters: (i, b, k) and (i, k, b) differ, and the taper of the third atom depends on the triple. */
template <class real>
__device__ __forceinline__ void bend_general(const bond_job<real> &job, const bond_store<real> &store, int centre, int b,
                                             int k, real cosine, real *radial, real *across)
{
    const int sb = name_species(store.name[b]), sk = name_species(store.name[k]), n = job.n_species;
    const real rb = store.arm[b].w, rk = store.arm[k].w;
    real g, slope, f, df, x, dx;
    const angle_parameters<real> &as_first = job.angle[(centre * n + sb) * n + sk];
    angular(as_first, cosine, &g, &slope);
    taper(gap_to(as_first.outer, as_first.below, store, k), as_first.inverse_width, &f, &df);
    lambda3_factor(as_first, rb - rk, &x, &dx);
    *across = store.weight[b] * f * slope * x;
    *radial = store.weight[b] * f * g * dx;
    const angle_parameters<real> &as_third = job.angle[(centre * n + sk) * n + sb];
    angular(as_third, cosine, &g, &slope);
    taper(gap_to(as_third.outer, as_third.below, store, b), as_third.inverse_width, &f, &df);
    lambda3_factor(as_third, rk - rb, &x, &dx);
    *across += store.weight[k] * f * slope * x;
    *radial += store.weight[k] * g * (df * x - f * dx);
}

/* One thread per bond: F_ij = radial part + angular parts of its own zeta and of the zetas of its atom's other bonds.
 * Operations: 6 + reciprocal; per triple 32 + reciprocal. */
template <class real, bool general>
__device__ void pull_bonds(const bond_job<real> &job, const bond_store<real> &store, const int *start, int first, int n_bond)
{
    for (int b = threadIdx.x; b < n_bond; b += BOND_BLOCK) {
        const int name = store.name[b], lane = name_lane(name);
        const int centre = job.species[blockIdx.x * MD_TILE + lane];
        const quad<real> arm = store.arm[b];
        const real inverse_r = reciprocal(arm.w), energy = store.pull[b].w;
        const int from = start[lane] - start[first], to = start[lane + 1] - start[first];
        const angle_parameters<real> common = job.angle[centre * job.n_species * job.n_species];
        real along = store.pull[b].x, fx = 0, fy = 0, fz = 0;
        for (int k = from; k < to; k++) {
            if (k == b)
                continue;
            const quad<real> other = store.arm[k];
            const real cosine = dot(arm, other);
            real radial, across;
            if (general)
                bend_general(job, store, centre, b, k, cosine, &radial, &across);
            else
                bend(store, common, b, k, cosine, &radial, &across);
            across *= inverse_r; /* d cos / d r_ij = (u_k - cos u_j) / r_ij */
            along += radial - across * cosine;
            fx += across * other.x;
            fy += across * other.y;
            fz += across * other.z;
        }
        const quad<real> pull = {fx + along * arm.x, fy + along * arm.y, fz + along * arm.z, energy};
        store.pull[b] = pull;
        job.partial[table_at(job, name_slot(name), lane)] = pull;
    }
}

/* The first warp, one lane per atom: energy and -sum r_a F_b over the atom's own bonds. Operations: 16 per bond. */
template <class real>
__device__ void sum_sites(const bond_job<real> &job, const bond_store<real> &store, const int *start, int first, int last)
{
    const int lane = threadIdx.x;
    if (lane < first || lane >= last)
        return;
    real sum[7] = {0, 0, 0, 0, 0, 0, 0};
    for (int b = start[lane] - start[first]; b < start[lane + 1] - start[first]; b++) {
        const quad<real> arm = store.arm[b], pull = store.pull[b];
        const real x = arm.w * arm.x, y = arm.w * arm.y, z = arm.w * arm.z;
        sum[0] += pull.w;
        sum[1] -= x * pull.x;
        sum[2] -= y * pull.y;
        sum[3] -= z * pull.z;
        sum[4] -= y * pull.z;
        sum[5] -= x * pull.z;
        sum[6] -= x * pull.y;
    }
    const size_t n_padded = static_cast<size_t>(gridDim.x) * MD_TILE;
    for (int q = 0; q < 7; q++)
        job.site[q * n_padded + blockIdx.x * MD_TILE + lane] = sum[q];
}

/* One block per tile of 32 atoms, 128 threads. The skin makes most listed pairs too long, so the block first packs the bonds
 * in range into shared memory (2.7 per atom in SiO2, 4.1 in Si: 86 to 131 per tile, about one per thread), then gives each
 * thread one bond: the two loops over the other bonds of the atom read shared memory only, and a warp is nearly full.
 * Reads the list, the separations and the parameters; writes F_ij, the live words, and energy and virial per atom.
 * Where a tile has more bonds than there is room, its atoms are taken in groups. */
template <class real, bool general>
__global__ void __launch_bounds__(BOND_BLOCK, sizeof(real) == 4 ? 8 : 4) bond_kernel(bond_job<real> job)
{
    __shared__ int start[33];
    if (is_off(job.on))
        return;
    const bond_store<real> store = carve<real>(job.room);
    const int count = job.count[blockIdx.x * MD_TILE + (threadIdx.x & 31)];
    int most = count;
    for (int step = 16; step > 0; step /= 2)
        most = max(most, __shfl_xor_sync(~0u, most, step));
    find_live(job, store, most, count);
    __syncthreads();
    if (threadIdx.x < 32)
        number_bonds(store, most, start);
    __syncthreads();
    for (int first = 0, last; first < 32; first = last) {
        last = 32;
        while (start[last] - start[first] > job.room)
            last--;
        const int n_bond = start[last] - start[first];
        if (threadIdx.x < 32)
            name_bonds(job, store, most, start, first, last);
        __syncthreads();
        measure(job, store, n_bond);
        __syncthreads();
        weigh<real, general>(job, store, start, first, n_bond);
        __syncthreads();
        pull_bonds<real, general>(job, store, start, first, n_bond);
        __syncthreads();
        if (threadIdx.x < 32)
            sum_sites(job, store, start, first, last);
        __syncthreads();
    }
}

template <class real, bool general>
cudaError_t launch_bond_kernel(const bond_job<real> &job, cudaStream_t s)
{
    const size_t shared_bytes = bond_shared_bytes<real>(job.room, job.capacity);
    if (shared_bytes > 48 * 1024) {
        const cudaError_t error = cudaFuncSetAttribute(bond_kernel<real, general>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                       static_cast<int>(shared_bytes));
        if (error != cudaSuccess)
            return error;
    }
    return LAUNCH((bond_kernel<real, general>), dim3(blocks_for(job.n_atom, MD_TILE)), dim3(BOND_BLOCK), shared_bytes, s, job);
}

#endif
