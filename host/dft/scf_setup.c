// SPDX-License-Identifier: BSD-3-Clause
/* scf_setup.c - everything that a ground state needs before its first iteration. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/span.h"
#include "host/dft/ewald.h"
#include "host/dft/projector.h"
#include "host/dft/scf.h"

struct scf_options scf_defaults(void)
{
    return (struct scf_options){.ecut = 25, .mesh = {1, 1, 1}, .symmetry = true, .precision = KD_MIXED, .accuracy = 0.5e-8,
                                .max_iteration = 100, .mixing = 0.5};
}

static kd_status check(const struct scf *s)
{
    const struct scf_options *o = &s->options;
    if (!(o->ecut > 0.5 && o->ecut < 500))
        FAIL(KD_EINPUT, "scf: a cutoff of %g Ry, expected 1 to 1000", 2 * o->ecut);
    if (!(s->n_electron > 0))
        FAIL(KD_EINPUT, "scf: %g electrons in the cell, expected more than 0", s->n_electron);
    if (o->smearing != SMEARING_FIXED && !(o->width > 1e-6 && o->width < 1))
        FAIL(KD_EINPUT, "scf: a smearing of %g Ha, expected 1e-6 to 1", o->width);
    if (o->smearing == SMEARING_FIXED && fabs(s->n_electron - 2 * round(s->n_electron / 2)) > 1e-6)
        FAIL(KD_EINPUT, "scf: %g electrons do not fill bands two by two; give --smearing", s->n_electron);
    if (o->n_band && 2 * o->n_band < s->n_electron)
        FAIL(KD_EINPUT, "scf: %d bands for %g electrons", o->n_band, s->n_electron);
    return KD_OK;
}

/* Bands that are reported, and a few more that only keep the uppermost of those converging. */
static void count_bands(struct scf *s)
{
    int full = (int)ceil(s->n_electron / 2 - 1e-6);
    s->n_wanted = s->options.n_band;
    if (s->n_wanted == 0 && s->options.smearing == SMEARING_FIXED)
        s->n_wanted = full + 1;
    else if (s->n_wanted == 0)
        s->n_wanted = (int)fmax(1.2 * full, full + 4);
    int extra = s->n_wanted / 20 > 3 ? s->n_wanted / 20 : 3;
    s->n_band = (s->n_wanted + extra + 7) / 8 * 8; /* whole sub-blocks */
}

static kd_status allocate_grid(struct scf *s)
{
    kd_device *dev = s->dev;
    size_t point = s->n_point * sizeof(double), wave = (size_t)s->density.n * 2 * sizeof(double);
    double **points[4] = {&s->local_d, &s->rho_d, &s->effective_d, &s->xc_d};
    for (int i = 0; i < 4; i++)
        TRY(kd_alloc(dev, point, points[i]));
    TRY(kd_alloc(dev, wave, &s->rho_g_d));
    TRY(kd_alloc(dev, wave, &s->rho_out_g_d));
    TRY(kd_alloc(dev, GRID_N_SUM * sizeof(double), &s->sum_d));
    TRY(kd_alloc(dev, (size_t)s->n_band * sizeof(double), &s->occ_d));
    if (s->symmetry.n_op > 1) {
        TRY(kd_alloc_copy(dev, dev->stream, s->symmetry.first, (size_t)(s->symmetry.n_orbit + 1) * sizeof(int), &s->orbit_first_d));
        TRY(kd_alloc_copy(dev, dev->stream, s->symmetry.place, s->n_point * sizeof(int), &s->orbit_place_d));
    }
    return KD_OK;
}

/* Local potential, model core and the first density, superposed in reciprocal space. */
kd_status scf_superpose(struct scf *s)
{
    kd_device *dev = s->dev;
    const struct crystal *c = s->crystal;
    size_t n = (size_t)s->density.n, bytes = n * 2 * sizeof(double);
    double(*f)[2] = malloc(bytes);
    kd_status status = KD_OK;
    if (!f)
        FAIL(KD_ENOMEM, "scf: no host memory");
    TRY_OUT(ion_superpose(c, &s->density, s->ion.local, f));
    TRY_OUT(kd_upload(dev, dev->stream, s->rho_g_d, f, bytes));
    TRY_OUT(dev->grid->backward(dev, dev->stream, s->grid, s->rho_g_d, s->local_d));
    if (s->ion.has_core) {
        TRY_OUT(ion_superpose(c, &s->density, s->ion.core, f));
        TRY_OUT(kd_alloc_copy(dev, dev->stream, f, bytes, &s->core_g_d));
    }
    TRY_OUT(ion_superpose(c, &s->density, s->ion.charge, f));
    double scale = f[0][0] > 1e-6 * s->n_electron / c->volume ? s->n_electron / (c->volume * f[0][0]) : 0;
    for (size_t g = 0; g < n; g++)
        for (int i = 0; i < 2; i++)
            f[g][i] *= scale;
    f[0][0] = s->n_electron / c->volume; /* a file without atomic charge starts uniform */
    TRY_OUT(kd_upload(dev, dev->stream, s->rho_g_d, f, bytes));
out:
    free(f);
    return status;
}

