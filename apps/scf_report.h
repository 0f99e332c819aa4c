// SPDX-License-Identifier: BSD-3-Clause
/* scf_report.h - what kedge scf prints. */
#ifndef KD_APPS_SCF_REPORT_H
#define KD_APPS_SCF_REPORT_H

#include "apps/app.h"
#include "host/dft/scf.h"

/* Bands (eV), energies (Ry), forces and stress when they were made. Nothing with --json: app_print sees to that. */
void scf_report(struct app *app, const struct scf *s, bool forces);

#endif
