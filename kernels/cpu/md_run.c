// SPDX-License-Identifier: BSD-3-Clause
/* md_run.c - the op `run` of the CPU: many steps of many replicas.
 *
 * Replicas of a full batch are dealt out to threads, one at a time, and each is run by one thread from beginning to end, lists
 * included: no barrier, everything in that core's cache. Where there are fewer replicas than threads, all threads work on one
 * replica after the other, unless they are so small that threads would wait for each other longer than they work. Both give
 * the same bits. */
#include <limits.h>
#include <string.h>

#include "kernels/cpu/cpu.h"
#include "kernels/cpu/md_move.h"
#include "kernels/cpu/neighbor.h"
#include "kernels/cpu/tersoff.h"
#include "kernels/md_step.h"

/* Up to so many atoms one thread is as fast as two (measured: 216 atoms 1.3 times as fast, 512 as fast, 1000 0.9 times). */
enum { ALONE_ATOMS = 512 };

/* Of one replica, in the work area; lists follow. */
struct kept {
    int valid, reserved;
    double stretch[3]; /* of the cell, since the lists were made */
    double way;        /* no atom has moved further since then */
    int most, pad;
};

struct sailor { /* one replica under way: views of the batch, and the memory of its crew */
    const struct md_run *run;
    const struct md_phase *phase;
    struct md_replica *state;
    struct md_batch batch;
    struct neighbor_rows rows;
    struct kept *kept;
    struct mover mover;
    struct tersoff_session tersoff;
    struct md_forces forces;
    double energy, virial[6], range;
    double scale;    /* of velocities: what the thermostat wants, until the next kick */
    bool kicked;     /* the first kick of the next step is done, */
    double fastest2; /* and this the largest |v|^2 */
    double *cell;
    int first[2], n_thread;
    void *lists_memory;
};

/* ---- memory ---- */

static size_t kept_bytes(int n_atom, int capacity)
{
    const size_t n = (size_t)n_atom, n_entry = n * (size_t)capacity;
    return kd_scratch_round(sizeof(struct kept)) + kd_scratch_round(n * 4 * sizeof(double)) + kd_scratch_round((n + 1) * sizeof(int64_t)) +
           kd_scratch_round(n_entry * sizeof(uint64_t)) + kd_scratch_round(n_entry * sizeof(int));
}

size_t cpu_run_bytes(const kd_device *dev, const struct md_batch *batch, int capacity, enum kd_precision precision)
{
    size_t bytes = 0;
    (void)dev;
    (void)precision;
    for (int r = 0; r < batch->n_replica; r++)
        bytes += kept_bytes(batch->first[r + 1] - batch->first[r], capacity);
    return bytes;
}

/* The largest replica alone. */
static struct md_batch largest(const struct md_batch *batch)
{
    struct md_batch one = *batch;
    one.n_replica = 1;
    one.n_atom = batch->max_atom;
    return one;
}

static bool one_thread_each(const kd_device *dev, const struct md_batch *batch)
{
    return batch->n_replica >= dev->n_thread || batch->max_atom <= ALONE_ATOMS;
}

static size_t crew_bytes(int n_thread, const struct md_batch *batch, int capacity, enum kd_precision precision)
{
    struct md_batch one = largest(batch);
    return kd_scratch_round(neighbor_bytes(&one, capacity)) + kd_scratch_round(tersoff_bytes(n_thread, &one, capacity, precision)) +
           kd_scratch_round((size_t)move_chunks(one.n_atom) * MOVE_SUMS * sizeof(double)) +
           kd_scratch_round((size_t)one.n_atom * sizeof(int)) + kd_scratch_round(sizeof(struct sailor));
}

size_t cpu_run_scratch(const kd_device *dev, const struct md_batch *batch, int capacity, enum kd_precision precision)
{
    if (one_thread_each(dev, batch))
        return (size_t)dev->n_thread * crew_bytes(1, batch, capacity, precision);
    return crew_bytes(dev->n_thread, batch, capacity, precision);
}

static void *carve(char **at, size_t bytes)
{
    char *here = *at;
    *at += kd_scratch_round(bytes);
    return here;
}

