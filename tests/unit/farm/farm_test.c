// SPDX-License-Identifier: BSD-3-Clause
/* The farm with stages that are no physics: order, failures, retries, kill -9, several processes, damage. */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "host/base/commit.h"
#include "host/base/json.h"
#include "host/base/stop.h"
#include "host/farm/farm.h"
#include "tests/support/scratch.h"

enum { STRUCTURES = 3, SITES = 4, ITEMS = STRUCTURES * (1 + SITES) + 1 };

/* Three "structures", four "sites" each that need theirs, and one "dataset" that needs all to be over. */
struct double_study {
    struct farm farm;
    struct farm_item item[ITEMS];
    int need_site[STRUCTURES], need_all[ITEMS];
    int fail_item, fail_times;       /* this item fails so often */
    kd_status fail_with;
    long work_ns;
    int n_run, order[4 * ITEMS];
};

static void append_line(const char *name, const char *line)
{
    int fd = open(scratch_path(name), O_WRONLY | O_CREAT | O_APPEND, 0666);
    assert_int_equal(write(fd, line, strlen(line)), (ssize_t)strlen(line));
    close(fd);
}

static kd_status run_double(void *owner, int i, int attempt)
{
    struct double_study *s = owner;
    char path[PATH_MAX], line[FARM_NAME + 2];
    struct commit c;
    if (s->n_run < 4 * ITEMS)
        s->order[s->n_run] = i;
    s->n_run++;
    snprintf(line, sizeof line, "%s\n", s->item[i].name);
    append_line("runs.txt", line);
    nanosleep(&(struct timespec){0, s->work_ns}, NULL);
    if (i == s->fail_item && attempt <= s->fail_times)
        FAIL(s->fail_with, "a test double: item %d, attempt %d", i, attempt);
    farm_path(&s->farm, "", s->item[i].product, "", path);
    TRY(commit_open(path, &c));
    fprintf(c.file, "product of %s\n", s->item[i].name);
    for (int k = 0; k < s->item[i].n_need; k++) { /* the dataset gathers what is there */
        char from[PATH_MAX], text[64] = "absent\n";
        farm_path(&s->farm, "", s->item[s->item[i].need[k]].product, "", from);
        FILE *in = fopen(from, "r");
        if (in && !fgets(text, sizeof text, in))
            text[0] = '\0';
        if (in)
            fclose(in);
        fputs(text, c.file);
    }
    return commit_finish(&c);
}

static kd_status check_double(void *owner, int i)
{
    struct double_study *s = owner;
    char path[PATH_MAX];
    struct stat st;
    farm_path(&s->farm, "", s->item[i].product, "", path);
    return stat(path, &st) == 0 && st.st_size > 0 ? KD_OK : KD_EINPUT;
}

static void add(struct double_study *s, int i, int stage, const char *name, int n_need, int *need, bool any_end)
{
    struct farm_item *item = &s->item[i];
    snprintf(item->name, sizeof item->name, "%s", name);
    snprintf(item->product, sizeof item->product, "out/%s.txt", name);
    item->stage = stage;
    item->n_need = n_need;
    item->need = need;
    item->any_end = any_end;
}

static void make_study(struct double_study *s, const char *folder)
{
    memset(s, 0, sizeof *s);
    char out[PATH_MAX], name[32];
    snprintf(s->farm.directory, PATH_MAX, "%s", scratch_path(folder));
    mkdir(s->farm.directory, 0777);
    snprintf(out, sizeof out, "%.*s/out", PATH_MAX - 8, s->farm.directory);
    mkdir(out, 0777);
    int n = 0;
    for (int k = 0; k < STRUCTURES; k++) {
        snprintf(name, sizeof name, "scf-%d", k);
        add(s, n++, 0, name, 0, NULL, false);
    }
    for (int site = 0; site < SITES; site++) /* round the structures: results of all arrive early */
        for (int k = 0; k < STRUCTURES; k++) {
            s->need_site[k] = k;
            snprintf(name, sizeof name, "site-%d-%d", k, site);
            add(s, n++, 1, name, 1, &s->need_site[k], false);
        }
    for (int k = STRUCTURES; k < n; k++)
        s->need_all[k - STRUCTURES] = k;
    add(s, n, 2, "dataset", n - STRUCTURES, s->need_all, true);
    s->farm.n_item = n + 1;
    s->farm.item = s->item;
    s->farm.n_stage = 3;
    s->farm.stage[0] = "scf", s->farm.stage[1] = "site", s->farm.stage[2] = "dataset";
    s->farm.stale_seconds = 600;
    s->farm.attempts = 1;
    s->farm.run = run_double;
    s->farm.check = check_double;
    s->farm.owner = s;
    s->fail_item = -1;
    unlink(scratch_path("runs.txt"));
}

static void put_back(void)
{
    stop_reset();
}

static char *dataset_of(const struct double_study *s)
{
    char path[PATH_MAX];
    farm_path(&s->farm, "", "out/dataset", ".txt", path);
    return scratch_read(path, NULL);
}

