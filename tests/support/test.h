// SPDX-License-Identifier: BSD-3-Clause
/* test.h - cmocka with what it needs before it. */
#ifndef KD_TEST_H
#define KD_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernels/status.h"

#define assert_ok(call)                                                                                      \
    do {                                                                                                     \
        if ((call) != KD_OK)                                                                                 \
            fail_msg("%s: %s", #call, kd_error_message());                                                   \
    } while (0)

/* |got - want| <= tolerance; NaN fails. */
#define assert_near(got, want, tolerance)                                                                    \
    do {                                                                                                     \
        double got_ = (got), want_ = (want), tolerance_ = (tolerance);                                       \
        double error_ = got_ > want_ ? got_ - want_ : want_ - got_;                                          \
        if (!(error_ <= tolerance_))                                                                         \
            fail_msg("%s = %.17g, expected %.17g within %g", #got, got_, want_, tolerance_);                 \
    } while (0)

#endif
