// SPDX-License-Identifier: BSD-3-Clause
/* clock.h - seconds that only go forward. */
#ifndef KD_CLOCK_H
#define KD_CLOCK_H

#include <time.h>

/* Monotonic seconds from an arbitrary zero. */
static inline double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
