// SPDX-License-Identifier: BSD-3-Clause
/* lammps_data_test.c - LAMMPS data files: what is read, what is refused, what comes back. */
#include "tests/support/structure_text.h"

#include <math.h>

#include "host/structure/cell.h"

static void ids_images_tilt_and_metal_velocities_are_read(void **state)
{
    (void)state;
    struct structure s = one_structure(
        "any title: 7 atoms\n\n"
        "-1 9 xlo xhi # comment\n0 5 ylo yhi\n\n 2 atom types\n3 atoms\n0 6 zlo zhi\n1 2 -0.5 xy xz yz\n\n"
        "Atoms # atomic\n\n7 2 1 1 1 0 0 0\n3 1 2 2 2 1 0 -1\n5 1 0.5 0 0 0 2 0\n\n"
        "Velocities\n\n5 0 0 3\n7 1000 0 0\n3 1 2 3\n\nMasses\n\n1 28.0855\n2 15.9994 # O\n",
        FORMAT_LAMMPS);
    assert_int_equal(s.n_atom, 3);
    assert_true(s.number[0] == 14 && s.number[1] == 14 && s.number[2] == 8);
    assert_true(s.cell[0][0] == 10 && s.cell[1][0] == 1 && s.cell[2][0] == 2 && s.cell[2][1] == -0.5 &&
                s.cell[2][2] == 6);
    assert_true(s.position[0][0] == 10 && s.position[0][1] == 2.5 &&
                s.position[0][2] == -4);                            /* id 3: + a - c */
    assert_true(s.position[1][0] == 2.5 && s.position[1][1] == 10); /* id 5: + 2 b */
    assert_true(s.velocity[2][0] == 1 && s.velocity[0][2] == 3e-3);
    assert_true(s.periodic[0] && s.periodic[1] && s.periodic[2]);
    structure_free(&s);
}

static void charges_foreign_sections_and_labels_are_understood(void **state)
{
    (void)state;
    const char *text = "t\n1 atoms\n1 bonds\n1 bond types\n2 extra bond per atom\n1 atom types\n0 4 xlo "
                       "xhi\n0 4 ylo yhi\n0 4 zlo zhi\n"
                       "Pair Coeffs # lj/cut\n\n1 0.1 3.0\n\nBonds\n\n1 1 1 1\n\nAtoms\n\n1 1 -0.5 1 2 "
                       "3\n\nAtom Type Labels\n\n1 Si\n";
    struct structure s = one_structure(text, FORMAT_LAMMPS);
    assert_true(s.n_atom == 1 && s.number[0] == 14 && s.position[0][2] == 3);
    structure_free(&s);
}

static void a_general_triclinic_box_is_read(void **state)
{
    (void)state;
    struct structure s =
        one_structure("t\n1 atoms\n1 atom types\n0 2 2 avec\n2 0 2 bvec\n2 2 0 cvec\n0 0 0 abc origin\n"
                      "Masses\n\n1 28.085\n\nAtoms # charge\n\n1 1 0 1 1 1\n",
                      FORMAT_LAMMPS);
    assert_true(s.cell[0][1] == 2 && s.cell[1][0] == 2 && s.cell[2][2] == 0);
    assert_near(cell_volume((const double(*)[3])s.cell), 16, 0);
    structure_free(&s);
}

/* Distances between all atoms and their lattice images, rotated or not, are the same. */
static void assert_same_distances(const struct structure *a, const struct structure *b, double tolerance)
{
    for (int i = 0; i < a->n_atom; i++)
        for (int j = 0; j < a->n_atom; j++) {
            double d[2] = {0};
            for (int x = 0; x < 3; x++) {
                d[0] += pow(a->position[i][x] - a->position[j][x], 2);
                d[1] += pow(b->position[i][x] - b->position[j][x], 2);
            }
            assert_near(sqrt(d[1]), sqrt(d[0]), tolerance);
        }
}

