// SPDX-License-Identifier: BSD-3-Clause
/* log_test.c - lines, events, warnings, progress. stderr goes to a file here. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#include "host/base/log.h"
#include "host/base/progress.h"
#include "tests/support/scratch.h"

static int kept_stderr;

static void stderr_to(const char *path)
{
    fflush(stderr);
    kept_stderr = dup(STDERR_FILENO);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(fd, STDERR_FILENO);
    close(fd);
}

/* What was said; the caller frees it. */
static char *stderr_back(const char *path)
{
    fflush(stderr);
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    return scratch_read(path, NULL);
}

static void a_library_is_silent_until_the_log_is_opened(void **state)
{
    (void)state;
    assert_ok(log_close());
    stderr_to(scratch_path("err"));
    log_info("nobody hears this");
    log_warning("kept");
    char *said = stderr_back(scratch_path("err"));
    assert_string_equal(said, "");
    assert_int_equal(log_warning_count(), 1);
    free(said);
}

static void lines_carry_the_program_and_quiet_leaves_errors_only(void **state)
{
    (void)state;
    stderr_to(scratch_path("err"));
    assert_ok(log_open(&(struct log_options){LOG_INFO, NULL, "kedge"}));
    log_info("reading %s", "in.xyz");
    log_warning("odd");
    log_debug("not shown");
    assert_ok(log_open(&(struct log_options){LOG_ERROR, NULL, "kedge"}));
    log_info("not shown");
    log_warning("not shown, but kept");
    log_error("bad");
    char *said = stderr_back(scratch_path("err"));
    assert_string_equal(said, "kedge: reading in.xyz\nkedge: warning: odd\nkedge: bad\n");
    assert_int_equal(log_warning_count(), 1);
    free(said);
}

static void a_repeated_warning_is_said_once(void **state)
{
    (void)state;
    stderr_to(scratch_path("err"));
    assert_ok(log_open(&(struct log_options){LOG_INFO, NULL, "kedge"}));
    for (int i = 0; i < 3; i++)
        log_warning("same");
    char *said = stderr_back(scratch_path("err"));
    assert_string_equal(said, "kedge: warning: same\n");
    assert_int_equal(log_warning_count(), 1);
    free(said);
}

static void a_flood_of_warnings_is_cut_and_counted(void **state)
{
    (void)state;
    assert_ok(log_close());
    for (int i = 0; i < 130; i++)
        log_warning("number %d", i);
    struct js *root = js_new();
    log_warnings_json(root, "warnings");
    const struct js *list = js_get(root, "warnings");
    assert_int_equal(js_size(list), 101);
    assert_string_equal(js_value_string(js_item(list, 100)), "and 30 more warnings");
    js_free(root);
}

static void every_event_is_one_json_object_with_time_and_name(void **state)
{
    (void)state;
    stderr_to(scratch_path("err"));
    assert_ok(log_open(&(struct log_options){LOG_ERROR, scratch_path("events"), "kedge"}));
    assert_true(log_wants_events());
    log_info("line with \"quotes\" and\nnewline");
    struct js *fields = js_new();
    js_double(fields, "energy_ev", -1.5);
    log_event("scf_step", fields);
    assert_ok(log_close());
    assert_false(log_wants_events());
    log_event("nobody", js_new());
    free(stderr_back(scratch_path("err")));
    char *events = scratch_read(scratch_path("events"), NULL);
    char *second = strchr(events, '\n') + 1;
    struct js *event;
    assert_ok(js_parse("event", events, (size_t)(second - events), &event));
    assert_string_equal(js_get_string(event, "event"), "info");
    assert_string_equal(js_get_string(event, "message"), "line with \"quotes\" and\nnewline");
    assert_int_equal(strlen(js_get_string(event, "time")), strlen("2026-01-01T00:00:00.000Z"));
    js_free(event);
    double energy = 0;
    assert_ok(js_parse("event", second, strlen(second), &event));
    assert_string_equal(js_get_string(event, "event"), "scf_step");
    assert_true(js_get_double(event, "energy_ev", &energy) && energy == -1.5);
    js_free(event);
    free(events);
}

