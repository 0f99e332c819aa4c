// SPDX-License-Identifier: BSD-3-Clause
/* progress.c - how far, how fast, how long still. */
#include "host/base/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "host/base/clock.h"
#include "host/base/log.h"

static const double QUIET_SECONDS = 2, LIVE_SECONDS = 0.1, LINE_SECONDS = 5;

char *progress_duration(char s[24], double seconds)
{
    long t = seconds < 1e9 ? (long)(seconds + 0.5) : 1000000000L;
    if (t >= 3600)
        snprintf(s, 24, "%ld:%02ld:%02ld", t / 3600, t / 60 % 60, t % 60);
    else
        snprintf(s, 24, "%ld:%02ld", t / 60, t % 60);
    return s;
}

void progress_begin(struct progress *p, const char *what, const char *unit, double total, double scale)
{
    *p = (struct progress){.total = total, .scale = scale > 0 ? scale : 1};
    snprintf(p->what, sizeof p->what, "%s", what);
    snprintf(p->unit, sizeof p->unit, "%s", unit);
    p->started = clock_seconds();
    p->shown = p->started + QUIET_SECONDS - LIVE_SECONDS;
}

static void show(const struct progress *p, double now, bool live)
{
    char line[200], left[24];
    double elapsed = now - p->started, rate = elapsed > 0 ? p->done / elapsed : 0;
    if (p->total > 0 && rate > 0)
        snprintf(line, sizeof line, "%s  %.0f %%  %.3g %s/s  %s left", p->what, 100 * p->done / p->total,
                 rate * p->scale, p->unit, progress_duration(left, (p->total - p->done) / rate));
    else
        snprintf(line, sizeof line, "%s  %.0f  %.3g %s/s  %s so far", p->what, p->done, rate * p->scale, p->unit,
                 progress_duration(left, elapsed));
    if (live)
        log_live(line);
    else
        log_info("%s", line);
}

void progress_at(struct progress *p, double done)
{
    p->done = done;
    double now = clock_seconds();
    if (now - p->shown < LIVE_SECONDS || log_current_level() < LOG_INFO)
        return;
    bool live = isatty(STDERR_FILENO);
    if (!live && now - p->shown < LINE_SECONDS && p->shown > p->started + QUIET_SECONDS)
        return;
    show(p, now, live);
    p->shown = now;
}

void progress_end(struct progress *p)
{
    log_live(NULL);
    double elapsed = clock_seconds() - p->started;
    char took[24];
    if (elapsed > QUIET_SECONDS)
        log_info("%s  done in %s  %.3g %s/s", p->what, progress_duration(took, elapsed),
                 p->done * p->scale / elapsed, p->unit);
}
