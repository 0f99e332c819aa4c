// SPDX-License-Identifier: BSD-3-Clause
/* fleet.c - replicas on a device: memory, one call of the op, stages of the plan. */
#include "host/md/fleet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/units.h"
#include "host/md/box.h"
#include "host/structure/cell.h"
#include "host/structure/element.h"

enum { FIRST_CAPACITY = 32, MOST_CAPACITY = 1000, FAR_CELLS = 100 };

static const double COMPRESSIBILITY = 8; /* angstrom^3/eV, of a bulk modulus of 20 GPa: with tau_p it sets the barostat's pace only */
static const double RUNAWAY = 0.5;       /* angstrom a step: 1000 times the pace at room temperature */
static const double RELAX_MOVE = 0.1;

/* ---- set-up ---- */

static kd_status allocate_host(struct fleet *f)
{
    size_t n = (size_t)f->n, n_atom = (size_t)f->n_atom;
    f->phase = calloc(n, sizeof *f->phase);
    f->state = calloc(n, sizeof *f->state);
    f->position = calloc(n_atom, sizeof *f->position);
    f->velocity = calloc(n_atom, sizeof *f->velocity);
    f->force = calloc(n_atom, sizeof *f->force);
    f->cell = calloc(n, sizeof *f->cell);
    f->stage = calloc(n, sizeof *f->stage);
    f->failed = calloc(n, sizeof *f->failed);
    f->relaxed = calloc(n, sizeof *f->relaxed);
    f->time_fs = calloc(n, sizeof *f->time_fs);
    f->conserved = calloc(n, sizeof *f->conserved);
    f->drift = calloc(n, sizeof *f->drift);
    f->result = calloc(n, sizeof *f->result);
    f->log_bytes = calloc(n, sizeof *f->log_bytes);
    f->csv_bytes = calloc(n, sizeof *f->csv_bytes);
    f->frames = calloc(n, sizeof *f->frames);
    f->log = calloc(n, sizeof *f->log);
    f->csv = calloc(n, sizeof *f->csv);
    if (!f->phase || !f->state || !f->position || !f->velocity || !f->force || !f->cell || !f->stage || !f->failed || !f->relaxed ||
        !f->time_fs || !f->conserved || !f->drift || !f->result || !f->log_bytes || !f->csv_bytes || !f->frames || !f->log || !f->csv)
        FAIL(KD_ENOMEM, "%s: no host memory for %d atoms", f->o->what, f->n_atom);
    return KD_OK;
}

static kd_status allocate_device(struct fleet *f)
{
    kd_device *dev = f->dev;
    double mass[POTENTIAL_MAX_SPECIES];
    for (int s = 0; s < f->potential->n_species; s++) {
        mass[s] = element_mass(f->potential->number[s]);
        if (!(mass[s] > 0))
            FAIL(KD_EINPUT, "%s: %s has no atomic weight", f->o->what, element_symbol(f->potential->number[s]));
    }
    TRY(kd_alloc_copy(dev, dev->stream, mass, (size_t)f->potential->n_species * sizeof *mass, &f->mass_d));
    TRY(kd_alloc(dev, (size_t)f->n_atom * 4 * sizeof(double), &f->velocity_d));
    TRY(kd_alloc(dev, (size_t)f->n * sizeof *f->phase, &f->phase_d));
    TRY(kd_alloc(dev, (size_t)f->n * sizeof *f->state, &f->state_d));
    f->run = (struct md_run){.batch = &f->batch.md,
                             .position_d = f->batch.position_d,
                             .cell_d = f->batch.cell_d,
                             .velocity_d = f->velocity_d,
                             .force_d = f->batch.forces.force_d,
                             .mass_d = f->mass_d,
                             .phase_d = f->phase_d,
                             .phase = f->phase,
                             .replica_d = f->state_d,
                             .potential = &f->batch.table,
                             .precision = f->o->precision,
                             .skin = f->o->skin};
    return fleet_capacity(f, FIRST_CAPACITY);
}

