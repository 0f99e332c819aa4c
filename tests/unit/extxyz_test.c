// SPDX-License-Identifier: BSD-3-Clause
/* extxyz_test.c - extended XYZ: what is read, what is refused, what comes back. */
#include "tests/support/structure_text.h"

#include <math.h>

#include "host/base/units.h"

static const char two_frames[] =
    "2\n"
    "Lattice=\"4 0 0 0 5 0 0 1 6\" Properties=species:S:1:pos:R:3:tag:I:2:force:R:3:velo:R:3 "
    "energy=-1.5 pbc=\"T T F\" stress=\"1 2 3 4 5 6\" name='two words' step=7 \"odd key\"={a b} bare\n"
    "Si 0.1 0.2 0.3 nan 1 1 2 3 0.01 0.02 0.03\n"
    "o  1.1 1.2 1.3 x 2 -1 -2 -3 0 0 -0.03\n"
    "\n"
    "1\n"
    "Lattice=\"3 0 0 0 3 0 0 0 3\" virial=\"1 6 5 6 2 4 5 4 3\"\n"
    "O 1e-3 0 -2.5 ignored\n\n";

static void frames_columns_and_keys_are_read(void **state)
{
    (void)state;
    struct structure *s;
    int n_frame;
    assert_ok(structures_from(two_frames, FORMAT_EXTXYZ, &s, &n_frame));
    assert_int_equal(n_frame, 2);
    assert_int_equal(s[0].n_atom, 2);
    assert_int_equal(s[0].number[0], 14);
    assert_int_equal(s[0].number[1], 8);
    assert_true(s[0].cell[2][1] == 1 && s[0].cell[1][2] == 0);
    assert_true(s[0].periodic[0] && s[0].periodic[1] && !s[0].periodic[2]);
    assert_true(s[0].position[1][2] == 1.3 && s[0].force[0][2] == 3 && s[0].velocity[1][2] == -0.03);
    assert_true(s[0].has_energy && s[0].energy == -1.5);
    assert_string_equal(s[0].info, "name='two words' step=7 \"odd key\"={a b} bare");
    assert_string_equal(s[0].source, "test:frame 0");
    assert_true(s[1].periodic[0] && s[1].periodic[1] && s[1].periodic[2]);
    assert_true(!s[1].has_energy && !s[1].force && !s[1].velocity && !s[1].info);
    assert_true(s[1].position[0][0] == 1e-3);
    structures_free(s, n_frame);
}

static void stress_is_minus_the_virial_per_volume_and_both_are_voigt(void **state)
{
    (void)state;
    struct structure *s;
    int n_frame;
    assert_ok(structures_from(two_frames, FORMAT_EXTXYZ, &s, &n_frame));
    for (int v = 0; v < 6; v++) {
        assert_near(s[0].virial[v], -120.0 * (v + 1), 1e-12); /* volume 120, one rounding */
        assert_true(s[1].virial[v] == v + 1);
    }
    structures_free(s, n_frame);
}

static void ase_momenta_become_velocities(void **state)
{
    (void)state;
    struct structure s =
        one_structure("2\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=Z:I:1:pos:R:3:momenta:R:3:masses:R:1\n"
                      "14 0 0 0 2 0 0 28\n8 1 1 1 0 0 -3 16\n",
                      FORMAT_EXTXYZ);
    /* ASE's time unit is angstrom sqrt(amu/eV): 1 fs = 0.09822694788464063 of them (ase.units.fs, CODATA
     * 2014, 1e-8 from 2018) */
    assert_near(s.velocity[0][0], 2.0 / 28 * 0.09822694788464063, 1e-9);
    assert_near(s.velocity[1][2], -3.0 / 16 * 0.09822694788464063, 1e-9);
    assert_int_equal(s.number[0], 14);
    structure_free(&s);
}

static void a_cluster_needs_no_cell_but_must_say_so(void **state)
{
    (void)state;
    struct structure s = one_structure("2\npbc=\"F F F\"\nSi 0 0 0\nO 0 0 1.6\n", FORMAT_EXTXYZ);
    assert_true(structure_is_cluster(&s));
    char *text = printed(&s, 1, FORMAT_EXTXYZ);
    assert_string_equal(text, "2\nProperties=species:S:1:pos:R:3 pbc=\"F F F\"\nSi 0 0 0\nO 0 0 1.6\n");
    free(text);
    structure_free(&s);
}

