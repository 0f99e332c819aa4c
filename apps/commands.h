// SPDX-License-Identifier: BSD-3-Clause
/* commands.h - the subcommands of kedge, in the order of `kedge help`. */
#ifndef KD_COMMANDS_H
#define KD_COMMANDS_H

#include "apps/app.h"

extern const struct app_command cmd_analyze;
extern const struct app_command cmd_bader;
extern const struct app_command cmd_convert;
extern const struct app_command cmd_dataset;
extern const struct app_command cmd_energy;
extern const struct app_command cmd_evaluate;
extern const struct app_command cmd_generate;
extern const struct app_command cmd_info;
extern const struct app_command cmd_md;
extern const struct app_command cmd_predict;
extern const struct app_command cmd_pseudo;
extern const struct app_command cmd_quench;
extern const struct app_command cmd_report;
extern const struct app_command cmd_scf;
extern const struct app_command cmd_study;
extern const struct app_command cmd_train;
extern const struct app_command cmd_xanes;

static const struct app_command *const commands[] = {
    &cmd_info,
    &cmd_convert,
    &cmd_generate,
    &cmd_energy,
    &cmd_md,
    &cmd_quench,
    &cmd_analyze,
    &cmd_pseudo,
    &cmd_scf,
    &cmd_xanes,
    &cmd_bader,
    &cmd_dataset,
    &cmd_train,
    &cmd_evaluate,
    &cmd_predict,
    &cmd_study,
    &cmd_report,
};
enum { N_COMMAND = sizeof commands / sizeof *commands };

#endif
