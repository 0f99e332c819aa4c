// SPDX-License-Identifier: BSD-3-Clause
/* gs.c - a ground state as a file and as JSON. */
#include "host/dft/gs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/units.h"
#include "host/store/h5.h"
#include "host/structure/element.h"

/* ---- JSON ---- */

static void bands_json(const struct scf *s, struct js *object)
{
    struct js *energies = js_array(object, "eigenvalues_ev"), *occupations = js_array(object, "occupations");
    struct js *points = js_array(object, "kpoints");
    for (int i = 0; i < s->n_k; i++) {
        const struct scf_k *k = &s->k[i];
        struct js *e = js_array(energies, NULL), *o = js_array(occupations, NULL), *p = js_object(points, NULL);
        for (int j = 0; j < s->n_wanted; j++) {
            js_double(e, NULL, ev_from_ha(k->eps[j]));
            js_double(o, NULL, k->occ[j] / k->point.weight);
        }
        js_doubles(p, "frac", 3, k->point.frac);
        js_double(p, "weight", k->point.weight);
        js_int(p, "n_pw", k->sphere.n);
    }
}

void gs_json(const struct scf *s, bool with_forces, bool with_stress, struct js *object)
{
    js_bool(object, "converged", s->converged);
    js_int(object, "iterations", s->n_iteration);
    js_int(object, "h_applications", s->h_applications);
    js_int(object, "n_band", s->n_band);
    js_double(object, "energy_ha", s->energy.total);
    js_double(object, "accuracy_ha", s->estimate);
    struct js *terms = js_object(object, "energy_terms_ha");
    js_double(terms, "one_electron", s->energy.one_electron);
    js_double(terms, "hartree", s->energy.hartree);
    js_double(terms, "xc", s->energy.xc);
    js_double(terms, "ewald", s->energy.ewald);
    js_double(terms, "smearing", s->energy.smearing);
    js_double(object, "fermi_ev", ev_from_ha(s->occupations.fermi));
    js_double(object, "homo_ev", ev_from_ha(s->occupations.homo));
    if (isfinite(s->occupations.lumo))
        js_double(object, "lumo_ev", ev_from_ha(s->occupations.lumo));
    else
        js_null(object, "lumo_ev");
    js_double(object, "n_electron", s->n_electron);
    js_ints(object, "grid", 3, s->n);
    js_int(object, "n_symmetry", s->symmetry.n_op);
    bands_json(s, object);
    struct js *forces = with_forces ? js_array(object, "forces_ha_bohr") : NULL;
    for (int i = 0; i < s->crystal->n_atom && forces; i++) {
        struct js *f = js_array(forces, NULL);
        for (int a = 0; a < 3; a++)
            js_double(f, NULL, s->force[i][a]);
    }
    double stress[6];
    for (int v = 0; v < 6; v++)
        stress[v] = gpa_from_ha_bohr3(s->stress[v]);
    if (with_stress)
        js_doubles(object, "stress_gpa", 6, stress);
}

/* ---- gs.h5 ---- */

static kd_status write_structure(struct h5 *f, const struct structure *s, const struct pseudo_set *set)
{
    size_t n = (size_t)s->n_atom;
    TRY(h5_write(f, &(struct h5_array){"structure/cell_angstrom", H5_DOUBLE, 2, {3, 3}, .unit = "angstrom"}, s->cell));
    TRY(h5_write(f, &(struct h5_array){"structure/position_angstrom", H5_DOUBLE, 2, {n, 3}, .unit = "angstrom"}, s->position));
    TRY(h5_write(f, &(struct h5_array){"structure/number", H5_INT, 1, {n}, .unit = "1"}, s->number));
    TRY(h5_write(f, &(struct h5_array){"structure/species", H5_INT, 1, {n}, .unit = "1"}, set->species));
    TRY(h5_write_strings(f, "structure/pseudopotential", (size_t)set->n, (const char *const *)set->path));
    double valence[PSEUDO_SET_MAX];
    for (int t = 0; t < set->n; t++)
        valence[t] = set->pseudo[t].z_valence;
    return h5_write(f, &(struct h5_array){"structure/z_valence", H5_DOUBLE, 1, {(size_t)set->n}, .unit = "e"}, valence);
}

static kd_status write_bands(struct h5 *f, const struct scf *s)
{
    size_t n_k = (size_t)s->n_k, n_band = (size_t)s->n_wanted;
    double *eps = malloc((2 * n_band + 4) * n_k * sizeof *eps), *occ = eps + n_k * n_band, *point = occ + n_k * n_band;
    kd_status status = KD_OK;
    if (!eps)
        FAIL(KD_ENOMEM, "gs.h5: no host memory");
    double *weight = point + 3 * n_k;
    for (size_t i = 0; i < n_k; i++) {
        memcpy(eps + i * n_band, s->k[i].eps, n_band * sizeof *eps);
        memcpy(occ + i * n_band, s->k[i].occ, n_band * sizeof *occ);
        memcpy(point + 3 * i, s->k[i].point.frac, 3 * sizeof *point);
        weight[i] = s->k[i].point.weight;
    }
    TRY_OUT(h5_write(f, &(struct h5_array){"bands/energy_ha", H5_DOUBLE, 2, {n_k, n_band}, .unit = "Ha"}, eps));
    TRY_OUT(h5_write(f, &(struct h5_array){"bands/occupation", H5_DOUBLE, 2, {n_k, n_band}, .unit = "1"}, occ));
    TRY_OUT(h5_write(f, &(struct h5_array){"bands/k_frac", H5_DOUBLE, 2, {n_k, 3}, .unit = "1"}, point));
    TRY_OUT(h5_write(f, &(struct h5_array){"bands/k_weight", H5_DOUBLE, 1, {n_k}, .unit = "1"}, weight));
out:
    free(eps);
    return status;
}

