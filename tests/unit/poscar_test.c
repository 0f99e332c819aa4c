// SPDX-License-Identifier: BSD-3-Clause
/* poscar_test.c - POSCAR: the variants that VASP writes, what is refused, what comes back. */
#include "tests/support/structure_text.h"

static void direct_coordinates_selective_dynamics_and_velocities_are_read(void **state)
{
    (void)state;
    struct structure s = one_structure(
        "title\n 2.0\n 2 0 0\n 1 2 0\n 0 0 3\n Si_pv O/1a2b\n 1 2\nSelective dynamics\nDirect\n"
        " 0.5 0.5 0.5 T T F\n 0 0 0 F F F Si\n 0.25 0 1.5D0 T T T\n\n 1e-3 2e-3 3e-3\n 0 0 0\n 4 5 6\n",
        FORMAT_POSCAR);
    assert_int_equal(s.n_atom, 3);
    assert_true(s.number[0] == 14 && s.number[1] == 8 && s.number[2] == 8);
    assert_true(s.cell[1][0] == 2 && s.cell[2][2] == 6);
    assert_true(s.position[0][0] == 3 && s.position[0][1] == 2 && s.position[0][2] == 3);
    assert_true(s.position[2][0] == 1 && s.position[2][2] == 9);
    assert_true(s.velocity[0][2] == 3e-3 && s.velocity[2][1] == 5);
    structure_free(&s);
}

static void a_negative_scale_factor_is_the_volume(void **state)
{
    (void)state;
    struct structure s =
        one_structure("t\n-216\n1 0 0\n0 1 0\n0 0 1\nSi\n1\ncartesian\n0.5 0 0\n", FORMAT_POSCAR);
    for (int k = 0; k < 3; k++)
        assert_near(s.cell[k][k], 6, 1e-14); /* one cube root */
    assert_near(s.position[0][0], 3, 1e-14);
    assert_null(s.velocity);
    structure_free(&s);
}

static void three_scale_factors_stretch_the_axes(void **state)
{
    (void)state;
    struct structure s = one_structure("t\n2 3 4\n1 0 0\n1 1 0\n0 0 1\nSi\n1\nK\n1 1 1\n", FORMAT_POSCAR);
    assert_true(s.cell[0][0] == 2 && s.cell[1][0] == 2 && s.cell[1][1] == 3 && s.cell[2][2] == 4);
    assert_true(s.position[0][0] == 2 && s.position[0][1] == 3 && s.position[0][2] == 4);
    structure_free(&s);
}

static void the_zero_velocities_after_a_relaxation_are_none(void **state)
{
    (void)state;
    struct structure s = one_structure(
        "t\n1\n5 0 0\n0 5 0\n0 0 5\nSi\n1\nDirect\n0 0 0\n\n 0.0E+00 0.0E+00 0.0E+00\n", FORMAT_POSCAR);
    assert_null(s.velocity);
    structure_free(&s);
}

static void lattice_velocities_of_vasp_6_are_stepped_over(void **state)
{
    (void)state;
    struct structure s = one_structure(
        "t\n1\n5 0 0\n0 5 0\n0 0 5\nSi\n1\nDirect\n0 0 0\nLattice velocities and vectors\n1\n0 0 0\n0 0 0\n"
        "0 0 0\n5 0 0\n0 5 0\n0 0 5\nCartesian\n1 2 3\n\n1\n0.5\n0 0 0 0\n",
        FORMAT_POSCAR);
    assert_true(s.velocity && s.velocity[0][2] == 3);
    structure_free(&s);
}

static void what_is_written_comes_back_grouped_by_element(void **state)
{
    (void)state;
    struct structure s = one_structure(
        "3\nLattice=\"4 0 0.1 1 5 0 0 0 6.0000000000000009\" Properties=species:S:1:pos:R:3:vel:R:3\n"
        "Si 0.1 0.2 0.30000000000000004 1 2 3\nO 4 5 6 7 8 9\nSi -1 -2 -3 -4 -5 -6\n",
        FORMAT_EXTXYZ);
    char *text = printed(&s, 1, FORMAT_POSCAR);
    struct structure back = one_structure(text, FORMAT_POSCAR);
    assert_memory_equal(back.cell, s.cell, sizeof s.cell);
    assert_true(back.number[0] == 14 && back.number[1] == 14 && back.number[2] == 8);
    assert_memory_equal(back.position[0], s.position[0], sizeof s.position[0]);
    assert_memory_equal(back.position[1], s.position[2], sizeof s.position[0]);
    assert_memory_equal(back.velocity[2], s.velocity[1], sizeof s.position[0]);
    free(text);
    structure_free(&s);
    structure_free(&back);
}

