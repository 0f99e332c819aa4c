// SPDX-License-Identifier: BSD-3-Clause
/* md_run_test.c - the op `run` of every device against the CPU in double precision: short trajectories of a batch through every ensemble
 * and both relaxations end where the CPU's end; a replica that runs away ends alone. */
#include "tests/twin/twin.h"

#include "host/base/paths.h"
#include "host/md/energy.h"
#include "host/md/quench.h"

enum { N_FRAME = 3 };

static void read_case(const char *name, struct structure *s)
{
    char path[PATH_MAX];
    struct structure *frame;
    int n;
    snprintf(path, sizeof path, "%s/%s", MD_CASE_FILES, name);
    assert_ok(structures_read(path, &frame, &n));
    *s = frame[0];
    free(frame);
}

/* The smallest first; one cell below twice the range. */
static void make_frames(struct structure s[N_FRAME], struct potential *p)
{
    char path[PATH_MAX];
    read_case("csi8.xyz", &s[0]);
    read_case("csi63vac.xyz", &s[1]);
    read_case("aquartz72.xyz", &s[2]);
    assert_ok(data_file("SiO.tersoff", path));
    assert_ok(energy_potential(path, s, N_FRAME, p));
}

static void free_frames(struct structure s[N_FRAME], struct potential *p)
{
    for (int r = 0; r < N_FRAME; r++)
        structure_free(&s[r]);
    potential_free(p);
}

static void run_plan(kd_device *dev, enum kd_precision precision, const struct dynamics_stage *stage, int n_stage,
                     struct structure s[N_FRAME], struct potential *p, struct dynamics_result result[N_FRAME])
{
    struct dynamics_plan plan[N_FRAME];
    const struct dynamics_options o = {.precision = precision, .what = "twin", .skin = 0.5, .checkpoint_seconds = 1e9};
    make_frames(s, p);
    for (int r = 0; r < N_FRAME; r++) {
        plan[r] = (struct dynamics_plan){.n_stage = n_stage, .seed = 7 + (uint64_t)r};
        memcpy(plan[r].stage, stage, (size_t)n_stage * sizeof *stage);
    }
    assert_ok(dynamics_run(dev, p, &o, plan, s, N_FRAME, result, NULL));
}

/* Rounding grows by some per cent a step in a hot solid: 40 steps leave 1e-9 of 1e-13. FP32 forces begin at 5e-6 of 15 eV/angstrom,
 * which moves an atom by 1e-6 angstrom in 20 fs. */
static void compare(kd_device *dev, const struct dynamics_stage *stage, int n_stage)
{
    struct structure want[N_FRAME], got[N_FRAME];
    struct potential p, q;
    struct dynamics_result a[N_FRAME], b[N_FRAME];
    run_plan(twin_device[TWIN_CPU], KD_DOUBLE, stage, n_stage, want, &p, a);
    for (int precision = KD_MIXED; precision <= KD_DOUBLE; precision++) {
        const double tolerance = precision == KD_DOUBLE ? 1e-9 : 2e-5;
        run_plan(dev, (enum kd_precision)precision, stage, n_stage, got, &q, b);
        for (int r = 0; r < N_FRAME; r++) {
            assert_int_equal(a[r].step, b[r].step);
            assert_int_equal(a[r].failed, b[r].failed);
            assert_near(b[r].energy_ev, a[r].energy_ev, 10 * tolerance * want[r].n_atom);
            assert_near(b[r].density_gcc, a[r].density_gcc, tolerance);
            for (int i = 0; i < want[r].n_atom; i++)
                for (int x = 0; x < 3; x++) {
                    const double d = got[r].position[i][x] - want[r].position[i][x], edge = want[r].cell[x][x];
                    assert_near(d - edge * round(d / edge), 0, tolerance); /* an atom at a face may be wrapped either way */
                }
        }
        free_frames(got, &q);
    }
    free_frames(want, &p);
}

