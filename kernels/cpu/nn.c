// SPDX-License-Identifier: BSD-3-Clause
/* nn.c - the CPU's table of networks: chooses the instruction set, gives each net to one core. */
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "kernels/cpu/cpu.h"
#include "kernels/cpu/nn_cpu.h"

/* KEDGE_NN_ISA=baseline|AVX2|AVX-512 forces one that the machine has: for tests and benchmarks. */
static const struct nn_cpu_isa *isa_of(enum kd_precision precision)
{
#if defined(__x86_64__)
    const char *wanted = getenv("KEDGE_NN_ISA");
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    if (avx512 && !(wanted && strcmp(wanted, "AVX-512") != 0))
        return &nn_cpu_avx512[precision];
    if (avx2 && !(wanted && strcmp(wanted, "baseline") == 0))
        return &nn_cpu_avx2[precision];
#endif
    return &nn_cpu_portable[precision];
}

static size_t real_size(enum kd_precision precision)
{
    return precision == KD_DOUBLE ? sizeof(double) : sizeof(float);
}

static size_t cpu_state_bytes(const struct nn_shape *shape, enum kd_precision precision)
{
    return kd_scratch_round(isa_of(precision)->state_bytes(shape));
}

/* Everything of net `net` of a group. */
static struct nn_cpu_net net_of(const struct nn_group *group, int net, enum kd_precision precision)
{
    size_t real = real_size(precision), n = (size_t)net, n_in = (size_t)group->shape.width[0],
           n_out = (size_t)group->shape.width[group->shape.n_layer];
    return (struct nn_cpu_net){
        .shape = &group->shape,
        .state = (char *)group->state_d + n * cpu_state_bytes(&group->shape, precision),
        .choice = group->choice_d + n,
        .coefficient = (const char *)group->coefficient_d + n * NN_N_COEFFICIENT * real,
        .input_shift = (const char *)group->input_shift_d + n * n_in * real,
        .input_scale = (const char *)group->input_scale_d + n * n_in * real,
        .target_shift = (const char *)group->target_shift_d + n * n_out * real,
        .target_scale = (const char *)group->target_scale_d + n * n_out * real,
    };
}

static struct nn_cpu_rows rows_of(const struct nn_rows *rows, int net)
{
    return (struct nn_cpu_rows){rows->index_d + (size_t)net * (size_t)rows->stride, rows->count_d[net]};
}

static kd_status cpu_put(kd_device *dev, kd_stream *s, const struct nn_group *group, enum kd_precision precision,
                         enum nn_part part, const void *values_d)
{
    (void)s;
    const struct nn_cpu_isa *isa = isa_of(precision);
    size_t stride = nn_parameter_count(&group->shape) * real_size(precision);
    cpu_enter(dev);
    for (int net = 0; net < group->n_net; net++)
        isa->put(&group->shape, net_of(group, net, precision).state, part,
                 (const char *)values_d + (size_t)net * stride);
    cpu_leave(dev);
    return KD_OK;
}

static kd_status cpu_get(kd_device *dev, kd_stream *s, const struct nn_group *group, enum kd_precision precision,
                         enum nn_part part, void *values_d)
{
    (void)s;
    const struct nn_cpu_isa *isa = isa_of(precision);
    size_t stride = nn_parameter_count(&group->shape) * real_size(precision);
    cpu_enter(dev);
    for (int net = 0; net < group->n_net; net++)
        isa->get(&group->shape, net_of(group, net, precision).state, part, (char *)values_d + (size_t)net * stride);
    cpu_leave(dev);
    return KD_OK;
}

/* ---- one workspace per thread ---- */

static size_t workspace_size(int n_group, const struct nn_group *group, int batch, enum kd_precision precision)
{
    size_t largest = 0;
    for (int g = 0; g < n_group; g++) {
        size_t size = isa_of(precision)->workspace_bytes(&group[g].shape, batch > NN_CPU_CHUNK ? batch : NN_CPU_CHUNK);
        largest = size > largest ? size : largest;
    }
    return kd_scratch_round(largest);
}