static void every_bad_file_is_refused_with_its_line(void **state)
{
    (void)state;
#define CUBE "t\n1\n5 0 0\n0 5 0\n0 0 5\n"
    const struct bad_file bad[] = {
        {"", "end of file, expected a comment line"},
        {"t\n", "end of file, expected a scale factor"},
        {"t\nbig\n", "test:2: \"big\", expected a scale factor"},
        {"t\n0\n5 0 0\n0 5 0\n0 0 5\nSi\n1\nD\n0 0 0\n", "test:2: scale factor 0"},
        {"t\n1 2\n", "test:2: 2 numbers, expected one scale factor"},
        {"t\n-1 2 3\n", "test:2: scale factor -1"},
        {"t\n1\n5 0 0\n0 5\n", "test:4: \"\", expected a lattice vector"},
        {"t\n1\n5 0 0\n0 5 nan\n", "test:4: \"nan\", expected a lattice vector"},
        {CUBE, "end of file, expected a line of element symbols"},
        {CUBE "8\nDirect\n0 0 0\n",
         "test:6: \"8\", expected a line of element symbols such as \"Si O\" above the counts (VASP 4"},
        {CUBE "Xy\n1\n", "test:6: unknown element \"Xy\""},
        {CUBE "\n1\n", "test:6: blank line, expected element symbols"},
        {CUBE "Si O\n1\nDirect\n0 0 0\n",
         "test:7: \"\", expected a number of atoms for each of the 2 symbols"},
        {CUBE "Si O\n1 x\nDirect\n0 0 0\n", "test:7: \"x\", expected a number of atoms"},
        {CUBE "Si\n1 1\nDirect\n0 0 0\n", "test:7: more counts than symbols"},
        {CUBE "Si\n0\nDirect\n", "test:7: 0 atoms"},
        {CUBE "Si\n-1\nDirect\n", "test:7: \"-1\", expected a number"},
        {CUBE "Si O\n2000000000 2000000000\nDirect\n", "test:7: \"2000000000\", expected a number"},
        {CUBE "Si\n9\nDirect\n0 0 0\n", "test:7: 9 atoms, but 2 lines follow"},
        {CUBE "Si\n1\nSomehow\n", "end of file, expected Direct or Cartesian"},
        {CUBE "Si\n1\nfractional\n0 0 0\n", "test:8: \"fractional\", expected Direct or Cartesian"},
        {CUBE "Si\n1\nDirect\n0 0\n", "test:9: \"\", expected a position, three numbers"},
        {CUBE "Si\n1\nDirect\n0 0 inf\n", "test:9: \"inf\", expected a position"},
        {CUBE "Si\n2\nDirect\n0 0 0\n0.5 0 0\n\n1 2 3\n", "1 velocities, expected 2"},
        {CUBE "Si\n1\nDirect\n0 0 0\nDirect\n1 2 3\n", "test:10: \"Direct\", expected a blank line"},
        {CUBE "Si\n1\nDirect\n0 0 0\n\n1 2\n", "test:11: \"\", expected a velocity"},
        {"t\n1\n0 5 0\n5 0 0\n0 0 5\nSi\n1\nDirect\n0 0 0\n", "test:3: the cell is left-handed"},
        {"t\n1\n5 0 0\n5 0 0\n0 0 5\nSi\n1\nDirect\n0 0 0\n", "test:3: cell volume 0"},
        {"t\n-5\n0 0 0\n0 0 0\n0 0 0\nSi\n1\nDirect\n0 0 0\n", "test:3: lattice vector 1 has the length 0 A"},
    };
    assert_bad_files(bad, sizeof bad / sizeof *bad, FORMAT_POSCAR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(direct_coordinates_selective_dynamics_and_velocities_are_read),
        cmocka_unit_test(a_negative_scale_factor_is_the_volume),
        cmocka_unit_test(three_scale_factors_stretch_the_axes),
        cmocka_unit_test(the_zero_velocities_after_a_relaxation_are_none),
        cmocka_unit_test(lattice_velocities_of_vasp_6_are_stepped_over),
        cmocka_unit_test(what_is_written_comes_back_grouped_by_element),
        cmocka_unit_test(every_bad_file_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
