// SPDX-License-Identifier: BSD-3-Clause
/* nn_mixed.cu - networks in FP32. Compiled with -warn-double-usage as an error: no FP64 may slip in. */
#include "kernels/cuda/nn_kernels.cuh"

template cudaError_t nn_launch_forward(const nn_pass<float> &pass, cudaStream_t s);
template cudaError_t nn_launch_backward(const nn_pass<float> &pass, cudaStream_t s);
template cudaError_t nn_launch_update(const nn_pass<float> &pass, const float *gradient, cudaStream_t s);
