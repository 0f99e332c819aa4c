// SPDX-License-Identifier: BSD-3-Clause
/* md_wide_test.c - a replica that is too large for one block of a GPU, beside one that is not: after every single step, state and atoms are
 * those of the CPU in double precision. Steps 95 to 107: two moves of the barostat, one removal of the momentum. */
#include "tests/twin/twin.h"

#include "host/base/paths.h"
#include "host/md/energy.h"
#include "host/md/fleet.h"

enum { N_FRAME = 2, FIRST_STEP = 95, LAST_STEP = 107 };

struct voyage {
    struct structure frame[N_FRAME];
    struct potential potential;
    struct dynamics_plan plan[N_FRAME];
    struct dynamics_options o;
    struct fleet f;
};

/* A crystal of 8 atoms and a glass of 648. */
static void make_frames(struct voyage *v)
{
    static const char *const name[N_FRAME] = {"csi8.xyz", "asio2_216.xyz"};
    static const int repeat[N_FRAME][3] = {{1, 1, 1}, {3, 1, 1}};
    char path[PATH_MAX];
    for (int r = 0; r < N_FRAME; r++) {
        struct structure *one;
        int n;
        snprintf(path, sizeof path, "%s/%s", MD_CASE_FILES, name[r]);
        assert_ok(structures_read(path, &one, &n));
        assert_ok(structure_repeat(one, repeat[r], &v->frame[r]));
        structures_free(one, n);
    }
    assert_ok(data_file("SiO.tersoff", path));
    assert_ok(energy_potential(path, v->frame, N_FRAME, &v->potential));
}

/* At step 95, forces known. */
static void embark(kd_device *dev, enum kd_precision precision, const struct dynamics_stage *stage, int capacity, struct voyage *v)
{
    memset(v, 0, sizeof *v);
    v->o = (struct dynamics_options){.precision = precision, .what = "twin", .skin = 0.1, .checkpoint_seconds = 1e9};
    make_frames(v);
    for (int r = 0; r < N_FRAME; r++) {
        v->plan[r] = (struct dynamics_plan){.n_stage = 1, .seed = 7 + (uint64_t)r};
        v->plan[r].stage[0] = *stage;
    }
    assert_ok(fleet_create(dev, &v->potential, &v->o, v->plan, v->frame, N_FRAME, &v->f));
    if (capacity)
        assert_ok(fleet_capacity(&v->f, capacity));
    for (int r = 0; r < N_FRAME; r++) {
        v->f.state[r].step = FIRST_STEP;
        assert_ok(fleet_begin_stage(&v->f, r));
    }
}

static void disembark(struct voyage *v)
{
    fleet_free(&v->f);
    potential_free(&v->potential);
    for (int r = 0; r < N_FRAME; r++)
        structure_free(&v->frame[r]);
}

static void sail_to(struct voyage *v, int64_t step)
{
    for (int r = 0; r < N_FRAME; r++)
        v->f.phase[r].stop = step;
    assert_ok(fleet_sail(&v->f));
    assert_ok(fleet_download(&v->f));
}

/* tolerance: angstrom; energies and virials by atom, of bonds of some eV and forces of some eV/angstrom. */
static void compare(const struct voyage *want, const struct voyage *got, double tolerance)
{
    for (int r = 0; r < N_FRAME; r++) {
        const struct md_replica *a = &want->f.state[r], *b = &got->f.state[r];
        const double n_atom = want->frame[r].n_atom;
        assert_int_equal(b->step, a->step);
        assert_int_equal(b->outcome, a->outcome);
        assert_int_equal(b->pending, a->pending);
        assert_near(b->energy, a->energy, 10 * tolerance * n_atom);
        assert_near(b->work, a->work, 10 * tolerance * n_atom);
        assert_near(b->volume, a->volume, tolerance * a->volume);
        for (int k = 0; k < 6; k++)
            assert_near(b->virial[k], a->virial[k], 100 * tolerance * n_atom);
        for (int x = 0; x < 3; x++)
            assert_near(b->kinetic[x], a->kinetic[x], 10 * tolerance * n_atom);
        for (int k = 0; k < 9; k++)
            assert_near(got->f.cell[r][k], want->f.cell[r][k], 10 * tolerance);
    }
    for (int i = 0; i < want->f.n_atom; i++)
        for (int x = 0; x < 3; x++) {
            assert_near(got->f.position[i][x], want->f.position[i][x], tolerance);
            assert_near(got->f.velocity[i][x], want->f.velocity[i][x], tolerance);
            assert_near(got->f.force[i][x], want->f.force[i][x], 100 * tolerance);
        }
}

