// SPDX-License-Identifier: BSD-3-Clause
/* dataset.h - spectra and what is to be read from them: dataset.h5 in memory, and its divisions. */
#ifndef KD_NN_DATASET_H
#define KD_NN_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "host/nn/settings.h"

struct nn_dataset {
    int n_row, n_energy, n_r;
    double *energy_ev;   /* [n_energy] ascending, evenly spaced */
    double *spectra;     /* [n_row][n_energy] */
    double *charge_e;    /* [n_row] */
    double *r_angstrom;  /* [n_r] */
    double *rdf;         /* [n_row][n_r] */
    int *structure_id;   /* [n_row] */
    int *site;           /* [n_row] */
    double *x;           /* [n_row] O per Si of the structure */
    int *coordination;   /* [n_row][2] Si and O neighbours of the site; NULL when the file has none */
    bool synthetic;      /* spectra of an analytic model, not of physics: results say so */
    uint64_t fingerprint;/* of all numbers: ties models and checkpoints to their data */
    char path[512];
};

/* Read dataset.h5 (shapes and units of interfaces.md). KD_EINPUT for what is missing, not finite, or no even energy grid. */
kd_status nn_dataset_read(const char *path, struct nn_dataset *out);
void nn_dataset_free(struct nn_dataset *d); /* a zeroed struct is fine */

/* Targets [n_row][*n_out], borrowed. */
const double *nn_dataset_target(const struct nn_dataset *d, enum nn_target target, int *n_out);

enum nn_split_kind { NN_BY_SITE, NN_BY_STRUCTURE };

struct nn_split {
    int n_train, n_test;
    int *train, *test; /* rows, ascending */
};

/* 80/20 by default: test_fraction of the sites, or of the structures (all sites of a structure on one side; the fraction then holds
 * as nearly as whole structures allow). A function of the seed and the dataset only. */
kd_status nn_split_make(const struct nn_dataset *d, enum nn_split_kind kind, double test_fraction, uint64_t seed,
                        struct nn_split *out);
/* Fold k of n over the rows `from`: train is the rest, test the fold. Same rules. */
kd_status nn_fold_make(const struct nn_dataset *d, enum nn_split_kind kind, const int *from, int n_from, int n_fold,
                       int fold, uint64_t seed, struct nn_split *out);
void nn_split_free(struct nn_split *s);

/* First column and number of columns of an energy window low..high (eV). KD_EINPUT outside the axis or below 4 columns. */
kd_status nn_window_columns(const struct nn_dataset *d, double low_ev, double high_ev, int *column, int *n_column);

#endif
