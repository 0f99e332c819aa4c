// SPDX-License-Identifier: BSD-3-Clause
/* pw_lines.c - drives the line codelets: orbitals side by side on the threads, or the rows and planes of a few orbitals. */
#include "kernels/cpu/pw_lines.h"

#include <string.h>

#include "kernels/cpu/pw.h"
#include "kernels/cpu/pw_codelet.h"

enum { IN_FLIGHT = 8 }; /* orbitals (pairs) whose planes are summed together into the density */

static int block_count(const struct pw_lines *l)
{
    return (l->axis[0].n + l->n_plane - 1) / l->n_plane;
}

static size_t packed_count(const struct pw_lines *l)
{
    return (size_t)block_count(l) * (size_t)l->n_group * (size_t)l->axis[2].n * (size_t)l->width;
}

size_t pw_lines_bytes(const struct pw_lines *l)
{
    return l->bytes;
}

size_t pw_lines_work(const struct pw_lines *l, int n_thread)
{
    size_t room = (size_t)(n_thread > IN_FLIGHT ? n_thread : IN_FLIGHT) * kd_scratch_round(l->bytes);
    return room + kd_scratch_round(packed_count(l) * sizeof(double));
}

size_t pw_lines_potential_bytes(const struct pw_lines *l)
{
    return packed_count(l) * (size_t)l->codelets->bytes;
}

/* ---- packed order: [block of planes][group][z][lane] ---- */

/* Grid line of every packed lane; -1 for lanes that fill up the last group. */
static long grid_line(const struct pw_lines *l, int block, int group, int lane)
{
    int line = group * l->width + lane, x = block * l->n_plane + line / l->axis[1].n;
    if (line >= l->n_plane * l->axis[1].n || x >= l->axis[0].n)
        return -1;
    return (long)x * l->axis[1].n + line % l->axis[1].n;
}

void pw_lines_pack(const struct pw_basis *basis, const double *v, void *packed)
{
    const struct pw_lines *l = basis->lines;
    bool wide = la_is_double(basis->type);
    int n_z = l->axis[2].n, w = l->width, groups = block_count(l) * l->n_group;
    double scale = 1.0 / ((double)basis->n_point * basis->apply_gain);
#pragma omp parallel for schedule(static) num_threads(basis->dev->n_thread)
    for (int g = 0; g < groups; g++)
        for (int lane = 0; lane < w; lane++) {
            long line = grid_line(l, g / l->n_group, g % l->n_group, lane);
            for (int z = 0; z < n_z; z++) {
                double value = line < 0 ? 0 : scale * v[(size_t)line * (size_t)n_z + (size_t)z];
                size_t to = ((size_t)g * (size_t)n_z + (size_t)z) * (size_t)w + (size_t)lane;
                if (wide)
                    ((double *)packed)[to] = value;
                else
                    ((float *)packed)[to] = (float)value;
            }
        }
}

static void unpack_add(const struct pw_basis *basis, const double *packed, double *rho)
{
    const struct pw_lines *l = basis->lines;
    int n_z = l->axis[2].n, w = l->width, groups = block_count(l) * l->n_group;
#pragma omp parallel for schedule(static) num_threads(basis->dev->n_thread)
    for (int g = 0; g < groups; g++)
        for (int lane = 0; lane < w; lane++) {
            long line = grid_line(l, g / l->n_group, g % l->n_group, lane);
            for (int z = 0; z < n_z && line >= 0; z++)
                rho[(size_t)line * (size_t)n_z + (size_t)z] += packed[((size_t)g * (size_t)n_z + (size_t)z) * (size_t)w + (size_t)lane];
        }
}

/* ---- H and density ---- */

struct job { /* the orbitals of one transform */
    const void *a, *b;
    void *ha, *hb;
};

static struct job job_of(const struct pw_basis *basis, const struct la_block *psi, const struct la_block *hpsi, int i)
{
    int j = basis->real ? 2 * i : i;
    bool pair = basis->real && j + 1 < psi->n_vec;
    struct job job = {pw_vector(psi, j), pair ? pw_vector(psi, j + 1) : NULL, NULL, NULL};
    job.ha = hpsi ? pw_vector(hpsi, j) : NULL;
    job.hb = hpsi && pair ? pw_vector(hpsi, j + 1) : NULL;
    return job;
}

static int job_count(const struct pw_basis *basis, const struct la_block *psi)
{
    return basis->real ? (psi->n_vec + 1) / 2 : psi->n_vec;
}

