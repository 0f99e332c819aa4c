// SPDX-License-Identifier: BSD-3-Clause
/* cmd_generate.c - kedge generate: random structures to start a quench from. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apps/app.h"
#include "host/base/text.h"
#include "host/structure/generate.h"

static const char doc[] =
    "--rule sites (default, Si and O): the sites of m x m x m cells of cuprite-type SiO2 (Pn-3m, a = 3.75 angstrom), m the smallest with "
    "at least 1.4 sites per atom (m = 4: 128 Si and 256 O sites in 15 angstrom). At most as many Si as there are Si sites stand on "
    "random Si sites, further Si on random O sites, O on random ones of the other O sites. --density scales the box.\n"
    "--rule random (any elements): hard-core insertion, no pair closer than 1.9 (Si-Si, O-O), 1.4 (Si-O), 1.6 angstrom (others); where "
    "that does not fit, all distances are made smaller by 3 % until it does (core_factor= in the output).\n"
    "Random numbers are keyed by (seed, formula, replica). OUT is extxyz, one frame per structure; the comment line has the rule, the "
    "seed, the density and the smallest distances d_SiO= ... in angstrom. Atoms may be close: `kedge quench` minimises first.\n"
    "The study's cells: x = 0 Si160, 0.25 Si180O45, 0.5 Si150O75, 0.75 Si120O90, 1 Si100O100, 1.25 Si100O125, 1.5 Si96O144, "
    "1.75 Si80O140, 2 Si72O144.";

static const char examples[] = "  kedge generate --formula Si100O100 --seed 7 -o start.xyz\n"
                               "  kedge generate --paper 1.00 --replicas 5 -o sio.xyz\n"
                               "  kedge generate --paper all --replicas 5 --seed 1 -o study.xyz\n"
                               "  kedge generate --formula Si24O48 --rule random --density 2.2 -o silica.xyz\n";

struct choices {
    const char *formula, *paper, *out;
    enum generate_rule rule;
    double density;
    int replicas;
};

enum { KEY_FORMULA = APP_KEY, KEY_PAPER, KEY_RULE, KEY_DENSITY, KEY_REPLICAS };

static const struct argp_option options[] = {
    {"formula", KEY_FORMULA, "FORMULA", 0, "Elements and counts: Si100O100", 0},
    {"paper", KEY_PAPER, "X", 0, "One of the study's cells by x in SiOx (0, 0.25 .. 2), or all nine", 0},
    {"rule", KEY_RULE, "RULE", 0, "sites (default) or random", 0},
    {"density", KEY_DENSITY, "G_CC", 0, "Density in g/cm^3 (default: the crystal's box, or 2.2)", 0},
    {"replicas", KEY_REPLICAS, "N", 0, "So many different structures of each (default 1)", 0},
    {"output", 'o', "OUT", 0, "Write the structures here (required)", 0},
    {0},
};

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    char shown[48];
    switch (key) {
    case KEY_FORMULA:
        c->formula = arg;
        return KD_OK;
    case KEY_PAPER:
        c->paper = arg;
        return KD_OK;
    case KEY_RULE:
        if (strcmp(arg, "sites") != 0 && strcmp(arg, "random") != 0)
            FAIL(KD_EINPUT, "--rule: \"%s\", expected sites or random", text_show(shown, arg));
        c->rule = strcmp(arg, "sites") == 0 ? GENERATE_SITES : GENERATE_RANDOM;
        return KD_OK;
    case KEY_DENSITY:
        return app_double("--density", arg, 0.01, 25, &c->density);
    case KEY_REPLICAS:
        return app_int("--replicas", arg, 1, 100000, &c->replicas);
    case 'o':
        c->out = arg;
        return KD_OK;
    }
    return app_option_unknown(app);
}

static kd_status formulas(const struct choices *c, struct formula formula[PAPER_CELLS], int *n)
{
    *n = 1;
    if (!c->out)
        FAIL(KD_EINPUT, "-o: not given, expected the file to write");
    if (!c->formula == !c->paper)
        FAIL(KD_EINPUT, "%s --formula and --paper, expected one of them", c->formula ? "both" : "neither");
    if (c->formula)
        return formula_parse(c->formula, &formula[0]);
    if (strcmp(c->paper, "all") == 0) {
        for (*n = 0; *n < PAPER_CELLS; ++*n)
            formula_paper_index(*n, &formula[*n]);
        return KD_OK;
    }
    double x;
    TRY(app_double("--paper", c->paper, 0, 2, &x));
    return formula_paper(x, &formula[0]);
}

static void report(struct app *app, const struct structure *frame, int n)
{
    struct js *list = js_array(app->json, "structures");
    for (int f = 0; f < n; f++) {
        char name[64];
        structure_formula(&frame[f], name, sizeof name);
        struct js *object = js_object(list, NULL);
        js_string(object, "formula", name);
        js_int(object, "n_atom", frame[f].n_atom);
        js_double(object, "density_gcc", structure_density(&frame[f]));
        js_double(object, "edge_angstrom", frame[f].cell[0][0]);
        js_string(object, "info", frame[f].info);
        app_print(app, "%-12s %6d atoms  edge %8.4f angstrom   %s\n", name, frame[f].n_atom, frame[f].cell[0][0], frame[f].info);
    }
    js_int(app->json, "n_structure", n);
}

static kd_status run(struct app *app)
{
    const struct choices *c = app->choices;
    struct formula formula[PAPER_CELLS];
    int n_formula, n = 0, replicas = c->replicas ? c->replicas : 1;
    TRY(formulas(c, formula, &n_formula));
    struct structure *frame = calloc((size_t)n_formula * (size_t)replicas, sizeof *frame);
    if (!frame)
        FAIL(KD_ENOMEM, "generate: no host memory for %d structures", n_formula * replicas);
    kd_status status = KD_OK;
    for (int f = 0; f < n_formula; f++)
        for (int r = 0; r < replicas; r++, n++)
            TRY_OUT(generate_structure(&(struct generate_options){c->rule, formula[f], c->density, app->seed, r}, &frame[n]));
    TRY_OUT(structures_write(c->out, frame, n));
    report(app, frame, n);
out:
    structures_free(frame, n);
    return status;
}

const struct app_command cmd_generate = {.name = "generate",
                                         .summary = "Random structures from a formula",
                                         .arguments = "",
                                         .doc = doc,
                                         .examples = examples,
                                         .option = options,
                                         .take = take,
                                         .choices_size = sizeof(struct choices),
                                         .run = run};
