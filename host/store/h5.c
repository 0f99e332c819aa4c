// SPDX-License-Identifier: BSD-3-Clause
/* h5.c - HDF5 files: created beside their name, committed by rename, opened with suspicion; and what errors say. */
#include "host/store/h5.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/store/h5_file.h"

/* ---- errors ---- */

struct reason { /* of the error stack: the innermost description, and the system's own words where there are any */
    char words[160];
    bool system;
};

static herr_t look(unsigned n, const H5E_error2_t *error, void *user)
{
    struct reason *reason = user;
    if (!error->desc || reason->system)
        return 0;
    const char *message = strstr(error->desc, "error message = '");
    if (message) { /* "... errno = 28, error message = 'No space left on device', ..." */
        message += strlen("error message = '");
        snprintf(reason->words, sizeof reason->words, "%.*s", (int)strcspn(message, "'"), message);
        reason->system = true;
    } else if (n == 0 || !reason->words[0]) {
        snprintf(reason->words, sizeof reason->words, "%s", error->desc);
    }
    return 0;
}

kd_status h5_broken(struct h5 *f, const char *object, const char *what)
{
    struct reason reason = {"", false};
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, look, &reason);
    H5Eclear2(H5E_DEFAULT);
    f->failed = true;
    FAIL(reason.system || f->writing ? KD_EIO : KD_EINPUT, "%s: %s%s%s%s%s%s", f->path, object ? object : "",
         object ? ": " : "", what, reason.words[0] ? " (" : "", reason.words, reason.words[0] ? ")" : "");
}

kd_status h5_refuse(struct h5 *f, kd_status code, const char *object, const char *what)
{
    f->failed = f->failed || f->writing;
    FAIL(code, "%s: %s: %s", f->path, object, what);
}

kd_status h5_finite(struct h5 *f, const char *name, enum h5_kind kind, size_t n, const void *values)
{
    const double *d = values;
    const float *s = values;
    size_t i = n;
    if (kind == H5_DOUBLE)
        for (i = 0; i < n && isfinite(d[i]); i++)
            ;
    else if (kind == H5_FLOAT)
        for (i = 0; i < n && isfinite(s[i]); i++)
            ;
    if (i == n)
        return KD_OK;
    f->failed = f->failed || f->writing;
    FAIL(f->writing ? KD_EINTERNAL : KD_EINPUT, "%s: %s: number %zu is not finite, expected finite numbers only", f->path,
         name, i);
}

/* ---- files ---- */

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

/* HDF5 1.10 dies at exit, or in H5Fclose, over a file that it could not flush (full disk): such a file is left open, and
 * the library is not asked to tidy up at exit. */
static void library_begin(void)
{
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* Every file speaks the format of 1.10. No locks: whole files are renamed into place, and locks fail on some NFS. */
static hid_t access_list(void)
{
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    if (list < 0)
        return list;
    herr_t failed = H5Pset_libver_bounds(list, H5F_LIBVER_V110, H5F_LIBVER_V110);
#if H5_VERSION_GE(1, 10, 7)
    failed |= H5Pset_file_locking(list, false, true);
#endif
    failed |= H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
    if (failed < 0) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

static struct h5 *file_new(const char *path)
{
    pthread_once(&library_once, library_begin);
    struct h5 *f = calloc(1, sizeof *f);
    char *copy = strdup(path);
    if (!f || !copy) {
        free(f);
        free(copy);
        return NULL;
    }
    f->id = -1;
    f->path = copy;
    return f;
}

static void file_free(struct h5 *f)
{
    free(f->path);
    free(f);
}

kd_status h5_create(const char *path, struct h5 **out)
{
    struct h5 *f = file_new(path);
    if (!f)
        FAIL(KD_ENOMEM, "%s: no host memory", path);
    f->writing = true;
    kd_status status = commit_reserve(path, &f->commit);
    hid_t access = -1, creation = -1;
    if (status == KD_OK && f->commit.special)
        status = kd_fail(KD_EIO, "%s: cannot write HDF5, it is not a file", path);
    if (status != KD_OK)
        goto out;
    access = access_list();
    creation = H5Pcreate(H5P_FILE_CREATE);
    if (access >= 0 && creation >= 0 && H5Pset_obj_track_times(creation, false) >= 0)
        f->id = H5Fcreate(f->commit.staged, H5F_ACC_TRUNC, creation, access);
    if (f->id < 0)
        status = h5_broken(f, NULL, "cannot write");
out:
    if (access >= 0)
        H5Pclose(access);
    if (creation >= 0)
        H5Pclose(creation);
    if (status == KD_OK)
        *out = f;
    else
        h5_abandon(f);
    return status;
}

kd_status h5_open(const char *path, struct h5 **out)
{
    struct stat s;
    if (stat(path, &s))
        FAIL(KD_EINPUT, "%s: cannot open, %s", path, strerror(errno));
    if (S_ISDIR(s.st_mode))
        FAIL(KD_EINPUT, "%s: a directory, expected an HDF5 file", path);
    struct h5 *f = file_new(path);
    if (!f)
        FAIL(KD_ENOMEM, "%s: no host memory", path);
    hid_t access = access_list();
    f->id = access < 0 ? -1 : H5Fopen(path, H5F_ACC_RDONLY, access);
    if (access >= 0)
        H5Pclose(access);
    if (f->id >= 0) {
        *out = f;
        return KD_OK;
    }
    kd_status status = h5_broken(f, NULL, "not a whole HDF5 file");
    file_free(f);
    return status;
}

/* Close; false when something could not be written. A file that cannot be flushed only gives its disk space back. */
static bool close_file(struct h5 *f)
{
    int *descriptor;
    bool flushed = !f->writing || H5Fflush(f->id, H5F_SCOPE_GLOBAL) >= 0;
    bool closed = flushed && H5Fclose(f->id) >= 0;
    if (!flushed && H5Fget_vfd_handle(f->id, H5P_DEFAULT, (void **)&descriptor) >= 0 && ftruncate(*descriptor, 0) != 0)
        closed = false;
    f->id = -1;
    return closed;
}

kd_status h5_commit(struct h5 *f)
{
    bool failed = f->failed;
    kd_status status = close_file(f) ? KD_OK : h5_broken(f, NULL, "cannot write");
    if (failed)
        status = kd_fail(KD_EIO, "%s: not written, since a part of it failed before", f->path);
    if (status == KD_OK)
        status = commit_finish(&f->commit);
    else
        commit_abandon(&f->commit);
    file_free(f);
    return status;
}

void h5_abandon(struct h5 *f)
{
    if (!f)
        return;
    if (f->id >= 0)
        close_file(f);
    H5Eclear2(H5E_DEFAULT);
    commit_abandon(&f->commit);
    file_free(f);
}

void h5_close(struct h5 *f)
{
    h5_abandon(f);
}

const char *h5_path(const struct h5 *f)
{
    return f->path;
}

void h5_version(char version[24])
{
    unsigned major = 0, minor = 0, patch = 0;
    pthread_once(&library_once, library_begin);
    H5get_libversion(&major, &minor, &patch);
    snprintf(version, 24, "%u.%u.%u", major, minor, patch);
}
