// SPDX-License-Identifier: BSD-3-Clause
/* train_tune.h - kedge train --tune. */
#ifndef KD_TRAIN_TUNE_H
#define KD_TRAIN_TUNE_H

#include "apps/app.h"

/* Reads the model and the list of references, tunes, writes `out`, reports with leave-one-out errors. */
kd_status train_tune(struct app *app, const char *model_name, const char *list, const char *out);

#endif
