// SPDX-License-Identifier: BSD-3-Clause
/* cmd_md.c - kedge md: plain molecular dynamics of many structures at once. */
#include <stdlib.h>
#include <string.h>

#include "apps/app.h"
#include "apps/dynamics_report.h"
#include "apps/frames.h"
#include "host/base/paths.h"
#include "host/base/text.h"
#include "host/md/energy.h"
#include "host/md/quench.h"

static const char doc[] =
    "Every frame of every file is one replica of a batch. Velocities are those of the file (vel:R:3 in angstrom/fs); where a file has none, or "
    "with --draw, they are Maxwell's at --temperature-k with the momentum removed and the temperature exact.\n"
    "nve: velocity Verlet. nvt: with stochastic velocity rescaling. npt: with stochastic cell rescaling too. --final-k ramps the temperature "
    "linearly.\n"
    "DIR gets final.xyz (with velocities, forces, energy), checkpoint.h5, and per replica NAME/final.xyz, thermo.log, thermo.csv "
    "(step,time_fs,temp_k,pot_ev,kin_ev,tot_ev,press_bar,volume_a3,density_gcc,conserved_ev) and, with --frames-every, "
    "trajectory.NNNN.h5 (H5MD). --restart goes on from the checkpoint, with the same bits as an unbroken run.";

static const char examples[] = "  kedge md glass.xyz --ensemble nvt --temperature-k 300 --steps 20000 -o run\n"
                               "  kedge md melt.xyz --ensemble nve --steps 100 --thermo-every 1 --precision double -o nve\n"
                               "  kedge md a.xyz b.xyz --ensemble npt --temperature-k 300 --final-k 900 --steps 100000 --frames-every 500 -o heat\n";

struct choices {
    const char *potential, *out;
    struct dynamics_stage stage;
    bool ready, draw;
    double steps, frames_every, thermo_every, final_k, checkpoint_seconds, skin;
};

enum { KEY_ENSEMBLE = APP_KEY, KEY_STEPS, KEY_T, KEY_FINAL, KEY_PRESSURE, KEY_DT, KEY_TAU_T, KEY_TAU_P, KEY_ANISOTROPIC, KEY_DRAW,
       KEY_FRAMES, KEY_THERMO, KEY_CHECKPOINT, KEY_SKIN };

static const struct argp_option options[] = {
    {"output", 'o', "DIR", 0, "Directory of results (required)", 0},
    {"potential", 'p', "FILE", 0, "Tersoff file in the format of LAMMPS (default: SiO.tersoff)", 0},
    {"ensemble", KEY_ENSEMBLE, "WHICH", 0, "nve, nvt or npt (default nve)", 0},
    {"steps", KEY_STEPS, "N", 0, "Steps (required)", 0},
    {"temperature-k", KEY_T, "K", 0, "Temperature (300)", 0},
    {"final-k", KEY_FINAL, "K", 0, "Temperature at the end of a linear ramp (default: no ramp)", 0},
    {"pressure-bar", KEY_PRESSURE, "BAR", 0, "Pressure (1.01325)", 0},
    {"dt-fs", KEY_DT, "FS", 0, "Time step (0.5)", 0},
    {"tau-t-fs", KEY_TAU_T, "FS", 0, "Damping time of the thermostat (100)", 0},
    {"tau-p-fs", KEY_TAU_P, "FS", 0, "Damping time of the barostat (1000)", 0},
    {"anisotropic", KEY_ANISOTROPIC, NULL, 0, "npt: the cell's x, y and z scale on their own", 0},
    {"draw", KEY_DRAW, NULL, 0, "Draw velocities even if the file has some", 0},
    {"frames-every", KEY_FRAMES, "STEPS", 0, "Steps between frames of the trajectory (0: none)", 0},
    {"thermo-every", KEY_THERMO, "STEPS", 0, "Steps between rows of the thermo log (100)", 0},
    {"checkpoint-seconds", KEY_CHECKPOINT, "S", 0, "Time between checkpoints (60)", 0},
    {"skin", KEY_SKIN, "A", 0, "Skin of the neighbour lists; changes the speed only (0.6)", 0},
    {0},
};

static void set_defaults(struct choices *c)
{
    if (c->ready)
        return;
    c->stage = dynamics_stage("run", MD_NVE, 0);
    c->stage.temperature_k[0] = 300;
    c->stage.pressure_bar = 1.01325;
    c->steps = c->final_k = -1;
    c->thermo_every = 100;
    c->checkpoint_seconds = 60;
    c->skin = 0.6;
    c->ready = true;
}

static kd_status take_ensemble(struct choices *c, const char *arg)
{
    static const char *const name[] = {[MD_NVE] = "nve", [MD_NVT] = "nvt", [MD_NPT] = "npt"};
    char shown[48];
    for (int e = MD_NVE; e <= MD_NPT; e++)
        if (strcmp(arg, name[e]) == 0) {
            c->stage.ensemble = (enum md_ensemble)e;
            return KD_OK;
        }
    FAIL(KD_EINPUT, "--ensemble: \"%s\", expected nve, nvt or npt", text_show(shown, arg));
}

