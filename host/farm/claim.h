// SPDX-License-Identifier: BSD-3-Clause
/* claim.h - who works on what, among processes that share nothing but a directory.
 *
 * Each process has one file, owners/HOST-PID, with its identity; a thread touches it while the process lives. A claim is a hard link
 * to that file, claims/NAME.0: made whole or not at all, and as fresh as its owner. A claim is stale when its owner is gone (same
 * machine and pid namespace: /proc knows) or has not touched its file for stale_seconds (other machines; both times are the file
 * server's). Nobody removes a stale claim: the next generation, NAME.1, is claimed instead, so that two that find it stale at
 * once cannot both win. A claim survives kill -9 of its owner and means nothing then. */
#ifndef KD_FARM_CLAIM_H
#define KD_FARM_CLAIM_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>

#include "kernels/status.h"

struct claims {
    char directory[PATH_MAX]; /* of the farm */
    char owner_file[PATH_MAX];
    char identity[512];       /* "host boot pid-namespace pid start-time" */
    double stale_seconds;
    bool open, links;         /* links: this file system has hard links */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool leave;
};

enum claim_state { CLAIM_FREE, CLAIM_LIVE, CLAIM_STALE };

/* Makes claims/ and owners/ below `directory`, clears away what dead processes of this machine left in owners/, starts the
 * thread. KD_EIO: cannot write there. The struct must not move until claims_close. */
kd_status claims_open(const char *directory, double stale_seconds, struct claims *c);
void claims_close(struct claims *c); /* a zeroed struct is fine */

/* *generation: our claim's number, or -1 when somebody alive has it. */
kd_status claims_take(struct claims *c, const char *name, int *generation);
void claims_release(struct claims *c, const char *name, int generation);
/* Remove what the dead left of claims of which `over` says that nobody needs them any more. */
void claims_clear(struct claims *c, bool (*over)(const void *owner, const char *name), const void *owner);
enum claim_state claims_look(const struct claims *c, const char *name);
/* For a reader that claims nothing itself: identities are compared with this machine's, the clock is the reader's own. */
kd_status claims_reader(const char *directory, double stale_seconds, struct claims *c);

#endif