static void board(struct sailor *s, const struct md_run *run, int replica, char *kept, char *memory, int n_thread)
{
    const struct md_batch *all = run->batch;
    const int first = all->first[replica], n_atom = all->first[replica + 1] - first;
    const size_t at4 = 4 * (size_t)first, n_entry = (size_t)n_atom * (size_t)run->capacity;
    s->run = run;
    s->phase = &run->phase_d[replica];
    s->state = &run->replica_d[replica];
    s->n_thread = n_thread;
    s->first[0] = 0;
    s->first[1] = n_atom;
    s->cell = run->cell_d + 9 * (size_t)replica;
    s->kept = carve(&kept, sizeof *s->kept);
    s->mover = (struct mover){.n_atom = n_atom, .n_thread = n_thread, .n_species = all->n_species, .species = all->species_d + first, .mass = run->mass_d,
                              .position = (double(*)[4])(run->position_d + at4), .velocity = (double(*)[4])(run->velocity_d + at4),
                              .force = (double(*)[4])(run->force_d + at4)};
    s->mover.reference = carve(&kept, (size_t)n_atom * 4 * sizeof(double));
    s->rows = (struct neighbor_rows){.capacity = run->capacity, .most = &s->kept->most};
    s->rows.start = carve(&kept, ((size_t)n_atom + 1) * sizeof(int64_t));
    s->rows.entry = carve(&kept, n_entry * sizeof(uint64_t));
    s->rows.far = carve(&kept, n_entry * sizeof(int));
    s->scale = 1;
    s->kicked = false;
    s->batch = *all;
    s->batch.n_replica = 1;
    s->batch.n_atom = s->batch.max_atom = n_atom;
    s->batch.first = s->batch.first_d = s->first;
    s->batch.species_d = s->mover.species;
    s->batch.cell_d = s->cell;
    s->batch.position_d = run->position_d + at4;
    s->forces = (struct md_forces){.force_d = run->force_d + at4, .energy_d = &s->energy, .virial_d = s->virial};
    const struct md_batch one = largest(all);
    s->lists_memory = carve(&memory, neighbor_bytes(&one, run->capacity));
    int *alone = carve(&memory, (size_t)one.n_atom * sizeof(int)); /* all atoms belong to replica 0 of the view */
    memset(alone, 0, (size_t)n_atom * sizeof(int));
    s->batch.replica_d = alone;
    s->mover.sums = carve(&memory, (size_t)move_chunks(one.n_atom) * MOVE_SUMS * sizeof(double));
    s->range = 0;
    for (int p = 0; p < all->n_species * all->n_species; p++)
        s->range = fmax(s->range, run->potential->cutoff_d[p]);
    tersoff_open(memory, n_thread, &s->batch, NULL, &s->rows, run->potential, run->precision, &s->tersoff);
}

/* ---- a step ---- */

static double volume_of(const double *c)
{
    return fabs(c[0] * (c[4] * c[8] - c[5] * c[7]) + c[1] * (c[5] * c[6] - c[3] * c[8]) + c[2] * (c[3] * c[7] - c[4] * c[6]));
}

/* Have distances in the cell shrunk, or atoms moved, by so much that an unlisted pair may be in range? */
static bool lists_are_stale(const struct sailor *s)
{
    const double *stretch = s->kept->stretch, least = fmin(1, fmin(stretch[0], fmin(stretch[1], stretch[2])));
    const double margin = (s->range + s->run->skin) * least - s->range;
    return !(2 * s->kept->way < margin);
}

/* Cell, atoms and what the lists remember, by state->strain; v is braked by the same unless relaxing. */
static void move(struct sailor *s, double before, double after, bool brake)
{
    struct drift d = {.before = before, .after = after};
    for (int x = 0; x < 3; x++) {
        const double scale = s->state->strain[x] != 0 ? exp(s->state->strain[x]) : 1;
        d.scale[x] = scale;
        d.brake[x] = brake ? 1 / scale : 1;
        d.stretch[x] = s->kept->stretch[x] *= scale;
        for (int k = 0; k < 3; k++)
            s->cell[3 * k + x] *= scale;
    }
    s->kept->way = sqrt(move_drift(&s->mover, &d));
    s->kept->valid = s->kept->valid && !lists_are_stale(s);
    s->state->volume = volume_of(s->cell);
}

/* Atoms alone, none faster than `fastest`. While the sum of their fastest moves does not reach the margin, nobody need look how far
 * each has come. */
