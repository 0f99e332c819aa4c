// SPDX-License-Identifier: BSD-3-Clause
/* log.h - what Kedge says while it works: lines on stderr, events in a file, and the warnings that end up in --json.
 *
 * Before log_open nothing is printed (a library is silent), but warnings are collected. Thread-safe. */
#ifndef KD_LOG_H
#define KD_LOG_H

#include <stdbool.h>

#include "host/base/json.h"
#include "kernels/status.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

struct log_options {
    enum log_level level;  /* what stderr gets; --quiet is LOG_ERROR */
    const char *json_path; /* --log-json FILE: one JSON object per event, appended, flushed line by line; NULL for none */
    const char *program;   /* the word before each line: "kedge" */
};

/* KD_EIO when the event file cannot be opened. */
kd_status log_open(const struct log_options *options);
/* Forgets warnings and closes the event file; KD_EIO when an event could not be written. */
kd_status log_close(void);

/* One line without newline. A warning said before with the same words is counted, not repeated. */
void log_error(const char *format, ...) KD_PRINTF(1, 2);
void log_warning(const char *format, ...) KD_PRINTF(1, 2);
void log_info(const char *format, ...) KD_PRINTF(1, 2);
void log_debug(const char *format, ...) KD_PRINTF(1, 2);

/* An event with its numbers, for --log-json only: {"time":.., "event": name, ..fields}. Takes `fields` over (may be NULL). */
void log_event(const char *name, struct js *fields);
/* Is there an event file? Spares building fields that nobody reads. */
bool log_wants_events(void);

/* The warnings so far, each once, as an array of strings under `key`; at most 100, then how many more. */
void log_warnings_json(struct js *object, const char *key);
int log_warning_count(void);

/* For progress.c: a line that the next one overwrites; log lines step over it. NULL removes it. */
void log_live(const char *line);
enum log_level log_current_level(void);

#endif
