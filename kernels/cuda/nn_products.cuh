// SPDX-License-Identifier: BSD-3-Clause
/* nn_products.cuh - training steps with cuBLAS products: the opponent of nn_kernels.cuh. */
#ifndef KD_NN_PRODUCTS_CUH
#define KD_NN_PRODUCTS_CUH

#include "kernels/cuda/nn_pass.cuh"

/* Does the environment ask for them? */
bool nn_products_wanted(void);
/* Scratch beyond that of a pass. */
template <class T>
size_t nn_products_bytes(const struct nn_group *group, int batch);
/* Takes that scratch, and marks the pass. */
template <class T>
kd_status nn_products_begin(kd_device *dev, cudaStream_t s, nn_pass<T> *pass);
template <class T>
kd_status nn_products_forward(const nn_pass<T> &pass, cudaStream_t s);
/* And the step. */
template <class T>
kd_status nn_products_backward(const nn_pass<T> &pass, cudaStream_t s);

#endif
