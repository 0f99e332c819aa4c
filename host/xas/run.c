// SPDX-License-Identifier: BSD-3-Clause
/* run.c - the chains of one site on the device: bases, start vectors, steps until the spectrum stands still. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/clock.h"
#include "host/base/span.h"
#include "host/base/stop.h"
#include "host/xas/room.h"

/* Steps between two looks at the spectrum: the change over 50 steps is 1 to 3 times the error that is left (docs/xanes.md). */
enum { GROUP = 50, FIRST_LOOK = 150, LOOK_POINTS = 160 };

static enum la_type type_of(const struct xanes *x, bool real)
{
    bool wide = x->options.precision == KD_DOUBLE;
    return real ? (wide ? LA_F64 : LA_F32) : wide ? LA_C64 : LA_C32;
}

static kd_status setup_k(struct xanes *x, struct xanes_k *k, struct xas_k *b)
{
    kd_device *dev = x->dev;
    bool real = k->point.trim;
    enum la_type type = type_of(x, real);
    TRY(orbital_sphere(&x->crystal, x->gs.ecut, k->point.frac, real, &k->sphere));
    struct pw_spec spec = {type, {x->reduce.n[0], x->reduce.n[1], x->reduce.n[2]}, x->crystal.volume, k->sphere.n,
                           (const int(*)[3])k->sphere.miller, (const double(*)[3])k->sphere.g,
                           {k->point.twice[0], k->point.twice[1], k->point.twice[2]}};
    TRY(dev->pw->create(dev, &spec, &k->basis));
    TRY(projector_forms_create(&x->crystal, x->scf->beta, &k->sphere, -1, &k->forms));
    k->forms.spec.chains_only = true;
    k->potential = !real;
    if (!x->packed_d[k->potential])
        TRY(kd_alloc(dev, dev->pw->potential_bytes(k->basis), &x->packed_d[k->potential]));
    size_t n = (size_t)k->sphere.n * (real ? 2 : 1);
    for (int i = 0; i < 3; i++) {
        b->vector[i] = (struct la_block){type, XANES_N_POL, n, pw_leading(type, n), NULL};
        TRY(kd_alloc(dev, XANES_N_POL * b->vector[i].ld * la_size(type), &b->vector[i].x_d));
    }
    b->h = (struct pw_hamiltonian){k->basis, x->packed_d[k->potential], NULL};
    return kd_scratch_reserve(dev, dev->pw->scratch(dev, k->basis, XANES_N_POL, 0));
}

kd_status xanes_chains_setup(struct xanes *x)
{
    struct symmetry none;
    struct kpoint *point;
    kd_device *dev = x->dev;
    TRY(reduce_create(dev, &x->crystal, x->gs.ecut, x->options.grid_factor, x->scf->n, &x->reduce));
    TRY(symmetry_create(&x->crystal, x->scf->n, false, &none));
    kd_status status = kpoints_mesh(&none, x->options.mesh, x->options.shift, &point, &x->n_k);
    symmetry_free(&none);
    TRY(status);
    x->k = calloc((size_t)x->n_k, sizeof *x->k);
    x->block_k = calloc((size_t)x->n_k, sizeof *x->block_k);
    for (int i = 0; i < x->n_k && x->k && x->block_k && status == KD_OK; i++) {
        x->k[i].point = point[i];
        status = setup_k(x, &x->k[i], &x->block_k[i]);
    }
    free(point);
    TRY(status);
    if (!x->k || !x->block_k)
        FAIL(KD_ENOMEM, "xanes: no host memory");
    size_t chain = (size_t)x->n_k * XANES_N_POL, cells = chain * (size_t)x->options.max_step * sizeof(double);
    x->block = (struct xas_block){x->n_k, XANES_N_POL, x->options.max_step, x->block_k, NULL, NULL, NULL};
    TRY(kd_alloc(dev, chain * sizeof(double), &x->block.norm_d));
    TRY(kd_alloc(dev, cells, &x->block.a_d));
    return kd_alloc(dev, cells, &x->block.b_d);
}

void xanes_chains_free(struct xanes *x)
{
    for (int i = 0; i < x->n_k && x->k && x->block_k; i++) {
        for (int v = 0; v < 3; v++)
            kd_free(x->dev, x->block_k[i].vector[v].x_d);
        x->dev->pw->projectors_destroy(x->dev, x->k[i].nonlocal);
        x->dev->pw->destroy(x->dev, x->k[i].basis);
        projector_forms_free(&x->k[i].forms);
        sphere_free(&x->k[i].sphere);
    }
    free(x->k);
    free(x->block_k);
    kd_free(x->dev, x->block.norm_d);
    kd_free(x->dev, x->block.a_d);
    kd_free(x->dev, x->block.b_d);
    kd_free(x->dev, x->packed_d[0]);
    kd_free(x->dev, x->packed_d[1]);
    reduce_free(&x->reduce);
}

/* Potential, projectors and start vectors of the site that x->scf has just done. */
static kd_status prepare(struct xanes *x, const double tau[3])
{
    kd_device *dev = x->dev;
    bool packed[2] = {false, false};
    TRY(reduce_potential(&x->reduce, x->scf->effective_d, &x->v_d));
    for (int i = 0; i < x->n_k; i++) {
        struct xanes_k *k = &x->k[i];
        if (!packed[k->potential])
            TRY(dev->pw->pack_potential(dev, dev->stream, k->basis, x->v_d, x->packed_d[k->potential]));
        packed[k->potential] = true;
        dev->pw->projectors_destroy(dev, k->nonlocal);
        k->nonlocal = NULL;
        TRY(dev->pw->projectors_create(dev, k->basis, &k->forms.spec, &k->nonlocal));
        x->block_k[i].h.nonlocal = k->nonlocal;
        TRY(dipole_vectors(dev, &x->dipole, &x->crystal, tau, &k->sphere, k->basis, &x->block_k[i].vector[0]));
    }
    return kd_scratch_reserve(dev, dev->xas->scratch(dev, &x->block));
}

