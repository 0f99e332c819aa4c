// SPDX-License-Identifier: BSD-3-Clause
/* dynamics.c - the voyage of a fleet: stages, rows, frames, checkpoints, failures. */
#include "host/md/dynamics.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/clock.h"
#include "host/base/log.h"
#include "host/base/progress.h"
#include "host/base/span.h"
#include "host/base/stop.h"
#include "host/base/units.h"
#include "host/md/fleet.h"

enum {
    CALL_STEPS = 1000,  /* at most so many steps between two looks at the clock and at signals */
    HOME_STEPS = 100000 /* steps between two looks at who has left the cell far behind */
};

static const double DRIFT_WARNING = 20; /* meV/atom/ps: 0.5 fs gives 3 in the SiO2 melt at 5000 K, 1 fs 78 */
static const double DRIFT_TIME_PS = 1;  /* shorter stages say nothing about drift */

/* ---- plans ---- */

struct dynamics_stage dynamics_stage(const char *name, enum md_ensemble ensemble, int64_t n_step)
{
    return (struct dynamics_stage){.name = name,
                                   .ensemble = ensemble,
                                   .n_step = n_step,
                                   .dt_fs = 0.5,
                                   .tau_t_fs = 100,
                                   .tau_p_fs = 1000,
                                   .force_tolerance_ev_a = 1e-4,
                                   .pressure_tolerance_bar = 10};
}

static kd_status check_stage(const struct dynamics_stage *s, const struct structure *frame)
{
    const char *source = frame->source ? frame->source : "structure";
    const bool cell_moves = s->ensemble == MD_NPT || s->ensemble == MD_RELAX_CELL;
    if (s->n_step < 0 || s->n_step > INT64_C(1000000000000))
        FAIL(KD_EINPUT, "%s: %" PRId64 " steps, expected 0 to 1e12", s->name, s->n_step);
    if (!(s->dt_fs > 0 && s->dt_fs <= 10))
        FAIL(KD_EINPUT, "%s: a step of %g fs, expected more than 0, at most 10", s->name, s->dt_fs);
    if (!(s->temperature_k[0] >= 0 && s->temperature_k[1] >= 0))
        FAIL(KD_EINPUT, "%s: %g K, expected at least 0", s->name, fmin(s->temperature_k[0], s->temperature_k[1]));
    if (!(s->tau_t_fs >= s->dt_fs && s->tau_p_fs >= MD_BAROSTAT_STRIDE * s->dt_fs))
        FAIL(KD_EINPUT, "%s: damping times %g and %g fs, expected at least %g and %g", s->name, s->tau_t_fs, s->tau_p_fs, s->dt_fs,
             MD_BAROSTAT_STRIDE * s->dt_fs);
    if (cell_moves && !(frame->periodic[0] && frame->periodic[1] && frame->periodic[2]))
        FAIL(KD_EINPUT, "%s: %s with an open direction, expected a periodic cell", source, s->ensemble == MD_NPT ? "npt" : "a relaxation of the cell");
    return KD_OK;
}

static kd_status check_plans(const struct dynamics_plan *plan, const struct structure *frame, int n)
{
    for (int r = 0; r < n; r++) {
        if (plan[r].n_stage < 1 || plan[r].n_stage > DYNAMICS_STAGES)
            FAIL(KD_EINPUT, "a plan of %d stages, expected 1 to %d", plan[r].n_stage, DYNAMICS_STAGES);
        for (int s = 0; s < plan[r].n_stage; s++) {
            const struct dynamics_stage *stage = &plan[r].stage[s];
            TRY(check_stage(stage, &frame[r]));
            if (s > 0 && MD_IS_RELAXATION(stage - 1) && !MD_IS_RELAXATION(stage) && !stage->draw)
                FAIL(KD_EINPUT, "%s: dynamics after a relaxation, expected velocities to be drawn", stage->name);
        }
    }
    return KD_OK;
}

/* ---- one replica between two calls ---- */

static bool is_done(const struct fleet *f, int r)
{
    return f->failed[r] || f->stage[r] == f->plan[r].n_stage;
}

