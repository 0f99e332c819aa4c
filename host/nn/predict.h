// SPDX-License-Identifier: BSD-3-Clause
/* predict.h - a measured spectrum read by trained models, with everything that speaks against the reading. */
#ifndef KD_NN_PREDICT_H
#define KD_NN_PREDICT_H

#include "host/nn/measured.h"
#include "host/nn/model.h"
#include "host/nn/normalise.h"

enum { NN_N_SHIFT = 31, NN_MAX_REASON = 8 };

struct nn_question {
    int n_model;
    const struct nn_model *model; /* any mix of targets and windows; the first whole-axis charge model leads */
    const char *const *name;      /* [n_model] files, for messages */
    const struct nn_measured *spectrum;
    double shift_ev;              /* added to the energies of the spectrum first: the calibration */
    double axis_error_ev;         /* how sure the axis is then: 0.05 after a reference scan, 0.3 without */
    bool as_is;                   /* the spectrum is on the scale of the training spectra already */
};

/* measured = step * (spectrum on the scale of the training) + offset + slope * (E - middle of the axis) */
struct nn_levels {
    double step, offset, slope_per_ev;
};

struct nn_window_reading {
    int model; /* number in the question */
    double low_ev, high_ev, charge_e, sigma_e, deviation; /* deviation: from the leader, in combined sigmas */
};

struct nn_reading {
    struct nn_normalisation normalisation; /* for the record; zero with as_is, a normalised file, or where it is impossible */
    struct nn_levels levels;      /* how the spectrum was put on the scale of the training */
    int n_axis;
    double *energy_ev, *mu;       /* [n_axis] what the leading model saw */
    bool has_charge;
    double charge_e, sigma_e;     /* one standard deviation: ensemble (calibrated), held-out error, energy axis */
    double sigma_model_e, sigma_axis_e, slope_e_ev; /* the parts; d charge / d shift */
    double x, x_sigma, oxygen;    /* composition and oxygen neighbours on the line of the training set */
    double shift_ev[NN_N_SHIFT], shift_charge[NN_N_SHIFT], shift_residual[NN_N_SHIFT];
    double residual, residual_limit, best_shift_ev;
    double *sensitivity;          /* [n_axis] d charge / d mu */
    int n_window;
    struct nn_window_reading *window; /* [n_model] at most */
    int n_r;                      /* 0: no RDF model */
    double *r_angstrom, *rdf, *rdf_sigma;
    int n_reason;
    char reason[NN_MAX_REASON][240]; /* why no single number should be quoted; empty: nothing found */
};

/* KD_EINPUT when the spectrum does not cover the energies of the leading model, or there is no model for it. Doubts are no failure:
 * they stand in reason[]. */
kd_status nn_read_spectrum(kd_device *dev, enum kd_precision precision, const struct nn_question *question, struct nn_reading *out);
void nn_reading_free(struct nn_reading *r);

/* Energy of the highest point of a spectrum, by a parabola: for calibration against a reference scan. */
double nn_peak_energy(const struct nn_measured *m);

#endif
