// SPDX-License-Identifier: BSD-3-Clause
/* md_block.cuh - one replica under one block: sums over its atoms, kicks, drifts, and the decisions of md_step.h.
 *
 * Thread 0 decides, all threads move atoms. Sums are taken by thread over atoms t, t + 256, ..., then by a fixed tree: the same
 * bits every time. All positions and velocities are FP64: some 20 operations an atom and step. */
#ifndef KD_MD_BLOCK_CUH
#define KD_MD_BLOCK_CUH

#include "kernels/cuda/cuda.cuh"
#include "kernels/md_step.h"

constexpr int SAIL_BLOCK = 256;
constexpr int SAIL_ATOMS = 512; /* of a replica that one block runs; its lists look at all pairs, larger ones take the whole device */

/* What a replica's lists remember between launches. */
struct md_kept {
    double stretch[3]; /* of the cell, since the lists were made */
    int valid, reserved;
};

struct md_drift { /* r becomes (r + before v) scale + after v, v is braked; the lists' memory of r has been stretched */
    double before, after, scale[3], brake[3];
};

/* Shared memory of the block. */
struct md_room {
    md_replica state;
    md_phase phase;
    md_kept kept;
    double cell[9];
    double part[SAIL_BLOCK / 32][8];
    md_drift drift;
    double keep, push;
    int lattice[9];   /* the cell on the lattice of tersoff.cuh */
};

/* One replica's part of the arrays. */
struct md_crew {
    int n_atom, n_padded;
    const int *species;
    const double *mass;
    double *position, *velocity, *force, *reference; /* [n_atom][4] */
};

/* value[0 .. N-1] become their sums over the block of 256 threads; from N_SUM on, their maxima (NaN stays). */
template <int N, int N_SUM>
__device__ __forceinline__ void block_add(double (*part)[8], double (&value)[N])
{
    for (int k = 0; k < N; k++)
        for (int step = 16; step > 0; step /= 2) {
            const double other = __shfl_xor_sync(~0u, value[k], step);
            if (k < N_SUM)
                value[k] += other;
            else if (!(other <= value[k]) && value[k] == value[k])
                value[k] = other;
        }
    if ((threadIdx.x & 31) == 0)
        for (int k = 0; k < N; k++)
            part[threadIdx.x >> 5][k] = value[k];
    __syncthreads();
    for (int k = 0; k < N; k++) {
        double sum = part[0][k];
        for (int w = 1; w < SAIL_BLOCK / 32; w++) {
            const double other = part[w][k];
            if (k < N_SUM)
                sum += other;
            else if (!(other <= sum) && sum == sum)
                sum = other;
        }
        value[k] = sum;
    }
    __syncthreads();
}

/* ---- one atom ---- */

__device__ __forceinline__ double mass_of(const md_crew &crew, int i)
{
    return crew.mass[crew.species[i]] * MD_AMU_A2_FS2_EV;
}

/* The larger of two; NaN stays. */
__device__ __forceinline__ void take_larger(double *most, double value)
{
    if (!(value <= *most) && *most == *most)
        *most = value;
}

/* v += F / m time. sums: kinetic energies of x, y, z, largest |v|^2. */
__device__ __forceinline__ void kick_atom(const md_crew &crew, int i, double time, double (&sums)[4])
{
    const double mass = mass_of(crew, i), by = time / mass;
    double square = 0;
    for (int x = 0; x < 3; x++) {
        const double v = crew.velocity[4 * i + x] + crew.force[4 * i + x] * by;
        crew.velocity[4 * i + x] = v;
        sums[x] += 0.5 * mass * (v * v);
        square += v * v;
    }
    take_larger(&sums[3], square);
}

/* Square of the way that the atom has gone since the lists were made. */
__device__ __forceinline__ double drift_atom(const md_crew &crew, int i, const md_drift &drift, const double *stretch)
{
    double square = 0;
    for (int x = 0; x < 3; x++) {
        const int at = 4 * i + x;
        const double v = crew.velocity[at], slow = v * drift.brake[x];
        const double r = (crew.position[at] + drift.before * v) * drift.scale[x] + drift.after * slow;
        crew.velocity[at] = slow;
        crew.position[at] = r;
        const double way = r - stretch[x] * crew.reference[at];
        square += way * way;
    }
    return square;
}

/* F.v, F.F, v.v of one atom. */
__device__ __forceinline__ void add_power(const md_crew &crew, int i, double *sums)
{
    for (int x = 0; x < 3; x++) {
        const double f = crew.force[4 * i + x], v = crew.velocity[4 * i + x];
        sums[0] += f * v;
        sums[1] += f * f;
        sums[2] += v * v;
    }
}

