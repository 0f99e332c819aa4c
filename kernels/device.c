// SPDX-License-Identifier: BSD-3-Clause
/* device.c - opening devices by name, memory accounting, the scratch arena and its seal. */
#include "kernels/device.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernels/backend.h"

enum { SCRATCH_ALIGN = 256 };

struct kd_block { /* one live allocation */
    void *ptr;
    size_t bytes;
    const char *file;
    int line;
    struct kd_block *next;
};

/* ---- plug-ins ---- */

/* Directory of the plug-ins: KEDGE_PLUGIN_DIR, else kedge/ beside the library or program that this code is in. */
static void plugin_directory(char *path, size_t size)
{
    const char *given = getenv("KEDGE_PLUGIN_DIR");
    if (given && *given) {
        snprintf(path, size, "%s", given);
        return;
    }
    Dl_info self;
    snprintf(path, size, "kedge");
    if (!dladdr((void *)(size_t)&kd_device_open, &self) || !self.dli_fname)
        return;
    char real[PATH_MAX];
    if (!realpath(self.dli_fname, real))
        return;
    char *slash = strrchr(real, '/');
    if (!slash)
        return;
    *slash = '\0';
    snprintf(path, size, "%s/kedge", real);
}

static kd_status library_symbol(const char *library, const char *name, void **function)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    *function = handle ? dlsym(handle, name) : NULL;
    if (!*function)
        FAIL(KD_EDEVICE, "%s: not loaded (%s)", library, dlerror());
    return KD_OK;
}

static const struct kd_backend_host host_services = {
    .abi = KD_BACKEND_ABI,
    .fail = kd_fail,
    .scratch_take = kd_scratch_take,
    .scratch_release = kd_scratch_release,
    .alloc = kd_alloc_at,
    .free = kd_free,
    .eigh = kd_host_eigh,
    .symbol = library_symbol,
};

/* Load the plug-in of `backend`; *handle stays open while the device lives. */
static kd_status plugin_load(const char *backend, const struct kd_backend **found, void **handle)
{
    if (strcmp(backend, "cpu") == 0) {
        *found = &kd_backend_cpu;
        *handle = NULL;
        return KD_OK;
    }
    char directory[PATH_MAX + 16], path[PATH_MAX + 128];
    plugin_directory(directory, sizeof directory);
    bool emulated = strcmp(backend, "emu") == 0;
    const char *flavour = emulated ? getenv("KEDGE_EMU_FLAVOUR") : NULL; /* "check": tests/emu/README.md */
    snprintf(path, sizeof path, "%s/libkedge_%s%s%s.so", directory, emulated ? "cuda_emu" : backend,
             flavour && *flavour ? "_" : "", flavour ? flavour : "");
    if (access(path, F_OK) != 0)
        FAIL(KD_EDEVICE, "device %s: not part of this installation, there is no %s", backend, path);
    *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!*handle)
        FAIL(KD_EDEVICE, "device %s: plug-in not loaded (%s)", backend, dlerror());
    kd_backend_entry_fn entry;
    *(void **)&entry = dlsym(*handle, "kd_backend_entry");
    *found = entry ? entry(&host_services) : NULL;
    if (!*found || (*found)->abi != KD_BACKEND_ABI) {
        dlclose(*handle);
        FAIL(KD_EDEVICE, "device %s: %s is not a plug-in of this version, expected interface %d", backend, path,
             KD_BACKEND_ABI);
    }
    return KD_OK;
}

int kd_device_count(const char *backend, char why_not[256])
{
    const struct kd_backend *found;
    void *handle;
    int n = 0;
    why_not[0] = '\0';
    if (plugin_load(backend, &found, &handle) != KD_OK) {
        snprintf(why_not, 256, "%s", kd_error_message());
        return 0;
    }
    if (found->count(&n) != KD_OK) {
        snprintf(why_not, 256, "%s", kd_error_message());
        n = 0;
    }
    if (handle)
        dlclose(handle);
    return n;
}

kd_status kd_device_describe(const char *backend, int index, char line[160])
{
    const struct kd_backend *found;
    void *handle;
    TRY(plugin_load(backend, &found, &handle));
    kd_status status = found->describe(index, line);
    if (handle)
        dlclose(handle);
    return status;
}

