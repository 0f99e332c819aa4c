// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_mixed.cu - the bond kernel in FP32. Compiled with -warn-double-usage as an error: no FP64 may slip in. */
#include "kernels/cuda/tersoff_bond.cuh"

cudaError_t launch_bonds(const bond_job<float> &job, bool general, cudaStream_t s)
{
    return general ? launch_bond_kernel<float, true>(job, s) : launch_bond_kernel<float, false>(job, s);
}
