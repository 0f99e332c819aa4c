// SPDX-License-Identifier: BSD-3-Clause
/* open.c - a ground state made ready for the spectra of its sites. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/upf.h"
#include "host/base/log.h"
#include "host/base/span.h"
#include "host/base/units.h"
#include "host/structure/element.h"
#include "host/xas/hole.h"
#include "host/xas/room.h"

static const char *const state_name[3] = {"xch", "fch", "none"};

const char *xanes_final_state_name(enum xanes_final_state s)
{
    return state_name[s];
}

kd_status xanes_final_state_parse(const char *name, enum xanes_final_state *s)
{
    for (int i = 0; i < 3; i++)
        if (strcmp(name, state_name[i]) == 0) {
            *s = (enum xanes_final_state)i;
            return KD_OK;
        }
    FAIL(KD_EINPUT, "--final-state: \"%s\", expected xch, fch or none", name);
}

struct xanes_options xanes_defaults(enum kd_precision precision)
{
    struct xanes_options o = {.final_state = XANES_XCH, .mesh = {2, 2, 2}, .scf_accuracy = 1.5e-6, .convergence = 1.5e-3, .max_step = 2000,
                              .window = ha_from_ev(50), .grid_factor = precision == KD_DOUBLE ? 2.2 : 1.3, .precision = precision, .checkpoint_seconds = 60};
    o.pseudo.core_hole_site = -1;
    o.broadening.n = 1;
    o.broadening.gamma[0] = ha_from_ev(0.8);
    return o;
}

/* ---- pseudopotentials ---- */

/* The files that gs.h5 names, unless the options name others. */
static kd_status read_set(struct xanes *x)
{
    struct pseudo_choice choice = x->options.pseudo;
    char given[PSEUDO_SET_MAX][PATH_MAX + 8];
    choice.core_hole_site = -1;
    choice.core_hole_file = NULL;
    for (size_t t = 0; t < x->gs.n_species && !choice.directory; t++) {
        const char *element = NULL;
        bool named = false;
        for (int i = 0; i < x->gs.structure.n_atom && !element; i++)
            element = x->gs.species[i] == (int)t ? element_symbol(x->gs.structure.number[i]) : NULL;
        for (int i = 0; i < x->options.pseudo.n_given && element; i++)
            named = named || strncmp(x->options.pseudo.given[i], element, strlen(element)) == 0;
        if (!element || named || choice.n_given == PSEUDO_SET_MAX)
            continue;
        snprintf(given[t], sizeof given[t], "%s=%s", element, x->gs.pseudo[t]);
        choice.given[choice.n_given++] = given[t];
    }
    TRY(pseudo_set_read(&x->gs.structure, &choice, &x->set));
    for (int i = 0; i < x->gs.structure.n_atom; i++)
        if (x->gs.species[i] != x->set.species[i])
            FAIL(KD_EINPUT, "%s: a ground state with a core hole at atom %d, expected one without", x->gs.structure.source, i);
    return KD_OK;
}

static kd_status find_absorber(struct xanes *x)
{
    int z = 0;
    if (x->options.core_hole_file && x->options.final_state != XANES_GROUND) {
        TRY(upf_read(x->options.core_hole_file, &x->hole));
        snprintf(x->hole_path, sizeof x->hole_path, "%s", x->options.core_hole_file);
        z = x->hole.z;
    }
    x->absorber_species = -1;
    for (int t = 0; t < x->set.n; t++)
        if (x->set.pseudo[t].z == (z ? z : 14) || (!z && x->set.n == 1))
            x->absorber_species = t;
    if (x->absorber_species < 0)
        FAIL(KD_EINPUT, "%s: no %s in it to take a spectrum of%s", x->gs.structure.source, z ? element_symbol(z) : "silicon",
             z ? "" : "; name another absorber by its --core-hole-pseudo");
    const struct pseudo *ground = &x->set.pseudo[x->absorber_species];
    x->hole_species = x->absorber_species;
    x->core_difference = NAN;
    for (int t = 0; t < x->set.n; t++)
        x->list[t] = &x->set.pseudo[t];
    if (x->options.final_state == XANES_GROUND)
        return KD_OK;
    if (!z)
        TRY(hole_pseudo(ground, &x->hole, x->hole_path));
    TRY(hole_core_difference(ground, &x->hole, &x->core_difference));
    x->charge_hole = x->options.final_state == XANES_FCH ? (int)lround(x->hole.z_valence - ground->z_valence) : 0;
    x->hole_species = x->set.n;
    x->list[x->set.n] = &x->hole;
    return KD_OK;
}

