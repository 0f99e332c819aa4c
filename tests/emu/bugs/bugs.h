// SPDX-License-Identifier: BSD-3-Clause
/* bugs.h - the committed list of planted bugs. Each is a small program with a correct twin: run(true) has the
 * bug, run(false) not. */
#ifndef EMU_BUGS_H
#define EMU_BUGS_H

#include "kernels/cuda/lane.cuh"

#include <cstdio>
#include <cstdlib>
#include <vector>

/* All numbers are as a plain loop gives them; false also after a CUDA error. */
typedef bool (*bug_program)(bool planted);

struct planted_bug {
    const char *name;
    bug_program run;
};

/* One list per file. */
extern const std::vector<planted_bug> block_bugs, grid_bugs, memory_bugs, stream_bugs, library_bugs;

#define MUST(call)                                                                                           \
    do {                                                                                                     \
        const int must_code_ = int(call);                                                                    \
        if (must_code_ != 0) {                                                                               \
            fprintf(stderr, "%s gives error %d\n", #call, must_code_);                                       \
            return false;                                                                                    \
        }                                                                                                    \
    } while (0)

/* An array on the device, freed with its owner; without memory the program ends. */
template <class T> struct device_array {
    T *p = nullptr;
    size_t n;
    explicit device_array(size_t count) : n(count)
    {
        if (const cudaError_t error = cudaMalloc(&p, n * sizeof(T))) {
            fprintf(stderr, "no device memory: error %d\n", error);
            exit(1);
        }
    }
    explicit device_array(const std::vector<T> &values) : device_array(values.size())
    {
        cudaMemcpy(p, values.data(), n * sizeof(T), cudaMemcpyHostToDevice);
    }
    ~device_array()
    {
        cudaFree(p);
    }
    device_array(const device_array &) = delete;
    device_array &operator=(const device_array &) = delete;
    std::vector<T> download() const
    {
        std::vector<T> values(n);
        cudaMemcpy(values.data(), p, n * sizeof(T), cudaMemcpyDeviceToHost);
        return values;
    }
};

#endif
