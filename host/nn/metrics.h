// SPDX-License-Identifier: BSD-3-Clause
/* metrics.h - how good a prediction is, and what a straight line can do. */
#ifndef KD_NN_METRICS_H
#define KD_NN_METRICS_H

#include "kernels/status.h"

struct nn_score {
    int n;
    double rmse, mae, bias; /* bias: mean of predicted - true */
    double r2;              /* 1 - residual / total sum of squares about the mean of these n; 0 when all true values are equal */
};

/* Of n pairs. n = 0 gives zeros. */
struct nn_score nn_score_of(int n, const double *predicted, const double *expected);

/* RMSE over the m outputs of each of n rows: rmse[n]. */
void nn_row_rmse(int n, int m, const double *predicted, const double *expected, double *rmse);

/* Indices 0..n-1 in ascending order of value (equal values keep their order). */
kd_status nn_rank(int n, const double *value, int *order);
/* The p-th quantile (0..1) by linear interpolation between order statistics; KD_ENOMEM. */
kd_status nn_quantile(int n, const double *value, double p, double *quantile);

/* Oxygen neighbours 0..4 as the valence class Si0+ .. Si4+; everything above is in the last. */
enum { NN_N_CLASS = 5 };

/* ---- three descriptors of a spectrum, and a straight line through them (paper, Fig. S4) ---- */
enum { NN_N_DESCRIPTOR = 3 };

/* White-line height (highest point within the window), its area (integral from edge to edge + 10 eV), and edge position (energy of the
 * steepest rise before the white line, parabola through three points). */
void nn_descriptors(int n_energy, const double *energy_ev, const double *spectrum, double d[NN_N_DESCRIPTOR]);

/* Minimise |a c - y| for a[n][m] (row-major), by Householder QR; a and y are overwritten. KD_EINPUT when columns are dependent. */
kd_status nn_least_squares(int n, int m, double *a, double *y, double *c);

/* Least squares y = c[0] + sum_k c[k+1] x_k over n rows of m numbers, by Householder QR on scaled columns. KD_EINPUT when the columns
 * do not determine c. */
kd_status nn_linear_fit(int n, int m, const double *x, const double *y, double *c);
double nn_linear_at(int m, const double *x, const double *c);

/* ---- principal components: is a spectrum like those that a model has seen? ---- */
struct nn_pca {
    int n_in, n_component;
    double *mean;         /* [n_in] */
    double *component;    /* [n_component][n_in] orthonormal */
    double *deviation;    /* [n_component] of the training scores */
    double residual_99;   /* 99th percentile of the training residuals: rms per point */
    double residual_99_9;
};

/* Of rows first..; x[row * stride + column + i]. Power iteration with deflation from a fixed start: the same bits every time. */
kd_status nn_pca_make(const double *x, int stride, int column, int n_in, const int *rows, int n_rows, int n_component,
                      struct nn_pca *out);
void nn_pca_free(struct nn_pca *p);
/* Root mean square of what the components cannot describe; score (may be NULL) [n_component] in units of deviation. */
double nn_pca_residual(const struct nn_pca *p, const double *x, double *score);

#endif
