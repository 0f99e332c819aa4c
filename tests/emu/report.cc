// SPDX-License-Identifier: BSD-3-Clause
/* report.cc - source lines by addr2line, faults counted, the exit status. */
#include "report.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <map>
#include <mutex>
#include <set>
#include <unistd.h>

namespace emu
{
namespace
{
constexpr int fault_exit_status = 99;

/* Made first and so destroyed last: the leak report of memory.cc still speaks at the very end. */
#define EMU_FIRST __attribute__((init_priority(101)))
EMU_FIRST std::recursive_mutex lock;
EMU_FIRST std::map<const void *, std::string> places;
EMU_FIRST std::set<std::string> said;
cudaError_t first_error = cudaSuccess;
int n_fault;

/* Runs when the process ends: faults pin the library, so never at dlclose. */
struct exit_status {
    ~exit_status()
    {
        if (n_fault == 0)
            return;
        fprintf(stderr, "[emu] %d fault%s\n", n_fault, n_fault == 1 ? "" : "s");
        fflush(nullptr);
        _exit(fault_exit_status);
    }
};
EMU_FIRST exit_status at_exit;

void pin_this_library()
{
    Dl_info self;
    if (dladdr(&at_exit, &self) && self.dli_fname)
        dlopen(self.dli_fname, RTLD_NOW | RTLD_NODELETE | RTLD_NOLOAD);
}

std::string ask_addr2line(const char *object, unsigned long offset)
{
    char command[1200], line[1024] = "";
    snprintf(command, sizeof command, "LD_PRELOAD= addr2line -Cipe '%s' 0x%lx 2>/dev/null", object, offset);
    FILE *pipe = popen(command, "r");
    if (!pipe)
        return "";
    if (!fgets(line, sizeof line, pipe))
        line[0] = '\0';
    char rest[256];
    while (fgets(rest, sizeof rest, pipe))
        ;
    pclose(pipe);
    line[strcspn(line, " \n")] = '\0';
    const char *slash = strrchr(line, '/');
    return slash ? slash + 1 : line;
}
} // namespace

std::string place(const void *where)
{
    if (!where)
        return "a copy or a library call";
    std::lock_guard<std::recursive_mutex> hold(lock);
    const auto known = places.find(where);
    if (known != places.end())
        return known->second;
    Dl_info object = {};
    char plain[64];
    snprintf(plain, sizeof plain, "%p", where);
    std::string answer = plain;
    if (dladdr(where, &object) && object.dli_fname) {
        /* The call is before the return address. Position-independent executables and libraries count from
         * their base. */
        const unsigned long offset = static_cast<unsigned long>(static_cast<const char *>(where) -
                                                                static_cast<const char *>(object.dli_fbase));
        const std::string line = ask_addr2line(object.dli_fname, offset - 1);
        if (!line.empty() && line[0] != '?')
            answer = line;
        else
            answer = std::string(object.dli_fname) + "+" + std::to_string(offset);
    }
    return places[where] = answer;
}

static bool say(const char *format, va_list values)
{
    char text[2048];
    vsnprintf(text, sizeof text, format, values);
    std::lock_guard<std::recursive_mutex> hold(lock);
    if (!said.insert(text).second)
        return false;
    fprintf(stderr, "[emu] %s\n", text);
    return true;
}

void fault(cudaError_t code, const char *format, ...)
{
    std::lock_guard<std::recursive_mutex> hold(lock);
    va_list values;
    va_start(values, format);
    const bool fresh = say(format, values);
    va_end(values);
    if (first_error == cudaSuccess) {
        first_error = code;
        pin_this_library();
    }
    n_fault += fresh;
}

void remark(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    say(format, values);
    va_end(values);
}

cudaError_t broken()
{
    return first_error;
}
} // namespace emu