static kd_status setup_k(struct scf *s, struct scf_k *k)
{
    kd_device *dev = s->dev;
    TRY(orbital_sphere(s->crystal, s->options.ecut, k->point.frac, k->point.trim, &k->sphere));
    if (k->sphere.n < 2 * s->n_band)
        FAIL(KD_EINPUT, "scf: %d plane waves for %d bands: the cutoff or the cell is too small", k->sphere.n, s->n_band);
    struct pw_spec spec = {k->point.trim ? s->real_type : s->complex_type, {s->n[0], s->n[1], s->n[2]}, s->crystal->volume, k->sphere.n,
                           (const int(*)[3])k->sphere.miller, (const double(*)[3])k->sphere.g,
                           {k->point.twice[0], k->point.twice[1], k->point.twice[2]}};
    TRY(dev->pw->create(dev, &spec, &k->basis));
    struct projector_forms forms;
    TRY(projector_forms_create(s->crystal, s->beta, &k->sphere, -1, &forms));
    kd_status status = dev->pw->projectors_create(dev, k->basis, &forms.spec, &k->nonlocal);
    projector_forms_free(&forms);
    TRY(status);
    size_t n = (size_t)k->sphere.n * (k->point.trim ? 2 : 1);
    k->psi = (struct la_block){spec.type, s->n_band, n, pw_leading(spec.type, n), NULL};
    k->eps = calloc((size_t)s->n_band, sizeof *k->eps);
    k->occ = calloc((size_t)s->n_band, sizeof *k->occ);
    if (!k->eps || !k->occ)
        FAIL(KD_ENOMEM, "scf: no host memory");
    return kd_alloc(dev, (size_t)s->n_band * k->psi.ld * la_size(spec.type), &k->psi.x_d);
}

static kd_status setup_kpoints(struct scf *s)
{
    struct kpoint *point;
    TRY(kpoints_mesh(&s->symmetry, s->options.mesh, s->options.shift, &point, &s->n_k));
    s->k = calloc((size_t)s->n_k, sizeof *s->k);
    for (int i = 0; i < s->n_k && s->k; i++)
        s->k[i].point = point[i];
    free(point);
    if (!s->k)
        FAIL(KD_ENOMEM, "scf: no host memory");
    for (int i = 0; i < s->n_k; i++)
        TRY(setup_k(s, &s->k[i]));
    return KD_OK;
}

static kd_status setup_work(struct scf *s)
{
    kd_device *dev = s->dev;
    size_t vector = 0, potential = 0, scratch = dev->grid->scratch(dev, s->grid);
    int n_proj = 0, n_start = scf_start_count(s->crystal), n_vec = n_start > s->n_band ? n_start : s->n_band;
    for (int i = 0; i < s->crystal->n_atom; i++)
        for (int b = 0; b < s->beta[s->crystal->species[i]].n_beta; b++)
            n_proj += 2 * s->beta[s->crystal->species[i]].l[b] + 1;
    for (int i = 0; i < s->n_k; i++) {
        size_t bytes = s->k[i].psi.ld * la_size(s->k[i].psi.type), packed = dev->pw->potential_bytes(s->k[i].basis);
        size_t need = dev->pw->scratch(dev, s->k[i].basis, n_vec, n_proj);
        vector = bytes > vector ? bytes : vector;
        potential = packed > potential ? packed : potential;
        scratch = need > scratch ? need : scratch;
    }
    int span = s->options.eigensolver == EIGEN_DAVIDSON ? 3 * n_vec : n_vec; /* vectors of the largest Rayleigh-Ritz */
    size_t la = dev->la->scratch(dev, span > n_proj ? span : n_proj);
    TRY(kd_scratch_reserve(dev, la > scratch ? la : scratch));
    TRY(kd_alloc(dev, potential, &s->potential_d));
    double kerker = s->options.smearing == SMEARING_FIXED ? 0 : 0.4;
    TRY(mix_create(dev, &s->density, s->crystal->volume, s->options.mixing, kerker, &s->mix));
    return eigen_work_create(dev, s->options.eigensolver, n_vec, vector, &s->work);
}

