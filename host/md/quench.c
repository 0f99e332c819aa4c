// SPDX-License-Identifier: BSD-3-Clause
/* quench.c - the plan of a melt-quench: minimise, melt, cool, hold, relax. */
#include "host/md/quench.h"

#include <math.h>
#include <stdlib.h>

void quench_defaults(struct quench_options *o)
{
    *o = (struct quench_options){.melt_k = 5000,
                                 .melt_ps = 1000,
                                 .cool_ps = 3000,
                                 .hold_k = 300,
                                 .pressure_bar = 1.01325,
                                 .dt_fs = 0.5,
                                 .tau_t_fs = 100,
                                 .tau_p_fs = 1000,
                                 .minimize_steps = 300,
                                 .relax_steps = 5000,
                                 .seed = 1};
    o->dynamics = (struct dynamics_options){.what = "quench", .thermo_every = 1000, .checkpoint_seconds = 60, .skin = 0.6};
}

uint64_t quench_seed(uint64_t seed, int replica)
{
    return seed * 1000003u + (uint64_t)replica;
}

static struct dynamics_stage stage_of(const struct quench_options *o, const char *name, double from_k, double to_k, double ps)
{
    struct dynamics_stage s = dynamics_stage(name, o->fixed_volume ? MD_NVT : MD_NPT, llround(1e3 * ps / o->dt_fs));
    s.dt_fs = o->dt_fs;
    s.temperature_k[0] = from_k;
    s.temperature_k[1] = to_k;
    s.pressure_bar = o->pressure_bar;
    s.tau_t_fs = o->tau_t_fs;
    s.tau_p_fs = o->tau_p_fs;
    s.anisotropic = o->anisotropic;
    return s;
}

struct dynamics_plan quench_plan(const struct quench_options *o, int replica)
{
    struct dynamics_plan p = {.seed = o->seeds ? o->seeds[replica] : quench_seed(o->seed, replica)};
    if (o->minimize_steps > 0) {
        p.stage[p.n_stage] = dynamics_stage("minimize", MD_RELAX, o->minimize_steps);
        p.stage[p.n_stage++].force_tolerance_ev_a = 0.5; /* overlaps gone, no more */
    }
    p.stage[p.n_stage] = stage_of(o, "melt", o->melt_k, o->melt_k, o->melt_ps);
    p.stage[p.n_stage++].draw = true;
    p.stage[p.n_stage++] = stage_of(o, "cool", o->melt_k, o->final_k, o->cool_ps);
    if (o->hold_ps > 0)
        p.stage[p.n_stage++] = stage_of(o, "hold", o->hold_k, o->hold_k, o->hold_ps);
    if (o->relax_steps > 0) {
        p.stage[p.n_stage] = dynamics_stage("relax", o->fixed_volume ? MD_RELAX : MD_RELAX_CELL, o->relax_steps);
        p.stage[p.n_stage].pressure_bar = o->pressure_bar;
        p.stage[p.n_stage].force_tolerance_ev_a = 1e-3;
        p.stage[p.n_stage++].anisotropic = o->anisotropic;
    }
    return p;
}

kd_status quench_batch(kd_device *dev, const struct potential *potential, const struct quench_options *o, struct structure *frame, int n,
                       struct dynamics_result *result, struct dynamics_summary *summary)
{
    struct dynamics_plan *plan = calloc((size_t)(n > 0 ? n : 1), sizeof *plan);
    if (!plan)
        FAIL(KD_ENOMEM, "quench: no host memory for %d plans", n);
    for (int r = 0; r < n; r++)
        plan[r] = quench_plan(o, r);
    kd_status status = dynamics_run(dev, potential, &o->dynamics, plan, frame, n, result, summary);
    free(plan);
    return status;
}