kd_status fleet_create(kd_device *dev, const struct potential *p, const struct dynamics_options *o, const struct dynamics_plan *plan,
                       struct structure *frame, int n, struct fleet *f)
{
    memset(f, 0, sizeof *f);
    f->dev = dev;
    f->potential = p;
    f->o = o;
    f->plan = plan;
    f->frame = frame;
    f->n = n;
    TRY(batch_create(dev, p, frame, n, &f->batch));
    if (!dev->md->run)
        FAIL(KD_EDEVICE, "device %s: no molecular dynamics over many steps in this backend", dev->backend);
    f->n_atom = f->batch.md.n_atom;
    TRY(allocate_host(f));
    TRY(allocate_device(f));
    TRY(kd_download(dev, dev->stream, f->position, f->batch.position_d, (size_t)f->n_atom * sizeof *f->position));
    TRY(kd_download(dev, dev->stream, f->cell, f->batch.cell_d, (size_t)n * sizeof *f->cell));
    for (int r = 0; r < n; r++) {
        char formula[48];
        structure_formula(&frame[r], formula, sizeof formula);
        snprintf(f->result[r].name, sizeof f->result[r].name, "%03d-%s", r, formula);
        for (int a = 0; frame[r].velocity && a < frame[r].n_atom; a++)
            memcpy(f->velocity[f->batch.first[r] + a], frame[r].velocity[a], sizeof frame[r].velocity[a]);
        f->conserved[r] = NAN;
    }
    return KD_OK;
}

void fleet_free(struct fleet *f)
{
    if (!f->dev)
        return;
    kd_free(f->dev, f->run.work_d);
    kd_free(f->dev, f->velocity_d);
    kd_free(f->dev, f->mass_d);
    kd_free(f->dev, f->phase_d);
    kd_free(f->dev, f->state_d);
    batch_free(&f->batch);
    for (int r = 0; f->frames && r < f->n; r++) {
        free(f->frames[r].step);
        free(f->frames[r].time_fs);
        free(f->frames[r].edges);
        free(f->frames[r].position);
        free(f->frames[r].velocity);
    }
    void *const all[] = {f->phase, f->state, f->position, f->velocity, f->force, f->cell, f->stage, f->failed, f->relaxed, f->time_fs,
                         f->conserved, f->drift, f->result, f->log_bytes, f->csv_bytes, f->frames, f->log, f->csv};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    memset(f, 0, sizeof *f);
}

/* ---- device ---- */

kd_status fleet_capacity(struct fleet *f, int capacity)
{
    kd_device *dev = f->dev;
    if (capacity > MOST_CAPACITY)
        FAIL(KD_EINPUT, "%s: an atom has %d neighbours, expected at most %d", f->o->what, capacity, MOST_CAPACITY);
    kd_free(dev, f->run.work_d);
    f->run.work_d = NULL;
    f->work_bytes = dev->md->run_bytes(dev, &f->batch.md, capacity, f->o->precision);
    TRY(kd_alloc(dev, f->work_bytes, &f->run.work_d));
    TRY(kd_fill(dev, dev->stream, f->run.work_d, 0, f->work_bytes));
    TRY(kd_scratch_reserve(dev, dev->md->run_scratch(dev, &f->batch.md, capacity, f->o->precision)));
    f->run.capacity = capacity;
    return KD_OK;
}

kd_status fleet_upload_states(struct fleet *f)
{
    return kd_upload(f->dev, f->dev->stream, f->state_d, f->state, (size_t)f->n * sizeof *f->state);
}

kd_status fleet_sail(struct fleet *f)
{
    kd_device *dev = f->dev;
    TRY(fleet_upload_states(f));
    TRY(kd_upload(dev, dev->stream, f->phase_d, f->phase, (size_t)f->n * sizeof *f->phase));
    for (;;) {
        int most = 0;
        TRY(dev->md->run(dev, dev->stream, &f->run));
        TRY(kd_download(dev, dev->stream, f->state, f->state_d, (size_t)f->n * sizeof *f->state));
        for (int r = 0; r < f->n; r++)
            if (f->state[r].outcome == MD_CROWDED && f->state[r].max_neighbor <= MOST_CAPACITY) {
                most = f->state[r].max_neighbor > most ? f->state[r].max_neighbor : most;
                f->state[r].outcome = MD_RUNNING;
            }
        if (!most)
            return KD_OK;
        most = (most + 4 + 7) / 8 * 8;
        TRY(fleet_capacity(f, most < MOST_CAPACITY ? most : MOST_CAPACITY));
        TRY(fleet_upload_states(f));
    }
}

