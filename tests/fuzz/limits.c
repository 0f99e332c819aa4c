// SPDX-License-Identifier: BSD-3-Clause
/* limits.c - peak host memory and time between two calls. */
#include "tests/fuzz/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COUNT_MEMORY 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define COUNT_MEMORY 1
#endif

static struct timespec started;

static double seconds_since(const struct timespec *then)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)(now.tv_sec - then->tv_sec) + 1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

#ifdef COUNT_MEMORY
/* sanitizer/allocator_interface.h, which gcc does not install */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *p);

static size_t now, peak;
static int counting;

static void on_malloc(const volatile void *p, size_t size)
{
    (void)p;
    now += counting ? size : 0;
    peak = now > peak ? now : peak;
}

static void on_free(const volatile void *p)
{
    size_t size = counting && p ? __sanitizer_get_allocated_size(p) : 0;
    now -= size < now ? size : now;
}

static void count_from_here(void)
{
    static int installed;
    if (!installed)
        installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
    now = peak = 0;
    counting = 1;
}

static size_t peak_memory(void)
{
    counting = 0;
    return peak;
}
static const double SECONDS = 10;
#else
static void count_from_here(void)
{
}

static size_t peak_memory(void)
{
    return 0;
}
static const double SECONDS = 1;
#endif

void fuzz_begin(void)
{
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &started);
    count_from_here();
}

void fuzz_end(size_t size)
{
    size_t bytes = peak_memory();
    double seconds = seconds_since(&started);
    if (bytes > 64 * size + 65536 || seconds > SECONDS) {
        fprintf(stderr, "a file of %zu bytes took %zu bytes of memory and %.3f s\n", size, bytes, seconds);
        abort();
    }
}
