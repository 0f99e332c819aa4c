// SPDX-License-Identifier: BSD-3-Clause
/* dynamics_report.h - what kedge md and kedge quench say at the end. */
#ifndef KD_DYNAMICS_REPORT_H
#define KD_DYNAMICS_REPORT_H

#include "apps/app.h"
#include "host/md/dynamics.h"

/* Rows for people, and into app->json: replicas[], atom_steps, atom_steps_per_second, ns_per_day. Returns KD_ENOCONV when replicas failed. */
kd_status dynamics_report(struct app *app, const struct dynamics_result *result, int n, const struct dynamics_summary *summary, double dt_fs);

#endif