static void move_atoms(struct sailor *s, double fastest, double time)
{
    s->kept->way += fastest * time * (1 + 1e-6) + 1e-9;
    if (s->kept->valid && !lists_are_stale(s))
        move_on(&s->mover, time);
    else
        move(s, 0, time, false);
}

/* First half of a Verlet step, barostat included. */
static void advance_dynamics(struct sailor *s)
{
    struct md_replica *state = s->state;
    const struct md_phase *phase = s->phase;
    double kinetic[3] = {0, 0, 0};
    const bool were_kicked = s->kicked;
    if (!were_kicked)
        s->fastest2 = move_kick(&s->mover, s->scale, 0.5 * phase->dt, kinetic);
    s->kicked = false;
    s->scale = 1;
    memset(state->strain, 0, sizeof state->strain);
    if (!(s->fastest2 * phase->dt * phase->dt <= phase->max_move * phase->max_move)) {
        state->outcome = MD_RUNAWAY;
        if (were_kicked)
            tersoff_forces_again(&s->tersoff, s->forces.force_d);
        return;
    }
    if (!md_scales_cell(phase, state->step)) {
        move_atoms(s, sqrt(s->fastest2), phase->dt);
        return;
    }
    md_cell_strain(phase, state->step, state, state->strain);
    if (!md_strain_is_small(state->strain)) {
        state->outcome = MD_COLLAPSED;
        return;
    }
    state->work += md_strain_work(state);
    for (int x = 0; x < 3; x++)
        state->work += kinetic[x] * (exp(-2 * state->strain[x]) - 1);
    move(s, 0.5 * phase->dt, 0.5 * phase->dt, true);
}

static bool loses_momentum(const struct sailor *s, int64_t step)
{
    return s->phase->zero_momentum && step % MD_MOMENTUM_STRIDE == 0 && s->mover.n_atom > 1;
}

static int64_t stop_of(const struct md_phase *phase)
{
    return phase->stop < phase->end ? phase->stop : phase->end;
}

static void kick_atoms(void *with, int from, int to, const double (*force)[4])
{
    move_kicks(with, from, to, force);
}

static void find_forces(struct sailor *s, const struct tersoff_use *use)
{
    tersoff_evaluate(&s->tersoff, &s->forces, use);
    s->state->energy = s->energy;
    memcpy(s->state->virial, s->virial, sizeof s->virial);
}

/* Forces, and with them the kick that ends the step; where nobody looks at velocities in between, the one that begins the next. */
static void finish_dynamics(struct sailor *s)
{
    struct md_replica *state = s->state;
    const struct md_phase *phase = s->phase;
    struct kicks kicks = {.mover = &s->mover, .time = 0.5 * phase->dt};
    kicks.twice = phase->ensemble == MD_NVE && state->step + 1 < stop_of(phase) && !loses_momentum(s, state->step + 1);
    find_forces(s, &(struct tersoff_use){.pass = kick_atoms, .with = &kicks, .keeps = !kicks.twice});
    s->kicked = kicks.twice;
    s->fastest2 = move_kicks_end(&s->mover, state->kinetic);
    state->work += md_strain_work(state);
    state->step++;
    if (loses_momentum(s, state->step)) {
        move_rest(&s->mover);
        move_kinetic(&s->mover, state->kinetic);
    }
    if (phase->ensemble == MD_NVE)
        return;
    const double kinetic = state->kinetic[0] + state->kinetic[1] + state->kinetic[2];
    s->scale = md_velocity_factor(phase, state->step, s->mover.n_atom, kinetic);
    for (int x = 0; x < 3; x++)
        state->kinetic[x] *= s->scale * s->scale;
    state->work += kinetic * (s->scale * s->scale - 1);
}

static void advance_relaxation(struct sailor *s)
{
    struct md_replica *state = s->state;
    double sums[3], keep, push;
    move_power(&s->mover, sums);
    md_fire(s->phase, state, s->mover.n_atom, sums, &keep, &push);
    const double fastest = sqrt(move_steer(&s->mover, keep, push));
    const double time = md_fire_move(s->phase, state, s->mover.n_atom, fastest);
    if (!(fastest * time <= 2 * s->phase->max_move) || !md_strain_is_small(state->strain)) {
        state->outcome = MD_RUNAWAY;
        return;
    }
    move(s, 0, time, false);
}

