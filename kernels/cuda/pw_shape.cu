// SPDX-License-Identifier: BSD-3-Clause
/* pw_shape.cu - tables of the fused passes: columns, runs, rows of the plane, roots; and whether a basis can take those passes. */
#include "kernels/cuda/dft.cuh"
#include "kernels/cuda/pw_passes.cuh"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <vector>

dft_parts dft_split(int n)
{
    static const unsigned char parts[][2] = {
        {4, 2},  {5, 2},  {4, 3},  {5, 3},  {4, 4},  {6, 3},  {5, 4},   {6, 4},   {5, 5},   {9, 3},   {6, 5},   {8, 4},
        {6, 6},  {8, 5},  {9, 5},  {8, 6},  {10, 5}, {9, 6},  {10, 6},  {8, 8},   {9, 8},   {15, 5},  {10, 8},  {9, 9},
        {10, 9}, {12, 8}, {10, 10}, {12, 9}, {12, 10}, {16, 8}, {15, 9}, {12, 12}, {15, 10}, {16, 10}, {15, 12}, {16, 12},
    };
    for (const auto &p : parts)
        if (p[0] * p[1] == n)
            return {p[0], p[1]};
    return {0, 0};
}

int cuda_wrapped(int m, int n)
{
    m %= n;
    return m < 0 ? m + n : m;
}

