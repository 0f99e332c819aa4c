// SPDX-License-Identifier: BSD-3-Clause
/* device.h - a place where arithmetic runs: its memory, its streams, and the tables of what it can do.
 *
 * A device is opened by name ("auto", "cpu", "cuda", "cuda:1", "emu"). The CPU backend is always there; the others are
 * plug-ins that are opened with dlopen, so that kedge itself links no NVIDIA library. Several devices may be open at once:
 * that is how backends are compared.
 *
 * Rules:
 *  - ops are asynchronous on the stream they are given (the CPU backend runs them at once), never allocate, never own memory;
 *  - only kd_download, kd_stream_sync and kd_event_sync block;
 *  - set-up allocates and reserves scratch; after kd_device_seal every allocation fails with KD_ENOMEM and names the culprit;
 *  - a pointer that ends in _d is device memory: the host must not touch it. With KEDGE_STRICT=1 the CPU backend
 *    makes that a segmentation fault. */
#ifndef KD_DEVICE_H
#define KD_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kd_device kd_device;
typedef struct kd_stream kd_stream; /* backend's own */
typedef struct kd_event kd_event;   /* backend's own */
typedef struct kd_graph kd_graph;   /* backend's own */

/* mixed: heavy work in FP32, sums and energies in FP64 (docs/conventions.md); double: all FP64, the oracle of mixed. */
enum kd_precision { KD_MIXED, KD_DOUBLE };

/* What a backend implements; user code calls the kd_* functions below. */
struct device_ops {
    kd_status (*alloc)(kd_device *dev, size_t bytes, void **ptr_d); /* 256-byte aligned, contents undefined */
    void (*free)(kd_device *dev, void *ptr_d);
    kd_status (*host_alloc)(kd_device *dev, size_t bytes, void **ptr); /* page-locked where that helps copies */
    void (*host_free)(kd_device *dev, void *ptr);
    kd_status (*upload)(kd_device *dev, kd_stream *s, void *dst_d, const void *src, size_t bytes);
    kd_status (*download)(kd_device *dev, kd_stream *s, void *dst, const void *src_d, size_t bytes);
    kd_status (*copy)(kd_device *dev, kd_stream *s, void *dst_d, const void *src_d, size_t bytes);
    kd_status (*fill)(kd_device *dev, kd_stream *s, void *dst_d, int byte, size_t bytes);
    kd_status (*stream_create)(kd_device *dev, kd_stream **s);
    void (*stream_destroy)(kd_device *dev, kd_stream *s);
    kd_status (*stream_sync)(kd_device *dev, kd_stream *s);
    kd_status (*event_create)(kd_device *dev, kd_event **e);
    void (*event_destroy)(kd_device *dev, kd_event *e);
    kd_status (*event_record)(kd_device *dev, kd_event *e, kd_stream *s);
    kd_status (*event_wait)(kd_device *dev, kd_event *e, kd_stream *s); /* s waits for e, the host does not */
    kd_status (*event_sync)(kd_device *dev, kd_event *e);               /* the host waits for e */
    kd_status (*event_elapsed)(kd_device *dev, kd_event *from, kd_event *to, double *seconds);
    /* Ops as one graph (NULL where there are none): between begin and end what is given to the stream is recorded and not run; nothing
     * there may block. Replays use the same arguments, scratch included. end must follow begin, also after a failure: then *graph is NULL. */
    kd_status (*graph_begin)(kd_device *dev, kd_stream *s);
    kd_status (*graph_end)(kd_device *dev, kd_stream *s, kd_graph **graph);
    kd_status (*graph_launch)(kd_device *dev, kd_stream *s, kd_graph *graph);
    void (*graph_destroy)(kd_device *dev, kd_graph *graph); /* NULL is fine */
    void (*range_push)(kd_device *dev, const char *name); /* NVTX; NULL where there is none */
    void (*range_pop)(kd_device *dev);
    void (*profiler)(kd_device *dev, bool start); /* cudaProfilerStart/Stop; NULL where there is none */
    void (*close)(kd_device *dev);
};

struct md_ops; /* one table per domain; NULL until a backend has it */
struct la_ops;
struct grid_ops;
struct pw_ops;
struct xas_ops;
struct nn_ops;
struct bader_ops;
struct comm_ops;

