// SPDX-License-Identifier: BSD-3-Clause
/* log.c - lines on stderr, events in a file, warnings kept. One lock guards all of it. */
#include "host/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_LENGTH = 1024, MAX_KEPT = 100 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    bool open, live, events_lost;
    enum log_level level;
    char program[16];
    FILE *events;
    char *warning[MAX_KEPT];
    int n_kept, n_warning; /* n_warning counts different ones only up to MAX_KEPT */
} state = {.level = LOG_INFO};

/* ---- events ---- */

/* Takes the object over. Called with the lock held. */
static void write_event(struct js *event)
{
    char *text = js_text(event);
    js_free(event);
    if (!text || fprintf(state.events, "%s\n", text) < 0 || fflush(state.events) != 0)
        state.events_lost = true;
    free(text);
}

/* Members come in the order time, event, then what the caller adds. */
static struct js *event_new(const char *name)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    char stamp[40], fraction[8];
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(fraction, sizeof fraction, ".%03dZ", (int)(now.tv_nsec / 1000000) % 1000);
    strcat(stamp, fraction);
    struct js *event = js_new();
    js_string(event, "time", stamp);
    js_string(event, "event", name);
    return event;
}

bool log_wants_events(void)
{
    return state.events != NULL;
}

void log_event(const char *name, struct js *fields)
{
    if (!state.events) {
        js_free(fields);
        return;
    }
    struct js *event = event_new(name);
    js_merge(event, fields);
    pthread_mutex_lock(&lock);
    write_event(event);
    pthread_mutex_unlock(&lock);
}

/* ---- lines ---- */

static void erase_live(void)
{
    if (state.live)
        fputs("\r\033[K", stderr);
    state.live = false;
}

void log_live(const char *line)
{
    pthread_mutex_lock(&lock);
    erase_live();
    if (line && state.open) {
        fputs(line, stderr);
        fflush(stderr);
        state.live = true;
    }
    pthread_mutex_unlock(&lock);
}

/* Is this warning new? Remembers it. */
static bool keep_warning(const char *line)
{
    for (int i = 0; i < state.n_kept; i++)
        if (strcmp(state.warning[i], line) == 0)
            return false;
    state.n_warning++;
    if (state.n_kept < MAX_KEPT && (state.warning[state.n_kept] = strdup(line)))
        state.n_kept++;
    return true;
}

static void say(enum log_level level, const char *format, va_list args)
{
    static const char *const word[] = {"", "warning: ", "", ""};
    static const char *const name[] = {"error", "warning", "info", "debug"};
    char line[LINE_LENGTH];
    vsnprintf(line, sizeof line, format, args);
    struct js *event = NULL;
    if (state.events) {
        event = event_new(name[level]);
        js_string(event, "message", line);
    }
    pthread_mutex_lock(&lock);
    bool repeated = level == LOG_WARNING && !keep_warning(line);
    if (state.open && level <= state.level && !repeated) {
        erase_live();
        fprintf(stderr, "%s: %s%s\n", state.program, word[level], line);
    }
    if (repeated)
        js_free(event);
    else if (event)
        write_event(event);
    pthread_mutex_unlock(&lock);
}

#define SAY(level)                                                                                           \
    do {                                                                                                     \
        va_list args;                                                                                        \
        va_start(args, format);                                                                              \
        say(level, format, args);                                                                            \
        va_end(args);                                                                                        \
    } while (0)

void log_error(const char *format, ...)
{
    SAY(LOG_ERROR);
}

void log_warning(const char *format, ...)
{
    SAY(LOG_WARNING);
}

void log_info(const char *format, ...)
{
    SAY(LOG_INFO);
}

void log_debug(const char *format, ...)
{
    SAY(LOG_DEBUG);
}

enum log_level log_current_level(void)
{
    return state.open ? state.level : LOG_ERROR;
}

/* ---- warnings ---- */

void log_warnings_json(struct js *object, const char *key)
{
    struct js *array = js_array(object, key);
    pthread_mutex_lock(&lock);
    for (int i = 0; i < state.n_kept; i++)
        js_string(array, NULL, state.warning[i]);
    int more = state.n_warning - state.n_kept;
    pthread_mutex_unlock(&lock);
    if (more > 0) {
        char line[64];
        snprintf(line, sizeof line, "and %d more warnings", more);
        js_string(array, NULL, line);
    }
}

int log_warning_count(void)
{
    pthread_mutex_lock(&lock);
    int n = state.n_warning;
    pthread_mutex_unlock(&lock);
    return n;
}

/* ---- open and close ---- */

kd_status log_open(const struct log_options *options)
{
    TRY(log_close());
    state.level = options->level;
    snprintf(state.program, sizeof state.program, "%s", options->program ? options->program : "kedge");
    if (options->json_path && !(state.events = fopen(options->json_path, "a")))
        FAIL(KD_EIO, "%s: cannot write events, %s", options->json_path, strerror(errno));
    state.open = true;
    return KD_OK;
}

kd_status log_close(void)
{
    pthread_mutex_lock(&lock);
    erase_live();
    for (int i = 0; i < state.n_kept; i++)
        free(state.warning[i]);
    bool failed = state.events_lost;
    if (state.events)
        failed = fclose(state.events) != 0 || failed;
    memset(&state, 0, sizeof state);
    pthread_mutex_unlock(&lock);
    if (failed)
        FAIL(KD_EIO, "event file of --log-json: cannot write");
    return KD_OK;
}