static char *undisturbed(void)
{
    struct double_study s;
    make_study(&s, "undisturbed");
    assert_ok(farm_open(&s.farm));
    assert_ok(farm_work(&s.farm));
    farm_close(&s.farm);
    return dataset_of(&s);
}

static void items_are_done_in_order_and_once(void **state)
{
    (void)state;
    struct double_study s;
    struct farm_count count[3], all;
    make_study(&s, "order");
    assert_ok(farm_open(&s.farm));
    assert_ok(farm_work(&s.farm));
    assert_int_equal(s.n_run, ITEMS);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(s.order[i], i);
    assert_ok(farm_work(&s.farm));
    farm_close(&s.farm);
    assert_ok(farm_open(&s.farm)); /* another process, later: nothing is left */
    assert_ok(farm_work(&s.farm));
    assert_int_equal(s.n_run, ITEMS);
    assert_ok(farm_count(&s.farm, count, &all));
    farm_close(&s.farm);
    assert_int_equal(all.done, ITEMS);
    assert_int_equal(count[1].total, STRUCTURES * SITES);
    assert_int_equal(count[1].done, STRUCTURES * SITES);
    assert_int_equal(all.running + all.stale + all.failed, 0);
}

static void a_failure_is_recorded_and_blocks_only_what_needs_it(void **state)
{
    (void)state;
    struct double_study s;
    struct farm_count count[3], all;
    char message[512];
    make_study(&s, "failure");
    s.fail_item = 1;
    s.fail_times = 1;
    s.fail_with = KD_ENOCONV;
    assert_ok(farm_open(&s.farm));
    assert_ok(farm_work(&s.farm));
    assert_ok(farm_count(&s.farm, count, &all));
    assert_int_equal(all.failed, 1);
    assert_int_equal(count[1].blocked, SITES);
    assert_int_equal(count[2].done, 1); /* the dataset goes without them */
    assert_int_equal(farm_failure_read(&s.farm, 1, message), 1);
    assert_string_equal(message, "a test double: item 1, attempt 1");
    farm_close(&s.farm);

    char path[PATH_MAX]; /* --restart: tried once more, and now its sites can be had */
    s.farm.attempts = 2;
    s.n_run = 0;
    farm_path(&s.farm, "", "out/dataset", ".txt", path);
    unlink(path); /* the study makes the dataset anew when items were added */
    assert_ok(farm_open(&s.farm));
    assert_ok(farm_work(&s.farm));
    farm_close(&s.farm);
    assert_int_equal(s.n_run, 1 + SITES + 1);
    char *want = undisturbed(), *got = dataset_of(&s);
    assert_string_equal(got, want);
    free(want);
    free(got);
}

static void what_fails_twice_is_left_alone(void **state)
{
    (void)state;
    struct double_study s;
    make_study(&s, "twice");
    s.fail_item = STRUCTURES;
    s.fail_times = 99;
    s.fail_with = KD_EINPUT;
    s.farm.attempts = 2;
    assert_ok(farm_open(&s.farm));
    assert_ok(farm_work(&s.farm));
    farm_close(&s.farm);
    assert_int_equal(s.n_run, ITEMS + 1);
    s.n_run = 0;
    assert_ok(farm_open(&s.farm));
    assert_ok(farm_work(&s.farm));
    farm_close(&s.farm);
    assert_int_equal(s.n_run, 0);
}

static void a_full_disk_ends_the_process_and_frees_the_claim(void **state)
{
    (void)state;
    struct double_study s;
    make_study(&s, "full");
    s.fail_item = 4;
    s.fail_times = 99;
    s.fail_with = KD_EIO;
    assert_ok(farm_open(&s.farm));
    assert_int_equal(farm_work(&s.farm), KD_EIO);
    assert_non_null(strstr(kd_error_message(), "site-1-0"));
    assert_int_equal(claims_look(&s.farm.claims, "site-1-0"), CLAIM_FREE);
    assert_int_equal(farm_failure_read(&s.farm, 4, NULL), 0); /* not the item's fault */
    farm_close(&s.farm);
}

static void a_product_that_was_damaged_is_made_again(void **state)
{
    (void)state;
    struct double_study s;
    char path[PATH_MAX];
    int n_bad;
    make_study(&s, "damage");
    assert_ok(farm_open(&s.farm));
    assert_ok(farm_work(&s.farm));
    farm_close(&s.farm);
    farm_path(&s.farm, "", "out/site-2-1", ".txt", path);
    scratch_write(path, "product of site-2-X\n", 20); /* the same size, one letter */
    farm_path(&s.farm, "", "out/site-0-3", ".txt", path);
    scratch_write(path, "", 0);
    char record[PATH_MAX];
    farm_path(&s.farm, "done", "site-0-3", ".json", record);
    unlink(record); /* no record: the check looks at it */
    s.n_run = 0;
    assert_ok(farm_open(&s.farm));
    assert_ok(farm_verify(&s.farm, &n_bad));
    assert_int_equal(n_bad, 2);
    assert_ok(farm_work(&s.farm));
    farm_close(&s.farm);
    assert_int_equal(s.n_run, 2);
    char *again = scratch_read(path, NULL);
    assert_int_equal(strncmp(again, "product of site-0-3\n", 20), 0);
    free(again);
}

