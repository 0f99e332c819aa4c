// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_test.c - energy, forces and virial against LAMMPS, on every device of this machine, in both precisions. */
#include "tests/twin/twin.h"

#include "host/base/paths.h"
#include "host/base/text.h"
#include "host/md/energy.h"
#include "host/structure/element.h"

struct reference {
    const char *file;
    bool relaxed;          /* a minimum: forces vanish, compare absolutely */
    const char *potential; /* NULL: the shipped SiO.tersoff */
};

static const struct reference references[] = {
    {"csi8.xyz", false, NULL},      {"csi63vac.xyz", false, NULL},  {"aquartz9.xyz", false, NULL},
    {"aquartz72.xyz", false, NULL}, {"bcrist192.xyz", false, NULL}, {"gas200.xyz", false, NULL},
    {"msio2_216.xyz", false, NULL}, {"asio2_216.xyz", true, NULL},  {"asio_200.xyz", true, NULL},
    {"synthetic3_small.xyz", false, "md/synthetic3.tersoff"},
    {"synthetic3_gas.xyz", false, "md/synthetic3.tersoff"},
};
enum { N_REFERENCE = sizeof references / sizeof *references };

static void potential_of(const char *file, const struct structure *s, struct potential *p)
{
    char path[PATH_MAX];
    if (file)
        snprintf(path, sizeof path, "%s", file);
    else
        assert_ok(data_file("SiO.tersoff", path));
    assert_ok(energy_potential(path, s, 1, p));
}

static double largest_force_error(const struct structure *got, const struct structure *want)
{
    double most = 0;
    for (int a = 0; a < got->n_atom; a++)
        for (int x = 0; x < 3; x++)
            most = fmax(most, fabs(got->force[a][x] - want->force[a][x]));
    return most;
}

static double largest_virial(const struct structure *s, const struct structure *minus)
{
    double most = 0;
    for (int v = 0; v < 6; v++)
        most = fmax(most, fabs(s->virial[v] - (minus ? minus->virial[v] : 0)));
    return most;
}

static void compare(kd_device *dev, const struct reference *ref, const struct structure *want, enum kd_precision precision)
{
    struct structure got;
    struct potential p;
    assert_ok(structure_copy(want, &got));
    potential_of(ref->potential, want, &p);
    assert_ok(energy_evaluate(dev, &p, precision, &got, 1));
    double force = largest_force_error(&got, want), scale = energy_max_force(want);
    double energy = fabs(got.energy - want->energy) / fabs(want->energy), virial = largest_virial(&got, want);
    printf("  %-6s %-6s %-21s energy %.1e  force %.1e eV/A (of %.3g)  virial %.1e eV (of %.3g)\n", dev->backend,
           precision == KD_DOUBLE ? "double" : "mixed", ref->file, energy, force, scale, virial, largest_virial(want, NULL));
    if (precision == KD_DOUBLE) {
        /* three independent codes agree to 1e-12 here: 1e-10 leaves room for another order of sums, none for an error */
        assert_near(energy, 0, 1e-10);
        assert_near(force, 0, ref->relaxed ? 1e-10 : 1e-10 * scale);
        assert_near(virial, 0, 1e-10 * fmax(largest_virial(want, NULL), 100));
    } else {
        /* the promise of md_ops.h; at a minimum bonds of ~15 eV/angstrom cancel, so that is the scale there. Energies: bonds
         * of some 10 eV, each good to two or three units of 6e-8 */
        assert_near(got.energy, want->energy, 5e-6 * got.n_atom);
        assert_near(force, 0, 5e-6 * (ref->relaxed ? 15 : scale));
        assert_near(virial, 0, 5e-6 * fmax(largest_virial(want, NULL), 100));
    }
    potential_free(&p);
    structure_free(&got);
}

static void every_reference_agrees_with_lammps(void **state)
{
    kd_device *dev = twin_take(state);
    for (int r = 0; r < N_REFERENCE; r++) {
        struct structure *want;
        int n;
        char path[64];
        snprintf(path, sizeof path, "md/%s", references[r].file);
        assert_ok(structures_read(path, &want, &n));
        compare(dev, &references[r], want, KD_DOUBLE);
        compare(dev, &references[r], want, KD_MIXED);
        structures_free(want, n);
    }
}

/* ---- scans of two and three atoms: every branch of taper and angle ---- */

