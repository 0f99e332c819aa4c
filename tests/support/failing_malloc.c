// SPDX-License-Identifier: BSD-3-Clause
/* failing_malloc.c - malloc, calloc, realloc and free of this program, in front of glibc's. */
#include "tests/support/failing_malloc.h"

#include <errno.h>
#include <features.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(SANITIZED) || !defined(__GLIBC__)

bool failing_malloc_available(void)
{
    return false;
}

void failing_malloc_begin(long n)
{
    (void)n;
}

long failing_malloc_end(bool *failed)
{
    *failed = false;
    return 0;
}

#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t size);
void free(void *p);

static bool armed, has_failed;
static long next, limit, live;

/* Is this one to fail? Counts it otherwise. */
static bool refuse(void)
{
    if (!armed)
        return false;
    if (limit >= 0 && next++ >= limit) {
        has_failed = true;
        errno = ENOMEM;
        return true;
    }
    return false;
}

void *malloc(size_t size)
{
    if (refuse())
        return NULL;
    live += armed;
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    if (refuse())
        return NULL;
    live += armed;
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    if (refuse())
        return NULL;
    live += armed && !p;
    return __libc_realloc(p, size);
}

void free(void *p)
{
    live -= armed && p;
    __libc_free(p);
}

bool failing_malloc_available(void)
{
    return true;
}

void failing_malloc_begin(long n)
{
    next = live = 0;
    limit = n;
    has_failed = false;
    armed = true;
}

long failing_malloc_end(bool *failed)
{
    armed = false;
    *failed = has_failed;
    return live;
}

#endif