static void every_ensemble_keeps_in_step(void **state)
{
    kd_device *dev = twin_take(state);
    assert_non_null(dev->md->run);
    assert_non_null(dev->md->run_bytes);
    assert_non_null(dev->md->run_scratch);
    for (int ensemble = MD_NVE; ensemble <= MD_NPT; ensemble++)
        for (int anisotropic = 0; anisotropic <= (ensemble == MD_NPT); anisotropic++) {
            struct dynamics_stage s = dynamics_stage("dynamics", (enum md_ensemble)ensemble, 40);
            s.draw = true;
            s.anisotropic = anisotropic;
            s.temperature_k[0] = 900;
            s.temperature_k[1] = 600;
            compare(dev, &s, 1);
        }
    struct dynamics_stage relax[2] = {dynamics_stage("atoms", MD_RELAX, 12), dynamics_stage("cell", MD_RELAX_CELL, 12)};
    compare(dev, relax, 2);
}

/* A failing replica stops where the CPU says, and the others do not notice. */
static void a_runaway_is_one_on_every_device(void **state)
{
    (void)state;
    for (int d = 0; d < TWIN_N_DEVICE; d++) {
        struct structure s[N_FRAME];
        struct potential p;
        struct dynamics_result result[N_FRAME];
        struct dynamics_plan plan[N_FRAME];
        const struct dynamics_options o = {.precision = KD_MIXED, .what = "twin", .skin = 0.5, .checkpoint_seconds = 1e9};
        if (!twin_device[d])
            continue;
        make_frames(s, &p);
        for (int r = 0; r < N_FRAME; r++) {
            plan[r] = (struct dynamics_plan){.n_stage = 1, .seed = 7 + (uint64_t)r};
            plan[r].stage[0] = dynamics_stage("nve", MD_NVE, 20);
            plan[r].stage[0].draw = true;
            plan[r].stage[0].temperature_k[0] = 300;
        }
        for (int x = 0; x < 3; x++)
            s[1].position[0][x] = s[1].position[1][x] + 0.01;
        plan[1].stage[0].dt_fs = 5;
        assert_ok(dynamics_run(twin_device[d], &p, &o, plan, s, N_FRAME, result, NULL));
        assert_true(result[1].failed);
        assert_false(result[0].failed || result[2].failed);
        assert_int_equal(result[2].step, 20);
        free_frames(s, &p);
    }
}

/* On CPUs, steps without thermostat of one call share their kicks, and look at displacements as rarely as they can: the same bits as
 * steps taken one at a time with another skin, also where a replica fails. */
static void nve_has_the_same_bits_however_it_is_cut(void **state)
{
    struct structure s[2][N_FRAME];
    (void)state;
    for (int trial = 0; trial < 2; trial++) {
        const struct dynamics_options o = {.precision = KD_MIXED, .what = "twin", .thermo_every = trial, .skin = 0.3 * (1 + trial), .checkpoint_seconds = 1e9};
        struct dynamics_plan plan[N_FRAME];
        struct dynamics_result result[N_FRAME];
        struct potential p;
        make_frames(s[trial], &p);
        for (int r = 0; r < N_FRAME; r++) {
            plan[r] = (struct dynamics_plan){.n_stage = 1, .seed = 7 + (uint64_t)r};
            plan[r].stage[0] = dynamics_stage("nve", MD_NVE, 250);
            plan[r].stage[0].draw = true;
            plan[r].stage[0].temperature_k[0] = r == 1 ? 3000 : 1000;
            plan[r].stage[0].dt_fs = r == 1 ? 10 : 0.5;
        }
        assert_ok(dynamics_run(twin_device[TWIN_CPU], &p, &o, plan, s[trial], N_FRAME, result, NULL));
        assert_true(result[1].failed && result[1].step > 1);
        assert_false(result[0].failed || result[2].failed);
        potential_free(&p);
    }
    for (int r = 0; r < N_FRAME; r++) {
        const size_t bytes = (size_t)s[0][r].n_atom * sizeof *s[0][r].position;
        assert_memory_equal(s[0][r].position, s[1][r].position, bytes);
        assert_memory_equal(s[0][r].velocity, s[1][r].velocity, bytes);
        assert_memory_equal(s[0][r].force, s[1][r].force, bytes);
        structure_free(&s[0][r]);
        structure_free(&s[1][r]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        twin_tests(every_ensemble_keeps_in_step),
        cmocka_unit_test(a_runaway_is_one_on_every_device),
        cmocka_unit_test(nve_has_the_same_bits_however_it_is_cut),
    };
    return cmocka_run_group_tests(tests, twin_open, twin_close);
}