static void make_cluster(int n, const char *const *symbol, const double *xy, struct structure *s)
{
    assert_ok(structure_create(n, s));
    for (int a = 0; a < n; a++) {
        s->number[a] = element_number(symbol[a]);
        assert_int_not_equal(s->number[a], 0);
        s->position[a][0] = xy[2 * a];
        s->position[a][1] = xy[2 * a + 1];
    }
    for (int k = 0; k < 3; k++)
        s->periodic[k] = false;
}

/* Columns beyond the `n_name` element names: `n_value` numbers. Every row becomes one frame. */
static int read_scan(const char *path, int n_name, int n_value, char (*name)[2][4], double (*value)[12])
{
    struct text t;
    int n = 0;
    assert_ok(text_read(path, 0, &t));
    for (char *line; (line = text_next(&t));) {
        char *token[16];
        if (text_blank(line, '#'))
            continue;
        assert_int_equal(text_split(line, token, 16), n_name + n_value);
        for (int k = 0; k < n_name; k++)
            snprintf(name[n][k], sizeof name[n][k], "%s", token[k]);
        for (int v = 0; v < n_value; v++)
            assert_true(number_double(token[n_name + v], &value[n][v]));
        assert_in_range(++n, 1, 499);
    }
    text_free(&t);
    return n;
}

static void evaluate_scan(struct structure *frames, int n, enum kd_precision precision)
{
    struct potential p;
    char path[PATH_MAX];
    assert_ok(data_file("SiO.tersoff", path));
    assert_ok(energy_potential(path, frames, n, &p));
    assert_ok(energy_evaluate(twin_device[TWIN_CPU], &p, precision, frames, n));
    potential_free(&p);
}

static void dimers_agree_with_lammps_at_every_distance(void **state)
{
    (void)state;
    static char name[500][2][4];
    static double row[500][12];
    static struct structure frame[500];
    int n = read_scan("md/dimers.txt", 2, 3, name, row);
    for (int precision = KD_MIXED; precision <= KD_DOUBLE; precision++) {
        for (int f = 0; f < n; f++)
            make_cluster(2, (const char *[]){name[f][0], name[f][1]}, (double[]){0, 0, row[f][0], 0}, &frame[f]);
        evaluate_scan(frame, n, (enum kd_precision)precision);
        for (int f = 0; f < n; f++) {
            /* double: rounding of both codes. mixed: exp(lambda1 (R + D - r)) of an argument up to 9 rounded to 6e-8 */
            double scale = fmax(fabs(row[f][1]), 10), tolerance = precision == KD_DOUBLE ? 1e-12 : 3e-6;
            assert_near(frame[f].energy, row[f][1], tolerance * scale);
            assert_near(frame[f].force[0][0], row[f][2], tolerance * fmax(fabs(row[f][2]), 10));
            assert_near(frame[f].force[1][0], -row[f][2], tolerance * fmax(fabs(row[f][2]), 10));
            structure_free(&frame[f]);
        }
    }
}

static void trimers_agree_with_lammps_at_every_angle(void **state)
{
    (void)state;
    static char name[500][2][4];
    static double row[500][12];
    static struct structure frame[500];
    int n = read_scan("md/trimers.txt", 2, 9, name, row);
    for (int f = 0; f < n; f++)
        make_cluster(3, (const char *[]){name[f][1], name[f][0], name[f][0]},
                     (double[]){10, 10, 11.6, 10, row[f][0], row[f][1]}, &frame[f]);
    evaluate_scan(frame, n, KD_DOUBLE);
    for (int f = 0; f < n; f++) {
        assert_near(frame[f].energy, row[f][2], 1e-10 * fmax(fabs(row[f][2]), 1)); /* positions have 15 digits */
        for (int a = 0; a < 3; a++)
            for (int x = 0; x < 2; x++)
                assert_near(frame[f].force[a][x], row[f][3 + 2 * a + x], 1e-10 * energy_max_force(&frame[f]));
        structure_free(&frame[f]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        twin_tests(every_reference_agrees_with_lammps),
        cmocka_unit_test(dimers_agree_with_lammps_at_every_distance),
        cmocka_unit_test(trimers_agree_with_lammps_at_every_angle),
    };
    return cmocka_run_group_tests(tests, twin_open, twin_close);
}
