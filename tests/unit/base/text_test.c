// SPDX-License-Identifier: BSD-3-Clause
/* text_test.c - text files, tokens, strict numbers. */
#include "tests/support/test.h"

#include <float.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "host/base/text.h"
#include "tests/support/scratch.h"

static void lines_end_with_newline_or_cr_lf_and_the_last_may_lack_it(void **state)
{
    (void)state;
    struct text t;
    const char bytes[] = "\xEF\xBB\xBF" "a b\r\n\nlast";
    assert_ok(text_from("f", bytes, sizeof bytes - 1, &t));
    assert_int_equal(t.n_line, 3);
    assert_string_equal(text_next(&t), "a b");
    assert_string_equal(text_next(&t), "");
    assert_string_equal(text_next(&t), "last");
    assert_null(text_next(&t));
    text_back(&t);
    assert_string_equal(text_next(&t), "last");
    text_free(&t);
}

static void an_empty_file_and_a_lone_byte_order_mark_have_no_lines(void **state)
{
    (void)state;
    struct text t;
    assert_ok(text_from("f", "", 0, &t));
    assert_int_equal(t.n_line, 0);
    assert_null(text_next(&t));
    text_free(&t);
    assert_ok(text_from("f", "\xEF\xBB\xBF", 3, &t));
    assert_int_equal(t.n_line, 0);
    text_free(&t);
    assert_ok(text_from("f", "\n", 1, &t));
    assert_int_equal(t.n_line, 1);
    text_free(&t);
}

static void a_nul_byte_is_refused_with_its_line(void **state)
{
    (void)state;
    struct text t;
    assert_int_equal(text_from("f", "a\nb\0c\n", 6, &t), KD_EINPUT);
    assert_string_equal(kd_error_message(), "f:2: a NUL byte, expected text");
    assert_null(t.content);
}

static void files_that_cannot_be_read_say_why(void **state)
{
    (void)state;
    struct text t;
    assert_int_equal(text_read(scratch_path("none"), 0, &t), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "cannot open, No such file"));
    assert_int_equal(text_read(scratch_directory, 0, &t), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "a directory, expected a file"));
    scratch_write(scratch_path("big"), "0123456789", 10);
    assert_int_equal(text_read(scratch_path("big"), 9, &t), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "larger than 9 bytes"));
    assert_ok(text_read(scratch_path("big"), 10, &t));
    assert_int_equal(t.length, 10);
    text_free(&t);
}

static void a_file_larger_than_the_first_buffer_is_read_whole(void **state)
{
    (void)state;
    size_t n = 300000;
    char *bytes = malloc(n);
    memset(bytes, 'x', n);
    for (size_t i = 99; i < n; i += 100)
        bytes[i] = '\n';
    scratch_write(scratch_path("long"), bytes, n);
    struct text t;
    assert_ok(text_read(scratch_path("long"), 0, &t));
    assert_int_equal(t.n_line, 3000);
    assert_int_equal(strlen(t.line[2999]), 99);
    text_free(&t);
    free(bytes);
}

static void an_error_names_the_line_last_given(void **state)
{
    (void)state;
    struct text t;
    assert_ok(text_from("in.xyz", "1\n2\n", 4, &t));
    text_next(&t);
    text_next(&t);
    assert_int_equal(text_error(&t, "found %d, expected %s", 2, "Si"), KD_EINPUT);
    assert_string_equal(kd_error_message(), "in.xyz:2: found 2, expected Si");
    text_free(&t);
}

static void split_counts_all_tokens_and_keeps_those_beyond(void **state)
{
    (void)state;
    char line[] = "  a\tbb  c d ", *token[2];
    assert_int_equal(text_split(line, token, 2), 4);
    assert_string_equal(token[0], "a");
    assert_string_equal(token[1], "bb");
    assert_string_equal(token[1] + 3, " c d ");
    char none[] = " \t ";
    assert_int_equal(text_split(none, token, 2), 0);
    char exact[] = "x y";
    assert_int_equal(text_split(exact, token, 2), 2);
}

static void trim_and_blank(void **state)
{
    (void)state;
    char s[] = " \t a b\r ";
    assert_string_equal(text_trim(s), "a b");
    char empty[] = "  ";
    assert_string_equal(text_trim(empty), "");
    assert_true(text_blank("  # x", '#'));
    assert_false(text_blank("  # x", '\0'));
    assert_true(text_blank("", '#'));
}