static int64_t next_multiple(int64_t step, int64_t every)
{
    return every > 0 ? (step / every + 1) * every : INT64_MAX;
}

static void set_stop(struct fleet *f, int r)
{
    struct md_phase *p = &f->phase[r];
    const int64_t step = f->state[r].step;
    p->stop = p->end;
    if (is_done(f, r) || f->state[r].pending == MD_AT_START) {
        p->stop = step;
        return;
    }
    const int64_t at[4] = {next_multiple(step, f->o->thermo_every), next_multiple(step, f->o->frame_every), step + CALL_STEPS,
                           next_multiple(step, HOME_STEPS)};
    for (int i = 0; i < 4; i++)
        p->stop = at[i] < p->stop ? at[i] : p->stop;
}

static const char *stage_name(const struct fleet *f, int r)
{
    return f->plan[r].stage[f->stage[r]].name;
}

static kd_status fail_replica(struct fleet *f, int r)
{
    static const char *const why[] = {[MD_CROWDED] = "an atom has more than 1000 neighbours", [MD_LOST] = "positions are out of all bounds",
                                      [MD_RUNAWAY] = "an atom runs away", [MD_COLLAPSED] = "the volume runs away"};
    struct dynamics_result *result = &f->result[r];
    f->failed[r] = true;
    snprintf(result->message, sizeof result->message, "replica %s (seed %" PRIu64 ") ended in %s at step %" PRId64 ": %s", result->name,
             f->plan[r].seed, stage_name(f, r), f->state[r].step, why[f->state[r].outcome]);
    log_warning("%s", result->message);
    return fleet_still(f, r);
}

/* The end of a stage: what it has kept and what not. */
static void judge_stage(struct fleet *f, int r)
{
    const struct md_phase *p = &f->phase[r];
    struct md_replica *state = &f->state[r];
    if (MD_IS_RELAXATION(p)) {
        f->relaxed[r] = state->outcome == MD_CONVERGED;
        if (!f->relaxed[r] && f->stage[r] + 1 == f->plan[r].n_stage)
            log_warning("replica %s: %s has not met its tolerances in %" PRId64 " steps (largest force %.2g eV/angstrom)", f->result[r].name,
                        stage_name(f, r), state->step - p->begin, state->max_force);
        return;
    }
    const double time_ps = 1e-3 * p->dt * (double)(state->step - p->begin);
    if (time_ps < DRIFT_TIME_PS)
        return;
    const double drift = 1e3 * (fleet_conserved_ev(f, r) - f->conserved[r]) / (fleet_atoms(f, r) * time_ps);
    f->drift[r] = fabs(drift) > fabs(f->drift[r]) ? drift : f->drift[r];
    if (fabs(drift) > DRIFT_WARNING)
        log_warning("replica %s: the conserved quantity drifts by %.3g meV/atom/ps in %s, expected below %g: take a smaller --dt-fs",
                    f->result[r].name, drift, stage_name(f, r), DRIFT_WARNING);
}

static bool is_multiple(int64_t step, int64_t every)
{
    return every > 0 && step % every == 0;
}

/* Rows and frames that are due; the next stage where one has ended. */
static kd_status look_after(struct fleet *f, int r, bool started)
{
    struct md_replica *state = &f->state[r];
    if (state->outcome == MD_CROWDED || state->outcome == MD_LOST || state->outcome == MD_RUNAWAY || state->outcome == MD_COLLAPSED)
        return fail_replica(f, r);
    if (started && !isnan(f->conserved[r])) /* restarted: its row is there */
        return KD_OK;
    if (started)
        f->conserved[r] = fleet_conserved_ev(f, r);
    const bool ended = state->outcome == MD_CONVERGED || state->step >= f->phase[r].end;
    const bool first = started && state->step == f->phase[r].begin;
    if (first || ended || is_multiple(state->step, f->o->thermo_every))
        TRY(fleet_log_row(f, r));
    if (f->o->frame_every && (ended || is_multiple(state->step, f->o->frame_every)))
        TRY(fleet_keep_frame(f, r));
    if (!ended)
        return KD_OK;
    judge_stage(f, r);
    f->time_fs[r] = fleet_time_fs(f, r);
    if (f->stage[r] + 1 == f->plan[r].n_stage) {
        f->stage[r]++;
        return KD_OK;
    }
    f->stage[r]++;
    return fleet_begin_stage(f, r);
}