/* a, b of steps first .. first+n-1 to the host. */
static kd_status fetch(struct xanes *x, struct chains *c, int first, int n)
{
    kd_device *dev = x->dev;
    for (int i = 0; i < c->n_k * c->n_pol; i++) {
        size_t at = (size_t)i * (size_t)c->n_max + (size_t)first, bytes = (size_t)n * sizeof(double);
        TRY(kd_download(dev, dev->stream, c->a + at, x->block.a_d + at, bytes));
        TRY(kd_download(dev, dev->stream, c->b + at, x->block.b_d + at, bytes));
    }
    c->n_step = first + n;
    return KD_OK;
}

struct look { /* the summed spectrum on a coarse grid, now and 50 steps ago */
    double energy[LOOK_POINTS], gamma[LOOK_POINTS], part[XANES_N_POL * LOOK_POINTS], sum[LOOK_POINTS];
};

static void look_begin(const struct xanes *x, const struct xanes_site *s, struct look *l)
{
    for (int e = 0; e < LOOK_POINTS; e++) {
        double above = x->options.window * e / (LOOK_POINTS - 1);
        l->energy[e] = s->edge + above;
        l->gamma[e] = broaden_at(&x->options.broadening, above);
    }
}

/* Largest change since the last look, of the maximum; infinite the first time. */
static double look(struct look *l, const struct chains *c)
{
    double change = 0, most = 0;
    bool first = c->n_step <= FIRST_LOOK;
    chains_spectrum(c, c->n_step, LOOK_POINTS, l->energy, l->gamma, l->part);
    for (int e = 0; e < LOOK_POINTS; e++) {
        double sum = 0;
        for (int pol = 0; pol < c->n_pol; pol++)
            sum += l->part[pol * LOOK_POINTS + e];
        change = fmax(change, fabs(sum - l->sum[e]));
        most = fmax(most, sum);
        l->sum[e] = sum;
    }
    return first || !(most > 0) ? INFINITY : change / most;
}

static kd_status step_until_converged(struct xanes *x, struct xanes_site *s)
{
    kd_device *dev = x->dev;
    double started = clock_seconds(), before = s->seconds.chains;
    struct chains *c = &s->chains;
    struct look l = {.sum = {0}};
    double change = INFINITY;
    look_begin(x, s, &l);
    if (c->n_step >= FIRST_LOOK) /* a restart: the last look once more */
        (void)look(&l, c);
    while (!(change < x->options.convergence)) {
        int n = c->n_max - c->n_step < GROUP ? c->n_max - c->n_step : GROUP;
        if (n == 0)
            FAIL(KD_ENOCONV, "chains: not converged in %d steps, the spectrum still changes by %.1e of its maximum, wanted %.1e", c->n_max, change,
                 x->options.convergence);
        TRY(dev->xas->advance(dev, dev->stream, &x->block, c->n_step, n));
        TRY(fetch(x, c, c->n_step, n));
        if (c->n_step >= FIRST_LOOK || c->n_step == c->n_max) {
            span_begin("look");
            change = look(&l, c);
            span_end();
            if (isnan(change))
                FAIL(KD_ENOCONV, "chains: coefficients that are not finite after %d steps", c->n_step);
        }
        if (x->options.report)
            TRY(x->options.report(x->options.owner, "chains", c->n_step, c->n_max, change));
        s->seconds.chains = before + clock_seconds() - started;
        if (!(change < x->options.convergence))
            TRY(xanes_checkpoint_due(x, s));
    }
    return KD_OK;
}

/* Chains without steps. */
static kd_status make_chains(struct xanes *x, struct xanes_site *s)
{
    TRY(chains_create(x->n_k, XANES_N_POL, x->options.max_step, &s->chains));
    s->k_frac = malloc((size_t)x->n_k * sizeof *s->k_frac);
    if (!s->k_frac)
        FAIL(KD_ENOMEM, "xanes: no host memory");
    for (int i = 0; i < x->n_k; i++) {
        memcpy(s->k_frac[i], x->k[i].point.frac, sizeof s->k_frac[i]);
        s->chains.weight[i] = x->k[i].point.weight;
    }
    return KD_OK;
}

kd_status xanes_chains_run(struct xanes *x, struct xanes_site *s)
{
    kd_device *dev = x->dev;
    double started = clock_seconds();
    span_begin("chains_setup");
    TRY(prepare(x, x->crystal.tau[s->site]));
    bool begun = s->chains.n_step > 0;
    if (begun)
        TRY(xanes_checkpoint_vectors(x, &s->chains));
    else
        TRY(make_chains(x, s));
    span_end();
    s->seconds.setup += clock_seconds() - started;
    span_begin("chains");
    if (!begun) {
        TRY(dev->xas->start(dev, dev->stream, &x->block));
        TRY(kd_download(dev, dev->stream, s->chains.norm, x->block.norm_d, (size_t)x->n_k * XANES_N_POL * sizeof(double)));
    }
    TRY(step_until_converged(x, s));
    span_end();
    return KD_OK;
}
