// SPDX-License-Identifier: BSD-3-Clause
/* nn_double.cu - networks in FP64: the oracle of nn_mixed.cu. */
#include "kernels/cuda/nn_kernels.cuh"

template cudaError_t nn_launch_forward(const nn_pass<double> &pass, cudaStream_t s);
template cudaError_t nn_launch_backward(const nn_pass<double> &pass, cudaStream_t s);
template cudaError_t nn_launch_update(const nn_pass<double> &pass, const double *gradient, cudaStream_t s);
