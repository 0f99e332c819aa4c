// SPDX-License-Identifier: BSD-3-Clause
/* cmd_xanes.c - kedge xanes: K-edge spectra of the sites of a ground state. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/app.h"
#include "apps/xanes_json.h"
#include "apps/xanes_reference.h"
#include "host/base/log.h"
#include "host/base/progress.h"
#include "host/base/text.h"
#include "host/base/units.h"
#include "host/xas/calibration.h"
#include "host/xas/collect.h"

static const char doc[] =
    "For every site: the self-consistent density with a core hole, started from the ground state; then Lanczos chains of all k-points and "
    "the polarisations x, y, z as one block; then the spectrum. The ground state comes from kedge scf; the pseudopotential of the "
    "absorber is made on demand where the ground state's set is Kedge's own, or given by --core-hole-pseudo.\n"
    "--final-state xch (default): the excited electron stays, in the lowest conduction state, the cell is neutral. fch: it is taken away, "
    "the cell is charged. none: the potential of the ground state.\n"
    "--energy-axis absolute (default): eigenvalues in eV as xspectra.x has them; --emin-ev and --emax-ev count from the highest occupied level "
    "of the ground state (default -10 to 50). calibrated: photon energies, from differences of total energies plus the constant of "
    "--calibration (default 0); --emin-ev and --emax-ev are photon energies (default 1830 to 1880 for Si, else from the K edge).\n"
    "gamma is the half width at half maximum: 0.8, or points joined by straight lines, 0.4@5,1.5@30 (gamma@eV above the edge), or a "
    "table in --gamma-file. With -o the chains of every site stay in XANES.h5.sites, and --restart evaluates them again (another gamma, other "
    "energies) or goes on with the sites that are missing, one that was killed or stopped from its checkpoint; XANES.h5 has the spectra in Mb and bohr^2, per site and polarisation, and means. A "
    "site that does not converge is recorded, the rest goes on, and the exit status is 3.\n"
    "--json: sites[] with site, converged, lanczos_steps, scf_iterations, e_shift_ev, edge_ev, energy_ha, seconds, norm[k][polarisation] "
    "(bohr), and with --chains a_ha, b_ha[k][polarisation][n]; energy_ev, mean_mb.";

static const char examples[] = "  kedge xanes --calibrate quartz.xyz=1846 --pseudo-dir upf -o quartz.json\n"
                               "  kedge xanes gs.h5 -o xanes.h5\n"
                               "  kedge xanes gs.h5 --sites 0,3,7-9 --energy-axis calibrated --calibration quartz.json -o xanes.h5 --plot\n"
                               "  kedge xanes gs.h5 --final-state fch --core-hole-pseudo Sih.upf --sites 0 --format xspectra -o x.h5\n"
                               "  kedge xanes gs.h5 -o xanes.h5 --restart --gamma-ev 0.4\n";

enum { KEY_SITES = APP_KEY, KEY_KPOINTS, KEY_SHIFT, KEY_GAMMA, KEY_GAMMA_FILE, KEY_EMIN, KEY_EMAX, KEY_POINTS, KEY_STATE, KEY_HOLE_FILE,
       KEY_AXIS, KEY_CALIBRATION, KEY_PSEUDO, KEY_DIR, KEY_CHAINS, KEY_FORMAT, KEY_PLOT, KEY_CONV, KEY_SCF, KEY_STEPS, KEY_GRID, KEY_REFERENCE,
       KEY_CALIBRATE, KEY_ECUT, KEY_CHECKPOINT };

struct choices {
    const char *out, *sites, *format, *calibration, *calibrate, *gamma_file;
    double ecut;
    struct xanes_options xanes;
    struct collect_axis axis;
    double emin_ev, emax_ev, constant_ev;
    int n_point;
    bool ready, emin_given, emax_given, chains, plot, grid_given;
};

static const struct argp_option options[] = {
    {"output", 'o', "XANES.h5", 0, "Spectra; the chains of each site go to XANES.h5.sites/", 0},
    {"sites", KEY_SITES, "LIST", 0, "Atoms from 0: all (default), 0,3,7-9", 0},
    {"kpoints", KEY_KPOINTS, "N N N", 0, "k-points of the spectrum (default 2 2 2)", 0},
    {"kshift", KEY_SHIFT, "S S S", 0, "Shift of the mesh by half a step, 0 or 1 each (default 0 0 0)", 0},
    {"gamma-ev", KEY_GAMMA, "EV", 0, "Half width at half maximum (default 0.8)", 0},
    {"gamma-file", KEY_GAMMA_FILE, "FILE", 0, "Two columns: eV above the edge, half width in eV", 0},
    {"emin-ev", KEY_EMIN, "EV", 0, "First energy", 0},
    {"emax-ev", KEY_EMAX, "EV", 0, "Last energy", 0},
    {"points", KEY_POINTS, "N", 0, "Energies (default: 0.05 eV apart; calibrated: 256)", 0},
    {"final-state", KEY_STATE, "STATE", 0, "xch, fch or none (default xch)", 0},
    {"core-hole-pseudo", KEY_HOLE_FILE, "FILE", 0, "Pseudopotential of the absorber (default: made on demand)", 0},
    {"energy-axis", KEY_AXIS, "AXIS", 0, "absolute or calibrated", 0},
    {"calibration", KEY_CALIBRATION, "FILE|EV", 0, "Constant of the calibrated axis: a file of --calibrate, or a number of eV", 0},
    {"calibrate", KEY_CALIBRATE, "REFERENCE=EV", 0, "Make that file from a reference (structure or GS.h5) with its main peak at EV; needs no GS.h5", 0},
    {"ecut-ry", KEY_ECUT, "RY", 0, "With --calibrate: cutoff of the ground state of a structure (default 50)", 0},
    {"pseudo", KEY_PSEUDO, "EL=FILE", 0, "Pseudopotential in place of the one that GS.h5 names (repeatable)", 0},
    {"pseudo-dir", KEY_DIR, "DIR", 0, "Look here for all of them", 0},
    {"chains", KEY_CHAINS, NULL, 0, "With --json: list a_n and b_n", 0},
    {"format", KEY_FORMAT, "KIND", 0, "Also write text: xspectra, xdi or csv", 0},
    {"plot", KEY_PLOT, NULL, 0, "Draw the spectra with gnuplot", 0},
    {"convergence", KEY_CONV, "X", 0, "Change of the spectrum over 50 steps, of its maximum, at which chains end (default 1.5e-3)", 0},
    {"scf-conv-ry", KEY_SCF, "RY", 0, "Accuracy of the core-hole energy (default 3e-6)", 0},
    {"max-steps", KEY_STEPS, "N", 0, "Give a site up after so many Lanczos steps (default 2000)", 0},
    {"grid-factor", KEY_GRID, "X", 0, "Product grid of the chains in units of twice the largest |k+G| (default 1.3; double precision 2.2)", 0},
    {"reference-sites", KEY_REFERENCE, "N", 0, "Start from the mean spherical response of the first N absorbers (default 0)", 0},
    {"checkpoint-seconds", KEY_CHECKPOINT, "S", 0, "Time between checkpoints of the site at work, beside its file (60)", 0},
    {0},
};

static void prepare(struct choices *c)
{
    if (c->ready)
        return;
    c->xanes = xanes_defaults(KD_MIXED);
    c->sites = "all";
    c->ecut = ha_from_ry(50);
    c->ready = true;
}

static kd_status three(const char *option, const char *arg, int most, int value[3])
{
    char rest;
    if (sscanf(arg, "%d%*[ ,x]%d%*[ ,x]%d %c", &value[0], &value[1], &value[2], &rest) != 3)
        FAIL(KD_EINPUT, "%s: \"%s\", expected three numbers: 2 2 2", option, arg);
    for (int a = 0; a < 3; a++)
        if (value[a] < (most == 1 ? 0 : 1) || value[a] > most)
            FAIL(KD_EINPUT, "%s: %d, expected %d to %d", option, value[a], most == 1 ? 0 : 1, most);
    return KD_OK;
}

static kd_status take_axis(struct choices *c, const char *arg)
{
    if (strcmp(arg, "absolute") != 0 && strcmp(arg, "calibrated") != 0)
        FAIL(KD_EINPUT, "--energy-axis: \"%s\", expected absolute or calibrated", arg);
    c->axis.kind = arg[0] == 'a' ? XANES_ABSOLUTE : XANES_CALIBRATED;
    return KD_OK;
}

static kd_status take_numbers(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    double x;
    switch (key) {
    case KEY_EMIN:
        c->emin_given = true;
        return app_double("--emin-ev", arg, -1e5, 1e6, &c->emin_ev);
    case KEY_EMAX:
        c->emax_given = true;
        return app_double("--emax-ev", arg, -1e5, 1e6, &c->emax_ev);
    case KEY_ECUT:
        TRY(app_double("--ecut-ry", arg, 1, 1000, &x));
        c->ecut = ha_from_ry(x);
        return KD_OK;
    case KEY_POINTS:
        return app_int("--points", arg, 2, 1000000, &c->n_point);
    case KEY_CONV:
        return app_double("--convergence", arg, 1e-8, 1, &c->xanes.convergence);
    case KEY_SCF:
        TRY(app_double("--scf-conv-ry", arg, 1e-14, 1, &x));
        c->xanes.scf_accuracy = ha_from_ry(x);
        return KD_OK;
    case KEY_CHECKPOINT:
        return app_double("--checkpoint-seconds", arg, 0, 1e9, &c->xanes.checkpoint_seconds);
    case KEY_STEPS:
        return app_int("--max-steps", arg, 10, 100000, &c->xanes.max_step);
    case KEY_GRID:
        c->grid_given = true;
        return app_double("--grid-factor", arg, 1, 4, &c->xanes.grid_factor);
    case KEY_REFERENCE:
        return app_int("--reference-sites", arg, 0, 100, &c->xanes.n_reference);
    }
    return app_option_unknown(app);
}

static kd_status take_files(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    switch (key) {
    case KEY_HOLE_FILE:
        c->xanes.core_hole_file = arg;
        return KD_OK;
    case KEY_CALIBRATION:
        c->calibration = arg;
        return KD_OK;
    case KEY_CALIBRATE:
        c->calibrate = arg;
        return KD_OK;
    case KEY_GAMMA_FILE:
        c->gamma_file = arg;
        return KD_OK;
    case KEY_DIR:
        c->xanes.pseudo.directory = arg;
        return KD_OK;
    case KEY_PSEUDO:
        if (c->xanes.pseudo.n_given == PSEUDO_SET_MAX)
            FAIL(KD_EINPUT, "--pseudo: more than %d", PSEUDO_SET_MAX);
        c->xanes.pseudo.given[c->xanes.pseudo.n_given++] = arg;
        return KD_OK;
    case KEY_FORMAT:
        if (strcmp(arg, "xspectra") != 0 && strcmp(arg, "xdi") != 0 && strcmp(arg, "csv") != 0)
            FAIL(KD_EINPUT, "--format: \"%s\", expected xspectra, xdi or csv", arg);
        c->format = arg;
        return KD_OK;
    }
    return take_numbers(app, key, arg);
}

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    prepare(c);
    switch (key) {
    case 'o':
        c->out = arg;
        return KD_OK;
    case KEY_SITES:
        c->sites = arg;
        return KD_OK;
    case KEY_KPOINTS:
        return three("--kpoints", arg, 64, c->xanes.mesh);
    case KEY_SHIFT:
        return three("--kshift", arg, 1, c->xanes.shift);
    case KEY_GAMMA:
        return broaden_parse(arg, &c->xanes.broadening);
    case KEY_STATE:
        return xanes_final_state_parse(arg, &c->xanes.final_state);
    case KEY_AXIS:
        return take_axis(c, arg);
    case KEY_CHAINS:
        c->chains = true;
        return KD_OK;
    case KEY_PLOT:
        c->plot = true;
        return KD_OK;
    }
    return take_files(app, key, arg);
}

/* ---- what happens as the sites are done ---- */

