// SPDX-License-Identifier: BSD-3-Clause
/* recipe.c - how the pseudopotential of an element is made. */
#include "host/atom/recipe.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "host/base/text.h"
#include "host/structure/element.h"

/* One row per element; docs/pseudo.md says how the numbers were found. Radii in bohr, wave vectors in 1/bohr, energies in Ha. */
static const struct row {
    int z, core;
    struct recipe_channel channel[RECIPE_MAX_L + 1]; /* rc, {energy if unbound, distance of the second wave}, q_cut */
    double r_local, depth, r_core, ecut_ry;
} table[] = {
    {8, 1, {{1.25, {0, 2.5}, 7.5}, {1.35, {0, 2.5}, 7.4}, {0, {0, 0}, 0}}, 1.00, -3, 0, 50},
    {14, 3, {{1.70, {0, 2.5}, 6.0}, {1.75, {0, 2.5}, 6.0}, {1.70, {0.2, 2.0}, 6.0}}, 1.50, 3, 0, 30},
};

static void find_l_max(struct recipe *r)
{
    for (r->l_max = RECIPE_MAX_L; r->l_max > 0 && !(r->channel[r->l_max].rc > 0); r->l_max--)
        continue;
}

kd_status recipe_default(int z, struct recipe *r)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct row *t = &table[i];
        if (t->z != z)
            continue;
        *r = (struct recipe){.z = z, .core_shells = t->core, .r_local = t->r_local, .local_depth = t->depth,
                             .r_model_core = t->r_core, .ecut_ry = t->ecut_ry, .tested = true, .xc = XC_PBE, .relativistic = true};
        memcpy(r->channel, t->channel, sizeof r->channel);
        find_l_max(r);
        return KD_OK;
    }
    const char *symbol = element_symbol(z);
    FAIL(KD_EINPUT, "recipe: no default for %s (Z = %d), expected an element from H to Ar", symbol ? symbol : "?", z);
}

/* "rc_s" -> the number it names. */
static double *number_of(struct recipe *r, const char *key)
{
    static const char letters[] = "spd";
    static const char *const stems[] = {"rc_", "e1_", "e2_", "qcut_"};
    for (int k = 0; k < 4; k++) {
        size_t n = strlen(stems[k]);
        const char *letter = !strncmp(key, stems[k], n) && key[n] && !key[n + 1] ? strchr(letters, key[n]) : NULL;
        if (!letter)
            continue;
        struct recipe_channel *c = &r->channel[letter - letters];
        double *const member[] = {&c->rc, &c->energy[0], &c->energy[1], &c->q_cut};
        return member[k];
    }
    return !strcmp(key, "r_local") ? &r->r_local : !strcmp(key, "depth") ? &r->local_depth : !strcmp(key, "r_core") ? &r->r_model_core : NULL;
}

kd_status recipe_set(struct recipe *r, const char *assignment)
{
    char key[24];
    const char *value = strchr(assignment, '=');
    size_t n = value ? (size_t)(value - assignment) : 0;
    if (!value || n >= sizeof key)
        FAIL(KD_EINPUT, "recipe: '%.40s', expected key=value", assignment);
    memcpy(key, assignment, n);
    key[n] = 0;
    value++;
    double x, *target = number_of(r, key);
    if (!strcmp(key, "xc"))
        return xc_parse(value, &r->xc);
    if (!strcmp(key, "relativistic")) {
        r->relativistic = strcasecmp(value, "no") != 0;
        return KD_OK;
    }
    if (!strcmp(key, "core"))
        return number_int(value, &r->core_shells) ? KD_OK : kd_fail(KD_EINPUT, "recipe: core=%.20s, expected a number of shells", value);
    if (!target)
        FAIL(KD_EINPUT, "recipe: '%s', expected rc_s rc_p rc_d e1_d e2_s e2_p e2_d qcut_s qcut_p qcut_d r_local depth r_core core xc relativistic", key);
    if (!number_double(value, &x) || x < -100 || x > 100 || (target != &r->local_depth && strncmp(key, "e", 1) && x < 0))
        FAIL(KD_EINPUT, "recipe: %s=%.20s, expected a number", key, value);
    *target = x;
    find_l_max(r);
    r->tested = false;
    return KD_OK;
}

void recipe_print(const struct recipe *r, char text[512])
{
    int used = 0;
    for (int l = 0; l <= r->l_max; l++) {
        const struct recipe_channel *c = &r->channel[l];
        if (c->rc > 0)
            used += snprintf(text + used, 512 - (size_t)used, "rc_%c=%g e1_%c=%g e2_%c=%g qcut_%c=%g ", "spd"[l], c->rc, "spd"[l],
                             c->energy[0], "spd"[l], c->energy[1], "spd"[l], c->q_cut);
    }
    snprintf(text + used, 512 - (size_t)used, "r_local=%g depth=%g r_core=%g core=%d xc=%s relativistic=%s", r->r_local,
             r->local_depth, r->r_model_core, r->core_shells, xc_name(r->xc), r->relativistic ? "yes" : "no");
}
