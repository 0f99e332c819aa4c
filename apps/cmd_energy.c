// SPDX-License-Identifier: BSD-3-Clause
/* cmd_energy.c - kedge energy: Tersoff energy, forces and virial of every frame of every file. */
#include <math.h>

#include "apps/app.h"
#include "apps/frames.h"
#include "host/base/paths.h"
#include "host/base/units.h"
#include "host/md/energy.h"
#include "host/structure/cell.h"

static const char doc[] =
    "Every frame of every file is evaluated as it stands, none is moved. Files: extxyz, POSCAR, CIF, LAMMPS data. Directions "
    "that are not periodic (pbc=\"T T F\") are open: no atom sees an image there. Cells may be triclinic and smaller than the "
    "range of the potential.\n"
    "The potential is a file of LAMMPS' pair_style tersoff; it must have an entry for every triple of the elements that occur. "
    "The default is the shipped SiO.tersoff (Munetoh et al. 2007: Si, O).\n"
    "OUT is extxyz with energy (eV), forces (eV/angstrom), virial (eV, W = -dE/dstrain) and stress (eV/angstrom^3, -W/V): "
    "what ASE and OVITO read.\n"
    "--json: one frame gives energy_ev, energy_ev_atom, virial_ev [xx yy zz yz xz xy], max_force_ev_a, n_atom, source at the top; "
    "several frames give the same keys in each element of the list `frames`.\n"
    "--precision double agrees with LAMMPS to 1e-10, mixed (default) to 5e-6 of the largest force.";

static const char examples[] = "  kedge energy quartz.xyz\n"
                               "  kedge energy trajectory.xyz -o forces.xyz --precision double\n"
                               "  kedge energy sic.cif -p SiC.tersoff --json\n";

struct choices {
    const char *potential, *out;
};

static const struct argp_option options[] = {
    {"potential", 'p', "FILE", 0, "Tersoff file in the format of LAMMPS (default: SiO.tersoff)", 0},
    {"output", 'o', "OUT", 0, "Write all frames with energy, forces and virial here (extxyz)", 0},
    {0},
};

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    switch (key) {
    case 'p':
        c->potential = arg;
        return KD_OK;
    case 'o':
        c->out = arg;
        return KD_OK;
    }
    return app_option_unknown(app);
}

/* ---- report ---- */

static void frame_json(struct js *object, const struct structure *s)
{
    js_string(object, "source", s->source);
    js_int(object, "n_atom", s->n_atom);
    js_double(object, "energy_ev", s->energy);
    js_double(object, "energy_ev_atom", s->energy / s->n_atom);
    js_doubles(object, "virial_ev", 6, s->virial);
    js_double(object, "max_force_ev_a", energy_max_force(s));
}

/* Potential part of the pressure; 0 for a cluster, which has no volume. */
static double pressure_gpa(const struct structure *s)
{
    double volume = fabs(cell_volume((const double(*)[3])s->cell));
    return volume > 0 ? gpa_from_ev_a3((s->virial[0] + s->virial[1] + s->virial[2]) / (3 * volume)) : 0;
}

static void report(struct app *app, const struct frames *all, const struct potential *p)
{
    js_string(app->json, "potential", p->source);
    js_int(app->json, "n_frame", all->n);
    struct js *list = all->n > 1 ? js_array(app->json, "frames") : NULL;
    app_print(app, "%-16s %8s %20s %14s %16s %14s   %s\n", "formula", "atoms", "energy (eV)", "eV/atom", "max force (eV/A)",
              "virial P (GPa)", "frame");
    for (int f = 0; f < all->n; f++) {
        const struct structure *s = &all->frame[f];
        char formula[64];
        structure_formula(s, formula, sizeof formula);
        frame_json(list ? js_object(list, NULL) : app->json, s);
        app_print(app, "%-16s %8d %20.10f %14.8f %16.6g %14.6g   %s\n", formula, s->n_atom, s->energy, s->energy / s->n_atom,
                  energy_max_force(s), pressure_gpa(s), s->source ? s->source : "");
    }
    if (all->n == 1) {
        const double *w = all->frame[0].virial;
        app_print(app, "virial (eV)  xx %.8g  yy %.8g  zz %.8g  yz %.8g  xz %.8g  xy %.8g\n", w[0], w[1], w[2], w[3], w[4], w[5]);
    }
}

static kd_status evaluate(struct app *app, struct frames *all, struct potential *p)
{
    const struct choices *c = app->choices;
    char path[PATH_MAX];
    kd_device *dev;
    TRY(data_or_given(c->potential ? c->potential : "SiO.tersoff", path));
    TRY(frames_read(app, all));
    TRY(energy_potential(path, all->frame, all->n, p));
    TRY(app_device(app, &dev));
    TRY(energy_evaluate(dev, p, app->precision, all->frame, all->n));
    if (c->out)
        TRY(structures_write(c->out, all->frame, all->n));
    report(app, all, p);
    return KD_OK;
}

static kd_status run(struct app *app)
{
    struct frames all = {0};
    struct potential p = {0};
    kd_status status = evaluate(app, &all, &p);
    potential_free(&p);
    structures_free(all.frame, all.n);
    return status;
}

const struct app_command cmd_energy = {.name = "energy",
                                       .summary = "Tersoff energy, forces and virial of every frame",
                                       .arguments = "IN...",
                                       .doc = doc,
                                       .examples = examples,
                                       .n_file_min = 1,
                                       .n_file_max = -1,
                                       .option = options,
                                       .take = take,
                                       .choices_size = sizeof(struct choices),
                                       .run = run};
