// SPDX-License-Identifier: BSD-3-Clause
/* farm.c - the loop: claim, run, record, release. */
#include "host/farm/farm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/base/clock.h"
#include "host/base/log.h"
#include "host/base/stop.h"

static const double PROGRESS_SECONDS = 10;

static kd_status make_directory(const struct farm *f, const char *name)
{
    char path[PATH_MAX];
    farm_path(f, "", name, "", path);
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        FAIL(KD_EIO, "%s: cannot make this directory, %s", path, strerror(errno));
    return KD_OK;
}

kd_status farm_open(struct farm *f)
{
    for (int i = 0; i < f->n_item; i++) {
        const struct farm_item *item = &f->item[i];
        if (!item->name[0] || strchr(item->name, '/') || item->stage < 0 || item->stage >= f->n_stage)
            FAIL(KD_EINTERNAL, "farm: item %d (\"%s\") has no legal name or stage", i, item->name);
        for (int k = 0; k < item->n_need; k++)
            if (item->need[k] < 0 || item->need[k] >= i)
                FAIL(KD_EINTERNAL, "farm: %s needs item %d, expected one before its own %d", item->name, item->need[k], i);
    }
    if (mkdir(f->directory, 0777) != 0 && errno != EEXIST)
        FAIL(KD_EIO, "%s: cannot make this directory, %s", f->directory, strerror(errno));
    TRY(make_directory(f, "done"));
    TRY(make_directory(f, "failed"));
    f->state = calloc((size_t)f->n_item + 1, sizeof *f->state);
    if (!f->state)
        FAIL(KD_ENOMEM, "farm: no host memory for %d items", f->n_item);
    f->first_open = 0;
    f->shown = clock_seconds();
    return claims_open(f->directory, f->stale_seconds, &f->claims);
}

void farm_close(struct farm *f)
{
    claims_close(&f->claims);
    free(f->state);
    f->state = NULL;
}

/* ---- states ---- */

static bool product_there(const struct farm *f, int i)
{
    char path[PATH_MAX];
    farm_path(f, "", f->item[i].product, "", path);
    return access(path, F_OK) == 0;
}

/* May the item be done as far as those that it needs are concerned? *state: or never any more. */
static bool ready(const struct farm *f, int i, enum farm_state *state)
{
    const struct farm_item *item = &f->item[i];
    bool all = true;
    for (int k = 0; k < item->n_need; k++) {
        enum farm_state need = f->state[item->need[k]];
        if ((need == FARM_FAILED || need == FARM_BLOCKED) && !item->any_end) {
            *state = FARM_BLOCKED;
            return false;
        }
        all = all && need != FARM_OPEN;
    }
    return all;
}

/* Look at the files of an open item. True when it could be claimed now. */
static bool refresh(struct farm *f, int i)
{
    if (f->state[i] != FARM_OPEN)
        return false;
    if (product_there(f, i)) {
        f->state[i] = FARM_DONE;
        return false;
    }
    if (farm_failure_read(f, i, NULL) >= f->attempts) {
        f->state[i] = FARM_FAILED;
        return false;
    }
    return ready(f, i, &f->state[i]);
}

/* The first item that we can have: *item with a claim, or -1. *left: items that are not over. */
static kd_status next_item(struct farm *f, int *item, int *generation, int *left)
{
    *item = -1;
    *left = 0;
    while (f->first_open < f->n_item && f->state[f->first_open] != FARM_OPEN)
        f->first_open++;
    for (int i = f->first_open; i < f->n_item; i++) {
        bool may = refresh(f, i);
        *left += f->state[i] == FARM_OPEN;
        if (!may)
            continue;
        TRY(claims_take(&f->claims, f->item[i].name, generation));
        if (*generation < 0)
            continue;
        if (refresh(f, i)) { /* still open, now that it is ours */
            *item = i;
            return KD_OK;
        }
        claims_release(&f->claims, f->item[i].name, *generation);
    }
    return KD_OK;
}

/* ---- work ---- */

static bool item_failure(kd_status status)
{
    return status == KD_EINPUT || status == KD_ENOCONV || status == KD_EINTERNAL;
}