static void an_event_file_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(log_open(&(struct log_options){LOG_ERROR, scratch_path("no/dir"), "kedge"}), KD_EIO);
    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_ok(log_open(&(struct log_options){LOG_ERROR, "/dev/full", "kedge"}));
    log_info("lost");
    assert_int_equal(log_close(), KD_EIO);
    assert_ok(log_close());
}

static void *say_many(void *user)
{
    for (int i = 0; i < 200; i++)
        log_info("thread %s line %d", (const char *)user, i);
    return NULL;
}

static void threads_do_not_mix_their_lines(void **state)
{
    (void)state;
    stderr_to(scratch_path("err"));
    assert_ok(log_open(&(struct log_options){LOG_INFO, NULL, "kedge"}));
    pthread_t one, two;
    pthread_create(&one, NULL, say_many, "a");
    pthread_create(&two, NULL, say_many, "b");
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    char *said = stderr_back(scratch_path("err"));
    int n = 0;
    for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n"), n++)
        assert_true(strncmp(line, "kedge: thread ", 14) == 0 && strlen(line) <= strlen("kedge: thread a line 199"));
    assert_int_equal(n, 400);
    free(said);
}

static void a_log_line_steps_over_the_live_line(void **state)
{
    (void)state;
    stderr_to(scratch_path("err"));
    assert_ok(log_open(&(struct log_options){LOG_INFO, NULL, "kedge"}));
    log_live("half done");
    log_info("note");
    log_live("nearly");
    log_live(NULL);
    char *said = stderr_back(scratch_path("err"));
    assert_string_equal(said, "half done\r\033[Kkedge: note\nnearly\r\033[K");
    free(said);
}

/* Time is moved by hand: the struct holds when it began and when it last spoke. */
static void progress_is_silent_for_short_work_and_speaks_now_and_then_in_a_pipe(void **state)
{
    (void)state;
    struct progress p;
    stderr_to(scratch_path("err"));
    assert_ok(log_open(&(struct log_options){LOG_INFO, NULL, "kedge"}));
    progress_begin(&p, "quench", "atom-steps", 100, 200);
    progress_at(&p, 50);
    progress_end(&p);
    char *said = stderr_back(scratch_path("err"));
    assert_string_equal(said, "");
    free(said);

    stderr_to(scratch_path("err"));
    progress_begin(&p, "quench", "atom-steps", 100, 200);
    p.started -= 10; /* as if ten seconds had gone by */
    p.shown -= 10;
    progress_at(&p, 50);
    progress_at(&p, 51); /* too soon after the last line */
    progress_end(&p);
    said = stderr_back(scratch_path("err"));
    assert_non_null(strstr(said, "kedge: quench  50 %  1e+03 atom-steps/s  0:10 left\n"));
    assert_null(strstr(said, "51 %"));
    assert_non_null(strstr(said, "done in 0:10"));
    free(said);
}

static void durations_read_like_a_clock(void **state)
{
    (void)state;
    char s[24];
    assert_string_equal(progress_duration(s, 31.4), "0:31");
    assert_string_equal(progress_duration(s, 725), "12:05");
    assert_string_equal(progress_duration(s, 11265), "3:07:45");
    assert_true(strlen(progress_duration(s, 1e300)) < 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_is_silent_until_the_log_is_opened),
        cmocka_unit_test(lines_carry_the_program_and_quiet_leaves_errors_only),
        cmocka_unit_test(a_repeated_warning_is_said_once),
        cmocka_unit_test(a_flood_of_warnings_is_cut_and_counted),
        cmocka_unit_test(every_event_is_one_json_object_with_time_and_name),
        cmocka_unit_test(an_event_file_that_cannot_be_written_is_an_error),
        cmocka_unit_test(threads_do_not_mix_their_lines),
        cmocka_unit_test(a_log_line_steps_over_the_live_line),
        cmocka_unit_test(progress_is_silent_for_short_work_and_speaks_now_and_then_in_a_pipe),
        cmocka_unit_test(durations_read_like_a_clock),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