static void finish_relaxation(struct sailor *s)
{
    find_forces(s, NULL);
    s->state->max_force = move_largest_force(&s->mover);
    s->state->step++;
    if (md_is_relaxed(s->phase, s->state, s->mover.n_atom))
        s->state->outcome = MD_CONVERGED;
}

static void start(struct sailor *s)
{
    find_forces(s, NULL);
    if (MD_IS_RELAXATION(s->phase))
        s->state->max_force = move_largest_force(&s->mover);
    s->state->volume = volume_of(s->cell);
    if (s->state->kinetic[0] < 0)
        move_kinetic(&s->mover, s->state->kinetic);
}

/* Lists where they are stale; false when they do not hold. */
static bool find_lists(struct sailor *s)
{
    struct md_replica *state = s->state;
    if (s->kept->valid)
        return true;
    neighbor_rows_in(s->lists_memory, s->n_thread, &s->batch, s->run->potential->cutoff_d, s->run->skin, &s->rows);
    state->max_neighbor = s->kept->most;
    state->n_build++;
    if (s->kept->most > s->rows.capacity) {
        state->outcome = s->kept->most == INT_MAX ? MD_LOST : MD_CROWDED;
        return false;
    }
    move_remember(&s->mover);
    s->kept->valid = 1;
    s->kept->way = 0;
    for (int x = 0; x < 3; x++)
        s->kept->stretch[x] = 1;
    return true;
}

static void sail(struct sailor *s)
{
    struct md_replica *state = s->state;
    const bool relaxing = MD_IS_RELAXATION(s->phase);
    while (state->outcome == MD_RUNNING && (state->step < stop_of(s->phase) || state->pending != MD_BETWEEN)) {
        if (state->pending == MD_BETWEEN) {
            if (relaxing)
                advance_relaxation(s);
            else
                advance_dynamics(s);
            if (state->outcome != MD_RUNNING)
                return;
            state->pending = MD_MIDSTEP;
        }
        if (!find_lists(s))
            return;
        if (state->pending == MD_AT_START)
            start(s);
        else if (relaxing)
            finish_relaxation(s);
        else
            finish_dynamics(s);
        state->pending = MD_BETWEEN;
    }
    if (s->scale != 1)
        move_scale(&s->mover, s->scale);
}

/* ---- the op ---- */

static void run_alone(const struct md_run *run, int replica, char *kept, char *memory, int n_thread)
{
    const struct md_phase *phase = &run->phase_d[replica];
    const struct md_replica *state = &run->replica_d[replica];
    if (state->outcome != MD_RUNNING || (state->step >= stop_of(phase) && state->pending == MD_BETWEEN))
        return;
    struct sailor *s = carve(&memory, sizeof *s);
    board(s, run, replica, kept, memory, n_thread);
    sail(s);
}

static void run_all(const kd_device *dev, const struct md_run *run, char *memory)
{
    const struct md_batch *batch = run->batch;
    char *kept = run->work_d;
    const int n_thread = one_thread_each(dev, batch) ? 1 : dev->n_thread;
    if (n_thread > 1 || dev->n_thread == 1 || batch->n_replica == 1) {
        for (int r = 0; r < batch->n_replica; r++) {
            run_alone(run, r, kept, memory, n_thread);
            kept += kept_bytes(batch->first[r + 1] - batch->first[r], run->capacity);
        }
        return;
    }
    const size_t bytes = crew_bytes(1, batch, run->capacity, run->precision);
#pragma omp parallel for schedule(dynamic, 1) num_threads(dev->n_thread)
    for (int r = 0; r < batch->n_replica; r++) {
        char *own = kept;
        for (int q = 0; q < r; q++)
            own += kept_bytes(batch->first[q + 1] - batch->first[q], run->capacity);
        run_alone(run, r, own, memory + (size_t)cpu_thread() * bytes, 1);
    }
}

kd_status cpu_run(kd_device *dev, kd_stream *stream, const struct md_run *run)
{
    (void)stream;
    void *memory;
    TRY(tersoff_check(run->potential, run->capacity));
    size_t mark = kd_scratch_mark(dev);
    TRY(kd_scratch_take(dev, cpu_run_scratch(dev, run->batch, run->capacity, run->precision), &memory));
    cpu_enter(dev);
    run_all(dev, run, memory);
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}
