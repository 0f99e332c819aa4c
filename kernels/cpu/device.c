// SPDX-License-Identifier: BSD-3-Clause
/* device.c - the CPU as a device: plain memory, streams that run at once, and the strict mode for tests. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "kernels/backend.h"
#include "kernels/cpu/cpu.h"
#include "kernels/cpu/la.h"

struct strict_block { /* strict mode: one mapping per allocation, a guard page on each side */
    unsigned char *base;
    size_t size;
    struct strict_block *next;
};

struct cpu_state {
    bool strict;
    int depth; /* of cpu_enter */
    struct strict_block *blocks;
};

struct kd_stream {
    int unused;
};
struct kd_event {
    struct timespec at;
};

/* ---- strict mode ---- */

static size_t page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static void protect(struct cpu_state *state, int access)
{
    for (struct strict_block *b = state->blocks; b; b = b->next)
        mprotect(b->base + page(), b->size - 2 * page(), access);
}

void cpu_enter(kd_device *dev)
{
    struct cpu_state *state = dev->state;
    if (state->strict && state->depth++ == 0)
        protect(state, PROT_READ | PROT_WRITE);
}

void cpu_leave(kd_device *dev)
{
    struct cpu_state *state = dev->state;
    if (state->strict && --state->depth == 0)
        protect(state, PROT_NONE);
}

static kd_status strict_alloc(struct cpu_state *state, size_t bytes, void **ptr)
{
    size_t size = (bytes + page() - 1) / page() * page() + 2 * page();
    struct strict_block *block = malloc(sizeof *block);
    void *base = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!block || base == MAP_FAILED) {
        free(block);
        if (base != MAP_FAILED)
            munmap(base, size);
        FAIL(KD_ENOMEM, "mmap failed");
    }
    *block = (struct strict_block){base, size, state->blocks};
    state->blocks = block;
    size_t slack = size - 2 * page() - bytes; /* push the block against the upper guard page, 256-byte aligned */
    *ptr = block->base + page() + slack / 256 * 256;
    if (state->depth > 0)
        protect(state, PROT_READ | PROT_WRITE);
    return KD_OK;
}

static void strict_free(struct cpu_state *state, const void *ptr)
{
    for (struct strict_block **at = &state->blocks; *at; at = &(*at)->next) {
        struct strict_block *block = *at;
        if ((const unsigned char *)ptr < block->base || (const unsigned char *)ptr >= block->base + block->size)
            continue;
        *at = block->next;
        munmap(block->base, block->size);
        free(block);
        return;
    }
}

/* ---- memory ---- */

enum { HUGE_PAGE = 2 << 20 };

static kd_status cpu_alloc(kd_device *dev, size_t bytes, void **ptr)
{
    struct cpu_state *state = dev->state;
    if (state->strict)
        return strict_alloc(state, bytes, ptr);
    /* Large blocks in pages of 2 MB: weights, densities and wavefunctions are walked through in strides that small pages' tables cannot hold. */
    size_t unit = bytes >= 2 * HUGE_PAGE ? HUGE_PAGE : 256;
    if (bytes > SIZE_MAX - HUGE_PAGE || !(*ptr = aligned_alloc(unit, (bytes + unit - 1) / unit * unit)))
        FAIL(KD_ENOMEM, "out of memory");
#ifdef MADV_HUGEPAGE
    if (unit == HUGE_PAGE)
        (void)madvise(*ptr, (bytes + unit - 1) / unit * unit, MADV_HUGEPAGE); /* a wish: without it everything works too */
#endif
    return KD_OK;
}

static void cpu_free(kd_device *dev, void *ptr)
{
    struct cpu_state *state = dev->state;
    if (state->strict)
        strict_free(state, ptr);
    else
        free(ptr);
}

static kd_status cpu_host_alloc(kd_device *dev, size_t bytes, void **ptr)
{
    (void)dev;
    if (!(*ptr = malloc(bytes ? bytes : 1)))
        FAIL(KD_ENOMEM, "no host memory for %zu bytes", bytes);
    return KD_OK;
}

static void cpu_host_free(kd_device *dev, void *ptr)
{
    (void)dev;
    free(ptr);
}

enum { PIECE = 1 << 18 }; /* bytes that a thread takes of a copy or fill: fresh pages cost more than the numbers in them */

static kd_status cpu_move(kd_device *dev, kd_stream *s, void *dst, const void *src, size_t bytes)
{
    (void)s;
    cpu_enter(dev);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread) if (bytes >= 4 * PIECE)
    for (size_t at = 0; at < bytes; at += PIECE)
        memcpy((char *)dst + at, (const char *)src + at, bytes - at < PIECE ? bytes - at : PIECE);
    cpu_leave(dev);
    return KD_OK;
}

static kd_status cpu_fill(kd_device *dev, kd_stream *s, void *dst, int byte, size_t bytes)
{
    (void)s;
    cpu_enter(dev);
#pragma omp parallel for schedule(static) num_threads(dev->n_thread) if (bytes >= 4 * PIECE)
    for (size_t at = 0; at < bytes; at += PIECE)
        memset((char *)dst + at, byte, bytes - at < PIECE ? bytes - at : PIECE);
    cpu_leave(dev);
    return KD_OK;
}

