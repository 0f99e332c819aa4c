// SPDX-License-Identifier: BSD-3-Clause
/* trajectory_test.c - 100 steps of velocity Verlet against LAMMPS (tests/oracle/md/nve_msio2_216.txt), on every device of this machine. */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/paths.h"
#include "host/base/text.h"
#include "host/md/batch.h"
#include "host/md/energy.h"
#include "kernels/md_step.h"

enum { N_DEVICE = 3, N_ATOM = 216, N_STEP = 100 };
static const char *const device_name[N_DEVICE] = {"cpu", "emu", "cuda"};

struct oracle {
    struct structure start;
    double end[N_ATOM][3], velocity[N_ATOM][3];  /* of LAMMPS' frame 100; angstrom, angstrom/fs */
    double first[N_ATOM][3];                     /* of its frame 0, not wrapped */
    double potential[N_STEP + 1], kinetic[N_STEP + 1], total[N_STEP + 1];
};

static void read_numbers(char **token, int n, double *value)
{
    for (int i = 0; i < n; i++)
        assert_true(number_double(token[i], &value[i]));
}

static void read_oracle(struct oracle *o)
{
    struct text t;
    double edge[2];
    int axis = 0;
    assert_ok(text_read(ORACLE_MD "/nve_msio2_216.txt", 0, &t));
    assert_ok(structure_create(N_ATOM, &o->start));
    assert_ok(structure_add_velocity(&o->start));
    for (char *line; (line = text_next(&t));) {
        char *token[16];
        double v[9];
        int n = text_split(line, token, 16);
        if (n == 3 && strcmp(token[0], "box") == 0) {
            read_numbers(token + 1, 2, edge);
            o->start.cell[axis][axis] = edge[1] - edge[0];
            axis++;
        } else if (n == 12 && strncmp(token[0], "frame", 5) == 0) {
            const int a = atoi(token[1]) - 1, last = strcmp(token[0], "frame100") == 0;
            read_numbers(token + 3, 9, v);
            o->start.number[a] = strcmp(token[2], "1") == 0 ? 14 : 8;
            for (int x = 0; x < 3; x++) {
                (last ? o->end : o->first)[a][x] = v[x];
                (last ? o->velocity[a] : o->start.velocity[a])[x] = 1e-3 * v[3 + x];
            }
        } else if (n == 13 && strcmp(token[0], "thermo") == 0) {
            const int step = atoi(token[1]);
            read_numbers(token + 3, 3, v);
            o->potential[step] = v[0];
            o->kinetic[step] = v[1];
            o->total[step] = v[2];
        }
    }
    memcpy(o->start.position, o->first, sizeof o->first);
    text_free(&t);
    assert_int_equal(axis, 3);
}

/* What the op needs, on the device. LAMMPS' masses; its "metal" units make an amu (angstrom/ps)^2 1.0364269e-4 eV, an older value
 * than ours: the masses carry the ratio. */
struct trip {
    struct batch batch;
    struct md_run run;
    struct md_phase phase;
    struct md_replica state;
};

static void set_out(kd_device *dev, const struct oracle *o, const struct potential *p, enum kd_precision precision, struct trip *t)
{
    const double ratio = 103.64269 / MD_AMU_A2_FS2_EV;
    const double mass[2] = {15.9994 * ratio, 28.0855 * ratio}; /* species ascend by atomic number */
    double four[N_ATOM][4] = {{0}};
    memset(t, 0, sizeof *t);
    assert_ok(batch_create(dev, p, &o->start, 1, &t->batch));
    t->phase = (struct md_phase){.ensemble = MD_NVE, .end = N_STEP, .dt = 0.5, .max_move = 0.5};
    t->state.kinetic[0] = -1;
    t->run = (struct md_run){.batch = &t->batch.md, .position_d = t->batch.position_d, .cell_d = t->batch.cell_d,
                             .force_d = t->batch.forces.force_d, .phase = &t->phase, .potential = &t->batch.table,
                             .precision = precision, .capacity = 48, .skin = 0.6};
    for (int a = 0; a < N_ATOM; a++)
        memcpy(four[a], o->start.velocity[a], sizeof o->start.velocity[a]);
    assert_ok(kd_alloc_copy(dev, dev->stream, four, sizeof four, &t->run.velocity_d));
    assert_ok(kd_alloc_copy(dev, dev->stream, mass, sizeof mass, (void **)&t->run.mass_d));
    assert_ok(kd_alloc_copy(dev, dev->stream, &t->phase, sizeof t->phase, (void **)&t->run.phase_d));
    assert_ok(kd_alloc_copy(dev, dev->stream, &t->state, sizeof t->state, &t->run.replica_d));
    size_t bytes = dev->md->run_bytes(dev, &t->batch.md, t->run.capacity, precision);
    assert_ok(kd_alloc(dev, bytes, &t->run.work_d));
    assert_ok(kd_fill(dev, dev->stream, t->run.work_d, 0, bytes));
    assert_ok(kd_scratch_reserve(dev, dev->md->run_scratch(dev, &t->batch.md, t->run.capacity, precision)));
}