/* Rounding of 1e-13 eV/angstrom grows by some per cent a step. FP32 forces: 5e-6 of 15 eV/angstrom move an atom by less than 1e-6 angstrom. */
static void keep_in_step(kd_device *dev, enum kd_precision precision, const struct dynamics_stage *stage, int capacity)
{
    struct voyage want, got;
    embark(twin_device[TWIN_CPU], KD_DOUBLE, stage, 0, &want);
    embark(dev, precision, stage, capacity, &got);
    for (int64_t step = FIRST_STEP; step <= LAST_STEP; step++) {
        sail_to(&want, step);
        sail_to(&got, step);
        compare(&want, &got, precision == KD_DOUBLE ? 1e-10 : 5e-6);
    }
    if (precision == KD_DOUBLE && !capacity)
        assert_int_equal(got.f.state[1].n_build, want.f.state[1].n_build); /* lists go stale at the same steps */
    if (stage->ensemble == MD_NPT)
        assert_true(want.f.state[1].n_build > 2);
    disembark(&want);
    disembark(&got);
}

static struct dynamics_stage hot(enum md_ensemble ensemble)
{
    struct dynamics_stage s = dynamics_stage("hot", ensemble, 1000);
    s.draw = !(ensemble == MD_RELAX || ensemble == MD_RELAX_CELL);
    s.anisotropic = ensemble == MD_NPT;
    s.temperature_k[0] = 4000;
    s.temperature_k[1] = 2000;
    return s;
}

static void every_ensemble_keeps_in_step(void **state)
{
    kd_device *dev = twin_take(state);
    const struct dynamics_stage npt = hot(MD_NPT), nve = hot(MD_NVE), relax = hot(MD_RELAX_CELL);
    keep_in_step(dev, KD_DOUBLE, &npt, 0);
    keep_in_step(dev, KD_DOUBLE, &npt, 6); /* lists that do not hold */
    keep_in_step(dev, KD_DOUBLE, &nve, 0);
    keep_in_step(dev, KD_DOUBLE, &relax, 0);
    keep_in_step(dev, KD_MIXED, &npt, 0);
}

/* Several steps in one call end with the same bits as one step a call. */
static void calls_leave_no_trace(void **state)
{
    (void)state;
    for (int d = TWIN_EMU; d < TWIN_N_DEVICE; d++) {
        struct voyage one, many;
        const struct dynamics_stage npt = hot(MD_NPT);
        if (!twin_device[d])
            continue;
        embark(twin_device[d], KD_MIXED, &npt, 0, &one);
        embark(twin_device[d], KD_MIXED, &npt, 0, &many);
        for (int64_t step = FIRST_STEP; step <= LAST_STEP; step++)
            sail_to(&many, step);
        sail_to(&one, FIRST_STEP);
        sail_to(&one, LAST_STEP);
        assert_memory_equal(one.f.position, many.f.position, (size_t)one.f.n_atom * sizeof *one.f.position);
        assert_memory_equal(one.f.velocity, many.f.velocity, (size_t)one.f.n_atom * sizeof *one.f.velocity);
        assert_memory_equal(one.f.cell, many.f.cell, sizeof one.f.cell[0] * N_FRAME);
        disembark(&one);
        disembark(&many);
    }
}

/* An atom with the speed of a bullet: its replica stands still, in the step and place where the CPU's does; the other goes on. */
static void a_runaway_is_one_on_every_device(void **state)
{
    (void)state;
    struct dynamics_stage s = hot(MD_NVE);
    s.dt_fs = 5;
    for (int d = 0; d < TWIN_N_DEVICE; d++) {
        struct voyage v;
        if (!twin_device[d])
            continue;
        embark(twin_device[d], KD_MIXED, &s, 0, &v);
        v.f.phase[0].dt = 0.1;
        const size_t atom = (size_t)v.f.batch.first[1];
        v.f.velocity[atom][0] = 1;
        assert_ok(kd_upload(twin_device[d], twin_device[d]->stream, v.f.velocity_d + 4 * atom, v.f.velocity[atom], sizeof v.f.velocity[atom]));
        sail_to(&v, FIRST_STEP);
        sail_to(&v, FIRST_STEP + 4);
        assert_int_equal(v.f.state[1].outcome, MD_RUNAWAY);
        assert_int_equal(v.f.state[1].step, FIRST_STEP);
        assert_int_equal(v.f.state[0].outcome, MD_RUNNING);
        assert_int_equal(v.f.state[0].step, FIRST_STEP + 4);
        disembark(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        twin_tests_gpu(every_ensemble_keeps_in_step),
        cmocka_unit_test(calls_leave_no_trace),
        cmocka_unit_test(a_runaway_is_one_on_every_device),
    };
    return cmocka_run_group_tests(tests, twin_open, twin_close);
}