static size_t cpu_scratch(const kd_device *dev, int n_group, const struct nn_group *group, int batch,
                          enum kd_precision precision)
{
    return (size_t)dev->n_thread * workspace_size(n_group, group, batch, precision);
}

struct crew { /* the threads of one call: a net of any group goes to the first that is free */
    unsigned char *workspace;
    size_t stride;
    int n_net;
};

static kd_status crew_gather(kd_device *dev, int n_group, const struct nn_group *group, int batch,
                             enum kd_precision precision, struct crew *crew)
{
    crew->stride = workspace_size(n_group, group, batch, precision);
    crew->n_net = 0;
    for (int g = 0; g < n_group; g++)
        crew->n_net += group[g].n_net;
    void *memory;
    TRY(kd_scratch_take(dev, (size_t)dev->n_thread * crew->stride, &memory));
    crew->workspace = memory;
    return KD_OK;
}

static void *crew_workspace(const struct crew *crew)
{
#ifdef _OPENMP
    return crew->workspace + (size_t)omp_get_thread_num() * crew->stride;
#else
    return crew->workspace;
#endif
}

/* Global net number -> group, and number within it. */
static int crew_group(const struct nn_group *group, int *net)
{
    int g = 0;
    for (; *net >= group[g].n_net; g++)
        *net -= group[g].n_net;
    return g;
}

/* ---- the ops ---- */

static struct nn_cpu_epochs epochs_of(const struct nn_epochs *e, int net, enum kd_precision precision)
{
    size_t n = (size_t)net, steps = n * (size_t)e->n_epoch * (size_t)e->step_stride;
    struct nn_cpu_epochs out = {
        .n_epoch = e->n_epoch,
        .batch = e->batch,
        .row_stride = e->row_stride,
        .step_stride = e->step_stride,
        .count = e->count_d[n],
        .order = e->order_d + n * (size_t)e->n_epoch * (size_t)e->row_stride,
        .rate = (const char *)e->rate_d + steps * NN_N_RATE * real_size(precision),
        .first_step = e->first_step_d[n],
        .loss = e->loss_d + steps,
    };
    if (e->validation.stride > 0) {
        out.validation = rows_of(&e->validation, net);
        out.validation_loss = e->validation_loss_d + n * (size_t)e->n_epoch;
    }
    return out;
}

static kd_status cpu_train(kd_device *dev, kd_stream *s, int n_group, const struct nn_group *group,
                           const struct nn_epochs *epochs, const struct nn_data *data, enum kd_precision precision)
{
    (void)s;
    const struct nn_cpu_isa *isa = isa_of(precision);
    struct crew crew;
    int batch = 0;
    for (int g = 0; g < n_group; g++)
        batch = epochs[g].batch > batch ? epochs[g].batch : batch;
    size_t mark = kd_scratch_mark(dev);
    TRY(crew_gather(dev, n_group, group, batch, precision, &crew));
    cpu_enter(dev);
#pragma omp parallel for schedule(dynamic, 1) num_threads(dev->n_thread)
    for (int job = 0; job < crew.n_net; job++) {
        int net = job, g = crew_group(group, &net);
        struct nn_cpu_net one = net_of(&group[g], net, precision);
        struct nn_cpu_epochs its = epochs_of(&epochs[g], net, precision);
        isa->train(&one, &its, data, crew_workspace(&crew));
    }
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}

