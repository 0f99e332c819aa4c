// SPDX-License-Identifier: BSD-3-Clause
/* cuda_runtime.h - stands before NVIDIA's on the include path: its C++ half is for nvcc, and emu.h has what
 * is needed. */
#ifndef EMU_CUDA_RUNTIME_H
#define EMU_CUDA_RUNTIME_H

#include <cuda_runtime_api.h>
#include <vector_functions.h>

#endif
