// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_double.cu - the bond kernel in FP64. */
#include "kernels/cuda/tersoff_bond.cuh"

cudaError_t launch_bonds(const bond_job<double> &job, bool general, cudaStream_t s)
{
    return general ? launch_bond_kernel<double, true>(job, s) : launch_bond_kernel<double, false>(job, s);
}
