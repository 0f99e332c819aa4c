// SPDX-License-Identifier: BSD-3-Clause
/* commit_test.c - a committed file is whole or not there. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "host/base/commit.h"
#include "host/base/paths.h"
#include "tests/support/scratch.h"

static void a_file_has_its_name_only_when_it_is_finished(void **state)
{
    (void)state;
    struct commit c;
    assert_ok(commit_open(scratch_path("a.txt"), &c));
    fputs("whole\n", c.file);
    assert_int_equal(access(scratch_path("a.txt"), F_OK), -1);
    assert_int_equal(scratch_count("a.txt.tmp-"), 1);
    assert_ok(commit_finish(&c));
    char *text = scratch_read(scratch_path("a.txt"), NULL);
    assert_string_equal(text, "whole\n");
    free(text);
    assert_int_equal(scratch_count(".tmp-"), 0);
    commit_abandon(&c); /* finished: harmless */
}

static void an_abandoned_file_leaves_the_older_one(void **state)
{
    (void)state;
    scratch_write(scratch_path("old"), "old", 3);
    struct commit c;
    assert_ok(commit_open(scratch_path("old"), &c));
    fputs("new", c.file);
    commit_abandon(&c);
    char *text = scratch_read(scratch_path("old"), NULL);
    assert_string_equal(text, "old");
    free(text);
    assert_int_equal(scratch_count(".tmp-"), 0);
}

static void a_link_stays_a_link(void **state)
{
    (void)state;
    scratch_write(scratch_path("real"), "old", 3);
    assert_int_equal(symlink("real", scratch_path("link")), 0);
    struct commit c;
    assert_ok(commit_open(scratch_path("link"), &c));
    fputs("new", c.file);
    assert_ok(commit_finish(&c));
    struct stat s;
    lstat(scratch_path("link"), &s);
    assert_true(S_ISLNK(s.st_mode));
    char *text = scratch_read(scratch_path("real"), NULL);
    assert_string_equal(text, "new");
    free(text);
}

static void a_device_is_written_not_renamed_over(void **state)
{
    (void)state;
    int fd[2];
    char path[32], got[8] = "";
    assert_int_equal(pipe(fd), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", fd[1]);
    struct commit c;
    assert_ok(commit_open(path, &c));
    fputs("piped", c.file);
    assert_ok(commit_finish(&c));
    assert_int_equal(read(fd[0], got, sizeof got - 1), 5);
    assert_string_equal(got, "piped");
    assert_ok(commit_open("/dev/null", &c));
    assert_ok(commit_finish(&c));
    struct stat s;
    stat("/dev/null", &s);
    assert_true(S_ISCHR(s.st_mode));
    close(fd[0]);
    close(fd[1]);
}

static void what_cannot_be_written_says_why(void **state)
{
    (void)state;
    struct commit c;
    assert_int_equal(commit_open(scratch_path("no/such/dir"), &c), KD_EIO);
    assert_non_null(strstr(kd_error_message(), "cannot write, No such file or directory"));
    assert_int_equal(commit_open(scratch_directory, &c), KD_EIO);
    assert_non_null(strstr(kd_error_message(), "it is a directory"));
    assert_int_equal(commit_open("/proc/self/out", &c), KD_EIO); /* nobody, not even root, may make files there */
    assert_int_equal(commit_open("/dev/full", &c), KD_OK);
    fputs("x", c.file);
    assert_int_equal(commit_finish(&c), KD_EIO);
    assert_non_null(strstr(kd_error_message(), "No space left on device"));
}

/* A file-size limit stands for a full disk: write fails part way through. */
static void a_full_disk_leaves_the_older_file_and_no_litter(void **state)
{
    (void)state;
    scratch_write(scratch_path("kept"), "old", 3);
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 100000;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    struct commit c;
    kd_status opened = commit_open(scratch_path("kept"), &c);
    for (int i = 0; i < 30000 && opened == KD_OK; i++)
        fputs("0123456789", c.file);
    kd_status status = commit_finish(&c);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, KD_EIO);
    assert_non_null(strstr(kd_error_message(), "File too large"));
    char *text = scratch_read(scratch_path("kept"), NULL);
    assert_string_equal(text, "old");
    free(text);
    assert_int_equal(scratch_count("kept.tmp-"), 0);
}

static void shipped_files_are_found_and_missing_ones_say_where_they_were_sought(void **state)
{
    (void)state;
    char path[PATH_MAX];
    scratch_write(scratch_path("SiO.tersoff"), "x", 1);
    setenv("KEDGE_DATA", scratch_directory, 1);
    assert_ok(data_directory(path));
    assert_string_equal(path, scratch_directory);
    assert_ok(data_file("SiO.tersoff", path));
    assert_ok(data_or_given("SiO.tersoff", path));
    assert_int_equal(data_file("none", path), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), scratch_directory));
    assert_int_equal(data_or_given("none", path), KD_EINPUT);
    assert_int_equal(data_or_given("/none", path), KD_EINPUT);
    scratch_write(scratch_path("own"), "x", 1);
    assert_ok(data_or_given(scratch_path("own"), path));
    setenv("KEDGE_DATA", scratch_path("not-there"), 1);
    assert_int_equal(data_directory(path), KD_EINPUT);
    assert_non_null(strstr(kd_error_message(), "is not a directory"));
    unsetenv("KEDGE_DATA");
    assert_ok(data_directory(path)); /* the build tree's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_has_its_name_only_when_it_is_finished),
        cmocka_unit_test(an_abandoned_file_leaves_the_older_one),
        cmocka_unit_test(a_link_stays_a_link),
        cmocka_unit_test(a_device_is_written_not_renamed_over),
        cmocka_unit_test(what_cannot_be_written_says_why),
        cmocka_unit_test(a_full_disk_leaves_the_older_file_and_no_litter),
        cmocka_unit_test(shipped_files_are_found_and_missing_ones_say_where_they_were_sought),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
