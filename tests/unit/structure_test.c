// SPDX-License-Identifier: BSD-3-Clause
/* structure_test.c - elements, cells, copies, supercells, wrapping, checks, files by name and by content. */
#include "tests/support/structure_text.h"

#include <math.h>
#include <unistd.h>

#include "host/base/units.h"
#include "host/structure/cell.h"

static void elements_have_symbols_and_standard_weights(void **state)
{
    (void)state;
    assert_string_equal(element_symbol(1), "H");
    assert_string_equal(element_symbol(118), "Og");
    assert_null(element_symbol(0));
    assert_null(element_symbol(119));
    for (int z = 1; z <= ELEMENT_LAST; z++)
        assert_int_equal(element_number(element_symbol(z)), z);
    assert_int_equal(element_number("si"), 14);
    assert_int_equal(element_number("SI"), 14);
    assert_int_equal(element_number("Sil"), 0);
    assert_int_equal(element_number(""), 0);
    /* conventional standard weights of the IUPAC table of 2021 */
    assert_true(element_mass(14) == 28.085 && element_mass(8) == 15.999 && element_mass(18) == 39.95);
    assert_true(element_mass(43) == 0 && element_mass(-1) == 0);
}

static void an_element_is_known_by_its_mass(void **state)
{
    (void)state;
    assert_int_equal(element_from_mass(28.0855), 14);
    assert_int_equal(element_from_mass(15.9994), 8);
    assert_int_equal(element_from_mass(58.7), 28); /* Ni, not Co */
    assert_int_equal(element_from_mass(1.0), 1);
    assert_int_equal(element_from_mass(0), 0); /* not an element without a weight */
    assert_int_equal(element_from_mass(13), 0);
    assert_int_equal(element_from_mass(NAN), 0);
}

static void cell_parameters_go_there_and_back(void **state)
{
    (void)state;
    const double length[3] = {7, 8, 9}, angle[3] = {81, 95, 107};
    double cell[3][3], length2[3], angle2[3];
    assert_true(cell_from_parameters(length, angle, cell));
    cell_parameters((const double(*)[3])cell, length2, angle2);
    for (int k = 0; k < 3; k++) {
        assert_near(length2[k], length[k], 1e-13); /* a few roundings of numbers near 10 and 100 */
        assert_near(angle2[k], angle[k], 1e-12);
    }
    const double hexagonal[3] = {90, 90, 120};
    assert_true(cell_from_parameters(length, hexagonal, cell));
    assert_true(cell[1][0] == -4 && cell[2][0] == 0 && cell[2][1] == 0 && cell[2][2] == 9);
}

static void cell_parameters_that_do_not_close_are_refused(void **state)
{
    (void)state;
    const double bad[][6] = {{0, 1, 1, 90, 90, 90},  {1, -1, 1, 90, 90, 90}, {1, 1, 1, 0, 90, 90},
                             {1, 1, 1, 90, 180, 90}, {1, 1, 1, 20, 30, 120}, {1, 1, 1, 120, 120, 120},
                             {1, 1, NAN, 90, 90, 90}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double cell[3][3];
        assert_false(cell_from_parameters(bad[i], bad[i] + 3, cell));
    }
}

static void the_restricted_cell_is_the_same_lattice_rotated(void **state)
{
    (void)state;
    const double cell[3][3] = {{0.3, 4, 1}, {-5, 0.5, 2}, {9, 3, 6}};
    double box[3][3], rotation[3][3], inverse[3][3], frac[3], rotated[3];
    bool turned;
    assert_true(cell_volume(cell) > 0);
    cell_restricted(cell, box, rotation, &turned);
    assert_true(turned && box[0][1] == 0 && box[0][2] == 0 && box[1][2] == 0);
    assert_near(cell_volume((const double(*)[3])box), cell_volume(cell), 1e-11);
    assert_true(fabs(box[1][0]) <= 0.5 * box[0][0] && fabs(box[2][0]) <= 0.5 * box[0][0] &&
                fabs(box[2][1]) <= 0.5 * box[1][1]);
    cell_inverse((const double(*)[3])box, inverse);
    for (int k = 0; k < 3; k++) {
        for (int x = 0; x < 3; x++)
            rotated[x] =
                cell[k][0] * rotation[0][x] + cell[k][1] * rotation[1][x] + cell[k][2] * rotation[2][x];
        cell_frac((const double(*)[3])inverse, rotated, frac);
        for (int x = 0; x < 3; x++)
            assert_near(frac[x], round(frac[x]),
                        1e-13); /* an old lattice vector is a whole number of new ones */
    }
}

