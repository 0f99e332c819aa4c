// SPDX-License-Identifier: BSD-3-Clause
/* bessel.c - spherical Bessel functions of the first kind. */
#include "host/atom/bessel.h"

#include <math.h>

/* x^l / (2l+1)!! (1 - x^2/2/(2l+3) (1 - x^2/4/(2l+5) (...))) */
static double series(int l, double x)
{
    double term = 1, sum = 1;
    for (int k = 1; k <= l; k++)
        term *= x / (2 * k + 1);
    double factor = 1;
    for (int k = 1; k <= 16; k++) {
        factor *= -x * x / (2.0 * k * (2 * l + 2 * k + 1));
        sum += factor;
    }
    return term * sum;
}

double bessel_j(int l, double x)
{
    if (x < l + 1.0)
        return series(l, x);
    /* upward recursion loses little for x > l */
    double s = sin(x), c = cos(x), before = s / x, now = (s / x - c) / x;
    if (l == 0)
        return before;
    for (int k = 1; k < l; k++) {
        double next = (2 * k + 1) / x * now - before;
        before = now;
        now = next;
    }
    return now;
}
