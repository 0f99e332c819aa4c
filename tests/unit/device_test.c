// SPDX-License-Identifier: BSD-3-Clause
/* device_test.c - devices by name, accounting, scratch, seal, strict mode. */
#include "tests/support/test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/device.h"

static void a_name_that_is_none_is_refused(void **state)
{
    (void)state;
    const char *wrong[] = {"gpu", "cuda:", "cuda:x", "cuda:-1", "cpu:1", "", "cudacudacuda", "auto:0"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        kd_device *dev = NULL;
        assert_int_equal(kd_device_open(wrong[i], 1, &dev, NULL), KD_EINPUT);
        assert_null(dev);
        assert_non_null(strstr(kd_error_message(), "expected auto, cpu, cuda"));
    }
}

static void auto_always_opens_something_and_says_why_it_is_not_a_gpu(void **state)
{
    (void)state;
    kd_device *dev;
    char why[256];
    assert_ok(kd_device_open("auto", 1, &dev, why));
    if (strcmp(dev->backend, "cpu") == 0)
        assert_true(why[0] != '\0');
    kd_device_close(dev);
}

static void memory_is_counted_and_returned(void **state)
{
    (void)state;
    kd_device *dev;
    assert_ok(kd_device_open("cpu", 1, &dev, NULL));
    double *a, *b, back[4], values[4] = {1, 2, 3, 4};
    assert_ok(kd_alloc(dev, 1000, &a));
    assert_ok(kd_alloc_copy(dev, dev->stream, values, sizeof values, &b));
    assert_int_equal(dev->bytes_now, 1000 + sizeof values);
    assert_ok(kd_download(dev, dev->stream, back, b, sizeof back));
    assert_memory_equal(back, values, sizeof back);
    kd_free(dev, a);
    kd_free(dev, NULL);
    assert_int_equal(dev->bytes_now, sizeof values);
    assert_int_equal(dev->bytes_peak, 1000 + sizeof values);
    kd_free(dev, b);
    kd_device_close(dev);
}

static void allocation_after_the_seal_names_the_culprit(void **state)
{
    (void)state;
    kd_device *dev;
    assert_ok(kd_device_open("cpu", 1, &dev, NULL));
    void *p;
    kd_device_seal(dev);
    assert_int_equal(kd_alloc(dev, 8, &p), KD_ENOMEM);
    assert_non_null(strstr(kd_error_message(), "device_test.c"));
    kd_device_unseal(dev);
    assert_ok(kd_alloc(dev, 8, &p));
    kd_free(dev, p);
    kd_device_close(dev);
}

static void scratch_is_a_stack_that_does_not_grow_behind_the_users_back(void **state)
{
    (void)state;
    kd_device *dev;
    assert_ok(kd_device_open("cpu", 1, &dev, NULL));
    void *a, *b, *c;
    assert_int_equal(kd_scratch_take(dev, 1, &a), KD_ENOMEM);
    assert_ok(kd_scratch_reserve(dev, kd_scratch_round(100) + kd_scratch_round(300)));
    size_t mark = kd_scratch_mark(dev);
    assert_ok(kd_scratch_take(dev, 100, &a));
    assert_ok(kd_scratch_take(dev, 300, &b));
    assert_int_equal((char *)b - (char *)a, 256);
    assert_int_equal(kd_scratch_take(dev, 1, &c), KD_ENOMEM);
    assert_int_equal(kd_scratch_reserve(dev, 10000), KD_EINTERNAL);
    kd_scratch_release(dev, mark);
    assert_ok(kd_scratch_take(dev, 100, &c));
    assert_ptr_equal(a, c);
    kd_scratch_release(dev, mark);
    assert_ok(kd_scratch_reserve(dev, 10000));
    kd_device_close(dev);
}

/* Runs in a child: exits 0 when the read went through. */
static int read_device_memory(void)
{
    kd_device *dev;
    double *p, value = 7;
    if (kd_device_open("cpu", 1, &dev, NULL) != KD_OK || kd_alloc_copy(dev, dev->stream, &value, sizeof value, &p) != KD_OK)
        return 1;
    return *(volatile double *)p == 7 ? 0 : 2;
}

static int child_status(bool strict)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        setenv("KEDGE_STRICT", strict ? "1" : "0", 1);
        _exit(read_device_memory());
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return status;
}

static void strict_mode_catches_a_host_read_of_device_memory(void **state)
{
    (void)state;
    assert_int_equal(child_status(false), 0);
    int status = child_status(true);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_that_is_none_is_refused),
        cmocka_unit_test(auto_always_opens_something_and_says_why_it_is_not_a_gpu),
        cmocka_unit_test(memory_is_counted_and_returned),
        cmocka_unit_test(allocation_after_the_seal_names_the_culprit),
        cmocka_unit_test(scratch_is_a_stack_that_does_not_grow_behind_the_users_back),
        cmocka_unit_test(strict_mode_catches_a_host_read_of_device_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