/* ---- open and close ---- */

/* "cuda:1" -> "cuda", 1. */
static kd_status parse_spec(const char *spec, char name[8], int *index)
{
    const char *colon = strchr(spec, ':');
    size_t length = colon ? (size_t)(colon - spec) : strlen(spec);
    char *end = NULL;
    *index = colon ? (int)strtol(colon + 1, &end, 10) : 0;
    if (length < 8) {
        memcpy(name, spec, length);
        name[length] = '\0';
    }
    bool known = length < 8 && (strcmp(name, "auto") == 0 || strcmp(name, "cpu") == 0 || strcmp(name, "cuda") == 0 ||
                                strcmp(name, "emu") == 0);
    bool numbered = known && (strcmp(name, "cuda") == 0 || strcmp(name, "emu") == 0);
    if (!known || (colon && (!numbered || *end || end == colon + 1 || *index < 0)))
        FAIL(KD_EINPUT, "--device: \"%s\", expected auto, cpu, cuda or cuda:N (N = 0, 1, ...)", spec);
    return KD_OK;
}

static kd_status open_backend(const char *name, int index, int n_thread, kd_device **out)
{
    kd_device *dev = calloc(1, sizeof *dev);
    if (!dev)
        FAIL(KD_ENOMEM, "device %s: no host memory", name);
    kd_status status;
    const struct kd_backend *backend;
    int n = 0;
    TRY_OUT(plugin_load(name, &backend, &dev->plugin));
    dev->backend = backend->name;
    dev->index = index;
    dev->n_thread = n_thread;
    TRY_OUT(backend->count(&n));
    if (index >= n)
        FAIL_OUT(KD_EDEVICE, "--device %s:%d: there %s %d, numbered from 0", name, index, n == 1 ? "is" : "are", n);
    TRY_OUT(backend->open(dev, index));
    TRY_OUT(dev->ops->stream_create(dev, &dev->stream));
    TRY_OUT(dev->ops->stream_create(dev, &dev->transfer));
    *out = dev;
    return KD_OK;
out:
    kd_device_close(dev);
    return status;
}

kd_status kd_device_open(const char *spec, int n_thread, kd_device **dev, char why_not[256])
{
    char name[8], reason[256] = "";
    int index;
    if (why_not)
        why_not[0] = '\0';
    TRY(parse_spec(spec, name, &index));
    if (strcmp(name, "auto") != 0)
        return open_backend(name, index, n_thread, dev);
    if (open_backend("cuda", 0, n_thread, dev) == KD_OK)
        return KD_OK;
    snprintf(reason, sizeof reason, "%s", kd_error_message());
    kd_error_clear();
    if (why_not)
        snprintf(why_not, 256, "%s", reason);
    return open_backend("cpu", 0, n_thread, dev);
}

static void free_scratch(kd_device *dev)
{
    if (dev->scratch_d)
        kd_free(dev, dev->scratch_d);
    dev->scratch_d = NULL;
    dev->scratch_size = dev->scratch_used = 0;
}

void kd_device_close(kd_device *dev)
{
    if (!dev)
        return;
    void *plugin = dev->plugin;
    if (dev->ops) {
        free_scratch(dev);
        while (dev->blocks) {
#ifndef NDEBUG
            fprintf(stderr, "kedge: %zu bytes of device memory never freed, allocated at %s:%d\n", dev->blocks->bytes,
                    dev->blocks->file, dev->blocks->line);
#endif
            kd_free(dev, dev->blocks->ptr);
        }
        if (dev->stream)
            dev->ops->stream_destroy(dev, dev->stream);
        if (dev->transfer)
            dev->ops->stream_destroy(dev, dev->transfer);
        dev->ops->close(dev);
    }
    free(dev);
    if (plugin)
        dlclose(plugin);
}

/* ---- memory ---- */