static kd_status setup(struct scf *s)
{
    const struct crystal *c = s->crystal;
    kd_device *dev = s->dev;
    bool wide = s->options.precision == KD_DOUBLE;
    s->n_electron = c->n_electron - s->options.charge;
    s->real_type = wide ? LA_F64 : LA_F32;
    s->complex_type = wide ? LA_C64 : LA_C32;
    TRY(check(s));
    count_bands(s);
    grid_size(c, s->options.ecut, s->n);
    s->n_point = (size_t)s->n[0] * (size_t)s->n[1] * (size_t)s->n[2];
    TRY(symmetry_create(c, s->n, s->options.symmetry, &s->symmetry));
    TRY(density_sphere(c, s->options.ecut, &s->density));
    span_begin("ion_tables");
    TRY(ion_tables_create(c, &s->density, &s->ion));
    span_end();
    s->beta = calloc((size_t)c->n_species, sizeof *s->beta);
    s->force = calloc((size_t)c->n_atom, sizeof *s->force);
    if (!s->beta || !s->force)
        FAIL(KD_ENOMEM, "scf: no host memory");
    for (int t = 0; t < c->n_species; t++)
        TRY(beta_table_create(c->pseudo[t], sqrt(2 * s->options.ecut) + 0.1, &s->beta[t]));
    struct grid_spec spec = {{s->n[0], s->n[1], s->n[2]}, c->volume, s->density.n, (const int(*)[3])s->density.miller,
                             (const double(*)[3])s->density.g};
    TRY(dev->grid->create(dev, &spec, &s->grid));
    TRY(allocate_grid(s));
    TRY(kd_scratch_reserve(dev, dev->grid->scratch(dev, s->grid)));
    TRY(scf_superpose(s));
    span_begin("projectors");
    TRY(setup_kpoints(s));
    span_end();
    TRY(setup_work(s));
    TRY(ewald(c, &s->energy.ewald, NULL, NULL));
    span_begin("first_orbitals");
    TRY(scf_start_orbitals(s));
    span_end();
    return KD_OK;
}

kd_status scf_create(kd_device *dev, const struct crystal *c, const struct scf_options *options, struct scf **out)
{
    struct scf *s = calloc(1, sizeof *s);
    if (!s)
        FAIL(KD_ENOMEM, "scf: no host memory");
    s->dev = dev;
    s->crystal = c;
    s->options = *options;
    if (!dev->pw || !dev->grid || !dev->la) {
        free(s);
        FAIL(KD_EDEVICE, "scf: device %s has no plane waves yet; use --device cpu", dev->backend);
    }
    int depth = span_depth();
    span_begin("setup");
    kd_status status = setup(s);
    span_unwind(depth);
    if (status != KD_OK) {
        scf_free(s);
        return status;
    }
    *out = s;
    return KD_OK;
}

static void free_k(struct scf *s, struct scf_k *k)
{
    sphere_free(&k->sphere);
    s->dev->pw->projectors_destroy(s->dev, k->nonlocal);
    s->dev->pw->destroy(s->dev, k->basis);
    kd_free(s->dev, k->psi.x_d);
    free(k->eps);
    free(k->occ);
}

void scf_free(struct scf *s)
{
    if (!s)
        return;
    for (int i = 0; i < s->n_k && s->k; i++)
        free_k(s, &s->k[i]);
    free(s->k);
    void *all[11] = {s->local_d,  s->rho_d, s->effective_d,   s->xc_d,          s->rho_g_d,    s->rho_out_g_d,
                     s->core_g_d, s->sum_d, s->orbit_first_d, s->orbit_place_d, s->potential_d};
    for (int i = 0; i < 11; i++)
        kd_free(s->dev, all[i]);
    kd_free(s->dev, s->occ_d);
    eigen_work_free(&s->work);
    mix_free(&s->mix);
    s->dev->grid->destroy(s->dev, s->grid);
    sphere_free(&s->density);
    ion_tables_free(&s->ion);
    for (int t = 0; t < s->crystal->n_species && s->beta; t++)
        beta_table_free(&s->beta[t]);
    free(s->beta);
    symmetry_free(&s->symmetry);
    free(s->force);
    free(s);
}

kd_status scf_set_density(struct scf *s, const double (*rho_g)[2])
{
    mix_restart(&s->mix);
    return kd_upload(s->dev, s->dev->stream, s->rho_g_d, rho_g, (size_t)s->density.n * 2 * sizeof(double));
}

kd_status scf_get_density(const struct scf *s, double (*rho_g)[2])
{
    return kd_download(s->dev, s->dev->stream, rho_g, s->rho_g_d, (size_t)s->density.n * 2 * sizeof(double));
}