/* Do frames need positions on the host after this call? */
static bool frames_are_due(const struct fleet *f)
{
    for (int r = 0; f->o->frame_every && r < f->n; r++)
        if (!is_done(f, r) && f->phase[r].stop > f->phase[r].begin &&
            (is_multiple(f->state[r].step, f->o->frame_every) || f->state[r].step >= f->phase[r].end || f->state[r].outcome == MD_CONVERGED))
            return true;
    return false;
}

/* Atoms that have gone far are put back before their lattice shifts can no longer be counted: at fixed steps, so that the bits do not
 * depend on how the trajectory is cut. */
static kd_status call_home(struct fleet *f, const int64_t *before)
{
    bool due = false;
    for (int r = 0; r < f->n; r++)
        due = due || (!is_done(f, r) && f->state[r].step > before[r] && f->state[r].step % HOME_STEPS == 0);
    if (!due)
        return KD_OK;
    TRY(fleet_download(f));
    for (int r = 0; r < f->n; r++)
        if (!is_done(f, r) && f->state[r].step > before[r] && f->state[r].step % HOME_STEPS == 0)
            TRY(fleet_wrap(f, r));
    return KD_OK;
}

static kd_status sail_on(struct fleet *f, struct dynamics_summary *sum)
{
    bool *started = malloc((size_t)f->n * sizeof *started);
    int64_t *before = malloc((size_t)f->n * sizeof *before);
    kd_status status = KD_OK;
    if (!started || !before)
        FAIL_OUT(KD_ENOMEM, "%s: no host memory", f->o->what);
    for (int r = 0; r < f->n; r++) {
        started[r] = f->state[r].pending == MD_AT_START;
        before[r] = f->state[r].step;
        set_stop(f, r);
    }
    TRY_OUT(fleet_sail(f));
    if (frames_are_due(f))
        TRY_OUT(fleet_download(f));
    for (int r = 0; r < f->n; r++) {
        sum->atom_steps += (double)(f->state[r].step - before[r]) * fleet_atoms(f, r);
        if (!is_done(f, r) && (started[r] || f->state[r].step > before[r] || f->state[r].outcome != MD_RUNNING))
            TRY_OUT(look_after(f, r, started[r]));
    }
    TRY_OUT(call_home(f, before));
out:
    free(started);
    free(before);
    return status;
}

/* ---- the voyage ---- */

static double steps_planned(const struct fleet *f, int r, int from_stage)
{
    double n = 0;
    for (int s = from_stage; s < f->plan[r].n_stage; s++)
        n += (double)f->plan[r].stage[s].n_step;
    return n;
}

static double atom_steps_left(const struct fleet *f)
{
    double left = 0;
    for (int r = 0; r < f->n; r++)
        if (!is_done(f, r))
            left += fleet_atoms(f, r) * ((double)(f->phase[r].end - f->state[r].step) + steps_planned(f, r, f->stage[r] + 1));
    return left;
}

static kd_status keep(struct fleet *f)
{
    if (!f->o->directory)
        return KD_OK;
    span_begin("checkpoint");
    kd_status status = fleet_download(f);
    if (status == KD_OK)
        status = fleet_write_frames(f);
    if (status == KD_OK)
        status = fleet_write_checkpoint(f);
    span_end();
    return status;
}

static bool all_done(const struct fleet *f)
{
    for (int r = 0; r < f->n; r++)
        if (!is_done(f, r))
            return false;
    return true;
}

static kd_status voyage(struct fleet *f, struct dynamics_summary *sum)
{
    struct progress p;
    const double total = atom_steps_left(f);
    double kept = clock_seconds();
    progress_begin(&p, f->o->what, "atom-steps", total, 1);
    while (!all_done(f)) {
        TRY(sail_on(f, sum));
        progress_at(&p, total - atom_steps_left(f));
        if (stop_requested()) {
            progress_end(&p);
            TRY(keep(f));
            return stop_status(f->o->directory ? "the checkpoint is written, --restart goes on" : "without a directory, nothing is kept");
        }
        if (f->o->directory && clock_seconds() - kept > f->o->checkpoint_seconds) {
            TRY(keep(f));
            kept = clock_seconds();
        }
    }
    progress_end(&p);
    return keep(f);
}

