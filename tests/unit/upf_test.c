// SPDX-License-Identifier: BSD-3-Clause
/* upf_test.c - UPF v2 files of several dialects in, ours out; the start vector of xspectra.x from them. */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/atom/startvec.h"
#include "host/atom/upf.h"
#include "host/base/text.h"

/* PseudoDojo and SG15 (ONCVPSP): attributes over many lines, sizes padded with blanks, F and T, a linear mesh from r = 0. */
static const char oncvpsp[] =
    "<UPF version=\"2.0.1\">\n<PP_INFO>\n raw & and < in old files\n<PP_INPUTFILE>\n@input &\n</PP_INPUTFILE>\n</PP_INFO>\n"
    "<PP_HEADER\n generated=\"Generated using ONCVPSP code by D. R. Hamann\"\n element=\"H \"\n pseudo_type=\"NC\"\n"
    " relativistic=\"scalar\"\n is_ultrasoft=\"F\"\n is_paw=\"F\"\n is_coulomb=\"F\"\n has_so=\"F\"\n has_gipaw=\"F\"\n"
    " core_correction=\"T\"\n functional=\"PBE\"\n z_valence=\"    1.00\"\n total_psenergy=\"  -4.0E-01\"\n l_max=\"0\"\n"
    " mesh_size=\"  16\"\n number_of_wfc=\"1\"\n number_of_proj=\"1\"/>\n"
    "<PP_MESH>\n<PP_R type=\"real\" size=\"  16\" columns=\"8\">\n0 .1 .2 .3 .4 .5 .6 .7\n.8 .9 1.0 1.1 1.2 1.3 1.4D0 1.5\n</PP_R>\n"
    "<PP_RAB type=\"real\" size=\"  16\">\n.1 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1\n</PP_RAB>\n</PP_MESH>\n"
    "<PP_NLCC>\n1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n</PP_NLCC>\n"
    "<PP_LOCAL>\n-2 -2 -2 -2 -2 -2 -2 -2 -2 -2 -2 -2 -2 -2 -2 -2\n</PP_LOCAL>\n"
    "<PP_NONLOCAL>\n<PP_BETA.1\n type=\"real\"\n angular_momentum=\"0\"\n cutoff_radius_index=\"  10\"\n cutoff_radius=\" 9.0E-01\" >\n"
    "0 1 2 3 4 5 6 7 8 9 0 0 0 0 0 0\n</PP_BETA.1>\n<PP_DIJ>\n 3.0\n</PP_DIJ>\n</PP_NONLOCAL>\n"
    "<PP_PSWFC>\n<PP_CHI.1 label=\"1S\" l=\"0\" occupation=\" 1.000\" pseudo_energy=\"-0.5\">\n"
    "0 1 2 3 4 5 6 7 8 9 0 0 0 0 0 0\n</PP_CHI.1>\n</PP_PSWFC>\n"
    "<PP_RHOATOM>\n0 1 2 3 4 5 6 7 8 9 0 0 0 0 0 0\n</PP_RHOATOM>\n</UPF>\n";

static void a_file_of_oncvpsp_is_read_in_hartree(void **state)
{
    struct pseudo p;
    (void)state;
    assert_ok(upf_parse("H.upf", oncvpsp, strlen(oncvpsp), &p));
    assert_string_equal(p.element, "H");
    assert_int_equal(p.z, 1);
    assert_int_equal(p.n, 16);
    assert_near(p.r[14], 1.4, 0);
    assert_near(p.v_local[3], -1, 0); /* -2 Ry */
    assert_near(p.d[0], 1.5, 0);      /* 3 Ry */
    assert_int_equal(p.projector[0].n_cutoff, 10);
    assert_near(p.orbital[0].energy, -0.25, 0);
    assert_non_null(p.model_core);
    assert_true(p.xc_known && p.xc == XC_PBE);
    assert_int_equal(p.n_partial, 0);
    pseudo_free(&p);
}