/* ---- streams and events: everything has happened when the call returns ---- */

static kd_status cpu_stream_create(kd_device *dev, kd_stream **s)
{
    (void)dev;
    if (!(*s = malloc(sizeof **s)))
        FAIL(KD_ENOMEM, "no host memory");
    return KD_OK;
}

static void cpu_stream_destroy(kd_device *dev, kd_stream *s)
{
    (void)dev;
    free(s);
}

static kd_status cpu_stream_sync(kd_device *dev, kd_stream *s)
{
    (void)dev;
    (void)s;
    return KD_OK;
}

static kd_status cpu_event_create(kd_device *dev, kd_event **e)
{
    (void)dev;
    if (!(*e = calloc(1, sizeof **e)))
        FAIL(KD_ENOMEM, "no host memory");
    return KD_OK;
}

static void cpu_event_destroy(kd_device *dev, kd_event *e)
{
    (void)dev;
    free(e);
}

static kd_status cpu_event_record(kd_device *dev, kd_event *e, kd_stream *s)
{
    (void)dev;
    (void)s;
    clock_gettime(CLOCK_MONOTONIC, &e->at);
    return KD_OK;
}

static kd_status cpu_event_wait(kd_device *dev, kd_event *e, kd_stream *s)
{
    (void)dev;
    (void)e;
    (void)s;
    return KD_OK;
}

static kd_status cpu_event_sync(kd_device *dev, kd_event *e)
{
    (void)dev;
    (void)e;
    return KD_OK;
}

static kd_status cpu_event_elapsed(kd_device *dev, kd_event *from, kd_event *to, double *seconds)
{
    (void)dev;
    *seconds = (double)(to->at.tv_sec - from->at.tv_sec) + 1e-9 * (double)(to->at.tv_nsec - from->at.tv_nsec);
    return KD_OK;
}

static void cpu_close(kd_device *dev)
{
    struct cpu_state *state = dev->state;
    while (state && state->blocks)
        strict_free(state, state->blocks->base);
    free(state);
    dev->state = NULL;
}

static const struct device_ops cpu_device_ops = {
    .alloc = cpu_alloc,
    .free = cpu_free,
    .host_alloc = cpu_host_alloc,
    .host_free = cpu_host_free,
    .upload = cpu_move,
    .download = cpu_move,
    .copy = cpu_move,
    .fill = cpu_fill,
    .stream_create = cpu_stream_create,
    .stream_destroy = cpu_stream_destroy,
    .stream_sync = cpu_stream_sync,
    .event_create = cpu_event_create,
    .event_destroy = cpu_event_destroy,
    .event_record = cpu_event_record,
    .event_wait = cpu_event_wait,
    .event_sync = cpu_event_sync,
    .event_elapsed = cpu_event_elapsed,
    .close = cpu_close,
};

/* ---- backend ---- */

static kd_status cpu_count(int *n)
{
    *n = 1;
    return KD_OK;
}

/* "AMD EPYC 9B45" from /proc/cpuinfo; "CPU" where there is none. */
static void cpu_model(char *name, size_t size)
{
    snprintf(name, size, "CPU");
    FILE *f = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "model name", 10) != 0)
            continue;
        char *colon = strchr(line, ':');
        if (colon && colon[1]) {
            colon[strcspn(colon, "\n")] = '\0';
            snprintf(name, size, "%s", colon + 2);
        }
        break;
    }
    if (f)
        fclose(f);
}

static kd_status cpu_describe(int index, char line[160])
{
    (void)index;
    char model[96];
    cpu_model(model, sizeof model);
    snprintf(line, 160, "%s, %s, %ld cores", model, cpu_simd_name(cpu_simd_level()), sysconf(_SC_NPROCESSORS_ONLN));
    return KD_OK;
}

static kd_status cpu_open(kd_device *dev, int index)
{
    struct cpu_state *state = calloc(1, sizeof *state);
    if (!state)
        FAIL(KD_ENOMEM, "device cpu: no host memory");
    const char *strict = getenv("KEDGE_STRICT");
    state->strict = strict && strcmp(strict, "1") == 0;
    dev->state = state;
    dev->ops = &cpu_device_ops;
    dev->md = &cpu_md_ops;
    dev->nn = &cpu_nn_ops;
    dev->la = &cpu_la_ops;
    dev->grid = &cpu_grid_ops;
    dev->pw = &cpu_pw_ops;
    dev->xas = &cpu_xas_ops;
    dev->bader = &cpu_bader_ops;
    dev->comm = &cpu_comm_ops;
    cpu_la_single_thread();
    dev->bytes_total = (size_t)sysconf(_SC_PHYS_PAGES) * page();
#ifdef _OPENMP
    if (dev->n_thread <= 0)
        dev->n_thread = omp_get_max_threads();
#else
    dev->n_thread = 1;
#endif
    return cpu_describe(index, dev->description);
}

const struct kd_backend kd_backend_cpu = {
    .abi = KD_BACKEND_ABI,
    .name = "cpu",
    .count = cpu_count,
    .describe = cpu_describe,
    .open = cpu_open,
};
