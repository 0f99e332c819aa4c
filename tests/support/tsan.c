// SPDX-License-Identifier: BSD-3-Clause
/* tsan.c - ThreadSanitizer (preset tsan) and OpenMP. Linked into every program there.
 *
 * gcc's libgomp is not instrumented: the start and the end of a parallel region are barriers that ThreadSanitizer does not see, and
 * what two regions, or a region and the code after it, do in turn looks like a race. So one OpenMP thread is the default here, and
 * where a test asks for more, reports with an OpenMP region in them are suppressed. Races inside the kernels are looked for elsewhere:
 * on the CPU by the tests that want the same bits for every number of threads, in the CUDA sources by the check flavour of the
 * emulator. What has threads of its own (log, progress, spans, signals, claims) is what this preset watches. */
#include <omp.h>
#include <stdlib.h>

const char *__tsan_default_suppressions(void);
const char *__tsan_default_options(void);

const char *__tsan_default_suppressions(void)
{
    return "race:._omp_fn.\n"
           "called_from_lib:libgomp.so\n";
}

/* history_size: the longest memory of earlier accesses, since a report without the second stack cannot be told to be OpenMP's.
 * die_after_fork: the tests of claims fork while the thread that keeps claims fresh runs. */
const char *__tsan_default_options(void)
{
    return "history_size=7:die_after_fork=0";
}

__attribute__((constructor)) static void one_thread(void)
{
    if (!getenv("OMP_NUM_THREADS"))
        omp_set_num_threads(1);
}