struct run {
    struct app *app;
    struct collect collect;
    struct js *sites;
    struct progress progress;
    int done;
};

/* --calibration: a number of eV, or a file that was made the same way. */
static kd_status take_constant(struct choices *c, const struct xanes *x)
{
    struct calibration file;
    if (!c->calibration || number_double(c->calibration, &c->constant_ev))
        return KD_OK;
    TRY(calibration_read(c->calibration, &file));
    c->constant_ev = file.constant_ev;
    return calibration_check(&file, xanes_recipe(x));
}

static kd_status set_axis(struct choices *c, const struct xanes *x)
{
    const struct gs_file *g = xanes_ground(x);
    bool calibrated = c->axis.kind == XANES_CALIBRATED;
    c->axis.zero_ev = ev_from_ha(g->smearing == SMEARING_FIXED ? g->homo : g->fermi);
    c->axis.constant_ev = c->constant_ev;
    c->axis.emin_ev = c->emin_given ? c->emin_ev : calibrated ? 1830 : -10;
    c->axis.emax_ev = c->emax_given ? c->emax_ev : calibrated ? 1880 : 50;
    c->axis.n = c->n_point ? c->n_point : calibrated ? 256 : (int)lround((c->axis.emax_ev - c->axis.emin_ev) / 0.05) + 1;
    return KD_OK;
}

