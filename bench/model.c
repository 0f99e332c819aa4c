// SPDX-License-Identifier: BSD-3-Clause
/* model.c - roofline bounds of the Tersoff kernels on an RTX 4090, from counted work. */
#include "bench/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* NVIDIA Ada GPU architecture whitepaper: 128 SMs at 2.52 GHz boost; 128 FP32, 2 FP64, 16 special and 64 INT32 lanes each. */
static const double SM = 128, CLOCK = 2.52e9, FP32_LANES = 128, FP64_LANES = 2, SPECIAL_LANES = 16, INT_LANES = 64;
static const double DRAM_RATE = 1008e9, L2_BYTES = 72e6, SHARED_PER_CLOCK = 128;
static const double L2_RATE = 5e12; /* published microbenchmarks; NVIDIA states none */

/* Operations and special functions inside each elementary function, from the code that nvcc 13 makes for it. */
struct elementary {
    struct model_operations flop, special; /* `plain` is 1 and 0 */
};
static const struct elementary fp32 = {{1, 22, 1, 20, 6, 45, 12}, {0, 1, 1, 0, 1, 2, 2}};
static const struct elementary fp64 = {{1, 40, 10, 35, 28, 110, 110}, {0, 2, 1, 0, 0, 1, 1}};

/* tersoff_bond.cuh states these next to measure, weigh, pull_bonds and sum_sites. */
struct model_operations model_md_operations(const struct model_md *m)
{
    return (struct model_operations){
        .plain = (7 + 27 + 6 + 16) * m->n_bond + 5 * m->n_tapered + (14 + 32) * m->n_triple,
        .root = m->n_bond,
        .reciprocal = 2 * m->n_bond + 2 * m->n_triple,
        .sincos = m->n_tapered,
        .exponential = 2 * m->n_bond,
        .power = m->n_bond,
        .power_above_one = m->n_bond,
    };
}

static double total(const struct model_operations *calls, const struct model_operations *each)
{
    return calls->plain * each->plain + calls->root * each->root + calls->reciprocal * each->reciprocal +
           calls->sincos * each->sincos + calls->exponential * each->exponential + calls->power * each->power +
           calls->power_above_one * each->power_above_one;
}

/* Besides: 8 operations for r^2 of every listed neighbour. */
static struct model_work bond_work(const struct model_md *m, const struct elementary *e, double real, double n_tile)
{
    const struct model_operations calls = model_md_operations(m);
    const double arm = 4 * real;
    struct model_work w = {.blocks = n_tile};
    w.flop = 8 * m->n_listed + total(&calls, &e->flop);
    w.special = total(&calls, &e->special);
    w.integer = 30 * m->n_listed + 60 * m->n_bond + 12 * m->n_triple; /* separations, addresses, loop control */
    /* index and shift; one sector per gathered position, twice for live bonds; F out; live words; sites; own atom */
    w.bytes = (8 + 32) * m->n_listed + (8 + 32) * m->n_bond + arm * m->n_bond + 4 * m->n_listed / MD_TILE +
              (7 * real + 4 + 4 + arm) * m->n_atom;
    w.shared_bytes = (4 * arm + 12 * real) * m->n_bond + (2 * arm + 5 * real) * m->n_triple;
    return w;
}

static struct model_work gather_work(const struct model_md *m, double real, double n_chunk)
{
    struct model_work w = {.blocks = n_chunk * m->n_replica};
    w.flop = 6 * m->n_bond;
    w.flop64 = 7.0 * m->n_atom + 7 * 32 * 5 * w.blocks + (real == 4 ? 10.0 * m->n_atom : 0); /* sums, conversions */
    w.integer = 8 * m->n_listed + 14 * m->n_bond;
    /* live words; index, reverse; F of both directions, the other one in sectors; force; sites */
    w.bytes = 4 * m->n_listed / MD_TILE + (8 + 4 * real + fmax(32, 4 * real)) * m->n_bond + (32 + 7 * real + 4) * m->n_atom;
    return w;
}

