// SPDX-License-Identifier: BSD-3-Clause
/* xas_floor.c - timings and counts of the parts of a site that cannot be done without. */
#include "bench/xas_floor.h"

#include <math.h>
#include <stdio.h>

#include "bench/peak.h"
#include "host/base/clock.h"
#include "host/xas/room.h"

static const double LONG_ENOUGH = 0.3; /* s */

/* Seconds of the local part for all chains, once. */
static kd_status time_local(struct xanes *x, double *seconds)
{
    kd_device *dev = x->dev;
    double started = clock_seconds();
    int n = 0;
    while (n < 3 || clock_seconds() - started < LONG_ENOUGH) {
        for (int i = 0; i < x->n_k; i++) {
            struct pw_hamiltonian h = x->block_k[i].h;
            h.nonlocal = NULL;
            TRY(dev->pw->apply(dev, dev->stream, &h, &x->block_k[i].vector[0], &x->block_k[i].vector[1]));
        }
        TRY(dev->ops->stream_sync(dev, dev->stream));
        n++;
    }
    *seconds = (clock_seconds() - started) / n;
    return KD_OK;
}

/* Seconds of H on a band of the density's calculation, mean over k-points. */
static kd_status time_band(struct xanes *x, double *seconds)
{
    kd_device *dev = x->dev;
    struct scf *s = x->scf;
    *seconds = 0;
    for (int i = 0; i < s->n_k; i++) {
        struct la_block out = s->k[i].psi;
        struct pw_hamiltonian h = scf_hamiltonian(s, &s->k[i]);
        TRY(kd_alloc(dev, (size_t)out.n_vec * out.ld * la_size(out.type), &out.x_d));
        double started = clock_seconds();
        kd_status status = KD_OK;
        int n = 0;
        while (status == KD_OK && (n < 2 || clock_seconds() - started < LONG_ENOUGH / s->n_k)) {
            status = dev->pw->apply(dev, dev->stream, &h, &s->k[i].psi, &out);
            if (status == KD_OK)
                status = dev->ops->stream_sync(dev, dev->stream);
            n++;
        }
        *seconds += (clock_seconds() - started) / n / out.n_vec / s->n_k;
        kd_free(dev, out.x_d);
        TRY(status);
    }
    return KD_OK;
}

/* Multiply-adds, as flops, of all projectors over all plane waves, twice, for every chain. */
static double nonlocal_flop(const struct xanes *x)
{
    double flop = 0;
    for (int i = 0; i < x->n_k; i++) {
        const struct pw_projector_spec *p = &x->k[i].forms.spec;
        double n_proj = 0, real = x->k[i].point.trim ? 1 : 2; /* complex products are four real ones, of half as many numbers */
        for (int a = 0; a < p->n_atom; a++)
            n_proj += p->first_form[p->species[a] + 1] - p->first_form[p->species[a]];
        flop += 2 * 2 * n_proj * 2 * x->k[i].sphere.n * real * XANES_N_POL;
    }
    return flop;
}

/* 5 N log2 N a complex transform, there and back; two real chains share one. */
static double transform_flop(const struct xanes *x)
{
    double point = (double)x->reduce.n[0] * x->reduce.n[1] * x->reduce.n[2], flop = 0;
    for (int i = 0; i < x->n_k; i++)
        flop += 2 * 5 * point * log2(point) * XANES_N_POL * (x->k[i].point.trim ? 0.5 : 1);
    return flop;
}

kd_status xas_floor_print(struct xanes *x, const struct xanes_site *site, const struct xanes_seconds *phase)
{
    double local, band, peak = peak_fma_gflops(x->dev->n_thread), nonlocal = 1e-9 * nonlocal_flop(x);
    TRY(time_local(x, &local));
    TRY(time_band(x, &band));
    double step = phase->chains / site->chains.n_step, least = local + (peak > 0 ? nonlocal / peak : 0), applied = (double)site->h_applications * band;
    printf("  floors: a step of all chains %.2f ms = local part %.2f ms, timed alone (%d x %d x %d points; %.2f Gflop were it whole transforms: %.0f GFLOP/s), + "
           "nonlocal %.2f Gflop at %.0f GFLOP/s of FMA; took %.2f ms, %.1f times that\n", 1e3 * least, 1e3 * local, x->reduce.n[0], x->reduce.n[1], x->reduce.n[2],
           1e-9 * transform_flop(x), 1e-9 * transform_flop(x) / local, nonlocal, peak, 1e3 * step, step / least);
    printf("  density: %ld applications of H to a band, %.3f ms each when timed alone: %.2f s of %.2f s\n", site->h_applications, 1e3 * band, applied, phase->scf);
    return KD_OK;
}
