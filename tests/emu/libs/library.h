// SPDX-License-Identifier: BSD-3-Clause
/* library.h - what the stand-ins for NVIDIA's libraries share: operands that are checked, work that is
 * queued. */
#ifndef EMU_LIBRARY_H
#define EMU_LIBRARY_H

#include <cuda_runtime_api.h>

#include <algorithm>
#include <complex>
#include <string>
#include <vector>

#include "../api.h"
#include "../check.h"
#include "../memory.h"
#include "../report.h"
#include "../stream.h"

namespace emu
{
/* A matrix in column-major order, or a vector as one column. */
struct operand {
    const char *name;
    const void *start;
    size_t column_bytes, pitch_bytes, n_column;
    access_kind kind; /* ACCESS_ATOMIC: read and written */
};

template <class T>
operand matrix(const char *name, const T *p, int rows, int columns, int leading, access_kind kind)
{
    return operand{name, p, size_t(rows) * sizeof(T), size_t(leading) * sizeof(T), size_t(columns), kind};
}
template <class T> operand vector(const char *name, const T *p, int n, int increment, access_kind kind)
{
    if (increment == 1)
        return matrix(name, p, n, 1, std::max(n, 1), kind);
    return matrix(name, p, 1, n, increment < 0 ? -increment : increment, kind);
}

/* All operands lie in device memory; an illegal address, which a GPU would report later, is reported at once.
 */
inline bool operands_there(const char *routine, const std::vector<operand> &operands)
{
    for (const operand &o : operands) {
        if (o.n_column == 0 || o.column_bytes == 0)
            continue;
        const size_t extent = (o.n_column - 1) * o.pitch_bytes + o.column_bytes;
        if (!device_range(o.start, extent, routine)) {
            fault(cudaErrorIllegalAddress, "%s: %s needs %zu bytes of device memory", routine, o.name,
                  extent);
            return false;
        }
    }
    return true;
}

/* The checker's view of the call, while it runs. */
inline void operands_read(const char *routine, const std::vector<operand> &operands)
{
    for (const operand &o : operands)
        for (size_t c = 0; c < o.n_column && o.kind != ACCESS_WRITE; c++)
            check_bulk(static_cast<const char *>(o.start) + c * o.pitch_bytes, o.column_bytes, ACCESS_READ,
                       routine);
}
inline void operands_written(const char *routine, const std::vector<operand> &operands)
{
    for (const operand &o : operands)
        for (size_t c = 0; c < o.n_column && o.kind != ACCESS_READ; c++)
            check_bulk(static_cast<const char *>(o.start) + c * o.pitch_bytes, o.column_bytes, ACCESS_WRITE,
                       routine);
}

/* Queue work(); false when the operands or the stream are no good. */
inline bool enqueue_call(const char *routine, cudaStream_t stream, const std::vector<operand> &operands,
                         work run)
{
    if (!operands_there(routine, operands))
        return false;
    return enqueue(stream, [=] {
               operands_read(routine, operands);
               run();
               operands_written(routine, operands);
           }) == cudaSuccess;
}

/* "cublasZgemm: lda is 3, expected at least 8"; returns whether it is all right. */
inline bool at_least(const char *routine, const char *argument, long long value, long long least)
{
    if (value >= least)
        return true;
    remark("%s: %s is %lld, expected at least %lld", routine, argument, value, least);
    return false;
}
} // namespace emu

#endif
