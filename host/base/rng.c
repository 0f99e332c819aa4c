// SPDX-License-Identifier: BSD-3-Clause
/* rng.c - a cursor over Philox. */
#include "host/base/rng.h"

struct rng rng_start(uint64_t seed, uint32_t stream, uint32_t index)
{
    return (struct rng){.seed = seed, .stream = stream, .index = index};
}

double rng_uniform(struct rng *r)
{
    double u[2];
    philox_uniforms(r->seed, r->stream, r->step++, r->index, u);
    return u[0];
}

double rng_normal(struct rng *r)
{
    double z[2];
    philox_normals(r->seed, r->stream, r->step++, r->index, z);
    return z[0];
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
    /* The top n * floor(2^64 / n) words are equally likely modulo n; the rest, one in 2^32 at most, are drawn again. */
    uint64_t limit = UINT64_MAX - (UINT64_MAX % n + 1) % n, word;
    do {
        uint32_t w[4];
        philox_words(r->seed, r->stream, r->step++, r->index, w);
        word = (uint64_t)w[0] << 32 | w[1];
    } while (word > limit);
    return (uint32_t)(word % n);
}

void rng_shuffle(struct rng *r, int *v, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = rng_below(r, (uint32_t)i);
        int held = v[i - 1];
        v[i - 1] = v[j];
        v[j] = held;
    }
}