static void a_file_of_ld1_is_read_with_its_partial_waves(void **state)
{
    struct pseudo p;
    (void)state;
    assert_ok(upf_read("../oracle/atom/O_ld1.UPF", &p));
    assert_near(p.z_valence, 6, 0);
    assert_int_equal(p.n_projector, 1);
    assert_int_equal(p.n_partial, 4);
    assert_int_equal(p.n_core, 2); /* ld1 lists 1S and, oddly, 2S */
    assert_string_equal(p.core[0].label, "1S");
    assert_int_equal(p.partial[2].l, 1);
    double *square = calloc((size_t)p.n, sizeof *square);
    assert_non_null(square);
    for (int i = 0; i < p.n; i++)
        square[i] = p.core[0].psi[i] * p.core[0].psi[i];
    assert_near(upf_simpson(p.n, square, p.rab), 1, 1e-4); /* dx = 0.08 in this small file */
    assert_near(upf_simpson(p.n, p.charge, p.rab), 6, 1e-3);
    free(square);
    pseudo_free(&p);
}

static void what_is_written_is_read_back(void **state)
{
    struct pseudo p, q;
    char path[] = "/tmp/kedge_upf_XXXXXX";
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_ok(upf_read("../oracle/atom/O_ld1.UPF", &p));
    p.has_atom = true;
    p.energy_ae = -75.001;
    p.core_charge = p.charge;
    snprintf(p.recipe, sizeof p.recipe, "a \"quoted\" <recipe> & more");
    assert_ok(upf_write(&p, path));
    assert_ok(upf_read(path, &q));
    assert_int_equal(q.n, p.n);
    assert_string_equal(q.recipe, p.recipe);
    assert_near(q.energy_ae, p.energy_ae, 1e-15);
    assert_int_equal(q.n_partial, p.n_partial);
    for (int i = 0; i < p.n; i++) {
        assert_near(q.v_local[i], p.v_local[i], 1e-15 * fabs(p.v_local[i])); /* 17 digits */
        assert_near(q.projector[0].beta[i], p.projector[0].beta[i], 1e-15 * fabs(p.projector[0].beta[i]) + 1e-99);
        assert_near(q.partial[3].ps[i], p.partial[3].ps[i], 1e-15 * fabs(p.partial[3].ps[i]) + 1e-99);
        assert_near(q.core_charge[i], p.charge[i], 1e-15 * fabs(p.charge[i]) + 1e-99);
    }
    pseudo_free(&p);
    pseudo_free(&q);
    unlink(path);
}

/* Replace `from` by `to` in the good file and expect a refusal whose message holds `message`. */
static void refuse(const char *from, const char *to, const char *message)
{
    const char *at = strstr(oncvpsp, from);
    assert_non_null(at);
    char *text = malloc(strlen(oncvpsp) + strlen(to) + 1);
    assert_non_null(text);
    size_t before = (size_t)(at - oncvpsp);
    memcpy(text, oncvpsp, before);
    strcpy(text + before, to);
    strcat(text, at + strlen(from));
    struct pseudo p;
    assert_int_equal(upf_parse("H.upf", text, strlen(text), &p), KD_EINPUT);
    if (!strstr(kd_error_message(), message) || strncmp(kd_error_message(), "H.upf:", 6))
        fail_msg("\"%s\" does not say \"%s\"", kd_error_message(), message);
    assert_null(p.block);
    free(text);
}