static kd_status begin(struct fleet *f)
{
    bool found = false;
    if (f->o->restart && f->o->directory)
        TRY(fleet_read_checkpoint(f, &found));
    if (!found) {
        for (int r = 0; r < f->n; r++)
            TRY(fleet_begin_stage(f, r));
        for (int r = 0; r < f->n; r++) /* given velocities stay unless the first stage drew others */
            if (!MD_IS_RELAXATION(&f->phase[r]) && !f->plan[r].stage[0].draw)
                TRY(kd_upload(f->dev, f->dev->stream, f->velocity_d + 4 * (size_t)f->batch.first[r], f->velocity[f->batch.first[r]],
                              (size_t)fleet_atoms(f, r) * sizeof *f->velocity));
    }
    return fleet_open_logs(f, found);
}

static kd_status finish(struct fleet *f, struct dynamics_result *result, struct dynamics_summary *sum)
{
    TRY(fleet_download(f));
    for (int r = 0; r < f->n; r++) {
        struct dynamics_result *out = &f->result[r];
        TRY(fleet_structure(f, r, &f->frame[r]));
        out->failed = f->failed[r];
        out->step = f->state[r].step;
        out->stage = f->stage[r];
        out->energy_ev = f->state[r].energy;
        out->temperature_k = fleet_temperature_k(f, r);
        out->pressure_bar = fleet_pressure_bar(f, r);
        out->density_gcc = fleet_density_gcc(f, r);
        out->drift_mev_atom_ps = f->drift[r];
        out->relaxed = f->relaxed[r];
        out->max_force_ev_a = 0;
        for (int a = f->batch.first[r]; a < f->batch.first[r + 1]; a++)
            out->max_force_ev_a = fmax(out->max_force_ev_a, sqrt(f->force[a][0] * f->force[a][0] + f->force[a][1] * f->force[a][1] +
                                                                 f->force[a][2] * f->force[a][2]));
        sum->n_failed += f->failed[r];
        sum->n_build += f->state[r].n_build;
        if (result)
            result[r] = *out;
    }
    return f->o->directory ? fleet_write_finals(f) : KD_OK;
}

kd_status dynamics_run(kd_device *dev, const struct potential *potential, const struct dynamics_options *o,
                       const struct dynamics_plan *plan, struct structure *frame, int n, struct dynamics_result *result,
                       struct dynamics_summary *summary)
{
    struct fleet f = {0};
    struct dynamics_summary sum = {0};
    const double started = clock_seconds();
    kd_status status;
    TRY(check_plans(plan, frame, n));
    TRY_OUT(fleet_create(dev, potential, o, plan, frame, n, &f));
    TRY_OUT(begin(&f));
    span_begin("dynamics");
    status = voyage(&f, &sum);
    span_end();
    if (status == KD_OK)
        status = finish(&f, result, &sum);
    sum.seconds = clock_seconds() - started;
    if (summary)
        *summary = sum;
out:;
    kd_status closed = fleet_close_logs(&f);
    fleet_free(&f);
    return status == KD_OK ? closed : status;
}

void dynamics_json(struct js *list, const struct dynamics_result *result)
{
    struct js *object = js_object(list, NULL);
    js_string(object, "name", result->name);
    js_bool(object, "failed", result->failed);
    if (result->failed)
        js_string(object, "message", result->message);
    js_int(object, "steps", result->step);
    js_double(object, "energy_ev", result->energy_ev);
    js_double(object, "temperature_k", result->temperature_k);
    js_double(object, "pressure_bar", result->pressure_bar);
    js_double(object, "density_gcc", result->density_gcc);
    js_double(object, "max_force_ev_a", result->max_force_ev_a);
    js_double(object, "drift_mev_atom_ps", result->drift_mev_atom_ps);
    js_bool(object, "relaxed", result->relaxed);
}
