// SPDX-License-Identifier: BSD-3-Clause
/* simd.c - which instruction set the codelets use, and the number of the calling thread. */
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "kernels/cpu/cpu.h"

static const char *const level_name[] = {"baseline", "AVX2", "AVX-512"};
static const char *const level_word[] = {"baseline", "avx2", "avx512"};

static enum cpu_simd best_level(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
        return CPU_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
        return CPU_AVX2;
#endif
    return CPU_BASELINE;
}

enum cpu_simd cpu_simd_level(void)
{
    enum cpu_simd best = best_level();
    const char *wanted = getenv("KEDGE_SIMD");
    for (int level = CPU_BASELINE; wanted && level < (int)best; level++)
        if (strcmp(wanted, level_word[level]) == 0)
            return (enum cpu_simd)level;
    return best;
}

const char *cpu_simd_name(enum cpu_simd level)
{
    return level_name[level];
}

int cpu_thread(void)
{
#ifdef _OPENMP
    return omp_get_thread_num();
#else
    return 0;
#endif
}

int cpu_team(const kd_device *dev)
{
#ifdef _OPENMP
    return omp_in_parallel() ? 1 : dev->n_thread;
#else
    (void)dev;
    return 1;
#endif
}
