// SPDX-License-Identifier: BSD-3-Clause
/* cmd_quench.c - kedge quench: glasses from random structures, many at once. */
#include <stdlib.h>

#include "apps/app.h"
#include "apps/dynamics_report.h"
#include "apps/frames.h"
#include "host/base/paths.h"
#include "host/md/energy.h"
#include "host/md/quench.h"

static const char doc[] =
    "Every frame of every file is one replica of a batch; sizes and compositions may differ. Each is minimised (FIRE, at most 0.1 angstrom a "
    "step), gets Maxwell velocities, is held at --melt-k, cooled linearly to --final-k, and relaxed with its cell at the given pressure. "
    "Thermostat: stochastic velocity rescaling; barostat: stochastic cell rescaling (isotropic; --anisotropic: x, y, z on their own); both "
    "work at 0 K. The defaults are the study's: 5000 K, 1 ns, then 3 ns to 0 K, steps of 0.5 fs.\n"
    "A replica whose atoms or volume run away ends alone, with its seed and step; the others go on (exit status 3). The conserved quantity is "
    "watched: a drift above 20 meV/atom/ps is a warning (0.5 fs: 3 in the SiO2 melt; 1 fs: 78).\n"
    "DIR gets final.xyz (all replicas), checkpoint.h5, and per replica NAME/final.xyz, thermo.log, thermo.csv and, with --frames-every, "
    "trajectory.NNNN.h5 (H5MD). After SIGINT, SIGTERM or --max-seconds (exit status 75), or a crash, the same command with --restart goes on; "
    "the result has the same bits as an unbroken run, for any number of threads.";

static const char examples[] = "  kedge generate --paper 1.00 --replicas 5 -o sio.xyz && kedge quench sio.xyz -o sio\n"
                               "  kedge quench start.xyz -o fast --melt-ps 20 --cool-ps 200 --frames-every 2000\n"
                               "  kedge quench start.xyz -o fast --melt-ps 20 --cool-ps 200 --restart --max-seconds 3600\n";

struct choices {
    const char *potential, *out;
    struct quench_options o;
    bool ready;
    double frames_every, thermo_every, hold_k;
};

enum { KEY_MELT_K = APP_KEY, KEY_MELT_PS, KEY_COOL_PS, KEY_FINAL_K, KEY_HOLD_K, KEY_HOLD_PS, KEY_DT, KEY_PRESSURE, KEY_TAU_T, KEY_TAU_P,
       KEY_ANISOTROPIC, KEY_FIXED, KEY_FRAMES, KEY_THERMO, KEY_RELAX, KEY_SKIN, KEY_CHECKPOINT };

static const struct argp_option options[] = {
    {"output", 'o', "DIR", 0, "Directory of results (required)", 0},
    {"potential", 'p', "FILE", 0, "Tersoff file in the format of LAMMPS (default: SiO.tersoff)", 0},
    {"melt-k", KEY_MELT_K, "K", 0, "Temperature of the melt (5000)", 0},
    {"melt-ps", KEY_MELT_PS, "PS", 0, "Time at that temperature (1000)", 0},
    {"cool-ps", KEY_COOL_PS, "PS", 0, "Time of the linear cooling (3000)", 0},
    {"final-k", KEY_FINAL_K, "K", 0, "Temperature at its end (0)", 0},
    {"hold-k", KEY_HOLD_K, "K", 0, "Temperature of a stage behind it (300)", 0},
    {"hold-ps", KEY_HOLD_PS, "PS", 0, "Time of that stage (0: none)", 0},
    {"pressure-bar", KEY_PRESSURE, "BAR", 0, "Pressure (1.01325)", 0},
    {"dt-fs", KEY_DT, "FS", 0, "Time step (0.5)", 0},
    {"tau-t-fs", KEY_TAU_T, "FS", 0, "Damping time of the thermostat (100)", 0},
    {"tau-p-fs", KEY_TAU_P, "FS", 0, "Damping time of the barostat (1000)", 0},
    {"anisotropic", KEY_ANISOTROPIC, NULL, 0, "The cell's x, y and z scale on their own", 0},
    {"fixed-volume", KEY_FIXED, NULL, 0, "NVT in place of NPT", 0},
    {"relax-steps", KEY_RELAX, "N", 0, "At most so many steps of the final relaxation (5000; 0: none)", 0},
    {"frames-every", KEY_FRAMES, "STEPS", 0, "Steps between frames of the trajectory (0: none)", 0},
    {"thermo-every", KEY_THERMO, "STEPS", 0, "Steps between rows of the thermo log (1000)", 0},
    {"checkpoint-seconds", KEY_CHECKPOINT, "S", 0, "Time between checkpoints (60)", 0},
    {"skin", KEY_SKIN, "A", 0, "Skin of the neighbour lists; changes the speed only (0.6)", 0},
    {0},
};

