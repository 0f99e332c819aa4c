// SPDX-License-Identifier: BSD-3-Clause
/* claim.c - claims as hard links to the file of their owner. */
#include "host/farm/claim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST_GENERATIONS = 10000 };

static bool read_word(const char *path, char *word, size_t size)
{
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(word, 1, size - 1, f) : 0;
    if (f)
        fclose(f);
    word[n] = '\0';
    word[strcspn(word, " \n")] = '\0';
    return n > 0;
}

/* Start time of a process in ticks since boot (field 22 of /proc/PID/stat); 0: there is no such process. */
static unsigned long long start_time(long pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = '\0';
    char *at = strrchr(text, ')'); /* the name may hold anything */
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

/* "host boot namespace": processes of which /proc knows here. */
static void place(char *text, size_t size)
{
    char host[128] = "?", boot[64] = "?", name[64] = "?";
    gethostname(host, sizeof host - 1);
    read_word("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    ssize_t n = readlink("/proc/self/ns/pid", name, sizeof name - 1);
    name[n > 0 ? n : 0] = '\0';
    for (char *c = host; *c; c++)
        if (*c == ' ' || *c == '/')
            *c = '_';
    snprintf(text, size, "%s %s %s", host, boot, name);
}

static kd_status subdirectory(const char *directory, const char *name)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= PATH_MAX)
        FAIL(KD_EINPUT, "%.100s...: a name too long", directory);
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        FAIL(KD_EIO, "%s: cannot make this directory, %s", path, strerror(errno));
    return KD_OK;
}

/* A new file: KD_EINPUT when there is one. (Never over an old one: its links, stale claims, would come to life.) */
static kd_status write_identity(const struct claims *c, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_EXCL, 0666);
    if (fd < 0 && errno == EEXIST)
        return KD_EINPUT;
    size_t n = strlen(c->identity);
    bool whole = fd >= 0 && write(fd, c->identity, n) == (ssize_t)n;
    int reason = errno;
    if (fd >= 0)
        close(fd);
    if (!whole) {
        if (fd >= 0)
            unlink(path);
        FAIL(KD_EIO, "%s: cannot write, %s", path, strerror(reason));
    }
    return KD_OK;
}

/* ---- who is alive ---- */

/* Is the owner named in this file gone? Only for processes of this machine. *local: was it one? */
static bool gone(const char *identity, bool *local)
{
    char here[400];
    long pid;
    unsigned long long start;
    place(here, sizeof here);
    size_t n = strlen(here);
    *local = strncmp(identity, here, n) == 0 && sscanf(identity + n, " %ld %llu", &pid, &start) == 2;
    return *local && start_time(pid) != start;
}

static double modified(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 ? (double)s.st_mtim.tv_sec + 1e-9 * (double)s.st_mtim.tv_nsec : -1;
}

static enum claim_state look_at(const struct claims *c, const char *path)
{
    char identity[512];
    FILE *f = fopen(path, "r");
    if (!f)
        return errno == ENOENT ? CLAIM_FREE : CLAIM_LIVE;
    size_t n = fread(identity, 1, sizeof identity - 1, f);
    fclose(f);
    identity[n] = '\0';
    bool local;
    if (gone(identity, &local))
        return CLAIM_STALE;
    if (local)
        return CLAIM_LIVE;
    double then = modified(path), now = c->owner_file[0] ? modified(c->owner_file) : (double)time(NULL);
    return then >= 0 && now - then > c->stale_seconds ? CLAIM_STALE : CLAIM_LIVE;
}

