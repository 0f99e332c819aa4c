// SPDX-License-Identifier: BSD-3-Clause
/* bessel.h - spherical Bessel functions of the first kind. */
#ifndef KD_ATOM_BESSEL_H
#define KD_ATOM_BESSEL_H

/* j_l(x), l = 0..4, x >= 0; power series below, closed form above the point where both hold 12 digits. */
double bessel_j(int l, double x);

#endif
