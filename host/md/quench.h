// SPDX-License-Identifier: BSD-3-Clause
/* quench.h - melt and quench of a batch of structures: the first stage of the study.
 *
 *     struct quench_options o;
 *     quench_defaults(&o);
 *     o.melt_ps = 20;
 *     o.cool_ps = 200;
 *     o.dynamics.directory = "run/quench";
 *     o.dynamics.restart = true;                    // goes on where it was, or begins
 *     TRY(quench_batch(dev, &potential, &o, frame, n, result, &summary)); // potential: energy_potential (host/md/energy.h)
 * frame[] are starts before and glasses behind. KD_ESTOPPED (SIGINT, --max-seconds): the checkpoint is in the directory; the same call again
 * with the same starts goes on, with the same bits as if it had never stopped. */
#ifndef KD_QUENCH_H
#define KD_QUENCH_H

#include "host/md/dynamics.h"

struct quench_options {
    struct dynamics_options dynamics;
    double melt_k, melt_ps;   /* NPT at melt_k */
    double final_k, cool_ps;  /* NPT, linear from melt_k to final_k */
    double hold_k, hold_ps;   /* NPT behind the cooling; 0 ps: none */
    double pressure_bar, dt_fs, tau_t_fs, tau_p_fs;
    bool anisotropic;         /* x, y, z of the cell scale on their own */
    bool fixed_volume;        /* NVT in place of NPT, and no relaxation of the cell */
    int minimize_steps;       /* of the start, at fixed cell, at most 0.1 angstrom a step */
    int relax_steps;          /* of the glass and its cell at the given pressure; 0: none */
    uint64_t seed;            /* replica r takes quench_seed(seed, r) */
    const uint64_t *seeds;    /* [n] seeds of the replicas in place of that; NULL: none */
};

/* The study's: 5000 K and 1 bar, 1 ns melt, 3 ns cooling to 0 K, 0.5 fs; thermo row every 1000 steps, checkpoint every 60 s. */
void quench_defaults(struct quench_options *o);
uint64_t quench_seed(uint64_t seed, int replica);
struct dynamics_plan quench_plan(const struct quench_options *o, int replica);
/* dynamics_run with these plans. */
kd_status quench_batch(kd_device *dev, const struct potential *potential, const struct quench_options *o, struct structure *frame, int n,
                       struct dynamics_result *result, struct dynamics_summary *summary);

#endif
