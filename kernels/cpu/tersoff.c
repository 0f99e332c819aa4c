// SPDX-License-Identifier: BSD-3-Clause
/* tersoff.c - the Tersoff op of the CPU: scratch, blocks of atoms over threads, sums per replica.
 *
 * Two passes over blocks, both free of scattered writes: bonds (energies, partial forces dE_i/d(r_j - r_i) of every live
 * bond) and gather (each atom sums its own and the reverse bonds). How atoms fall into blocks follows the number of threads,
 * and no result depends on it: sums go over chunks of 64 atoms, counted from the first atom of a replica. */
#include <stdint.h>
#include <string.h>

#include "kernels/cpu/cpu.h"
#include "kernels/cpu/tersoff.h"

static const struct tersoff_codelet *codelet_for(enum kd_precision precision)
{
#if defined(__x86_64__)
    switch (cpu_simd_level()) {
    case CPU_AVX512:
        return &tersoff_avx512[precision];
    case CPU_AVX2:
        return &tersoff_avx2[precision];
    case CPU_BASELINE:
        break;
    }
#endif
    return &tersoff_baseline[precision];
}

static size_t most_blocks(const struct md_batch *batch)
{
    return (size_t)(batch->n_atom / TERSOFF_CHUNK) + (size_t)batch->n_replica + 1;
}

struct sizes {
    size_t table, partial, bond, live, sums, blocks, workspace; /* bytes; workspace of one thread */
};

static struct sizes sizes_of(const struct tersoff_codelet *codelet, const struct md_batch *batch, int capacity)
{
    size_t n_atom = (size_t)batch->n_atom, n_word = (size_t)(capacity + 63) / 64;
    size_t workspace = codelet->workspace_bytes(capacity);
    return (struct sizes){
        .table = codelet->table_bytes,
        .partial = n_atom * (size_t)capacity * 4 * codelet->real_bytes,
        .bond = n_atom * (size_t)capacity * sizeof(struct tersoff_bond),
        .live = n_atom * n_word * sizeof(struct tersoff_live),
        .sums = most_blocks(batch) * TERSOFF_SUMS * sizeof(double),
        .blocks = most_blocks(batch) * sizeof(struct tersoff_block),
        .workspace = kd_scratch_round(workspace),
    };
}

size_t tersoff_bytes(int n_thread, const struct md_batch *batch, int capacity, enum kd_precision precision)
{
    struct sizes s = sizes_of(codelet_for(precision), batch, capacity);
    return kd_scratch_round(s.table) + kd_scratch_round(s.partial) + kd_scratch_round(s.bond) + kd_scratch_round(s.live) +
           kd_scratch_round(s.sums) + kd_scratch_round(s.blocks) + (size_t)n_thread * s.workspace;
}

/* Blocks of `size` atoms (a multiple of the chunk), none across replicas; returns how many. */
static int cut_blocks(const struct md_batch *batch, int size, struct tersoff_block *block)
{
    int n = 0, chunk = 0;
    for (int r = 0; r < batch->n_replica; r++)
        for (int i = batch->first[r]; i < batch->first[r + 1]; i += size) {
            int left = batch->first[r + 1] - i;
            block[n] = (struct tersoff_block){r, i, left < size ? left : size, chunk};
            chunk += (block[n].n + TERSOFF_CHUNK - 1) / TERSOFF_CHUNK;
            n++;
        }
    return n;
}

/* Large blocks fill lanes best; every thread should still have several. */
static int block_size(int n_thread, const struct md_batch *batch)
{
    int size = TERSOFF_BLOCK;
    while (size > TERSOFF_CHUNK && n_thread > 1 && batch->n_atom / size < 4 * n_thread)
        size /= 2;
    return size;
}

static void sum_replicas(const struct md_batch *batch, const struct tersoff_block *block, int n_block,
                         const double *sums, const struct md_forces *out)
{
    memset(out->energy_d, 0, (size_t)batch->n_replica * sizeof(double));
    memset(out->virial_d, 0, (size_t)batch->n_replica * 6 * sizeof(double));
    for (int b = 0; b < n_block; b++) {
        int n_chunk = (block[b].n + TERSOFF_CHUNK - 1) / TERSOFF_CHUNK;
        for (int c = block[b].chunk; c < block[b].chunk + n_chunk; c++) {
            const double *sum = sums + (size_t)c * TERSOFF_SUMS;
            out->energy_d[block[b].replica] += sum[0];
            for (int v = 0; v < 6; v++)
                out->virial_d[6 * (size_t)block[b].replica + (size_t)v] += sum[1 + v];
        }
    }
}

