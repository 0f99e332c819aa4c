// SPDX-License-Identifier: BSD-3-Clause
/* rng.h - random numbers for the host: a cursor over kernels/philox.h, and the list of streams.
 *
 * Every use of randomness has a stream of its own, so that adding one never shifts another. */
#ifndef KD_RNG_H
#define KD_RNG_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/philox.h"

enum rng_stream {
    RNG_STRUCTURE = 1, /* which atoms are removed or placed */
    RNG_VELOCITY,      /* Maxwell velocities: step = replica, index = atom */
    RNG_THERMOSTAT,
    RNG_ORBITALS,      /* first guess of the bands */
    RNG_WEIGHTS,       /* network initialisation */
    RNG_SHUFFLE,       /* order of training samples, folds */
    RNG_TEST
};

/* A sequence of draws: step counts up, index stays. */
struct rng {
    uint64_t seed, step;
    uint32_t stream, index;
};

struct rng rng_start(uint64_t seed, uint32_t stream, uint32_t index);
double rng_uniform(struct rng *r);               /* (0, 1] */
double rng_normal(struct rng *r);                /* mean 0, variance 1 */
uint32_t rng_below(struct rng *r, uint32_t n);   /* 0 .. n-1 without bias; n > 0 */
void rng_shuffle(struct rng *r, int *v, size_t n); /* Fisher-Yates */

#endif
