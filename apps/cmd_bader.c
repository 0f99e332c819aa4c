// SPDX-License-Identifier: BSD-3-Clause
/* cmd_bader.c - kedge bader: charges of the atoms in a density. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "apps/app.h"
#include "host/bader/bader.h"
#include "host/base/units.h"
#include "host/structure/element.h"

static const char doc[] =
    "The density is cut along its surfaces of zero flux (Bader), on the grid, without lattice bias (near-grid); the same bits on any device, "
    "with any number of threads.\n"
    "GS.h5 (kedge scf): valence plus all-electron cores is divided, on --grid-factor times the points of the ground state; the "
    "valence is integrated. Cores come from the pseudopotential files, else from our own atom.\n"
    "DENSITY.cube: is divided and integrated as it is; with --reference another file is divided; with --valence EL=N (repeatable) "
    "the density holds N electrons of each such atom, the rest is put there as the core, and charges are N - electrons.\n"
    "Maxima that are no nuclei go to the nearest atom and are listed; a density in which an atom has no maximum is refused (--force).\n"
    "--json: charges_e, electrons, volumes_angstrom3, surface_distances_angstrom, sum_error_e, n_electron, other_maxima, cores, grid.";

static const char examples[] = "  kedge bader gs.h5 -o charges.h5\n"
                               "  kedge bader gs.h5 --grid-factor 4 --json\n"
                               "  kedge bader valence.cube --reference all_electron.cube\n"
                               "  kedge bader valence.cube --valence Si=4 --valence O=6 -o charges.h5\n";

enum { KEY_FACTOR = APP_KEY, KEY_REFERENCE, KEY_VALENCE, KEY_ORDER, KEY_ONLY, KEY_FORCE };

struct choices {
    const char *out;
    struct bader_options o;
};

static const struct argp_option options[] = {
    {"output", 'o', "CHARGES.h5", 0, "Write charges, volumes, surfaces, structure here", 0},
    {"grid-factor", KEY_FACTOR, "N", 0, "GS.h5: interpolate the density to N times its points along each axis (default 3)", 0},
    {"reference", KEY_REFERENCE, "CUBE", 0, "DENSITY.cube: divide this density", 0},
    {"valence", KEY_VALENCE, "EL=N", 0, "DENSITY.cube: electrons of an element in the density (repeatable)", 0},
    {"order", KEY_ORDER, "2|4", 0, "Of the slopes: 2, near-grid as published (default for cubes), or 4 (default for GS.h5)", 0},
    {"valence-only", KEY_ONLY, NULL, 0, "Divide without cores: wrong for most atoms, needs --force", 0},
    {"force", KEY_FORCE, NULL, 0, "Go on although atoms have no maximum", 0},
    {0},
};

static kd_status take_valence(struct bader_options *o, const char *arg)
{
    char symbol[4] = "";
    const char *equal = strchr(arg, '=');
    size_t length = equal ? (size_t)(equal - arg) : sizeof symbol;
    if (length >= sizeof symbol || o->n_valence == BADER_ELEMENTS)
        FAIL(KD_EINPUT, "--valence: \"%s\", expected EL=N, at most %d times", arg, BADER_ELEMENTS);
    memcpy(symbol, arg, length);
    int number = element_number(symbol);
    if (!number)
        FAIL(KD_EINPUT, "--valence: \"%s\", expected EL=N", arg);
    for (int v = 0; v < o->n_valence; v++)
        if (o->valence[v].number == number)
            FAIL(KD_EINPUT, "--valence: %s given twice", symbol);
    o->valence[o->n_valence].number = number;
    return app_double("--valence", equal + 1, 0, number, &o->valence[o->n_valence++].electrons);
}

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    switch (key) {
    case 'o':
        c->out = arg;
        return KD_OK;
    case KEY_FACTOR:
        return app_int("--grid-factor", arg, 1, 6, &c->o.grid_factor);
    case KEY_ORDER:
        TRY(app_int("--order", arg, 2, 4, &c->o.order));
        return c->o.order == 3 ? kd_fail(KD_EINPUT, "--order: 3, expected 2 or 4") : KD_OK;
    case KEY_REFERENCE:
        c->o.reference = arg;
        return KD_OK;
    case KEY_VALENCE:
        return take_valence(&c->o, arg);
    case KEY_ONLY:
        c->o.valence_only = true;
        return KD_OK;
    case KEY_FORCE:
        c->o.force = true;
        return KD_OK;
    }
    return app_option_unknown(app);
}

static void print_charges(struct app *app, const struct bader_charges *b)
{
    double edge = angstrom_from_bohr(1);
    app_print(app, "grid %d x %d x %d, %d maxima, %d rounds\n\n%6s %-3s %12s %12s %14s %18s\n", b->n[0], b->n[1], b->n[2], b->part.n_maximum,
              b->part.n_round, "atom", "", "charge (e)", "electrons", "volume (A^3)", "surface at (A)");
    for (int i = 0; i < b->structure.n_atom; i++) {
        char charge[32] = "-";
        if (!isnan(b->charge[i]))
            snprintf(charge, sizeof charge, "%+.6f", b->charge[i]);
        app_print(app, "%6d %-3s %12s %12.6f %14.6f %18.6f\n", i, element_symbol(b->structure.number[i]), charge, b->part.electrons[i],
                  b->part.volume[i] * edge * edge * edge, angstrom_from_bohr(b->part.distance[i]));
    }
    app_print(app, "\nelectrons %.9f", b->part.n_electron);
    if (b->n_expected)
        app_print(app, ", expected %.9f, difference %.1e", b->expected_electrons, b->sum_error);
    app_print(app, "\n");
    for (int m = 0; m < b->part.n_maximum; m++) {
        const struct bader_maximum *top = &b->part.maximum[m];
        if (!top->nuclear && fabs(top->electrons) >= BADER_EMPTY)
            app_print(app, "maximum at %.4f %.4f %.4f A is no nucleus: %.6f electrons, to atom %d (%.3f A away)\n",
                      angstrom_from_bohr(top->position[0]), angstrom_from_bohr(top->position[1]), angstrom_from_bohr(top->position[2]),
                      top->electrons, top->atom, angstrom_from_bohr(top->distance));
    }
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static kd_status run(struct app *app)
{
    struct choices *c = app->choices;
    struct bader_charges b;
    const char *path = app->file[0];
    kd_device *dev;
    bool cube = ends_with(path, ".cube") || ends_with(path, ".cub");
    if (!cube && (c->o.reference || c->o.n_valence))
        FAIL(KD_EINPUT, "%s: --reference and --valence go with a .cube file", path);
    if (cube && c->o.grid_factor)
        FAIL(KD_EINPUT, "%s: --grid-factor goes with a ground state (.h5)", path);
    if (c->o.grid_factor == 0)
        c->o.grid_factor = bader_defaults().grid_factor;
    TRY(app_device(app, &dev));
    TRY(cube ? bader_cube(dev, path, &c->o, &b) : bader_ground_state(dev, path, &c->o, &b));
    bader_json(&b, app->json);
    print_charges(app, &b);
    kd_status status = c->out ? bader_write(c->out, &b, NULL) : KD_OK;
    bader_charges_free(&b);
    return status;
}

const struct app_command cmd_bader = {
    .name = "bader",
    .summary = "Bader charges and volumes of the atoms in a density",
    .arguments = "GS.h5|DENSITY.cube",
    .doc = doc,
    .examples = examples,
    .n_file_min = 1,
    .n_file_max = 1,
    .option = options,
    .take = take,
    .choices_size = sizeof(struct choices),
    .run = run,
};
