// SPDX-License-Identifier: BSD-3-Clause
/* gather_test.c - datasets gathered from the files of a few structures, whole, wrong and twice. */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/md/shells.h"
#include "host/nn/dataset.h"
#include "host/nn/gather.h"
#include "host/store/h5.h"
#include "host/structure/structure.h"
#include "tests/support/scratch.h"

enum { N_ENERGY = 256, N_ATOM = 6 };
static kd_device *cpu;

/* Two SiO2 units in a cell of its own size for every number; Si are atoms 0 and 3. */
static void make_structure(int number, struct structure *s)
{
    static const double frac[N_ATOM][3] = {{0, 0, 0}, {.2, .2, .2}, {.8, .8, .2}, {.5, .5, .5}, {.7, .3, .8}, {.3, .7, .8}};
    assert_ok(structure_create(N_ATOM, s));
    for (int i = 0; i < N_ATOM; i++) {
        s->number[i] = i % 3 ? 8 : 14;
        for (int x = 0; x < 3; x++)
            s->position[i][x] = (4.2 + 0.1 * number) * frac[i][x];
    }
    for (int x = 0; x < 3; x++)
        s->cell[x][x] = 4.2 + 0.1 * number;
}

/* charges.h5 with the layout of kedge bader. */
static void write_charges(const char *path, int number, const char *method, int n_empty, double sum_error)
{
    struct structure s;
    struct h5 *f;
    double charge[N_ATOM];
    make_structure(number, &s);
    for (int i = 0; i < N_ATOM; i++)
        charge[i] = i % 3 ? -1.6 : 3.2 - 0.01 * number;
    assert_ok(h5_create(path, &f));
    assert_ok(h5_set_text(f, "/", "kind", "charges"));
    assert_ok(h5_set_text(f, "/", "method", method));
    assert_ok(h5_set_int(f, "/", "order", 4));
    assert_ok(h5_set_int(f, "/", "n_atoms_without_basin", n_empty));
    assert_ok(h5_set_double(f, "/", "sum_error_e", sum_error));
    assert_ok(h5_write(f, &(struct h5_array){"charge_e", H5_DOUBLE, 1, {N_ATOM}, .unit = "e"}, charge));
    assert_ok(h5_write(f, &(struct h5_array){"structure/cell_angstrom", H5_DOUBLE, 2, {3, 3}, .unit = "angstrom"}, s.cell));
    assert_ok(h5_write(f, &(struct h5_array){"structure/position_angstrom", H5_DOUBLE, 2, {N_ATOM, 3}, .unit = "angstrom"}, s.position));
    assert_ok(h5_write(f, &(struct h5_array){"structure/number", H5_INT, 1, {N_ATOM}, .unit = "1"}, s.number));
    assert_ok(h5_commit(f));
    structure_free(&s);
}

static double peak(double e, int site, int number)
{
    return 0.1 + exp(-pow((e - 1846 - 0.1 * site - 0.01 * number) / 2, 2));
}

struct recipe {
    const char *name;
    double calibration, first, last;
    int n;
};
static const struct recipe usual = {"50 Ry", 12.5, 1830, 1880, N_ENERGY};

/* xanes.h5 with the layout of kedge xanes: sites 0 and 3, one of which may have failed. */
static void write_xanes(const char *path, int number, const struct recipe *r, int failed)
{
    struct h5 *f;
    size_t n = (size_t)r->n, n_site = failed ? 1 : 2;
    double *energy = malloc(n * sizeof *energy), *mean = malloc(2 * n * sizeof *mean);
    static const int site[2] = {0, 3}, element[2] = {14, 14}, lost = 3;
    static const char *const reason = "the density did not converge";
    for (size_t i = 0; i < n; i++) {
        energy[i] = r->first + (r->last - r->first) * (double)i / (double)(n - 1);
        for (int s = 0; s < 2; s++)
            mean[(size_t)s * n + i] = peak(energy[i], site[s], number);
    }
    assert_ok(h5_create(path, &f));
    assert_ok(h5_set_text(f, "/", "kind", "xanes"));
    assert_ok(h5_set_text(f, "/", "recipe", r->name));
    assert_ok(h5_set_text(f, "/", "energy_axis", "calibrated"));
    assert_ok(h5_set_double(f, "/", "calibration_ev", r->calibration));
    assert_ok(h5_write(f, &(struct h5_array){"energy", H5_DOUBLE, 1, {n}, .unit = "eV"}, energy));
    assert_ok(h5_write(f, &(struct h5_array){"intensity_polarisation_mean", H5_DOUBLE, 2, {n_site, n}, .unit = "Mb"}, mean));
    assert_ok(h5_write(f, &(struct h5_array){"site", H5_INT, 1, {n_site}, .unit = "1"}, site));
    assert_ok(h5_write(f, &(struct h5_array){"number", H5_INT, 1, {n_site}, .unit = "1"}, element));
    if (failed) {
        assert_ok(h5_write(f, &(struct h5_array){"failed/site", H5_INT, 1, {1}, .unit = "1"}, &lost));
        assert_ok(h5_write_strings(f, "failed/reason", 1, &reason));
    }
    assert_ok(h5_commit(f));
    free(energy);
    free(mean);
}