static kd_status run_item(struct farm *f, int i)
{
    const struct farm_item *item = &f->item[i];
    int attempt = farm_failure_read(f, i, NULL) + 1;
    double started = clock_seconds();
    log_debug("%s: begins", item->name);
    kd_status status = f->run(f->owner, i, attempt);
    if (status == KD_OK && !product_there(f, i))
        status = kd_fail(KD_EINTERNAL, "%s: ended without its product %s", item->name, item->product);
    if (status == KD_OK) {
        char failed[PATH_MAX];
        double seconds = clock_seconds() - started;
        TRY(farm_record_write(f, i, seconds));
        farm_path(f, "failed", item->name, ".json", failed);
        unlink(failed);
        f->state[i] = FARM_DONE;
        log_info("%s: done, %.1f s", item->name, seconds);
    } else if (item_failure(status)) {
        log_warning("%s: failed%s: %s", item->name, attempt < f->attempts ? ", will be tried again" : "", kd_error_message());
        TRY(farm_failure_write(f, i, attempt, status, kd_error_message()));
        if (attempt >= f->attempts)
            f->state[i] = FARM_FAILED;
    } else {
        return kd_fail_prefix(status, "%s", item->name);
    }
    f->n_run++;
    return KD_OK;
}

static void show_progress(struct farm *f, bool now)
{
    double time_now = clock_seconds();
    if (!f->progress || (!now && time_now - f->shown < PROGRESS_SECONDS))
        return;
    f->progress(f->owner, f);
    f->shown = clock_seconds();
}

/* Wait for other hands; short at first. */
static void pause_for(double seconds)
{
    for (double until = clock_seconds() + seconds; clock_seconds() < until && !stop_requested();)
        nanosleep(&(struct timespec){0, 50000000}, NULL);
}

/* All items of this farm are over when this is asked. */
static bool is_item(const void *farm, const char *name)
{
    const struct farm *f = farm;
    for (int i = 0; i < f->n_item; i++)
        if (strcmp(f->item[i].name, name) == 0)
            return true;
    return false;
}

kd_status farm_work(struct farm *f)
{
    double wait = 0.05;
    for (;;) {
        int item, generation, left;
        if (stop_requested())
            return stop_status("everything finished is kept, --restart goes on");
        TRY(next_item(f, &item, &generation, &left));
        if (item < 0 && left == 0)
            break;
        if (item < 0) {
            pause_for(wait);
            wait = wait < 2 ? wait * 1.5 : 2;
        } else {
            wait = 0.05;
            kd_status status = run_item(f, item);
            claims_release(&f->claims, f->item[item].name, generation);
            TRY(status);
        }
        show_progress(f, false);
    }
    claims_clear(&f->claims, is_item, f);
    show_progress(f, true);
    return KD_OK;
}

/* ---- damage ---- */

static bool product_whole(struct farm *f, int i)
{
    char path[PATH_MAX], hash[20];
    struct farm_record record;
    long long bytes;
    farm_path(f, "", f->item[i].product, "", path);
    if (farm_record_read(f, i, &record))
        return farm_hash(path, &bytes, hash) == KD_OK && bytes == record.bytes && strcmp(hash, record.hash) == 0;
    return !f->check || f->check(f->owner, i) == KD_OK;
}

kd_status farm_verify(struct farm *f, int *n_bad)
{
    *n_bad = 0;
    for (int i = 0; i < f->n_item && !stop_requested(); i++) {
        char path[PATH_MAX], aside[PATH_MAX + 16];
        if (!product_there(f, i) || product_whole(f, i))
            continue;
        farm_path(f, "", f->item[i].product, "", path);
        snprintf(aside, sizeof aside, "%s.corrupt", path);
        if (claims_look(&f->claims, f->item[i].name) == CLAIM_LIVE)
            continue; /* somebody replaces it this moment */
        if (rename(path, aside) != 0)
            FAIL(KD_EIO, "%s: damaged, and cannot be renamed, %s", path, strerror(errno));
        log_warning("%s: damaged (kept as .corrupt), will be made again", path);
        farm_path(f, "done", f->item[i].name, ".json", path);
        unlink(path);
        kd_error_clear();
        ++*n_bad;
    }
    return KD_OK;
}
