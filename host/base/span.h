// SPDX-License-Identifier: BSD-3-Clause
/* span.h - where the time goes: every span is a timer, a node of the clock tree, and an NVTX range on a GPU.
 *
 *     span_begin("h_psi");
 *     ...
 *     span_end();
 * Names are string literals (compared by address first). Spans nest; they count on the thread that called span_open and
 * are ignored on others, and everywhere before span_open. A span costs under 100 ns. Times are the host's: a span
 * around asynchronous ops measures their launch, unless it holds a download or a sync. */
#ifndef KD_SPAN_H
#define KD_SPAN_H

#include <stdio.h>

#include "host/base/json.h"
#include "kernels/device.h"

void span_open(void);  /* this thread's clock starts; any earlier tree is forgotten */
void span_close(void);
void span_device(kd_device *dev); /* ranges and the profiler go to this device; NULL for none */

void span_begin(const char *name);
void span_end(void);
/* For who goes on after a failure: an error that leaves through TRY leaves its spans open.
 *     int depth = span_depth(); ... if (status != KD_OK) span_unwind(depth); */
int span_depth(void);
void span_unwind(int depth);

/* The clock tree: name, calls, seconds, share of the whole; nothing when no span was counted. */
void span_print(FILE *f);
/* {"h_psi": seconds, ...} under `key`: sums over the tree by name, in order of first appearance. */
void span_json(struct js *object, const char *key);
/* Seconds spent so far in spans of that name, 0 if there were none. */
double span_seconds(const char *name);

/* --profile: between profile_begin and profile_end the GPU's profiler records; no-ops unless switched on. */
void profile_enable(void);
void profile_begin(void);
void profile_end(void);

#endif
