// SPDX-License-Identifier: BSD-3-Clause
/* model.h - model.h5: a trained ensemble with everything that its use needs.
 *
 * layers.K.weight[out][in] and layers.K.bias of the first member stand at the top, so that PyTorch loads them in five lines;
 * further members in /member/N. Inputs are (x - input/shift) * input/scale, outputs y / target/scale + target/shift. */
#ifndef KD_NN_MODEL_H
#define KD_NN_MODEL_H

#include "host/nn/dataset.h"
#include "host/nn/metrics.h"
#include "host/nn/train.h"

struct nn_model {
    enum nn_target target;
    int n_net;
    struct nn_net *net;     /* [n_net] the ensemble; all read the same columns */
    struct nn_settings settings;
    int n_in, n_out, column;/* inputs are points column .. column+n_in-1 of the axis that it was trained on */
    int n_axis;             /* points of that axis */
    double *energy_ev;      /* [n_in] */
    double *output_axis;    /* [n_out] r in angstrom for an RDF; NULL for a charge */
    struct nn_pca pca;      /* of the training inputs */
    double calibration;     /* (error / spread of the ensemble) on held-out rows, quantile 68 %; 1 for a single net */
    double error_rms;       /* RMSE on the held-out rows, in units of the target */
    double *error_output;   /* [n_out] the same per output */
    double x_of_charge[2], oxygen_of_charge[2]; /* lines a + b q: O per Si (mean charges of structures), O neighbours (sites) */
    double resolution_ev;   /* Gaussian FWHM that the training spectra were broadened with; 0: none */
    uint64_t fingerprint;   /* of the dataset */
    bool synthetic;         /* trained on spectra of an analytic model */
    int split_kind;         /* enum nn_split_kind */
    double test_fraction;
    uint64_t split_seed;
    int n_test, *test;      /* rows of the dataset that it never saw */
};

void nn_model_free(struct nn_model *m); /* a zeroed struct is fine */

kd_status nn_model_write(const char *path, const struct nn_model *m);
kd_status nn_model_read(const char *path, struct nn_model *out);

/* Mean and standard deviation (n - 1; 0 for one net) over the ensemble for rows of samples: mean[n_rows][n_out], spread likewise or NULL. */
kd_status nn_model_predict(kd_device *dev, enum kd_precision precision, const struct nn_model *m,
                           const struct nn_samples *samples, const int *rows, int n_rows, double *mean, double *spread);

#endif