/* Everything that must agree between spectra which are compared. */
static void describe(struct xanes *x)
{
    const struct xanes_options *o = &x->options;
    int used = snprintf(x->recipe, sizeof x->recipe, "final_state=%s ecut_ry=%g kpoints=%dx%dx%d shift=%d%d%d radius_factor=%g",
                        xanes_final_state_name(o->final_state), ry_from_ha(x->gs.ecut), o->mesh[0], o->mesh[1], o->mesh[2], o->shift[0],
                        o->shift[1], o->shift[2], o->radius_factor > 0 ? o->radius_factor : 1.5);
    for (int t = 0; t < x->set.n && used < (int)sizeof x->recipe; t++)
        used += snprintf(x->recipe + used, sizeof x->recipe - (size_t)used, " %s=%016llx", x->set.pseudo[t].element,
                         hole_fingerprint(&x->set.pseudo[t]));
    if (o->final_state != XANES_GROUND && used < (int)sizeof x->recipe)
        snprintf(x->recipe + used, sizeof x->recipe - (size_t)used, " %s*=%016llx", x->hole.element, hole_fingerprint(&x->hole));
}

/* ---- ground state ---- */

void xanes_place_hole(struct xanes *x, int site)
{
    struct crystal *c = &x->crystal;
    c->n_electron = 0;
    for (int i = 0; i < c->n_atom; i++) {
        c->species[i] = i == site ? x->hole_species : x->set.species[i];
        c->n_electron += c->pseudo[c->species[i]]->z_valence;
    }
}

static kd_status scf_for_sites(struct xanes *x)
{
    struct scf_options o = scf_defaults();
    double most = x->crystal.n_electron - x->gs.charge + (x->options.final_state == XANES_XCH ? 2 : 0);
    bool smeared = x->gs.smearing != SMEARING_FIXED;
    int full = (int)ceil(most / 2 - 1e-6);
    o.ecut = x->gs.ecut;
    memcpy(o.mesh, x->gs.mesh, sizeof o.mesh);
    memcpy(o.shift, x->gs.shift, sizeof o.shift);
    o.symmetry = false;
    o.charge = x->gs.charge;
    o.smearing = x->gs.smearing;
    o.width = x->gs.width;
    o.precision = x->options.precision;
    o.seed = x->options.seed;
    o.accuracy = x->options.scf_accuracy;
    o.n_band = smeared ? (int)fmax(1.2 * full, full + 4) : x->options.final_state == XANES_XCH ? full + 2 : full + 1;
    return scf_create(x->dev, &x->crystal, &o, &x->scf);
}