int model_md_work(const struct model_md *m, enum kd_precision precision, struct model_work work[MODEL_MD_KERNELS])
{
    const int mixed = precision == KD_MIXED;
    const double real = mixed ? 4 : 8, n_tile = ceil(m->n_atom / (double)MD_TILE), n_chunk = ceil(m->max_atom / 256.0);
    work[0] = (struct model_work){.blocks = mixed ? ceil(m->n_atom / 128.0) : 1};
    if (mixed) { /* three multiplications and three conversions per atom; position in, lattice out */
        work[0].flop64 = 6.0 * m->n_atom;
        work[0].bytes = (32.0 + 4 + 16) * m->n_atom;
    }
    work[1] = bond_work(m, mixed ? &fp32 : &fp64, real, n_tile);
    work[2] = gather_work(m, real, n_chunk);
    work[3] = (struct model_work){.blocks = m->n_replica, .flop64 = 7 * (n_chunk + 32 * 5) * m->n_replica,
                                  .bytes = 56 * n_chunk * m->n_replica};
    work[0].kernel = mixed ? "prepare_kernel<float>" : "prepare_kernel<double>";
    work[1].kernel = mixed ? "bond_kernel<float,false>" : "bond_kernel<double,false>";
    work[2].kernel = mixed ? "gather_kernel<float>" : "gather_kernel<double>";
    work[3].kernel = mixed ? "finish_kernel<float>" : "finish_kernel<double>";
    return n_chunk > 1 ? 4 : 3;
}

/* ---- counting ---- */

struct host_lists {
    int *count, *index, *shift, *species, *replica;
    double *position, *cell, *cutoff;
};

static double distance(const struct host_lists *h, int i, int j, int packed)
{
    const double *cell = h->cell + 9 * (size_t)h->replica[i];
    double d2 = 0;
    for (int x = 0; x < 3; x++) {
        double d = h->position[4 * (size_t)j + (size_t)x] - h->position[4 * (size_t)i + (size_t)x];
        for (int k = 0; k < 3; k++)
            d += MD_SHIFT(packed, k) * cell[3 * k + x];
        d2 += d * d;
    }
    return sqrt(d2);
}

static void count_all(const struct batch *b, const struct host_lists *h, struct model_md *m)
{
    const int n = b->md.n_species;
    for (int i = 0; i < b->md.n_atom; i++) {
        double bonds = 0;
        for (int s = 0; s < h->count[i]; s++) {
            size_t at = ((size_t)(i / MD_TILE) * (size_t)m->capacity + (size_t)s) * MD_TILE + (size_t)(i % MD_TILE);
            int j = h->index[at], pair = h->species[i] * n + h->species[j];
            const struct tersoff_params *p = &b->table.entry[pair * n + h->species[j]];
            double r = distance(h, i, j, h->shift[at]);
            bonds += r < h->cutoff[pair];
            m->n_tapered += r < h->cutoff[pair] && r > p->R - p->D && r < p->R + p->D;
        }
        m->n_listed += h->count[i];
        m->n_bond += bonds;
        m->n_triple += bonds * (bonds - 1);
    }
}

static kd_status fetch(const struct batch *b, const void *from_d, size_t bytes, void *out)
{
    void *host = malloc(bytes);
    *(void **)out = host;
    if (!host)
        FAIL(KD_ENOMEM, "model: no host memory");
    return kd_download(b->dev, b->dev->stream, host, from_d, bytes);
}

kd_status model_md_count(const struct batch *b, struct model_md *out)
{
    const size_t n = (size_t)b->md.n_atom, tiles = (n + MD_TILE - 1) / MD_TILE, kinds = (size_t)b->md.n_species;
    const size_t table = tiles * MD_TILE * (size_t)b->list.capacity * sizeof(int);
    struct host_lists h = {0};
    kd_status status;
    *out = (struct model_md){.n_atom = b->md.n_atom, .n_replica = b->md.n_replica, .max_atom = b->md.max_atom,
                             .capacity = b->list.capacity};
    TRY_OUT(fetch(b, b->list.count_d, tiles * MD_TILE * sizeof(int), &h.count));
    TRY_OUT(fetch(b, b->list.index_d, table, &h.index));
    TRY_OUT(fetch(b, b->list.shift_d, table, &h.shift));
    TRY_OUT(fetch(b, b->md.species_d, n * sizeof(int), &h.species));
    TRY_OUT(fetch(b, b->md.replica_d, n * sizeof(int), &h.replica));
    TRY_OUT(fetch(b, b->md.position_d, 4 * n * sizeof(double), &h.position));
    TRY_OUT(fetch(b, b->md.cell_d, 9 * (size_t)b->md.n_replica * sizeof(double), &h.cell));
    TRY_OUT(fetch(b, b->table.cutoff_d, kinds * kinds * sizeof(double), &h.cutoff));
    count_all(b, &h, out);
out:
    free(h.count);
    free(h.index);
    free(h.shift);
    free(h.species);
    free(h.replica);
    free(h.position);
    free(h.cell);
    free(h.cutoff);
    return status;
}

