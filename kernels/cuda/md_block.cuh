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

/* What a replica's lists remember between launches. */
struct md_kept {
    double stretch[3]; /* of the cell, since the lists were made */
    int valid, reserved;
};

/* Shared memory of the block. */
struct md_room {
    md_replica state;
    md_phase phase;
    md_kept kept;
    double cell[9], stretch[3];
    double part[SAIL_BLOCK / 32][8];
    double before, after, scale[3], brake[3]; /* of the drift under way */
    double keep, push;
    int lattice[9];   /* the cell on the lattice of tersoff.cuh */
    int most, flag;
};

/* One replica's part of the arrays. */
struct md_crew {
    int n_atom, n_padded;
    const int *species;
    const double *mass;
    double *position, *velocity, *force, *reference; /* [n_atom][4] */
};

/* value[0 .. N-1] become their sums over the block; from N_SUM on, their maxima (NaN stays). */
template <int N, int N_SUM>
__device__ __forceinline__ void block_add(md_room *room, double (&value)[N])
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
            room->part[threadIdx.x >> 5][k] = value[k];
    __syncthreads();
    for (int k = 0; k < N; k++) {
        double sum = room->part[0][k];
        for (int w = 1; w < SAIL_BLOCK / 32; w++) {
            const double other = room->part[w][k];
            if (k < N_SUM)
                sum += other;
            else if (!(other <= sum) && sum == sum)
                sum = other;
        }
        value[k] = sum;
    }
    __syncthreads();
}

__device__ __forceinline__ double mass_of(const md_crew &crew, int i)
{
    return crew.mass[crew.species[i]] * MD_AMU_A2_FS2_EV;
}

/* v += F / m time. sums: kinetic energies of x, y, z, largest |v|^2. */
__device__ inline void block_kick(const md_crew &crew, md_room *room, double time, double (&sums)[4])
{
    for (int k = 0; k < 4; k++)
        sums[k] = 0;
    for (int i = threadIdx.x; i < crew.n_atom; i += SAIL_BLOCK) {
        const double mass = mass_of(crew, i), by = time / mass;
        double square = 0;
        for (int x = 0; x < 3; x++) {
            const double v = crew.velocity[4 * i + x] + crew.force[4 * i + x] * by;
            crew.velocity[4 * i + x] = v;
            sums[x] += 0.5 * mass * (v * v);
            square += v * v;
        }
        if (!(square <= sums[3]) && sums[3] == sums[3])
            sums[3] = square;
    }
    block_add<4, 3>(room, sums);
}

/* Move atoms, cell and the lists' memory by room->state.strain; marks lists that may lack a pair. */
__device__ inline void block_move(const md_crew &crew, md_room *room, double range, double skin, double before, double after, bool brake)
{
    __syncthreads();
    if (threadIdx.x < 3) {
        const int x = threadIdx.x;
        const double scale = room->state.strain[x] != 0 ? exp(room->state.strain[x]) : 1;
        room->scale[x] = scale;
        room->brake[x] = brake ? 1 / scale : 1;
        room->kept.stretch[x] *= scale;
        for (int k = 0; k < 3; k++)
            room->cell[3 * k + x] *= scale;
    }
    __syncthreads();
    double way2[1] = {0};
    for (int i = threadIdx.x; i < crew.n_atom; i += SAIL_BLOCK) {
        double square = 0;
        for (int x = 0; x < 3; x++) {
            const int at = 4 * i + x;
            const double v = crew.velocity[at], slow = v * room->brake[x];
            const double r = (crew.position[at] + before * v) * room->scale[x] + after * slow;
            crew.velocity[at] = slow;
            crew.position[at] = r;
            const double way = r - room->kept.stretch[x] * crew.reference[at];
            square += way * way;
        }
        if (!(square <= way2[0]) && way2[0] == way2[0])
            way2[0] = square;
    }
    block_add<1, 0>(room, way2);
    if (threadIdx.x == 0) {
        const double *c = room->cell, *s = room->kept.stretch, least = fmin(1.0, fmin(s[0], fmin(s[1], s[2])));
        if (!(2 * sqrt(way2[0]) < (range + skin) * least - range))
            room->kept.valid = 0;
        room->state.volume = fabs(c[0] * (c[4] * c[8] - c[5] * c[7]) + c[1] * (c[5] * c[6] - c[3] * c[8]) + c[2] * (c[3] * c[7] - c[4] * c[6]));
    }
}

