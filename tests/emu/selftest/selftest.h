// SPDX-License-Identifier: BSD-3-Clause
/* selftest.h - the emulator against plain loops. Each check is named as a sentence and returns whether it
 * holds. */
#ifndef EMU_SELFTEST_H
#define EMU_SELFTEST_H

#include "../bugs/bugs.h"

struct statement {
    const char *sentence;
    bool (*holds)();
};
extern const std::vector<statement> warp_statements, atomic_statements, runtime_statements,
    library_statements, collective_statements;

/* Runs a kernel of one block and returns what it left in an array of n. */
template <class T, class Kernel, class... Argument>
std::vector<T> results_of(Kernel kernel, int n_thread, size_t n, Argument... argument)
{
    device_array<T> out(std::vector<T>(n, T()));
    const cudaError_t launched = LAUNCH(kernel, dim3(1), dim3(unsigned(n_thread)), 0, 0, out.p, argument...);
    const cudaError_t ran = cudaDeviceSynchronize();
    if (launched != cudaSuccess || ran != cudaSuccess)
        fprintf(stderr, "launch gives %d, the kernel %d\n", launched, ran);
    return out.download();
}

#endif
