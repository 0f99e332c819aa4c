// SPDX-License-Identifier: BSD-3-Clause
/* nn_isa.h - nn_template.h in both precisions for one instruction set.
 *
 * The including file defines ISA (its name), VECTOR_BYTES, MR (rows of a register tile) and the two lists of
 * BACKWARD_TILE(first row, rows) that cover NR rows with tiles of at most MR. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/cpu/nn_cpu.h"
#include "kernels/nn_dropout.h"
#include "kernels/nn_slice.h"

#if defined(__clang__)
#define UNROLL(n) _Pragma("clang loop unroll(full)")
#else
#define UNROLL(n) _Pragma("GCC unroll 16")
#endif
#define JOIN3(a, b, c) a##_##b##_##c
#define JOIN2(isa, suffix, name) JOIN3(isa, suffix, name)
#define NR (2 * VL)

#define REAL float
#define INT int32_t
#define NAME(name) JOIN2(ISA, f, name)
#define VL (VECTOR_BYTES / 4)
#define BACKWARD_TILES BACKWARD_TILES_FLOAT
#define SQRT sqrtf
#define TANH tanhf
#define ERF erff
#define EXP expf
#include "kernels/cpu/nn_template.h"
#include "kernels/cpu/nn_passes.h"
#include "kernels/cpu/nn_drive.h"
#undef REAL
#undef INT
#undef NAME
#undef VL
#undef BACKWARD_TILES
#undef SQRT
#undef TANH
#undef ERF
#undef EXP

#define REAL double
#define INT int64_t
#define NAME(name) JOIN2(ISA, d, name)
#define VL (VECTOR_BYTES / 8)
#define BACKWARD_TILES BACKWARD_TILES_DOUBLE
#define SQRT sqrt
#define TANH tanh
#define ERF erf
#define EXP exp
#include "kernels/cpu/nn_template.h"
#include "kernels/cpu/nn_passes.h"
#include "kernels/cpu/nn_drive.h"

#define ENTRY(isa, suffix, title)                                                                            \
    {                                                                                                        \
        .name = title, .state_bytes = JOIN2(isa, suffix, state_bytes),                                       \
        .workspace_bytes = JOIN2(isa, suffix, workspace_bytes), .put = JOIN2(isa, suffix, put),              \
        .get = JOIN2(isa, suffix, get), .train = JOIN2(isa, suffix, train), .infer = JOIN2(isa, suffix, infer), \
        .gradient = JOIN2(isa, suffix, gradient), .share = JOIN2(isa, suffix, share),                        \
        .update = JOIN2(isa, suffix, advance)                                                                \
    }
