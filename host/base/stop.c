// SPDX-License-Identifier: BSD-3-Clause
/* stop.c - being asked to stop. */
#include "host/base/stop.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/base/clock.h"

enum why { NOBODY, INTERRUPTED, TERMINATED, TIME_OVER, FILE_SEEN, ASKED };

static atomic_int asked; /* enum why: the first that asked */
static atomic_long looked; /* clock second of the last look at the clock and the file */
static double deadline;  /* clock_seconds; 0 for none */
static char watched[4096], asked_why[128];

static void ask(enum why why)
{
    int nobody = NOBODY;
    atomic_compare_exchange_strong(&asked, &nobody, (int)why);
}

/* Only async-signal-safe calls here. A second signal finds the default action and ends the program. */
static void on_signal(int number)
{
    ask(number == SIGINT ? INTERRUPTED : TERMINATED);
    if (number == SIGINT && isatty(STDERR_FILENO)) {
        static const char line[] = "\nkedge: stopping at the next checkpoint; Ctrl-C again stops at once\n";
        ssize_t written = write(STDERR_FILENO, line, sizeof line - 1);
        (void)written;
    }
}

void stop_install(double max_seconds)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    deadline = max_seconds > 0 ? clock_seconds() + max_seconds : 0;
}

void stop_watch_file(const char *path)
{
    snprintf(watched, sizeof watched, "%s", path ? path : "");
}

bool stop_requested(void)
{
    if (atomic_load_explicit(&asked, memory_order_relaxed) != NOBODY)
        return true;
    if (deadline == 0 && !watched[0])
        return false;
    double now = clock_seconds();
    if (deadline > 0 && now >= deadline)
        ask(TIME_OVER);
    long second = (long)now, last = atomic_load_explicit(&looked, memory_order_relaxed);
    if (watched[0] && second != last && atomic_compare_exchange_strong(&looked, &last, second) &&
        access(watched, F_OK) == 0) {
        unlink(watched);
        ask(FILE_SEEN);
    }
    return atomic_load(&asked) != NOBODY;
}

void stop_request(const char *why)
{
    snprintf(asked_why, sizeof asked_why, "%s", why);
    ask(ASKED);
}

const char *stop_reason(void)
{
    switch ((enum why)atomic_load(&asked)) {
    case NOBODY:
        break;
    case INTERRUPTED:
        return "interrupted";
    case TERMINATED:
        return "terminated";
    case TIME_OVER:
        return "--max-seconds is over";
    case FILE_SEEN:
        return "STOP file found";
    case ASKED:
        return asked_why;
    }
    return "";
}

kd_status stop_status(const char *kept)
{
    FAIL(KD_ESTOPPED, "stopped (%s): %s", stop_reason(), kept);
}

void stop_reset(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    atomic_store(&asked, NOBODY);
    atomic_store(&looked, 0);
    deadline = 0;
    watched[0] = '\0';
}
