// SPDX-License-Identifier: BSD-3-Clause
/* memory.c - host memory used and left, from /proc. */
#include "host/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* "Key:   1234 kB" of a /proc file in MB; 0 when it is not there. */
static double proc_mb(const char *path, const char *key)
{
    FILE *f = fopen(path, "r");
    char line[256];
    double mb = 0;
    size_t length = strlen(key);
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, key, length) == 0 && line[length] == ':')
            mb = (double)strtoll(line + length + 1, NULL, 10) * 1.024e-3;
    if (f)
        fclose(f);
    return mb;
}

double memory_peak_mb(void)
{
    double mb = proc_mb("/proc/self/status", "VmHWM");
    struct rusage usage;
    if (mb == 0 && getrusage(RUSAGE_SELF, &usage) == 0)
        mb = (double)usage.ru_maxrss * 1.024e-3;
    return mb;
}

double memory_available_mb(void)
{
    return proc_mb("/proc/meminfo", "MemAvailable");
}