static const char zigzag[] =
    "2\nLattice=\"4 0 0 1 5 0 0 0 6\" Properties=species:S:1:pos:R:3:vel:R:3:forces:R:3 energy=-2 "
    "virial=\"1 0 0 0 2 0 0 0 3\" pbc=\"T T F\" note=kept\n"
    "Si -0.5 1 -7 1 2 3 4 5 6\nO 9.5 6 13 7 8 9 10 11 12\n";

static void a_supercell_repeats_everything(void **state)
{
    (void)state;
    struct structure s = one_structure(zigzag, FORMAT_EXTXYZ), big;
    assert_ok(structure_repeat(&s, (int[]){2, 1, 3}, &big));
    assert_int_equal(big.n_atom, 12);
    assert_true(big.energy == -12 && big.virial[2] == 18);
    assert_true(big.cell[0][0] == 8 && big.cell[1][0] == 1 && big.cell[2][2] == 18);
    assert_near(structure_density(&big), structure_density(&s), 1e-13);
    for (int copy = 0; copy < 6; copy++) {
        int si = 2 * copy;
        assert_int_equal(big.number[si], 14);
        assert_true(big.position[si][0] == -0.5 + 4 * (copy / 3) &&
                    big.position[si][2] == -7 + 6 * (copy % 3));
        assert_true(big.velocity[si + 1][1] == 8 && big.force[si + 1][2] == 12);
    }
    assert_string_equal(big.info, "note=kept");
    structure_free(&big);
    assert_int_equal(structure_repeat(&s, (int[]){2, 0, 1}, &big), KD_EINPUT);
    assert_int_equal(structure_repeat(&s, (int[]){100000, 100000, 100000}, &big), KD_EINPUT);
    structure_free(&s);
}

static void wrapping_moves_atoms_by_lattice_vectors_of_periodic_directions(void **state)
{
    (void)state;
    struct structure s = one_structure(zigzag, FORMAT_EXTXYZ);
    structure_wrap(&s);
    assert_true(s.position[0][0] == 3.5 && s.position[0][1] == 1 && s.position[0][2] == -7);
    assert_true(s.position[1][0] == 0.5 && s.position[1][1] == 1 && s.position[1][2] == 13);
    structure_free(&s);
}

static void a_copy_owns_its_arrays(void **state)
{
    (void)state;
    struct structure s = one_structure(zigzag, FORMAT_EXTXYZ), copy;
    assert_ok(structure_copy(&s, &copy));
    char *text = printed(&s, 1, FORMAT_EXTXYZ);
    structure_free(&s);
    char *text_of_copy = printed(&copy, 1, FORMAT_EXTXYZ);
    assert_string_equal(text, text_of_copy);
    free(text);
    free(text_of_copy);
    structure_free(&copy);
    structure_free(&copy);
}

static void formula_and_density_describe_the_structure(void **state)
{
    (void)state;
    char formula[32];
    struct structure *s, ethanol;
    int n_frame;
    assert_ok(structures_read("../../data/structures/quartz-alpha-9.xyz", &s, &n_frame));
    structure_formula(s, formula, sizeof formula);
    assert_string_equal(formula, "O6Si3");
    assert_near(structure_density(s), 2.646,
                0.001); /* the cell of Levien et al. 1980 with standard weights */
    structure_formula(s, formula, 4);
    assert_string_equal(formula, "O6S");
    structures_free(s, n_frame);
    ethanol = one_structure(
        "9\npbc=\"F F F\"\nO 0 0 0\nC 1 0 0\nC 2 0 0\nH 3 0 0\nH 4 0 0\nH 5 0 0\nH 6 0 0\nH 7 0 0\nH 8 0 0\n",
        FORMAT_EXTXYZ);
    structure_formula(&ethanol, formula, sizeof formula);
    assert_string_equal(formula, "C2H6O");
    assert_true(structure_density(&ethanol) == 0);
    structure_free(&ethanol);
}

