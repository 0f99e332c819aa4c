// SPDX-License-Identifier: BSD-3-Clause
/* hash.h - FNV-1a, 64 bits (Fowler, Noll, Vo 1991): names of cached files, fingerprints of what must be the same. It resists nobody. */
#ifndef KD_HASH_H
#define KD_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* Of the bytes hashed so far (HASH_START: none) and n more. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ b[i]) * UINT64_C(0x100000001b3);
    return hash;
}

#endif
