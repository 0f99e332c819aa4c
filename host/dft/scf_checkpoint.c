// SPDX-License-Identifier: BSD-3-Clause
/* scf_checkpoint.c - a ground state between two iterations, in a file: the next density, the mixing history and the orbitals, with every bit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/base/hash.h"
#include "host/base/span.h"
#include "host/dft/scf.h"
#include "host/store/h5.h"

/* Everything that decides the bits of the next iteration, but for how many there may be. */
static uint64_t fingerprint(const struct scf *s)
{
    const struct scf_options *o = &s->options;
    const struct crystal *c = s->crystal;
    size_t n_atom = (size_t)c->n_atom, table = (size_t)s->ion.n_species * (size_t)s->ion.n_shell * sizeof(double);
    double numbers[6] = {o->ecut, o->charge, o->width, o->accuracy, o->mixing, o->first_error};
    int counts[8] = {o->mesh[0], o->mesh[1], o->mesh[2], o->shift[0], o->shift[1], o->shift[2], s->symmetry.n_op, s->n_wanted};
    int kinds[3] = {(int)o->smearing, (int)o->precision, (int)o->eigensolver};
    uint64_t h = hash_bytes(HASH_START, numbers, sizeof numbers);
    h = hash_bytes(hash_bytes(h, counts, sizeof counts), kinds, sizeof kinds);
    h = hash_bytes(h, &o->seed, sizeof o->seed);
    h = hash_bytes(h, s->dev->backend, strlen(s->dev->backend));
    h = hash_bytes(hash_bytes(h, c->cell, sizeof c->cell), c->tau, n_atom * sizeof *c->tau);
    h = hash_bytes(hash_bytes(h, c->species, n_atom * sizeof *c->species), s->ion.local, table);
    h = hash_bytes(hash_bytes(h, s->ion.charge, table), s->ion.core, s->ion.has_core ? table : 0);
    for (int t = 0; t < c->n_species; t++) {
        const struct beta_table *b = &s->beta[t];
        h = hash_bytes(hash_bytes(h, b->coupling, (size_t)b->n_beta * sizeof(double)), b->table, (size_t)b->n_beta * (size_t)b->n_q * sizeof(double));
    }
    return h;
}

/* Arrays of the state on the device, one after the other: the density, the two histories, the orbitals of every k. */
struct part {
    char name[40];
    void *x_d;
    size_t bytes;
};
enum { FIXED_PARTS = 3 };

static struct part part_of(const struct scf *s, int n_slot, int i)
{
    const struct mix *m = &s->mix;
    size_t vector = m->n_real * sizeof(double);
    struct part p = {"density", s->rho_g_d, vector};
    const struct la_block *history[2] = {&m->rho, &m->residual};
    static const char *const names[2] = {"mixing/density", "mixing/residual"};
    if (i > 0 && i < FIXED_PARTS) {
        snprintf(p.name, sizeof p.name, "%s", names[i - 1]);
        p.x_d = history[i - 1]->x_d;
        p.bytes = (size_t)n_slot * vector;
    } else if (i >= FIXED_PARTS) {
        const struct la_block *psi = &s->k[i - FIXED_PARTS].psi;
        snprintf(p.name, sizeof p.name, "orbitals/%d", i - FIXED_PARTS);
        p.x_d = psi->x_d;
        p.bytes = (size_t)psi->n_vec * psi->ld * la_size(psi->type);
    }
    return p;
}

/* Mixing slots that hold something between two iterations. */
static int slots(long long n_stored)
{
    return n_stored < MIX_SLOTS ? (int)n_stored : MIX_SLOTS;
}

static void *room(const struct scf *s, int n_slot)
{
    size_t most = (size_t)s->n_k * (size_t)s->n_band * sizeof(double);
    for (int i = 0; i < FIXED_PARTS + s->n_k; i++) {
        size_t bytes = part_of(s, n_slot, i).bytes;
        most = bytes > most ? bytes : most;
    }
    return malloc(most);
}

/* eps and occ of all k-points, between the bands and one array. */
static void gather(const struct scf *s, bool occupations, bool back, double *all)
{
    size_t n = (size_t)s->n_band;
    for (int i = 0; i < s->n_k; i++) {
        double *own = occupations ? s->k[i].occ : s->k[i].eps, *there = all + (size_t)i * n;
        memcpy(back ? own : there, back ? there : own, n * sizeof *own);
    }
}

