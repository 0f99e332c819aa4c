// SPDX-License-Identifier: BSD-3-Clause
/* dynamics_test.c - laws that trajectories must keep: energy, equipartition, the volume of an ideal gas, 0 K, the same bits for any
 * number of threads and any interruption, failures that stay alone. */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/paths.h"
#include "host/base/stop.h"
#include "host/base/units.h"
#include "host/md/energy.h"
#include "host/md/quench.h"
#include "tests/support/scratch.h"

static kd_device *cpu;

static const struct dynamics_options quiet = {.precision = KD_DOUBLE, .what = "test", .skin = 0.6, .checkpoint_seconds = 1e9};

static void read_case(const char *name, struct structure *s)
{
    char path[PATH_MAX];
    struct structure *frame;
    int n;
    snprintf(path, sizeof path, "%s/%s", ORACLE_MD, name);
    assert_ok(structures_read(path, &frame, &n));
    *s = frame[0];
    free(frame);
}

static void munetoh(const struct structure *s, int n, struct potential *p)
{
    char path[PATH_MAX];
    assert_ok(data_file("SiO.tersoff", path));
    assert_ok(energy_potential(path, s, n, p));
}

/* Columns of a thermo.csv: temperature and volume of rows from `skip` on. */
static int read_csv(const char *path, int skip, double *temperature, double *volume, double *conserved, int most)
{
    FILE *f = fopen(path, "r");
    char line[1024];
    int n = 0, row = 0;
    assert_non_null(f);
    while (fgets(line, sizeof line, f) && n < most) {
        double v[10];
        if (sscanf(line, "%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7, v + 8, v + 9) != 10)
            continue;
        if (row++ < skip)
            continue;
        temperature[n] = v[2];
        volume[n] = v[7];
        conserved[n] = v[9];
        n++;
    }
    fclose(f);
    return n;
}

static void mean_and_variance(const double *x, int n, double *mean, double *variance)
{
    *mean = *variance = 0;
    for (int i = 0; i < n; i++)
        *mean += x[i] / n;
    for (int i = 0; i < n; i++)
        *variance += (x[i] - *mean) * (x[i] - *mean) / (n - 1);
}

/* Atoms that do not see each other: A = B = 0. P V = N k T with 3 N - 3 momenta, and the volume is a gamma variable of shape N (the
 * centre of mass is at rest, but its place is free): mean N kT / P, variance N (kT / P)^2. */
static void an_ideal_gas_has_its_volume_and_its_fluctuations(void **state)
{
    static const char nothing[] = "Si Si Si 3 1 0 1 1 0 1 1 1 0 0.5 0.1 1 0\n";
    static double temperature[40000], volume[40000], conserved[40000];
    const int silicon = 14;
    struct potential p;
    struct structure s;
    (void)state;
    for (int anisotropic = 0; anisotropic < 2; anisotropic++) {
        const double kt = ev_from_kelvin(1000), volume_wanted = 32 * 20, pressure = 32 * kt / volume_wanted;
        double mean, variance, mean_t, variance_t;
        assert_ok(potential_from("nothing", nothing, strlen(nothing), 1, &silicon, &p));
        assert_ok(structure_create(32, &s));
        for (int k = 0; k < 3; k++)
            s.cell[k][k] = cbrt(volume_wanted);
        for (int a = 0; a < 32; a++) {
            s.number[a] = 14;
            for (int x = 0; x < 3; x++)
                s.position[a][x] = 2.1 * (a >> (2 * x) & 3) + 0.01 * a;
        }
        struct dynamics_plan plan = {.n_stage = 1, .seed = 11};
        plan.stage[0] = dynamics_stage("gas", MD_NPT, 500000);
        plan.stage[0].draw = true;
        plan.stage[0].dt_fs = 1;
        plan.stage[0].anisotropic = anisotropic;
        plan.stage[0].temperature_k[0] = plan.stage[0].temperature_k[1] = 1000;
        plan.stage[0].pressure_bar = bar_from_ev_a3(pressure);
        plan.stage[0].tau_t_fs = 50;
        plan.stage[0].tau_p_fs = 40; /* its compressibility is 1/P, 30 times the 8 of a solid: the volume forgets in 1.16 ps */
        struct dynamics_options o = quiet;
        o.directory = scratch_path(anisotropic ? "gas3" : "gas1");
        o.thermo_every = 100;
        struct dynamics_result result;
        assert_ok(dynamics_run(cpu, &p, &o, &plan, &s, 1, &result, NULL));
        assert_string_equal(result.message, "");
        char csv[PATH_MAX];
        snprintf(csv, sizeof csv, "%s/000-Si32/thermo.csv", o.directory);
        int n = read_csv(csv, 500, temperature, volume, conserved, 40000);
        assert_true(n > 4400);
        mean_and_variance(volume, n, &mean, &variance);
        mean_and_variance(temperature, n, &mean_t, &variance_t);
        /* 450 ps, volume correlated over 2.3 ps: 195 independent samples; 4 standard errors of the mean and of the variance */
        assert_near(mean, volume_wanted, 4 * volume_wanted / sqrt(32.0) / sqrt(195));
        assert_near(variance, volume_wanted * volume_wanted / 32, 4 * volume_wanted * volume_wanted / 32 * sqrt(2 / 195.0));
        assert_near(mean_t, 1000, 10);
        assert_near(variance_t, 2.0 * 1000 * 1000 / 93, 0.1 * 2.0 * 1000 * 1000 / 93);
        structure_free(&s);
        potential_free(&p);
    }
}

/* NVT of the SiO2 melt: <K> = 3N-3 halves of kT, variance of K that of the canonical ensemble, Si and O equally hot. */
static void kinetic_energy_is_canonical(void **state)
{
    static double temperature[20000], volume[20000], conserved[20000];
    struct structure s[4];
    struct dynamics_plan plan[4];
    struct potential p;
    double mean, variance, all = 0, spread = 0;
    (void)state;
    for (int r = 0; r < 4; r++) {
        read_case("aquartz72.xyz", &s[r]);
        plan[r] = (struct dynamics_plan){.n_stage = 1, .seed = 100 + (uint64_t)r};
        plan[r].stage[0] = dynamics_stage("nvt", MD_NVT, 12000);
        plan[r].stage[0].temperature_k[0] = plan[r].stage[0].temperature_k[1] = 600;
        plan[r].stage[0].draw = true;
    }
    munetoh(s, 4, &p);
    struct dynamics_options o = quiet;
    o.precision = KD_MIXED;
    o.directory = scratch_path("nvt");
    o.thermo_every = 5;
    struct dynamics_result result[4];
    assert_ok(dynamics_run(cpu, &p, &o, plan, s, 4, result, NULL));
    for (int r = 0; r < 4; r++) {
        char csv[PATH_MAX];
        snprintf(csv, sizeof csv, "%s/%s/thermo.csv", o.directory, result[r].name);
        int n = read_csv(csv, 400, temperature, volume, conserved, 20000);
        mean_and_variance(temperature, n, &mean, &variance);
        all += mean / 4;
        spread += variance / 4;
        assert_true(fabs(result[r].drift_mev_atom_ps) < 1); /* notes: 0.3 at 1000 K and 0.5 fs */
    }
    /* 20 ps in all, K correlated over ~50 fs: 400 samples, standard errors 2 K and 7 % */
    assert_near(all, 600, 10);
    assert_near(spread, 2.0 * 600 * 600 / 213, 0.3 * 2.0 * 600 * 600 / 213);
    double energy[2] = {0, 0}, count[2] = {0, 0};
    for (int r = 0; r < 4; r++)
        for (int a = 0; a < s[r].n_atom; a++) {
            const int kind = s[r].number[a] == 14;
            const double *v = s[r].velocity[a];
            energy[kind] += 0.5 * (kind ? 28.085 : 15.999) * KD_AMU_A2_FS2_EV * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
            count[kind] += 3;
        }
    for (int kind = 0; kind < 2; kind++) /* one instant: 288 and 576 squares */
        assert_near(2 * energy[kind] / count[kind] / ev_from_kelvin(1), 600, 4 * 600 * sqrt(2 / count[kind]));
    for (int r = 0; r < 4; r++)
        structure_free(&s[r]);
    potential_free(&p);
}

/* notes/md.md: 0.5 fs, +0.3 meV/atom/ps for SiO2 at 1000 K, +3.3 at 5000 K. */
static void energy_drifts_as_slowly_as_lammps_does(void **state)
{
    struct structure s;
    struct potential p;
    struct dynamics_result result;
    (void)state;
    read_case("asio2_216.xyz", &s);
    munetoh(&s, 1, &p);
    struct dynamics_plan plan = {.n_stage = 1, .seed = 5};
    plan.stage[0] = dynamics_stage("nve", MD_NVE, 6000);
    plan.stage[0].draw = true;
    plan.stage[0].temperature_k[0] = 1000;
    assert_ok(dynamics_run(cpu, &p, &quiet, &plan, &s, 1, &result, NULL));
    assert_near(result.drift_mev_atom_ps, 0, 1);
    structure_free(&s);
    potential_free(&p);
}

static struct quench_options small_quench(void)
{
    struct quench_options o;
    quench_defaults(&o);
    o.melt_ps = 0.3;
    o.cool_ps = 0.5;
    o.melt_k = 4000;
    o.minimize_steps = 30;
    o.relax_steps = 60;
    o.dynamics.precision = KD_MIXED;
    o.dynamics.thermo_every = 50;
    return o;
}

static void three_starts(struct structure s[3], struct potential *p)
{
    read_case("csi63vac.xyz", &s[0]); /* the smallest first */
    read_case("gas200.xyz", &s[1]);
    read_case("aquartz72.xyz", &s[2]);
    munetoh(s, 3, p);
}

static void same_bits(const struct structure *a, const struct structure *b)
{
    assert_memory_equal(a->cell, b->cell, sizeof a->cell);
    assert_memory_equal(a->position, b->position, (size_t)a->n_atom * sizeof *a->position);
    assert_memory_equal(a->force, b->force, (size_t)a->n_atom * sizeof *a->force);
    assert_true(a->energy == b->energy);
}

static void a_quench_has_the_same_bits_for_any_number_of_threads_and_any_skin(void **state)
{
    struct structure first[3], other[3];
    struct potential p;
    (void)state;
    for (int trial = 0; trial < 3; trial++) {
        kd_device *dev;
        struct quench_options o = small_quench();
        o.dynamics.skin = trial == 2 ? 0.9 : 0.6;
        assert_ok(kd_device_open("cpu", trial == 0 ? 1 : trial == 1 ? 2 : 5, &dev, NULL)); /* 5: all threads in one replica */
        three_starts(trial == 0 ? first : other, &p);
        assert_ok(quench_batch(dev, &p, &o, trial == 0 ? first : other, 3, NULL, NULL));
        for (int r = 0; trial > 0 && r < 3; r++) {
            same_bits(&first[r], &other[r]);
            structure_free(&other[r]);
        }
        potential_free(&p);
        kd_device_close(dev);
    }
    for (int r = 0; r < 3; r++)
        structure_free(&first[r]);
}

/* Stopped again and again wherever the clock says so, then restarted. */
static void a_quench_that_was_stopped_ends_with_the_same_bits(void **state)
{
    struct structure whole[3], parts[3];
    struct potential p;
    int n_stop = 0;
    (void)state;
    struct quench_options o = small_quench();
    o.dynamics.directory = scratch_path("whole");
    o.dynamics.frame_every = 300;
    three_starts(whole, &p);
    assert_ok(quench_batch(cpu, &p, &o, whole, 3, NULL, NULL));
    potential_free(&p);
    o.dynamics.directory = scratch_path("parts");
    o.dynamics.restart = true;
    for (kd_status status = KD_ESTOPPED; status != KD_OK; n_stop++) {
        three_starts(parts, &p);
        stop_install(n_stop < 6 ? 0.01 * (1 + n_stop) : 0);
        status = quench_batch(cpu, &p, &o, parts, 3, NULL, NULL);
        stop_reset();
        assert_true(status == KD_OK || status == KD_ESTOPPED);
        potential_free(&p);
        for (int r = 0; r < 3 && status != KD_OK; r++)
            structure_free(&parts[r]);
    }
    assert_true(n_stop > 1);
    size_t n_whole, n_parts;
    for (int r = 0; r < 3; r++) {
        static const char *const name[] = {"000-Si63/thermo.csv", "001-O100Si100/thermo.csv", "002-O48Si24/thermo.csv"};
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", scratch_path("whole"), name[r]);
        char *a = scratch_read(path, &n_whole);
        snprintf(path, sizeof path, "%s/%s", scratch_path("parts"), name[r]);
        char *b = scratch_read(path, &n_parts);
        assert_non_null(a);
        assert_non_null(b);
        assert_int_equal(n_whole, n_parts);
        assert_memory_equal(a, b, n_whole);
        free(a);
        free(b);
        same_bits(&whole[r], &parts[r]);
        structure_free(&whole[r]);
        structure_free(&parts[r]);
    }
}

static void a_replica_that_fails_ends_alone(void **state)
{
    struct structure s[3];
    struct potential p;
    struct dynamics_result result[3];
    struct dynamics_summary sum;
    (void)state;
    three_starts(s, &p);
    struct dynamics_plan plan[3];
    for (int r = 0; r < 3; r++) {
        plan[r] = (struct dynamics_plan){.n_stage = 1, .seed = 40 + (uint64_t)r};
        plan[r].stage[0] = dynamics_stage("nvt", MD_NVT, 500);
        plan[r].stage[0].draw = true;
        plan[r].stage[0].temperature_k[0] = plan[r].stage[0].temperature_k[1] = 300;
    }
    for (int x = 0; x < 3; x++) /* two atoms of the second nearly on top of each other */
        s[1].position[0][x] = s[1].position[1][x] + 0.02;
    plan[1].stage[0].dt_fs = 4;
    assert_ok(dynamics_run(cpu, &p, &quiet, plan, s, 3, result, &sum));
    assert_int_equal(sum.n_failed, 1);
    assert_true(result[1].failed);
    assert_non_null(strstr(result[1].message, "seed 41"));
    assert_non_null(strstr(result[1].message, "step "));
    for (int r = 0; r < 3; r += 2) {
        assert_false(result[r].failed);
        assert_int_equal(result[r].step, 500);
    }
    for (int a = 0; a < s[1].n_atom; a++)
        for (int x = 0; x < 3; x++)
            assert_true(isfinite(s[1].position[a][x]));
    for (int r = 0; r < 3; r++)
        structure_free(&s[r]);
    potential_free(&p);
}

static void a_relaxed_crystal_has_no_force_no_pressure_and_its_lattice_constant(void **state)
{
    struct structure s;
    struct potential p;
    struct dynamics_result result;
    char path[PATH_MAX];
    struct structure *frame;
    int n;
    (void)state;
    assert_ok(data_file("structures/silicon-8.xyz", path));
    assert_ok(structures_read(path, &frame, &n));
    s = frame[0];
    free(frame);
    for (int k = 0; k < 3; k++)
        for (int x = 0; x < 3; x++)
            s.cell[k][x] *= 1.02;
    for (int a = 0; a < s.n_atom; a++)
        for (int x = 0; x < 3; x++)
            s.position[a][x] = 1.02 * s.position[a][x] + 0.05 * sin(7.0 * a + x);
    munetoh(&s, 1, &p);
    struct dynamics_plan plan = {.n_stage = 1, .seed = 1};
    plan.stage[0] = dynamics_stage("relax", MD_RELAX_CELL, 3000);
    plan.stage[0].pressure_tolerance_bar = 1;
    assert_ok(dynamics_run(cpu, &p, &quiet, &plan, &s, 1, &result, NULL));
    assert_true(result.relaxed);
    assert_near(result.pressure_bar, 0, 1);
    assert_near(s.cell[0][0], 5.4321, 5e-4);   /* notes/md.md, LAMMPS: a = 5.4321 A, -4.6289 eV/atom */
    assert_near(s.energy / 8, -4.6289, 1e-4);
    structure_free(&s);
    potential_free(&p);
}

static int set_up(void **state)
{
    return scratch_make(state) || kd_device_open("cpu", 2, &cpu, NULL) != KD_OK;
}

static int tear_down(void **state)
{
    kd_device_close(cpu);
    return scratch_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ideal_gas_has_its_volume_and_its_fluctuations),
        cmocka_unit_test(kinetic_energy_is_canonical),
        cmocka_unit_test(energy_drifts_as_slowly_as_lammps_does),
        cmocka_unit_test(a_quench_has_the_same_bits_for_any_number_of_threads_and_any_skin),
        cmocka_unit_test(a_quench_that_was_stopped_ends_with_the_same_bits),
        cmocka_unit_test(a_replica_that_fails_ends_alone),
        cmocka_unit_test(a_relaxed_crystal_has_no_force_no_pressure_and_its_lattice_constant),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