/* First half of a Verlet step. */
__device__ inline void block_advance_dynamics(const md_crew &crew, md_room *room, double range, double skin)
{
    double sums[4];
    const double dt = room->phase.dt;
    block_kick(crew, room, 0.5 * dt, sums);
    const bool scales = md_scales_cell(&room->phase, room->state.step) != 0;
    if (threadIdx.x == 0) {
        md_replica *state = &room->state;
        for (int x = 0; x < 3; x++)
            state->strain[x] = 0;
        if (!(sums[3] * dt * dt <= room->phase.max_move * room->phase.max_move)) {
            state->outcome = MD_RUNAWAY;
        } else if (scales) {
            md_cell_strain(&room->phase, state->step, state, state->strain);
            if (!md_strain_is_small(state->strain))
                state->outcome = MD_COLLAPSED;
            else
                state->work += md_strain_work(state);
            for (int x = 0; x < 3 && state->outcome == MD_RUNNING; x++)
                state->work += sums[x] * (exp(-2 * state->strain[x]) - 1);
        }
    }
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
    block_add<4, 4>(room, sums);
    for (int k = 0; k < 4; k++)
        kinetic[k] = 0;
    for (int i = threadIdx.x; i < crew.n_atom; i += SAIL_BLOCK)
        for (int x = 0; x < 3; x++) {
            const double v = crew.velocity[4 * i + x] - sums[x] / sums[3];
            crew.velocity[4 * i + x] = v;
            kinetic[x] += 0.5 * mass_of(crew, i) * (v * v);
        }
    block_add<4, 4>(room, kinetic);
}

__device__ inline void block_finish_dynamics(const md_crew &crew, md_room *room)
{
    double sums[4];
    const int64_t step = room->state.step + 1; /* read before thread 0 counts on */
    block_kick(crew, room, 0.5 * room->phase.dt, sums);
    if (room->phase.zero_momentum && step % MD_MOMENTUM_STRIDE == 0 && crew.n_atom > 1)
        block_rest(crew, room, sums);
    if (threadIdx.x == 0) {
        md_replica *state = &room->state;
        state->work += md_strain_work(state);
        state->step = step;
        const double kinetic = sums[0] + sums[1] + sums[2];
        const double factor = room->phase.ensemble == MD_NVE ? 1 : md_velocity_factor(&room->phase, step, crew.n_atom, kinetic);
        for (int x = 0; x < 3; x++)
            state->kinetic[x] = sums[x] * (factor * factor);
        state->work += kinetic * (factor * factor - 1);
        room->keep = factor;
    }
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
        for (int x = 0; x < 3; x++) {
            const double f = crew.force[4 * i + x], v = crew.velocity[4 * i + x];
            sums[0] += f * v;
            sums[1] += f * f;
            sums[2] += v * v;
        }
    block_add<3, 3>(room, sums);
    if (threadIdx.x == 0)
        md_fire(&room->phase, &room->state, crew.n_atom, sums, &room->keep, &room->push);
    __syncthreads();
    double fastest2[1] = {0};
    for (int i = threadIdx.x; i < crew.n_atom; i += SAIL_BLOCK) {
        double square = 0;
        for (int x = 0; x < 3; x++) {
            const double v = room->keep * crew.velocity[4 * i + x] + room->push * crew.force[4 * i + x];
            crew.velocity[4 * i + x] = v;
            square += v * v;
        }
        if (!(square <= fastest2[0]) && fastest2[0] == fastest2[0])
            fastest2[0] = square;
    }
    block_add<1, 0>(room, fastest2);
    if (threadIdx.x == 0) {
        const double fastest = sqrt(fastest2[0]), time = md_fire_move(&room->phase, &room->state, crew.n_atom, fastest);
        if (!(fastest * time <= 2 * room->phase.max_move) || !md_strain_is_small(room->state.strain))
            room->state.outcome = MD_RUNAWAY;
        room->after = time;
    }
    __syncthreads();
    if (room->state.outcome != MD_RUNNING)
        return;
    block_move(crew, room, range, skin, 0, room->after, false);
}

/* Kinetic energy where the host does not know it. */
__device__ inline void block_start(const md_crew &crew, md_room *room)
{
    double sums[4];
    const bool unknown = room->state.kinetic[0] < 0;
    block_kick(crew, room, 0, sums);
    if (threadIdx.x == 0) {
        const double *c = room->cell;
        room->state.volume = fabs(c[0] * (c[4] * c[8] - c[5] * c[7]) + c[1] * (c[5] * c[6] - c[3] * c[8]) + c[2] * (c[3] * c[7] - c[4] * c[6]));
        for (int x = 0; x < 3 && unknown; x++)
            room->state.kinetic[x] = sums[x];
    }
}

#endif
