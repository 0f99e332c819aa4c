// SPDX-License-Identifier: BSD-3-Clause
/* site_file.c - the small file of one site (docs/formats.md). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/units.h"
#include "host/store/h5.h"
#include "host/structure/element.h"
#include "host/xas/room.h"

static kd_status write_energies(struct h5 *f, const struct xanes_site *s)
{
    TRY(h5_group(f, "energy_ha"));
    TRY(h5_set_double(f, "energy_ha", "total", s->energy));
    TRY(h5_set_double(f, "energy_ha", "ground", s->energy_ground));
    TRY(h5_set_double(f, "energy_ha", "edge", s->edge));
    TRY(h5_set_double(f, "energy_ha", "cut", s->cut));
    TRY(h5_set_double(f, "energy_ha", "k_edge", s->k_edge));
    if (isfinite(s->core_difference))
        TRY(h5_set_double(f, "energy_ha", "core_difference", s->core_difference));
    if (isfinite(s->e_shift))
        TRY(h5_set_double(f, "energy_ha", "e_shift", s->e_shift));
    return KD_OK;
}

static kd_status write_chains(struct h5 *f, const struct xanes_site *s)
{
    const struct chains *c = &s->chains;
    size_t n_k = (size_t)c->n_k, n_pol = (size_t)c->n_pol, n_step = (size_t)c->n_step, n_chain = n_k * n_pol;
    double *packed = malloc((2 * n_chain * n_step + 1) * sizeof *packed);
    kd_status status = KD_OK;
    if (!packed)
        FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
    double *b = packed + n_chain * n_step;
    for (size_t i = 0; i < n_chain; i++) {
        memcpy(packed + i * n_step, c->a + i * (size_t)c->n_max, n_step * sizeof *packed);
        memcpy(b + i * n_step, c->b + i * (size_t)c->n_max, n_step * sizeof *packed);
    }
    TRY_OUT(h5_write(f, &(struct h5_array){"chains/a", H5_DOUBLE, 3, {n_k, n_pol, n_step}, .unit = "Ha"}, packed));
    TRY_OUT(h5_write(f, &(struct h5_array){"chains/b", H5_DOUBLE, 3, {n_k, n_pol, n_step}, .unit = "Ha"}, b));
    TRY_OUT(h5_write(f, &(struct h5_array){"chains/norm", H5_DOUBLE, 2, {n_k, n_pol}, .unit = "bohr"}, c->norm));
    TRY_OUT(h5_write(f, &(struct h5_array){"chains/k_weight", H5_DOUBLE, 1, {n_k}, .unit = "1"}, c->weight));
    TRY_OUT(h5_write(f, &(struct h5_array){"chains/k_frac", H5_DOUBLE, 2, {n_k, 3}, .unit = "1"}, s->k_frac));
out:
    free(packed);
    return status;
}

static kd_status write_rest(struct h5 *f, const struct xanes_site *s)
{
    size_t n = (size_t)s->broadening.n;
    double seconds[5] = {s->seconds.scf, s->seconds.setup, s->seconds.chains, s->seconds.spectrum, s->seconds.total};
    TRY(h5_set_numbers(f, "/", "seconds_scf_setup_chains_spectrum_total", H5_DOUBLE, 5, seconds));
    TRY(h5_write(f, &(struct h5_array){"broadening/energy_ha", H5_DOUBLE, 1, {n}, .unit = "Ha"}, s->broadening.energy));
    TRY(h5_write(f, &(struct h5_array){"broadening/gamma_ha", H5_DOUBLE, 1, {n}, .unit = "Ha"}, s->broadening.gamma));
    if (s->n_shell > 0) {
        size_t shells = (size_t)s->n_shell;
        TRY(h5_write(f, &(struct h5_array){"response/shell", H5_DOUBLE, 1, {shells}, .unit = "1/bohr"}, s->shell));
        TRY(h5_write(f, &(struct h5_array){"response/density", H5_DOUBLE, 1, {shells}, .unit = "e"}, s->response));
    }
    return KD_OK;
}

kd_status xanes_site_put(struct h5 *f, const char *kind, const struct xanes_site *s)
{
    TRY(h5_set_text(f, "/", "creator", "kedge"));
    TRY(h5_set_text(f, "/", "kind", kind));
    TRY(h5_set_int(f, "/", "site", s->site));
    TRY(h5_set_int(f, "/", "number", s->z));
    TRY(h5_set_text(f, "/", "element", element_symbol(s->z)));
    TRY(h5_set_int(f, "/", "converged", s->converged));
    TRY(h5_set_text(f, "/", "failure", s->failure));
    TRY(h5_set_text(f, "/", "final_state", xanes_final_state_name(s->final_state)));
    TRY(h5_set_text(f, "/", "recipe", s->recipe));
    TRY(h5_set_int(f, "/", "scf_iterations", s->scf_iterations));
    TRY(h5_set_int(f, "/", "h_applications", s->h_applications));
    TRY(write_rest(f, s));
    if (!s->converged)
        return KD_OK;
    TRY(write_energies(f, s));
    return s->chains.n_step > 0 ? write_chains(f, s) : KD_OK;
}

kd_status xanes_site_write(const char *path, const struct xanes_site *s)
{
    struct h5 *f;
    TRY(h5_create(path, &f));
    kd_status status = xanes_site_put(f, "xanes_site", s);
    if (status == KD_OK)
        return h5_commit(f);
    h5_abandon(f);
    return status;
}

/* ---- reading ---- */

