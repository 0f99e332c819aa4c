// SPDX-License-Identifier: BSD-3-Clause
/* philox.h - Philox 4x32-10, the random numbers of every device (Salmon, Moraes, Dror, Shaw, SC11, 2011).
 *
 * Inline, for C, C++ and CUDA. A number is a function of (seed, stream, step, index): nothing is stored, so results
 * depend neither on threads nor on a restart. Words and uniforms are identical on every device; normals agree to the
 * rounding of log and cos. */
#ifndef KD_PHILOX_H
#define KD_PHILOX_H

#include <math.h>
#include <stdint.h>

#ifndef KD_HD
#ifdef __CUDACC__
#define KD_HD __host__ __device__
#else
#define KD_HD
#endif
#endif

/* The block function: 10 rounds, key bumped by the golden ratio and sqrt(3)-1. */
static inline KD_HD void philox_block(uint32_t key0, uint32_t key1, const uint32_t counter[4], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ key0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ key1;
        c3 = (uint32_t)p0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* Four words of (seed, stream, step, index): key = seed, counter = (index, stream, step low, step high). */
static inline KD_HD void philox_words(uint64_t seed, uint32_t stream, uint64_t step, uint32_t index, uint32_t out[4])
{
    const uint32_t counter[4] = {index, stream, (uint32_t)step, (uint32_t)(step >> 32)};
    philox_block((uint32_t)seed, (uint32_t)(seed >> 32), counter, out);
}

/* 53 bits of two words in (0, 1]: the logarithm of it is finite. */
static inline KD_HD double philox_unit(uint32_t high, uint32_t low)
{
    uint64_t bits = ((uint64_t)high << 21) | (low >> 11);
    return (double)(bits + 1) * (1.0 / 9007199254740992.0);
}

/* Two uniforms in (0, 1]. */
static inline KD_HD void philox_uniforms(uint64_t seed, uint32_t stream, uint64_t step, uint32_t index, double u[2])
{
    uint32_t w[4];
    philox_words(seed, stream, step, index, w);
    u[0] = philox_unit(w[0], w[1]);
    u[1] = philox_unit(w[2], w[3]);
}

/* Two independent normals of mean 0 and variance 1 (Box and Muller 1958). */
static inline KD_HD void philox_normals(uint64_t seed, uint32_t stream, uint64_t step, uint32_t index, double z[2])
{
    double u[2];
    philox_uniforms(seed, stream, step, index, u);
    double radius = sqrt(-2.0 * log(u[0])), angle = 6.28318530717958647693 * u[1];
    z[0] = radius * cos(angle);
    z[1] = radius * sin(angle);
}

#endif
