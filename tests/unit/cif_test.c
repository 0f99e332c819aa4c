// SPDX-License-Identifier: BSD-3-Clause
/* cif_test.c - CIF: tokens, symmetry, what is refused, what comes back. */
#include "tests/support/structure_text.h"

#include <math.h>

#include "host/structure/cif.h"

#define HEXAGONAL                                                                                            \
    "_cell_length_a 4.916(1)\n_cell_length_b 4.916(1)\n_cell_length_c 5.4054(4)\n"                           \
    "_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 120\n"
#define QUARTZ_GROUP                                                                                         \
    "_symmetry_space_group_name_H-M 'P 32 2 1'\nloop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n'-y, x-y, "        \
    "2/3+z'\n"                                                                                               \
    "-x+y,-x,1/3+z\nx-y,-y,-z\n\"Y , X , .6667-Z\"\n-x,-x+y,1/3-z\n"

/* The atom of `number` nearest to a Cartesian place, over lattice translations; returns the distance. */
static double distance_to_nearest(const struct structure *s, int number, const double r[3])
{
    double nearest = 1e30;
    for (int i = 0; i < s->n_atom; i++)
        for (int image = 0; s->number[i] == number && image < 27; image++) {
            double d2 = 0;
            for (int a = 0; a < 3; a++) {
                double shift = (image % 3 - 1) * s->cell[0][a] + (image / 3 % 3 - 1) * s->cell[1][a] +
                               (image / 9 - 1) * s->cell[2][a];
                d2 += pow(s->position[i][a] + shift - r[a], 2);
            }
            nearest = fmin(nearest, sqrt(d2));
        }
    return nearest;
}

static void the_sites_of_quartz_expand_to_its_nine_atoms(void **state)
{
    (void)state;
    struct structure cif = one_structure(
        "# a comment\ndata_global\n_journal_year 1980\n_publ_section_title\n;\n Structure of quartz\n"
        "data_trap loop_\n;\ndata_quartz\n" HEXAGONAL QUARTZ_GROUP
        "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
        "Si 0.4697(1) 0 0.0000\nO1 .4135(3) .2669(2) .1191(2)\n"
        "loop_\n_atom_site_aniso_label\n_atom_site_aniso_U_11\nSi 0.005\ndata_next\n_cell_length_a x\n",
        FORMAT_CIF);
    struct structure *quartz;
    int n_frame;
    assert_int_equal(cif.n_atom, 9);
    assert_ok(structures_read("../../data/structures/quartz-alpha-9.xyz", &quartz, &n_frame));
    for (int i = 0; i < 9; i++)
        assert_near(distance_to_nearest(&cif, quartz->number[i], quartz->position[i]), 0,
                    1e-12); /* roundings */
    structures_free(quartz, n_frame);
    structure_free(&cif);
}

static void special_positions_of_a_centred_group_are_counted_once(void **state)
{
    (void)state;
    /* fcc translations and inversion about (1/8,1/8,1/8) make diamond of one site */
    struct structure s = one_structure(
        "data_si\n_cell.length_a 5.43\n_cell.length_b 5.43\n_cell.length_c 5.43\n_cell.angle_alpha 90\n"
        "_cell.angle_beta 90.\n_cell.angle_gamma 90.0(1)\nloop_ _space_group_symop_id\n"
        "_space_group_symop_operation_xyz\n1 x,y,z 2 x,1/2+y,1/2+z 3 1/2+x,y,1/2+z 4 x+1/2,y+1/2,z\n"
        "5 1/4-x,1/4-y,1/4-z 6 1/4-x,3/4-y,3/4-z 7 3/4-x,1/4-y,3/4-z 8 3/4-x,3/4-y,1/4-z\n"
        "loop_\n_atom_site_type_symbol\n_atom_site_label\n_atom_site_occupancy\n_atom_site_fract_x\n"
        "_atom_site_fract_y\n_atom_site_fract_z\nSi4+ A ? 0.001 0 0\n",
        FORMAT_CIF);
    assert_int_equal(s.n_atom, 8);
    assert_int_equal(s.number[7], 14);
    structure_free(&s);
    /* the inversion centre itself: 4 sites, off by less than the tolerance */
    s = one_structure(
        "data_si\n_cell_length_a 5.43\n_cell_length_b 5.43\n_cell_length_c 5.43\n_cell_angle_alpha 90\n"
        "_cell_angle_beta 90\n_cell_angle_gamma "
        "90\nloop_\n_space_group_symop_operation_xyz\nx,y,z\n-x,-y,-z\n"
        "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nSi1 0.001 0 "
        "0.999\n",
        FORMAT_CIF);
    assert_int_equal(s.n_atom, 1);
    structure_free(&s);
}