static kd_status read_optional(struct h5 *f, const char *name, double *value)
{
    *value = NAN;
    return h5_has_attribute(f, "energy_ha", name) ? h5_get_double(f, "energy_ha", name, value) : KD_OK;
}

static kd_status read_energies(struct h5 *f, struct xanes_site *s)
{
    TRY(h5_get_double(f, "energy_ha", "total", &s->energy));
    TRY(h5_get_double(f, "energy_ha", "ground", &s->energy_ground));
    TRY(h5_get_double(f, "energy_ha", "edge", &s->edge));
    TRY(h5_get_double(f, "energy_ha", "cut", &s->cut));
    TRY(h5_get_double(f, "energy_ha", "k_edge", &s->k_edge));
    TRY(read_optional(f, "core_difference", &s->core_difference));
    return read_optional(f, "e_shift", &s->e_shift);
}

static kd_status read_chains(struct h5 *f, struct xanes_site *s)
{
    struct h5_array shape;
    TRY(h5_shape(f, "chains/a", &shape));
    const size_t *n = shape.extent;
    if (shape.rank != 3 || n[0] < 1 || n[0] > 100000 || n[1] != XANES_N_POL || n[2] < 1 || n[2] > 1000000)
        FAIL(KD_EINPUT, "%s: chains/a has the wrong shape", h5_path(f));
    TRY(chains_create((int)n[0], (int)n[1], (int)n[2], &s->chains));
    s->chains.n_step = (int)n[2];
    s->k_frac = malloc(n[0] * sizeof *s->k_frac);
    if (!s->k_frac)
        FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
    TRY(h5_read(f, &(struct h5_array){"chains/a", H5_DOUBLE, 3, {n[0], n[1], n[2]}, .unit = "Ha"}, s->chains.a));
    TRY(h5_read(f, &(struct h5_array){"chains/b", H5_DOUBLE, 3, {n[0], n[1], n[2]}, .unit = "Ha"}, s->chains.b));
    TRY(h5_read(f, &(struct h5_array){"chains/norm", H5_DOUBLE, 2, {n[0], n[1]}, .unit = "bohr"}, s->chains.norm));
    TRY(h5_read(f, &(struct h5_array){"chains/k_weight", H5_DOUBLE, 1, {n[0]}}, s->chains.weight));
    return h5_read(f, &(struct h5_array){"chains/k_frac", H5_DOUBLE, 2, {n[0], 3}}, s->k_frac);
}

