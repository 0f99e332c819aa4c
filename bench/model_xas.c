// SPDX-License-Identifier: BSD-3-Clause
/* model_xas.c - roofline bounds of Lanczos chains on an RTX 4090: H as in model_pw.c, the recurrence from kernels/cuda/xas.cu. */
#include "bench/model_xas.h"

enum { H_KERNELS = 4, PAPER_SITES = 5290 };

void model_xas_print(FILE *out, const struct model_xas *m)
{
    struct model_pw_work work[MODEL_PW_KERNELS];
    const char *limiter;
    model_pw_work(&m->chain, work);
    /* columns, plane, sphere and projectors are the first four; then w -= b u', <u|w>; w -= a u, |w|^2; w / b: reads and writes of vectors */
    const double block = work[0].dram_bytes, reals = block / 4; /* of one k-point, FP32 */
    const struct model_pw_work recurrence = {"three chain kernels", 9 * reals, 9 * block, 9 * block};
    fprintf(out, "%s, one site, mixed: MODEL, not measured. RTX 4090, %d k-points x %d polarisations, %d^3 points, %d projectors, stored\n", m->chain.name,
            m->n_k, m->chain.n_band, m->chain.n, m->chain.n_proj);
    fprintf(out, "  %-26s %10s %10s %10s %10s  %s\n", "all chains, one step", "Gflop", "L2 MB", "DRAM MB", "least us", "limit");
    double step = 0, without = 0;
    for (int i = 0; i <= H_KERNELS; i++) {
        const struct model_pw_work one = i < H_KERNELS ? work[i] : recurrence;
        const struct model_pw_work all = {one.kernel, m->n_k * one.flop, m->n_k * one.l2_bytes, m->n_k * one.dram_bytes};
        const double seconds = model_pw_bound(&all, &limiter);
        step += seconds;
        without += i == H_KERNELS - 1 ? 0 : seconds;
        fprintf(out, "  %-26s %10.2f %10.1f %10.1f %10.1f  %s\n", all.kernel, 1e-9 * all.flop, 1e-6 * all.l2_bytes, 1e-6 * all.dram_bytes, 1e6 * seconds,
                limiter);
    }
    const double density = m->n_iteration * model_pw_iteration(&m->scf), site = density + m->n_step * step;
    fprintf(out, "  a step: at least %.2f ms (%.2f ms without the nonlocal part). A site of %d iterations and %d steps: density %.2f s + chains %.2f s "
                 "= %.2f s\n", 1e3 * step, 1e3 * without, m->n_iteration, m->n_step, density, m->n_step * step, site);
    fprintf(out, "  %d sites: at least %.1f h\n", PAPER_SITES, PAPER_SITES * site / 3600);
}