/* v = keep v + push F; |v|^2. */
__device__ __forceinline__ double steer_atom(const md_crew &crew, int i, double keep, double push)
{
    double square = 0;
    for (int x = 0; x < 3; x++) {
        const double v = keep * crew.velocity[4 * i + x] + push * crew.force[4 * i + x];
        crew.velocity[4 * i + x] = v;
        square += v * v;
    }
    return square;
}

/* ---- decisions: one thread, from sums over atoms ---- */

__device__ __forceinline__ double volume_of(const double *c)
{
    return fabs(c[0] * (c[4] * c[8] - c[5] * c[7]) + c[1] * (c[5] * c[6] - c[3] * c[8]) + c[2] * (c[3] * c[7] - c[4] * c[6]));
}

/* Axis x of a drift, of the cell and of what the lists remember, by state.strain. */
__device__ __forceinline__ void stretch_axis(int x, const md_replica &state, bool brake, md_drift *drift, md_kept *kept, double *cell)
{
    const double scale = state.strain[x] != 0 ? exp(state.strain[x]) : 1;
    drift->scale[x] = scale;
    drift->brake[x] = brake ? 1 / scale : 1;
    kept->stretch[x] *= scale;
    for (int k = 0; k < 3; k++)
        cell[3 * k + x] *= scale;
}

/* May an unlisted pair be in range? */
__device__ __forceinline__ bool lists_are_stale(const md_kept &kept, double way2, double range, double skin)
{
    const double *s = kept.stretch, least = fmin(1.0, fmin(s[0], fmin(s[1], s[2])));
    return !(2 * sqrt(way2) < (range + skin) * least - range);
}

/* After the first kick, whose sums these are: strain of the step, or its end. True when the cell is scaled. */
__device__ inline bool decide_strain(const md_phase &phase, md_replica *state, const double (&sums)[4])
{
    for (int x = 0; x < 3; x++)
        state->strain[x] = 0;
    if (!(sums[3] * phase.dt * phase.dt <= phase.max_move * phase.max_move)) {
        state->outcome = MD_RUNAWAY;
        return false;
    }
    if (!md_scales_cell(&phase, state->step))
        return false;
    md_cell_strain(&phase, state->step, state, state->strain);
    if (!md_strain_is_small(state->strain)) {
        state->outcome = MD_COLLAPSED;
        return false;
    }
    state->work += md_strain_work(state);
    for (int x = 0; x < 3; x++)
        state->work += sums[x] * (exp(-2 * state->strain[x]) - 1);
    return true;
}

/* After the second kick: counts the step; the thermostat's factor of all velocities. */
__device__ inline double decide_factor(const md_phase &phase, md_replica *state, int n_atom, const double *axis)
{
    const double kinetic = axis[0] + axis[1] + axis[2];
    state->work += md_strain_work(state);
    state->step++;
    const double factor = phase.ensemble == MD_NVE ? 1 : md_velocity_factor(&phase, state->step, n_atom, kinetic);
    for (int x = 0; x < 3; x++)
        state->kinetic[x] = axis[x] * (factor * factor);
    state->work += kinetic * (factor * factor - 1);
    return factor;
}

/* Relaxation: how long atoms move, or its end. */
__device__ inline double decide_time(const md_phase &phase, md_replica *state, int n_atom, double fastest2)
{
    const double fastest = sqrt(fastest2), time = md_fire_move(&phase, state, n_atom, fastest);
    if (!(fastest * time <= 2 * phase.max_move) || !md_strain_is_small(state->strain))
        state->outcome = MD_RUNAWAY;
    return time;
}

/* Are momenta to be taken off in the step that leads to `step`? */
__device__ __forceinline__ bool rests_at(const md_phase &phase, int64_t step, int n_atom)
{
    return phase.zero_momentum && step % MD_MOMENTUM_STRIDE == 0 && n_atom > 1;
}

/* ---- one block, one replica ---- */

__device__ inline void block_kick(const md_crew &crew, md_room *room, double time, double (&sums)[4])
{
    for (int k = 0; k < 4; k++)
        sums[k] = 0;
    for (int i = threadIdx.x; i < crew.n_atom; i += SAIL_BLOCK)
        kick_atom(crew, i, time, sums);
    block_add<4, 3>(room->part, sums);
}