static kd_status read_rest(struct h5 *f, struct xanes_site *s)
{
    struct h5_array shape;
    double seconds[5];
    TRY(h5_get_numbers(f, "/", "seconds_scf_setup_chains_spectrum_total", H5_DOUBLE, 5, seconds));
    s->seconds = (struct xanes_seconds){seconds[0], seconds[1], seconds[2], seconds[3], seconds[4]};
    TRY(h5_shape(f, "broadening/energy_ha", &shape));
    if (shape.rank != 1 || shape.extent[0] < 1 || shape.extent[0] > BROADEN_MAX)
        FAIL(KD_EINPUT, "%s: broadening has the wrong shape", h5_path(f));
    s->broadening.n = (int)shape.extent[0];
    TRY(h5_read(f, &(struct h5_array){"broadening/energy_ha", H5_DOUBLE, 1, {shape.extent[0]}, .unit = "Ha"}, s->broadening.energy));
    TRY(h5_read(f, &(struct h5_array){"broadening/gamma_ha", H5_DOUBLE, 1, {shape.extent[0]}, .unit = "Ha"}, s->broadening.gamma));
    if (!h5_exists(f, "response/shell"))
        return KD_OK;
    TRY(h5_shape(f, "response/shell", &shape));
    if (shape.rank != 1 || shape.extent[0] < 1 || shape.extent[0] > 100000000)
        FAIL(KD_EINPUT, "%s: response/shell has the wrong shape", h5_path(f));
    size_t n = shape.extent[0];
    s->shell = malloc(2 * n * sizeof *s->shell);
    if (!s->shell)
        FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
    s->n_shell = (int)n;
    s->response = s->shell + n;
    TRY(h5_read(f, &(struct h5_array){"response/shell", H5_DOUBLE, 1, {n}}, s->shell));
    return h5_read(f, &(struct h5_array){"response/density", H5_DOUBLE, 1, {n}}, s->response);
}

kd_status xanes_site_get(struct h5 *f, const char *kind, struct xanes_site *s)
{
    char text[32];
    long long site, z, converged, iterations, applications;
    s->e_shift = s->core_difference = NAN;
    TRY(h5_get_text(f, "/", "kind", text, sizeof text));
    if (strcmp(text, kind) != 0)
        FAIL(KD_EINPUT, "%s: kind \"%s\", expected %s", h5_path(f), text, kind);
    TRY(h5_get_int(f, "/", "site", &site));
    TRY(h5_get_int(f, "/", "number", &z));
    TRY(h5_get_int(f, "/", "converged", &converged));
    TRY(h5_get_int(f, "/", "scf_iterations", &iterations));
    TRY(h5_get_int(f, "/", "h_applications", &applications));
    if (site < 0 || site > 100000000 || z < 1 || z > ELEMENT_LAST)
        FAIL(KD_EINPUT, "%s: site %lld of element %lld", h5_path(f), site, z);
    s->site = (int)site;
    s->z = (int)z;
    s->converged = converged != 0;
    s->scf_iterations = (int)iterations;
    s->h_applications = (long)applications;
    TRY(h5_get_text(f, "/", "failure", s->failure, sizeof s->failure));
    TRY(h5_get_text(f, "/", "recipe", s->recipe, sizeof s->recipe));
    TRY(h5_get_text(f, "/", "final_state", text, sizeof text));
    TRY(xanes_final_state_parse(text, &s->final_state));
    TRY(read_rest(f, s));
    if (!s->converged)
        return KD_OK;
    TRY(read_energies(f, s));
    return strcmp(kind, "xanes_checkpoint") == 0 && !h5_exists(f, "chains/a") ? KD_OK : read_chains(f, s);
}

kd_status xanes_site_read(const char *path, struct xanes_site *s)
{
    struct h5 *f;
    memset(s, 0, sizeof *s);
    TRY(h5_open(path, &f));
    kd_status status = xanes_site_get(f, "xanes_site", s);
    h5_close(f);
    if (status != KD_OK)
        xanes_site_free(s);
    return status;
}