static void strange_bytes_are_shown_harmlessly(void **state)
{
    (void)state;
    char shown[48];
    assert_string_equal(text_show(shown, "a\x1b[31m\n"), "a?[31m?");
    char longer[] = "0123456789012345678901234567890123456789x";
    assert_string_equal(text_show(shown, longer), "0123456789012345678901234567890123456789...");
    longer[40] = '\0';
    assert_string_equal(text_show(shown, longer), longer);
    const char accents[] = "012345678901234567890123456789012345678\xC3\xA9z";
    assert_string_equal(text_show(shown, accents), "012345678901234567890123456789012345678...");
}

static void numbers_that_are_none_are_refused_and_leave_the_value_alone(void **state)
{
    (void)state;
    const char *wrong[] = {"", " 1", "1 ", "nan", "inf", "-Infinity", "0x1p3", "1e", "1e+", ".", "+", "-.", "1,5",
                           "1.0D-3", "1e999", "--1", "1.2.3", "e5"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        double x = 7;
        assert_false(number_double(wrong[i], &x));
        assert_true(x == 7);
    }
    const char *not_whole[] = {"", "1.0", "1e3", "0x10", " 1", "2147483648", "-2147483649", "99999999999999999999", "+"};
    for (size_t i = 0; i < sizeof not_whole / sizeof *not_whole; i++) {
        int n = 7;
        assert_false(number_int(not_whole[i], &n));
        assert_int_equal(n, 7);
    }
}

static void numbers_are_read_exactly(void **state)
{
    (void)state;
    double x;
    int n;
    long long l;
    assert_true(number_double("-1.5e-3", &x) && x == -1.5e-3);
    assert_true(number_double("+.5", &x) && x == 0.5);
    assert_true(number_double("5.", &x) && x == 5);
    assert_true(number_double("1e-999", &x) && x == 0);
    assert_true(number_fortran("1.0D-3", &x) && x == 1e-3);
    assert_true(number_fortran("-2d0", &x) && x == -2);
    assert_false(number_fortran("1D", &x));
    assert_true(number_int("-2147483648", &n) && n == INT_MIN);
    assert_true(number_long("9223372036854775807", &l) && l == LLONG_MAX);
}

static void written_numbers_read_back_as_the_same_double(void **state)
{
    (void)state;
    const double value[] = {0.1, 1.0 / 3, 1e-310, DBL_MAX, -0.0, 1, 123456789.123456789, 5e-324, 2.0 / 3 * 1e22};
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
        char s[32];
        double back;
        assert_true(number_double(number_write(s, value[i]), &back));
        assert_memory_equal(&back, &value[i], sizeof back);
    }
    char s[32];
    assert_string_equal(number_write(s, 0.1), "0.1");
    assert_string_equal(number_write(s, 50), "50");
}

static void a_locale_with_decimal_commas_changes_nothing(void **state)
{
    (void)state;
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
        skip();
    char s[32];
    double x;
    assert_string_equal(number_write(s, 0.5), "0.5");
    assert_true(number_double("0.5", &x) && x == 0.5);
    setlocale(LC_NUMERIC, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_with_newline_or_cr_lf_and_the_last_may_lack_it),
        cmocka_unit_test(an_empty_file_and_a_lone_byte_order_mark_have_no_lines),
        cmocka_unit_test(a_nul_byte_is_refused_with_its_line),
        cmocka_unit_test(files_that_cannot_be_read_say_why),
        cmocka_unit_test(a_file_larger_than_the_first_buffer_is_read_whole),
        cmocka_unit_test(an_error_names_the_line_last_given),
        cmocka_unit_test(split_counts_all_tokens_and_keeps_those_beyond),
        cmocka_unit_test(trim_and_blank),
        cmocka_unit_test(strange_bytes_are_shown_harmlessly),
        cmocka_unit_test(numbers_that_are_none_are_refused_and_leave_the_value_alone),
        cmocka_unit_test(numbers_are_read_exactly),
        cmocka_unit_test(written_numbers_read_back_as_the_same_double),
        cmocka_unit_test(a_locale_with_decimal_commas_changes_nothing),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
