// SPDX-License-Identifier: BSD-3-Clause
/* model_xas.c - roofline bounds of Lanczos chains on an RTX 4090: H as in model_pw.c, the recurrence from kernels/cuda/xas.cu. */
#include "bench/model_xas.h"

enum { PARTS = 6, PAPER_SITES = 5290, TILE = 32 };

/* Projectors taken apart, one k-point (kernels/cuda/pw_factors.cu). Of each plane wave and atom a sheet of up to n forms costs 4 multiply-adds for the
 * phase, 2 a polarisation to turn, n a polarisation; an s and a p sheet an atom. Forms and orbitals are read once a tile of atoms; phases stay
 * in the first-level cache. The last pass also reads u_n and u_(n-1) and makes three sums: 4 multiply-adds a real. */
static void factors(const struct model_xas *m, double block, struct model_pw_work work[2])
{
    static const int forms[2] = {2, 6};
    const double v = m->chain.n_band, reals = block / 4 / v, waves = reals / 2;
    double multiply_adds = 0, tiles = 0;
    for (int s = 0; s < 2; s++) {
        multiply_adds += m->n_atom * (4 + 2 * v + forms[s] * v);
        tiles += (m->n_atom + TILE - 1) / TILE * (forms[s] + 2 * v + 1) * 4;
    }
    const double form = 4 * waves * 8 * m->n_species;
    work[0] = (struct model_pw_work){"factor_project_kernel", 2 * multiply_adds * waves, tiles * waves, form + block};
    work[1] = (struct model_pw_work){"factor_add_kernel", 2 * multiply_adds * waves + 8 * v * 2 * waves, form + 4 * block, form + 4 * block};
}

void model_xas_print(FILE *out, const struct model_xas *m)
{
    struct model_pw_work work[MODEL_PW_KERNELS];
    const char *limiter;
    model_pw_work(&m->chain, work);
    /* columns, plane and sphere are the first three; then projectors, with the sums of the recurrence; (w - a u) / b */
    const double block = work[0].dram_bytes, reals = block / 4; /* of one k-point, FP32 */
    struct model_pw_work part[PARTS] = {work[0], work[1], work[2], {NULL, 0, 0, 0}, {NULL, 0, 0, 0}, {"chain_next_kernel", 3 * reals, 3 * block, 3 * block}};
    factors(m, block, part + 3);
    fprintf(out, "%s, one site, mixed: MODEL, not measured. RTX 4090, %d k-points x %d polarisations, %d^3 points, %d atoms\n", m->chain.name,
            m->n_k, m->chain.n_band, m->chain.n, m->n_atom);
    fprintf(out, "  %-26s %10s %10s %10s %10s  %s\n", "all chains, one step", "Gflop", "L2 MB", "DRAM MB", "least us", "limit");
    double step = 0, without = 0;
    for (int i = 0; i < PARTS; i++) {
        const struct model_pw_work one = part[i];
        const struct model_pw_work all = {one.kernel, m->n_k * one.flop, m->n_k * one.l2_bytes, m->n_k * one.dram_bytes};
        const double seconds = model_pw_bound(&all, &limiter);
        step += seconds;
        without += i == 3 || i == 4 ? 0 : seconds;
        fprintf(out, "  %-26s %10.2f %10.1f %10.1f %10.1f  %s\n", all.kernel, 1e-9 * all.flop, 1e-6 * all.l2_bytes, 1e-6 * all.dram_bytes, 1e6 * seconds,
                limiter);
    }
    const double density = m->n_iteration * model_pw_iteration(&m->scf), site = density + m->n_step * step;
    fprintf(out, "  a step: at least %.2f ms (%.2f ms without the nonlocal part). A site of %d iterations and %d steps: density %.2f s + chains %.2f s "
                 "= %.2f s\n", 1e3 * step, 1e3 * without, m->n_iteration, m->n_step, density, m->n_step * step, site);
    fprintf(out, "  %d sites: at least %.1f h\n", PAPER_SITES, PAPER_SITES * site / 3600);
}
