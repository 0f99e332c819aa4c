// SPDX-License-Identifier: BSD-3-Clause
/* learn.h - from a dataset to a model: split, cross validation over a grid, the final ensemble, its scores. */
#ifndef KD_NN_LEARN_H
#define KD_NN_LEARN_H

#include "host/nn/model.h"

struct nn_lesson {
    enum nn_target target;
    enum nn_split_kind split;
    double test_fraction;
    int n_fold;             /* 0: no cross validation */
    int n_point;            /* grid points; 1 = settings[0] only */
    const struct nn_settings *settings; /* [n_point] */
    int n_ensemble;
    bool windowed;
    double low_ev, high_ev; /* with windowed */
    double resolution_ev;   /* broaden the spectra to this Gaussian FWHM first; 0: as they are */
    uint64_t seed;
};

struct nn_point { /* one grid point, cross validated */
    double *fold_rmse; /* [n_fold]; of a diverged net: a negative number */
    double rmse, r2;   /* over all folds together; rmse is negative when a fold diverged */
};

struct nn_outcome {
    int n_fold, n_point, best;
    struct nn_point *point; /* [n_point]; NULL without cross validation */
    struct nn_score train, test;              /* of the ensemble mean, in units of the target */
    struct nn_score test_class[NN_N_CLASS];   /* charge only: by number of O neighbours */
    int n_epoch;                              /* of the first member */
    double *predicted;                        /* [n_test][n_out] of the ensemble */
    double *spread;                           /* the same shape */
    double seconds;
};

/* Train. The checkpoint file names are run->checkpoint and run->checkpoint + ".search"; both are removed at the end. The model owns
 * copies of all that it needs. KD_ENOCONV when every grid point, or a member of the ensemble, diverged. */
kd_status nn_learn(const struct nn_run *run, const struct nn_dataset *data, const struct nn_lesson *lesson,
                   struct nn_model *model, struct nn_outcome *outcome);
void nn_outcome_free(struct nn_outcome *o);

/* One model per energy window, with lesson->settings[0], all trained in one run: model[n], outcome[n]. No cross validation. */
kd_status nn_learn_windows(const struct nn_run *run, const struct nn_dataset *data, const struct nn_lesson *lesson, int n,
                           const double (*window_ev)[2], struct nn_model *model, struct nn_outcome *outcome);

/* Grid file: a JSON object whose members are settings; a member that is an array gives the values to try (for "hidden", an array of
 * arrays). All combinations are made, the last member running fastest. settings: one block, the caller's to free. */
kd_status nn_grid_read(const char *path, const struct nn_settings *base, int *n_point, struct nn_settings **settings);

#endif
