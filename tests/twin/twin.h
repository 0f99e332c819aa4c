// SPDX-License-Identifier: BSD-3-Clause
/* twin.h - the devices of a twin test: the CPU, the emulated CUDA plug-in, a real GPU; those that are not there are skipped. */
#ifndef KD_TWIN_H
#define KD_TWIN_H

#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/device.h"
#include "kernels/philox.h"

enum { TWIN_CPU, TWIN_EMU, TWIN_CUDA, TWIN_N_DEVICE };
static kd_device *twin_device[TWIN_N_DEVICE];

/* KEDGE_TEST_DEVICE=NAME: no other device besides the CPU. KEDGE_TEST_EMU=1: this build has made an emulated plug-in, so that one that cannot
 * be opened is a failure (the check flavour needs clang++, and may be missing). */
static inline int twin_open(void **state)
{
    static const char *const name[TWIN_N_DEVICE] = {"cpu", "emu", "cuda"};
    const char *only = getenv("KEDGE_TEST_DEVICE");
    bool emu_made = getenv("KEDGE_TEST_EMU") && !getenv("KEDGE_EMU_FLAVOUR");
    (void)state;
    for (int d = 0; d < TWIN_N_DEVICE; d++) {
        if (only && d != TWIN_CPU && strcmp(only, name[d]) != 0)
            continue;
        if (kd_device_open(name[d], 0, &twin_device[d], NULL) != KD_OK) {
            printf("%s: %s\n", name[d], kd_error_message());
            twin_device[d] = NULL;
            if (d == TWIN_CPU || (d == TWIN_EMU && emu_made))
                return 1;
        }
    }
    return 0;
}

static inline int twin_close(void **state)
{
    (void)state;
    for (int d = 0; d < TWIN_N_DEVICE; d++)
        if (twin_device[d])
            kd_device_close(twin_device[d]);
    return 0;
}

/* Tests of f(void **state), one for each device; f takes its device by twin_take(), which skips the test where this machine has none. */
#define twin_test_on(f, d)                                                                                   \
    {                                                                                                        \
        .name = #f ": " #d, .test_func = f, .initial_state = &twin_device[d]                                 \
    }
#define twin_tests_gpu(f) twin_test_on(f, TWIN_EMU), twin_test_on(f, TWIN_CUDA)
#define twin_tests(f) twin_test_on(f, TWIN_CPU), twin_tests_gpu(f)

static inline kd_device *twin_take(void **state)
{
    kd_device *dev = *(kd_device **)*state;
    if (!dev)
        skip();
    return dev;
}

/* Every function of a table is there. */
#define assert_whole_table(table)                                                                            \
    do {                                                                                                     \
        void *op_[sizeof *(table) / sizeof(void *)];                                                         \
        memcpy(op_, (table), sizeof op_);                                                                    \
        for (size_t i_ = 0; i_ < sizeof op_ / sizeof *op_; i_++)                                             \
            assert_non_null(op_[i_]);                                                                        \
    } while (0)

/* Number i of sequence `stream`, in [-1, 1], exact in FP32. */
static inline double twin_random(uint32_t stream, size_t i)
{
    double u[2];
    philox_uniforms(20240611, stream, i, 0, u);
    return (double)(float)(2 * u[0] - 1);
}

static inline void *twin_upload(kd_device *dev, const void *from, size_t bytes)
{
    void *to_d;
    assert_ok(kd_alloc_copy(dev, dev->stream, from, bytes, &to_d));
    return to_d;
}

static inline void twin_download(kd_device *dev, void *to, const void *from_d, size_t bytes)
{
    assert_ok(kd_download(dev, dev->stream, to, from_d, bytes));
}

/* Largest difference of two arrays; NaN counts as infinite. */
static inline double twin_difference(const double *a, const double *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs(a[i] - b[i]);
        most = d <= most ? most : isnan(d) ? INFINITY : d;
    }
    return most;
}

static inline double twin_largest(const double *a, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fabs(a[i]) > most ? fabs(a[i]) : most;
    return most;
}

#endif