static void a_cell_in_any_orientation_is_rotated_with_its_velocities(void **state)
{
    (void)state;
    struct structure s =
        one_structure("3\nLattice=\"0 2.7 2.7 2.7 0 2.7 2.7 2.7 0\" Properties=species:S:1:pos:R:3:vel:R:3\n"
                      "Si 0 0 0 0.01 0.02 0.03\nSi 1.35 1.35 1.35 0 0 0.05\nO 9 -7 2 -0.01 0 0\n",
                      FORMAT_EXTXYZ);
    char *text = printed(&s, 1, FORMAT_LAMMPS);
    assert_non_null(strstr(text, "rotated"));
    struct structure back = one_structure(text, FORMAT_LAMMPS);
    assert_near(cell_volume((const double(*)[3])back.cell), cell_volume((const double(*)[3])s.cell), 1e-12);
    assert_same_distances(&s, &back, 1e-13); /* roundings of numbers near 10 */
    for (int i = 0; i < 3; i++) {
        double along[2] = {0}; /* velocity . position does not change when both are rotated */
        for (int x = 0; x < 3; x++) {
            along[0] += s.velocity[i][x] * s.position[2][x];
            along[1] += back.velocity[i][x] * back.position[2][x];
        }
        assert_near(along[1], along[0], 1e-14);
    }
    free(text);
    structure_free(&s);
    structure_free(&back);
}

static void a_cell_that_needs_no_rotation_comes_back_to_the_last_bit(void **state)
{
    (void)state;
    struct structure *s, back;
    int n_frame;
    assert_ok(structures_read("../../data/structures/quartz-alpha-9.xyz", &s, &n_frame));
    char *text = printed(s, 1, FORMAT_LAMMPS);
    assert_null(strstr(text, "rotated"));
    back = one_structure(text, FORMAT_LAMMPS);
    assert_memory_equal(back.cell, s->cell, sizeof s->cell);
    assert_memory_equal(back.position, s->position, (size_t)s->n_atom * sizeof *s->position);
    free(text);
    structures_free(s, n_frame);
    structure_free(&back);
}

