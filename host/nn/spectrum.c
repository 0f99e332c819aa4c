// SPDX-License-Identifier: BSD-3-Clause
/* spectrum.c - spectra on other axes, and as seen through a monochromator. */
#include "host/nn/spectrum.h"

#include <math.h>
#include <string.h>

static double secant(int n, const double *x, const double *y, int i)
{
    if (i < 0) /* Akima's parabolic continuation beyond the ends */
        return 2 * secant(n, x, y, i + 1) - secant(n, x, y, i + 2 < n - 1 ? i + 2 : i + 1);
    if (i > n - 2)
        return 2 * secant(n, x, y, i - 1) - secant(n, x, y, i - 2 >= 0 ? i - 2 : i - 1);
    return (y[i + 1] - y[i]) / (x[i + 1] - x[i]);
}

static double tangent(int n, const double *x, const double *y, int i)
{
    double a = secant(n, x, y, i - 2), b = secant(n, x, y, i - 1), c = secant(n, x, y, i), d = secant(n, x, y, i + 1);
    double left = fabs(d - c), right = fabs(b - a);
    return left + right > 0 ? (left * b + right * c) / (left + right) : 0.5 * (b + c);
}

double nn_spectrum_at(int n, const double *x, const double *y, double at)
{
    if (at <= x[0])
        return y[0];
    if (at >= x[n - 1])
        return y[n - 1];
    int low = 0, high = n - 1;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (x[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    double h = x[high] - x[low], t = (at - x[low]) / h;
    if (n < 3)
        return y[low] + t * (y[high] - y[low]);
    double p = tangent(n, x, y, low) * h, q = tangent(n, x, y, high) * h, rise = y[high] - y[low];
    return y[low] + t * (p + t * ((3 * rise - 2 * p - q) + t * (p + q - 2 * rise)));
}

void nn_spectrum_resample(int n, const double *energy_ev, const double *mu, int m, const double *at_ev, double *out)
{
    for (int i = 0; i < m; i++)
        out[i] = nn_spectrum_at(n, energy_ev, mu, at_ev[i]);
}

void nn_spectrum_broaden(int n, double step_ev, const double *mu, double fwhm_ev, double *out)
{
    double sigma = fwhm_ev / 2.35482004503094938; /* 2 sqrt(2 ln 2) */
    int reach = (int)ceil(4 * sigma / step_ev);
    if (!(sigma > 0)) {
        memcpy(out, mu, (size_t)n * sizeof *out);
        return;
    }
    for (int i = 0; i < n; i++) {
        double sum = 0, weight = 0;
        for (int j = i - reach < 0 ? 0 : i - reach; j <= i + reach && j < n; j++) {
            double d = (j - i) * step_ev / sigma, w = exp(-0.5 * d * d);
            sum += w * mu[j];
            weight += w;
        }
        out[i] = sum / weight;
    }
}
