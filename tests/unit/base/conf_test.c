// SPDX-License-Identifier: BSD-3-Clause
/* conf_test.c - configuration: tables, files, options, mistakes, explanations. */
#include "tests/support/test.h"

#include <string.h>

#include "host/base/conf.h"
#include "tests/support/scratch.h"

struct structure_conf {
    char *formula;
    int replica;
    double density_gcc;
};
struct scf_conf {
    double ecut_ry;
    int kpoints[3];
    bool spin;
    int mixer;
    double charge, range_ev[2];
    char *pseudo_dir;
};

static const char *const mixers[] = {"pulay", "linear", "none", NULL};
#define AT(member) offsetof(struct structure_conf, member)
static const struct conf_key structure_keys[] = {
    {"formula", CONF_STRING, "", NULL, .at = AT(formula), .help = "composition, e.g. Si100O100"},
    {"replica", CONF_INT, "", "1", 1, 1000, .at = AT(replica), .help = "how many structures"},
    {"density_gcc", CONF_DOUBLE, "g/cm^3", "2.2", 0.1, 1e300, .at = AT(density_gcc), .help = "start density"},
};
#undef AT
#define AT(member) offsetof(struct scf_conf, member)
static const struct conf_key scf_keys[] = {
    {"ecut_ry", CONF_DOUBLE, "Ry", "50", 5, 500, .at = AT(ecut_ry), .help = "plane-wave cutoff"},
    {"kpoints", CONF_INTS, "", "1 1 1", 1, 99, .count = 3, .at = AT(kpoints), .help = "Monkhorst-Pack grid"},
    {"spin", CONF_BOOL, "", "no", .at = AT(spin), .help = "spin-polarised"},
    {"mixer", CONF_CHOICE, "", "pulay", .choice = mixers, .at = AT(mixer), .help = "density mixing"},
    {"charge", CONF_DOUBLE, "e", "0", .at = AT(charge), .help = "charge of the cell"},
    {"range_ev", CONF_DOUBLES, "eV", "-10 50", -1e300, 1000, .count = 2, .at = AT(range_ev), .help = "window"},
    {"pseudo_dir", CONF_STRING, "", "", .at = AT(pseudo_dir), .help = "folder of UPF files"},
};
#undef AT

static struct structure_conf structure;
static struct scf_conf scf;
static const struct conf_section sections[] = {
    {"structure", "what is built", structure_keys, 3, &structure},
    {"scf", "ground state", scf_keys, 7, &scf},
};

static struct conf *fresh(void)
{
    struct conf *c;
    memset(&structure, 0, sizeof structure);
    memset(&scf, 0, sizeof scf);
    assert_ok(conf_create(sections, 2, &c));
    return c;
}

static kd_status parse(struct conf *c, const char *text)
{
    return conf_parse(c, "study.ini", text, strlen(text));
}

static void defaults_are_there_before_anything_is_read(void **state)
{
    (void)state;
    struct conf *c = fresh();
    assert_true(scf.ecut_ry == 50 && scf.kpoints[2] == 1 && !scf.spin && scf.mixer == 0 && scf.range_ev[0] == -10);
    assert_string_equal(scf.pseudo_dir, "");
    assert_string_equal(structure.formula, "");
    assert_int_equal(conf_complete(c), KD_EINPUT);
    assert_string_equal(kd_error_message(), "structure.formula: not given, expected text");
    conf_free(c);
}

static void a_file_fills_the_structs(void **state)
{
    (void)state;
    struct conf *c = fresh();
    assert_ok(parse(c, "# a study\r\n; and more\n[structure]\nformula = Si100O100 ; both comments\nreplica=3 # work\n\n"
                       "[scf]\necut_ry: 40.5\nkpoints = 2, 2\n  3\nspin = Yes\nmixer = linear\nrange_ev = -5 1e2\n"
                       "pseudo_dir = a#b;c d\n"));
    assert_string_equal(structure.formula, "Si100O100");
    assert_int_equal(structure.replica, 3);
    assert_true(scf.ecut_ry == 40.5 && scf.spin && scf.mixer == 1 && scf.range_ev[1] == 100);
    assert_int_equal(scf.kpoints[0] * 100 + scf.kpoints[1] * 10 + scf.kpoints[2], 223);
    assert_string_equal(scf.pseudo_dir, "a#b;c d");
    assert_ok(conf_complete(c));
    assert_true(conf_given(c, "scf", "ecut_ry"));
    assert_false(conf_given(c, "scf", "charge"));
    assert_int_equal(conf_line(c, "scf", "kpoints"), 9);
    conf_free(c);
}