static bool name_of(const struct claims *c, const char *name, int generation, char path[PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/claims/%s.%d", c->directory, name, generation) < PATH_MAX;
}

/* The newest generation and its state; generation -1 when there is none. */
static enum claim_state newest(const struct claims *c, const char *name, int *generation)
{
    char path[PATH_MAX];
    enum claim_state state = CLAIM_FREE;
    for (*generation = -1; *generation < MOST_GENERATIONS; ++*generation) {
        if (!name_of(c, name, *generation + 1, path))
            return CLAIM_LIVE;
        enum claim_state next = look_at(c, path);
        if (next == CLAIM_FREE)
            return state;
        state = next;
    }
    return CLAIM_LIVE;
}

enum claim_state claims_look(const struct claims *c, const char *name)
{
    int generation;
    return newest(c, name, &generation);
}

/* ---- taking and giving back ---- */

/* KD_EINPUT: somebody was faster. */
static kd_status link_claim(struct claims *c, const char *path)
{
    if (link(c->owner_file, path) == 0)
        return KD_OK;
    if (errno == ENOENT && write_identity(c, c->owner_file) == KD_OK && link(c->owner_file, path) == 0)
        return KD_OK; /* somebody had cleared owners/ away */
    if (errno == EEXIST)
        return KD_EINPUT;
    if (errno != EPERM && errno != EOPNOTSUPP && errno != EMLINK)
        FAIL(KD_EIO, "%s: cannot claim, %s", path, strerror(errno));
    c->links = false;
    return write_identity(c, path);
}

kd_status claims_take(struct claims *c, const char *name, int *generation)
{
    char path[PATH_MAX];
    int last;
    *generation = -1;
    enum claim_state state = newest(c, name, &last);
    if (state == CLAIM_LIVE)
        return KD_OK;
    if (!name_of(c, name, last + 1, path))
        FAIL(KD_EINPUT, "%.100s...: a name too long", path);
    kd_status status = c->links ? link_claim(c, path) : write_identity(c, path);
    if (status == KD_EINPUT)
        return KD_OK;
    TRY(status);
    *generation = last + 1;
    return KD_OK;
}

/* Oldest first: whoever claims in between finds generation 0 free and then its own. */
void claims_release(struct claims *c, const char *name, int generation)
{
    char path[PATH_MAX];
    for (int g = 0; g <= generation; g++)
        if (name_of(c, name, g, path))
            unlink(path);
}

/* The whole directory, not name by name: who dies while giving back leaves later generations without the first. */
void claims_clear(struct claims *c, bool (*over)(const void *owner, const char *name), const void *owner)
{
    char path[PATH_MAX], name[256];
    snprintf(path, sizeof path, "%.*s/claims", PATH_MAX - 300, c->directory);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(name, sizeof name, "%s", e->d_name);
        char *dot = strrchr(name, '.');
        if (!dot || dot == name)
            continue;
        *dot = '\0';
        snprintf(path, sizeof path, "%.*s/claims/%s", PATH_MAX - 300, c->directory, e->d_name);
        if (look_at(c, path) == CLAIM_STALE && over(owner, name))
            unlink(path);
    }
    if (d)
        closedir(d);
}

/* ---- the owner's file ---- */

static void *touch(void *owner)
{
    struct claims *c = owner;
    double every = c->stale_seconds / 8 < 20 ? c->stale_seconds / 8 : 20;
    pthread_mutex_lock(&c->lock);
    while (!c->leave) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += (time_t)every;
        until.tv_nsec += (long)(1e9 * (every - (double)(time_t)every));
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&c->wake, &c->lock, &until);
        utimensat(AT_FDCWD, c->owner_file, NULL, 0);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* An owner file without a word in it: its process died in the moment between; the name HOST-PID-HASH says who. */
static bool died_at_birth(const char *path, const char *name)
{
    char host[128] = "?", prefix[140];
    struct stat s;
    long pid;
    if (stat(path, &s) != 0 || s.st_size > 0)
        return false;
    gethostname(host, sizeof host - 1);
    snprintf(prefix, sizeof prefix, "%s-", host);
    size_t n = strlen(prefix);
    return strncmp(name, prefix, n) == 0 && sscanf(name + n, "%ld-", &pid) == 1 && start_time(pid) == 0;
}

/* Owner files of processes that are gone; their claims are links of their own and stay. */
static void sweep(const struct claims *c)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.*s/owners", PATH_MAX - 300, c->directory);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "%.*s/owners/%s", PATH_MAX - 300, c->directory, e->d_name);
        if (e->d_name[0] != '.' && (look_at(c, path) == CLAIM_STALE || died_at_birth(path, e->d_name)))
            unlink(path);
    }
    if (d)
        closedir(d);
}

kd_status claims_reader(const char *directory, double stale_seconds, struct claims *c)
{
    memset(c, 0, sizeof *c);
    if (snprintf(c->directory, PATH_MAX, "%s", directory) >= PATH_MAX - 300)
        FAIL(KD_EINPUT, "%.100s...: a name too long", directory);
    c->stale_seconds = stale_seconds;
    return KD_OK;
}

kd_status claims_open(const char *directory, double stale_seconds, struct claims *c)
{
    char here[400], host[128];
    TRY(claims_reader(directory, stale_seconds, c));
    TRY(subdirectory(directory, "claims"));
    TRY(subdirectory(directory, "owners"));
    sweep(c);
    place(here, sizeof here);
    snprintf(c->identity, sizeof c->identity, "%s %ld %llu\n", here, (long)getpid(), start_time((long)getpid()));
    snprintf(host, sizeof host, "%.*s", (int)strcspn(here, " "), here);
    unsigned hash = 2166136261u; /* machines may share a name */
    for (const char *p = c->identity; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 16777619u;
    snprintf(c->owner_file, PATH_MAX, "%.*s/owners/%s-%ld-%08x", PATH_MAX - 300, directory, host, (long)getpid(), hash);
    unlink(c->owner_file);
    if (write_identity(c, c->owner_file) != KD_OK)
        FAIL(KD_EIO, "%s: cannot write there, %s", directory, strerror(errno));
    c->links = true;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->wake, NULL);
    if (pthread_create(&c->thread, NULL, touch, c) != 0) {
        unlink(c->owner_file);
        FAIL(KD_ENOMEM, "farm: no thread to be had");
    }
    c->open = true;
    return KD_OK;
}

void claims_close(struct claims *c)
{
    if (!c->open)
        return;
    pthread_mutex_lock(&c->lock);
    c->leave = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    unlink(c->owner_file);
    c->open = false;
}