kd_status kd_alloc_at(kd_device *dev, size_t bytes, void **ptr_d, const char *file, int line)
{
    *ptr_d = NULL;
    if (dev->sealed)
        FAIL(KD_ENOMEM, "%s:%d: allocation of %zu bytes after the device was sealed, expected it at set-up", file, line,
             bytes);
    struct kd_block *block = malloc(sizeof *block);
    if (!block)
        FAIL(KD_ENOMEM, "%s:%d: no host memory", file, line);
    kd_status status = dev->ops->alloc(dev, bytes ? bytes : 1, ptr_d);
    if (status != KD_OK) {
        free(block);
        return kd_fail(status, "%s: no room for %.1f MB (%.1f MB in use): %s", dev->description, (double)bytes / 1e6,
                       (double)dev->bytes_now / 1e6, kd_error_message());
    }
    *block = (struct kd_block){*ptr_d, bytes, file, line, dev->blocks};
    dev->blocks = block;
    dev->bytes_now += bytes;
    if (dev->bytes_now > dev->bytes_peak)
        dev->bytes_peak = dev->bytes_now;
    return KD_OK;
}

void kd_free(kd_device *dev, void *ptr_d)
{
    if (!ptr_d)
        return;
    for (struct kd_block **at = &dev->blocks; *at; at = &(*at)->next) {
        struct kd_block *block = *at;
        if (block->ptr != ptr_d)
            continue;
        *at = block->next;
        dev->bytes_now -= block->bytes;
        free(block);
        dev->ops->free(dev, ptr_d);
        return;
    }
}

kd_status kd_upload(kd_device *dev, kd_stream *s, void *dst_d, const void *src, size_t bytes)
{
    return bytes ? dev->ops->upload(dev, s, dst_d, src, bytes) : KD_OK;
}

kd_status kd_download(kd_device *dev, kd_stream *s, void *dst, const void *src_d, size_t bytes)
{
    return bytes ? dev->ops->download(dev, s, dst, src_d, bytes) : KD_OK;
}

kd_status kd_copy(kd_device *dev, kd_stream *s, void *dst_d, const void *src_d, size_t bytes)
{
    return bytes ? dev->ops->copy(dev, s, dst_d, src_d, bytes) : KD_OK;
}

kd_status kd_fill(kd_device *dev, kd_stream *s, void *dst_d, int byte, size_t bytes)
{
    return bytes ? dev->ops->fill(dev, s, dst_d, byte, bytes) : KD_OK;
}

kd_status kd_alloc_copy_at(kd_device *dev, kd_stream *s, const void *src, size_t bytes, void **ptr_d, const char *file,
                           int line)
{
    TRY(kd_alloc_at(dev, bytes, ptr_d, file, line));
    kd_status status = kd_upload(dev, s, *ptr_d, src, bytes);
    if (status != KD_OK) {
        kd_free(dev, *ptr_d);
        *ptr_d = NULL;
    }
    return status;
}

/* ---- scratch arena ---- */

size_t kd_scratch_round(size_t bytes)
{
    return (bytes + SCRATCH_ALIGN - 1) / SCRATCH_ALIGN * SCRATCH_ALIGN;
}

kd_status kd_scratch_reserve(kd_device *dev, size_t bytes)
{
    bytes = kd_scratch_round(bytes);
    if (bytes <= dev->scratch_size)
        return KD_OK;
    if (dev->scratch_used)
        FAIL(KD_EINTERNAL, "scratch: cannot grow to %zu bytes while %zu are taken", bytes, dev->scratch_used);
    free_scratch(dev);
    TRY(kd_alloc(dev, bytes, &dev->scratch_d));
    dev->scratch_size = bytes;
    return KD_OK;
}

size_t kd_scratch_mark(const kd_device *dev)
{
    return dev->scratch_used;
}

kd_status kd_scratch_take(kd_device *dev, size_t bytes, void **ptr_d)
{
    bytes = kd_scratch_round(bytes);
    if (dev->scratch_used + bytes > dev->scratch_size)
        FAIL(KD_ENOMEM, "scratch: %zu bytes wanted on top of %zu, reserved %zu", bytes, dev->scratch_used,
             dev->scratch_size);
    *ptr_d = dev->scratch_d + dev->scratch_used;
    dev->scratch_used += bytes;
    if (dev->scratch_used > dev->scratch_peak)
        dev->scratch_peak = dev->scratch_used;
    return KD_OK;
}

void kd_scratch_release(kd_device *dev, size_t mark)
{
    dev->scratch_used = mark;
}

void kd_device_seal(kd_device *dev)
{
    dev->sealed = true;
}

void kd_device_unseal(kd_device *dev)
{
    dev->sealed = false;
}