/* Fills a structure with numbers that need all 17 digits. */
static void awkward_structure(struct structure *s)
{
    assert_ok(structure_create(5, s));
    assert_ok(structure_add_velocity(s));
    assert_ok(structure_add_force(s));
    for (int i = 0; i < 5; i++) {
        s->number[i] = i % 2 ? 8 : 14;
        for (int a = 0; a < 3; a++) {
            s->position[i][a] = sin(1.0 + 3 * i + a) * 1e3;
            s->velocity[i][a] = sin(20.0 + 3 * i + a) * 1e-5;
            s->force[i][a] = sin(40.0 + 3 * i + a) / 3;
        }
    }
    for (int k = 0; k < 3; k++)
        for (int a = 0; a < 3; a++)
            s->cell[k][a] = (k == a) * KD_PI + 0.1 * sin(k + 3.0 * a);
    s->periodic[1] = false;
    s->has_energy = s->has_virial = true;
    s->energy = -1.0 / 3;
    for (int v = 0; v < 6; v++)
        s->virial[v] = cos(v) / 7;
    s->info = strdup("seed=3 note=\"a b\"");
}

static void assert_same(const struct structure *a, const struct structure *b)
{
    size_t n = (size_t)a->n_atom * sizeof *a->position;
    assert_int_equal(a->n_atom, b->n_atom);
    assert_memory_equal(a->number, b->number, (size_t)a->n_atom * sizeof *a->number);
    assert_memory_equal(a->position, b->position, n);
    assert_memory_equal(a->velocity, b->velocity, n);
    assert_memory_equal(a->force, b->force, n);
    assert_memory_equal(a->cell, b->cell, sizeof a->cell);
    assert_memory_equal(a->periodic, b->periodic, sizeof a->periodic);
    assert_memory_equal(&a->energy, &b->energy, sizeof a->energy);
    assert_memory_equal(a->virial, b->virial, sizeof a->virial);
    assert_string_equal(a->info, b->info);
}

static void what_is_written_comes_back_to_the_last_bit(void **state)
{
    (void)state;
    struct structure before, after;
    awkward_structure(&before);
    char *text = printed(&before, 1, FORMAT_EXTXYZ);
    after = one_structure(text, FORMAT_EXTXYZ);
    assert_same(&before, &after);
    free(text);
    structure_free(&before);
    structure_free(&after);
}

