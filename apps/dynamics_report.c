// SPDX-License-Identifier: BSD-3-Clause
/* dynamics_report.c - results of a batch of trajectories. */
#include "apps/dynamics_report.h"

kd_status dynamics_report(struct app *app, const struct dynamics_result *result, int n, const struct dynamics_summary *summary, double dt_fs)
{
    struct js *list = js_array(app->json, "replicas");
    double steps = 0;
    app_print(app, "%-24s %10s %16s %10s %12s %12s %12s\n", "replica", "steps", "energy (eV)", "T (K)", "P (bar)", "density", "drift");
    for (int r = 0; r < n; r++) {
        const struct dynamics_result *x = &result[r];
        dynamics_json(list, x);
        steps = (double)x->step > steps ? (double)x->step : steps;
        app_print(app, "%-24s %10lld %16.6f %10.1f %12.1f %12.4f %12.3g%s\n", x->name, (long long)x->step, x->energy_ev, x->temperature_k,
                  x->pressure_bar, x->density_gcc, x->drift_mev_atom_ps, x->failed ? "   FAILED" : "");
    }
    const double rate = summary->seconds > 0 ? summary->atom_steps / summary->seconds : 0;
    js_int(app->json, "n_failed", summary->n_failed);
    js_double(app->json, "atom_steps", summary->atom_steps);
    js_double(app->json, "atom_steps_per_second", rate);
    js_double(app->json, "ns_per_day", summary->seconds > 0 ? 1e-6 * dt_fs * steps * 86400 / summary->seconds : 0);
    js_int(app->json, "neighbor_builds", summary->n_build);
    app_print(app, "density in g/cm^3, drift of the conserved quantity in meV/atom/ps\n");
    app_print(app, "%.4g atom-steps in %.1f s: %.4g atom*step/second, %ld neighbour lists made\n", summary->atom_steps, summary->seconds,
              rate, summary->n_build);
    if (summary->n_failed)
        FAIL(KD_ENOCONV, "%d of %d replicas failed, the others are kept", summary->n_failed, n);
    return KD_OK;
}
