// SPDX-License-Identifier: BSD-3-Clause
/* comm.cu - ranks that are CUDA devices, of one process or of several: NCCL, opened at first use, since a machine with one GPU need not have
 * it. NCCL promises no order of sums, and takes another one for another topology: numbers are gathered, and added up here. */
#include "kernels/comm_ops.h"
#include "kernels/cuda/cuda.cuh"

#include <cstdlib>
#include <cstring>

#if __has_include(<nccl.h>)
#include <nccl.h>

static_assert(sizeof(ncclUniqueId) == sizeof(struct comm_id), "one id");

struct nccl_functions {
    decltype(&ncclGetErrorString) error_string;
    decltype(&ncclGetUniqueId) unique_id;
    decltype(&ncclCommInitRank) init_rank;
    decltype(&ncclCommDestroy) destroy;
    decltype(&ncclAllGather) all_gather;
    decltype(&ncclBroadcast) broadcast;
};

struct nccl_rank { /* kd_comm.state */
    const struct nccl_functions *nccl;
    ncclComm_t comm;
    void *all_d; /* [size][bytes / size of a number] numbers of all ranks */
    size_t bytes;
};

#ifdef KEDGE_EMULATED
static kd_status nccl_open(const struct nccl_functions **out)
{
    static const struct nccl_functions linked = {ncclGetErrorString, ncclGetUniqueId, ncclCommInitRank,
                                                 ncclCommDestroy,    ncclAllGather,   ncclBroadcast};
    *out = &linked;
    return KD_OK;
}
#else
template <class F>
static kd_status nccl_function(const char *name, F *function)
{
    void *found = nullptr;
    TRY(cuda_library_symbol("libnccl.so.2", name, &found));
    *function = reinterpret_cast<F>(found);
    return KD_OK;
}

/* Every caller finds the same addresses: nothing is guarded. */
static kd_status nccl_open(const struct nccl_functions **out)
{
    static struct nccl_functions loaded;
    struct nccl_functions f = {};
    TRY(nccl_function("ncclGetErrorString", &f.error_string));
    TRY(nccl_function("ncclGetUniqueId", &f.unique_id));
    TRY(nccl_function("ncclCommInitRank", &f.init_rank));
    TRY(nccl_function("ncclCommDestroy", &f.destroy));
    TRY(nccl_function("ncclAllGather", &f.all_gather));
    TRY(nccl_function("ncclBroadcast", &f.broadcast));
    loaded = f;
    *out = &loaded;
    return KD_OK;
}
#endif

