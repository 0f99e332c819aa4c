// SPDX-License-Identifier: BSD-3-Clause
/* backend.h - the handshake between kedge and a device plug-in (libkedge_cuda.so, libkedge_cuda_emu.so). */
#ifndef KD_BACKEND_H
#define KD_BACKEND_H

#include "kernels/device.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Changes whenever a struct of device.h or of an op table changes its layout. */
enum { KD_BACKEND_ABI = 7 };

/* What kedge lends to the plug-in, which links nothing of kedge. */
struct kd_backend_host {
    int abi;
    kd_status (*fail)(kd_status code, const char *format, ...);
    kd_status (*scratch_take)(kd_device *dev, size_t bytes, void **ptr_d);
    void (*scratch_release)(kd_device *dev, size_t mark);
    kd_status (*alloc)(kd_device *dev, size_t bytes, void **ptr_d, const char *file, int line);
    void (*free)(kd_device *dev, void *ptr_d);
    int (*eigh)(bool is_complex, int n, double *m, double *s, double *w); /* kd_host_eigh */
    /* A function of a library that only some machines have; KD_EDEVICE with the loader's reason. The library stays loaded. */
    kd_status (*symbol)(const char *library, const char *name, void **function);
};

struct kd_backend {
    int abi;
    const char *name; /* "cuda", "emu" */
    /* Number of usable devices; KD_EDEVICE with the reason when the driver or the hardware is missing. */
    kd_status (*count)(int *n_device);
    kd_status (*describe)(int index, char line[160]);
    /* Fills ops, md..., description, bytes_total, state of *dev. */
    kd_status (*open)(kd_device *dev, int index);
};

/* The only symbol a plug-in exports: "kd_backend_entry". */
typedef const struct kd_backend *(*kd_backend_entry_fn)(const struct kd_backend_host *host);

/* LAPACK for a plug-in, since matrices of a few hundred rows are faster there than on a device: la_ops.eigh (kernels/la_ops.h) on host
 * arrays; returns *info, which is -1 when it does not converge. Makes no device call. */
int kd_host_eigh(bool is_complex, int n, double *m, double *s, double *w);

/* The backend that is linked in. */
extern const struct kd_backend kd_backend_cpu;

#ifdef __cplusplus
}
#endif
#endif
