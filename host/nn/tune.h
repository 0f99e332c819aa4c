// SPDX-License-Identifier: BSD-3-Clause
/* tune.h - a model fitted to a few measured references: its last layer moves, everything before it stays.
 *
 * Few references cannot determine a network. The last layer w of each member is moved to the minimum of
 *   sum_i (w . h_i + b - y_i)^2 + strength * mean |h|^2 * |(w, b) - (w0, b0)|^2
 * where h are the units of the last hidden layer: a ridge about the trained weights. The strength is the one with the smallest
 * leave-one-out error, which for a ridge is exact without refitting; "no change" is among the candidates. */
#ifndef KD_NN_TUNE_H
#define KD_NN_TUNE_H

#include "host/nn/model.h"

enum { NN_MAX_REFERENCE = 200 };

struct nn_reference {
    char path[512];
    double charge_e, shift_ev; /* shift: added to the energies of the file */
};

/* A list: lines "FILE CHARGE_E [SHIFT_EV]", # begins a comment; relative names are relative to the list. KD_EINPUT with the line, or for
 * fewer than 3 references. */
kd_status nn_references_read(const char *path, int *n, struct nn_reference out[NN_MAX_REFERENCE]);

struct nn_tuning {
    int n;
    bool improved;      /* false: the model was left as it was, the references do not help */
    double strength;
    double *before, *left_out, *after; /* [n] charges: untouched model; tuned on the others; tuned on all */
    double rmse_before, rmse_left_out, rmse_after;
};

/* Tune a charge model with at least one hidden layer. x[n][n_axis] are spectra on its axis and scale, charge_e[n] what is right. On
 * improvement error_rms and error_output become the leave-one-out error. KD_EINPUT for fewer than 3 references. */
kd_status nn_tune(kd_device *dev, enum kd_precision precision, struct nn_model *m, int n, const double *x, const double *charge_e,
                  struct nn_tuning *out);
void nn_tuning_free(struct nn_tuning *t);

#endif