static kd_status take_output(struct choices *c, int key, const char *arg)
{
    switch (key) {
    case KEY_FRAMES:
        return app_double("--frames-every", arg, 0, 1e12, &c->frames_every);
    case KEY_THERMO:
        return app_double("--thermo-every", arg, 0, 1e12, &c->thermo_every);
    case KEY_CHECKPOINT:
        return app_double("--checkpoint-seconds", arg, 0.01, 1e9, &c->checkpoint_seconds);
    default:
        return app_double("--skin", arg, 0.05, 3, &c->skin);
    }
}

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    set_defaults(c);
    switch (key) {
    case 'o':
        c->out = arg;
        return KD_OK;
    case 'p':
        c->potential = arg;
        return KD_OK;
    case KEY_ENSEMBLE:
        return take_ensemble(c, arg);
    case KEY_STEPS:
        return app_double("--steps", arg, 0, 1e12, &c->steps);
    case KEY_T:
        return app_double("--temperature-k", arg, 0, 1e6, &c->stage.temperature_k[0]);
    case KEY_FINAL:
        return app_double("--final-k", arg, 0, 1e6, &c->final_k);
    case KEY_PRESSURE:
        return app_double("--pressure-bar", arg, -1e7, 1e9, &c->stage.pressure_bar);
    case KEY_DT:
        return app_double("--dt-fs", arg, 0.001, 10, &c->stage.dt_fs);
    case KEY_TAU_T:
        return app_double("--tau-t-fs", arg, 0.01, 1e9, &c->stage.tau_t_fs);
    case KEY_TAU_P:
        return app_double("--tau-p-fs", arg, 0.1, 1e9, &c->stage.tau_p_fs);
    case KEY_ANISOTROPIC:
        c->stage.anisotropic = true;
        return KD_OK;
    case KEY_DRAW:
        c->draw = true;
        return KD_OK;
    }
    if (key >= KEY_FRAMES && key <= KEY_SKIN)
        return take_output(c, key, arg);
    return app_option_unknown(app);
}

static void make_plans(const struct app *app, const struct choices *c, const struct frames *all, struct dynamics_plan *plan)
{
    for (int r = 0; r < all->n; r++) {
        struct dynamics_stage *s = &plan[r].stage[0];
        plan[r].n_stage = 1;
        plan[r].seed = quench_seed(app->seed, r);
        *s = c->stage;
        s->n_step = (int64_t)c->steps;
        s->temperature_k[1] = c->final_k >= 0 ? c->final_k : s->temperature_k[0];
        s->draw = c->draw || !all->frame[r].velocity;
        s->keep_momentum = s->ensemble == MD_NVE;
    }
}

static kd_status dynamics(struct app *app, struct frames *all, struct potential *p, struct dynamics_plan **plan,
                          struct dynamics_result **result)
{
    const struct choices *c = app->choices;
    struct dynamics_summary summary;
    char path[PATH_MAX];
    kd_device *dev;
    if (!c->out)
        FAIL(KD_EINPUT, "-o: not given, expected the directory of results");
    if (c->steps < 0)
        FAIL(KD_EINPUT, "--steps: not given, expected the number of steps");
    TRY(data_or_given(c->potential ? c->potential : "SiO.tersoff", path));
    TRY(frames_read(app, all));
    TRY(energy_potential(path, all->frame, all->n, p));
    TRY(app_device(app, &dev));
    *plan = calloc((size_t)all->n, sizeof **plan);
    *result = calloc((size_t)all->n, sizeof **result);
    if (!*plan || !*result)
        FAIL(KD_ENOMEM, "md: no host memory");
    make_plans(app, c, all, *plan);
    const struct dynamics_options o = {.precision = app->precision, .directory = c->out, .restart = app->restart, .what = "md",
                                       .thermo_every = (int64_t)c->thermo_every, .frame_every = (int64_t)c->frames_every,
                                       .checkpoint_seconds = c->checkpoint_seconds, .skin = c->skin};
    TRY(dynamics_run(dev, p, &o, *plan, all->frame, all->n, *result, &summary));
    js_string(app->json, "directory", c->out);
    return dynamics_report(app, *result, all->n, &summary, c->stage.dt_fs);
}

static kd_status run(struct app *app)
{
    struct frames all = {0};
    struct potential p = {0};
    struct dynamics_plan *plan = NULL;
    struct dynamics_result *result = NULL;
    set_defaults(app->choices);
    kd_status status = dynamics(app, &all, &p, &plan, &result);
    free(plan);
    free(result);
    potential_free(&p);
    structures_free(all.frame, all.n);
    return status;
}

const struct app_command cmd_md = {.name = "md",
                                   .summary = "Molecular dynamics: nve, nvt, npt, many structures at once",
                                   .arguments = "IN...",
                                   .doc = doc,
                                   .examples = examples,
                                   .n_file_min = 1,
                                   .n_file_max = -1,
                                   .option = options,
                                   .take = take,
                                   .choices_size = sizeof(struct choices),
                                   .run = run};
