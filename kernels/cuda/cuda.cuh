// SPDX-License-Identifier: BSD-3-Clause
/* cuda.cuh - what the files of the CUDA backend share: error mapping, streams, and the ops they put into the tables. */
#ifndef KD_CUDA_CUH
#define KD_CUDA_CUH

#include "kernels/backend.h"
#include "kernels/cuda/launch.cuh"
#include "kernels/grid_ops.h"
#include "kernels/bader_ops.h"
#include "kernels/la_ops.h"
#include "kernels/md_ops.h"
#include "kernels/nn_ops.h"
#include "kernels/pw_ops.h"
#include "kernels/xas_ops.h"

/* KD_ENOMEM for a failed allocation, else KD_EDEVICE; the line holds the call, CUDA's name, text and number of the error,
 * and says when the context is lost. Clears an error that is not sticky. */
kd_status cuda_fail(cudaError_t error, const char *call);

#define CUDA_TRY(call)                                                                                       \
    do {                                                                                                     \
        cudaError_t cuda_error_ = (call);                                                                    \
        if (cuda_error_ != cudaSuccess)                                                                      \
            return cuda_fail(cuda_error_, #call);                                                            \
    } while (0)

/* Make the device current in this host thread: every op begins with it, since several devices may be open. */
kd_status cuda_bind(const kd_device *dev);

static inline cudaStream_t cuda_stream(kd_stream *s)
{
    return reinterpret_cast<cudaStream_t>(s);
}

/* kd_scratch_take with the type of the pointer. */
template <class T>
static inline kd_status scratch(kd_device *dev, size_t count, T **ptr_d)
{
    void *taken = nullptr;
    TRY(kd_scratch_take(dev, count * sizeof(T), &taken));
    *ptr_d = static_cast<T *>(taken);
    return KD_OK;
}

static inline unsigned blocks_for(size_t items, int per_block)
{
    return static_cast<unsigned>((items + per_block - 1) / per_block);
}

/* Kernels that are launched before it is known whether they will be needed ask this first. */
__device__ __forceinline__ bool is_off(const int *on)
{
    return on && !*on;
}

extern const struct device_ops cuda_device_ops;
extern const struct grid_ops cuda_grid_ops;
extern const struct pw_ops cuda_pw_ops;
extern const struct xas_ops cuda_xas_ops;
extern const struct bader_ops cuda_bader_ops;
extern const struct comm_ops cuda_comm_ops;
/* A function of a library that only some machines have (kd_backend_host.symbol). */
kd_status cuda_library_symbol(const char *library, const char *name, void **function);
/* Reads the devices' names and sizes; state and ops of *dev. */
kd_status cuda_device_describe(int index, char line[160]);
kd_status cuda_device_open(kd_device *dev, int index);

size_t cuda_la_scratch(const kd_device *dev, int n_vec);
size_t cuda_small_scratch(const kd_device *dev, int n); /* of orthonormalizer and eigh */
kd_status cuda_la_gram(kd_device *dev, kd_stream *s, const struct la_block *a, const struct la_block *b, double *m_d);
kd_status cuda_la_combine(kd_device *dev, kd_stream *s, const struct la_block *x, const double *m_d, double alpha, double beta,
                          const struct la_block *y);
kd_status cuda_la_rotate(kd_device *dev, kd_stream *s, int n_block, const struct la_block *x, const double *m_d);
kd_status cuda_la_dot(kd_device *dev, kd_stream *s, const struct la_block *a, const struct la_block *b, double *d_d);
kd_status cuda_la_scale(kd_device *dev, kd_stream *s, const struct la_block *x, const double *w_d, const struct la_block *y);
kd_status cuda_la_orthonormalizer(kd_device *dev, kd_stream *s, enum la_type type, int n, double *m_d, int *info_d);
kd_status cuda_la_eigh(kd_device *dev, kd_stream *s, enum la_type type, int n, double *m_d, double *s_d, double *w_d, int *info_d);

/* The ops neighbor_build and tersoff; on_d: an int that the kernels look at when they run, 0 there: they do nothing. */
kd_status cuda_neighbor_build_if(kd_device *dev, kd_stream *s, const struct md_batch *batch, const double *cutoff_d,
                                 double skin, const struct md_neighbors *list, const int *on_d);
size_t cuda_neighbor_scratch(const kd_device *dev, const struct md_batch *batch, int capacity);

kd_status cuda_tersoff_if(kd_device *dev, kd_stream *s, const struct md_batch *batch, const struct md_neighbors *list,
                          const struct tersoff_table *potential, enum kd_precision precision, const struct md_forces *out,
                          const int *on_d);
size_t cuda_tersoff_scratch(const kd_device *dev, const struct md_batch *batch, int capacity,
                            enum kd_precision precision);

kd_status cuda_run(kd_device *dev, kd_stream *s, const struct md_run *run);
size_t cuda_run_bytes(const kd_device *dev, const struct md_batch *batch, int capacity, enum kd_precision precision);
size_t cuda_run_scratch(const kd_device *dev, const struct md_batch *batch, int capacity, enum kd_precision precision);

size_t cuda_nn_state_bytes(const struct nn_shape *shape, enum kd_precision precision);
kd_status cuda_nn_put(kd_device *dev, kd_stream *s, const struct nn_group *group, enum kd_precision precision,
                      enum nn_part part, const void *values_d);
kd_status cuda_nn_get(kd_device *dev, kd_stream *s, const struct nn_group *group, enum kd_precision precision,
                      enum nn_part part, void *values_d);
kd_status cuda_nn_train(kd_device *dev, kd_stream *s, int n_group, const struct nn_group *group,
                        const struct nn_epochs *epochs, const struct nn_data *data, enum kd_precision precision);
kd_status cuda_nn_infer(kd_device *dev, kd_stream *s, int n_group, const struct nn_group *group, const struct nn_rows *rows,
                        const struct nn_data *data, enum kd_precision precision, void *const *output_d);
kd_status cuda_nn_gradient(kd_device *dev, kd_stream *s, const struct nn_group *group, const struct nn_rows *rows,
                           const struct nn_data *data, enum kd_precision precision, void *gradient_d, double *loss_d);
kd_status cuda_nn_share(kd_device *dev, kd_stream *s, const struct nn_group *group, const struct nn_epochs *epochs,
                        const struct nn_slice *slice, const struct nn_data *data, enum kd_precision precision, void *gradient_d);
kd_status cuda_nn_update(kd_device *dev, kd_stream *s, const struct nn_group *group, const struct nn_epochs *epochs,
                         const struct nn_slice *slice, enum kd_precision precision, const void *gradient_d);
size_t cuda_nn_scratch(const kd_device *dev, int n_group, const struct nn_group *group, int batch,
                       enum kd_precision precision);

#endif