#define NCCL_TRY(nccl, call)                                                                                 \
    do {                                                                                                     \
        ncclResult_t nccl_status_ = (nccl)->call;                                                            \
        if (nccl_status_ != ncclSuccess)                                                                     \
            return kd_fail(KD_EDEVICE, "NCCL: %s: %s", #call, (nccl)->error_string(nccl_status_));           \
    } while (0)

static kd_status comm_new_id(kd_device *dev, struct comm_id *id)
{
    const struct nccl_functions *nccl;
    TRY(cuda_bind(dev));
    TRY(nccl_open(&nccl));
    NCCL_TRY(nccl, unique_id(reinterpret_cast<ncclUniqueId *>(id)));
    return KD_OK;
}

static kd_status meet(const struct kd_comm *c, const struct comm_id *id, struct nccl_rank *r)
{
    ncclUniqueId name;
    TRY(nccl_open(&r->nccl));
    memcpy(&name, id, sizeof name);
    NCCL_TRY(r->nccl, init_rank(&r->comm, c->size, name, c->rank));
    return KD_OK;
}

static kd_status comm_join(struct kd_comm *c, const struct comm_id *id)
{
    TRY(cuda_bind(c->dev));
    struct nccl_rank *r = static_cast<struct nccl_rank *>(calloc(1, sizeof *r));
    if (!r)
        FAIL(KD_ENOMEM, "NCCL: no host memory");
    const kd_status status = c->size > 1 ? meet(c, id, r) : KD_OK;
    if (status == KD_OK)
        c->state = r;
    else
        free(r);
    return status;
}

static void comm_leave(struct kd_comm *c)
{
    struct nccl_rank *r = static_cast<struct nccl_rank *>(c->state);
    (void)cudaSetDevice(c->dev->index);
    if (r->comm)
        (void)r->nccl->destroy(r->comm);
    kd_free(c->dev, r->all_d);
    free(r);
}

static kd_status comm_reserve(struct kd_comm *c, size_t bytes)
{
    struct nccl_rank *r = static_cast<struct nccl_rank *>(c->state);
    if (bytes <= r->bytes || c->size == 1)
        return KD_OK;
    kd_free(c->dev, r->all_d);
    r->all_d = nullptr;
    r->bytes = 0;
    TRY(kd_alloc_at(c->dev, bytes * c->size, &r->all_d, __FILE__, __LINE__));
    r->bytes = bytes;
    return KD_OK;
}

/* One thread per number: x[i] = all[0][i] + all[1][i] + ..., in this order. */
template <class T>
__global__ void __launch_bounds__(256) add_ranks(size_t n, int size, const T *__restrict__ all, T *__restrict__ x)
{
    const size_t i = static_cast<size_t>(blockIdx.x) * 256 + threadIdx.x;
    if (i >= n)
        return;
    T sum = all[i];
    for (int r = 1; r < size; r++)
        sum += all[r * n + i];
    x[i] = sum;
}

template <class T>
static kd_status gather_and_add(const struct kd_comm *c, ncclDataType_t type, size_t n, void *x_d, cudaStream_t s)
{
    const struct nccl_rank *r = static_cast<const struct nccl_rank *>(c->state);
    if (n * sizeof(T) > r->bytes)
        FAIL(KD_EINTERNAL, "NCCL: a message of %zu bytes, reserved %zu", n * sizeof(T), r->bytes);
    NCCL_TRY(r->nccl, all_gather(x_d, r->all_d, n, type, r->comm, s));
    CUDA_TRY(LAUNCH(add_ranks<T>, dim3(blocks_for(n, 256)), dim3(256), 0, s, n, c->size, static_cast<const T *>(r->all_d),
                    static_cast<T *>(x_d)));
    return KD_OK;
}

static kd_status comm_allreduce(struct kd_comm *c, kd_stream *s, size_t n, enum kd_precision precision, void *x_d)
{
    if (c->size == 1 || n == 0)
        return KD_OK;
    TRY(cuda_bind(c->dev));
    return precision == KD_DOUBLE ? gather_and_add<double>(c, ncclFloat64, n, x_d, cuda_stream(s))
                                  : gather_and_add<float>(c, ncclFloat32, n, x_d, cuda_stream(s));
}

static kd_status comm_broadcast(struct kd_comm *c, kd_stream *s, int root, size_t bytes, void *x_d)
{
    const struct nccl_rank *r = static_cast<const struct nccl_rank *>(c->state);
    if (c->size == 1 || bytes == 0)
        return KD_OK;
    TRY(cuda_bind(c->dev));
    NCCL_TRY(r->nccl, broadcast(x_d, x_d, bytes, ncclUint8, root, r->comm, cuda_stream(s)));
    return KD_OK;
}

static kd_status comm_barrier(struct kd_comm *c, kd_stream *s)
{
    const struct nccl_rank *r = static_cast<const struct nccl_rank *>(c->state);
    TRY(cuda_bind(c->dev));
    if (c->size > 1) /* a byte of each: in place */
        NCCL_TRY(r->nccl, all_gather(static_cast<char *>(r->all_d) + c->rank, r->all_d, 1, ncclUint8, r->comm, cuda_stream(s)));
    CUDA_TRY(cudaStreamSynchronize(cuda_stream(s)));
    return KD_OK;
}

#else /* no nccl.h where this was compiled: one device alone */

static kd_status without()
{
    FAIL(KD_EDEVICE, "cuda: this plug-in was built without NCCL, expected nccl.h (libnccl-dev) at build time for several GPUs at one net");
}

static kd_status comm_new_id(kd_device *, struct comm_id *)
{
    return without();
}

static kd_status comm_join(struct kd_comm *c, const struct comm_id *)
{
    return c->size > 1 ? without() : KD_OK;
}

static void comm_leave(struct kd_comm *)
{
}

static kd_status comm_reserve(struct kd_comm *, size_t)
{
    return KD_OK;
}

static kd_status comm_allreduce(struct kd_comm *, kd_stream *, size_t, enum kd_precision, void *)
{
    return KD_OK;
}

static kd_status comm_broadcast(struct kd_comm *, kd_stream *, int, size_t, void *)
{
    return KD_OK;
}

static kd_status comm_barrier(struct kd_comm *c, kd_stream *s)
{
    TRY(cuda_bind(c->dev));
    CUDA_TRY(cudaStreamSynchronize(cuda_stream(s)));
    return KD_OK;
}
#endif

const struct comm_ops cuda_comm_ops = {
    comm_new_id, comm_join, comm_leave, comm_reserve, comm_allreduce, comm_broadcast, comm_barrier,
};
