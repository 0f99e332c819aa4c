// SPDX-License-Identifier: BSD-3-Clause
/* pw_passes.cuh - arguments of the fused passes and their launches (pw_columns.cu, pw_plane.cu: FP32 only). */
#ifndef KD_CUDA_PW_PASSES_CUH
#define KD_CUDA_PW_PASSES_CUH

#include "kernels/cuda/pw.cuh"

struct pw_orbitals { /* of `n_vec` vectors from x on, ld complex numbers apart */
    const float2 *x;
    float2 *y; /* what becomes of them, as many */
    size_t ld;
    int n_vec;
};

struct pw_slices { /* of a density: slice f adds up `per_slice` transforms into part[f][z][x][y slot] */
    int n_fft, per_slice;
    const float2 *weight; /* [fft] sum and difference of the pair's occupations, halved */
    float *part;
};

static __device__ __forceinline__ int wrap(int d, int n)
{
    return d < 0 ? d + n : d;
}

static __device__ __forceinline__ void load_roots(float2 *root, const float2 *from, int n)
{
    for (int i = threadIdx.x; i < n; i += blockDim.x)
        root[i] = from[i];
}

cudaError_t pw_launch_columns(const struct pw_basis *b, struct pw_orbitals o, int n_fft, float2 *t, cudaStream_t s);
cudaError_t pw_launch_plane(const struct pw_basis *b, const float *v, int n_fft, float2 *t, cudaStream_t s);
cudaError_t pw_launch_sphere(const struct pw_basis *b, struct pw_orbitals o, int n_fft, const float2 *t, cudaStream_t s);
cudaError_t pw_launch_density(const struct pw_basis *b, struct pw_slices d, const float2 *t, cudaStream_t s);
/* Lets the kernels use PW_MOST_SHARED bytes of shared memory: what a block of sm_86 and sm_89 can have. */
cudaError_t pw_allow_shared();
static constexpr size_t PW_MOST_SHARED = 99 * 1024;

#endif
