// SPDX-License-Identifier: BSD-3-Clause
/* nn_train.cu - training: steps launched in order, an epoch captured as one graph, nets in waves that stay in the cache. */
#include "kernels/cuda/libraries.cuh"
#include "kernels/cuda/nn_products.cuh"

#include <cstdlib>

/* Nets whose weights and moments stay in the second-level cache together: they are trained as one wave. */
static const size_t WAVE_BYTES = 60u << 20;

/* ---- training ---- */

template <class T>
static kd_status forward(const nn_pass<T> &pass, cudaStream_t s)
{
    if (pass.products)
        return nn_products_forward(pass, s);
    CUDA_TRY(nn_launch_forward(pass, s));
    return KD_OK;
}

template <class T>
static kd_status backward(const nn_pass<T> &pass, cudaStream_t s)
{
    if (pass.products)
        return nn_products_backward(pass, s);
    CUDA_TRY(nn_launch_backward(pass, s));
    return KD_OK;
}

template <class T>
static kd_status validate(nn_pass<T> pass, const struct nn_rows *rows, double *loss_d, size_t stride, cudaStream_t s)
{
    pass.index = rows->index_d;
    pass.index_stride = rows->stride;
    pass.index_epoch = 0;
    pass.count = rows->count_d;
    pass.dropout = false;
    pass.last = NN_LOSS_ONLY;
    int slot = 0, block_first = 0;
    for (int first = 0; first < rows->stride; first += pass.batch) {
        pass.first = first;
        pass.partial_slot = slot++;
        TRY(forward(pass, s));
        const bool last = first + pass.batch >= rows->stride;
        if (slot < NN_PARTIAL_STEPS && !last)
            continue;
        TRY(nn_mean_losses(pass, slot, block_first, loss_d, stride, 1, true, last, s));
        slot = 0;
        block_first = first + pass.batch;
    }
    return KD_OK;
}

/* One epoch of all nets, the one that *pass.epoch says. */
template <class T>
static kd_status train_epoch(nn_pass<T> pass, const struct nn_epochs *e, cudaStream_t s)
{
    const size_t per_net = static_cast<size_t>(e->n_epoch) * e->step_stride;
    pass.index = e->order_d;
    pass.index_epoch = e->row_stride;
    pass.index_stride = static_cast<size_t>(e->n_epoch) * e->row_stride;
    pass.count = e->count_d;
    pass.first_step = e->first_step_d;
    pass.rate_epoch = static_cast<size_t>(e->step_stride) * NN_N_RATE;
    pass.rate_stride = per_net * NN_N_RATE;
    pass.dropout = true;
    pass.last = NN_TRAIN;
    int held = 0;
    for (int step = 0; step < e->step_stride; step++) {
        pass.first = step * e->batch;
        pass.partial_slot = held++;
        pass.rate = static_cast<const T *>(e->rate_d) + static_cast<size_t>(step) * NN_N_RATE;
        TRY(forward(pass, s));
        TRY(backward(pass, s));
        if (held < NN_PARTIAL_STEPS && step + 1 < e->step_stride)
            continue;
        TRY(nn_mean_losses(pass, held, (step + 1 - held) * e->batch, e->loss_d + step + 1 - held, per_net, e->step_stride, false, false, s));
        held = 0;
    }
    if (e->validation.stride > 0)
        TRY(validate(pass, &e->validation, e->validation_loss_d, e->n_epoch, s));
    return KD_OK;
}

/* The last node of an epoch. */
__global__ void __launch_bounds__(1) nn_next_epoch(int *epoch)
{
    ++*epoch;
}

/* ---- one graph per epoch ---- */

/* Everything that the nodes of an epoch depend on, as bytes: a graph may be used again where they are the same. */
template <class T>
struct epoch_key {
    nn_pass<T> pass;
    struct nn_epochs epochs;
    cudaStream_t stream;
};

enum { MOST_GRAPHS = 64, KEY_BYTES = sizeof(epoch_key<double>) };

struct nn_graphs { /* of one device; the oldest makes room */
    int n, next;
    struct {
        unsigned char key[KEY_BYTES];
        cudaGraphExec_t graph;
    } entry[MOST_GRAPHS];
};

void cuda_nn_release(struct cuda_state *state)
{
    struct nn_graphs *all = state->nn;
    for (int i = 0; all && i < all->n; i++)
        (void)cudaGraphExecDestroy(all->entry[i].graph);
    free(all);
    state->nn = nullptr;
}

static kd_status next_epoch(int *epoch, cudaStream_t s)
{
    CUDA_TRY(LAUNCH(nn_next_epoch, dim3(1), dim3(1), 0, s, epoch));
    return KD_OK;
}

template <class T>
static kd_status capture_epoch(const nn_pass<T> &pass, const struct nn_epochs *e, cudaStream_t s, cudaGraphExec_t *out)
{
    CUDA_TRY(cudaStreamBeginCapture(s, cudaStreamCaptureModeThreadLocal));
    kd_status status = train_epoch(pass, e, s);
    if (status == KD_OK)
        status = next_epoch(const_cast<int *>(pass.epoch), s);
    return cuda_end_capture(s, status, out);
}

