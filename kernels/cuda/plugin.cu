// SPDX-License-Identifier: BSD-3-Clause
/* plugin.cu - the handshake with kedge: the one exported symbol, the probe, the services borrowed from the host. */
#include "kernels/cuda/cuda.cuh"

#include <cstdarg>
#include <cstdio>

#ifdef KEDGE_EMULATED
#define BACKEND_NAME "emu"
#else
#define BACKEND_NAME "cuda"
#endif

/* ---- host services: hidden twins of kedge's own functions, because a plug-in links nothing of kedge ---- */

static const struct kd_backend_host *host_services;

kd_status kd_fail(kd_status code, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    return host_services->fail(code, "%s", line);
}

kd_status kd_scratch_take(kd_device *dev, size_t bytes, void **ptr_d)
{
    return host_services->scratch_take(dev, bytes, ptr_d);
}

void kd_scratch_release(kd_device *dev, size_t mark)
{
    host_services->scratch_release(dev, mark);
}

kd_status kd_alloc_at(kd_device *dev, size_t bytes, void **ptr_d, const char *file, int line)
{
    return host_services->alloc(dev, bytes, ptr_d, file, line);
}

void kd_free(kd_device *dev, void *ptr_d)
{
    host_services->free(dev, ptr_d);
}

int kd_host_eigh(bool is_complex, int n, double *m, double *s, double *w)
{
    return host_services->eigh(is_complex, n, m, s, w);
}

kd_status cuda_library_symbol(const char *library, const char *name, void **function)
{
    return host_services->symbol(library, name, function);
}

size_t kd_scratch_mark(const kd_device *dev)
{
    return dev->scratch_used;
}

size_t kd_scratch_round(size_t bytes)
{
    return (bytes + 255) / 256 * 256;
}

/* ---- the probe ---- */

/* What the user can do about a machine that cannot run CUDA. */
static kd_status no_device(cudaError_t error, int driver, int runtime)
{
    const int code = static_cast<int>(error);
    const int needs = runtime / 1000, has = driver / 1000;
    switch (error) {
    case cudaErrorInsufficientDriver: /* 35, also when there is no driver at all */
        if (driver == 0)
            FAIL(KD_EDEVICE, BACKEND_NAME ": no NVIDIA driver is loaded (error %d), expected one for CUDA %d: install it, "
                                          "or pass the GPU into the container (--gpus all)", code, needs);
        FAIL(KD_EDEVICE, BACKEND_NAME ": the NVIDIA driver is made for CUDA %d.%d (error %d), expected %d or newer: update it",
             has, driver % 1000 / 10, code, needs);
    case cudaErrorNoDevice: /* 100 */
        FAIL(KD_EDEVICE, BACKEND_NAME ": the driver sees no GPU (error %d): look at nvidia-smi and CUDA_VISIBLE_DEVICES, "
                                      "and in a container at --gpus all", code);
    case cudaErrorDevicesUnavailable: /* 46 */
        FAIL(KD_EDEVICE, BACKEND_NAME ": the GPU is busy or shut off (error %d): another process may hold it exclusively "
                                      "(nvidia-smi -q -d COMPUTE)", code);
    case cudaErrorUnknown: /* 999 */
        FAIL(KD_EDEVICE, BACKEND_NAME ": the driver failed (error %d): load its module (modprobe nvidia_uvm) or restart the "
                                      "machine, usual after an update or a suspend", code);
    default:
        FAIL(KD_EDEVICE, BACKEND_NAME ": %s (%s, error %d)", cudaGetErrorString(error), cudaGetErrorName(error), code);
    }
}

static kd_status count_devices(int *n_device)
{
    *n_device = 0;
    int runtime = 0, driver = 0, found = 0; /* cudaGetDeviceCount leaves its argument untouched when it fails */
    CUDA_TRY(cudaRuntimeGetVersion(&runtime));
    CUDA_TRY(cudaDriverGetVersion(&driver)); /* 0, and success, where there is no driver */
    const cudaError_t error = cudaGetDeviceCount(&found);
    if (error != cudaSuccess) {
        (void)cudaGetLastError();
        return no_device(error, driver, runtime);
    }
    if (found == 0)
        return no_device(cudaErrorNoDevice, driver, runtime);
    *n_device = found;
    return KD_OK;
}

/* ---- tables ---- */

static kd_status neighbor_build(kd_device *dev, kd_stream *s, const struct md_batch *batch, const double *cutoff_d, double skin,
                                const struct md_neighbors *list)
{
    return cuda_neighbor_build_if(dev, s, batch, cutoff_d, skin, list, nullptr);
}

static kd_status tersoff(kd_device *dev, kd_stream *s, const struct md_batch *batch, const struct md_neighbors *list,
                         const struct tersoff_table *potential, enum kd_precision precision, const struct md_forces *out)
{
    return cuda_tersoff_if(dev, s, batch, list, potential, precision, out, nullptr);
}

static const struct md_ops cuda_md_ops = {
    neighbor_build,
    cuda_neighbor_scratch,
    tersoff,
    cuda_tersoff_scratch,
    cuda_run,
    cuda_run_bytes,
    cuda_run_scratch,
};

static const struct nn_ops cuda_nn_ops = {
    cuda_nn_state_bytes, cuda_nn_put,      cuda_nn_get,     cuda_nn_train,
    cuda_nn_infer,       cuda_nn_gradient, cuda_nn_share,   cuda_nn_update, cuda_nn_scratch,
};

static const struct la_ops cuda_la_ops = {
    cuda_la_scratch, cuda_la_gram, cuda_la_combine, cuda_la_rotate, cuda_la_dot, cuda_la_scale, cuda_la_orthonormalizer, cuda_la_eigh,
};

static kd_status open_device(kd_device *dev, int index)
{
    TRY(cuda_device_open(dev, index));
    dev->md = &cuda_md_ops;
    dev->nn = &cuda_nn_ops;
    dev->la = &cuda_la_ops;
    dev->grid = &cuda_grid_ops;
    dev->pw = &cuda_pw_ops;
    dev->xas = &cuda_xas_ops;
    dev->bader = &cuda_bader_ops;
    dev->comm = &cuda_comm_ops;
    return KD_OK;
}

extern "C" __attribute__((visibility("default"))) const struct kd_backend *
kd_backend_entry(const struct kd_backend_host *host)
{
    static const struct kd_backend backend = {KD_BACKEND_ABI, BACKEND_NAME, count_devices, cuda_device_describe,
                                              open_device};
    if (host->abi != KD_BACKEND_ABI)
        return nullptr;
    host_services = host;
    return &backend;
}