/* Move atoms, cell and the lists' memory by room->state.strain; marks lists that may lack a pair. */
__device__ inline void block_move(const md_crew &crew, md_room *room, double range, double skin, double before, double after, bool brake)
{
    __syncthreads();
    if (threadIdx.x < 3)
        stretch_axis(threadIdx.x, room->state, brake, &room->drift, &room->kept, room->cell);
    if (threadIdx.x == 0) {
        room->drift.before = before;
        room->drift.after = after;
    }
    __syncthreads();
    double way2[1] = {0};
    for (int i = threadIdx.x; i < crew.n_atom; i += SAIL_BLOCK)
        take_larger(&way2[0], drift_atom(crew, i, room->drift, room->kept.stretch));
    block_add<1, 0>(room->part, way2);
    if (threadIdx.x == 0) {
        if (lists_are_stale(room->kept, way2[0], range, skin))
            room->kept.valid = 0;
        room->state.volume = volume_of(room->cell);
    }
}

/* First half of a Verlet step. */
__device__ inline void block_advance_dynamics(const md_crew &crew, md_room *room, double range, double skin)
{
    double sums[4];
    const double dt = room->phase.dt;
    block_kick(crew, room, 0.5 * dt, sums);
    const bool scales = md_scales_cell(&room->phase, room->state.step) != 0;
    if (threadIdx.x == 0)
        decide_strain(room->phase, &room->state, sums);
    __syncthreads();
    if (room->state.outcome != MD_RUNNING)
        return;
    block_move(crew, room, range, skin, scales ? 0.5 * dt : 0, scales ? 0.5 * dt : dt, scales);
}

/* Total momentum off. */
__device__ inline void block_rest(const md_crew &crew, md_room *room, double (&kinetic)[4])
{
    double sums[4] = {0, 0, 0, 0};
    for (int i = threadIdx.x; i < crew.n_atom; i += SAIL_BLOCK) {
        const double mass = crew.mass[crew.species[i]];
        for (int x = 0; x < 3; x++)
            sums[x] += mass * crew.velocity[4 * i + x];
        sums[3] += mass;
    }
    block_add<4, 4>(room->part, sums);
    for (int k = 0; k < 4; k++)
        kinetic[k] = 0;
    for (int i = threadIdx.x; i < crew.n_atom; i += SAIL_BLOCK)
        for (int x = 0; x < 3; x++) {
            const double v = crew.velocity[4 * i + x] - sums[x] / sums[3];
            crew.velocity[4 * i + x] = v;
            kinetic[x] += 0.5 * mass_of(crew, i) * (v * v);
        }
    block_add<4, 4>(room->part, kinetic);
}

__device__ inline void block_finish_dynamics(const md_crew &crew, md_room *room)
{
    double sums[4];
    const int64_t step = room->state.step + 1; /* read before thread 0 counts on */
    block_kick(crew, room, 0.5 * room->phase.dt, sums);
    if (rests_at(room->phase, step, crew.n_atom))
        block_rest(crew, room, sums);
    if (threadIdx.x == 0)
        room->keep = decide_factor(room->phase, &room->state, crew.n_atom, sums);
    __syncthreads();
    if (room->phase.ensemble != MD_NVE)
        for (int i = threadIdx.x; i < crew.n_atom; i += SAIL_BLOCK)
            for (int x = 0; x < 3; x++)
                crew.velocity[4 * i + x] *= room->keep;
}

__device__ inline void block_advance_relaxation(const md_crew &crew, md_room *room, double range, double skin)
{
    double sums[3] = {0, 0, 0};
    for (int i = threadIdx.x; i < crew.n_atom; i += SAIL_BLOCK)
        add_power(crew, i, sums);
    block_add<3, 3>(room->part, sums);
    if (threadIdx.x == 0)
        md_fire(&room->phase, &room->state, crew.n_atom, sums, &room->keep, &room->push);
    __syncthreads();
    double fastest2[1] = {0};
    for (int i = threadIdx.x; i < crew.n_atom; i += SAIL_BLOCK)
        take_larger(&fastest2[0], steer_atom(crew, i, room->keep, room->push));
    block_add<1, 0>(room->part, fastest2);
    if (threadIdx.x == 0)
        room->push = decide_time(room->phase, &room->state, crew.n_atom, fastest2[0]);
    __syncthreads();
    if (room->state.outcome != MD_RUNNING)
        return;
    block_move(crew, room, range, skin, 0, room->push, false);
}

/* Kinetic energy where the host does not know it. */
__device__ inline void block_start(const md_crew &crew, md_room *room)
{
    double sums[4];
    const bool unknown = room->state.kinetic[0] < 0;
    block_kick(crew, room, 0, sums);
    if (threadIdx.x == 0) {
        room->state.volume = volume_of(room->cell);
        for (int x = 0; x < 3 && unknown; x++)
            room->state.kinetic[x] = sums[x];
    }
}

#endif
