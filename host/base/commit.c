// SPDX-License-Identifier: BSD-3-Clause
/* commit.c - whole files by rename. */
#include "host/base/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file that `path` names: links are followed, so that a link stays one. The caller frees it; NULL without memory. */
static char *real_name(const char *path)
{
    char *real = realpath(path, NULL);
    return real ? real : strdup(path);
}

kd_status commit_reserve(const char *path, struct commit *c)
{
    memset(c, 0, sizeof *c);
    struct stat s;
    bool there = stat(path, &s) == 0;
    if (there && S_ISDIR(s.st_mode))
        FAIL(KD_EIO, "%s: cannot write, it is a directory", path);
    c->path = real_name(path);
    size_t length = c->path ? strlen(c->path) + 32 : 0;
    c->staged = c->path ? malloc(length) : NULL;
    if (!c->staged) {
        commit_abandon(c);
        FAIL(KD_ENOMEM, "%s: no host memory", path);
    }
    c->special = there && !S_ISREG(s.st_mode);
    if (c->special)
        strcpy(c->staged, c->path);
    else
        snprintf(c->staged, length, "%s.tmp-%ld", c->path, (long)getpid());
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
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int failed = fsync(fd), reason = errno;
    close(fd);
    errno = reason;
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

/* Flush and close; errno says why not. */
static bool settle(struct commit *c)
{
    if (!c->file)
        return c->special || sync_path(c->staged) == 0;
    bool whole = fflush(c->file) == 0 && !ferror(c->file) && (c->special || fsync(fileno(c->file)) == 0);
    int reason = errno;
    bool closed = fclose(c->file) == 0;
    c->file = NULL;
    if (!whole)
        errno = reason;
    return whole && closed;
}

kd_status commit_finish(struct commit *c)
{
    errno = 0;
    if (!settle(c) || (!c->special && rename(c->staged, c->path))) {
        int reason = errno;
        kd_fail(KD_EIO, "%s: cannot write, %s", c->path, reason ? strerror(reason) : "write error");
        commit_abandon(c);
        return KD_EIO;
    }
    if (!c->special)
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
    if (c->staged && !c->special)
        unlink(c->staged);
    free(c->path);
    free(c->staged);
    memset(c, 0, sizeof *c);
}
