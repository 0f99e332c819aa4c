// SPDX-License-Identifier: BSD-3-Clause
/* faults.c - calls that fail when asked to: KEDGE_FAIL=alloc:3 lets the third host allocation fail; dev_alloc, write, h5 likewise.
 *
 * Linked into libkedge by KEDGE_FAULTS=ON (presets debug, asan) with the linker's --wrap, so that no source knows of it. A
 * call that was made to fail leaves a file named by KEDGE_FAIL_MARK. Only calls made by kedge and libkedge count, and those
 * of jansson, whose memory comes from here too. */
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernels/device.h"

enum kind { ALLOC, DEV_ALLOC, WRITE, H5, N_KIND };
static const char *const kind_name[N_KIND] = {"alloc", "dev_alloc", "write", "h5"};
static atomic_long left[N_KIND]; /* calls until one fails; 0: none does */

/* Is it this call's turn? */
static bool fails(enum kind kind, int reason)
{
    if (atomic_load_explicit(&left[kind], memory_order_relaxed) <= 0 || atomic_fetch_sub(&left[kind], 1) != 1)
        return false;
    const char *mark = getenv("KEDGE_FAIL_MARK");
    if (mark)
        close(open(mark, O_CREAT | O_WRONLY, 0600));
    errno = reason;
    return true;
}

/* ---- host memory ---- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *s);

void *__wrap_malloc(size_t size)
{
    return fails(ALLOC, ENOMEM) ? NULL : __real_malloc(size);
}
void *__wrap_calloc(size_t n, size_t size)
{
    return fails(ALLOC, ENOMEM) ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *ptr, size_t size)
{
    return fails(ALLOC, ENOMEM) ? NULL : __real_realloc(ptr, size);
}
void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails(ALLOC, ENOMEM) ? NULL : __real_aligned_alloc(alignment, size);
}
char *__wrap_strdup(const char *s)
{
    return fails(ALLOC, ENOMEM) ? NULL : __real_strdup(s);
}

/* ---- device memory: the op table of a device that is opened is replaced by one whose alloc may fail ---- */

static struct device_ops failing_ops;
static kd_status (*true_alloc)(kd_device *dev, size_t bytes, void **ptr_d);

static kd_status failing_alloc(kd_device *dev, size_t bytes, void **ptr_d)
{
    if (fails(DEV_ALLOC, ENOMEM))
        FAIL(KD_ENOMEM, "out of memory (on purpose)");
    return true_alloc(dev, bytes, ptr_d);
}

kd_status __real_kd_device_open(const char *spec, int n_thread, kd_device **dev, char why_not[256]);
kd_status __wrap_kd_device_open(const char *spec, int n_thread, kd_device **dev, char why_not[256]);
kd_status __wrap_kd_device_open(const char *spec, int n_thread, kd_device **dev, char why_not[256])
{
    TRY(__real_kd_device_open(spec, n_thread, dev, why_not));
    if (atomic_load(&left[DEV_ALLOC]) > 0) {
        failing_ops = *(*dev)->ops;
        true_alloc = failing_ops.alloc;
        failing_ops.alloc = failing_alloc;
        (*dev)->ops = &failing_ops;
    }
    return KD_OK;
}

/* ---- files ---- */

FILE *__real_fopen(const char *path, const char *mode);
int __real_fflush(FILE *f);
int __real_fclose(FILE *f);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
FILE *__wrap_fopen(const char *path, const char *mode);
int __wrap_fflush(FILE *f);
int __wrap_fclose(FILE *f);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);