static struct gather *open_gather(void)
{
    struct gather_options o = gather_defaults();
    struct gather *g;
    o.split_seed = 5;
    assert_ok(gather_open(cpu, &o, &g));
    return g;
}

/* Structure `number` in good order. */
static void add_good(struct gather *g, int number, const struct recipe *r, int failed)
{
    char charges[64], xanes[64], name[32];
    int index;
    snprintf(name, sizeof name, "cell-%d", number);
    snprintf(charges, sizeof charges, "%s-charges.h5", name);
    snprintf(xanes, sizeof xanes, "%s-xanes.h5", name);
    write_charges(scratch_path(charges), number, "near-grid, valence + core", 0, 1e-9);
    write_xanes(scratch_path(xanes), number, r, failed);
    assert_ok(gather_structure(g, name, scratch_path(charges), &index));
    assert_true(index >= 0);
    assert_ok(gather_xanes(g, index, scratch_path(xanes)));
}

static const char *last_reason(const struct gather *g)
{
    static char text[512];
    struct js *j = js_new();
    gather_json(g, j);
    const struct js *list = js_get(j, "left_out");
    snprintf(text, sizeof text, "%s", js_get_string(js_item(list, js_size(list) - 1), "reason"));
    js_free(j);
    return text;
}

#define assert_reason(g, part)                                                                               \
    if (!strstr(last_reason(g), part))                                                                       \
    fail_msg("\"%s\", expected \"... %s ...\"", last_reason(g), part)

/* ---- whole ---- */

/* Half a unit in the last place of float32, in which spectra and g(R) are stored, relative. */
#define SINGLE 6e-8

static void a_dataset_holds_what_the_files_hold(void **state)
{
    (void)state;
    struct gather *g = open_gather();
    struct nn_dataset d;
    for (int c = 0; c < 5; c++)
        add_good(g, c, &usual, 0);
    assert_int_equal(gather_rows(g), 10);
    assert_int_equal(gather_left_out(g), 0);
    assert_ok(gather_write(g, scratch_path("all.h5"), NULL));
    gather_close(g);
    assert_ok(nn_dataset_read(scratch_path("all.h5"), &d));
    assert_int_equal(d.n_row, 10);
    assert_int_equal(d.n_energy, N_ENERGY);
    for (int i = 0; i < 10; i++) {
        int number = i / 2, site = i % 2 ? 3 : 0;
        assert_int_equal(d.structure_id[i], number);
        assert_int_equal(d.site[i], site);
        assert_near(d.x[i], 2, 0);
        assert_near(d.charge_e[i], 3.2 - 0.01 * number, 0);
        for (int e = 0; e < N_ENERGY; e++)
            assert_near(d.spectra[i * N_ENERGY + e], peak(d.energy_ev[e], site, number), SINGLE);
    }
    nn_dataset_free(&d);
}