static pid_t start_worker(const char *folder, long work_ns)
{
    pid_t child = fork();
    if (child == 0) {
        struct double_study s;
        char runs[32] = "";
        make_study(&s, folder);
        (void)runs;
        s.work_ns = work_ns;
        _exit(farm_open(&s.farm) != KD_OK || farm_work(&s.farm) != KD_OK);
    }
    return child;
}

static void three_processes_share_the_work(void **state)
{
    (void)state;
    char *want = undisturbed();
    struct double_study s;
    make_study(&s, "shared");
    for (int p = 0; p < 3; p++)
        start_worker("shared", 3000000);
    for (int p = 0, status; p < 3; p++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    char *got = dataset_of(&s);
    assert_string_equal(got, want);
    struct farm_count count[3], all;
    assert_ok(farm_count(&s.farm, count, &all));
    assert_int_equal(all.done, ITEMS);
    free(want);
    free(got);
}

/* Two workers; one of them is killed at a random instant, sixty times. */
static void killed_at_random_instants_the_result_is_the_same(void **state)
{
    (void)state;
    char *want = undisturbed();
    struct double_study s;
    make_study(&s, "killed");
    unsigned seed = 20260;
    int status, kills = 0;
    for (int round = 0; round < 60; round++) {
        pid_t worker = start_worker("killed", 1000000);
        seed = seed * 1103515245u + 12345u;
        nanosleep(&(struct timespec){0, (long)(seed >> 8 & 0xfff) * 2000}, NULL); /* 0 to 8 ms */
        kill(worker, SIGKILL);
        assert_true(waitpid(worker, &status, 0) == worker);
        kills += WIFSIGNALED(status);
    }
    assert_true(kills > 5);
    pid_t last = start_worker("killed", 0);
    assert_true(waitpid(last, &status, 0) == last);
    assert_int_equal(status, 0);
    char *got = dataset_of(&s);
    assert_string_equal(got, want);
    int n_bad;
    assert_ok(farm_open(&s.farm));
    assert_ok(farm_verify(&s.farm, &n_bad));
    farm_close(&s.farm);
    assert_int_equal(n_bad, 0);
    free(want);
    free(got);
}

static void a_request_to_stop_is_kept_between_items(void **state)
{
    (void)state;
    struct double_study s;
    make_study(&s, "stop");
    assert_ok(farm_open(&s.farm));
    stop_request("a test");
    assert_int_equal(farm_work(&s.farm), KD_ESTOPPED);
    farm_close(&s.farm);
    put_back();
    assert_int_equal(s.n_run, 0);
}

static void the_summary_counts_and_names_failures(void **state)
{
    (void)state;
    struct double_study s;
    long long n;
    make_study(&s, "summary");
    s.fail_item = 2;
    s.fail_times = 9;
    s.fail_with = KD_ENOCONV;
    assert_ok(farm_open(&s.farm));
    assert_ok(farm_work(&s.farm));
    assert_ok(farm_write_progress(&s.farm, "A study of <doubles>"));
    farm_close(&s.farm);
    struct js *j;
    char path[PATH_MAX];
    farm_path(&s.farm, "", "progress", ".json", path);
    assert_ok(js_read(path, &j));
    assert_int_equal(js_size(js_get(j, "stages")), 3);
    assert_true(js_get_int(js_get(j, "all"), "blocked", &n));
    assert_int_equal(n, SITES);
    assert_string_equal(js_get_string(js_item(js_get(j, "failures"), 0), "item"), "scf-2");
    js_free(j);
    farm_path(&s.farm, "", "progress", ".html", path);
    char *page = scratch_read(path, NULL);
    assert_non_null(strstr(page, "A study of &#60;doubles&#62;"));
    assert_non_null(strstr(page, "a test double: item 2, attempt 1"));
    free(page);
}

static void a_list_out_of_order_is_refused(void **state)
{
    (void)state;
    struct double_study s;
    make_study(&s, "list");
    int later = 7;
    s.item[3].need = &later;
    assert_int_equal(farm_open(&s.farm), KD_EINTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_done_in_order_and_once),
        cmocka_unit_test(a_failure_is_recorded_and_blocks_only_what_needs_it),
        cmocka_unit_test(what_fails_twice_is_left_alone),
        cmocka_unit_test(a_full_disk_ends_the_process_and_frees_the_claim),
        cmocka_unit_test(a_product_that_was_damaged_is_made_again),
        cmocka_unit_test(three_processes_share_the_work),
        cmocka_unit_test(killed_at_random_instants_the_result_is_the_same),
        cmocka_unit_test(a_request_to_stop_is_kept_between_items),
        cmocka_unit_test(the_summary_counts_and_names_failures),
        cmocka_unit_test(a_list_out_of_order_is_refused),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
