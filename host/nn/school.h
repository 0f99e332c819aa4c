// SPDX-License-Identifier: BSD-3-Clause
/* school.h - one lesson under way; shared by learn.c and score.c. */
#ifndef KD_NN_SCHOOL_H
#define KD_NN_SCHOOL_H

#include "host/nn/learn.h"

struct school {
    const struct nn_run *run;
    const struct nn_dataset *data;
    const struct nn_lesson *lesson;
    struct nn_samples samples;
    double *broadened;
    int column, n_in, n_out;
    struct nn_split split; /* test rows, and those to train on */
};

/* All of the model but its nets: axes, split, lines, components (score.c). */
kd_status school_describe(const struct school *s, const struct nn_settings *settings, struct nn_model *m);
/* Scores on training and held-out rows; the calibration of the model's spread. */
kd_status school_score(const struct school *s, struct nn_model *m, struct nn_outcome *o);

#endif
