// SPDX-License-Identifier: BSD-3-Clause
/* failing_malloc.h - host memory that runs out at a chosen call (link failing_malloc.c). glibc only; the
 * sanitizers have allocators of their own: there it is not available, and tests skip. */
#ifndef KD_FAILING_MALLOC_H
#define KD_FAILING_MALLOC_H

#include <stdbool.h>

bool failing_malloc_available(void);

/* From here on allocation number n of this process (from 0) and all later ones fail; negative: none does. */
void failing_malloc_begin(long n);
/* Back to normal. Returns how many blocks were taken and not given back since begin. *failed: did an
 * allocation fail? */
long failing_malloc_end(bool *failed);

#endif
