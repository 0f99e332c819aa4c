// SPDX-License-Identifier: BSD-3-Clause
/* bader_portable.c - rows of the climb, compiled for any processor. */
#define NAME(x) bader_portable_##x
#include "kernels/cpu/bader_rows.h"