static kd_status write_state(const struct scf *s, struct h5 *f, void *x)
{
    size_t n_k = (size_t)s->n_k, n_band = (size_t)s->n_band;
    TRY(h5_set_text(f, "/", "creator", "kedge"));
    TRY(h5_set_text(f, "/", "kind", "scf_checkpoint"));
    TRY(h5_set_text(f, "/", "smearing", smearing_name(s->options.smearing)));
    TRY(h5_set_int(f, "/", "fingerprint", (long long)fingerprint(s)));
    TRY(h5_set_int(f, "/", "iterations", s->n_iteration));
    TRY(h5_set_int(f, "/", "h_applications", s->h_applications));
    TRY(h5_set_int(f, "/", "densities", s->mix.n_stored));
    TRY(h5_set_double(f, "/", "accuracy_ha", s->estimate));
    gather(s, false, false, x);
    TRY(h5_write(f, &(struct h5_array){"bands/energy_ha", H5_DOUBLE, 2, {n_k, n_band}, .unit = "Ha"}, x));
    gather(s, true, false, x);
    TRY(h5_write(f, &(struct h5_array){"bands/occupation", H5_DOUBLE, 2, {n_k, n_band}, .unit = "1"}, x));
    TRY(h5_write(f, &(struct h5_array){"mixing/gram_ha", H5_DOUBLE, 2, {MIX_SLOTS, MIX_SLOTS}, .unit = "Ha"}, s->mix.gram));
    for (int i = 0; i < FIXED_PARTS + s->n_k; i++) {
        struct part p = part_of(s, slots(s->mix.n_stored), i);
        TRY(kd_download(s->dev, s->dev->stream, x, p.x_d, p.bytes));
        TRY(h5_write(f, &(struct h5_array){p.name, H5_BYTE, 1, {p.bytes}, .unit = "byte"}, x));
    }
    return KD_OK;
}

kd_status scf_checkpoint_write(const struct scf *s, const char *path)
{
    struct h5 *f;
    void *x = room(s, slots(s->mix.n_stored));
    if (!x)
        FAIL(KD_ENOMEM, "%s: no host memory", path);
    span_begin("checkpoint");
    kd_status status = h5_create(path, &f);
    if (status == KD_OK) {
        status = write_state(s, f, x);
        if (status == KD_OK)
            status = h5_commit(f);
        else
            h5_abandon(f);
    }
    span_end();
    free(x);
    return status;
}

static kd_status read_head(const struct scf *s, struct h5 *f, long long number[3], double *estimate)
{
    static const char *const name[3] = {"iterations", "h_applications", "densities"};
    char kind[32];
    long long print;
    TRY(h5_get_text(f, "/", "kind", kind, sizeof kind));
    if (strcmp(kind, "scf_checkpoint") != 0)
        FAIL(KD_EINPUT, "%s: kind \"%s\", expected scf_checkpoint", h5_path(f), kind);
    TRY(h5_get_int(f, "/", "fingerprint", &print));
    if ((uint64_t)print != fingerprint(s))
        FAIL(KD_EINPUT, "%s: a checkpoint of another calculation (atoms, pseudopotentials or options differ); remove it or leave out --restart",
             h5_path(f));
    for (int i = 0; i < 3; i++)
        TRY(h5_get_int(f, "/", name[i], &number[i]));
    if (number[0] < 1 || number[2] < 0 || number[2] > number[0])
        FAIL(KD_EINPUT, "%s: %lld iterations, %lld densities", h5_path(f), number[0], number[2]);
    return h5_get_double(f, "/", "accuracy_ha", estimate);
}

static kd_status read_state(struct scf *s, struct h5 *f, const long long number[3], void *x)
{
    size_t n_k = (size_t)s->n_k, n_band = (size_t)s->n_band;
    TRY(h5_read(f, &(struct h5_array){"bands/energy_ha", H5_DOUBLE, 2, {n_k, n_band}}, x));
    gather(s, false, true, x);
    TRY(h5_read(f, &(struct h5_array){"bands/occupation", H5_DOUBLE, 2, {n_k, n_band}}, x));
    gather(s, true, true, x);
    TRY(h5_read(f, &(struct h5_array){"mixing/gram_ha", H5_DOUBLE, 2, {MIX_SLOTS, MIX_SLOTS}}, s->mix.gram));
    for (int i = 0; i < FIXED_PARTS + s->n_k; i++) {
        struct part p = part_of(s, slots(number[2]), i);
        TRY(h5_read(f, &(struct h5_array){p.name, H5_BYTE, 1, {p.bytes}}, x));
        TRY(kd_upload(s->dev, s->dev->stream, p.x_d, x, p.bytes));
    }
    s->n_iteration = (int)number[0];
    s->h_applications = (long)number[1];
    s->mix.n_stored = (int)number[2];
    return KD_OK;
}

kd_status scf_checkpoint_read(struct scf *s, const char *path, bool *found)
{
    struct h5 *f;
    long long number[3];
    double estimate;
    void *x = NULL;
    kd_status status = KD_OK;
    *found = access(path, F_OK) == 0;
    if (!*found)
        return KD_OK;
    TRY(h5_open(path, &f));
    TRY_OUT(read_head(s, f, number, &estimate));
    x = room(s, slots(number[2]));
    if (!x)
        FAIL_OUT(KD_ENOMEM, "%s: no host memory", path);
    TRY_OUT(read_state(s, f, number, x));
    s->estimate = estimate;
out:
    free(x);
    h5_close(f);
    return status;
}

kd_status scf_checkpoint_smearing(const char *path, enum smearing *kind, bool *found)
{
    struct h5 *f;
    char name[32];
    *found = access(path, F_OK) == 0;
    if (!*found)
        return KD_OK;
    TRY(h5_open(path, &f));
    kd_status status = h5_get_text(f, "/", "smearing", name, sizeof name);
    h5_close(f);
    return status == KD_OK ? smearing_parse(name, kind) : status;
}
