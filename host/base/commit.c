// SPDX-License-Identifier: BSD-3-Clause
/* commit.c - whole files by rename. */
#include "host/base/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

kd_status commit_reserve(const char *path, struct commit *c)
{
    memset(c, 0, sizeof *c);
    size_t length = strlen(path) + 32;
    c->path = strdup(path);
    c->staged = malloc(length);
    if (!c->path || !c->staged) {
        commit_abandon(c);
        FAIL(KD_ENOMEM, "%s: no host memory", path);
    }
    snprintf(c->staged, length, "%s.tmp-%ld", path, (long)getpid());
    return KD_OK;
}

kd_status commit_open(const char *path, struct commit *c)
{
    TRY(commit_reserve(path, c));
    c->file = fopen(c->staged, "wb");
    if (!c->file) {
        int reason = errno;
        commit_abandon(c);
        FAIL(KD_EIO, "%s: cannot write, %s", path, strerror(reason));
    }
    return KD_OK;
}

static int sync_path(const char *path)
{
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return -1;
    int failed = fsync(fd);
    close(fd);
    return failed;
}

/* The rename itself must survive a power cut; file systems that cannot sync a directory are left alone. */
static void sync_directory(const char *path)
{
    char *copy = strdup(path);
    if (copy)
        sync_path(dirname(copy));
    free(copy);
}

kd_status commit_finish(struct commit *c)
{
    int failed = 0;
    errno = 0;
    if (c->file) {
        failed = ferror(c->file) || fflush(c->file) || fsync(fileno(c->file));
        failed = fclose(c->file) || failed;
        c->file = NULL;
    } else {
        failed = sync_path(c->staged);
    }
    if (failed || rename(c->staged, c->path)) {
        int reason = errno;
        kd_fail(KD_EIO, "%s: cannot write, %s", c->path, reason ? strerror(reason) : "write error");
        commit_abandon(c);
        return KD_EIO;
    }
    sync_directory(c->path);
    free(c->staged);
    c->staged = NULL;
    commit_abandon(c);
    return KD_OK;
}

void commit_abandon(struct commit *c)
{
    if (c->file)
        fclose(c->file);
    if (c->staged)
        unlink(c->staged);
    free(c->path);
    free(c->staged);
    memset(c, 0, sizeof *c);
}