namespace
{
struct tables { /* on the host */
    std::vector<pw_column> column;
    std::vector<pw_run> run;
    std::vector<unsigned> place;
    std::vector<int2> y_run;
};

/* Columns that are stored, in order; false when one is not a single run. */
bool collect_runs(const struct pw_basis *b, const struct pw_spec *spec, tables &t)
{
    for (int g = 0; g < spec->n_pw; g++) {
        const int *m = spec->miller[g], *before = g ? spec->miller[g - 1] : nullptr;
        if (before && m[0] == before[0] && m[1] == before[1]) {
            if (m[2] != before[2] + 1)
                return false;
            t.run.back().len++;
            t.column[t.run.back().col].len++;
            continue;
        }
        const int z0 = cuda_wrapped(m[2], b->n[2]), col = static_cast<int>(t.column.size());
        t.run.push_back({col, col, g, z0, 1});
        t.column.push_back({g, z0, 1, 0, 0, 0});
    }
    return true;
}

/* Columns of the partners -G-2k: new ones, or the same column's other half. */
void add_partners(const struct pw_basis *b, const struct pw_spec *spec, tables &t)
{
    for (pw_run &r : t.run) {
        const int *m = spec->miller[r.src];
        const bool own = 2 * m[0] + b->twice_k[0] == 0 && 2 * m[1] + b->twice_k[1] == 0;
        int src = r.src, len = r.len;
        if (own && src <= b->self && b->self < src + len) { /* its own partner comes once; it is first or last of its run */
            src += b->self == src;
            len--;
        }
        const int last = m[2] + (src - r.src) + len - 1;
        const int mz0 = cuda_wrapped(-last - b->twice_k[2], b->n[2]);
        if (!own) {
            r.partner = static_cast<int>(t.column.size());
            t.column.push_back({0, 0, 0, 0, 0, 0});
        }
        pw_column &c = t.column[r.partner];
        c.msrc = src;
        c.mz0 = mz0;
        c.mlen = len;
    }
}

struct rectangle { /* signed x, y of all columns */
    std::vector<int> x, y;
    int least[2], most[2];
};

rectangle extents(const struct pw_basis *b, const struct pw_spec *spec, const tables &t)
{
    rectangle e;
    e.x.resize(t.column.size());
    e.y.resize(t.column.size());
    for (const pw_run &r : t.run) {
        const int *m = spec->miller[r.src];
        e.x[r.col] = m[0];
        e.y[r.col] = m[1];
        if (r.partner != r.col) {
            e.x[r.partner] = -m[0] - b->twice_k[0];
            e.y[r.partner] = -m[1] - b->twice_k[1];
        }
    }
    e.least[0] = e.most[0] = e.least[1] = e.most[1] = 0;
    for (size_t c = 0; c < e.x.size(); c++) {
        e.least[0] = e.x[c] < e.least[0] ? e.x[c] : e.least[0];
        e.most[0] = e.x[c] > e.most[0] ? e.x[c] : e.most[0];
        e.least[1] = e.y[c] < e.least[1] ? e.y[c] : e.least[1];
        e.most[1] = e.y[c] > e.most[1] ? e.y[c] : e.most[1];
    }
    return e;
}

int up_to(int n, int multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

/* Rows and runs of the plane; false when a row between the outermost ones is empty or has a hole. */
bool make_rows(struct pw_shape &s, const rectangle &e, tables &t)
{
    s.x_most = e.most[0];
    s.x_least = e.least[0];
    s.low = up_to(e.most[0] + 1, s.bx);
    s.high = up_to(-e.least[0], s.bx);
    if (s.low + s.high >= s.n[0]) {
        s.low = s.n[0];
        s.high = 0;
    }
    const int rows = s.low + s.high;
    std::vector<int> count(rows, 0), first(rows, 0), last(rows, 0);
    t.place.resize(e.x.size());
    for (size_t c = 0; c < e.x.size(); c++) {
        const int x = cuda_wrapped(e.x[c], s.n[0]), row = x < s.low ? x : x - s.n[0] + rows;
        first[row] = count[row] == 0 || e.y[c] < first[row] ? e.y[c] : first[row];
        last[row] = count[row] == 0 || e.y[c] > last[row] ? e.y[c] : last[row];
        count[row]++;
        t.place[c] = static_cast<unsigned>(row) << 16 | static_cast<unsigned>(cuda_wrapped(e.y[c], s.n[1]));
    }
    t.y_run.resize(rows);
    int used = 0;
    for (int r = 0; r < rows; r++) {
        if (count[r] > 0 && last[r] - first[r] + 1 != count[r])
            return false;
        t.y_run[r] = make_int2(cuda_wrapped(first[r], s.n[1]), count[r]);
        used += count[r] > 0;
    }
    return used == e.most[0] - e.least[0] + 1;
}

/* Warps of the plane pass that an SM of an RTX 4090 holds with `lines` in flight, times the share of lanes that have a line. */
double plane_score(const struct pw_basis *b, int lines, int threads, size_t bytes)
{
    const int registers = 88; /* kernels/cuda/resources.tsv */
    const int by_shared = static_cast<int>(100 * 1024 / (bytes + 1024)), by_registers = 65536 / (registers * threads), by_threads = 1536 / threads;
    const int blocks = by_shared < by_registers ? by_shared : by_registers;
    return (blocks < by_threads ? blocks : by_threads) * threads * static_cast<double>(b->n[1]) / up_to(b->n[1], lines);
}

/* Threads of the plane pass and lines in flight: 8 to 12 workers a line. False when shared memory is too small for a plane. */
bool plane_launch(struct pw_basis *b)
{
    struct pw_shape &s = b->shape;
    const int rows = s.low + s.high;
    double best = 0;
    s.pitch = s.n[1] | 1;
    for (int lines = 16; lines <= 64; lines *= 2) {
        const int threads = lines > 16 ? 8 * lines : s.n[0] > 40 ? 192 : 128;
        const size_t bytes = sizeof(float2) * (static_cast<size_t>(rows) * s.pitch + static_cast<size_t>(s.n[0] - rows) * lines + s.n[0] + s.n[1]);
        const double score = bytes <= PW_MOST_SHARED ? plane_score(b, lines, threads, bytes) : 0;
        if (score <= best)
            continue;
        best = score;
        s.lines = lines;
        b->threads = threads;
        b->plane_bytes = bytes;
    }
    return best > 0;
}

kd_status keep(struct pw_basis *b, int slot, const void *from, size_t bytes)
{
    TRY(kd_alloc_at(b->dev, bytes, &b->owned[slot], __FILE__, __LINE__));
    return b->dev->ops->upload(b->dev, b->dev->stream, b->owned[slot], from, bytes);
}

/* exp(2 pi i factor j / n), j = 0 .. n-1, in slot order of the parts unless a is 0. */
std::vector<float2> roots(int n, int factor, dft_parts parts)
{
    std::vector<float2> r(n);
    for (int j = 0; j < n; j++) {
        const double angle = 6.283185307179586476925 * cuda_wrapped(factor * j, n) / n;
        const int slot = parts.a ? j % parts.a * parts.b + j / parts.a : j;
        r[slot] = make_float2(static_cast<float>(cos(angle)), static_cast<float>(sin(angle)));
    }
    return r;
}

kd_status upload_tables(struct pw_basis *b, const struct pw_spec *spec, const tables &t)
{
    struct pw_shape &s = b->shape;
    TRY(keep(b, 0, t.column.data(), t.column.size() * sizeof t.column[0]));
    TRY(keep(b, 1, t.run.data(), t.run.size() * sizeof t.run[0]));
    TRY(keep(b, 2, t.place.data(), t.place.size() * sizeof t.place[0]));
    TRY(keep(b, 3, t.y_run.data(), t.y_run.size() * sizeof t.y_run[0]));
    for (int a = 0; a < 3; a++) {
        const std::vector<float2> root = roots(s.n[a], 1, {0, 0}), phase = roots(s.n[a], b->twice_k[a], a == 1 ? dft_parts{s.ay, s.by} : dft_parts{0, 0});
        TRY(keep(b, 4 + a, root.data(), root.size() * sizeof root[0]));
        TRY(keep(b, 7 + a, phase.data(), phase.size() * sizeof phase[0]));
        s.root_d[a] = static_cast<const float2 *>(b->owned[4 + a]);
        s.phase_d[a] = static_cast<const float2 *>(b->owned[7 + a]);
    }
    std::vector<float> kinetic(spec->n_pw);
    for (int g = 0; g < spec->n_pw; g++)
        kinetic[g] = static_cast<float>(0.5 * (spec->kg[g][0] * spec->kg[g][0] + spec->kg[g][1] * spec->kg[g][1] + spec->kg[g][2] * spec->kg[g][2]));
    TRY(keep(b, 10, kinetic.data(), kinetic.size() * sizeof kinetic[0]));
    s.column_d = static_cast<const pw_column *>(b->owned[0]);
    s.run_d = static_cast<const pw_run *>(b->owned[1]);
    s.place_d = static_cast<const unsigned *>(b->owned[2]);
    s.y_run_d = static_cast<const int2 *>(b->owned[3]);
    s.kinetic_d = static_cast<const float *>(b->owned[10]);
    return KD_OK;
}
} // namespace

kd_status cuda_shape_create(struct pw_basis *b, const struct pw_spec *spec)
{
    struct pw_shape &s = b->shape;
    const dft_parts x = dft_split(b->n[0]), y = dft_split(b->n[1]), z = dft_split(b->n[2]);
    const char *choice = getenv("KEDGE_FFT");
    if (la_is_double(b->type) || !x.a || !y.a || !z.a || spec->n_pw == 0 || (choice && strcmp(choice, "cufft") == 0))
        return KD_OK;
    s.ax = x.a, s.bx = x.b, s.ay = y.a, s.by = y.b, s.az = z.a, s.bz = z.b;
    memcpy(s.n, b->n, sizeof s.n);
    s.self = b->self;
    s.twice_kz = b->real ? cuda_wrapped(b->twice_k[2], b->n[2]) : 0;
    tables t;
    if (!collect_runs(b, spec, t))
        return KD_OK;
    if (b->real)
        add_partners(b, spec, t);
    s.n_run = static_cast<int>(t.run.size());
    s.n_column = static_cast<int>(t.column.size());
    s.ldt = up_to(s.n_column, PW_TILE);
    if (!make_rows(s, extents(b, spec, t), t) || !plane_launch(b))
        return KD_OK;
    CUDA_TRY(pw_allow_shared());
    TRY(upload_tables(b, spec, t));
    b->fused = true;
    return KD_OK;
}
