// SPDX-License-Identifier: BSD-3-Clause
/* nn.cuh - networks on a CUDA device: what the kernels of one pass are told, and who launches them.
 *
 * A training step of all nets of a group is 2 L launches (L layers), the net being blockIdx.z:
 *   L   forward products with bias and activation; the last one gathers the targets, and leaves loss partials and delta
 *   L-1 backward products of delta
 *   1   weight gradients of all layers: each tile sums over the whole batch and takes its Adam step at once, in place
 * Everything is a tile product; sums have a fixed order, so a net gives the same bits in any company. */
#ifndef KD_NN_CUH
#define KD_NN_CUH

#include "kernels/cuda/cuda.cuh"
#include "kernels/nn_ops.h"
#include "kernels/nn_slice.h"

enum { NN_PARTIAL_STEPS = 64 }; /* steps between two sums of the loss partials */

/* Tiles of forward products. Few nets: small ones, so that one RDF net fills 128 multiprocessors. Many nets: square ones, more
 * arithmetic per byte. */
enum { NN_MANY_NETS = 4, NN_SMALL_ROWS = 32, NN_SMALL_COLUMNS = 16, NN_LARGE = 64 };
/* Parts of the last product over which losses are summed: divide every tile. */
enum { NN_LOSS_ROWS = 32, NN_LOSS_COLUMNS = 16 };

enum nn_last { NN_TRAIN, NN_LOSS_ONLY, NN_OUTPUT }; /* what the last forward product does with its result */

template <class T>
struct nn_pass {
    struct nn_shape shape;
    int n_net, batch; /* batch: rows of the activation buffers per net */
    bool bf16;       /* products on the tensor cores */
    const int *epoch; /* on the device: which epoch of the call this is, so that one graph serves all; NULL: 0 */
    /* rows index[net * index_stride + epoch * index_epoch + first + m], m < min(batch, count[net] - first) */
    const int *index, *count;
    size_t index_stride, index_epoch;
    int first;
    int part, n_part; /* of these rows, the slice that this rank takes (nn_slice_from); 0, 1: all */
    const T *x, *y;
    int n_x, n_y;
    const struct nn_choice *choice;
    const T *coefficient, *input_shift, *input_scale, *target_shift, *target_scale;
    T *state; /* [net][NN_N_PART][n_parameter] */
    size_t n_parameter, weight[NN_MAX_LAYER]; /* where a layer's weights start; its bias follows them */
    /* [net][batch][width] of layer l's output, l = 1..n_layer at index l */
    T *activation[NN_MAX_LAYER + 1], *delta[NN_MAX_LAYER + 1], *slope[NN_MAX_LAYER + 1];
    T *partial; /* [net][NN_PARTIAL_STEPS][n_partial] sums of losses of parts of the last product */
    int n_partial, partial_slot;
    const T *rate; /* of this step: [net * rate_stride + epoch * rate_epoch + enum nn_rate] */
    size_t rate_stride, rate_epoch;
    const uint64_t *first_step; /* dropout counts first_step + (epoch + earlier_epochs) * steps per epoch + step */
    int earlier_epochs;
    bool dropout;
    enum nn_last last;
    T *output; /* [net * output_stride + (first + m) * n_out + o] */
    size_t output_stride;
    void *products;  /* cuBLAS's handle where nn_products.cu does the step, with memory for its gradients; NULL: the tiles do it */
    T *own_gradient;
    T *gradient; /* [net][n_parameter]: store the gradient there instead of stepping; or NULL */
};

/* Parts of a batch beside each other over which losses are summed. */
static __host__ __device__ inline int nn_loss_columns(const struct nn_shape *shape)
{
    return (shape->width[shape->n_layer] + NN_LOSS_COLUMNS - 1) / NN_LOSS_COLUMNS;
}

/* All forward products. */
template <class T>
cudaError_t nn_launch_forward(const nn_pass<T> &pass, cudaStream_t s);
/* delta of all layers, then the weight gradients. */
template <class T>
cudaError_t nn_launch_backward(const nn_pass<T> &pass, cudaStream_t s);

/* One Adam step of all parameters by gradient[net][n_parameter]; nets without rows in this step rest. */
template <class T>
cudaError_t nn_launch_update(const nn_pass<T> &pass, const T *gradient, cudaStream_t s);

#endif
