// SPDX-License-Identifier: BSD-3-Clause
/* h5_type.c - kinds of numbers and strings, in memory and in the file. */
#include <stdint.h>

#include "host/store/h5_file.h"

hid_t h5_memory_type(enum h5_kind kind)
{
    switch (kind) {
    case H5_DOUBLE:
        return H5T_NATIVE_DOUBLE;
    case H5_FLOAT:
        return H5T_NATIVE_FLOAT;
    case H5_INT:
        return H5T_NATIVE_INT;
    case H5_LONG:
        return H5T_NATIVE_INT64;
    case H5_BYTE:
        break;
    }
    return H5T_NATIVE_UINT8;
}

hid_t h5_file_type(enum h5_kind kind)
{
    switch (kind) {
    case H5_DOUBLE:
        return H5T_IEEE_F64LE;
    case H5_FLOAT:
        return H5T_IEEE_F32LE;
    case H5_INT:
        return H5T_STD_I32LE;
    case H5_LONG:
        return H5T_STD_I64LE;
    case H5_BYTE:
        break;
    }
    return H5T_STD_U8LE;
}

size_t h5_kind_size(enum h5_kind kind)
{
    switch (kind) {
    case H5_DOUBLE:
    case H5_LONG:
        return 8;
    case H5_FLOAT:
    case H5_INT:
        return 4;
    case H5_BYTE:
        break;
    }
    return 1;
}

hid_t h5_string_type(size_t width)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 && (H5Tset_size(type, width ? width : 1) < 0 ||
                      (width != H5T_VARIABLE && H5Tset_strpad(type, H5T_STR_NULLPAD) < 0) ||
                      H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
        H5Tclose(type);
        return -1;
    }
    return type;
}
