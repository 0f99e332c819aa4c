// SPDX-License-Identifier: BSD-3-Clause
/* fault.cc - fault injection: EMU_FAIL="cudaMalloc:3,any:40", EMU_NO_DEVICE=35, EMU_COUNT=1. */
#include "api.h"
#include "lock.h"
#include "report.h"
#include "stream.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

namespace emu
{
std::recursive_mutex api_lock;

namespace
{
/* Which call is to fail: the n-th of a name, counted from 1; "any" counts all. */
std::map<std::string, long> read_wishes()
{
    std::map<std::string, long> wishes;
    const char *text = getenv("EMU_FAIL");
    while (text && *text) {
        const char *colon = strchr(text, ':');
        if (!colon)
            break;
        char *end;
        wishes[std::string(text, colon)] = strtol(colon + 1, &end, 10);
        text = *end == ',' ? end + 1 : "";
    }
    return wishes;
}

struct call_counts {
    std::map<std::string, long> wishes = read_wishes(), made;
    long all = 0;
    ~call_counts()
    {
        if (!getenv("EMU_COUNT"))
            return;
        fprintf(stderr, "[emu] any:%ld", all);
        for (const auto &[name, n] : made)
            fprintf(stderr, " %s:%ld", name.c_str(), n);
        fprintf(stderr, "\n");
    }
} counts;

const cudaError_t no_device = cudaError_t(getenv("EMU_NO_DEVICE") ? atoi(getenv("EMU_NO_DEVICE")) : 0);
thread_local cudaError_t last_error;

/* What a driver would answer: the plausible error of a call. */
cudaError_t plausible_error(const char *name)
{
    if (strcmp(name, "cudaMalloc") == 0 || strcmp(name, "cudaHostAlloc") == 0)
        return cudaErrorMemoryAllocation;
    if (strcmp(name, "launch") == 0)
        return cudaErrorLaunchOutOfResources;
    return cudaErrorUnknown;
}

bool is_cleanup(const char *name)
{
    return strstr(name, "Free") || strstr(name, "Destroy");
}
} // namespace

api_call::api_call(const char *name) : refused(cudaSuccess)
{
    api_lock.lock();
    if (no_device) {
        refused = failed(no_device);
        return;
    }
    const long n = ++counts.made[name];
    counts.all += !is_cleanup(name); /* giving back never fails under "any": the walker looks for leaks */
    const auto wish = counts.wishes.find(name), any = counts.wishes.find("any");
    if ((wish != counts.wishes.end() && wish->second == n) ||
        (any != counts.wishes.end() && !is_cleanup(name) && any->second == counts.all)) {
        remark("EMU_FAIL: %s fails, call %ld", name, n);
        if (strstr(name,
                   "Synchronize")) /* it fails because the work did, and nothing is under way afterwards */
            for (int device = 0; device < device_count(); device++)
                run_device(device);
        refused = failed(plausible_error(name));
    } else if (broken() && !is_cleanup(name)) {
        refused = failed(broken());
    }
}

api_call::~api_call()
{
    api_lock.unlock();
}

cudaError_t failed(cudaError_t error)
{
    if (error != cudaSuccess)
        last_error = error;
    return error;
}

cudaError_t take_last_error(bool forget)
{
    const cudaError_t error = last_error;
    if (forget && !broken())
        last_error = cudaSuccess;
    return error;
}
} // namespace emu
