// SPDX-License-Identifier: BSD-3-Clause
/* spectrum.c - cross sections from the coefficients of a site. */
#include <math.h>
#include <stdlib.h>

#include "host/base/units.h"
#include "host/xas/xanes.h"

kd_status xanes_spectrum(const struct xanes_site *s, const struct broadening *b, double prefactor, int n, const double *energy,
                         double *sigma)
{
    double *gamma = calloc((size_t)n, sizeof *gamma);
    if (!gamma)
        FAIL(KD_ENOMEM, "spectrum: no host memory");
    for (int e = 0; e < n; e++)
        gamma[e] = broaden_at(b, energy[e] - s->edge);
    chains_spectrum(&s->chains, s->chains.n_step, n, energy, gamma, sigma);
    kd_status status = chains_cut(&s->chains, s->chains.n_step, s->cut, n, energy, gamma, sigma);
    for (int pol = 0; pol < s->chains.n_pol; pol++)
        for (int e = 0; e < n; e++) /* two electrons in the 1s shell */
            sigma[(size_t)pol * (size_t)n + (size_t)e] *= 2 * 4 * KD_PI * KD_FINE_STRUCTURE * (energy[e] + prefactor);
    free(gamma);
    return status;
}

kd_status xanes_spectrum_calibrated(const struct xanes_site *s, const struct broadening *b, double constant_ev, int n,
                                    const double *energy_ev, double *sigma)
{
    if (!isfinite(s->e_shift))
        FAIL(KD_EINPUT, "site %d: no energy alignment (final state none, or a set without total energies)", s->site);
    double shift = s->e_shift + ha_from_ev(constant_ev), *work = calloc((size_t)n * (1 + XANES_N_POL), sizeof *work);
    if (!work)
        FAIL(KD_ENOMEM, "spectrum: no host memory");
    for (int e = 0; e < n; e++)
        work[e] = ha_from_ev(energy_ev[e]) - shift;
    kd_status status = xanes_spectrum(s, b, shift, n, work, work + n);
    for (int e = 0; e < n && status == KD_OK; e++)
        sigma[e] = (work[n + e] + work[2 * n + e] + work[3 * n + e]) / XANES_N_POL;
    free(work);
    return status;
}
