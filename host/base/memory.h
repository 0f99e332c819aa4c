// SPDX-License-Identifier: BSD-3-Clause
/* memory.h - how much host memory this process has used, and has. */
#ifndef KD_MEMORY_H
#define KD_MEMORY_H

/* Largest resident set so far (VmHWM) and what the machine could still give (MemAvailable), in MB of 10^6 bytes;
 * 0 where the system does not say. */
double memory_peak_mb(void);
double memory_available_mb(void);

#endif
