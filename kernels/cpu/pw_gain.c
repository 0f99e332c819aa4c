// SPDX-License-Identifier: BSD-3-Clause
/* pw_gain.c - the local part of H by line codelets or FFTW, and the correction of what FP32 does to it on average.
 *
 * A root of unity rounded to FP32 has a length of 1 + 1e-8, not 1, and the same roots turn every orbital: V psi comes out too
 * large or too small by up to 1.4e-7 for all bands alike (measured: 64^3 -1.1e-7, 40^3 +1.2e-7), and 24 atoms of SiO2 are 5e-5 Ry off,
 * a hundred times more than the random part of the rounding. The gain is measured once per basis, with V = 1, and divided out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cpu/pw.h"
#include "kernels/cpu/pw_lines.h"

size_t cpu_local_work(const struct pw_basis *b)
{
    size_t n_thread = (size_t)b->dev->n_thread;
    return b->lines ? pw_lines_work(b->lines, b->dev->n_thread) : n_thread * kd_scratch_round(cpu_fftw_bytes(b));
}

size_t cpu_potential_bytes(const struct pw_basis *b)
{
    return b->lines ? pw_lines_potential_bytes(b->lines) : b->n_point * sizeof(double);
}

void cpu_local_pack(const struct pw_basis *b, const double *v, void *packed)
{
    if (b->lines) {
        pw_lines_pack(b, v, packed);
        return;
    }
    for (size_t p = 0; p < b->n_point; p++)
        ((double *)packed)[p] = v[p] / b->apply_gain;
}

void cpu_local_apply(const struct pw_basis *b, const void *packed, const struct la_block *psi, const struct la_block *hpsi, void *work)
{
    if (b->lines)
        pw_lines_apply(b, packed, psi, hpsi, work);
    else
        cpu_local_fftw(b, packed, psi, hpsi, work);
}

void cpu_local_density(const struct pw_basis *b, const struct la_block *psi, const double *occ, double *rho, void *work)
{
    if (b->lines)
        pw_lines_density(b, psi, occ, rho, work);
    else
        cpu_density_fftw(b, psi, occ, rho, work);
}

/* Two vectors of noise that a real orbital may be. */
static void fill(const struct pw_basis *b, const struct la_block *x)
{
    unsigned state = 1;
    for (int j = 0; j < x->n_vec; j++)
        for (int e = 0; e < 2 * b->n_pw; e++) {
            state = state * 1664525u + 1013904223u;
            ((float *)pw_vector(x, j))[e] = e == 2 * b->self + 1 ? 0 : (float)(state >> 8) / 16777216.0f - 0.5f;
        }
}

static void gains(struct pw_basis *b, const struct la_block *x, const struct la_block *y, double *grid, void *packed, void *work)
{
    static const double occ[2] = {1, 1};
    double square = 0, local = 0, charge = 0;
    for (size_t p = 0; p < b->n_point; p++)
        grid[p] = 1;
    fill(b, x);
    cpu_local_pack(b, grid, packed);
    cpu_local_apply(b, packed, x, y, work);
    for (int j = 0; j < x->n_vec; j++)
        for (int e = 0; e < 2 * b->n_pw; e++) {
            double u = (double)((const float *)pw_vector(x, j))[e], h = (double)((const float *)pw_vector(y, j))[e];
            square += u * u;
            local += u * (h - (double)(float)b->kinetic_d[e / 2] * u);
        }
    memset(grid, 0, b->n_point * sizeof *grid);
    cpu_local_density(b, x, occ, grid, work);
    for (size_t p = 0; p < b->n_point; p++)
        charge += grid[p];
    b->apply_gain = local / square;
    b->density_gain = charge * b->volume / (double)b->n_point / square;
}

kd_status cpu_measure_gains(struct pw_basis *b)
{
    b->apply_gain = b->density_gain = 1;
    if (la_is_double(b->type))
        return KD_OK;
    struct la_block x = {b->type, 2, b->n_number, pw_leading(b->type, b->n_number), NULL}, y;
    size_t bytes = x.ld * 2 * la_size(b->type), room[5] = {bytes, bytes, b->n_point * sizeof(double), cpu_potential_bytes(b), cpu_local_work(b)};
    char *part[5], *all = aligned_alloc(256, kd_scratch_round(room[0] + room[1] + room[2] + room[3] + room[4] + 5 * 256));
    if (!all)
        FAIL(KD_ENOMEM, "plane waves: no host memory to measure round-off");
    part[0] = all;
    for (int i = 1; i < 5; i++)
        part[i] = part[i - 1] + kd_scratch_round(room[i - 1]);
    x.x_d = part[0];
    y = x;
    y.x_d = part[1];
    gains(b, &x, &y, (double *)(void *)part[2], part[3], part[4]);
    free(all);
    return KD_OK;
}
