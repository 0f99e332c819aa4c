// SPDX-License-Identifier: BSD-3-Clause
/* options.h - the command line of one subcommand, for app.c only. */
#ifndef KD_OPTIONS_H
#define KD_OPTIONS_H

#include "apps/app.h"

/* Fill app from the words after `kedge`. Prints --help, --usage, --version and ends the program there; wrong usage ends it
 * with exit status 2 and a hint. */
kd_status options_parse(struct app *app, int argc, char **argv);

#endif
