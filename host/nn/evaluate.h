// SPDX-License-Identifier: BSD-3-Clause
/* evaluate.h - everything that the paper reports about trained networks, for any number of models, in one file. */
#ifndef KD_NN_EVALUATE_H
#define KD_NN_EVALUATE_H

#include "host/nn/model.h"

enum { NN_N_CASE = 6 }; /* spectra shown in full, from the best to the worst RDF (Fig. 4) */

/* One model on one dataset. Scores are over the rows that the model never saw. */
struct nn_evaluation {
    const struct nn_model *model;
    double low_ev, high_ev;              /* the energies that it reads */
    bool whole_axis;
    int n_test, n_out;
    double *expected, *predicted, *spread; /* [n_test][n_out] */
    struct nn_score all, by_class[NN_N_CLASS];
    double *row_rmse;                    /* [n_test] over the outputs of one row */
    int *rank;                           /* [n_test] places in the test set, best first */
    int cases[NN_N_CASE];                /* places: quantiles 0, 0.2 .. 1 of the ranking */
    bool has_line;                       /* charge and whole axis: the three-descriptor straight line */
    double line[NN_N_DESCRIPTOR + 1];
    double *line_predicted;              /* [n_test] */
    struct nn_score line_score;
    int n_seen;                          /* rows that it was trained on: the grey points of a parity plot; 0 for a foreign dataset */
    int *seen;                           /* [n_seen] rows of the dataset */
    double *seen_expected, *seen_predicted; /* [n_seen][n_out] */
    double *seen_row_rmse;               /* [n_seen] */
    struct nn_score seen_score;
    int n_structure;
    int *structure_id, *structure_unseen; /* [n_structure]; unseen: no site of it was trained on */
    double *structure_x;
    double *mean_expected, *mean_predicted; /* [n_structure][n_out]: averaged targets; outputs for averaged spectra */
    double *structure_rmse;              /* [n_structure] over the outputs */
    struct nn_score averaged;            /* over all structures and outputs */
    int n_composition;                   /* different x among the structures */
    int *worst;                          /* [n_composition] the structure of each x with the largest error, x ascending (Fig. 8b) */
};

/* KD_EINPUT when the model was not trained on this dataset's axis or targets. A dataset other than the one of training is legal: then
 * every row counts as unseen. */
kd_status nn_evaluate(kd_device *dev, enum kd_precision precision, const struct nn_model *model, const struct nn_dataset *data,
                      struct nn_evaluation *out);
void nn_evaluation_free(struct nn_evaluation *e);

/* results.h5: /models/N/... for each evaluation, /structures/... mean spectra and coordination histograms. Names: of the files. */
kd_status nn_results_write(const char *path, const struct nn_dataset *data, int n, const struct nn_evaluation *e,
                           const char *const *names);

/* The same numbers as text: one tab-separated line per model and set of rows (unseen, seen, 0 .. 4 oxygen neighbours, line, averaged). */
kd_status nn_results_table(const char *path, int n, const struct nn_evaluation *e, const char *const *names);

/* The paper's windows: eight of an eighth of the axis, then its two halves. */
enum { NN_N_WINDOW = 10 };
void nn_paper_window(const struct nn_dataset *data, int window, double *low_ev, double *high_ev);

#endif
