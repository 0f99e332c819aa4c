// SPDX-License-Identifier: BSD-3-Clause
/* occupy.c - how electrons fill the bands. */
#include "host/dft/occupy.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static const double root_pi = 1.77245385090551602730;

/* Occupation of a state x = (mu - e) / width, between 0 and 1 (nearly). */
static double step(enum smearing kind, double x)
{
    switch (kind) {
    case SMEARING_METHFESSEL:
        return 0.5 * erfc(-x) + x * exp(-fmin(x * x, 200)) / (2 * root_pi);
    case SMEARING_COLD: {
        double y = x - sqrt(0.5);
        return 0.5 * erf(y) + exp(-fmin(y * y, 200)) / sqrt(2 * M_PI) + 0.5;
    }
    case SMEARING_FERMI:
        return x > 200 ? 1 : x < -200 ? 0 : 1 / (1 + exp(-x));
    default:
        return 0.5 * erfc(-x);
    }
}

/* -TS of a state, in units of the width. */
static double entropy(enum smearing kind, double x)
{
    switch (kind) {
    case SMEARING_METHFESSEL:
        return (2 * x * x - 1) * exp(-fmin(x * x, 200)) / (4 * root_pi);
    case SMEARING_COLD: {
        double y = x - sqrt(0.5);
        return y * exp(-fmin(y * y, 200)) / sqrt(2 * M_PI);
    }
    case SMEARING_FERMI: {
        double f = step(kind, x);
        return f > 0 && f < 1 ? f * log(f) + (1 - f) * log(1 - f) : 0;
    }
    default:
        return -0.5 * exp(-fmin(x * x, 200)) / root_pi;
    }
}

struct bands {
    enum smearing kind;
    double width;
    int n_k, n_band;
    const double *weight, *eps;
};

static double count(const struct bands *b, double mu)
{
    double n = 0;
    for (int k = 0; k < b->n_k; k++)
        for (int j = 0; j < b->n_band; j++)
            n += 2 * b->weight[k] * step(b->kind, (mu - b->eps[k * b->n_band + j]) / b->width);
    return n;
}

static kd_status fixed(const struct bands *b, double n_electron, double *occ, struct occupations *out)
{
    int full = (int)lround(n_electron / 2);
    if (fabs(n_electron - 2 * full) > 1e-6)
        FAIL(KD_EINPUT, "occupations: %g electrons do not fill bands two by two; use --smearing", n_electron);
    if (full > b->n_band || full < 1)
        FAIL(KD_EINPUT, "occupations: %d bands for %g electrons", b->n_band, n_electron);
    out->homo = -INFINITY;
    out->lumo = INFINITY;
    for (int k = 0; k < b->n_k; k++)
        for (int j = 0; j < b->n_band; j++) {
            double e = b->eps[k * b->n_band + j];
            occ[k * b->n_band + j] = j < full ? 2 * b->weight[k] : 0;
            if (j < full)
                out->homo = fmax(out->homo, e);
            else
                out->lumo = fmin(out->lumo, e);
        }
    out->lumo = b->n_band > full ? out->lumo : NAN;
    out->fermi = b->n_band > full ? 0.5 * (out->homo + out->lumo) : out->homo;
    out->entropy = 0;
    return KD_OK;
}

/* Bisection from a Gaussian's Fermi level outwards: non-monotonic functions (Methfessel-Paxton, cold) may have several roots, and
 * the one nearest to the monotonic answer is wanted. */
static double fermi_level(const struct bands *b, double n_electron)
{
    struct bands gauss = *b;
    double low = INFINITY, high = -INFINITY;
    gauss.kind = b->kind == SMEARING_FERMI ? SMEARING_FERMI : SMEARING_GAUSS;
    for (int i = 0; i < b->n_k * b->n_band; i++) {
        low = fmin(low, b->eps[i]);
        high = fmax(high, b->eps[i]);
    }
    low -= 40 * b->width;
    high += 40 * b->width;
    for (int i = 0; i < 200; i++) {
        double middle = 0.5 * (low + high);
        *(count(&gauss, middle) < n_electron ? &low : &high) = middle;
    }
    double mu = 0.5 * (low + high);
    for (int i = 0; i < 60; i++) { /* secant steps; exact at once where the first root was the answer */
        double h = 1e-4 * b->width, error = count(b, mu) - n_electron, slope = (count(b, mu + h) - count(b, mu - h)) / (2 * h);
        if (fabs(error) < 1e-12 || slope <= 0)
            break;
        mu -= fmax(-b->width, fmin(b->width, error / slope));
    }
    return mu;
}

kd_status occupy(enum smearing kind, double width, double n_electron, int n_k, int n_band, const double *weight, const double *eps,
                 double *occ, struct occupations *out)
{
    struct bands b = {kind, width, n_k, n_band, weight, eps};
    if (kind == SMEARING_FIXED)
        return fixed(&b, n_electron, occ, out);
    if (n_electron > 2 * n_band)
        FAIL(KD_EINPUT, "occupations: %d bands for %g electrons", n_band, n_electron);
    double mu = fermi_level(&b, n_electron);
    if (fabs(count(&b, mu) - n_electron) > 1e-6)
        FAIL(KD_ENOCONV, "occupations: no Fermi level for %g electrons in %d bands", n_electron, n_band);
    *out = (struct occupations){.fermi = mu, .homo = -INFINITY, .lumo = INFINITY};
    for (int k = 0; k < n_k; k++)
        for (int j = 0; j < n_band; j++) {
            double e = eps[k * n_band + j], x = (mu - e) / width;
            occ[k * n_band + j] = 2 * weight[k] * step(kind, x);
            out->entropy += 2 * weight[k] * width * entropy(kind, x);
            if (e <= mu)
                out->homo = fmax(out->homo, e);
            else
                out->lumo = fmin(out->lumo, e);
        }
    return KD_OK;
}

static const struct {
    const char *word;
    enum smearing kind;
} words[] = {{"fixed", SMEARING_FIXED},        {"gauss", SMEARING_GAUSS},           {"mp", SMEARING_METHFESSEL},
             {"cold", SMEARING_COLD},          {"fermi", SMEARING_FERMI},           {"gaussian", SMEARING_GAUSS},
             {"m-p", SMEARING_METHFESSEL},     {"methfessel-paxton", SMEARING_METHFESSEL}, {"m-v", SMEARING_COLD},
             {"mv", SMEARING_COLD},            {"marzari-vanderbilt", SMEARING_COLD}, {"f-d", SMEARING_FERMI},
             {"fd", SMEARING_FERMI},           {"fermi-dirac", SMEARING_FERMI}};

kd_status smearing_parse(const char *name, enum smearing *kind)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(name, words[i].word) == 0) {
            *kind = words[i].kind;
            return KD_OK;
        }
    FAIL(KD_EINPUT, "smearing: \"%s\", expected gauss, mp, cold, fermi or fixed", name);
}

const char *smearing_name(enum smearing kind)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].kind == kind)
            return words[i].word;
    return "?";
}
