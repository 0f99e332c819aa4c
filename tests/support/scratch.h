// SPDX-License-Identifier: BSD-3-Clause
/* scratch.h - a directory of its own for a test, gone afterwards. */
#ifndef KD_SCRATCH_H
#define KD_SCRATCH_H

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_directory[64];

static inline const char *scratch_path(const char *name)
{
    static char path[8][PATH_MAX];
    static int at;
    at = (at + 1) % 8;
    snprintf(path[at], PATH_MAX, "%s/%s", scratch_directory, name);
    return path[at];
}

/* cmocka group set-up and tear-down. */
static inline int scratch_make(void **state)
{
    (void)state;
    strcpy(scratch_directory, "/tmp/kedge-test-XXXXXX");
    return mkdtemp(scratch_directory) ? 0 : -1;
}

static inline int scratch_remove(void **state)
{
    (void)state;
    char command[256];
    snprintf(command, sizeof command, "chmod -R u+w %s; rm -rf %s", scratch_directory, scratch_directory);
    return system(command);
}

static inline void scratch_write(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f))
        abort();
}

/* Contents as a string that the caller frees; NULL when there is no such file. */
static inline char *scratch_read(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    char *bytes = malloc(1 << 22);
    size_t length = fread(bytes, 1, (1 << 22) - 1, f);
    bytes[length] = '\0';
    fclose(f);
    if (n)
        *n = length;
    return bytes;
}

/* Files in the directory whose name holds `part`. */
static inline int scratch_count(const char *part)
{
    int n = 0;
    DIR *d = opendir(scratch_directory);
    for (struct dirent *e; d && (e = readdir(d));)
        n += strstr(e->d_name, part) != NULL;
    closedir(d);
    return n;
}

#endif
