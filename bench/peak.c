// SPDX-License-Identifier: BSD-3-Clause
/* peak.c - loops of fused multiply-adds. */
#include "bench/peak.h"

#include <time.h>

enum { ROUNDS = 1000000, CHAINS = 16, TRIALS = 5 };

#if defined(__x86_64__)
#include <immintrin.h>

static volatile float sink;

/* Processor time of the calling thread: what other programs take away is not the core's fault. */
static double thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

__attribute__((target("avx512f"))) static void loop_512(void)
{
    __m512 a[CHAINS], x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(0.001f), sum = _mm512_setzero_ps();
    for (int i = 0; i < CHAINS; i++)
        a[i] = _mm512_set1_ps((float)i);
    for (int r = 0; r < ROUNDS; r++) {
#pragma GCC unroll 16
        for (int i = 0; i < CHAINS; i++)
            a[i] = _mm512_fmadd_ps(a[i], x, y);
    }
    for (int i = 0; i < CHAINS; i++)
        sum = _mm512_add_ps(sum, a[i]);
    sink = _mm512_cvtss_f32(sum);
}

__attribute__((target("avx2,fma"))) static void loop_256(void)
{
    enum { N = 12 }; /* 16 registers, two of which hold the factors */
    __m256 a[N], x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(0.001f), sum = _mm256_setzero_ps();
    for (int i = 0; i < N; i++)
        a[i] = _mm256_set1_ps((float)i);
    for (int r = 0; r < ROUNDS; r++) {
#pragma GCC unroll 12
        for (int i = 0; i < N; i++)
            a[i] = _mm256_fmadd_ps(a[i], x, y);
    }
    for (int i = 0; i < N; i++)
        sum = _mm256_add_ps(sum, a[i]);
    sink = _mm256_cvtss_f32(sum);
}

double peak_fma_gflops(int n_thread)
{
    const int wide = __builtin_cpu_supports("avx512f");
    if (!wide && !(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")))
        return 0;
    double best = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        double sum = 0;
#pragma omp parallel for num_threads(n_thread) schedule(static, 1) reduction(+ : sum)
        for (int t = 0; t < n_thread; t++) {
            const double begin = thread_seconds();
            if (wide)
                loop_512();
            else
                loop_256();
            sum += 1e-9 * 2.0 * ROUNDS * (wide ? 16.0 * CHAINS : 8.0 * 12) / (thread_seconds() - begin);
        }
        best = sum > best ? sum : best;
    }
    return best;
}
#else
double peak_fma_gflops(int n_thread)
{
    (void)n_thread;
    return 0;
}
#endif