static void a_structure_that_would_poison_what_follows_is_refused(void **state)
{
    (void)state;
    struct structure s = one_structure(zigzag, FORMAT_EXTXYZ);
    assert_ok(structure_check(&s));
    s.position[1][2] = NAN;
    assert_int_equal(structure_check(&s), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "position of atom 2 is not finite"));
    s.position[1][2] = 0;
    s.velocity[0][0] = INFINITY;
    assert_int_equal(structure_check(&s), KD_EINPUT);
    s.velocity[0][0] = 0;
    s.force[1][1] = NAN;
    assert_int_equal(structure_check(&s), KD_EINPUT);
    s.force[1][1] = 0;
    s.energy = NAN;
    assert_int_equal(structure_check(&s), KD_EINPUT);
    s.energy = 0;
    s.number[0] = 0;
    assert_int_equal(structure_check(&s), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "atom 1 has atomic number 0"));
    s.number[0] = 14;
    s.cell[0][0] = -4;
    assert_int_equal(structure_check(&s), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "left-handed"));
    structure_free(&s);
    assert_int_equal(structure_create(0, &s), KD_EINPUT);
    assert_int_equal(structure_create(STRUCTURE_MAX_ATOM + 1, &s), KD_EINPUT);
}

static void formats_follow_from_names(void **state)
{
    (void)state;
    assert_int_equal(format_from_name("a/b.xyz"), FORMAT_EXTXYZ);
    assert_int_equal(format_from_name("b.EXTXYZ"), FORMAT_EXTXYZ);
    assert_int_equal(format_from_name("dir/POSCAR"), FORMAT_POSCAR);
    assert_int_equal(format_from_name("CONTCAR_7"), FORMAT_POSCAR);
    assert_int_equal(format_from_name("q.vasp"), FORMAT_POSCAR);
    assert_int_equal(format_from_name("q.cif"), FORMAT_CIF);
    assert_int_equal(format_from_name("POSCAR.cif"), FORMAT_CIF);
    assert_int_equal(format_from_name("q.data"), FORMAT_LAMMPS);
    assert_int_equal(format_from_name("q.lmp"), FORMAT_LAMMPS);
    assert_int_equal(format_from_name("dir.xyz/q"), FORMAT_NONE);
    assert_int_equal(format_from_name("q.pdb"), FORMAT_NONE);
}

static void formats_follow_from_contents_and_what_is_printed_is_recognised(void **state)
{
    (void)state;
    struct structure s = one_structure(zigzag, FORMAT_EXTXYZ);
    for (enum structure_format f = FORMAT_EXTXYZ; f <= FORMAT_CIF; f++) {
        struct text t;
        char *text = printed(&s, 1, f);
        assert_ok(text_from("test", text, strlen(text), &t));
        assert_int_equal(format_from_content(&t), f);
        text_free(&t);
        free(text);
    }
    struct text t;
    assert_ok(text_from("test", "hello\nworld\n", 12, &t));
    assert_int_equal(format_from_content(&t), FORMAT_NONE);
    text_free(&t);
    structure_free(&s);
}

static void nothing_is_left_where_writing_is_refused(void **state)
{
    (void)state;
    char folder[] = "/tmp/kedge-structure-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    struct structure s = one_structure(zigzag, FORMAT_EXTXYZ), two[2] = {s, s};
    snprintf(path, sizeof path, "%s/a.vasp", folder);
    assert_int_equal(structures_write(path, two, 2), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "POSCAR holds one frame"));
    snprintf(path, sizeof path, "%s/a.pdb", folder);
    assert_int_equal(structures_write(path, &s, 1), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "unknown format, expected a name of extxyz"));
    s.energy = NAN;
    snprintf(path, sizeof path, "%s/a.xyz", folder);
    assert_int_equal(structures_write(path, &s, 1), KD_EINPUT);
    assert_int_equal(structures_write("/nowhere/a.xyz", two, 2), KD_EIO);
    assert_int_equal(rmdir(folder), 0); /* empty */
    structure_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_have_symbols_and_standard_weights),
        cmocka_unit_test(an_element_is_known_by_its_mass),
        cmocka_unit_test(cell_parameters_go_there_and_back),
        cmocka_unit_test(cell_parameters_that_do_not_close_are_refused),
        cmocka_unit_test(the_restricted_cell_is_the_same_lattice_rotated),
        cmocka_unit_test(a_supercell_repeats_everything),
        cmocka_unit_test(wrapping_moves_atoms_by_lattice_vectors_of_periodic_directions),
        cmocka_unit_test(a_copy_owns_its_arrays),
        cmocka_unit_test(formula_and_density_describe_the_structure),
        cmocka_unit_test(a_structure_that_would_poison_what_follows_is_refused),
        cmocka_unit_test(formats_follow_from_names),
        cmocka_unit_test(formats_follow_from_contents_and_what_is_printed_is_recognised),
        cmocka_unit_test(nothing_is_left_where_writing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
