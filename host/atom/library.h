// SPDX-License-Identifier: BSD-3-Clause
/* library.h - pseudopotentials by name: a file, or the default set of an element, made on demand and kept.
 *
 * "auto:Si" is the default set of silicon, "auto:Si:1s=1" the one whose 1s lacks one electron (the absorber of a K edge, by the same
 * recipe), "auto:Si:1s=0.5" Slater's half hole. Anything else is the path of a UPF file. A set that was made is kept in the cache
 * directory (paths.h) under a name that holds a hash of its recipe, so that a changed recipe never meets an old file; a cache that
 * cannot be written or read costs a quarter of a second and nothing else. Names are the same on every machine: they, not cache
 * paths, belong into results. */
#ifndef KD_ATOM_LIBRARY_H
#define KD_ATOM_LIBRARY_H

#include <limits.h>
#include <stdbool.h>

#include "host/atom/generation.h"

enum { LIBRARY_NAME = 32 };

/* "auto:EL" or, hole > 0, "auto:EL:1s=HOLE". */
void library_name(const char *element, double hole, char name[LIBRARY_NAME]);
bool library_is_name(const char *source);

/* Open a name or a file; p is the caller's on KD_OK (pseudo_free), empty otherwise. A made set and one from the cache are the same
 * numbers. KD_EINPUT: no such element, shell or file, a bad file (upf.h); KD_ENOCONV: the atom does not converge, or the set fails
 * one of its checks (check.h): nothing of doubtful quality is handed out by name. */
kd_status pseudo_open(const char *source, struct pseudo *p);

/* Where the set of that name is or would be kept; KD_EINPUT: not a name; KD_EIO: no cache directory can be had. */
kd_status library_path(const char *name, char path[PATH_MAX]);

/* "1s=0.5" taken out of c; KD_EINPUT when that is no core shell of the recipe or has not so many electrons. */
kd_status library_hole(const char *text, const struct recipe *r, struct configuration *c);

#endif