static kd_status opened(void *owner, const struct xanes *x)
{
    struct run *r = owner;
    struct choices *c = r->app->choices;
    char formula[64];
    structure_formula(xanes_structure(x), formula, sizeof formula);
    TRY(take_constant(c, x));
    TRY(set_axis(c, x));
    log_info("%s, %d atoms, final state %s", formula, xanes_structure(x)->n_atom, xanes_final_state_name(c->xanes.final_state));
    return collect_begin(&c->axis, &r->collect);
}

static kd_status done(void *owner, const char *path, struct xanes_site *s)
{
    struct run *r = owner;
    struct choices *c = r->app->choices;
    (void)path;
    xanes_site_json(js_object(r->sites, NULL), s, c->chains);
    TRY(collect_add(&r->collect, s, &c->xanes.broadening));
    progress_at(&r->progress, ++r->done);
    if (s->converged)
        log_info("site %4d  core-hole density %2d iterations %.2f s   chains %d steps %.2f s   shift %.3f eV", s->site, s->scf_iterations,
                 s->seconds.scf, s->chains.n_step, s->seconds.setup + s->seconds.chains, ev_from_ha(s->e_shift));
    return KD_OK;
}

/* ---- results ---- */

static kd_status write_results(struct app *app, struct run *r)
{
    struct choices *c = app->choices;
    double *mean = calloc((size_t)c->axis.n, sizeof *mean), peak_ev, height;
    if (!mean)
        FAIL(KD_ENOMEM, "xanes: no host memory");
    if (collect_mean(&r->collect, -1, mean)) {
        for (int e = 0; e < c->axis.n; e++)
            mean[e] = mb_from_bohr2(mean[e]);
        js_doubles(app->json, "energy_ev", (size_t)c->axis.n, r->collect.energy_ev);
        js_doubles(app->json, "mean_mb", (size_t)c->axis.n, mean);
    }
    free(mean);
    app_print(app, "site   steps  iterations   shift (eV)   main peak (eV)  height (Mb)   seconds\n");
    for (int i = 0; i < r->collect.n_row; i++) {
        const struct collect_row *row = &r->collect.row[i];
        if (row->sigma && collect_peak(&r->collect, i, &peak_ev, &height))
            app_print(app, "%4d %7d %11d %12.3f %16.3f %12.5f %9.2f\n", row->site, row->lanczos_steps, row->scf_iterations, row->e_shift_ev,
                      peak_ev, mb_from_bohr2(height), row->seconds);
        else if (!row->sigma)
            app_print(app, "%4d failed: %s\n", row->site, row->failure);
    }
    if (collect_peak(&r->collect, -1, &peak_ev, &height)) {
        js_double(app->json, "main_peak_ev", peak_ev);
        app_print(app, "mean of %d: main peak at %.3f eV\n", r->collect.n_row, peak_ev);
    }
    if (!c->out)
        return KD_OK;
    TRY(collect_write(&r->collect, c->out, NULL));
    if (c->format)
        TRY(collect_write_text(&r->collect, c->out, c->format));
    return c->plot ? collect_plot(&r->collect, c->out) : KD_OK;
}

