// SPDX-License-Identifier: BSD-3-Clause
/* report.h - what the emulator says when a kernel or a caller does wrong, and where in the source that was.
 */
#ifndef EMU_REPORT_H
#define EMU_REPORT_H

#include <cuda_runtime_api.h>

#include <string>

namespace emu
{
/* "tersoff.cu:112" of the call that returns to `where`; the library and offset without debug lines. */
std::string place(const void *where);

/* Print "[emu] ..." once per wording. The context is broken from then on: every later call returns `code`,
 * and the process ends with status 99 whatever it wanted to say. */
void fault(cudaError_t code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Print only: a refused call, whose error code the caller gets. */
void remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The error of the first fault, cudaSuccess while there is none. */
cudaError_t broken();
} // namespace emu

#endif
