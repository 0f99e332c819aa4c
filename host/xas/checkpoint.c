// SPDX-License-Identifier: BSD-3-Clause
/* checkpoint.c - a site in the middle of its work, in a file: what is known of it, its potential, coefficients and the two newest vectors of
 * every chain, with every bit. While the density is not done, the file is that of host/dft/scf_checkpoint.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/base/clock.h"
#include "host/base/hash.h"
#include "host/base/log.h"
#include "host/base/span.h"
#include "host/base/stop.h"
#include "host/store/h5.h"
#include "host/xas/room.h"

kd_status xanes_keep(struct xanes *x, const char *path, bool restart)
{
    x->density_path[0] = x->chains_path[0] = '\0';
    x->go_on = restart;
    if (!path)
        return KD_OK;
    if (snprintf(x->density_path, sizeof x->density_path, "%s.density", path) >= (int)sizeof x->density_path ||
        snprintf(x->chains_path, sizeof x->chains_path, "%s.chains", path) >= (int)sizeof x->chains_path)
        FAIL(KD_EINPUT, "%s: too long a name", path);
    if (!restart)
        xanes_forget(x);
    return KD_OK;
}

void xanes_forget(const struct xanes *x)
{
    const char *path[2] = {x->density_path, x->chains_path};
    for (int i = 0; i < 2; i++)
        if (path[i][0])
            remove(path[i]); /* there or not */
}

bool xanes_density_begun(const struct xanes *x)
{
    return x->go_on && x->density_path[0] && access(x->density_path, F_OK) == 0;
}

/* Everything that decides the bits of a step, but for when the chains end. */
static uint64_t fingerprint(const struct xanes *x, int site)
{
    const struct xanes_options *o = &x->options;
    const struct gs_file *g = &x->gs;
    double numbers[5] = {o->scf_accuracy, o->grid_factor, g->energy, g->charge, g->width};
    int counts[5] = {site, (int)o->precision, (int)g->smearing, x->n_k, g->structure.n_atom};
    uint64_t h = hash_bytes(HASH_START, numbers, sizeof numbers);
    h = hash_bytes(hash_bytes(h, counts, sizeof counts), x->recipe, strlen(x->recipe));
    h = hash_bytes(hash_bytes(h, &o->seed, sizeof o->seed), x->dev->backend, strlen(x->dev->backend));
    h = hash_bytes(hash_bytes(h, x->crystal.cell, sizeof x->crystal.cell), x->crystal.tau, (size_t)x->crystal.n_atom * sizeof *x->crystal.tau);
    h = hash_bytes(h, g->rho_g, g->n_g * sizeof *g->rho_g);
    return x->response ? hash_bytes(h, x->response, (size_t)x->scf->density.n_shell * sizeof *x->response) : h;
}

/* ---- vectors ---- */

/* The two newest vectors of k-point i after n_step steps, all polarisations: between `host` and the device. What lies between the rows of a block
 * is nobody's. */
static kd_status move_vectors(const struct xanes *x, int i, int n_step, bool back, unsigned char *host)
{
    kd_device *dev = x->dev;
    for (int age = 0; age < 2; age++) {
        const struct la_block *b = &x->block_k[i].vector[(n_step + (age ? 2 : 0)) % 3];
        size_t row = b->n * la_size(b->type);
        for (int j = 0; j < b->n_vec; j++, host += row) {
            void *own_d = la_slice(b, j, 1).x_d;
            TRY(back ? kd_upload(dev, dev->stream, own_d, host, row) : kd_download(dev, dev->stream, host, own_d, row));
        }
    }
    return KD_OK;
}

static size_t vector_bytes(const struct xanes *x, int i)
{
    const struct la_block *b = &x->block_k[i].vector[0];
    return 2 * (size_t)b->n_vec * b->n * la_size(b->type);
}

