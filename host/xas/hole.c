// SPDX-License-Identifier: BSD-3-Clause
/* hole.c - the pseudopotential of an absorber. */
#include "host/xas/hole.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "host/atom/atom.h"
#include "host/atom/generation.h"
#include "host/atom/upf.h"
#include "host/base/hash.h"
#include "host/base/log.h"
#include "host/base/paths.h"
#include "host/base/units.h"

unsigned long long hole_fingerprint(const struct pseudo *p)
{
    unsigned long long h = hash_bytes(HASH_START, p->v_local, (size_t)p->n * sizeof(double));
    h = hash_bytes(h, p->d, (size_t)(p->n_projector * p->n_projector) * sizeof(double));
    for (int b = 0; b < p->n_projector; b++)
        h = hash_bytes(h, p->projector[b].beta, (size_t)p->n * sizeof(double));
    for (int i = 0; i < p->n_partial; i++)
        h = hash_bytes(h, p->partial[i].ae, (size_t)p->n * sizeof(double));
    return h;
}

/* The recipe that the file remembers. */
static kd_status recipe_of(const struct pseudo *p, struct recipe *r)
{
    char text[sizeof p->recipe], *at = text;
    TRY(recipe_default(p->z, r));
    snprintf(text, sizeof text, "%s", p->recipe);
    for (char *word; (word = strtok_r(at, " ", &at));)
        TRY(recipe_set(r, word));
    return KD_OK;
}

static kd_status make(const struct recipe *r, const struct configuration *c, struct pseudo *out)
{
    struct generation *g;
    TRY(generation_make(r, c, &g));
    kd_status status = generation_pseudo(g, out);
    generation_free(g);
    return status;
}

kd_status hole_pseudo(const struct pseudo *ground, struct pseudo *out, char path[PATH_MAX])
{
    struct recipe r;
    struct configuration c;
    char text[1024], configuration[160], directory[PATH_MAX];
    path[0] = 0;
    if (!ground->has_atom || !ground->recipe[0])
        FAIL(KD_EINPUT, "%s: the set is of %s, so its partner with a core hole cannot be made here; give --core-hole-pseudo FILE",
             ground->element, ground->generated[0] ? ground->generated : "another program");
    TRY(recipe_of(ground, &r));
    TRY(configuration_parse(ground->configuration, &c));
    TRY(configuration_excite(&c, 1, 0, 1.0));
    configuration_print(&c, configuration);
    snprintf(text, sizeof text, "%s | %s", ground->recipe, configuration);
    if (cache_directory("pseudo", directory) == KD_OK) {
        int n = snprintf(path, PATH_MAX, "%s/%s_1s1_%016llx.upf", directory, ground->element, (unsigned long long)hash_bytes(HASH_START, text, strlen(text)));
        if (n > 0 && n < PATH_MAX && path_is_file(path) && upf_read(path, out) == KD_OK)
            return KD_OK;
    }
    kd_error_clear();
    log_info("making the core-hole pseudopotential of %s (%s)", ground->element, configuration);
    TRY(make(&r, &c, out));
    if (path[0] && upf_write(out, path) == KD_OK) { /* what later runs will read: the same bits now */
        pseudo_free(out);
        return upf_read(path, out);
    }
    kd_error_clear(); /* only a cache */
    path[0] = 0;
    return KD_OK;
}

/* All-electron energy of the reference of a set: the file's, or that of the ground configuration without `hole` 1s electrons. */
static kd_status energy_ae(const struct pseudo *p, double hole, double *energy)
{
    struct atom_options o = {.z = p->z, .xc = p->xc, .relativistic = p->relativistic};
    struct atom *atom;
    if (p->has_atom) {
        *energy = p->energy_ae;
        return KD_OK;
    }
    TRY(configuration_ground(p->z, &o.configuration));
    TRY(configuration_excite(&o.configuration, 1, 0, hole));
    TRY(atom_solve(&o, &atom));
    *energy = atom->energies.total;
    atom_free(atom);
    return KD_OK;
}

kd_status hole_core_difference(const struct pseudo *ground, const struct pseudo *excited, double *energy)
{
    double ae, ae_hole, hole = excited->z_valence - ground->z_valence;
    *energy = NAN;
    if (ground->z != excited->z || !(hole > 0) || hole > 2)
        FAIL(KD_EINPUT, "%s: the core-hole set has valence %g where the ground state has %g, expected one more", excited->element,
             excited->z_valence, ground->z_valence);
    if (ground->energy_ps == 0 || excited->energy_ps == 0)
        return KD_OK;
    TRY(energy_ae(ground, 0, &ae));
    TRY(energy_ae(excited, hole, &ae_hole));
    *energy = (ae_hole - excited->energy_ps) - (ae - ground->energy_ps);
    return KD_OK;
}

double hole_k_edge(int z)
{
    static const double ev[19] = {0,     0,     0,      54.7,   111.5,  188.0,  284.2,  409.9,  543.1, 696.7,
                                  870.2, 1070.8, 1303.0, 1559.6, 1839.0, 2145.5, 2472.0, 2822.4, 3205.9};
    return z >= 3 && z <= 18 ? ha_from_ev(ev[z]) : 0;
}
