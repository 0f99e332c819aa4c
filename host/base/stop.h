// SPDX-License-Identifier: BSD-3-Clause
/* stop.h - being asked to stop: SIGINT, SIGTERM, --max-seconds, a file called STOP.
 *
 * Long loops ask stop_requested() at every step at which a checkpoint could be written, write it, and
 * return stop_status("..."). A second Ctrl-C ends the program at once. */
#ifndef KD_STOP_H
#define KD_STOP_H

#include <stdbool.h>

#include "kernels/status.h"

/* Catch signals; the clock of --max-seconds (0 = no limit) starts. Called by apps only: a library catches nothing. */
void stop_install(double max_seconds);
/* Also stop when this file appears (looked at once a second); it is removed when seen. NULL: no longer. Copied. */
void stop_watch_file(const char *path);

/* True once anybody asked, and from then on. A few ns, from any thread. */
bool stop_requested(void);
/* As if a signal had come (tests, MPI ranks). */
void stop_request(const char *why);
/* Why: "interrupted", "terminated", "--max-seconds is over", "STOP file found"; "" before. */
const char *stop_reason(void);
/* Fails with KD_ESTOPPED "stopped (reason): <what was kept>". */
kd_status stop_status(const char *kept);
/* Back to the state before stop_install (tests). */
void stop_reset(void);

#endif
