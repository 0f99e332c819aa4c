// SPDX-License-Identifier: BSD-3-Clause
/* farm.h - a list of work done by any number of processes through one directory. Knows nothing of physics.
 *
 * An item has a product, a file; the file, renamed into place, is the only "done" flag. Beside it in the farm's directory:
 *     done/NAME.json     seconds, host, size and hash of the product (tells a product that was damaged later)
 *     failed/NAME.json   attempts and the reason
 *     claims/ owners/    who works on what (claim.h)
 *     progress.json .html   counts, rates, time left, failures
 * Processes may come and go, be killed at any instant, be started by mpirun, srun, as a job array or by hand: they share no
 * more than these files. Items must be functions of their inputs, since one may be done twice. */
#ifndef KD_FARM_H
#define KD_FARM_H

#include <limits.h>

#include "host/base/json.h"
#include "host/farm/claim.h"

enum { FARM_NAME = 96, FARM_STAGES = 16 };

struct farm_item {
    char name[FARM_NAME];    /* unique, fit for a file name */
    int stage;               /* index into farm.stage */
    char product[FARM_NAME]; /* relative to the directory */
    int n_need, *need;       /* items before this one in the list that must be done */
    bool any_end;            /* they need only be over: done, failed or out of reach */
};

enum farm_state { FARM_OPEN, FARM_DONE, FARM_FAILED, FARM_BLOCKED /* by the failure of one that it needs */ };

struct farm {
    char directory[PATH_MAX];
    int n_stage;
    const char *stage[FARM_STAGES];
    int n_item;
    struct farm_item *item; /* [n_item] in the order in which they should be done, needs first */
    double stale_seconds;
    int attempts;           /* an item that failed so often is left alone; 1, with --restart 2 */
    /* Make the product; attempt counts from 1. KD_EINPUT, KD_ENOCONV and KD_EINTERNAL: the item failed, with its reason, and the farm
     * goes on. Anything else ends this process: KD_ESTOPPED, KD_EIO, KD_ENOMEM, KD_EDEVICE. */
    kd_status (*run)(void *owner, int item, int attempt);
    kd_status (*check)(void *owner, int item); /* can the product be read? For products without a record in done/ */
    void (*progress)(void *owner, const struct farm *farm); /* about every 10 s; may be NULL */
    void *owner;

    /* inside */
    enum farm_state *state;
    int first_open, n_run;
    struct claims claims;
    double shown;
};

/* Fill in the directory, stages, items and functions first. Makes directories and the owner's file. KD_EINTERNAL for a list that
 * is not in order. KD_EIO. */
kd_status farm_open(struct farm *f);
/* Removes claims; the items stay the caller's. */
void farm_close(struct farm *f);

/* Look at every product: those whose size or hash differ from done/, or that cannot be read, are renamed to PRODUCT.corrupt and
 * become open again. *n_bad counts them. */
kd_status farm_verify(struct farm *f, int *n_bad);

/* Work until everything is over. KD_OK also when items have failed (farm_count); KD_ESTOPPED and the codes that end a process. When all
 * that is left is in other hands: waits for them. */
kd_status farm_work(struct farm *f);

struct farm_count {
    int total, done, failed, blocked, running, stale;
    double mean_seconds; /* of those done; 0: none */
    int recent;          /* done within the last hour */
    double first, last;  /* Unix times of the first and the last one done */
};

/* The state of all items from the files. count[n_stage], *all their sum. Needs no farm_open (then state is NULL). */
kd_status farm_count(struct farm *f, struct farm_count *count, struct farm_count *all);
/* {"stages": [...], "failures": [...], "all": {...}}. seconds_left: by mean times and those at work now; -1 unknown. */
kd_status farm_summary(struct farm *f, struct js *object);
/* progress.json and progress.html from farm_summary. */
kd_status farm_write_progress(struct farm *f, const char *title);

/* ---- records (ledger.c) ---- */
struct farm_record {
    double seconds, finished; /* Unix time */
    long long bytes;
    char hash[20], host[128];
};
kd_status farm_hash(const char *path, long long *bytes, char hash[20]);
kd_status farm_record_write(const struct farm *f, int item, double seconds);
/* false: none, or not readable. */
bool farm_record_read(const struct farm *f, int item, struct farm_record *out);
kd_status farm_failure_write(const struct farm *f, int item, int attempts, kd_status why, const char *message);
/* Attempts so far; 0: has not failed. message may be NULL. */
int farm_failure_read(const struct farm *f, int item, char message[512]);
void farm_path(const struct farm *f, const char *folder, const char *name, const char *suffix, char path[PATH_MAX]);

#endif