static void bad_files_are_refused_with_the_line(void **state)
{
    (void)state;
    refuse("is_ultrasoft=\"F\"", "is_ultrasoft=\"T\"", "ultrasoft");
    refuse("pseudo_type=\"NC\"", "pseudo_type=\"PAW\"", "PAW");
    refuse("pseudo_type=\"NC\"", "pseudo_type=\"USPP\"", "norm-conserving");
    refuse("has_so=\"F\"", "has_so=\".true.\"", "spin-orbit");
    refuse("is_coulomb=\"F\"", "is_coulomb=\"T\"", "Coulomb");
    refuse("version=\"2.0.1\"", "version=\"1\"", "upfconv");
    refuse("element=\"H \"", "element=\"Qq\"", "chemical symbol");
    refuse("z_valence=\"    1.00\"", "z_valence=\"nan\"", "z_valence");
    refuse("mesh_size=\"  16\"", "mesh_size=\"  17\"", "H.upf:30: PP_R has 16 values, expected 17");
    refuse("mesh_size=\"  16\"", "mesh_size=\"  1e9\"", "mesh_size");
    refuse("1.4D0 1.5", "1.4 1.4", "rising radii");
    refuse("1.4D0 1.5", "1.4 1.5 1.6", "more than the expected 16");
    refuse("1.4D0", "1.x", "expected a number");
    refuse("1.4D0", "inf", "expected a number");
    refuse("<PP_DIJ>\n 3.0\n</PP_DIJ>", "", "PP_DIJ is missing");
    refuse("<PP_NLCC>\n1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n</PP_NLCC>\n", "", "PP_NLCC is missing");
    refuse("number_of_proj=\"1\"", "number_of_proj=\"2\"", "PP_DIJ has 1 values, expected 4");
    refuse("number_of_proj=\"1\"", "number_of_proj=\"99\"", "number_of_proj");
    refuse("PP_BETA.1\n", "PP_BETA.7\n", "PP_BETA.7");
    refuse("</PP_LOCAL>", "", "inside PP_LOCAL");
    refuse("</PP_MESH>", "", "mismatched tag");
    refuse("</UPF>", "", "ends early");
    refuse("<PP_LOCAL>", "<PP_LOCAL>1</PP_LOCAL><PP_LOCAL>", "has 1 values");
}

static void every_truncation_is_an_error_without_a_leak(void **state)
{
    (void)state;
    struct pseudo p;
    for (size_t n = 0; n + 1 < strlen(oncvpsp); n += 7)
        assert_int_equal(upf_parse("H.upf", oncvpsp, n, &p), KD_EINPUT);
}

/* |phi_0> and d_n printed by xspectra.x 6.7 for the ld1 sets (1s of the ground state), six digits. */
static void start_vectors_are_those_of_xspectra(void **state)
{
    struct pseudo ground, hole;
    struct startvec s;
    double norm;
    (void)state;
    assert_ok(upf_read("../oracle/atom/Si_ld1_1s.UPF", &ground));
    assert_ok(upf_read("../oracle/atom/Si_hole_ld1_1s.UPF", &hole));
    assert_ok(startvec_make(&hole, &ground, 0, &s));
    assert_int_equal(s.n_partial, 2);
    assert_near(fabs(s.dipole[0]), 0.0276557, 4e-6 * 0.0276557);
    assert_near(fabs(s.dipole[1]), 0.0362162, 4e-6 * 0.0362162);
    assert_ok(startvec_norm(&hole, &s, 25, &norm));
    assert_near(norm, 2.14655e-2, 1e-5 * 2.14655e-2);
    startvec_free(&s);
    assert_ok(startvec_make(&ground, &ground, 0, &s));
    assert_near(fabs(s.dipole[0]), 0.0284955, 4e-6 * 0.0284955);
    assert_near(fabs(s.dipole[1]), 0.0326726, 4e-6 * 0.0326726);
    assert_ok(startvec_norm(&ground, &s, 25, &norm));
    assert_near(norm, 2.01916e-2, 1e-5 * 2.01916e-2);
    startvec_free(&s);
    pseudo_free(&ground);
    pseudo_free(&hole);
}

static void a_set_without_partial_waves_has_no_start_vector(void **state)
{
    struct pseudo p;
    struct startvec s;
    (void)state;
    assert_ok(upf_parse("H.upf", oncvpsp, strlen(oncvpsp), &p));
    assert_int_equal(startvec_make(&p, &p, 0, &s), KD_EINPUT);
    pseudo_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_oncvpsp_is_read_in_hartree),
        cmocka_unit_test(a_file_of_ld1_is_read_with_its_partial_waves),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(bad_files_are_refused_with_the_line),
        cmocka_unit_test(every_truncation_is_an_error_without_a_leak),
        cmocka_unit_test(start_vectors_are_those_of_xspectra),
        cmocka_unit_test(a_set_without_partial_waves_has_no_start_vector),
    };
    return cmocka_run_group_tests_name("upf", tests, NULL, NULL);
}
