// SPDX-License-Identifier: BSD-3-Clause
/* paths.h - where shipped files are. */
#ifndef KD_PATHS_H
#define KD_PATHS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "kernels/status.h"

/* The directory of shipped files: KEDGE_DATA, else share/kedge above the library or program that this code is in (the build
 * tree and an installation look alike). KD_EINPUT naming what was tried. */
kd_status data_directory(char path[PATH_MAX]);
/* A shipped file, e.g. "SiO.tersoff"; KD_EINPUT when it is not there. */
kd_status data_file(const char *name, char path[PATH_MAX]);
/* `given` itself if such a file exists (relative to the working directory), else the shipped file of that name:
 * `-p SiO.tersoff` works everywhere. KD_EINPUT names both places. */
kd_status data_or_given(const char *given, char path[PATH_MAX]);

bool path_is_file(const char *path); /* exists and is no directory */

/* A directory for what can be made again, made when it is not there: KEDGE_CACHE, else $XDG_CACHE_HOME/kedge, else ~/.cache/kedge; below
 * it `name`. KD_EIO: none of them is set, or it cannot be made. */
kd_status cache_directory(const char *name, char path[PATH_MAX]);

#endif
