// SPDX-License-Identifier: BSD-3-Clause
/* driver_test.c - what a user is told where CUDA cannot be had: no plug-in, no driver, no GPU. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/device.h"

static void without_the_plug_in_cuda_fails_and_names_the_file_it_looked_for(void **state)
{
    (void)state;
    setenv("KEDGE_PLUGIN_DIR", "/nonexistent", 1);
    kd_device *dev = NULL;
    char line[160], why[256];
    assert_int_equal(kd_device_open("cuda", 1, &dev, NULL), KD_EDEVICE);
    assert_null(dev);
    assert_non_null(strstr(kd_error_message(), "/nonexistent/libkedge_cuda.so"));
    assert_int_equal(kd_device_count("cuda", why), 0);
    assert_non_null(strstr(why, "/nonexistent/libkedge_cuda.so"));
    assert_int_equal(kd_device_describe("cuda", 0, line), KD_EDEVICE);
    unsetenv("KEDGE_PLUGIN_DIR");
}

/* Needs the plug-in. With a usable GPU there is nothing to refuse; without one the sentence has to say what is missing and
 * what to do. cudaGetDeviceCount reports 35 (no or old driver), 100 (no GPU), 46 or 999. */
static void with_the_plug_in_but_no_gpu_cuda_fails_and_says_what_to_do(void **state)
{
    (void)state;
    char why[256];
    if (kd_device_count("cuda", why) > 0 || strstr(why, "not part of this installation"))
        skip();
    kd_device *dev = NULL;
    assert_int_equal(kd_device_open("cuda", 1, &dev, NULL), KD_EDEVICE);
    assert_null(dev);
    const char *message = kd_error_message();
    assert_string_equal(message, why);
    const char *advice = NULL;
    if (strstr(message, "error 35"))
        advice = strstr(message, "no NVIDIA driver is loaded") ? "install it" : "update it";
    else if (strstr(message, "error 100"))
        advice = "nvidia-smi";
    else if (strstr(message, "error 46"))
        advice = "exclusively";
    else if (strstr(message, "error 999"))
        advice = "modprobe";
    if (!advice || !strstr(message, advice))
        fail_msg("no advice in: %s", message);
    assert_int_equal(kd_exit_status(KD_EDEVICE), 4);
}

/* The same plug-in again after a failure: nothing of the first attempt is left. */
static void auto_takes_the_cpu_then_and_gives_the_same_reason(void **state)
{
    (void)state;
    char why[256], reason[256];
    if (kd_device_count("cuda", why) > 0)
        skip();
    kd_device *dev = NULL;
    assert_ok(kd_device_open("auto", 1, &dev, reason));
    assert_string_equal(dev->backend, "cpu");
    assert_string_equal(reason, why);
    kd_device_close(dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_the_plug_in_cuda_fails_and_names_the_file_it_looked_for),
        cmocka_unit_test(with_the_plug_in_but_no_gpu_cuda_fails_and_says_what_to_do),
        cmocka_unit_test(auto_takes_the_cpu_then_and_gives_the_same_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