static void every_mistake_names_file_line_and_expectation(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"[scf]\necut_r = 4\n", "study.ini:2: unknown key \"ecut_r\" in [scf], expected ecut_ry?"},
        {"[scf]\nEcut = 4\n", "study.ini:2: unknown key \"Ecut\" in [scf], expected ecut_ry?"},
        {"[scf]\nreplica = 4\n", "study.ini:2: unknown key \"replica\" in [scf], expected it in [structure]?"},
        {"[scf]\nzzz = 4\n", "study.ini:2: unknown key \"zzz\" in [scf], expected one of those that --explain lists"},
        {"\n[scff]\n", "study.ini:2: unknown section [scff], expected [scf]?"},
        {"[laser]\nx = 1\n", "study.ini:1: unknown section [laser], expected one of those that --explain lists"},
        {"ecut_ry = 4\n", "study.ini:1: \"ecut_ry\" before any section, expected [section] first"},
        {"[scf]\necut_ry = 501\n", "study.ini:2: scf.ecut_ry = \"501\", expected a number from 5 to 500 (Ry)"},
        {"[scf]\necut_ry = nan\n", "study.ini:2: scf.ecut_ry = \"nan\", expected a number from 5 to 500 (Ry)"},
        {"[scf]\necut_ry =\n", "study.ini:2: scf.ecut_ry = \"\", expected a number from 5 to 500 (Ry)"},
        {"[scf]\nkpoints = 2 2\n", "study.ini:2: scf.kpoints = \"2 2\", expected 3 whole numbers from 1 to 99"},
        {"[scf]\nkpoints = 2 2 2.5\n", "study.ini:2: scf.kpoints = \"2 2 2.5\", expected 3 whole numbers from 1 to 99"},
        {"[scf]\nspin = maybe\n", "study.ini:2: scf.spin = \"maybe\", expected yes or no"},
        {"[scf]\nmixer = broyden\n", "study.ini:2: scf.mixer = \"broyden\", expected pulay, linear or none"},
        {"[scf]\nrange_ev = 0 1001\n", "study.ini:2: scf.range_ev = \"0 1001\", expected 2 numbers, at most 1000 (eV)"},
        {"[structure]\ndensity_gcc = 0\n",
         "study.ini:2: structure.density_gcc = \"0\", expected a number, at least 0.1 (g/cm^3)"},
        {"[structure]\nreplica = 1.5\n", "study.ini:2: structure.replica = \"1.5\", expected a whole number from 1 to 1000"},
        {"[scf]\nspin = no\n\nspin = no\n", "study.ini:4: scf.spin given twice, expected once (first in line 2)"},
        {"[scf]\nspin = no\nnonsense\n", "study.ini:3: neither [section] nor key = value"},
        {"[scf\nspin = no\n", "study.ini:1: neither [section] nor key = value"},
        {"[scf]\nspin = no\n  charge = 1\n",
         "study.ini:3: an indented line goes on the value above, expected a key or section without blanks before it"},
        {"[scf]\nspin = no\n  [structure]\n",
         "study.ini:3: an indented line goes on the value above, expected a key or section without blanks before it"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct conf *c = fresh();
        assert_int_equal(parse(c, wrong[i].text), KD_EINPUT);
        assert_string_equal(kd_error_message(), wrong[i].message);
        conf_free(c);
    }
}