FILE *__wrap_fopen(const char *path, const char *mode)
{
    return mode[0] != 'r' && fails(WRITE, ENOSPC) ? NULL : __real_fopen(path, mode);
}
int __wrap_fflush(FILE *f)
{
    return f != stderr && fails(WRITE, ENOSPC) ? EOF : __real_fflush(f);
}
int __wrap_fclose(FILE *f)
{
    bool writable = (fcntl(fileno(f), F_GETFL) & O_ACCMODE) != O_RDONLY;
    if (!writable || !fails(WRITE, ENOSPC))
        return __real_fclose(f);
    __real_fclose(f);
    errno = ENOSPC;
    return EOF;
}
int __wrap_fsync(int fd)
{
    return fails(WRITE, EIO) ? -1 : __real_fsync(fd);
}
int __wrap_rename(const char *from, const char *to)
{
    return fails(WRITE, EACCES) ? -1 : __real_rename(from, to);
}

/* ---- HDF5: what makes, opens, reads or writes; closing never fails ---- */

#define WRAP_H5(type, name, parameters, arguments)                                                           \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;                                                                           \
    type __wrap_##name parameters                                                                            \
    {                                                                                                        \
        return fails(H5, EIO) ? -1 : __real_##name arguments;                                                \
    }

WRAP_H5(hid_t, H5Fcreate, (const char *path, unsigned flags, hid_t c, hid_t a), (path, flags, c, a))
WRAP_H5(hid_t, H5Fopen, (const char *path, unsigned flags, hid_t a), (path, flags, a))
WRAP_H5(herr_t, H5Fflush, (hid_t f, H5F_scope_t scope), (f, scope))
WRAP_H5(hid_t, H5Pcreate, (hid_t class), (class))
WRAP_H5(hid_t, H5Tcopy, (hid_t type), (type))
WRAP_H5(hid_t, H5Screate, (H5S_class_t class), (class))
WRAP_H5(hid_t, H5Screate_simple, (int rank, const hsize_t *n, const hsize_t *most), (rank, n, most))
WRAP_H5(hid_t, H5Gcreate2, (hid_t at, const char *name, hid_t l, hid_t c, hid_t a), (at, name, l, c, a))
WRAP_H5(hid_t, H5Dcreate2, (hid_t at, const char *name, hid_t type, hid_t space, hid_t l, hid_t c, hid_t a),
        (at, name, type, space, l, c, a))
WRAP_H5(hid_t, H5Dopen2, (hid_t at, const char *name, hid_t a), (at, name, a))
WRAP_H5(hid_t, H5Dget_space, (hid_t set), (set))
WRAP_H5(hid_t, H5Dget_type, (hid_t set), (set))
WRAP_H5(herr_t, H5Dwrite, (hid_t set, hid_t type, hid_t m, hid_t s, hid_t p, const void *v), (set, type, m, s, p, v))
WRAP_H5(herr_t, H5Dread, (hid_t set, hid_t type, hid_t m, hid_t s, hid_t p, void *v), (set, type, m, s, p, v))
WRAP_H5(herr_t, H5Dset_extent, (hid_t set, const hsize_t *n), (set, n))
WRAP_H5(hid_t, H5Acreate_by_name,
        (hid_t at, const char *object, const char *name, hid_t type, hid_t space, hid_t c, hid_t a, hid_t l),
        (at, object, name, type, space, c, a, l))
WRAP_H5(herr_t, H5Awrite, (hid_t a, hid_t type, const void *v), (a, type, v))
WRAP_H5(hid_t, H5Aopen_by_name, (hid_t at, const char *object, const char *name, hid_t a, hid_t l), (at, object, name, a, l))
WRAP_H5(herr_t, H5Aread, (hid_t a, hid_t type, void *v), (a, type, v))
WRAP_H5(hid_t, H5Aget_type, (hid_t a), (a))
WRAP_H5(hid_t, H5Aget_space, (hid_t a), (a))

/* ---- what fails ---- */

__attribute__((constructor)) static void read_wish(void)
{
    json_set_alloc_funcs(__wrap_malloc, free);
    const char *wish = getenv("KEDGE_FAIL");
    for (int k = 0; wish && k < N_KIND; k++) {
        size_t length = strlen(kind_name[k]);
        if (strncmp(wish, kind_name[k], length) == 0 && wish[length] == ':')
            atomic_store(&left[k], atol(wish + length + 1));
    }
}