static void operations_are_parsed_and_nonsense_is_not(void **state)
{
    (void)state;
    struct cif_operation op;
    assert_true(cif_operation_parse("x,y,z", &op) && cif_operation_is_identity(&op));
    assert_true(cif_operation_parse(" 1/2 + X, -y+.25 , -x+z-1/3", &op));
    assert_true(op.rotation[0][0] == 1 && op.rotation[1][1] == -1 && op.rotation[2][0] == -1 &&
                op.rotation[2][2] == 1);
    assert_true(op.shift[0] == 0.5 && op.shift[1] == 0.25 && op.shift[2] == -1.0 / 3);
    assert_true(cif_operation_parse("x+.3333,y+0.6667,z+.125", &op));
    assert_true(op.shift[0] == 1.0 / 3 && op.shift[1] == 2.0 / 3 && op.shift[2] == 0.125);
    const char *nonsense[] = {"",           "x,y",     "x,y,z,x",   "x,y,y",     "x,y,w",
                              "x,y,z+",     "x,y,2z",  "x,y,x+x",   "x,y,z/2",   "x,y,z+1/0",
                              "x,y,z+1//2", "x,y,--z", "x y z",     "x,y,z+1e5", "x,y,z+99999",
                              "x,y,1/2",    "a,b,c",   "x-y,x-y,z", ",,",        "x,y,z+1.2.3"};
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++)
        if (cif_operation_parse(nonsense[i], &op))
            fail_msg("\"%s\" was taken for a symmetry operation", nonsense[i]);
}

static void quotes_inside_words_do_not_end_them(void **state)
{
    (void)state;
    struct structure s =
        one_structure("data_x\n_note 'it''s a dog's life'\n_other \"#1\"\n" HEXAGONAL
                      "loop_ _atom_site_label _atom_site_type_symbol _atom_site_fract_x _atom_site_fract_y "
                      "_atom_site_fract_z\n'O5'' # the fifth\nO 0.1 0.2\n0.3\n",
                      FORMAT_CIF);
    assert_true(s.n_atom == 1 && s.number[0] == 8);
    structure_free(&s);
}

static void what_is_written_comes_back(void **state)
{
    (void)state;
    struct structure *s, back;
    int n_frame;
    assert_ok(structures_read("../../data/structures/quartz-alpha-9.xyz", &s, &n_frame));
    char *text = printed(s, 1, FORMAT_CIF);
    back = one_structure(text, FORMAT_CIF);
    for (int i = 0; i < 9; i++)
        for (int a = 0; a < 3; a++) {
            assert_int_equal(back.number[i], s->number[i]);
            assert_near(back.position[i][a], s->position[i][a],
                        1e-11); /* cell lengths and angles carry 12 digits */
        }
    free(text);
    structures_free(s, n_frame);
    structure_free(&back);
}