static void come_home(kd_device *dev, struct trip *t)
{
    kd_free(dev, t->run.velocity_d);
    kd_free(dev, (void *)t->run.mass_d);
    kd_free(dev, (void *)t->run.phase_d);
    kd_free(dev, t->run.replica_d);
    kd_free(dev, t->run.work_d);
    batch_free(&t->batch);
}

static void go_to(kd_device *dev, struct trip *t, int step)
{
    t->phase.stop = step;
    assert_ok(kd_upload(dev, dev->stream, (void *)t->run.phase_d, &t->phase, sizeof t->phase));
    assert_ok(dev->md->run(dev, dev->stream, &t->run));
    assert_ok(kd_download(dev, dev->stream, &t->state, t->run.replica_d, sizeof t->state));
    assert_int_equal(t->state.outcome, MD_RUNNING);
    assert_int_equal(t->state.step, step);
}

static void largest_error(kd_device *dev, const struct trip *t, const struct oracle *o, const double (*start)[4], double *place,
                          double *speed)
{
    double r[N_ATOM][4], v[N_ATOM][4];
    assert_ok(kd_download(dev, dev->stream, r, t->run.position_d, sizeof r));
    assert_ok(kd_download(dev, dev->stream, v, t->run.velocity_d, sizeof v));
    *place = *speed = 0;
    for (int a = 0; a < N_ATOM; a++)
        for (int x = 0; x < 3; x++) {
            *place = fmax(*place, fabs((r[a][x] - start[a][x]) - (o->end[a][x] - o->first[a][x])));
            *speed = fmax(*speed, fabs(v[a][x] - o->velocity[a][x]));
        }
}

/* Double: energies to 1e-9 at every step (the promise of verification.md; found: 1e-13), places to 1e-9 angstrom. Mixed: FP32
 * forces are off by up to 5e-6 of the largest, 30 eV/angstrom; in 50 fs that grows to a few 1e-5 angstrom. */
static void check(kd_device *dev, const struct oracle *o, const struct potential *p, enum kd_precision precision)
{
    struct trip t;
    double start[N_ATOM][4], place, speed;
    const double energy_error = precision == KD_DOUBLE ? 1e-9 : 2e-6, place_error = precision == KD_DOUBLE ? 1e-9 : 1e-4;
    set_out(dev, o, p, precision, &t);
    assert_ok(kd_download(dev, dev->stream, start, t.run.position_d, sizeof start));
    for (int step = 0; step <= N_STEP; step += step < 3 ? 1 : 7) {
        go_to(dev, &t, step);
        const double kinetic = t.state.kinetic[0] + t.state.kinetic[1] + t.state.kinetic[2];
        assert_near(t.state.energy, o->potential[step], energy_error * fabs(o->potential[step]));
        assert_near(kinetic, o->kinetic[step], energy_error * fabs(o->potential[step]));
        assert_near(t.state.energy + kinetic, o->total[step], energy_error * fabs(o->total[step]));
    }
    go_to(dev, &t, N_STEP);
    assert_near(t.state.energy, o->potential[N_STEP], energy_error * fabs(o->potential[N_STEP]));
    largest_error(dev, &t, o, (const double(*)[4])start, &place, &speed);
    assert_near(place, 0, place_error);
    assert_near(speed, 0, place_error);
    come_home(dev, &t);
}

static void a_trajectory_is_that_of_lammps(void **state)
{
    static struct oracle o;
    struct potential p;
    char path[PATH_MAX];
    (void)state;
    read_oracle(&o);
    assert_ok(data_file("SiO.tersoff", path));
    assert_ok(energy_potential(path, &o.start, 1, &p));
    for (int d = 0; d < N_DEVICE; d++) {
        kd_device *dev;
        if (kd_device_open(device_name[d], 0, &dev, NULL) != KD_OK) {
            printf("  %s: %s\n", device_name[d], kd_error_message());
            continue;
        }
        assert_non_null(dev->md->run);
        check(dev, &o, &p, KD_DOUBLE);
        check(dev, &o, &p, KD_MIXED);
        kd_device_close(dev);
    }
    potential_free(&p);
    structure_free(&o.start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_trajectory_is_that_of_lammps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