kd_status fleet_download(struct fleet *f)
{
    kd_device *dev = f->dev;
    size_t bytes = (size_t)f->n_atom * 4 * sizeof(double);
    TRY(kd_download(dev, dev->stream, f->position, f->run.position_d, bytes));
    TRY(kd_download(dev, dev->stream, f->velocity, f->velocity_d, bytes));
    TRY(kd_download(dev, dev->stream, f->force, f->run.force_d, bytes));
    return kd_download(dev, dev->stream, f->cell, f->run.cell_d, (size_t)f->n * sizeof *f->cell);
}

kd_status fleet_upload(struct fleet *f)
{
    kd_device *dev = f->dev;
    size_t bytes = (size_t)f->n_atom * 4 * sizeof(double);
    TRY(kd_upload(dev, dev->stream, f->run.position_d, f->position, bytes));
    TRY(kd_upload(dev, dev->stream, f->velocity_d, f->velocity, bytes));
    TRY(kd_upload(dev, dev->stream, f->run.cell_d, f->cell, (size_t)f->n * sizeof *f->cell));
    TRY(kd_upload(dev, dev->stream, f->run.force_d, f->force, bytes));
    return fleet_upload_states(f);
}

kd_status fleet_wrap(struct fleet *f, int r)
{
    kd_device *dev = f->dev;
    const int first = f->batch.first[r], n_atom = fleet_atoms(f, r);
    double cell[3][3], inverse[3][3], frac[3];
    bool far = false;
    memcpy(cell, f->cell[r], sizeof cell);
    cell_inverse((const double(*)[3])cell, inverse);
    for (int i = first; i < first + n_atom; i++) {
        cell_frac((const double(*)[3])inverse, f->position[i], frac);
        far = far || fabs(frac[0]) > FAR_CELLS || fabs(frac[1]) > FAR_CELLS || fabs(frac[2]) > FAR_CELLS;
    }
    if (!far)
        return KD_OK;
    for (int i = first; i < first + n_atom; i++)
        box_wrap((const double(*)[3])cell, f->position[i]);
    f->state[r].pending = MD_AT_START;
    TRY(kd_upload(dev, dev->stream, f->run.position_d + 4 * (size_t)first, f->position[first], (size_t)n_atom * sizeof *f->position));
    return kd_fill(dev, dev->stream, f->run.work_d, 0, f->work_bytes); /* lists have the old shifts */
}

kd_status fleet_still(struct fleet *f, int r)
{
    const size_t at = 4 * (size_t)f->batch.first[r], bytes = (size_t)fleet_atoms(f, r) * 4 * sizeof(double);
    struct md_replica *state = &f->state[r];
    if (!isfinite(state->energy))
        state->energy = 0;
    for (int v = 0; v < 6; v++)
        state->virial[v] = isfinite(state->virial[v]) ? state->virial[v] : 0;
    TRY(kd_fill(f->dev, f->dev->stream, f->velocity_d + at, 0, bytes));
    return kd_fill(f->dev, f->dev->stream, f->run.force_d + at, 0, bytes);
}

/* ---- stages ---- */

/* Velocities of replica r on the host and on the device. */
static kd_status draw(struct fleet *f, int r, const struct dynamics_stage *stage)
{
    struct structure *s = &f->frame[r];
    const int first = f->batch.first[r];
    TRY(structure_add_velocity(s));
    if (stage->draw)
        TRY(dynamics_velocities(s, f->plan[r].seed + (uint64_t)f->stage[r] * 0x9E3779B97F4A7C15ull, stage->temperature_k[0]));
    else
        memset(s->velocity, 0, (size_t)s->n_atom * sizeof *s->velocity);
    for (int a = 0; a < s->n_atom; a++)
        memcpy(f->velocity[first + a], s->velocity[a], sizeof s->velocity[a]);
    return kd_upload(f->dev, f->dev->stream, f->velocity_d + 4 * (size_t)first, f->velocity[first],
                     (size_t)s->n_atom * sizeof *f->velocity);
}

