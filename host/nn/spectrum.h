// SPDX-License-Identifier: BSD-3-Clause
/* spectrum.h - operations on spectra that stand on an axis: interpolation, broadening, shifts. */
#ifndef KD_NN_SPECTRUM_H
#define KD_NN_SPECTRUM_H

#include "kernels/status.h"

/* Value at `energy` of the piecewise cubic (Akima 1970) through n points with ascending energies; the end values outside. n >= 2. */
double nn_spectrum_at(int n, const double *energy_ev, const double *mu, double energy);
/* The same at m energies. */
void nn_spectrum_resample(int n, const double *energy_ev, const double *mu, int m, const double *at_ev, double *out);

/* Convolve with a Gaussian of this full width at half maximum on an even grid; the kernel is cut at 4 sigma and normalised at each point,
 * so that a constant stays a constant up to the ends. fwhm 0 copies. out may not be mu. */
void nn_spectrum_broaden(int n, double step_ev, const double *mu, double fwhm_ev, double *out);

#endif