static void targets_are_those_of_the_definition(void **state)
{
    (void)state;
    struct structure s;
    struct shells near;
    struct rdf_axis axis = rdf_site_axis();
    struct nn_dataset d;
    struct h5 *f;
    double want[256], *partial = malloc(10 * 2 * 256 * sizeof *partial);
    assert_ok(nn_dataset_read(scratch_path("all.h5"), &d));
    assert_ok(h5_open(scratch_path("all.h5"), &f));
    assert_ok(h5_read(f, &(struct h5_array){"rdf_partial", H5_DOUBLE, 3, {10, 2, 256}, .unit = "1"}, partial));
    h5_close(f);
    for (int number = 0; number < 5; number++) {
        double a = 4.2 + 0.1 * number, bond = sqrt(0.22) * a; /* (-.3 .3 -.2) and (.3 -.3 -.2) */
        make_structure(number, &s);
        assert_ok(shells_find(cpu, &s, rdf_reach(&axis), &near));
        rdf_site(&axis, &near, 3, N_ATOM / (a * a * a), want);
        for (int b = 0; b < 256; b++) {
            const double *p = partial + (2 * number + 1) * 512;
            assert_near(d.rdf[(2 * number + 1) * 256 + b], want[b], SINGLE * (1 + want[b]));
            assert_near(p[b] + p[256 + b], want[b], SINGLE * (1 + want[b]));
        }
        assert_int_equal(d.coordination[4 * number], 0);
        assert_int_equal(d.coordination[4 * number + 1], bond < 2.1 ? 4 : 2); /* (.2 .2 .2) and (-.2 -.2 .2) are nearer than 1.6 angstrom */
        shells_free(&near);
        structure_free(&s);
    }
    nn_dataset_free(&d);
    free(partial);
}

static void other_energies_are_interpolated(void **state)
{
    (void)state;
    struct gather *g = open_gather();
    struct nn_dataset d;
    add_good(g, 1, &(struct recipe){"50 Ry", 12.5, 1829.93, 1881, 350}, 0);
    assert_ok(gather_write(g, scratch_path("fine.h5"), NULL));
    gather_close(g);
    assert_ok(nn_dataset_read(scratch_path("fine.h5"), &d));
    for (int e = 0; e < N_ENERGY; e++) /* h^4 f''''/ 43 of a Gaussian of width 2 eV at h = 0.146 eV */
        assert_near(d.spectra[e], peak(d.energy_ev[e], 0, 1), 2e-5);
    nn_dataset_free(&d);
}

static void splits_keep_structures_whole(void **state)
{
    (void)state;
    int by_site[10], by_structure[10], n[2] = {0, 0};
    struct h5 *f;
    assert_ok(h5_open(scratch_path("all.h5"), &f));
    assert_ok(h5_read(f, &(struct h5_array){"split/site_test", H5_INT, 1, {10}}, by_site));
    assert_ok(h5_read(f, &(struct h5_array){"split/structure_test", H5_INT, 1, {10}}, by_structure));
    h5_close(f);
    for (int i = 0; i < 10; i++) {
        n[0] += by_site[i];
        n[1] += by_structure[i];
        assert_int_equal(by_structure[i], by_structure[i / 2 * 2]);
    }
    assert_int_equal(n[0], 2);
    assert_int_equal(n[1], 2);
}

/* ---- wrong ---- */