/* rho on the grid and in reciprocal space, and the potential that the bands saw. */
static kd_status write_grids(struct h5 *f, const struct scf *s)
{
    kd_device *dev = s->dev;
    size_t n[3] = {(size_t)s->n[0], (size_t)s->n[1], (size_t)s->n[2]}, n_g = (size_t)s->density.n;
    double *x = malloc((s->n_point > 2 * n_g ? s->n_point : 2 * n_g) * sizeof *x);
    kd_status status = KD_OK;
    if (!x)
        FAIL(KD_ENOMEM, "gs.h5: no host memory");
    TRY_OUT(kd_download(dev, dev->stream, x, s->effective_d, s->n_point * sizeof *x));
    TRY_OUT(h5_write(f, &(struct h5_array){"grid/potential_ha", H5_DOUBLE, 3, {n[0], n[1], n[2]}, .unit = "Ha", .flags = H5_DEFLATE}, x));
    TRY_OUT(dev->grid->backward(dev, dev->stream, s->grid, s->rho_out_g_d, s->rho_d));
    TRY_OUT(kd_download(dev, dev->stream, x, s->rho_d, s->n_point * sizeof *x));
    TRY_OUT(h5_write(f, &(struct h5_array){"grid/density", H5_DOUBLE, 3, {n[0], n[1], n[2]}, .unit = "1/bohr^3", .flags = H5_DEFLATE}, x));
    TRY_OUT(kd_download(dev, dev->stream, x, s->rho_g_d, 2 * n_g * sizeof *x));
    TRY_OUT(h5_write(f, &(struct h5_array){"wave/density", H5_DOUBLE, 2, {n_g, 2}, .unit = "1/bohr^3"}, x));
    TRY_OUT(h5_write(f, &(struct h5_array){"wave/miller", H5_INT, 2, {n_g, 3}, .unit = "1"}, s->density.miller));
out:
    free(x);
    return status;
}

static kd_status write_results(struct h5 *f, const struct scf *s)
{
    const struct scf_energies *e = &s->energy;
    double terms[6] = {e->total, e->one_electron, e->hartree, e->xc, e->ewald, e->smearing};
    static const char *const name[6] = {"total", "one_electron", "hartree", "xc", "ewald", "smearing"};
    TRY(h5_group(f, "energy_ha"));
    for (int i = 0; i < 6; i++)
        TRY(h5_set_double(f, "energy_ha", name[i], terms[i]));
    TRY(h5_set_double(f, "energy_ha", "fermi", s->occupations.fermi));
    TRY(h5_set_double(f, "energy_ha", "homo", s->occupations.homo));
    TRY(h5_set_int(f, "/", "iterations", s->n_iteration));
    TRY(h5_set_int(f, "/", "h_applications", s->h_applications));
    TRY(h5_set_double(f, "/", "ecut_ha", s->options.ecut));
    TRY(h5_set_double(f, "/", "charge_e", s->options.charge));
    TRY(h5_set_double(f, "/", "n_electron", s->n_electron));
    TRY(h5_set_text(f, "/", "smearing", smearing_name(s->options.smearing)));
    TRY(h5_set_double(f, "/", "smearing_width_ha", s->options.width));
    TRY(h5_set_text(f, "/", "precision", s->options.precision == KD_DOUBLE ? "double" : "mixed"));
    TRY(h5_set_numbers(f, "/", "kpoint_mesh", H5_INT, 3, s->options.mesh));
    TRY(h5_set_numbers(f, "/", "kpoint_shift", H5_INT, 3, s->options.shift));
    TRY(h5_set_numbers(f, "/", "stress_ha_bohr3", H5_DOUBLE, 6, s->stress));
    return h5_write(f, &(struct h5_array){"force_ha_bohr", H5_DOUBLE, 2, {(size_t)s->crystal->n_atom, 3}, .unit = "Ha/bohr"}, s->force);
}

kd_status gs_write(const char *path, const struct scf *s, const struct structure *structure, const struct pseudo_set *set, bool orbitals,
                   const struct js *provenance)
{
    struct h5 *f;
    kd_status status = KD_OK;
    if (!s->converged)
        FAIL(KD_EINTERNAL, "%s: a ground state that has not converged is not written", path);
    TRY(h5_create(path, &f));
    TRY_OUT(h5_set_text(f, "/", "creator", "kedge"));
    TRY_OUT(h5_set_text(f, "/", "kind", "ground_state"));
    if (provenance)
        TRY_OUT(h5_set_members(f, "/", "provenance", provenance));
    TRY_OUT(write_structure(f, structure, set));
    TRY_OUT(write_bands(f, s));
    TRY_OUT(write_grids(f, s));
    TRY_OUT(write_results(f, s));
    if (orbitals)
        TRY_OUT(gs_write_orbitals(f, s));
    return h5_commit(f);
out:
    h5_abandon(f);
    return status;
}
