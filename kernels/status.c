// SPDX-License-Identifier: BSD-3-Clause
/* status.c - the thread-local error line. */
#include "kernels/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_LENGTH = 1024 };
static _Thread_local char error_line[LINE_LENGTH];

kd_status kd_fail(kd_status code, const char *format, ...)
{
    char line[LINE_LENGTH]; /* the arguments may point into error_line */
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    memcpy(error_line, line, sizeof line);
    return code;
}

kd_status kd_fail_prefix(kd_status code, const char *format, ...)
{
    char prefix[LINE_LENGTH], line[2 * LINE_LENGTH + 4];
    va_list args;
    va_start(args, format);
    vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);
    snprintf(line, sizeof line, "%s: %s", prefix, error_line);
    memcpy(error_line, line, sizeof error_line - 1);
    return code;
}

const char *kd_error_message(void)
{
    return error_line;
}

void kd_error_clear(void)
{
    error_line[0] = '\0';
}

int kd_exit_status(kd_status code)
{
    switch (code) {
    case KD_OK:
        return 0;
    case KD_EINPUT:
        return 2;
    case KD_ENOCONV:
        return 3;
    case KD_EDEVICE:
        return 4;
    case KD_ESTOPPED:
        return 75;
    case KD_EIO:
    case KD_ENOMEM:
    case KD_EINTERNAL:
        break;
    }
    return 5;
}