/* ---- printing ---- */

/* Occupancy in percent from the committed table; 0 where the kernel is not in it. */
static int occupancy_of(const char *kernel)
{
    FILE *table = fopen(MODEL_RESOURCES, "r");
    char line[256], name[96];
    int percent = 0, found = 0;
    while (table && !found && fgets(line, sizeof line, table))
        found = sscanf(line, "%*s %95s %*d %*d %*d %*d %*d %*d %d", name, &percent) == 2 && strcmp(name, kernel) == 0;
    if (table)
        fclose(table);
    return found ? percent : 0;
}

/* Seconds at full rate of each unit, on as many SMs as there are blocks for; the largest is the bound. */
static double bound(const struct model_work *w, enum kd_precision precision, double working_set, const char **limiter)
{
    const double clocks = CLOCK * fmin(SM, w->blocks);
    const double flop32 = precision == KD_MIXED ? w->flop : 0, flop64 = w->flop64 + (precision == KD_MIXED ? 0 : w->flop);
    const struct {
        const char *name;
        double seconds;
    } unit[] = {
        {"FP32", flop32 / (2 * FP32_LANES * clocks)},
        {"FP64", flop64 / (2 * FP64_LANES * clocks)},
        {"special", w->special / (SPECIAL_LANES * clocks)},
        {"integer", w->integer / (INT_LANES * clocks)},
        {"shared", w->shared_bytes / (SHARED_PER_CLOCK * clocks)},
        {"L2", w->bytes / L2_RATE},
        {"DRAM", working_set > L2_BYTES ? w->bytes / DRAM_RATE : 0},
    };
    double most = 0;
    *limiter = "launch";
    for (size_t u = 0; u < sizeof unit / sizeof *unit; u++)
        if (unit[u].seconds > most) {
            most = unit[u].seconds;
            *limiter = unit[u].name;
        }
    return most;
}

void model_md_print(FILE *out, const char *name, const struct model_md *m, enum kd_precision precision)
{
    struct model_work work[MODEL_MD_KERNELS];
    const int n = model_md_work(m, precision, work);
    double working_set = 0, sum = 0;
    for (int k = 0; k < n; k++)
        working_set += work[k].bytes;
    fprintf(out, "%s, %s: MODEL, not measured. RTX 4090, %d atoms, per atom %.2f listed, %.2f bonds, %.2f triples\n", name,
            precision == KD_MIXED ? "mixed" : "double", m->n_atom, m->n_listed / m->n_atom, m->n_bond / m->n_atom,
            m->n_triple / m->n_atom);
    fprintf(out, "  %-26s %9s %9s %9s %9s %9s %6s %6s %10s  %s\n", "kernel", "Mflop", "Mflop64", "Mspecial", "Minteger", "MB",
            "occup", "blocks", "least us", "limit");
    for (int k = 0; k < n; k++) {
        const struct model_work *w = &work[k];
        const char *limiter;
        const double seconds = bound(w, precision, working_set, &limiter);
        const int is_64 = precision == KD_DOUBLE;
        sum += seconds;
        fprintf(out, "  %-26s %9.3f %9.3f %9.3f %9.3f %9.3f %5d%% %6.0f %10.2f  %s\n", w->kernel, is_64 ? 0 : 1e-6 * w->flop,
                1e-6 * (w->flop64 + (is_64 ? w->flop : 0)), 1e-6 * w->special, 1e-6 * w->integer, 1e-6 * w->bytes,
                occupancy_of(w->kernel), w->blocks, 1e6 * seconds, limiter);
    }
    fprintf(out, "  sum %.2f us = %.0f M atom-steps/s at most; %d launches of 2 to 3 us each are not in it\n", 1e6 * sum,
            1e-6 * m->n_atom / sum, n);
}
