// SPDX-License-Identifier: BSD-3-Clause
/* profile.cc - one warp's k-th execution of a source line is one request; what it costs follows from its
 * addresses.
 *
 * Counted on the accesses of this build: no L1 or L2, and under divergence the grouping is approximate. */
#include "profile.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "block.h"
#include "report.h"

namespace emu
{
namespace
{
constexpr size_t sector_bytes = 32, vector_bytes = 16;

const char *target()
{
    static const char *const file = getenv("EMU_PROFILE");
    return file;
}

struct line_counts {
    memory_space space = GLOBAL;
    access_kind kind = ACCESS_READ;
    long requests = 0, bytes = 0, sectors = 0, wavefronts = 0;
};
struct kernel_counts {
    long launches = 0, blocks = 0, threads = 0;
    std::map<std::pair<std::string, int>, line_counts> lines; /* by place, and space and kind */
};
std::map<std::string, kernel_counts> kernels;
kernel_counts *kernel;

struct lane_access {
    uintptr_t start;
    size_t bytes;
};
struct request {
    line_counts *line;
    std::vector<lane_access> lanes;
};
/* Of the running block: (line, warp, execution) -> request; (line, thread) -> executions so far, and the last
 * access. */
struct progress {
    unsigned executions = 0;
    size_t request = 0, lane = 0;
};
std::vector<request> requests;
std::map<std::tuple<const line_counts *, int, unsigned>, size_t> request_of;
std::map<std::pair<const line_counts *, int>, progress> progress_of;
std::unordered_map<const void *, std::string> place_of;

line_counts &line_at(const void *where, memory_space space, access_kind kind)
{
    auto known = place_of.find(where);
    if (known == place_of.end())
        known = place_of.emplace(where, place(where)).first;
    line_counts &line = kernel->lines[{known->second, 4 * space + kind}];
    line.space = space;
    line.kind = kind;
    return line;
}

long sectors_of(const request &r)
{
    std::set<uintptr_t> sectors;
    for (const lane_access &a : r.lanes)
        for (uintptr_t s = a.start / sector_bytes; s <= (a.start + a.bytes - 1) / sector_bytes; s++)
            sectors.insert(s);
    return long(sectors.size());
}

/* Distinct words of the fullest bank; lanes that read the same word share it. */
long wavefronts_of(const request &r)
{
    std::map<uintptr_t, std::set<uintptr_t>> banks;
    for (const lane_access &a : r.lanes)
        for (uintptr_t word = a.start / 4; word <= (a.start + a.bytes - 1) / 4; word++)
            banks[word % 32].insert(word);
    size_t most = 0;
    for (const auto &bank : banks)
        most = std::max(most, bank.second.size());
    return long(most);
}

void write_json(FILE *out)
{
    const char *kinds[] = {"read", "write", "atomic"};
    fprintf(out, "{\"note\": \"counted on an emulator, not measured\", \"kernels\": [");
    const char *comma = "";
    for (const auto &[name, k] : kernels) {
        fprintf(out,
                "%s\n {\"name\": \"%s\", \"launches\": %ld, \"blocks\": %ld, \"threads\": %ld, \"lines\": [",
                comma, name.c_str(), k.launches, k.blocks, k.threads);
        comma = "";
        for (const auto &[key, l] : k.lines) {
            fprintf(out,
                    "%s\n  {\"at\": \"%s\", \"space\": \"%s\", \"kind\": \"%s\", \"requests\": %ld, "
                    "\"bytes\": %ld, "
                    "\"sectors\": %ld, \"wavefronts\": %ld}",
                    comma, key.first.c_str(), l.space == SHARED ? "shared" : "global", kinds[l.kind],
                    l.requests, l.bytes, l.sectors, l.wavefronts);
            comma = ",";
        }
        fprintf(out, "]}");
        comma = ",";
    }
    fprintf(out, "]}\n");
}

struct writer {
    ~writer()
    {
        if (!target())
            return;
        FILE *out = strcmp(target(), "-") == 0 ? stderr : fopen(target(), "w");
        if (!out) {
            perror(target());
            return;
        }
        write_json(out);
        if (out != stderr)
            fclose(out);
    }
};
writer at_end;
} // namespace

void profile_launch_begin(const char *name)
{
    if (!target())
        return;
    kernel = &kernels[name];
    kernel->launches++;
}

void profile_launch_end()
{
    kernel = nullptr;
}

void profile_block_begin()
{
    requests.clear();
    request_of.clear();
    progress_of.clear();
}

void profile_block_end()
{
    if (!kernel)
        return;
    kernel->blocks++;
    kernel->threads += runner_here().n_thread;
    for (const request &r : requests) {
        line_counts &line = *r.line;
        line.requests++;
        for (const lane_access &a : r.lanes)
            line.bytes += long(a.bytes);
        if (line.space == GLOBAL)
            line.sectors += sectors_of(r);
        else
            line.wavefronts += wavefronts_of(r);
    }
}

void profile_access(const void *p, size_t bytes, access_kind kind, memory_space space, const void *where)
{
    if (!kernel)
        return;
    line_counts &line = line_at(where, space, kind);
    const uintptr_t start = reinterpret_cast<uintptr_t>(p);
    progress &mine = progress_of[{&line, current->linear}];
    if (mine.executions) {
        /* The compiler splits a float4 into four loads of one line: put them together again. */
        lane_access &last = requests[mine.request].lanes[mine.lane];
        if (last.start + last.bytes == start && last.start / vector_bytes == start / vector_bytes) {
            last.bytes += bytes;
            return;
        }
    }
    const auto key =
        std::make_tuple(static_cast<const line_counts *>(&line), current->warp, mine.executions++);
    const auto fresh = request_of.emplace(key, requests.size());
    if (fresh.second)
        requests.push_back(request{&line, {}});
    request &r = requests[fresh.first->second];
    mine.request = fresh.first->second;
    mine.lane = r.lanes.size();
    r.lanes.push_back(lane_access{start, bytes});
}
} // namespace emu
