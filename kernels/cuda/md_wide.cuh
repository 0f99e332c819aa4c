// SPDX-License-Identifier: BSD-3-Clause
/* md_wide.cuh - the wide path: one large replica, a thread per atom, the whole device for each part of a step.
 *
 * Parts are launched without knowing what the ones before decide: each looks into the room, in global memory, whether it has
 * anything to do. A decision is one block's: it adds the sums that the blocks of the part before have left, in fixed order. */
#ifndef KD_MD_WIDE_CUH
#define KD_MD_WIDE_CUH

#include <climits>

#include "kernels/cuda/md_block.cuh"

struct wide_room {
    md_kept kept;
    md_drift drift;
    double keep, push;       /* relaxation */
    double rest[3], factor;  /* v becomes (v - rest) factor */
    double range;            /* of the potential */
    double energy, virial[6];
    int advance, build, force, rescale; /* is this part of the step to be done? */
    int most;                /* neighbours, of the list just built */
    int first[2];            /* 0, n_atom */
};

struct wide_job {
    md_crew crew;
    double *cell;
    const double *cutoff;
    const md_phase *phase;
    md_replica *state;
    wide_room *room;
    double (*part)[8]; /* [blocks] sums over the atoms of each block */
    int n_block, n_species, capacity;
    double skin;
};

/* ---- sums over the grid ---- */

template <int N, int N_SUM>
__device__ __forceinline__ void leave_sums(const wide_job &job, double (&value)[N])
{
    __shared__ double warps[SAIL_BLOCK / 32][8];
    block_add<N, N_SUM>(warps, value);
    if (threadIdx.x == 0)
        for (int k = 0; k < N; k++)
            job.part[blockIdx.x][k] = value[k];
}

template <int N, int N_SUM>
__device__ __forceinline__ void collect_sums(const wide_job &job, double (&value)[N])
{
    __shared__ double warps[SAIL_BLOCK / 32][8];
    for (int k = 0; k < N; k++)
        value[k] = 0;
    for (int b = threadIdx.x; b < job.n_block; b += SAIL_BLOCK)
        for (int k = 0; k < N; k++)
            if (k < N_SUM)
                value[k] += job.part[b][k];
            else
                take_larger(&value[k], job.part[b][k]);
    block_add<N, N_SUM>(warps, value);
}

/* ---- parts: one thread per atom ---- */

/* First half kick, kinetic energies and largest |v|^2; relaxation: F.v, F.F, v.v. */
__global__ void __launch_bounds__(SAIL_BLOCK) wide_kick_kernel(wide_job job)
{
    if (!job.room->advance)
        return;
    const int i = blockIdx.x * SAIL_BLOCK + threadIdx.x;
    double sums[4] = {0, 0, 0, 0};
    if (i < job.crew.n_atom && MD_IS_RELAXATION(job.phase))
        add_power(job.crew, i, sums);
    else if (i < job.crew.n_atom)
        kick_atom(job.crew, i, 0.5 * job.phase->dt, sums);
    leave_sums<4, 3>(job, sums);
}

/* Relaxation: new velocities, largest |v|^2. */
__global__ void __launch_bounds__(SAIL_BLOCK) wide_steer_kernel(wide_job job)
{
    if (!job.room->advance)
        return;
    const int i = blockIdx.x * SAIL_BLOCK + threadIdx.x;
    double fastest2[1] = {i < job.crew.n_atom ? steer_atom(job.crew, i, job.room->keep, job.room->push) : 0};
    leave_sums<1, 0>(job, fastest2);
}

/* Atoms move; largest way since the lists were made. */
__global__ void __launch_bounds__(SAIL_BLOCK) wide_move_kernel(wide_job job)
{
    if (!job.room->advance)
        return;
    const int i = blockIdx.x * SAIL_BLOCK + threadIdx.x;
    double way2[1] = {i < job.crew.n_atom ? drift_atom(job.crew, i, job.room->drift, job.room->kept.stretch) : 0};
    leave_sums<1, 0>(job, way2);
}