static kd_status take_time(struct choices *c, int key, const char *arg)
{
    switch (key) {
    case KEY_MELT_PS:
        return app_double("--melt-ps", arg, 0, 1e9, &c->o.melt_ps);
    case KEY_COOL_PS:
        return app_double("--cool-ps", arg, 0, 1e9, &c->o.cool_ps);
    case KEY_HOLD_PS:
        return app_double("--hold-ps", arg, 0, 1e9, &c->o.hold_ps);
    case KEY_DT:
        return app_double("--dt-fs", arg, 0.001, 10, &c->o.dt_fs);
    case KEY_TAU_T:
        return app_double("--tau-t-fs", arg, 0.01, 1e9, &c->o.tau_t_fs);
    case KEY_TAU_P:
        return app_double("--tau-p-fs", arg, 0.1, 1e9, &c->o.tau_p_fs);
    case KEY_CHECKPOINT:
        return app_double("--checkpoint-seconds", arg, 0.01, 1e9, &c->o.dynamics.checkpoint_seconds);
    default:
        return app_double("--skin", arg, 0.05, 3, &c->o.dynamics.skin);
    }
}

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    if (!c->ready) {
        quench_defaults(&c->o);
        c->thermo_every = 1000;
        c->ready = true;
    }
    switch (key) {
    case 'o':
        c->out = arg;
        return KD_OK;
    case 'p':
        c->potential = arg;
        return KD_OK;
    case KEY_MELT_K:
        return app_double("--melt-k", arg, 0, 1e6, &c->o.melt_k);
    case KEY_FINAL_K:
        return app_double("--final-k", arg, 0, 1e6, &c->o.final_k);
    case KEY_HOLD_K:
        return app_double("--hold-k", arg, 0, 1e6, &c->o.hold_k);
    case KEY_PRESSURE:
        return app_double("--pressure-bar", arg, -1e7, 1e9, &c->o.pressure_bar);
    case KEY_ANISOTROPIC:
        c->o.anisotropic = true;
        return KD_OK;
    case KEY_FIXED:
        c->o.fixed_volume = true;
        return KD_OK;
    case KEY_RELAX:
        return app_int("--relax-steps", arg, 0, 1000000000, &c->o.relax_steps);
    case KEY_FRAMES:
        return app_double("--frames-every", arg, 0, 1e12, &c->frames_every);
    case KEY_THERMO:
        return app_double("--thermo-every", arg, 0, 1e12, &c->thermo_every);
    }
    if (key >= KEY_MELT_K && key <= KEY_CHECKPOINT)
        return take_time(c, key, arg);
    return app_option_unknown(app);
}

static kd_status quench(struct app *app, struct frames *all, struct potential *p, struct dynamics_result **result)
{
    struct choices *c = app->choices;
    struct dynamics_summary summary;
    char path[PATH_MAX];
    kd_device *dev;
    if (!c->out)
        FAIL(KD_EINPUT, "-o: not given, expected the directory of results");
    TRY(data_or_given(c->potential ? c->potential : "SiO.tersoff", path));
    TRY(frames_read(app, all));
    TRY(energy_potential(path, all->frame, all->n, p));
    TRY(app_device(app, &dev));
    c->o.seed = app->seed;
    c->o.dynamics.precision = app->precision;
    c->o.dynamics.directory = c->out;
    c->o.dynamics.restart = app->restart;
    c->o.dynamics.thermo_every = (int64_t)c->thermo_every;
    c->o.dynamics.frame_every = (int64_t)c->frames_every;
    *result = calloc((size_t)all->n, sizeof **result);
    if (!*result)
        FAIL(KD_ENOMEM, "quench: no host memory");
    TRY(quench_batch(dev, p, &c->o, all->frame, all->n, *result, &summary));
    js_string(app->json, "directory", c->out);
    return dynamics_report(app, *result, all->n, &summary, c->o.dt_fs);
}

static kd_status run(struct app *app)
{
    struct frames all = {0};
    struct potential p = {0};
    struct dynamics_result *result = NULL;
    kd_status status = quench(app, &all, &p, &result);
    free(result);
    potential_free(&p);
    structures_free(all.frame, all.n);
    return status;
}

const struct app_command cmd_quench = {.name = "quench",
                                       .summary = "Glasses by melting and cooling, many at once",
                                       .arguments = "START...",
                                       .doc = doc,
                                       .examples = examples,
                                       .n_file_min = 1,
                                       .n_file_max = -1,
                                       .option = options,
                                       .take = take,
                                       .choices_size = sizeof(struct choices),
                                       .run = run};