/* The density of the file, and the orbitals that belong to it. */
static kd_status ground_orbitals(struct xanes *x)
{
    struct scf *s = x->scf;
    kd_device *dev = x->dev;
    if (x->gs.n_g != (size_t)s->density.n || memcmp(x->gs.miller, s->density.miller, x->gs.n_g * sizeof *x->gs.miller) != 0)
        FAIL(KD_EINPUT, "%s: its plane waves are not those of its cell and cutoff", x->gs.structure.source);
    TRY(scf_set_density(s, (const double(*)[2])x->gs.rho_g));
    TRY(scf_start_orbitals(s));
    TRY(scf_bands(s, 1e-4 * s->n_electron));
    x->ground_orbital_d = calloc((size_t)s->n_k, sizeof *x->ground_orbital_d);
    if (!x->ground_orbital_d)
        FAIL(KD_ENOMEM, "xanes: no host memory");
    for (int i = 0; i < s->n_k && x->options.final_state != XANES_GROUND; i++) {
        const struct la_block *psi = &s->k[i].psi;
        size_t bytes = (size_t)psi->n_vec * psi->ld * la_size(psi->type);
        TRY(kd_alloc(dev, bytes, &x->ground_orbital_d[i]));
        TRY(kd_copy(dev, dev->stream, x->ground_orbital_d[i], psi->x_d, bytes));
    }
    return KD_OK;
}

kd_status xanes_prepare(struct xanes *x)
{
    if (x->orbitals_ready)
        return KD_OK;
    span_begin("ground_orbitals");
    xanes_place_hole(x, -1);
    if (x->hole_in_scf) /* a site was taken up from its checkpoint */
        TRY(scf_change_species(x->scf, x->gs.charge, x->gs.smearing, x->gs.width));
    x->hole_in_scf = false;
    TRY(ground_orbitals(x));
    span_end();
    x->orbitals_ready = true;
    return KD_OK;
}

static kd_status open_all(struct xanes *x, const char *gs_path)
{
    TRY(gs_read(gs_path, &x->gs));
    TRY(read_set(x));
    TRY(find_absorber(x));
    describe(x);
    int n_list = x->options.final_state == XANES_GROUND ? x->set.n : x->set.n + 1;
    TRY(crystal_create(&x->gs.structure, n_list, x->list, x->set.species, &x->crystal));
    span_begin("prepare");
    TRY(scf_for_sites(x));
    TRY(dipole_create(x->list[x->hole_species], &x->set.pseudo[x->absorber_species], x->options.radius_factor, sqrt(2 * x->gs.ecut) + 0.1,
                      &x->dipole));
    TRY(xanes_chains_setup(x));
    span_end();
    return KD_OK;
}

kd_status xanes_open(kd_device *dev, const char *gs_path, const struct xanes_options *options, struct xanes **out)
{
    struct xanes *x = calloc(1, sizeof *x);
    if (!x)
        FAIL(KD_ENOMEM, "xanes: no host memory");
    x->dev = dev;
    x->options = *options;
    if (!dev->pw || !dev->grid || !dev->la || !dev->xas) {
        free(x);
        FAIL(KD_EDEVICE, "xanes: device %s has no spectra yet; use --device cpu", dev->backend);
    }
    int depth = span_depth();
    kd_status status = open_all(x, gs_path);
    span_unwind(depth);
    if (status != KD_OK) {
        xanes_close(x);
        return status;
    }
    *out = x;
    return KD_OK;
}

void xanes_close(struct xanes *x)
{
    if (!x)
        return;
    xanes_chains_free(x);
    dipole_free(&x->dipole);
    for (int i = 0; x->scf && x->ground_orbital_d && i < x->scf->n_k; i++)
        kd_free(x->dev, x->ground_orbital_d[i]);
    free(x->ground_orbital_d);
    scf_free(x->scf);
    crystal_free(&x->crystal);
    pseudo_free(&x->hole);
    pseudo_set_free(&x->set);
    gs_file_free(&x->gs);
    free(x->response);
    free(x);
}

const struct gs_file *xanes_ground(const struct xanes *x)
{
    return &x->gs;
}

const char *xanes_recipe(const struct xanes *x)
{
    return x->recipe;
}

const struct structure *xanes_structure(const struct xanes *x)
{
    return &x->gs.structure;
}

int xanes_absorbers(const struct xanes *x, int *site)
{
    int n = 0;
    for (int i = 0; i < x->gs.structure.n_atom; i++)
        if (x->set.species[i] == x->absorber_species)
            site[n++] = i;
    return n;
}
