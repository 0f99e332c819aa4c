// SPDX-License-Identifier: BSD-3-Clause
/* limits.h - what a reader may take for a file of `size` bytes: host memory of at most 64 times as much (and
 * 64 KiB), 1 second. */
#ifndef KD_FUZZ_LIMITS_H
#define KD_FUZZ_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's entry; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Around the reader alone. fuzz_end aborts when a limit was passed. Memory is counted only in sanitized
 * builds, time in seconds of the processor, ten of them allowed there (a sanitized program is slow, and
 * another process may hold the core). */
void fuzz_begin(void);
void fuzz_end(size_t size);

#endif