static kd_status cpu_infer(kd_device *dev, kd_stream *s, int n_group, const struct nn_group *group,
                           const struct nn_rows *rows, const struct nn_data *data, enum kd_precision precision,
                           void *const *output_d)
{
    (void)s;
    const struct nn_cpu_isa *isa = isa_of(precision);
    struct crew crew;
    size_t mark = kd_scratch_mark(dev);
    TRY(crew_gather(dev, n_group, group, NN_CPU_CHUNK, precision, &crew));
    cpu_enter(dev);
#pragma omp parallel for schedule(dynamic, 1) num_threads(dev->n_thread)
    for (int job = 0; job < crew.n_net; job++) {
        int net = job, g = crew_group(group, &net);
        struct nn_cpu_net one = net_of(&group[g], net, precision);
        size_t n_out = (size_t)group[g].shape.width[group[g].shape.n_layer];
        char *output = (char *)output_d[g] + (size_t)net * (size_t)rows[g].stride * n_out * real_size(precision);
        isa->infer(&one, rows_of(&rows[g], net), data, output, crew_workspace(&crew));
    }
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}

static kd_status cpu_gradient(kd_device *dev, kd_stream *s, const struct nn_group *group, const struct nn_rows *rows,
                              const struct nn_data *data, enum kd_precision precision, void *gradient_d,
                              double *loss_d)
{
    (void)s;
    const struct nn_cpu_isa *isa = isa_of(precision);
    struct crew crew;
    size_t mark = kd_scratch_mark(dev), stride = nn_parameter_count(&group->shape) * real_size(precision);
    TRY(crew_gather(dev, 1, group, rows->stride, precision, &crew));
    cpu_enter(dev);
#pragma omp parallel for schedule(dynamic, 1) num_threads(dev->n_thread)
    for (int net = 0; net < group->n_net; net++) {
        struct nn_cpu_net one = net_of(group, net, precision);
        if (rows->count_d[net] <= 0)
            continue;
        loss_d[net] = isa->gradient(&one, rows_of(rows, net), data, (char *)gradient_d + (size_t)net * stride,
                                    crew_workspace(&crew));
    }
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}

/* Half a step of every net on its share of a batch: gradient_d gets the gradients (update false), or is what the weights move by. */
static kd_status half_step(kd_device *dev, const struct nn_group *group, const struct nn_epochs *epochs, const struct nn_slice *slice,
                           const struct nn_data *data, enum kd_precision precision, bool update, void *gradient_d)
{
    const struct nn_cpu_isa *isa = isa_of(precision);
    struct crew crew;
    size_t mark = kd_scratch_mark(dev), stride = nn_parameter_count(&group->shape) * real_size(precision);
    TRY(crew_gather(dev, 1, group, epochs->batch, precision, &crew));
    cpu_enter(dev);
#pragma omp parallel for schedule(dynamic, 1) num_threads(dev->n_thread)
    for (int net = 0; net < group->n_net; net++) {
        struct nn_cpu_net one = net_of(group, net, precision);
        struct nn_cpu_epochs its = epochs_of(epochs, net, precision);
        char *gradient = (char *)gradient_d + (size_t)net * stride;
        if (update)
            isa->update(&one, &its, slice, gradient, crew_workspace(&crew));
        else
            isa->share(&one, &its, slice, data, gradient, crew_workspace(&crew));
    }
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}

static kd_status cpu_share(kd_device *dev, kd_stream *s, const struct nn_group *group, const struct nn_epochs *epochs,
                           const struct nn_slice *slice, const struct nn_data *data, enum kd_precision precision, void *gradient_d)
{
    (void)s;
    return half_step(dev, group, epochs, slice, data, precision, false, gradient_d);
}

static kd_status cpu_update(kd_device *dev, kd_stream *s, const struct nn_group *group, const struct nn_epochs *epochs,
                            const struct nn_slice *slice, enum kd_precision precision, const void *gradient_d)
{
    (void)s;
    return half_step(dev, group, epochs, slice, NULL, precision, true, (void *)gradient_d);
}

const struct nn_ops cpu_nn_ops = {
    .state_bytes = cpu_state_bytes,
    .put = cpu_put,
    .get = cpu_get,
    .train = cpu_train,
    .infer = cpu_infer,
    .gradient = cpu_gradient,
    .share = cpu_share,
    .update = cpu_update,
    .scratch = cpu_scratch,
};
