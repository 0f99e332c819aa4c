// SPDX-License-Identifier: BSD-3-Clause
/* synthetic.h - spectra of an analytic model, for tests and benchmarks of the networks. Never a result of physics.
 *
 * A site with k = 0..4 oxygen neighbours has charge q = 0.8 k + 0.08 normal (0.8 e per Si-O bond) and a spectrum
 *   mu(E) = arctan step at E0 = 1840 + 6 q / 3.2 eV, width 0.8
 *         + white line: Lorentzian of height 0.8 + 0.35 q at E0 + 1, half width 1.2
 *         + first EXAFS wiggle 0.12 sin(2 R sqrt(E - E0) / 1.95 + q) exp(-(E - E0) / 25), R from the mean bond length
 *         + 0.002 normal noise
 * and an RDF that is one Gaussian for Si-O at 1.62 A (weight k), one for Si-Si at 2.36 A (weight 4 - k), a shell at 3.1 A and 1
 * beyond. Everything is counted random numbers of the seed. */
#ifndef KD_SYNTHETIC_H
#define KD_SYNTHETIC_H

#include <math.h>
#include <stdlib.h>

#include "host/base/rng.h"
#include "host/store/h5.h"

enum { SYNTHETIC_ENERGIES = 256, SYNTHETIC_R = 256 };

static inline void synthetic_spectrum(double q, double bond, int n, const double *energy_ev, double *mu)
{
    double e0 = 1840 + 6 * q / 3.2;
    for (int i = 0; i < n; i++) {
        double d = energy_ev[i] - e0, u = d - 1;
        mu[i] = 0.5 + atan(d / 0.8) / 3.14159265358979323846 + (0.8 + 0.35 * q) / (1 + u * u / (1.2 * 1.2));
        if (d > 0)
            mu[i] += 0.12 * sin(2 * bond * sqrt(d) / 1.95 + q) * exp(-d / 25) * (1 - exp(-d));
    }
}

static inline void synthetic_site(uint64_t seed, int site, double oxygen_mean, int *oxygen, double *q, double *bond)
{
    struct rng r = rng_start(seed, RNG_TEST, (uint32_t)site);
    *oxygen = 0;
    for (int k = 0; k < 4; k++)
        *oxygen += rng_uniform(&r) <= oxygen_mean / 4;
    *q = 0.8 * *oxygen + 0.08 * rng_normal(&r);
    *bond = (*oxygen * 1.62 + (4 - *oxygen) * 2.36) / 4 + 0.02 * rng_normal(&r);
}

static inline void synthetic_rdf(int oxygen, double bond, int n, const double *r, double *g)
{
    double shift = bond - (oxygen * 1.62 + (4 - oxygen) * 2.36) / 4;
    for (int i = 0; i < n; i++) {
        double a = (r[i] - 1.62 - shift) / 0.08, b = (r[i] - 2.36 - shift) / 0.1, c = (r[i] - 3.1) / 0.25;
        g[i] = 3.0 * oxygen * exp(-0.5 * a * a) + 1.2 * (4 - oxygen) * exp(-0.5 * b * b) + 1.5 * exp(-0.5 * c * c) +
               (r[i] > 3.1 ? 1 - exp(-(r[i] - 3.1)) : 0);
    }
}

/* dataset.h5 with n_structure structures of n_site sites each; x runs over 0 .. 2. */
static inline kd_status synthetic_dataset(const char *path, int n_structure, int n_site, uint64_t seed)
{
    size_t n = (size_t)n_structure * (size_t)n_site;
    double *energy = malloc(SYNTHETIC_ENERGIES * sizeof *energy), *r = malloc(SYNTHETIC_R * sizeof *r);
    double *mu = malloc(n * SYNTHETIC_ENERGIES * sizeof *mu), *g = malloc(n * SYNTHETIC_R * sizeof *g);
    double *q = malloc(n * sizeof *q), *x = malloc(n * sizeof *x);
    int *id = malloc(n * sizeof *id), *site = malloc(n * sizeof *site), *coordination = malloc(2 * n * sizeof *coordination);
    struct h5 *f = NULL;
    kd_status status = energy && r && mu && g && q && x && id && site && coordination ? KD_OK : kd_fail(KD_ENOMEM, "synthetic");
    for (int i = 0; status == KD_OK && i < 256; i++) {
        energy[i] = 1830 + 50.0 * i / 255;
        r[i] = 5.0 * (i + 0.5) / 256;
    }
    for (size_t i = 0; status == KD_OK && i < n; i++) {
        int oxygen;
        double bond;
        id[i] = (int)(i / (size_t)n_site);
        site[i] = (int)(i % (size_t)n_site);
        x[i] = n_structure > 1 ? 2.0 * (id[i] % 9) / 8 : 1;
        synthetic_site(seed, (int)i, 2 * x[i], &oxygen, &q[i], &bond);
        coordination[2 * i] = 4 - oxygen;
        coordination[2 * i + 1] = oxygen;
        synthetic_spectrum(q[i], bond, SYNTHETIC_ENERGIES, energy, mu + i * SYNTHETIC_ENERGIES);
        struct rng noise = rng_start(seed + 1, RNG_TEST, (uint32_t)i);
        for (int k = 0; k < SYNTHETIC_ENERGIES; k++)
            mu[i * SYNTHETIC_ENERGIES + (size_t)k] += 0.002 * rng_normal(&noise);
        synthetic_rdf(oxygen, bond, SYNTHETIC_R, r, g + i * SYNTHETIC_R);
    }
    if (status == KD_OK)
        status = h5_create(path, &f);
    const struct { struct h5_array a; const void *v; } all[] = {
        {{"energy_ev", H5_DOUBLE, 1, {256}, "eV", 0}, energy},       {{"spectra", H5_DOUBLE, 2, {n, 256}, "1", 0}, mu},
        {{"charge_e", H5_DOUBLE, 1, {n}, "e", 0}, q},                {{"r_angstrom", H5_DOUBLE, 1, {256}, "angstrom", 0}, r},
        {{"rdf", H5_DOUBLE, 2, {n, 256}, "1", 0}, g},                {{"structure_id", H5_INT, 1, {n}, "1", 0}, id},
        {{"site", H5_INT, 1, {n}, "1", 0}, site},                    {{"x", H5_DOUBLE, 1, {n}, "1", 0}, x},
        {{"coordination", H5_INT, 2, {n, 2}, "1", 0}, coordination},
    };
    for (size_t k = 0; status == KD_OK && k < sizeof all / sizeof *all; k++)
        status = h5_write(f, &all[k].a, all[k].v);
    if (status == KD_OK)
        status = h5_set_int(f, "/", "synthetic", 1);
    if (status == KD_OK)
        status = h5_commit(f);
    else if (f)
        h5_abandon(f);
    free(energy); free(r); free(mu); free(g); free(q); free(x); free(id); free(site); free(coordination);
    return status;
}

#endif