static kd_status run_sites(struct app *app, struct run *r, kd_device *dev)
{
    struct choices *c = app->choices;
    char directory[PATH_MAX];
    int *site = NULL, n = 0;
    kd_status status = xanes_parse_sites(c->sites, &site, &n);
    if (c->out && snprintf(directory, sizeof directory, "%s.sites", c->out) >= (int)sizeof directory)
        status = kd_fail(KD_EINPUT, "-o: too long a name");
    struct xanes_job job = {app->file[0], c->out ? directory : NULL, n, site, app->restart, opened, done, r};
    progress_begin(&r->progress, "xanes", "sites", n, 1);
    if (status == KD_OK)
        status = xanes_sites(dev, &job, &c->xanes);
    progress_end(&r->progress);
    free(site);
    return status;
}

static kd_status calibrate(struct app *app)
{
    struct choices *c = app->choices;
    struct reference_choice choice = {c->calibrate, c->out, c->ecut};
    int *site, n;
    kd_status status = xanes_parse_sites(c->sites, &site, &n);
    if (status == KD_OK)
        status = xanes_reference(app, &choice, &c->xanes, n, site);
    free(site);
    return status;
}

static kd_status run(struct app *app)
{
    struct choices *c = app->choices;
    struct run r = {.app = app};
    kd_device *dev;
    prepare(c);
    if (!c->calibrate && app->n_file == 0)
        FAIL(KD_EINPUT, "xanes: no ground state given, expected GS.h5");
    if ((c->format || c->plot) && !c->out)
        FAIL(KD_EINPUT, "--format, --plot: give -o XANES.h5; their names follow from it");
    if (c->gamma_file)
        TRY(broaden_read(c->gamma_file, &c->xanes.broadening));
    TRY(app_device(app, &dev));
    c->xanes.precision = app->precision;
    c->xanes.seed = app->seed;
    if (!c->grid_given)
        c->xanes.grid_factor = xanes_defaults(app->precision).grid_factor;
    if (c->calibrate)
        return calibrate(app);
    r.sites = js_array(app->json, "sites");
    kd_status status = run_sites(app, &r, dev);
    if (status == KD_OK || (status == KD_ENOCONV && r.collect.n_row)) {
        char why[512];
        snprintf(why, sizeof why, "%s", kd_error_message());
        kd_status written = write_results(app, &r);
        if (written != KD_OK)
            status = written;
        else if (status != KD_OK)
            kd_fail(status, "%s", why);
    }
    collect_free(&r.collect);
    return status;
}

const struct app_command cmd_xanes = {
    .name = "xanes",
    .summary = "Core-hole K-edge spectra of the sites of a ground state",
    .arguments = "GS.h5",
    .doc = doc,
    .examples = examples,
    .n_file_min = 0,
    .n_file_max = 1,
    .option = options,
    .take = take,
    .choices_size = sizeof(struct choices),
    .run = run,
};
