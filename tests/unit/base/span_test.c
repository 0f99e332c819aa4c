// SPDX-License-Identifier: BSD-3-Clause
/* span_test.c - the clock tree, NVTX ranges, stopping, memory. */
#include "tests/support/test.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "host/base/clock.h"
#include "host/base/memory.h"
#include "host/base/span.h"
#include "host/base/stop.h"
#include "tests/support/scratch.h"

static void work(int depth)
{
    span_begin("scf");
    span_begin("h_psi");
    span_end();
    span_begin("h_psi");
    span_end();
    if (depth > 0)
        work(depth - 1);
    span_end();
}

/* Not inlined: gcc 12 takes the returned text for a pointer to the local that held it (-Wdangling-pointer). */
__attribute__((noinline)) static char *printed(void)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    span_print(f);
    fclose(f);
    return text;
}

static void the_tree_counts_calls_under_their_parents(void **state)
{
    (void)state;
    span_open();
    work(0);
    span_begin("h_psi"); /* another place, another node */
    span_end();
    char *text = printed();
    long calls = 0;
    assert_int_equal(sscanf(strstr(text, "      h_psi"), " h_psi %ld", &calls), 1);
    assert_int_equal(calls, 2);
    assert_non_null(strstr(text, "\n    h_psi "));
    free(text);
    span_close();
}

static void seconds_by_name_do_not_count_a_span_inside_itself_twice(void **state)
{
    (void)state;
    span_open();
    double began = clock_seconds();
    work(3);
    double took = clock_seconds() - began + 1e-5; /* ticks are set against the clock by two readings some 100 ns apart */
    assert_true(span_seconds("scf") > 0 && span_seconds("scf") <= took);
    struct js *root = js_new();
    span_json(root, "seconds");
    double seconds = -1;
    assert_true(js_get_double(js_get(root, "seconds"), "scf", &seconds) && seconds <= took);
    assert_string_equal(js_key(js_get(root, "seconds"), 0), "scf");
    js_free(root);
    span_close();
}

static void unwinding_closes_what_a_failure_left_open(void **state)
{
    (void)state;
    span_open();
    span_begin("study");
    int depth = span_depth();
    span_begin("site");
    span_begin("scf");
    span_unwind(depth);
    assert_int_equal(span_depth(), 1);
    span_end();
    span_end(); /* one too many: harmless */
    assert_int_equal(span_depth(), 0);
    span_close();
}

static void too_many_names_are_dropped_without_losing_the_others(void **state)
{
    (void)state;
    static char name[600][8];
    span_open();
    for (int i = 0; i < 600; i++) {
        snprintf(name[i], sizeof name[i], "n%d", i);
        span_begin(name[i]);
    }
    for (int i = 0; i < 600; i++)
        span_end();
    assert_int_equal(span_depth(), 0);
    span_begin("n0");
    span_end();
    assert_true(span_seconds("n0") > 0);
    span_close();
}

static void *spans_of_another_thread(void *user)
{
    span_begin("other");
    span_end();
    return user;
}

static void other_threads_and_closed_clocks_are_ignored(void **state)
{
    (void)state;
    span_open();
    pthread_t thread;
    pthread_create(&thread, NULL, spans_of_another_thread, NULL);
    pthread_join(thread, NULL);
    assert_true(span_seconds("other") == 0);
    span_close();
    span_begin("nobody");
    span_end();
    char *text = printed();
    assert_string_equal(text, "");
    free(text);
}

static int pushed, popped, profiled;
static void push(kd_device *dev, const char *name)
{
    (void)dev;
    pushed += strcmp(name, "scf") == 0;
}
static void pop(kd_device *dev)
{
    (void)dev;
    popped++;
}
static void profiler(kd_device *dev, bool start)
{
    (void)dev;
    profiled += start ? 1 : 10;
}

static void a_span_is_a_range_of_the_device_and_profile_needs_to_be_asked_for(void **state)
{
    (void)state;
    const struct device_ops ops = {.range_push = push, .range_pop = pop, .profiler = profiler};
    kd_device dev = {.ops = &ops};
    span_open();
    span_device(&dev);
    span_begin("scf");
    profile_begin();
    assert_int_equal(profiled, 0);
    profile_enable();
    profile_begin();
    profile_end();
    span_end();
    assert_int_equal(pushed, 1);
    assert_int_equal(popped, 1);
    assert_int_equal(profiled, 11);
    span_close();
}

/* ---- stop ---- */

static void nobody_asks_at_first_and_a_request_stays(void **state)
{
    (void)state;
    stop_reset();
    assert_false(stop_requested());
    stop_request("rank 3 failed");
    assert_true(stop_requested());
    assert_string_equal(stop_reason(), "rank 3 failed");
    assert_int_equal(stop_status("checkpoint.h5 written"), KD_ESTOPPED);
    assert_string_equal(kd_error_message(), "stopped (rank 3 failed): checkpoint.h5 written");
    stop_reset();
    assert_false(stop_requested());
}

static void a_signal_asks_and_the_second_one_kills(void **state)
{
    (void)state;
    stop_install(0);
    raise(SIGTERM);
    assert_true(stop_requested());
    assert_string_equal(stop_reason(), "terminated");
    stop_reset();
    pid_t child = fork();
    if (child == 0) {
        stop_install(0);
        raise(SIGINT);
        if (!stop_requested())
            _exit(1);
        raise(SIGINT);
        _exit(2);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}

static void time_runs_out(void **state)
{
    (void)state;
    stop_install(1e-9);
    assert_true(stop_requested());
    assert_string_equal(stop_reason(), "--max-seconds is over");
    stop_reset();
    stop_install(1e6);
    assert_false(stop_requested());
    stop_reset();
}

static void a_file_asks_and_is_taken_away(void **state)
{
    (void)state;
    stop_reset();
    scratch_write(scratch_path("STOP"), "", 0);
    stop_watch_file(scratch_path("STOP"));
    assert_true(stop_requested());
    assert_string_equal(stop_reason(), "STOP file found");
    assert_int_equal(scratch_count("STOP"), 0);
    stop_reset();
    assert_false(stop_requested());
}

/* ---- memory ---- */

static void peak_memory_grows_with_what_is_touched(void **state)
{
    (void)state;
    double before = memory_peak_mb();
    assert_true(before > 0.1 && memory_available_mb() > 0);
    size_t size = 64 << 20;
    volatile char *block = malloc(size);
    assert_non_null(block);
    for (size_t i = 0; i < size; i += 4096)
        block[i] = 1;
    free((void *)block);
    /* 67.1 MB more at the peak, less what was resident before and unused; the kernel counts to some 0.1 MB */
    assert_true(memory_peak_mb() >= before + 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tree_counts_calls_under_their_parents),
        cmocka_unit_test(seconds_by_name_do_not_count_a_span_inside_itself_twice),
        cmocka_unit_test(unwinding_closes_what_a_failure_left_open),
        cmocka_unit_test(too_many_names_are_dropped_without_losing_the_others),
        cmocka_unit_test(other_threads_and_closed_clocks_are_ignored),
        cmocka_unit_test(a_span_is_a_range_of_the_device_and_profile_needs_to_be_asked_for),
        cmocka_unit_test(nobody_asks_at_first_and_a_request_stays),
        cmocka_unit_test(a_signal_asks_and_the_second_one_kills),
        cmocka_unit_test(time_runs_out),
        cmocka_unit_test(peak_memory_grows_with_what_is_touched),
        cmocka_unit_test(a_file_asks_and_is_taken_away),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