static void every_bad_file_is_refused_with_its_line(void **state)
{
    (void)state;
#define SITE_LOOP "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
    const struct bad_file bad[] = {
        {"", "no sites, expected a loop with _atom_site_fract_x"},
        {"data_x\n" HEXAGONAL, "no sites"},
        {"data_x\n" SITE_LOOP "Si1 0 0 0\n", "no complete cell, expected _cell_length_a"},
        {"data_x\n_cell_length_a wide\n", "test:2: cell length a \"wide\", expected a number"},
        {"data_x\n_cell_length_a 5(a)\n", "test:2: cell length a \"5(a)\""},
        {"data_x\n_cell_length_a 5()\n", "test:2: cell length a \"5()\""},
        {"data_x\n_cell_length_a ?\n", "test:2: cell length a \"?\""},
        {"data_x\n_cell_length_a\n_cell_length_b 5\n", "no value for _cell_length_a"},
        {"data_x\n_cell_length_a 5 6\n", "test:2: \"6\", expected a _name, loop_ or data_"},
        {"data_x\n_note 'open\n", "test:2: quote not closed"},
        {"data_x\n_note\n;\nopen\n", "end of file in the text block of line 3"},
        {"save_x\n", "test:1: save frame"},
        {"data_x\nloop_\n1 2 3\n", "test:3: loop_ without names"},
        {"data_x\n" HEXAGONAL SITE_LOOP "Si1 0 0\n", "ends with 3 values too many"},
        {"data_x\n" HEXAGONAL SITE_LOOP "Xx1 0 0 0\n", "test:13: no element in \"Xx1\""},
        {"data_x\n" HEXAGONAL SITE_LOOP "HO1 0 0 0\n",
         "test:13: no element in \"HO1\", expected _atom_site_type_symbol"},
        {"data_x\n" HEXAGONAL SITE_LOOP "Si1 0 ? 0\n", "test:13: fractional coordinate \"?\""},
        {"data_x\n" HEXAGONAL SITE_LOOP "Si1 0 1e999 0\n", "test:13: fractional coordinate \"1e999\""},
        {"data_x\n" HEXAGONAL "loop_\n_atom_site_label\n_atom_site_fract_x\nSi1 0\n",
         "a site without coordinates"},
        {"data_x\n" HEXAGONAL "loop_\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n0 0 0\n",
         "a site without a name"},
        {"data_x\n" HEXAGONAL "_atom_site_fract_x 0\n", "a site outside a loop"},
        {"data_x\n" HEXAGONAL "loop_\n_atom_site_label\n_atom_site_occupancy\n_atom_site_fract_x\n_atom_site_"
                              "fract_y\n_atom_site_fract_z\n"
         "Si1 0.5 0 0 0\n",
         "test:14: Si1 has partial occupancy 0.5, expected an ordered structure"},
        {"data_x\n" HEXAGONAL "_symmetry_space_group_name_H-M 'P 32 2 1'\n" SITE_LOOP "Si1 0 0 0\n",
         "space group P 32 2 1 without operations, expected a loop"},
        {"data_x\n" HEXAGONAL "_space_group_IT_number 154\n" SITE_LOOP "Si1 0 0 0\n",
         "space group 154 without operations"},
        {"data_x\n" HEXAGONAL "loop_\n_symmetry_equiv_pos_as_xyz\nx,y\n",
         "test:10: symmetry operation \"x,y\""},
        {"data_x\n" HEXAGONAL "loop_\n_symmetry_equiv_pos_as_xyz\n-x,-y,-z\n" SITE_LOOP "Si1 0 0 0\n",
         "operations without x, y, z"},
        {"data_x\n_cell_length_a 1\n_cell_length_b 1\n_cell_length_c 1\n_cell_angle_alpha "
         "30\n_cell_angle_beta 30\n_cell_angle_gamma 120\n" SITE_LOOP "Si1 0 0 0\n",
         "test:7: cell 1 1 1 30 30 120, expected positive lengths and angles that close"},
    };
    assert_bad_files(bad, sizeof bad / sizeof *bad, FORMAT_CIF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sites_of_quartz_expand_to_its_nine_atoms),
        cmocka_unit_test(special_positions_of_a_centred_group_are_counted_once),
        cmocka_unit_test(operations_are_parsed_and_nonsense_is_not),
        cmocka_unit_test(quotes_inside_words_do_not_end_them),
        cmocka_unit_test(what_is_written_comes_back),
        cmocka_unit_test(every_bad_file_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
