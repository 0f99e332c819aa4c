// SPDX-License-Identifier: BSD-3-Clause
/* h5_file.h - what the files of the HDF5 door share. Not for others. */
#ifndef KD_H5_FILE_H
#define KD_H5_FILE_H

#include <hdf5.h>

#include "host/base/commit.h"
#include "host/store/h5.h"

struct h5 {
    hid_t id;
    char *path;
    bool writing, failed; /* failed: something is missing, so h5_commit refuses */
    struct commit commit;
};

/* Record "file: object: what (why HDF5 says)" and return KD_EIO when the system refused, else KD_EINPUT (reading) or KD_EIO
 * (writing). Marks a file that is written as failed. */
kd_status h5_broken(struct h5 *f, const char *object, const char *what);
/* The same for a mistake that HDF5 does not know of. */
kd_status h5_refuse(struct h5 *f, kd_status code, const char *object, const char *what);

hid_t h5_memory_type(enum h5_kind kind);
hid_t h5_file_type(enum h5_kind kind);
size_t h5_kind_size(enum h5_kind kind);
/* A string type of `width` bytes, NUL-padded, or H5T_VARIABLE; UTF-8; negative when HDF5 fails. */
hid_t h5_string_type(size_t width);
/* Make the groups above "a/b/c". */
kd_status h5_parents(struct h5 *f, const char *name);
/* Refuse NaN and infinities among n numbers. */
kd_status h5_finite(struct h5 *f, const char *name, enum h5_kind kind, size_t n, const void *values);

#endif
