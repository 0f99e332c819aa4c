// SPDX-License-Identifier: BSD-3-Clause
/* nn_slice.h - how ranks share the rows of a batch; the same for every device. */
#ifndef KD_NN_SLICE_H
#define KD_NN_SLICE_H

#ifndef KD_HD
#ifdef __CUDACC__
#define KD_HD __host__ __device__
#else
#define KD_HD
#endif
#endif

/* First row of part `part` of n_part of n rows; the first n % n_part parts have one row more. */
static inline KD_HD int nn_slice_from(int n, int part, int n_part)
{
    int rest = n % n_part;
    return n / n_part * part + (part < rest ? part : rest);
}

#endif