static void what_is_wrong_is_left_out_with_its_reason(void **state)
{
    (void)state;
    struct gather *g = open_gather();
    int index;
    add_good(g, 0, &usual, 1);
    assert_int_equal(gather_rows(g), 1);
    assert_reason(g, "the density did not converge");
    add_good(g, 1, &(struct recipe){"60 Ry", 12.5, 1830, 1880, N_ENERGY}, 0);
    assert_reason(g, "another recipe");
    add_good(g, 2, &(struct recipe){"50 Ry", 12.6, 1830, 1880, N_ENERGY}, 0);
    assert_reason(g, "calibrated with");
    add_good(g, 3, &(struct recipe){"50 Ry", 12.5, 1831, 1880, N_ENERGY}, 0);
    assert_reason(g, "do not cover");
    add_good(g, 4, &(struct recipe){"50 Ry", 12.5, 1830, 1880, 50}, 0);
    assert_reason(g, "apart");
    add_good(g, 0, &usual, 0); /* site 0 again, site 3 for the first time */
    assert_int_equal(gather_rows(g), 2);
    assert_reason(g, "there already");
    write_charges(scratch_path("bad.h5"), 6, "near-grid, valence only", 0, 0);
    assert_ok(gather_structure(g, "bad", scratch_path("bad.h5"), &index));
    assert_int_equal(index, -1);
    assert_reason(g, "another method");
    write_charges(scratch_path("bad.h5"), 6, "near-grid, valence + core", 2, 0);
    assert_ok(gather_structure(g, "bad", scratch_path("bad.h5"), &index));
    assert_reason(g, "no basin");
    write_charges(scratch_path("bad.h5"), 6, "near-grid, valence + core", 0, 0.5);
    assert_ok(gather_structure(g, "bad", scratch_path("bad.h5"), &index));
    assert_reason(g, "electron count");
    assert_ok(gather_structure(g, "bad", scratch_path("cell-1-xanes.h5"), &index));
    assert_int_equal(index, -1);
    assert_ok(gather_structure(g, "bad", scratch_path("nothing.h5"), &index));
    assert_int_equal(index, -1);
    double energy[N_ENERGY], sigma[N_ENERGY];
    for (int i = 0; i < N_ENERGY; i++) {
        energy[i] = 1830 + 50.0 * i / (N_ENERGY - 1);
        sigma[i] = 1;
    }
    struct gather_spectrum s = {.site = 3, .recipe = "50 Ry", .calibration_ev = 12.5, .n = N_ENERGY, .energy_ev = energy, .sigma_mb = sigma};
    add_good(g, 7, &usual, 1);
    int last = 0;
    assert_ok(gather_structure(g, "again", scratch_path("cell-7-charges.h5"), &last));
    sigma[9] = NAN;
    assert_ok(gather_site(g, last, &s));
    assert_reason(g, "not finite");
    sigma[9] = 1;
    energy[20] = energy[19];
    assert_ok(gather_site(g, last, &s));
    assert_reason(g, "do not rise");
    s.site = 1;
    assert_ok(gather_site(g, last, &s));
    assert_reason(g, "no silicon");
    assert_int_equal(gather_rows(g), 3);
    gather_close(g);
    g = open_gather();
    assert_int_equal(gather_write(g, scratch_path("none.h5"), NULL), KD_EINPUT);
    gather_close(g);
}

/* ---- appended, merged ---- */

static void appending_and_merging_give_the_same_dataset(void **state)
{
    (void)state;
    struct nn_dataset once, twice;
    struct gather *g = open_gather();
    for (int c = 0; c < 2; c++)
        add_good(g, c, &usual, c);
    assert_ok(gather_write(g, scratch_path("part.h5"), NULL));
    gather_close(g);
    g = open_gather(); /* read part, add the rest, write over it */
    assert_ok(gather_dataset(g, scratch_path("part.h5")));
    for (int c = 0; c < 5; c++)
        add_good(g, c, &usual, c == 1);
    assert_int_equal(gather_rows(g), 9);
    assert_ok(gather_write(g, scratch_path("part.h5"), NULL));
    gather_close(g);
    g = open_gather();
    for (int c = 0; c < 5; c++)
        add_good(g, c, &usual, c == 1);
    assert_ok(gather_write(g, scratch_path("whole.h5"), NULL));
    gather_close(g);
    assert_ok(nn_dataset_read(scratch_path("part.h5"), &twice));
    assert_ok(nn_dataset_read(scratch_path("whole.h5"), &once));
    assert_int_equal(once.fingerprint, twice.fingerprint);
    nn_dataset_free(&once);
    nn_dataset_free(&twice);
    g = open_gather(); /* another recipe is refused as a whole */
    add_good(g, 9, &(struct recipe){"60 Ry", 12.5, 1830, 1880, N_ENERGY}, 0);
    assert_int_equal(gather_dataset(g, scratch_path("whole.h5")), KD_EINPUT);
    assert_int_equal(gather_rows(g), 2);
    assert_int_equal(gather_dataset(g, scratch_path("cell-0-xanes.h5")), KD_EINPUT);
    gather_close(g);
}

static int begin(void **state)
{
    return scratch_make(state) == 0 && kd_device_open("cpu", 1, &cpu, NULL) == KD_OK ? 0 : 1;
}

static int end(void **state)
{
    kd_device_close(cpu);
    return scratch_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dataset_holds_what_the_files_hold),
        cmocka_unit_test(targets_are_those_of_the_definition),
        cmocka_unit_test(other_energies_are_interpolated),
        cmocka_unit_test(splits_keep_structures_whole),
        cmocka_unit_test(what_is_wrong_is_left_out_with_its_reason),
        cmocka_unit_test(appending_and_merging_give_the_same_dataset),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