#define CELL "Lattice=\"9 0 0 0 9 0 0 0 9\""
static const struct bad_file bad[] = {
    {"", "test:1: end of file, expected a number of atoms"},
    {"two\n\n", "test:1: \"two\", expected a number of atoms"},
    {"0\n" CELL "\n", "expected a number of atoms"},
    {"-3\n" CELL "\n", "expected a number of atoms"},
    {"3\n" CELL "\nSi 0 0 0\n", "test:1: 3 atoms, but only 2 lines follow"},
    {"2000000000\n" CELL "\nSi 0 0 0\n", "test:1: 2000000000 atoms, but only 2 lines follow"},
    {"99999999999\n" CELL "\nSi 0 0 0\n", "expected a number of atoms"},
    {"1\nwater\nO 0 0 0\n", "test:2: no cell, expected Lattice="},
    {"1\npbc=\"T F F\"\nO 0 0 0\n", "test:2: no cell"},
    {"1\n" CELL "\nQq 0 0 0\n", "test:3: unknown element \"Qq\""},
    {"1\n" CELL "\nSi1 0 0 0\n", "test:3: unknown element \"Si1\""},
    {"1\n" CELL "\nSi 0 nan 0\n", "test:3: \"nan\", expected a number"},
    {"1\n" CELL "\nSi 0 1e999 0\n", "test:3: \"1e999\", expected a number"},
    {"1\n" CELL "\nSi 0 0x1p3 0\n", "test:3: \"0x1p3\", expected a number"},
    {"1\n" CELL "\nSi 0 1.5abc 0\n", "test:3: \"1.5abc\", expected a number"},
    {"1\n" CELL "\nSi 0 0\n", "test:3: 3 columns, expected 4 (species x y z)"},
    {"1\n" CELL "\n\n", "test:3: 0 columns, expected 4"},
    {"1\n" CELL " Properties=species:S:1:pos:R:3\nSi 0 0 0 1\n", "test:3: more than 4 columns"},
    {"1\n" CELL " Properties=species:S:1:pos:R:3:q:R:2000000\nSi 0 0 0 1\n",
     "test:3: 5 columns, expected 2000004"},
    {"1\n" CELL " Properties=species:S:1\nSi\n", "test:2: Properties lacks pos"},
    {"1\n" CELL " Properties=pos:R:3\n0 0 0\n", "test:2: Properties lacks species"},
    {"1\n" CELL " Properties=species:S:1:pos:R:2\nSi 0 0\n",
     "test:2: Properties has pos:R:2, expected pos:R:3"},
    {"1\n" CELL " Properties=species:S:1:pos:R\nSi 0 0\n", "expected name:R|I|S|L:columns"},
    {"1\n" CELL " Properties=species:S:1:pos:X:3\nSi 0 0\n", "expected name:R|I|S|L:columns"},
    {"1\n" CELL " Properties=species:S:1:pos:R:3:a:I:0\nSi 0 0 0\n", "expected name:R|I|S|L:columns"},
    {"1\n" CELL " Properties=species:S:1:pos:R:3:force:R:3:forces:R:3\nSi 0 0 0\n", "names forces twice"},
    {"1\n" CELL " Properties=species:S:1:pos:R:3:vel:R:3:momenta:R:3\nSi 0 0 0\n",
     "both velocities and momenta"},
    {"1\n" CELL " Properties=Z:I:1:pos:R:3\n119 0 0 0\n", "test:3: atomic number \"119\", expected 1 to 118"},
    {"1\n" CELL " Properties=Z:I:1:pos:R:3:momenta:R:3\n43 0 0 0 1 1 1\n", "momentum of an atom of mass 0"},
    {"1\n" CELL " energy=low\nSi 0 0 0\n", "test:2: energy has \"low\""},
    {"1\n" CELL " energy\nSi 0 0 0\n", "test:2: energy has 0 numbers, expected 1"},
    {"1\n" CELL " energy=\"1 2\"\nSi 0 0 0\n", "test:2: energy has \"2\", expected 1 number"},
    {"1\n" CELL " energy=1 energy=2\nSi 0 0 0\n", "test:2: energy given twice"},
    {"1\n" CELL " virial=\"1 2 3\"\nSi 0 0 0\n", "test:2: virial has 3 numbers, expected 9"},
    {"1\n" CELL " pbc=\"T T\"\nSi 0 0 0\n", "test:2: pbc=\"T T\", expected three of T and F"},
    {"1\n" CELL " pbc=\"T T maybe\"\nSi 0 0 0\n", "expected three of T and F"},
    {"1\n" CELL " name=\"open\nSi 0 0 0\n", "test:2: quote not closed in the value of name"},
    {"1\n" CELL " \"open\nSi 0 0 0\n", "test:2: quote not closed in the comment line"},
    {"1\n" CELL " =5\nSi 0 0 0\n", "test:2: a value without a key"},
    {"1\nLattice=\"9 0 0 0 9 0 0 9\"\nSi 0 0 0\n", "test:2: Lattice has 8 numbers, expected 9"},
    {"1\nLattice=\"9 0 0 0 9 0 0 0 9 1\"\nSi 0 0 0\n", "test:2: Lattice has \"1\", expected 9 numbers"},
    {"1\nLattice=\"9 0 0 0 9 0 0 0 inf\"\nSi 0 0 0\n", "test:2: Lattice has \"inf\""},
    {"1\nLattice=\"9 0 0 0 9 0 0 0 0\"\nSi 0 0 0\n", "test:2: lattice vector 3 has the length 0 A"},
    {"1\nLattice=\"9 0 0 9 0 0 0 0 9\"\nSi 0 0 0\n", "test:2: cell volume 0 A^3, expected three independent"},
    {"1\n" CELL "\nSi 0 1e9 0\n", "test:2: atom 1 at 1e+09 A, expected at most 1e+08"},
    {"1\nLattice=\"1 2 3 4 5 6 7 8 9\"\nSi 0 0 0\n", "test:2: cell volume"},
    {"1\nLattice=\"0 9 0 9 0 0 0 0 9\"\nSi 0 0 0\n", "test:2: the cell is left-handed"},
    {"1\nLattice=\"1e20 0 0 0 1e20 0 0 0 1\"\nSi 0 0 0\n",
     "test:2: lattice vector 1 has the length 1e+20 A, expected 0.1 to 1e+08"},
    {"1\npbc=\"F F F\" stress=\"1 2 3 4 5 6\"\nSi 0 0 0\n", "stress of an isolated cluster"},
    {"1\n" CELL "\nSi 0 0 0\n1\n" CELL "\nSi 0 0 x\n", "test:6: \"x\", expected a number"},
    {"1\n" CELL "\nSi 0 0 0\nVEC1 1 0 0\n", "test:4: \"VEC1 1 0 0\", expected a number of atoms"},
};

static void every_bad_file_is_refused_with_its_line(void **state)
{
    (void)state;
    assert_bad_files(bad, sizeof bad / sizeof *bad, FORMAT_EXTXYZ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_columns_and_keys_are_read),
        cmocka_unit_test(stress_is_minus_the_virial_per_volume_and_both_are_voigt),
        cmocka_unit_test(ase_momenta_become_velocities),
        cmocka_unit_test(a_cluster_needs_no_cell_but_must_say_so),
        cmocka_unit_test(what_is_written_comes_back_to_the_last_bit),
        cmocka_unit_test(every_bad_file_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