kd_status fleet_begin_stage(struct fleet *f, int r)
{
    const struct dynamics_stage *stage = &f->plan[r].stage[f->stage[r]];
    struct md_replica *state = &f->state[r];
    const bool relaxation = stage->ensemble == MD_RELAX || stage->ensemble == MD_RELAX_CELL;
    f->phase[r] = (struct md_phase){
        .ensemble = stage->ensemble,
        .anisotropic = stage->anisotropic,
        .zero_momentum = !stage->keep_momentum,
        .begin = state->step,
        .end = state->step + stage->n_step,
        .dt = stage->dt_fs,
        .temperature = {ev_from_kelvin(stage->temperature_k[0]), ev_from_kelvin(stage->temperature_k[1])},
        .pressure = ev_a3_from_bar(stage->pressure_bar),
        .tau_t = stage->tau_t_fs,
        .tau_p = stage->tau_p_fs,
        .compressibility = COMPRESSIBILITY,
        .max_move = relaxation ? RELAX_MOVE : RUNAWAY,
        .force_tolerance = stage->force_tolerance_ev_a,
        .pressure_tolerance = ev_a3_from_bar(stage->pressure_tolerance_bar),
        .seed = f->plan[r].seed,
    };
    state->outcome = MD_RUNNING;
    state->pending = MD_AT_START;
    state->kinetic[0] = -1;
    state->kinetic[1] = state->kinetic[2] = 0;
    state->work = state->fire_dt = 0;
    memset(state->strain_rate, 0, sizeof state->strain_rate);
    f->conserved[r] = NAN;
    if (relaxation || stage->draw)
        TRY(draw(f, r, stage));
    return KD_OK;
}

/* ---- quantities ---- */

double fleet_kinetic_ev(const struct fleet *f, int r)
{
    const double *k = f->state[r].kinetic;
    return MD_IS_RELAXATION(&f->phase[r]) ? 0 : k[0] + k[1] + k[2];
}

double fleet_time_fs(const struct fleet *f, int r)
{
    const struct md_phase *p = &f->phase[r];
    return f->time_fs[r] + (MD_IS_RELAXATION(p) ? 0 : p->dt * (double)(f->state[r].step - p->begin));
}

double fleet_temperature_k(const struct fleet *f, int r)
{
    int n_free = 3 * fleet_atoms(f, r) - (f->phase[r].zero_momentum && fleet_atoms(f, r) > 1 ? 3 : 0);
    return kelvin_from_ev(2 * fleet_kinetic_ev(f, r) / n_free);
}

double fleet_pressure_bar(const struct fleet *f, int r)
{
    const struct md_replica *s = &f->state[r];
    return bar_from_ev_a3((2 * fleet_kinetic_ev(f, r) + s->virial[0] + s->virial[1] + s->virial[2]) / (3 * s->volume));
}

double fleet_density_gcc(const struct fleet *f, int r)
{
    return gcc_from_amu_a3(structure_mass(&f->frame[r]) / f->state[r].volume);
}

double fleet_conserved_ev(const struct fleet *f, int r)
{
    return f->state[r].energy + fleet_kinetic_ev(f, r) - f->state[r].work;
}

kd_status fleet_structure(const struct fleet *f, int r, struct structure *s)
{
    const int first = f->batch.first[r];
    const bool moving = !MD_IS_RELAXATION(&f->phase[r]);
    double cell[3][3];
    memcpy(cell, f->cell[r], sizeof cell);
    TRY(structure_add_force(s));
    if (moving) {
        TRY(structure_add_velocity(s));
    } else {
        free(s->velocity);
        s->velocity = NULL;
    }
    for (int k = 0; k < 3; k++)
        if (s->periodic[k])
            memcpy(s->cell[k], cell[k], sizeof cell[k]);
    for (int a = 0; a < s->n_atom; a++) {
        memcpy(s->position[a], f->position[first + a], sizeof s->position[a]);
        memcpy(s->force[a], f->force[first + a], sizeof s->force[a]);
        if (moving)
            memcpy(s->velocity[a], f->velocity[first + a], sizeof s->velocity[a]);
    }
    structure_wrap(s);
    s->energy = f->state[r].energy;
    memcpy(s->virial, f->state[r].virial, sizeof s->virial);
    s->has_energy = s->has_virial = true;
    return KD_OK;
}