/* Room for anything that goes through the host in one piece. */
static void *room(const struct xanes *x)
{
    size_t most = x->scf->n_point * sizeof(double);
    for (int i = 0; i < x->n_k; i++)
        most = vector_bytes(x, i) > most ? vector_bytes(x, i) : most;
    void *host = malloc(most);
    if (!host)
        kd_fail(KD_ENOMEM, "xanes: no host memory");
    return host;
}

static struct h5_array vector_array(const struct xanes *x, int i, char name[32])
{
    snprintf(name, 32, "vectors/%d", i);
    return (struct h5_array){name, H5_BYTE, 1, {vector_bytes(x, i)}, .unit = "byte"};
}

/* ---- writing ---- */

static kd_status write_state(const struct xanes *x, const struct xanes_site *s, struct h5 *f, void *host)
{
    kd_device *dev = x->dev;
    struct xanes_site so_far = *s;
    char name[32];
    so_far.converged = true; /* energies and coefficients are wanted */
    so_far.seconds.total = s->seconds.scf + s->seconds.setup + s->seconds.chains;
    TRY(xanes_site_put(f, "xanes_checkpoint", &so_far));
    TRY(h5_set_int(f, "/", "fingerprint", (long long)fingerprint(x, s->site)));
    TRY(kd_download(dev, dev->stream, host, x->scf->effective_d, x->scf->n_point * sizeof(double)));
    TRY(h5_write(f, &(struct h5_array){"potential", H5_DOUBLE, 1, {x->scf->n_point}, .unit = "Ha"}, host));
    for (int i = 0; i < x->n_k && s->chains.n_step > 0; i++) {
        struct h5_array a = vector_array(x, i, name);
        TRY(move_vectors(x, i, s->chains.n_step, false, host));
        TRY(h5_write(f, &a, host));
    }
    return KD_OK;
}

static kd_status write_checkpoint(struct xanes *x, const struct xanes_site *s)
{
    struct h5 *f;
    void *host = room(x);
    if (!host)
        return KD_ENOMEM;
    span_begin("checkpoint");
    kd_status status = h5_create(x->chains_path, &f);
    if (status == KD_OK) {
        status = write_state(x, s, f, host);
        if (status == KD_OK)
            status = h5_commit(f);
        else
            h5_abandon(f);
    }
    span_end();
    free(host);
    if (status == KD_OK)
        remove(x->density_path); /* there or not: no longer needed */
    x->kept_at = clock_seconds();
    return status;
}

kd_status xanes_checkpoint_due(struct xanes *x, const struct xanes_site *s)
{
    bool stop = stop_requested(), place = x->chains_path[0] != '\0';
    if (place && (stop || clock_seconds() - x->kept_at >= x->options.checkpoint_seconds))
        TRY(write_checkpoint(x, s));
    if (stop)
        return stop_status(place ? "--restart goes on from the checkpoint of the site" : "the sites that are done");
    return KD_OK;
}

/* ---- reading ---- */

static kd_status check(struct xanes *x, struct h5 *f, const struct xanes_site *s, int site)
{
    long long print;
    TRY(h5_get_int(f, "/", "fingerprint", &print));
    if ((uint64_t)print != fingerprint(x, site) || s->site != site)
        FAIL(KD_EINPUT, "%s: a checkpoint of another calculation (ground state, pseudopotentials or options differ); remove it or leave out --restart",
             h5_path(f));
    if (!s->converged)
        FAIL(KD_EINPUT, "%s: the density is not done, expected its energies", h5_path(f));
    if (s->chains.n_step > 0 && s->chains.n_k != x->n_k)
        FAIL(KD_EINPUT, "%s: chains of %d k-points, expected %d", h5_path(f), s->chains.n_k, x->n_k);
    if (s->chains.n_step > x->options.max_step)
        FAIL(KD_EINPUT, "%s: %d steps are done, at most %d are allowed", h5_path(f), s->chains.n_step, x->options.max_step);
    return KD_OK;
}