/* New lists: remember where atoms were, look whether the lists hold. */
__global__ void __launch_bounds__(SAIL_BLOCK) wide_remember_kernel(wide_job job)
{
    wide_room *room = job.room;
    if (!room->build)
        return;
    const int i = blockIdx.x * SAIL_BLOCK + threadIdx.x;
    for (int x = 0; x < 4 && i < job.crew.n_atom; x++)
        job.crew.reference[4 * i + x] = job.crew.position[4 * i + x];
    if (i > 0)
        return;
    for (int x = 0; x < 3; x++)
        room->kept.stretch[x] = 1;
    job.state->n_build++;
    job.state->max_neighbor = room->most;
    if (room->most > job.capacity)
        job.state->outcome = room->most == INT_MAX ? MD_LOST : MD_CROWDED;
    room->kept.valid = room->force = job.state->outcome == MD_RUNNING;
    room->advance = room->advance && room->force;
}

/* Second half kick; kinetic energies, momenta, mass, largest F^2. At the start and in relaxations velocities stay. */
__global__ void __launch_bounds__(SAIL_BLOCK) wide_finish_kick_kernel(wide_job job)
{
    if (!job.room->force)
        return;
    const md_crew &crew = job.crew;
    const int i = blockIdx.x * SAIL_BLOCK + threadIdx.x;
    const bool stay = MD_IS_RELAXATION(job.phase) || job.state->pending == MD_AT_START;
    double sums[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    if (i < crew.n_atom) {
        double kinetic[4] = {0, 0, 0, 0};
        kick_atom(crew, i, stay ? 0 : 0.5 * job.phase->dt, kinetic);
        sums[6] = crew.mass[crew.species[i]];
        for (int x = 0; x < 3; x++) {
            const double f = crew.force[4 * i + x];
            sums[x] = kinetic[x];
            sums[3 + x] = sums[6] * crew.velocity[4 * i + x];
            sums[7] += f * f;
        }
    }
    leave_sums<8, 7>(job, sums);
}

/* Momentum off, thermostat. */
__global__ void __launch_bounds__(SAIL_BLOCK) wide_scale_kernel(wide_job job)
{
    const wide_room *room = job.room;
    const int i = blockIdx.x * SAIL_BLOCK + threadIdx.x;
    if (!room->rescale || i >= job.crew.n_atom)
        return;
    for (int x = 0; x < 3; x++)
        job.crew.velocity[4 * i + x] = (job.crew.velocity[4 * i + x] - room->rest[x]) * room->factor;
}

/* ---- decisions: one block ---- */

/* Is there another step, or half of one? */
__device__ inline void look_ahead(const wide_job &job)
{
    const md_replica *state = job.state;
    const int64_t stop = job.phase->stop < job.phase->end ? job.phase->stop : job.phase->end;
    job.room->advance = state->outcome == MD_RUNNING && state->pending == MD_BETWEEN && state->step < stop;
    job.room->force = state->outcome == MD_RUNNING && state->pending != MD_BETWEEN;
}

/* One thread, before the first step of a call. */
__global__ void __launch_bounds__(1) wide_open_kernel(wide_job job)
{
    wide_room *room = job.room;
    room->range = 0;
    for (int p = 0; p < job.n_species * job.n_species; p++)
        room->range = fmax(room->range, job.cutoff[p]);
    room->first[0] = 0;
    room->first[1] = job.crew.n_atom;
    look_ahead(job);
}

/* Thread 0: the drift under way, from the strain of the step. */
__device__ inline void set_drift(const wide_job &job, double before, double after, bool brake)
{
    job.room->drift.before = before;
    job.room->drift.after = after;
    for (int x = 0; x < 3; x++)
        stretch_axis(x, *job.state, brake, &job.room->drift, &job.room->kept, job.cell);
}

/* After the first kick: barostat, runaways; relaxation: the FIRE decision. */
__global__ void __launch_bounds__(SAIL_BLOCK) wide_decide_kernel(wide_job job)
{
    wide_room *room = job.room;
    if (!room->advance)
        return;
    double sums[4];
    collect_sums<4, 3>(job, sums);
    if (threadIdx.x > 0)
        return;
    if (MD_IS_RELAXATION(job.phase)) {
        md_fire(job.phase, job.state, job.crew.n_atom, sums, &room->keep, &room->push);
        return;
    }
    const double dt = job.phase->dt;
    const bool scales = decide_strain(*job.phase, job.state, sums);
    room->advance = job.state->outcome == MD_RUNNING;
    if (room->advance)
        set_drift(job, scales ? 0.5 * dt : 0, scales ? 0.5 * dt : dt, scales);
}

/* Relaxation: how long the move takes. */
__global__ void __launch_bounds__(SAIL_BLOCK) wide_time_kernel(wide_job job)
{
    if (!job.room->advance)
        return;
    double fastest2[1];
    collect_sums<1, 0>(job, fastest2);
    if (threadIdx.x > 0)
        return;
    const double time = decide_time(*job.phase, job.state, job.crew.n_atom, fastest2[0]);
    job.room->advance = job.state->outcome == MD_RUNNING;
    if (job.room->advance)
        set_drift(job, 0, time, false);
}

/* After the move: are lists needed, and forces? */
__global__ void __launch_bounds__(SAIL_BLOCK) wide_stale_kernel(wide_job job)
{
    wide_room *room = job.room;
    double way2[1] = {0};
    const bool moved = room->advance;
    if (moved)
        collect_sums<1, 0>(job, way2);
    if (threadIdx.x > 0)
        return;
    if (moved) {
        if (lists_are_stale(room->kept, way2[0], room->range, job.skin))
            room->kept.valid = 0;
        job.state->volume = volume_of(job.cell);
        job.state->pending = MD_MIDSTEP;
        room->force = 1;
    }
    room->build = room->force && !room->kept.valid;
}

/* Thread 0: thermostat and momentum, from the sums of the second kick. Kinetic energy without the mean motion: K - P^2 / 2 M. */
__device__ inline void decide_velocities(const wide_job &job, double (&sums)[8])
{
    wide_room *room = job.room;
    const bool rests = rests_at(*job.phase, job.state->step + 1, job.crew.n_atom);
    for (int x = 0; x < 3; x++) {
        room->rest[x] = rests ? sums[3 + x] / sums[6] : 0;
        sums[x] -= 0.5 * MD_AMU_A2_FS2_EV * sums[6] * (room->rest[x] * room->rest[x]);
    }
    room->factor = decide_factor(*job.phase, job.state, job.crew.n_atom, sums);
    room->rescale = rests || job.phase->ensemble != MD_NVE;
}

/* Thread 0: the end of a step, or of the beginning. */
__device__ inline void decide_end(const wide_job &job, double (&sums)[8])
{
    md_replica *state = job.state;
    state->energy = job.room->energy;
    for (int k = 0; k < 6; k++)
        state->virial[k] = job.room->virial[k];
    state->max_force = sqrt(sums[7]);
    if (state->pending == MD_AT_START) {
        state->volume = volume_of(job.cell);
        const bool unknown = state->kinetic[0] < 0;
        for (int x = 0; x < 3 && unknown; x++)
            state->kinetic[x] = sums[x];
    } else if (!MD_IS_RELAXATION(job.phase)) {
        decide_velocities(job, sums);
    } else {
        state->step++;
        if (md_is_relaxed(job.phase, state, job.crew.n_atom))
            state->outcome = MD_CONVERGED;
    }
    state->pending = MD_BETWEEN;
    look_ahead(job);
}

/* After the forces: the other half of the step's arithmetic. */
__global__ void __launch_bounds__(SAIL_BLOCK) wide_finish_kernel(wide_job job)
{
    const bool done = job.room->force;
    double sums[8];
    if (done)
        collect_sums<8, 7>(job, sums);
    if (threadIdx.x > 0)
        return;
    job.room->rescale = 0;
    if (done)
        decide_end(job, sums);
}

#endif