static void *carve(char **at, size_t bytes)
{
    char *here = *at;
    *at += kd_scratch_round(bytes);
    return here;
}

void tersoff_open(void *memory, int n_thread, const struct md_batch *batch, const struct md_neighbors *list,
                  const struct neighbor_rows *rows, const struct tersoff_table *potential, enum kd_precision precision,
                  struct tersoff_session *t)
{
    const int capacity = rows ? rows->capacity : list->capacity;
    char *at = memory;
    t->codelet = codelet_for(precision);
    struct sizes size = sizes_of(t->codelet, batch, capacity);
    t->n_thread = n_thread;
    t->call = (struct tersoff_call){.batch = batch, .list = list, .rows = rows, .capacity = capacity, .potential = potential,
                                    .n_word = (capacity + 63) / 64};
    t->call.table = carve(&at, size.table);
    t->call.partial = carve(&at, size.partial);
    t->call.bond = carve(&at, size.bond);
    t->call.live = carve(&at, size.live);
    t->call.sums = carve(&at, size.sums);
    t->block = carve(&at, size.blocks);
    t->workspace = at;
    t->n_block = cut_blocks(batch, block_size(n_thread, batch), t->block);
    t->codelet->prepare(&t->call);
}

/* Forces of a block, into memory or straight to those who use them. */
static void gather(const struct tersoff_session *t, const struct tersoff_block *block, double *force_d, const struct tersoff_use *use)
{
    double here[TERSOFF_BLOCK][4], (*force)[4] = here;
    if (!use || use->keeps)
        force = (double(*)[4])(force_d + 4 * (size_t)block->first);
    t->codelet->gather(&t->call, block, force);
    if (use)
        use->pass(use->with, block->first, block->first + block->n, (const double(*)[4])force);
}

void tersoff_evaluate(struct tersoff_session *t, const struct md_forces *out, const struct tersoff_use *use)
{
    const struct tersoff_codelet *codelet = t->codelet;
    const size_t bytes = kd_scratch_round(codelet->workspace_bytes(t->call.capacity));
    const int n_block = t->n_block;
    if (n_block == 1 || t->n_thread == 1) { /* also within a parallel region: no team of one to be made */
        for (int b = 0; b < n_block; b++)
            codelet->bonds(&t->call, &t->block[b], t->workspace);
        for (int b = 0; b < n_block; b++)
            gather(t, &t->block[b], out->force_d, use);
    } else {
#pragma omp parallel num_threads(t->n_thread)
        {
            void *own = t->workspace + (size_t)cpu_thread() * bytes;
#pragma omp for schedule(static)
            for (int b = 0; b < n_block; b++)
                codelet->bonds(&t->call, &t->block[b], own);
#pragma omp for schedule(static)
            for (int b = 0; b < n_block; b++)
                gather(t, &t->block[b], out->force_d, use);
        }
    }
    sum_replicas(t->call.batch, t->block, n_block, t->call.sums, out);
}

void tersoff_forces_again(struct tersoff_session *t, double *force_d)
{
    for (int b = 0; b < t->n_block; b++)
        gather(t, &t->block[b], force_d, NULL);
}

kd_status tersoff_check(const struct tersoff_table *potential, int capacity)
{
    if (potential->n_species < 1 || potential->n_species > TERSOFF_SPECIES)
        FAIL(KD_EINPUT, "tersoff: %d species, expected 1 to %d", potential->n_species, TERSOFF_SPECIES);
    if (capacity < 1 || capacity > UINT16_MAX)
        FAIL(KD_EINPUT, "tersoff: lists of %d slots, expected 1 to %d", capacity, UINT16_MAX);
    return KD_OK;
}

/* ---- the op ---- */

size_t cpu_tersoff_scratch(const kd_device *dev, const struct md_batch *batch, int capacity, enum kd_precision precision)
{
    return tersoff_bytes(dev->n_thread, batch, capacity, precision);
}

kd_status cpu_tersoff(kd_device *dev, kd_stream *s, const struct md_batch *batch, const struct md_neighbors *list,
                      const struct tersoff_table *potential, enum kd_precision precision, const struct md_forces *out)
{
    (void)s;
    struct tersoff_session t;
    void *memory;
    TRY(tersoff_check(potential, list->capacity));
    size_t mark = kd_scratch_mark(dev);
    TRY(kd_scratch_take(dev, tersoff_bytes(dev->n_thread, batch, list->capacity, precision), &memory));
    cpu_enter(dev);
    tersoff_open(memory, dev->n_thread, batch, list, NULL, potential, precision, &t);
    tersoff_evaluate(&t, out, NULL);
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}
