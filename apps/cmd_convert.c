// SPDX-License-Identifier: BSD-3-Clause
/* cmd_convert.c - kedge convert: structures from one file format to another. */
#include <stdlib.h>
#include <string.h>

#include "apps/app.h"
#include "host/base/text.h"
#include "host/nn/onnx.h"
#include "host/structure/cell.h"
#include "host/structure/format.h"

static const char doc[] =
    "IN is recognised by its name, else by its contents; the name of OUT chooses:\n"
    "  extxyz  .xyz .extxyz          all frames, energy, forces, velocities\n"
    "  POSCAR  POSCAR* .vasp         one frame, velocities; grouped by element\n"
    "  LAMMPS  .data .lmp .lammps    one frame, velocities; a is turned to x\n"
    "  CIF     .cif                  one frame in P 1, positions only\n"
    "A model of kedge train (HDF5) becomes ONNX, opset 13, when OUT ends in .onnx (docs/networks.md).\n"
    "Units in extxyz: angstrom, eV, eV/angstrom, angstrom/fs. OUT is written whole or not at all.";

static const char examples[] = "  kedge convert quartz.cif quartz.xyz\n"
                               "  kedge convert trajectory.xyz last.data --frame -1\n"
                               "  kedge convert POSCAR big.xyz --repeat 2 2 2 --wrap\n"
                               "  kedge convert start.lmp CONTCAR.cif --json\n"
                               "  kedge convert charge.h5 charge.onnx\n";

struct choices {
    bool one_frame, wrap;
    int frame; /* from 0; negative from the end */
    int repeat[3];
};

static const struct argp_option options[] = {
    {"frame", 'f', "N", 0, "Take frame N, from 0; -1 is the last; all (default)", 0},
    {"repeat", APP_KEY, "N N N", 0, "Write a supercell of so many cells along a, b and c", 0},
    {"wrap", 'w', NULL, 0, "Move atoms into the cell along the periodic directions", 0},
    {0},
};

static kd_status take_repeat(const char *arg, int repeat[3])
{
    char *copy = strdup(arg), *word[3], shown[48];
    bool right = copy && text_split(copy, word, 3) == 3;
    for (int k = 0; right && k < 3; k++)
        right = number_int(word[k], &repeat[k]) && repeat[k] >= 1;
    free(copy);
    if (!right)
        FAIL(KD_EINPUT, "--repeat: \"%s\", expected three whole numbers of at least 1",
             text_show(shown, arg));
    return KD_OK;
}

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    switch (key) {
    case 'f':
        c->one_frame = strcmp(arg, "all") != 0;
        return c->one_frame ? app_int("--frame", arg, -STRUCTURE_MAX_ATOM, STRUCTURE_MAX_ATOM, &c->frame)
                            : KD_OK;
    case APP_KEY:
        return take_repeat(arg, c->repeat);
    case 'w':
        c->wrap = true;
        return KD_OK;
    }
    return app_option_unknown(app);
}

/* What the options ask of the frames, in place. */
static kd_status transform(const struct choices *c, struct structure *frames, int n_frame)
{
    for (int f = 0; f < n_frame; f++) {
        if (c->repeat[0]) {
            struct structure larger;
            TRY(structure_repeat(&frames[f], c->repeat, &larger));
            structure_free(&frames[f]);
            frames[f] = larger;
        }
        if (c->wrap)
            structure_wrap(&frames[f]);
    }
    return KD_OK;
}

static void report(struct app *app, const struct structure *frames, int n_frame)
{
    enum { SHOWN = 10 };
    app_print(app, "%s -> %s, %d frame%s\n", app->file[0], app->file[1], n_frame, n_frame == 1 ? "" : "s");
    js_string(app->json, "input", app->file[0]);
    js_string(app->json, "output", app->file[1]);
    js_int(app->json, "n_frame", n_frame);
    struct js *list = js_array(app->json, "frames");
    for (int f = 0; f < n_frame; f++) {
        const struct structure *s = &frames[f];
        char formula[256];
        double volume = cell_volume((const double(*)[3])s->cell), density = structure_density(s);
        structure_formula(s, formula, sizeof formula);
        if (f < SHOWN)
            app_print(app, "%s: %d atoms, %.3f A^3, %.4f g/cm^3\n", formula, s->n_atom, volume, density);
        else if (f == SHOWN)
            app_print(app, "and %d frames more\n", n_frame - SHOWN);
        struct js *entry = js_object(list, NULL);
        js_int(entry, "n_atom", s->n_atom);
        js_string(entry, "formula", formula);
        js_double(entry, "volume_a3", volume);
        js_double(entry, "density_gcc", density);
    }
}

/* The frames that --frame names: *first and how many. */
static kd_status choose(const struct app *app, int n_frame, int *first, int *n_chosen)
{
    const struct choices *c = app->choices;
    *first = 0;
    *n_chosen = n_frame;
    if (c->one_frame) {
        *first = c->frame < 0 ? n_frame + c->frame : c->frame;
        *n_chosen = 1;
        if (*first < 0 || *first >= n_frame)
            FAIL(KD_EINPUT, "--frame %d: %s has %d frames, expected %d to %d", c->frame, app->file[0],
                 n_frame, -n_frame, n_frame - 1);
    } else if (n_frame > 1 && format_from_name(app->file[1]) != FORMAT_EXTXYZ) {
        FAIL(KD_EINPUT, "%s: %d frames, but %s can hold one, expected --frame N", app->file[0], n_frame,
             app->file[1]);
    }
    return KD_OK;
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n > m && strcmp(name + n - m, end) == 0;
}

static kd_status convert_model(struct app *app)
{
    struct nn_model model;
    TRY(nn_model_read(app->file[0], &model));
    kd_status status = nn_onnx_write(app->file[1], &model);
    if (status == KD_OK)
        app_print(app, "%s -> %s, %d net%s, %d inputs, %d outputs\n", app->file[0], app->file[1], model.n_net, model.n_net == 1 ? "" : "s",
                  model.n_in, model.n_out);
    js_string(app->json, "output", app->file[1]);
    js_int(app->json, "members", model.n_net);
    nn_model_free(&model);
    return status;
}

static kd_status run(struct app *app)
{
    if (ends_with(app->file[1], ".onnx"))
        return convert_model(app);
    struct structure *frames = NULL;
    int n_frame = 0, first, n_chosen;
    if (format_from_name(app->file[1]) == FORMAT_NONE)
        FAIL(KD_EINPUT, "%s: unknown format, expected a name of %s", app->file[1], STRUCTURE_FORMATS);
    TRY(structures_read(app->file[0], &frames, &n_frame));
    kd_status status = choose(app, n_frame, &first, &n_chosen);
    if (status == KD_OK)
        status = transform(app->choices, frames + first, n_chosen);
    if (status == KD_OK)
        status = structures_write(app->file[1], frames + first, n_chosen);
    if (status == KD_OK)
        report(app, frames + first, n_chosen);
    structures_free(frames, n_frame);
    return status;
}

const struct app_command cmd_convert = {.name = "convert",
                                        .summary = "Structures from one file format to another",
                                        .arguments = "IN OUT",
                                        .doc = doc,
                                        .examples = examples,
                                        .n_file_min = 2,
                                        .n_file_max = 2,
                                        .option = options,
                                        .take = take,
                                        .choices_size = sizeof(struct choices),
                                        .run = run};
