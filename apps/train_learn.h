// SPDX-License-Identifier: BSD-3-Clause
/* train_learn.h - kedge train DATASET: from a dataset to model files, on devices or ranks. */
#ifndef KD_APP_TRAIN_LEARN_H
#define KD_APP_TRAIN_LEARN_H

#include "apps/app.h"
#include "host/nn/learn.h"

enum { TRAIN_MOST_SETS = 32, TRAIN_MOST_DEVICES = 16 };

struct train_choices {
    const char *out, *grid, *replay, *tune, *references, *set[TRAIN_MOST_SETS];
    enum nn_target target;
    enum nn_split_kind split;
    bool target_given, folds_given, windowed, all_windows, data_parallel;
    int folds, ensemble, devices, n_set;
    double low_ev, high_ev, fraction, resolution_ev;
};

/* The dataset is the first file of app. settings[n_point]: those to try. */
kd_status train_learn(struct app *app, int n_point, const struct nn_settings *settings);

#endif
