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
    {1, 0, {{1.1, {0, 4.45}, 6.05}, {1.06, {0.25, 4.9}, 6.8}, {0, {0, 0}, 0}}, 0.48, 0.8, 0, 30}, /* H */
    {2, 0, {{1.05, {0, 1.5}, 8.05}, {1, {0.75, 3.3}, 5.4}, {0, {0, 0}, 0}}, 0.75, -1.9, 0, 55}, /* He */
    {3, 0, {{1.35, {0, 0}, 7}, {1.47, {0.1, 2.5}, 6}, {0, {0, 0}, 0}}, 1.1, -1.4, 0, 45}, /* Li */
    {4, 0, {{1.5, {0, 0}, 7.15}, {1.3, {0.2, 2.35}, 8.15}, {0, {0, 0}, 0}}, 0.74, -7.2, 0, 45}, /* Be */
    {5, 1, {{1.25, {0, 4.15}, 7.9}, {1.4, {0, 2.9}, 6.95}, {0, {0, 0}, 0}}, 1.17, -3.3, 0, 35}, /* B */
    {6, 1, {{1.17, {0, 3.15}, 8.4}, {1.3, {0, 4.85}, 7.95}, {0, {0, 0}, 0}}, 0.91, -5.8, 0, 50}, /* C */
    {7, 1, {{1.01, {0, 1.55}, 8.3}, {1.28, {0, 4.75}, 8}, {0, {0, 0}, 0}}, 0.85, -5.9, 0, 55}, /* N */
    {8, 1, {{1.26, {0, 2.4}, 8.7}, {1.39, {0, 3.6}, 7.6}, {0, {0, 0}, 0}}, 1.03, -6.1, 0, 50}, /* O */
    {9, 1, {{1.06, {0, 2}, 8.85}, {1.34, {0, 4.85}, 8.1}, {0, {0, 0}, 0}}, 0.94, -4.3, 0, 60}, /* F */
    {10, 1, {{1.2, {0, 0.95}, 7.1}, {1.49, {0, 4.6}, 7.65}, {0, {0, 0}, 0}}, 0.92, -1.9, 0, 55}, /* Ne */
    {11, 1, {{1.3, {0, 0}, 9.35}, {1.5, {0, 2.6}, 8}, {1.4, {0.4, 1.6}, 7.05}}, 1, -5.1, 0, 55}, /* Na */
    {12, 1, {{0.98, {0, 0}, 9}, {1.45, {0, 2.3}, 7.5}, {1.1, {0.1, 1.5}, 6.55}}, 0.9, 3.3, 0, 55}, /* Mg */
    {13, 3, {{1.96, {0, 3.95}, 4.1}, {1.93, {0, 3.6}, 5.15}, {1.86, {0.55, 1.45}, 9.1}}, 1.82, 4.8, 1.3, 15}, /* Al */
    {14, 3, {{1.7, {0, 2.5}, 6}, {1.75, {0, 2.5}, 6}, {1.7, {0.2, 2}, 6}}, 1.5, 3, 0, 20}, /* Si */
    {15, 3, {{1.74, {0, 4}, 5.55}, {1.77, {0, 3.15}, 3.85}, {1.57, {0.3, 2.1}, 4.65}}, 1.42, 3.9, 0, 25}, /* P */
    {16, 3, {{1.68, {0, 3.3}, 5.85}, {1.72, {0, 3.75}, 5.7}, {1.71, {0.05, 1.45}, 5.15}}, 1.47, -0.9, 0, 25}, /* S */
    {17, 3, {{1.6, {0, 2.7}, 5.85}, {1.66, {0, 2.6}, 6.05}, {1.56, {0.35, 2.4}, 6.65}}, 1.24, 2.7, 0, 30}, /* Cl */
    {18, 3, {{1.68, {0, 3.7}, 6}, {1.64, {0, 3.2}, 5.45}, {1.3, {0.25, 1.6}, 6.5}}, 1.14, 7, 0, 30}, /* Ar */
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
