// SPDX-License-Identifier: BSD-3-Clause
/* nn_dropout.h - which units rest: the same on every device. */
#ifndef KD_NN_DROPOUT_H
#define KD_NN_DROPOUT_H

#include "kernels/philox.h"

enum { NN_DROPOUT_STREAM = 0x6e6e0000 }; /* + layer; beyond the streams of host/base/rng.h */

/* A unit is kept where its word is not below the threshold. */
static inline KD_HD uint32_t nn_dropout_threshold(double p)
{
    return (uint32_t)(p * 4294967296.0);
}

static inline KD_HD uint32_t nn_dropout_word(uint64_t seed, int layer, uint64_t step, uint32_t unit)
{
    uint32_t words[4];
    philox_words(seed, (uint32_t)NN_DROPOUT_STREAM + (uint32_t)layer, step, unit >> 2, words);
    return words[unit & 3];
}

#endif