static void every_bad_file_is_refused_with_its_line(void **state)
{
    (void)state;
#define BOX    "0 4 xlo xhi\n0 4 ylo yhi\n0 4 zlo zhi\n"
#define HEAD   "t\n1 atoms\n2 atom types\n" BOX
#define MASSES "Masses\n\n1 28.085\n2 15.999\n"
    const struct bad_file bad[] = {
        {"", "end of file, expected a section Atoms"},
        {"t\nAtoms\n", "test:2: Atoms before the numbers of atoms"},
        {"t\n0 atoms\n", "test:2: 0 atoms, expected 1 to"},
        {"t\n1000000000 atoms\n", "test:2: 1000000000 atoms, expected 1 to 0"},
        {"t\n1 atoms\n5000 atom types\n\n\n", "test:3: 5000 atom types, expected 1 to 1024"},
        {"t\n12 monkeys\n", "test:2: \"12\", expected a header line"},
        {"t\n1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20\n", "test:2: \"1\", expected a header line"},
        {"t\nA B C D E F G H I J K L M N O P Q R S T U Coeffs\n", "test:2: unknown section \"A\""},
        {"t\n0 x xlo xhi\n", "test:2: \"x\", expected a number"},
        {"t\n1 atoms\n1 atom types\n0 4 xlo xhi\n" MASSES, "test:8: more lines than the section has entries"},
        {"t\n1 atoms\n1 atom types\n0 4 xlo xhi\nMasses\n\n1 28\nAtoms\n\n1 1 0 0 0\n", "no complete box"},
        {"t\n1 atoms\n1 atom types\n" BOX "Mosses\n", "test:7: unknown section \"Mosses\""},
        {"t\n" MASSES, "test:2: types before their number"},
        {HEAD "Masses\n\n1 28\n", "end of file after 1 types, expected 2"},
        {HEAD "Masses\n\n1 28\n3 16\n", "test:10: not a mass, expected a type from 1 to 2"},
        {HEAD "Masses\n\n1 -28\n", "test:9: not a mass"},
        {HEAD "Masses\n\n1 500\n", "test:9: mass 500 of type 1, expected the mass of an element"},
        {HEAD "Masses\n\n1 28.085 # O\n", "test:9: type 1 is called O but has the mass of Si"},
        {HEAD "Atom Type Labels\n\n1 silicon\n", "test:9: type label \"silicon\", expected an element"},
        {HEAD MASSES "Atoms # full\n\n1 1 1 0 0 0 0\n",
         "test:11: atom style \"full\", expected atomic or charge"},
        {HEAD MASSES "Atoms\n\n1 1 1 0 0 0 0\n", "test:13: 7 columns, expected id type x y z"},
        {HEAD MASSES "Atoms\n\n1 1 1 0 0 0\n", "test:13: 6 columns, expected \"Atoms # charge\""},
        {HEAD MASSES "Atoms # charge\n\n1 1 0 0 0\n", "test:13: 5 columns, expected 6 or 9 (charge)"},
        {HEAD MASSES "Atoms # atomic\n\n1 1 1. 0 0 0\n", "test:13: 6 columns, expected 5 or 8 (atomic)"},
        {HEAD MASSES "Atoms\n\n0 1 0 0 0\n", "test:13: atom id \"0\""},
        {HEAD MASSES "Atoms\n\n1 3 0 0 0\n", "test:13: atom type \"3\", expected 1 to 2"},
        {HEAD MASSES "Atoms\n\n1 1 0 0 nan\n", "test:13: \"nan\", expected a number"},
        {HEAD MASSES "Atoms\n\n1 1 0 0 0 1 0.5 0\n", "test:13: image flag \"0.5\""},
        {HEAD MASSES "Atoms\n\n", "end of file after 0 atoms, expected 1"},
        {HEAD MASSES "Atoms\n\n1 1 0 0 0\n2 1 0 0 0\n", "test:14: more lines than the section has entries"},
        {HEAD MASSES "Atoms\n\n1 1 0 0 0\nAtoms\n\n1 1 0 0 0\n", "test:14: second section Atoms"},
        {HEAD "Atoms\n\n1 1 0 0 0\n", "no element for atom type 1, expected a section Masses"},
        {"t\n2 atoms\n1 atom types\n" BOX "Atoms\n\n1 1 0 0 0\n1 1 1 1 1\n", "two atoms have the id 1"},
        {HEAD MASSES "Velocities\n\n1 0 0 0\n", "test:11: Velocities before Atoms"},
        {HEAD MASSES "Atoms\n\n1 1 0 0 0\nVelocities\n\n2 0 0 0\n", "test:16: velocity of atom \"2\""},
        {HEAD MASSES "Atoms\n\n1 1 0 0 0\nVelocities\n\n", "end of file after 0 velocities"},
        {HEAD MASSES "Atoms\n\n1 1 0 0 0\nVelocities\n\n1 0 0 inf\n", "test:16: \"inf\", expected a number"},
        {"t\n1 atoms\n1 atom types\n0 4 xlo xhi\n4 4 ylo yhi\n0 4 zlo zhi\nMasses\n\n1 28\nAtoms\n\n1 1 0 0 "
         "0\n",
         "test:6: lattice vector 2 has the length 0 A"},
        {"t\n1 atoms\n1 atom types\n0 4 xlo xhi\n4 0 ylo yhi\n0 4 zlo zhi\nMasses\n\n1 28\nAtoms\n\n1 1 0 0 "
         "0\n",
         "test:6: the cell is left-handed"},
    };
    assert_bad_files(bad, sizeof bad / sizeof *bad, FORMAT_LAMMPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_images_tilt_and_metal_velocities_are_read),
        cmocka_unit_test(charges_foreign_sections_and_labels_are_understood),
        cmocka_unit_test(a_general_triclinic_box_is_read),
        cmocka_unit_test(a_cell_in_any_orientation_is_rotated_with_its_velocities),
        cmocka_unit_test(a_cell_that_needs_no_rotation_comes_back_to_the_last_bit),
        cmocka_unit_test(every_bad_file_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