/* Rows of n_max steps in place of rows as long as what was read. */
static kd_status lengthen(struct chains *c, int n_max)
{
    struct chains longer;
    size_t n_chain = (size_t)c->n_k * (size_t)c->n_pol, row = (size_t)c->n_max * sizeof(double);
    TRY(chains_create(c->n_k, c->n_pol, n_max, &longer));
    longer.n_step = c->n_step;
    memcpy(longer.weight, c->weight, (size_t)c->n_k * sizeof *c->weight);
    memcpy(longer.norm, c->norm, n_chain * sizeof *c->norm);
    for (size_t i = 0; i < n_chain; i++) {
        memcpy(longer.a + i * (size_t)n_max, c->a + i * (size_t)c->n_max, row);
        memcpy(longer.b + i * (size_t)n_max, c->b + i * (size_t)c->n_max, row);
    }
    chains_free(c);
    *c = longer;
    return KD_OK;
}

static kd_status read_state(struct xanes *x, struct h5 *f, struct xanes_site *s)
{
    kd_device *dev = x->dev;
    struct xanes_site before = {0};
    kd_status status = xanes_site_get(f, "xanes_checkpoint", &before);
    double *potential = status == KD_OK ? room(x) : NULL;
    if (status == KD_OK)
        status = potential ? check(x, f, &before, s->site) : KD_ENOMEM;
    if (status == KD_OK)
        status = h5_read(f, &(struct h5_array){"potential", H5_DOUBLE, 1, {x->scf->n_point}, .unit = "Ha"}, potential);
    if (status == KD_OK)
        status = kd_upload(dev, dev->stream, x->scf->effective_d, potential, x->scf->n_point * sizeof(double));
    if (status == KD_OK && before.chains.n_step > 0)
        status = lengthen(&before.chains, x->options.max_step);
    free(potential);
    if (status != KD_OK) {
        xanes_site_free(&before);
        return status;
    }
    before.broadening = s->broadening;
    before.converged = false;
    *s = before;
    return KD_OK;
}

kd_status xanes_checkpoint_read(struct xanes *x, struct xanes_site *s, bool *found)
{
    struct h5 *f;
    *found = x->go_on && x->chains_path[0] && access(x->chains_path, F_OK) == 0;
    if (!*found)
        return KD_OK;
    TRY(h5_open(x->chains_path, &f));
    kd_status status = read_state(x, f, s);
    h5_close(f);
    if (status == KD_OK)
        log_info("%s: goes on after step %d of the chains", x->chains_path, s->chains.n_step);
    return status;
}

static kd_status read_vectors(struct xanes *x, const struct chains *c, struct h5 *f, void *host)
{
    char name[32];
    for (int i = 0; i < x->n_k; i++) {
        struct h5_array a = vector_array(x, i, name);
        TRY(h5_read(f, &a, host));
        TRY(move_vectors(x, i, c->n_step, true, host));
    }
    return KD_OK;
}

kd_status xanes_checkpoint_vectors(struct xanes *x, const struct chains *c)
{
    kd_device *dev = x->dev;
    struct h5 *f;
    TRY(h5_open(x->chains_path, &f));
    void *host = room(x);
    kd_status status = host ? read_vectors(x, c, f, host) : KD_ENOMEM;
    free(host);
    h5_close(f);
    for (int i = 0; i < c->n_k * c->n_pol && status == KD_OK; i++) {
        size_t at = (size_t)i * (size_t)c->n_max, bytes = (size_t)c->n_step * sizeof(double);
        status = kd_upload(dev, dev->stream, x->block.a_d + at, c->a + at, bytes);
        if (status == KD_OK)
            status = kd_upload(dev, dev->stream, x->block.b_d + at, c->b + at, bytes);
    }
    TRY(status);
    TRY(kd_upload(dev, dev->stream, x->block.norm_d, c->norm, (size_t)c->n_k * (size_t)c->n_pol * sizeof(double)));
    return dev->xas->resume(dev, dev->stream, &x->block, c->n_step);
}
