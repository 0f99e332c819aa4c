// SPDX-License-Identifier: BSD-3-Clause
/* cmd_pseudo.c - kedge pseudo: a pseudopotential, with or without a core hole, made and checked in a second. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apps/app.h"
#include "host/atom/check.h"
#include "host/atom/library.h"
#include "host/atom/picture.h"
#include "host/atom/startvec.h"
#include "host/atom/upf.h"
#include "host/base/log.h"
#include "host/base/units.h"
#include "host/structure/element.h"

static const char doc[] =
    "Makes an optimised norm-conserving pseudopotential with two projectors per channel (Hamann, PRB 88, 085117 (2013)) from "
    "nothing but the element: an all-electron atom (scalar-relativistic, PBE), the recipe of the element (docs/pseudo.md), and six "
    "checks, each with a number and a verdict. The file is UPF version 2 with PP_GIPAW: pw.x, xspectra.x and kedge read it.\n"
    "--core-hole 1s=1.0 takes one 1s electron out and makes the set of the remaining ion by the same recipe: the set of the absorbing "
    "atom of a K-edge spectrum. Any shell, any fraction: 1s=0.5 is Slater's half hole. Its valence charge is one (one half) larger.\n"
    "The checks: norm conservation and logarithmic derivatives of the partial waves; valence levels of the pseudo-atom; "
    "logarithmic derivatives of s, p, d to +5 Ha, as phase shifts in units of pi; ghosts, by counting the levels in a sphere "
    "of 6 bohr; excitation energies against the all-electron atom; the cutoff at which the kinetic energy missing per electron "
    "is 1 mHa and 0.1 mHa.\n"
    "When a check fails the file is written all the same, and the exit status is 3.\n"
    "--set changes the recipe: rc_s rc_p rc_d (core radii, bohr), e1_d (energy of a channel without bound state, Ha), e2_s e2_p "
    "e2_d (second wave above the first, Ha), qcut_s qcut_p qcut_d (1/bohr), r_local (bohr), depth (Ha), r_core (model core, bohr, "
    "0 none), core (shells), xc (PBE, LDA, PZ, VWN), relativistic (yes, no).";

static const char examples[] = "  kedge pseudo Si -o Si.upf\n"
                               "  kedge pseudo Si --core-hole 1s=1.0 -o Si_hole.upf --report Si_hole\n"
                               "  kedge pseudo O --set rc_p=1.3 --json\n";

enum { KEY_HOLE = APP_KEY, KEY_REPORT, KEY_SET, KEY_CONFIGURATION, KEY_CORE, MAX_SET = 24 };

struct choices {
    const char *out, *hole, *report, *configuration, *core;
    const char *set[MAX_SET];
    int n_set;
};

static const struct argp_option options[] = {
    {"output", 'o', "FILE", 0, "Write the UPF file here", 0},
    {"core-hole", KEY_HOLE, "SHELL=N", 0, "Take N electrons (0..2) out of a core shell: 1s=1.0", 0},
    {"configuration", KEY_CONFIGURATION, "TEXT", 0, "Reference configuration instead of the ground state: \"[Ne] 3s2 3p1.5\"", 0},
    {"set", KEY_SET, "KEY=VALUE", 0, "Change the recipe; may be repeated", 0},
    {"report", KEY_REPORT, "DIR", 0, "Write tables and pictures of everything that was checked", 0},
    {"core-orbital", KEY_CORE, "FILE", 0, "Write the core orbitals in the form that xspectra.x calls filecore", 0},
    {0},
};

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    switch (key) {
    case 'o':
        c->out = arg;
        return KD_OK;
    case KEY_HOLE:
        c->hole = arg;
        return KD_OK;
    case KEY_CONFIGURATION:
        c->configuration = arg;
        return KD_OK;
    case KEY_REPORT:
        c->report = arg;
        return KD_OK;
    case KEY_CORE:
        c->core = arg;
        return KD_OK;
    case KEY_SET:
        if (c->n_set == MAX_SET)
            FAIL(KD_EINPUT, "--set: more than %d changes", MAX_SET);
        c->set[c->n_set++] = arg;
        return KD_OK;
    }
    return app_option_unknown(app);
}

static const char *verdict(bool ok)
{
    return ok ? "yes" : "NO";
}

static void print_checks(struct app *app, const struct check *c)
{
    app_print(app, "\ncheck                                                        value      limit   good\n");
    app_print(app, "norm conservation, worst                                  %8.1e   %8.1e   %s\n", c->norm_error, check_limits.norm,
              verdict(c->norm_ok));
    app_print(app, "valence levels of the pseudo-atom, worst (mHa)            %8.3f   %8.3f   %s\n", 1e3 * c->eigenvalue_error,
              1e3 * check_limits.eigenvalue_ha, verdict(c->eigenvalue_ok));
    for (int l = 0; l <= CHECK_MAX_L; l++) {
        bool counts = l <= 2;
        app_print(app, "logarithmic derivative of %c to +5 Ha (phase / pi)         %8.4f   %8.4f   %s\n", "spdf"[l], c->phase_error[l],
                  check_limits.phase, counts ? verdict(c->phase_error[l] < check_limits.phase) : "-");
    }
    for (int l = 0; l <= CHECK_MAX_L; l++)
        app_print(app, "levels of %c below +5 Ha, pseudo / all-electron             %3d / %-3d              %s\n", "spdf"[l],
                  c->levels_ps[l], c->levels_ae[l], c->levels_ps[l] == c->levels_ae[l] ? "yes" : "NO: GHOST");
    for (int k = 0; k < c->n_excitation; k++) {
        const struct check_excitation *x = &c->excitation[k];
        app_print(app, "%-28s %10.5f Ha, error (mHa) %9.3f   %8.3f   %s\n", x->configuration, x->ae, 1e3 * (x->ps - x->ae),
                  1e3 * check_limits.excitation_ha,
                  fabs(x->ae) < 0.5 ? verdict(fabs(x->ps - x->ae) < check_limits.excitation_ha) : "-");
    }
    app_print(app, "cutoff for 1 mHa of kinetic energy per electron (Ry)      %8.1f   %8.1f   %s\n", c->ecut_1mha_ry,
              check_limits.ecut_ry, verdict(c->cutoff_ok));
    app_print(app, "cutoff for 0.1 mHa (Ry)                                   %8.1f\n", c->ecut_01mha_ry);
}

static void checks_json(struct js *json, const struct check *c)
{
    struct js *o = js_object(json, "checks");
    js_double(o, "norm_error", c->norm_error);
    js_double(o, "eigenvalue_error_ha", c->eigenvalue_error);
    js_doubles(o, "phase_error_pi", CHECK_MAX_L + 1, c->phase_error);
    js_ints(o, "levels_ae", CHECK_MAX_L + 1, c->levels_ae);
    js_ints(o, "levels_ps", CHECK_MAX_L + 1, c->levels_ps);
    js_doubles(o, "level_error_ha", CHECK_MAX_L + 1, c->level_error);
    struct js *list = js_array(o, "excitations");
    for (int k = 0; k < c->n_excitation; k++) {
        struct js *x = js_object(list, NULL);
        js_string(x, "configuration", c->excitation[k].configuration);
        js_double(x, "energy_ae_ha", c->excitation[k].ae);
        js_double(x, "energy_ps_ha", c->excitation[k].ps);
    }
    js_double(o, "ecut_1mha_ry", c->ecut_1mha_ry);
    js_double(o, "ecut_01mha_ry", c->ecut_01mha_ry);
    js_bool(json, "ok", c->ok);
}

static void describe(struct app *app, const struct generation *g, const struct pseudo *p)
{
    struct startvec s;
    app_print(app, "%s, valence charge %g, reference %s\n", p->element, p->z_valence, p->configuration);
    app_print(app, "recipe: %s\n\n", p->recipe);
    app_print(app, "total energy  all-electron %16.8f Ha   pseudo-atom %14.8f Ha\n", p->energy_ae, p->energy_ps);
    app_print(app, "level     all-electron (Ha)    pseudo-atom (Ha)\n");
    js_string(app->json, "element", p->element);
    js_double(app->json, "z_valence", p->z_valence);
    js_string(app->json, "configuration", p->configuration);
    js_string(app->json, "recipe", p->recipe);
    js_double(app->json, "energy_ae_ha", p->energy_ae);
    js_double(app->json, "energy_ps_ha", p->energy_ps);
    js_int(app->json, "n_projector", p->n_projector);
    struct js *levels = js_array(app->json, "levels");
    for (int k = 0; k < g->atom->n_state; k++) {
        const struct atom_state *state = &g->atom->state[k];
        char name[8];
        struct js *o = js_object(levels, NULL);
        snprintf(name, sizeof name, "%d%c", state->n, "spdf"[state->l]);
        js_string(o, "level", name);
        js_double(o, "occupation", state->occupation);
        js_double(o, "energy_ae_ha", state->energy);
        if (k < g->recipe.core_shells) {
            app_print(app, "%s %4.3g  %18.8f\n", name, state->occupation, state->energy);
        } else {
            js_double(o, "energy_ps_ha", g->valence[k - g->recipe.core_shells].energy);
            app_print(app, "%s %4.3g  %18.8f  %18.8f\n", name, state->occupation, state->energy,
                      g->valence[k - g->recipe.core_shells].energy);
        }
    }
    if (startvec_make(p, p, 0, &s) == KD_OK) {
        app_print(app, "norm of the dipole start vector with its own 1s: %.6e bohr\n", s.norm);
        js_double(app->json, "startvec_norm", s.norm);
        startvec_free(&s);
    } else {
        kd_error_clear();
    }
}

static kd_status write_files(const struct choices *c, const struct generation *g, const struct check *check, const struct pseudo *p)
{
    if (c->out)
        TRY(upf_write(p, c->out));
    if (c->core)
        TRY(upf_write_core(p, c->core));
    if (c->report)
        TRY(picture_report(c->report, g, check));
    return KD_OK;
}

static kd_status make(struct app *app, const struct recipe *r, const struct configuration *conf)
{
    struct generation *g;
    struct pseudo p = {0};
    struct check *check = malloc(sizeof *check);
    if (!check)
        FAIL(KD_ENOMEM, "pseudo");
    kd_status status = generation_make(r, conf, &g);
    if (status == KD_OK) {
        status = check_run(g, check);
        if (status == KD_OK)
            status = generation_pseudo(g, &p);
        if (status == KD_OK)
            status = write_files(app->choices, g, check, &p);
        if (status == KD_OK) {
            describe(app, g, &p);
            print_checks(app, check);
            checks_json(app->json, check);
            if (!check->ok) {
                char failures[128];
                check_failures(check, failures);
                status = kd_fail(KD_ENOCONV, "%s: %s: not good; the file is written, but look before you use it", p.element, failures);
            }
        }
        pseudo_free(&p);
        generation_free(g);
    }
    free(check);
    return status;
}

static kd_status run(struct app *app)
{
    const struct choices *c = app->choices;
    struct recipe r;
    struct configuration conf;
    int z = element_number(app->file[0]);
    if (!z)
        FAIL(KD_EINPUT, "\"%.20s\", expected a chemical symbol like Si", app->file[0]);
    TRY(recipe_default(z, &r));
    for (int k = 0; k < c->n_set; k++)
        TRY(recipe_set(&r, c->set[k]));
    if (c->configuration)
        TRY(configuration_parse(c->configuration, &conf));
    else
        TRY(configuration_ground(z, &conf));
    if (c->hole && library_hole(c->hole, &r, &conf) != KD_OK)
        return kd_fail_prefix(KD_EINPUT, "--core-hole");
    return make(app, &r, &conf);
}

const struct app_command cmd_pseudo = {.name = "pseudo",
                                       .summary = "Make a pseudopotential, with a core hole if you like, and check it",
                                       .arguments = "ELEMENT",
                                       .doc = doc,
                                       .examples = examples,
                                       .n_file_min = 1,
                                       .n_file_max = 1,
                                       .option = options,
                                       .take = take,
                                       .choices_size = sizeof(struct choices),
                                       .run = run};
