// SPDX-License-Identifier: BSD-3-Clause
/* json_test.c - JSON built, printed, read. */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

#include "host/base/json.h"
#include "host/base/log.h"
#include "tests/support/scratch.h"

static int silent(void **state)
{
    (void)state;
    return log_close() == KD_OK ? 0 : -1;
}

static void an_object_prints_on_one_line_in_the_order_it_was_built(void **state)
{
    (void)state;
    struct js *root = js_new();
    js_int(root, "n", 3);
    js_double(root, "x", 0.1);
    js_bool(root, "ok", true);
    js_string(root, "s", "a \"b\" \xC3\xA9");
    js_string(root, "none", NULL);
    js_doubles(root, "v", 2, (double[]){1, -2.5});
    js_ints(root, "w", 2, (int[]){4, 5});
    struct js *frame = js_object(js_array(root, "frames"), NULL);
    js_null(frame, "z");
    char *text = js_text(root);
    assert_string_equal(text, "{\"n\": 3, \"x\": 0.10000000000000001, \"ok\": true, \"s\": \"a \\\"b\\\" \\u00E9\", "
                              "\"none\": null, \"v\": [1.0, -2.5], \"w\": [4, 5], \"frames\": [{\"z\": null}]}");
    free(text);
    js_free(root);
}

static void numbers_come_back_bit_for_bit(void **state)
{
    (void)state;
    const double value[] = {1.0 / 3, -1e-300, 6.02214076e23, 0.1 + 0.2};
    struct js *root = js_new(), *back;
    js_doubles(root, "v", 4, value);
    char *text = js_text(root);
    double read[4];
    assert_ok(js_parse("text", text, strlen(text), &back));
    assert_true(js_get_doubles(back, "v", 4, read));
    assert_memory_equal(read, value, sizeof value);
    assert_false(js_get_doubles(back, "v", 3, read));
    free(text);
    js_free(root);
    js_free(back);
}

static void numbers_that_are_not_finite_become_null_and_a_warning(void **state)
{
    (void)state;
    struct js *root = js_new();
    js_double(root, "energy_ev", NAN);
    js_doubles(root, "virial_ev", 2, (double[]){INFINITY, 1});
    char *text = js_text(root);
    assert_string_equal(text, "{\"energy_ev\": null, \"virial_ev\": [null, 1.0]}");
    struct js *warnings = js_new();
    log_warnings_json(warnings, "warnings");
    const struct js *list = js_get(warnings, "warnings");
    assert_int_equal(js_size(list), 2);
    assert_non_null(strstr(js_value_string(js_item(list, 0)), "energy_ev"));
    assert_non_null(strstr(js_value_string(js_item(list, 1)), "virial_ev"));
    free(text);
    js_free(warnings);
    js_free(root);
}

static void strings_that_are_not_utf8_stay_valid_json(void **state)
{
    (void)state;
    struct js *root = js_new();
    js_string(root, "file", "a\xFF" "b");
    assert_string_equal(js_get_string(root, "file"), "a?b");
    js_free(root);
}

static void a_full_disk_is_an_error_of_print(void **state)
{
    (void)state;
    FILE *f = fopen("/dev/full", "w");
    if (!f)
        skip();
    struct js *root = js_new();
    js_int(root, "n", 1);
    assert_int_equal(js_print(root, f), KD_EIO);
    assert_non_null(strstr(kd_error_message(), "No space left"));
    fclose(f);
    js_free(root);
}

static void a_missing_parent_is_harmless_but_a_missing_root_is_reported(void **state)
{
    (void)state;
    js_int(NULL, "n", 1);
    js_object(NULL, "o");
    js_put(NULL, "p", js_new());
    assert_int_equal(js_print(NULL, stdout), KD_ENOMEM);
}

static void what_is_not_json_is_refused_with_its_place(void **state)
{
    (void)state;
    struct js *root;
    assert_int_equal(js_parse("f", "{\"a\": 1,\n \"b\" 2}", 17, &root), KD_EINPUT);
    assert_true(strncmp(kd_error_message(), "f:2:", 4) == 0);
    assert_null(root);
    assert_int_equal(js_parse("f", "{\"a\": 1, \"a\": 2}", 16, &root), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "duplicate"));
    assert_int_equal(js_read(scratch_path("none.json"), &root), KD_EINPUT);
    scratch_write(scratch_path("cut.json"), "{\"a\": [1, 2", 11);
    assert_int_equal(js_read(scratch_path("cut.json"), &root), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "cut.json:1:"));
}

static void getters_refuse_other_kinds_and_keep_the_value(void **state)
{
    (void)state;
    const char text[] = "{\"i\": 3, \"d\": 2.5, \"s\": \"x\", \"b\": false, \"a\": [1, \"y\"]}";
    struct js *root;
    assert_ok(js_parse("f", text, sizeof text - 1, &root));
    double d = 9;
    long long i = 9;
    bool b = true;
    assert_true(js_get_double(root, "i", &d) && d == 3);
    assert_false(js_get_double(root, "s", &d));
    assert_true(d == 3);
    assert_false(js_get_int(root, "d", &i));
    assert_true(js_get_int(root, "i", &i) && i == 3);
    assert_true(js_get_bool(root, "b", &b) && !b);
    assert_false(js_get_bool(root, "i", &b));
    assert_null(js_get_string(root, "missing"));
    double two[2];
    assert_false(js_get_doubles(root, "a", 2, two));
    assert_int_equal(js_size(root), 5);
    assert_string_equal(js_key(root, 4), "a");
    assert_null(js_key(root, 5));
    assert_int_equal(js_kind(js_get(root, "d")), JS_DOUBLE);
    assert_int_equal(js_kind(js_get(root, "nothing")), JS_NONE);
    js_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_object_prints_on_one_line_in_the_order_it_was_built, silent),
        cmocka_unit_test_setup(numbers_come_back_bit_for_bit, silent),
        cmocka_unit_test_setup(numbers_that_are_not_finite_become_null_and_a_warning, silent),
        cmocka_unit_test_setup(strings_that_are_not_utf8_stay_valid_json, silent),
        cmocka_unit_test_setup(a_full_disk_is_an_error_of_print, silent),
        cmocka_unit_test_setup(a_missing_parent_is_harmless_but_a_missing_root_is_reported, silent),
        cmocka_unit_test_setup(what_is_not_json_is_refused_with_its_place, silent),
        cmocka_unit_test_setup(getters_refuse_other_kinds_and_keep_the_value, silent),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
