// SPDX-License-Identifier: BSD-3-Clause
/* Claims of processes that may die at any time. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "host/farm/claim.h"
#include "tests/support/scratch.h"

static void write_foreign(const char *name, double age_seconds)
{
    char path[PATH_MAX];
    struct timespec now, times[2];
    snprintf(path, sizeof path, "%s/claims/%s", scratch_directory, name);
    scratch_write(path, "elsewhere 01234567-boot pid:[1] 77 4242\n", 40);
    clock_gettime(CLOCK_REALTIME, &now);
    times[0] = times[1] = (struct timespec){now.tv_sec - (time_t)age_seconds, now.tv_nsec};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void one_claims_and_the_other_does_not(void **state)
{
    (void)state;
    struct claims c;
    int g;
    assert_ok(claims_open(scratch_directory, 600, &c));
    assert_int_equal(claims_look(&c, "a"), CLAIM_FREE);
    assert_ok(claims_take(&c, "a", &g));
    assert_int_equal(g, 0);
    assert_int_equal(claims_look(&c, "a"), CLAIM_LIVE);
    assert_ok(claims_take(&c, "a", &g));
    assert_int_equal(g, -1);
    claims_release(&c, "a", 0);
    assert_int_equal(claims_look(&c, "a"), CLAIM_FREE);
    claims_close(&c);
    assert_int_equal(scratch_count("owner"), 1); /* the directory stays, its file does not */
    rmdir(scratch_path("owners"));
    assert_int_equal(scratch_count("owner"), 0);
}

static pid_t claim_and_hang(const char *name)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct claims c;
        int g;
        bool won = claims_open(scratch_directory, 600, &c) == KD_OK && claims_take(&c, name, &g) == KD_OK && g >= 0;
        if (write(ready[1], won ? "1" : "0", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]); /* a child that dies ends the read */
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, '1');
    close(ready[0]);
    return child;
}

static void a_claim_dies_with_its_process(void **state)
{
    (void)state;
    struct claims c;
    int g;
    assert_ok(claims_open(scratch_directory, 600, &c));
    pid_t child = claim_and_hang("b");
    assert_int_equal(claims_look(&c, "b"), CLAIM_LIVE);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(claims_look(&c, "b"), CLAIM_STALE);
    assert_ok(claims_take(&c, "b", &g));
    assert_int_equal(g, 1); /* the next generation: nobody removes the dead one */
    assert_int_equal(claims_look(&c, "b"), CLAIM_LIVE);
    claims_release(&c, "b", g);
    assert_int_equal(claims_look(&c, "b"), CLAIM_FREE);
    claims_close(&c);
}

static void a_claim_of_another_machine_lasts_as_long_as_it_is_touched(void **state)
{
    (void)state;
    struct claims c;
    int g;
    assert_ok(claims_open(scratch_directory, 100, &c));
    write_foreign("fresh.0", 60);
    write_foreign("old.0", 160);
    assert_ok(claims_take(&c, "fresh", &g));
    assert_int_equal(g, -1);
    assert_ok(claims_take(&c, "old", &g));
    assert_int_equal(g, 1);
    claims_close(&c);
}

static void the_owner_keeps_its_claims_fresh(void **state)
{
    (void)state;
    struct claims c;
    int g;
    struct stat before, after;
    assert_ok(claims_open(scratch_directory, 0.4, &c)); /* touched every 0.05 s */
    assert_ok(claims_take(&c, "warm", &g));
    assert_int_equal(stat(scratch_path("claims/warm.0"), &before), 0);
    nanosleep(&(struct timespec){0, 300000000}, NULL);
    assert_int_equal(stat(scratch_path("claims/warm.0"), &after), 0);
    assert_true(after.st_mtim.tv_sec > before.st_mtim.tv_sec || after.st_mtim.tv_nsec > before.st_mtim.tv_nsec);
    claims_close(&c);
}

/* Six processes find the same forty stale claims at once: each is won exactly once. */
static void of_many_who_find_a_stale_claim_one_wins(void **state)
{
    enum { PROCESSES = 6, CLAIMS = 40 };
    (void)state;
    struct claims c;
    int won[2], counts[CLAIMS] = {0};
    pid_t child[PROCESSES];
    assert_ok(claims_open(scratch_directory, 100, &c));
    for (int i = 0; i < CLAIMS; i++) {
        char name[32];
        snprintf(name, sizeof name, "race%d.0", i);
        write_foreign(name, 1000);
    }
    assert_int_equal(pipe(won), 0);
    for (int p = 0; p < PROCESSES; p++)
        if ((child[p] = fork()) == 0) {
            struct claims own;
            bool fine = claims_open(scratch_directory, 100, &own) == KD_OK;
            for (int i = 0; fine && i < CLAIMS; i++) {
                char name[32];
                int g;
                unsigned char byte = (unsigned char)i;
                snprintf(name, sizeof name, "race%d", i);
                fine = claims_take(&own, name, &g) == KD_OK && (g < 0 || write(won[1], &byte, 1) == 1);
            }
            close(won[1]);
            pause(); /* alive until all have tried */
            _exit(0);
        }
    close(won[1]);
    unsigned char byte;
    while (read(won[0], &byte, 1) == 1)
        counts[byte]++;
    for (int p = 0; p < PROCESSES; p++) {
        kill(child[p], SIGKILL);
        waitpid(child[p], NULL, 0);
    }
    for (int i = 0; i < CLAIMS; i++)
        assert_int_equal(counts[i], 1);
    claims_close(&c);
}

static void a_directory_that_cannot_be_written_is_one_line(void **state)
{
    (void)state;
    struct claims c;
    assert_int_equal(claims_open("/proc/self", 600, &c), KD_EIO);
    assert_non_null(strstr(kd_error_message(), "/proc/self/claims: cannot make this directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_claims_and_the_other_does_not),
        cmocka_unit_test(a_claim_dies_with_its_process),
        cmocka_unit_test(a_claim_of_another_machine_lasts_as_long_as_it_is_touched),
        cmocka_unit_test(the_owner_keeps_its_claims_fresh),
        cmocka_unit_test(of_many_who_find_a_stale_claim_one_wins),
        cmocka_unit_test(a_directory_that_cannot_be_written_is_one_line),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