/* Part t of n in parts. */
static int part(int n, int t, int parts)
{
    return (int)((long)n * t / parts);
}

/* Fewer transforms than threads: all threads share every pass, each thread the work of its transform. */
static void apply_shared(const struct pw_basis *basis, const void *v, const struct la_block *psi, const struct la_block *hpsi, char *work)
{
    const struct pw_lines *l = basis->lines;
    const struct line_codelets *c = l->codelets;
    size_t bytes = kd_scratch_round(l->bytes);
    int count = job_count(basis, psi), n_thread = basis->dev->n_thread, parts = (n_thread + count - 1) / count;
#pragma omp parallel num_threads(n_thread)
    {
        void *own = work + (size_t)cpu_thread() * bytes;
#pragma omp for schedule(static, 1)
        for (int i = 0; i < count * parts; i++) {
            struct job j = job_of(basis, psi, hpsi, i / parts);
            void *shared = work + (size_t)(i / parts) * bytes;
            c->spread(l, j.a, j.b, part(l->n_row, i % parts, parts), part(l->n_row, i % parts + 1, parts), own, shared);
        }
#pragma omp for schedule(static, 1)
        for (int i = 0; i < count * parts; i++)
            c->planes(l, v, part(block_count(l), i % parts, parts), part(block_count(l), i % parts + 1, parts), own,
                      work + (size_t)(i / parts) * bytes);
#pragma omp for schedule(static, 1)
        for (int i = 0; i < count * parts; i++) {
            struct job j = job_of(basis, psi, hpsi, i / parts);
            void *shared = work + (size_t)(i / parts) * bytes;
            c->collect(l, j.a, j.b, j.ha, j.hb, part(l->n_row, i % parts, parts), part(l->n_row, i % parts + 1, parts), own, shared);
        }
    }
}

void pw_lines_apply(const struct pw_basis *basis, const void *packed, const struct la_block *psi, const struct la_block *hpsi, void *work)
{
    const struct pw_lines *l = basis->lines;
    const struct line_codelets *c = l->codelets;
    int count = job_count(basis, psi), n_block = block_count(l);
    if (count < cpu_team(basis->dev)) {
        apply_shared(basis, packed, psi, hpsi, work);
        return;
    }
#pragma omp parallel for schedule(dynamic) num_threads(basis->dev->n_thread)
    for (int i = 0; i < count; i++) {
        void *own = (char *)work + (size_t)cpu_thread() * kd_scratch_round(l->bytes);
        struct job j = job_of(basis, psi, hpsi, i);
        c->spread(l, j.a, j.b, 0, l->n_row, own, own);
        c->planes(l, packed, 0, n_block, own, own);
        c->collect(l, j.a, j.b, j.ha, j.hb, 0, l->n_row, own, own);
    }
}

void pw_lines_density(const struct pw_basis *basis, const struct la_block *psi, const double *occ, double *rho, void *work)
{
    const struct pw_lines *l = basis->lines;
    const struct line_codelets *c = l->codelets;
    int n_thread = basis->dev->n_thread, count = job_count(basis, psi), n_block = block_count(l), step = basis->real ? 2 : 1;
    int batch = n_thread > IN_FLIGHT ? n_thread : IN_FLIGHT;
    size_t bytes = kd_scratch_round(l->bytes);
    double weight = (basis->real ? 0.5 : 1.0) / (basis->volume * basis->density_gain); /* real orbitals travel times sqrt(2) */
    double *sum = (double *)(void *)((char *)work + (size_t)batch * bytes);
    memset(sum, 0, packed_count(l) * sizeof *sum);
    for (int from = 0; from < count; from += batch) {
        int to = from + batch < count ? from + batch : count;
#pragma omp parallel num_threads(n_thread)
        {
#pragma omp for schedule(dynamic)
            for (int i = from; i < to; i++) {
                struct job j = job_of(basis, psi, NULL, i);
                void *own = (char *)work + (size_t)(i - from) * bytes;
                c->spread(l, j.a, j.b, 0, l->n_row, own, own);
            }
            void *mine = (char *)work + (size_t)cpu_thread() * bytes;
#pragma omp for schedule(dynamic)
            for (int block = 0; block < n_block; block++)
                for (int i = from; i < to; i++) {
                    int last = i * step + 1 < psi->n_vec ? i * step + 1 : i * step;
                    c->square(l, weight * occ[i * step], weight * occ[basis->real ? last : i * step], block, block + 1, mine,
                              (char *)work + (size_t)(i - from) * bytes, sum);
                }
        }
    }
    unpack_add(basis, sum, rho);
}