/* The graph of this epoch: kept, or made now. */
template <class T>
static kd_status epoch_graph(const kd_device *dev, const nn_pass<T> &pass, const struct nn_epochs *e, cudaStream_t s, cudaGraphExec_t *out)
{
    struct cuda_state *state = cuda_state(dev);
    if (!state->nn)
        state->nn = static_cast<struct nn_graphs *>(calloc(1, sizeof *state->nn));
    if (!state->nn)
        FAIL(KD_ENOMEM, "networks: no host memory");
    unsigned char key[KEY_BYTES] = {};
    epoch_key<T> now;
    memset(static_cast<void *>(&now), 0, sizeof now); /* padding is compared too */
    memcpy(static_cast<void *>(&now.pass), &pass, sizeof pass);
    memcpy(&now.epochs, e, sizeof *e);
    now.stream = s;
    memcpy(key, &now, sizeof now);
    struct nn_graphs *all = state->nn;
    for (int i = 0; i < all->n; i++)
        if (memcmp(all->entry[i].key, key, KEY_BYTES) == 0) {
            *out = all->entry[i].graph;
            return KD_OK;
        }
    TRY(capture_epoch(pass, e, s, out));
    const int place = all->n < MOST_GRAPHS ? all->n++ : all->next++ % MOST_GRAPHS;
    if (all->entry[place].graph)
        (void)cudaGraphExecDestroy(all->entry[place].graph);
    memcpy(all->entry[place].key, key, KEY_BYTES);
    all->entry[place].graph = *out;
    return KD_OK;
}

/* ---- waves ---- */

/* Nets first .. first + n - 1 of a group and their epochs, as a group of their own. */
static void slice(const struct nn_group *group, const struct nn_epochs *e, int first, int n, size_t real, struct nn_group *g,
                  struct nn_epochs *f)
{
    const size_t net = first, n_in = group->shape.width[0], n_out = group->shape.width[group->shape.n_layer];
    const size_t state = NN_N_PART * nn_parameter_count(&group->shape) * real; /* closely packed: state_bytes rounds up */
    const size_t epochs = net * e->n_epoch;
    const auto move = [](const void *p, size_t bytes) { return static_cast<const void *>(static_cast<const char *>(p) + bytes); };
    *g = *group;
    g->n_net = n;
    g->state_d = static_cast<char *>(group->state_d) + net * state;
    g->choice_d = group->choice_d + net;
    g->coefficient_d = move(group->coefficient_d, net * NN_N_COEFFICIENT * real);
    g->input_shift_d = move(group->input_shift_d, net * n_in * real);
    g->input_scale_d = move(group->input_scale_d, net * n_in * real);
    g->target_shift_d = move(group->target_shift_d, net * n_out * real);
    g->target_scale_d = move(group->target_scale_d, net * n_out * real);
    *f = *e;
    f->order_d = e->order_d + epochs * e->row_stride;
    f->count_d = e->count_d + net;
    f->rate_d = move(e->rate_d, epochs * e->step_stride * NN_N_RATE * real);
    f->first_step_d = e->first_step_d + net;
    f->loss_d = e->loss_d + epochs * e->step_stride;
    if (e->validation.stride > 0) {
        f->validation.index_d = e->validation.index_d + net * e->validation.stride;
        f->validation.count_d = e->validation.count_d + net;
        f->validation_loss_d = e->validation_loss_d + epochs;
    }
}

template <class T>
static kd_status train_wave(kd_device *dev, const struct nn_group *group, const struct nn_epochs *epochs,
                            const struct nn_data *data, cudaStream_t s)
{
    nn_pass<T> pass;
    int *epoch_d;
    cudaGraphExec_t graph;
    TRY(make_pass(dev, group, data, epochs->batch, &pass));
    TRY(scratch(dev, 1, &epoch_d));
    pass.epoch = epoch_d;
    if (nn_products_wanted())
        TRY(nn_products_begin(dev, s, &pass));
    CUDA_TRY(cudaMemsetAsync(epoch_d, 0, sizeof *epoch_d, s));
    TRY(epoch_graph(dev, pass, epochs, s, &graph));
    for (int epoch = 0; epoch < epochs->n_epoch; epoch++)
        CUDA_TRY(cudaGraphLaunch(graph, s));
    return KD_OK;
}

/* At least NN_MANY_NETS nets in a wave: below, tiles are small and the device is not full. KEDGE_NN_WAVE=N: another number, for tests. */
static int wave_size(const struct nn_group *group, size_t real)
{
    const char *wanted = getenv("KEDGE_NN_WAVE");
    if (wanted && atoi(wanted) > 0)
        return atoi(wanted);
    const size_t fit = WAVE_BYTES / (NN_N_PART * nn_parameter_count(&group->shape) * real);
    return fit > NN_MANY_NETS ? static_cast<int>(fit < 65535 ? fit : 65535) : NN_MANY_NETS;
}

template <class T>
static kd_status train_group(kd_device *dev, const struct nn_group *group, const struct nn_epochs *epochs,
                             const struct nn_data *data, cudaStream_t s)
{
    const int most = wave_size(group, sizeof(T));
    const size_t mark = kd_scratch_mark(dev);
    for (int first = 0; first < group->n_net; first += most) {
        struct nn_group g;
        struct nn_epochs e;
        slice(group, epochs, first, group->n_net - first < most ? group->n_net - first : most, sizeof(T), &g, &e);
        TRY(train_wave<T>(dev, &g, &e, data, s));
        kd_scratch_release(dev, mark);
    }
    return KD_OK;
}

kd_status cuda_nn_train(kd_device *dev, kd_stream *s, int n_group, const struct nn_group *group,
                        const struct nn_epochs *epochs, const struct nn_data *data, enum kd_precision precision)
{
    TRY(cuda_bind(dev));
    const size_t mark = kd_scratch_mark(dev);
    kd_status status = KD_OK;
    for (int g = 0; status == KD_OK && g < n_group; g++) {
        status = precision == KD_DOUBLE ? train_group<double>(dev, &group[g], &epochs[g], data, cuda_stream(s))
                                        : train_group<float>(dev, &group[g], &epochs[g], data, cuda_stream(s));
        kd_scratch_release(dev, mark);
    }
    return status;
}