static void the_first_mistake_counts(void **state)
{
    (void)state;
    struct conf *c = fresh();
    assert_int_equal(parse(c, "[scf]\nnonsense\necut_ry = x\n"), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "study.ini:2:"));
    conf_free(c);
    c = fresh();
    assert_int_equal(parse(c, "[scf]\necut_ry = x\nnonsense\n"), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "study.ini:2:"));
    conf_free(c);
}

static void a_long_line_is_refused_and_a_long_value_goes_on(void **state)
{
    (void)state;
    char text[4096] = "[scf]\npseudo_dir = ";
    size_t start = strlen(text);
    memset(text + start, 'x', 300);
    struct conf *c = fresh();
    assert_int_equal(parse(c, text), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "study.ini:2: 313 bytes, expected at most 190"));
    conf_free(c);
    strcpy(text, "[scf]\npseudo_dir = a\n");
    for (int i = 0; i < 100; i++)
        strcat(text, "\tbcdefghij\n");
    c = fresh();
    assert_ok(parse(c, text));
    assert_int_equal(strlen(scf.pseudo_dir), 1 + 100 * 10);
    conf_free(c);
}

static void options_are_stronger_than_the_file_whenever_they_come(void **state)
{
    (void)state;
    struct conf *c = fresh();
    assert_ok(conf_set(c, "scf.ecut_ry=60"));
    assert_ok(parse(c, "[scf]\necut_ry = 40\ncharge = 1\npseudo_dir = x\n"));
    assert_true(scf.ecut_ry == 60 && scf.charge == 1);
    assert_ok(conf_set(c, " scf . charge = -2 "));
    assert_true(scf.charge == -2);
    assert_ok(conf_set(c, "scf.pseudo_dir=a=b.c"));
    assert_string_equal(scf.pseudo_dir, "a=b.c");
    conf_free(c);
}

static void wrong_options_say_what_was_expected(void **state)
{
    (void)state;
    struct conf *c = fresh();
    const char *shapeless[] = {"", "scf", "scf.ecut_ry", "scf=4", "=.", ".x=1", "a=b.c"};
    for (size_t i = 0; i < sizeof shapeless / sizeof *shapeless; i++) {
        assert_int_equal(conf_set(c, shapeless[i]), KD_EINPUT);
        assert_non_null(strstr(kd_error_message(), "expected"));
    }
    assert_int_equal(conf_set(c, "scf.ecutry=4"), KD_EINPUT);
    assert_string_equal(kd_error_message(), "-s: unknown key \"ecutry\" in [scf], expected ecut_ry?");
    assert_int_equal(conf_set(c, "scf.ecut_ry=4"), KD_EINPUT);
    assert_string_equal(kd_error_message(), "-s: scf.ecut_ry = \"4\", expected a number from 5 to 500 (Ry)");
    assert_true(scf.ecut_ry == 50);
    conf_free(c);
}

static char *captured(void (*explain)(const struct conf *, FILE *), const struct conf *c)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    explain(c, f);
    fclose(f);
    return text;
}

static void explain_lists_every_key_with_type_unit_default_and_help(void **state)
{
    (void)state;
    struct conf *c = fresh();
    char *text = captured(conf_explain, c);
    for (int s = 0; s < 2; s++)
        for (int k = 0; k < sections[s].n_key; k++) {
            assert_non_null(strstr(text, sections[s].key[k].name));
            assert_non_null(strstr(text, sections[s].key[k].help));
        }
    assert_non_null(strstr(text, "a number from 5 to 500 (Ry); default: 50"));
    assert_non_null(strstr(text, "text; default: must be given"));
    assert_non_null(strstr(text, "pulay, linear or none; default: pulay"));
    free(text);
    conf_free(c);
}

static void the_example_file_reads_back_as_the_defaults(void **state)
{
    (void)state;
    struct conf *c = fresh();
    char *text = captured(conf_explain_ini, c);
    conf_free(c);
    c = fresh();
    struct scf_conf before = scf;
    before.pseudo_dir = NULL;
    assert_ok(parse(c, text));
    assert_string_equal(scf.pseudo_dir, "");
    scf.pseudo_dir = NULL;
    assert_memory_equal(&scf, &before, sizeof scf);
    free(text);
    conf_free(c);
}