struct kd_device {
    const char *backend; /* "cpu", "cuda", "emu" */
    int index;           /* cuda:index */
    int n_thread;        /* CPU: OpenMP threads */
    char description[160];
    const struct device_ops *ops;
    const struct md_ops *md;
    const struct la_ops *la;
    const struct grid_ops *grid;
    const struct pw_ops *pw;
    const struct xas_ops *xas;
    const struct nn_ops *nn;
    const struct bader_ops *bader;
    const struct comm_ops *comm;

    kd_stream *stream;   /* the compute stream */
    kd_stream *transfer; /* the copy stream */

    /* memory accounting and the scratch arena: kept by device.c for every backend */
    size_t bytes_now, bytes_peak, bytes_total; /* total: what the device has, 0 if unknown */
    unsigned char *scratch_d;
    size_t scratch_size, scratch_used, scratch_peak;
    bool sealed;
    struct kd_block *blocks; /* live allocations */
    void *plugin;            /* dlopen handle */
    void *state;             /* backend's own */
};

/* Open the device that `spec` names: "auto", "cpu", "cuda", "cuda:N", "emu", "emu:N". n_thread 0 = all cores (OMP_NUM_THREADS honoured).
 * "auto" takes the first usable CUDA device, else the CPU; why_not (may be NULL, size >= 256) then says why no GPU was taken, or "".
 * KD_EDEVICE with the reason when a named device cannot be had; KD_EINPUT for a name that is none. */
kd_status kd_device_open(const char *spec, int n_thread, kd_device **dev, char why_not[256]);
/* Frees scratch, streams and the plug-in. Reports to stderr, in debug builds, allocations that were never freed. */
void kd_device_close(kd_device *dev);

/* Number of devices that a backend ("cuda", "emu") can open here, 0 with the reason in why_not. */
int kd_device_count(const char *backend, char why_not[256]);
/* One line that describes device `index` of `backend`; KD_EDEVICE when there is none. */
kd_status kd_device_describe(const char *backend, int index, char line[160]);

/* Device memory. bytes 0 gives a valid pointer. KD_ENOMEM: none left, or the device is sealed. */
#define kd_alloc(dev, bytes, ptr) kd_alloc_at((dev), (bytes), (void **)(ptr), __FILE__, __LINE__)
kd_status kd_alloc_at(kd_device *dev, size_t bytes, void **ptr_d, const char *file, int line);
void kd_free(kd_device *dev, void *ptr_d); /* NULL is fine; allowed after the seal */

/* Transfers on a stream. Uploads have read src when they return; downloads block until dst is there. */
kd_status kd_upload(kd_device *dev, kd_stream *s, void *dst_d, const void *src, size_t bytes);
kd_status kd_download(kd_device *dev, kd_stream *s, void *dst, const void *src_d, size_t bytes);
kd_status kd_copy(kd_device *dev, kd_stream *s, void *dst_d, const void *src_d, size_t bytes);
kd_status kd_fill(kd_device *dev, kd_stream *s, void *dst_d, int byte, size_t bytes);
/* Allocate and upload in one. */
#define kd_alloc_copy(dev, s, src, bytes, ptr) kd_alloc_copy_at((dev), (s), (src), (bytes), (void **)(ptr), __FILE__, __LINE__)
kd_status kd_alloc_copy_at(kd_device *dev, kd_stream *s, const void *src, size_t bytes, void **ptr_d, const char *file, int line);

/* Scratch: reserved once at set-up (the largest request wins), taken and given back in stack order inside an op.
 *     size_t mark = kd_scratch_mark(dev);
 *     TRY(kd_scratch_take(dev, bytes, &zeta_d));
 *     ...
 *     kd_scratch_release(dev, mark);
 * The memory may be reused by later ops of the same stream only. */
kd_status kd_scratch_reserve(kd_device *dev, size_t bytes);
size_t kd_scratch_mark(const kd_device *dev);
kd_status kd_scratch_take(kd_device *dev, size_t bytes, void **ptr_d); /* 256-byte aligned */
void kd_scratch_release(kd_device *dev, size_t mark);
/* Bytes that a request takes in the arena, for the *_scratch functions of the op tables. */
size_t kd_scratch_round(size_t bytes);

/* End of set-up: from here on allocations fail. kd_device_unseal begins another set-up phase. */
void kd_device_seal(kd_device *dev);
void kd_device_unseal(kd_device *dev);

#ifdef __cplusplus
}
#endif
#endif
