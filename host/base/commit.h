// SPDX-License-Identifier: BSD-3-Clause
/* commit.h - a file is either whole or not there: write beside it, fsync, rename. */
#ifndef KD_COMMIT_H
#define KD_COMMIT_H

#include <stdbool.h>
#include <stdio.h>

#include "kernels/status.h"

struct commit {
    char *path;   /* the name that the file will have; links are followed */
    char *staged; /* the name that it has until then: path.tmp-PID */
    bool special; /* a device or a pipe (/dev/null, /dev/stdout): written directly, never renamed over */
    FILE *file;   /* text and plain binary; NULL when opened with commit_reserve */
};

/* Open a staged file for writing. KD_EIO names the path and errno's reason (read-only, full, missing directory). */
kd_status commit_open(const char *path, struct commit *c);
/* Only choose the staged name, for a library that opens files itself (HDF5). */
kd_status commit_reserve(const char *path, struct commit *c);
/* Flush, fsync, rename, fsync of the directory; frees *c. A write error that stdio remembered is reported here. On failure
 * the staged file is removed and an older file of that name stays as it was. */
kd_status commit_finish(struct commit *c);
/* Remove the staged file and free *c; safe on a zeroed or finished struct. */
void commit_abandon(struct commit *c);

#endif