static void roff_escapes_what_roff_reads(void **state)
{
    (void)state;
    struct conf *c = fresh();
    char *text = captured(conf_explain_roff, c);
    assert_non_null(strstr(text, ".SS [scf]\nground state\n"));
    assert_non_null(strstr(text, ".TP\n.B ecut_ry\nplane\\-wave cutoff\n"));
    assert_non_null(strstr(text, "\\-10 50"));
    free(text);
    conf_free(c);
}

static void provenance_holds_all_values_and_which_were_given(void **state)
{
    (void)state;
    struct conf *c = fresh();
    assert_ok(parse(c, "[scf]\nmixer = linear\n"));
    assert_ok(conf_set(c, "structure.formula=SiO2"));
    struct js *root = js_new();
    conf_json(c, root, "configuration");
    char *text = js_text(root);
    assert_string_equal(
        text, "{\"configuration\": {\"structure\": {\"formula\": \"SiO2\", \"replica\": 1, \"density_gcc\": "
              "2.2000000000000002}, \"scf\": {\"ecut_ry\": 50.0, \"kpoints\": [1, 1, 1], \"spin\": false, "
              "\"mixer\": \"linear\", \"charge\": 0.0, \"range_ev\": [-10.0, 50.0], \"pseudo_dir\": \"\"}, "
              "\"given\": [\"structure.formula\", \"scf.mixer\"]}}");
    free(text);
    js_free(root);
    conf_free(c);
}

static void a_table_that_refuses_its_own_default_is_our_mistake(void **state)
{
    (void)state;
    static const struct conf_key bad[] = {{"n", CONF_INT, "", "0", 1, 2, .help = "x"}};
    int target;
    const struct conf_section section = {"s", "", bad, 1, &target};
    struct conf *c;
    assert_int_equal(conf_create(&section, 1, &c), KD_EINTERNAL);
}

static void the_nearest_word_is_found_or_none(void **state)
{
    (void)state;
    const char *const names[] = {"energy", "quench", "xanes", "md", "info"};
    assert_string_equal(conf_nearest("enrgy", names, 5), "energy");
    assert_string_equal(conf_nearest("qeunch", names, 5), "quench");
    assert_string_equal(conf_nearest("XANES", names, 5), "xanes");
    assert_string_equal(conf_nearest("information", names, 5), "info");
    assert_null(conf_nearest("bader", names, 5));
    assert_null(conf_nearest("x", names, 5));
    char endless[500];
    memset(endless, 'e', sizeof endless - 1);
    endless[499] = '\0';
    assert_null(conf_nearest(endless, names, 5));
}

static void files_are_read_from_disk(void **state)
{
    (void)state;
    struct conf *c = fresh();
    scratch_write(scratch_path("s.ini"), "[scf]\ncharge = 2\n", 17);
    assert_ok(conf_read(c, scratch_path("s.ini")));
    assert_true(scf.charge == 2);
    assert_int_equal(conf_read(c, scratch_path("none.ini")), KD_EINPUT);
    conf_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_there_before_anything_is_read),
        cmocka_unit_test(a_file_fills_the_structs),
        cmocka_unit_test(every_mistake_names_file_line_and_expectation),
        cmocka_unit_test(the_first_mistake_counts),
        cmocka_unit_test(a_long_line_is_refused_and_a_long_value_goes_on),
        cmocka_unit_test(options_are_stronger_than_the_file_whenever_they_come),
        cmocka_unit_test(wrong_options_say_what_was_expected),
        cmocka_unit_test(explain_lists_every_key_with_type_unit_default_and_help),
        cmocka_unit_test(the_example_file_reads_back_as_the_defaults),
        cmocka_unit_test(roff_escapes_what_roff_reads),
        cmocka_unit_test(provenance_holds_all_values_and_which_were_given),
        cmocka_unit_test(a_table_that_refuses_its_own_default_is_our_mistake),
        cmocka_unit_test(the_nearest_word_is_found_or_none),
        cmocka_unit_test(files_are_read_from_disk),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
