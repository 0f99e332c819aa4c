// SPDX-License-Identifier: BSD-3-Clause
/* paths.c - where shipped files are, and where files that can be made again are kept. */
#include "host/base/paths.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_directory(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

bool path_is_file(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && !S_ISDIR(s.st_mode);
}

/* "a/b" into path; false when it does not fit. */
static bool join(char path[PATH_MAX], const char *a, const char *b)
{
    int n = snprintf(path, PATH_MAX, "%s/%s", a, b);
    return n > 0 && n < PATH_MAX;
}

/* The directory of the library or program that holds this code. */
static bool own_directory(char path[PATH_MAX])
{
    Dl_info self;
    if (!dladdr((void *)(size_t)&data_directory, &self) || !self.dli_fname || !realpath(self.dli_fname, path))
        return false;
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}

kd_status data_directory(char path[PATH_MAX])
{
    const char *given = getenv("KEDGE_DATA");
    if (given && *given) {
        if (strlen(given) >= PATH_MAX || !is_directory(given))
            FAIL(KD_EINPUT, "KEDGE_DATA: \"%.200s\" is not a directory", given);
        strcpy(path, given);
        return KD_OK;
    }
    char own[PATH_MAX] = "?", tried[PATH_MAX];
    if (own_directory(own)) {
        /* lib/ beside share/, or lib/x86_64-linux-gnu/ one deeper */
        const char *const above[] = {"../share/kedge", "../../share/kedge"};
        for (int i = 0; i < 2; i++)
            if (join(tried, own, above[i]) && is_directory(tried) && realpath(tried, path))
                return KD_OK;
    }
    FAIL(KD_EINPUT, "data directory: no share/kedge above %s, expected it there or in KEDGE_DATA", own);
}

kd_status data_file(const char *name, char path[PATH_MAX])
{
    char directory[PATH_MAX];
    TRY(data_directory(directory));
    if (!join(path, directory, name) || !path_is_file(path))
        FAIL(KD_EINPUT, "%s: no such file in %s", name, directory);
    return KD_OK;
}

kd_status data_or_given(const char *given, char path[PATH_MAX])
{
    if (path_is_file(given) && strlen(given) < PATH_MAX) {
        strcpy(path, given);
        return KD_OK;
    }
    char directory[PATH_MAX] = "";
    bool relative = given[0] != '/' && data_directory(directory) == KD_OK;
    if (relative && join(path, directory, given) && path_is_file(path))
        return KD_OK;
    if (relative)
        FAIL(KD_EINPUT, "%s: no such file, neither here nor in %s", given, directory);
    FAIL(KD_EINPUT, "%s: no such file", given);
}

/* mkdir -p; path is put together again before returning. */
static bool make_directories(char path[PATH_MAX])
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool there = mkdir(path, 0777) == 0 || errno == EEXIST;
        *slash = '/';
        if (!there)
            return false;
    }
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

kd_status cache_directory(const char *name, char path[PATH_MAX])
{
    static const struct {
        const char *variable, *below;
    } place[] = {{"KEDGE_CACHE", ""}, {"XDG_CACHE_HOME", "/kedge"}, {"HOME", "/.cache/kedge"}};
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(place[i].variable);
        if (!value || !*value)
            continue;
        int n = snprintf(path, PATH_MAX, "%s%s/%s", value, place[i].below, name);
        if (n >= PATH_MAX)
            FAIL(KD_EIO, "cache directory: %s is too long", place[i].variable);
        if (!make_directories(path) || !is_directory(path))
            FAIL(KD_EIO, "%.200s: cannot make the cache directory: %s", path, strerror(errno));
        return KD_OK;
    }
    FAIL(KD_EIO, "cache directory: expected KEDGE_CACHE, XDG_CACHE_HOME or HOME to be set");
}
