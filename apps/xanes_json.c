// SPDX-License-Identifier: BSD-3-Clause
/* xanes_json.c - one site of kedge xanes --json. */
#include "apps/xanes_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/units.h"
#include "host/structure/element.h"

static void chains_json(struct js *o, const char *key, const struct chains *c, const double *v)
{
    struct js *points = js_array(o, key);
    for (int k = 0; k < c->n_k; k++) {
        struct js *chains = js_array(points, NULL);
        for (int p = 0; p < c->n_pol; p++)
            js_doubles(chains, NULL, (size_t)c->n_step, v + ((size_t)k * (size_t)c->n_pol + (size_t)p) * (size_t)c->n_max);
    }
}

void xanes_site_json(struct js *object, const struct xanes_site *s, bool with_chains)
{
    js_int(object, "site", s->site);
    js_string(object, "element", element_symbol(s->z));
    js_bool(object, "converged", s->converged);
    if (s->failure[0])
        js_string(object, "failure", s->failure);
    js_int(object, "lanczos_steps", s->chains.n_step);
    js_int(object, "scf_iterations", s->scf_iterations);
    js_int(object, "h_applications", s->h_applications);
    struct js *seconds = js_object(object, "seconds");
    js_double(seconds, "core_hole_scf", s->seconds.scf);
    js_double(seconds, "setup", s->seconds.setup);
    js_double(seconds, "chains", s->seconds.chains);
    js_double(seconds, "total", s->seconds.total);
    if (!s->converged)
        return;
    if (isfinite(s->e_shift))
        js_double(object, "e_shift_ev", ev_from_ha(s->e_shift));
    else
        js_null(object, "e_shift_ev");
    js_double(object, "edge_ev", ev_from_ha(s->edge));
    js_double(object, "energy_ha", s->energy);
    struct js *norms = js_array(object, "norm");
    for (int k = 0; k < s->chains.n_k; k++)
        js_doubles(norms, NULL, (size_t)s->chains.n_pol, s->chains.norm + (size_t)k * (size_t)s->chains.n_pol);
    if (!with_chains)
        return;
    struct js *points = js_array(object, "k_frac");
    for (int k = 0; k < s->chains.n_k; k++)
        js_doubles(points, NULL, 3, s->k_frac[k]);
    chains_json(object, "a_ha", &s->chains, s->chains.a);
    chains_json(object, "b_ha", &s->chains, s->chains.b);
}

kd_status xanes_parse_sites(const char *text, int **site, int *n)
{
    const char *at = text;
    *n = 0;
    *site = NULL;
    if (strcmp(text, "all") == 0)
        return KD_OK;
    while (*at) {
        char *end;
        long first = strtol(at, &end, 10), last = first;
        if (end != at && *end == '-')
            last = strtol(at = end + 1, &end, 10);
        if (end == at || (*end && *end != ',') || first < 0 || last < first || last > 1000000 || last - first > 100000)
            FAIL(KD_EINPUT, "--sites: \"%s\", expected all, or atoms from 0 like 0,3,7-9", text);
        int *more = realloc(*site, ((size_t)*n + (size_t)(last - first) + 1) * sizeof *more);
        if (!more)
            FAIL(KD_ENOMEM, "--sites: no host memory");
        *site = more;
        for (long i = first; i <= last; i++)
            more[(*n)++] = (int)i;
        at = *end ? end + 1 : end;
    }
    return *n ? KD_OK : kd_fail(KD_EINPUT, "--sites: an empty list");
}
