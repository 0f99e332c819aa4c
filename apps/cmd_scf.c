// SPDX-License-Identifier: BSD-3-Clause
/* cmd_scf.c - kedge scf: the self-consistent ground state of a crystal. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/app.h"
#include "apps/scf_report.h"
#include "host/base/log.h"
#include "host/base/units.h"
#include "host/dft/gs.h"

static const char doc[] =
    "Plane waves, PBE, norm-conserving pseudopotentials (UPF v2). One structure (the last frame of the file), spin-restricted. "
    "At Gamma and wherever k = -k the orbitals are real; k-meshes are reduced by the space group and time reversal.\n"
    "Iterations go to stderr, results to stdout, both in the words of pw.x, so that grep '^!' finds the total energy. Energies in Ry "
    "there, in Ha in --json and in GS.h5. The stress is positive under tension: pw.x prints its negative.\n"
    "Bands are filled two by two; where levels cross there (a metal, a defect's states in the gap) or the number of electrons is odd, the "
    "calculation is done with --smearing gauss:0.1eV, and says so. --smearing fixed insists.\n"
    "Not converged: exit status 3, and no file is written.\n"
    "Killed or stopped (SIGINT, --max-seconds): with -o, --restart goes on from GS.h5.checkpoint with the bits of an unbroken run.\n"
    "--json: converged, iterations, h_applications, n_band, energy_ha, energy_terms_ha, fermi_ev, homo_ev, lumo_ev, eigenvalues_ev[k][band], "
    "occupations[k][band], kpoints[k], forces_ha_bohr, stress_gpa, seconds.";

static const char examples[] = "  kedge scf quartz.xyz --pseudo-dir upf --kpoints 2 2 2 -o gs.h5\n"
                               "  kedge scf glass.xyz --pseudo Si=Si.upf --pseudo O=O.upf --precision double --json\n"
                               "  kedge scf glass.xyz --pseudo-dir upf --core-hole 3 --core-hole-pseudo Sih.upf --charge 1\n";

enum { KEY_PSEUDO = APP_KEY, KEY_DIR, KEY_ECUT, KEY_KPOINTS, KEY_SHIFT, KEY_CHARGE, KEY_SMEARING, KEY_HOLE, KEY_HOLE_FILE, KEY_BANDS,
       KEY_CONV, KEY_MIXING, KEY_EIGENSOLVER, KEY_MAX, KEY_NO_SYMMETRY, KEY_NO_FORCES, KEY_START, KEY_ORBITALS, KEY_CUBE,
       KEY_CHECKPOINT };

struct choices {
    const char *out, *start, *cube;
    char *checkpoint; /* OUT.checkpoint */
    struct pseudo_choice pseudo;
    struct scf_options scf;
    bool ready, no_forces, orbitals;
    bool automatic; /* smearing: fixed unless levels cross */
    int *open[4], n_open; /* numbers of --kpoints and --kshift that are still to come */
};

static const struct argp_option options[] = {
    {"output", 'o', "GS.h5", 0, "Write density, potential, bands, forces here", 0},
    {"pseudo", KEY_PSEUDO, "EL=FILE", 0, "Pseudopotential of an element (repeatable; default: made by Kedge, see kedge pseudo)", 0},
    {"pseudo-dir", KEY_DIR, "DIR", 0, "Look here for EL.upf, else EL_*.upf", 0},
    {"ecut-ry", KEY_ECUT, "RY", 0, "Cutoff of the orbitals (default 50); the density has four times that", 0},
    {"kpoints", KEY_KPOINTS, "N N N", 0, "Monkhorst-Pack mesh (default 1 1 1: Gamma)", 0},
    {"kshift", KEY_SHIFT, "S S S", 0, "Shift of the mesh by half a step, 0 or 1 each (default 0 0 0)", 0},
    {"charge", KEY_CHARGE, "Q", 0, "Charge of the cell in e; a uniform background compensates (default 0)", 0},
    {"smearing", KEY_SMEARING, "KIND:WIDTH", 0, "gauss, mp, cold or fermi, width with unit eV, Ry or Ha: gauss:0.1eV; fixed; auto (default): fixed, gauss:0.1eV where levels cross", 0},
    {"bands", KEY_BANDS, "N", 0, "Bands to converge and report (default: the occupied ones and one more; smeared: 20 % more)", 0},
    {"core-hole", KEY_HOLE, "SITE", 0, "Atom (from 0) that has a core hole: one 1s electron removed", 0},
    {"core-hole-pseudo", KEY_HOLE_FILE, "FILE", 0, "Its pseudopotential (default: made by Kedge; auto:Si:1s=0.5 is a half hole)", 0},
    {"conv-ry", KEY_CONV, "RY", 0, "Stop when the estimated error of the energy is below (default 1e-8)", 0},
    {"max-iterations", KEY_MAX, "N", 0, "Give up after (default 100)", 0},
    {"mixing", KEY_MIXING, "BETA", 0, "Fraction of the new density (default 0.5)", 0},
    {"eigensolver", KEY_EIGENSOLVER, "NAME", 0, "ppcg (default) or davidson, which needs half as much memory again", 0},
    {"no-symmetry", KEY_NO_SYMMETRY, NULL, 0, "Use time reversal only", 0},
    {"no-forces", KEY_NO_FORCES, NULL, 0, "Neither forces nor stress", 0},
    {"start", KEY_START, "GS.h5", 0, "Start from this density (same atoms, possibly moved; other cutoff, cell or charge)", 0},
    {"orbitals", KEY_ORBITALS, NULL, 0, "Keep the orbitals in GS.h5 as well", 0},
    {"cube", KEY_CUBE, "FILE", 0, "Write the density here as a Gaussian cube file", 0},
    {"checkpoint-seconds", KEY_CHECKPOINT, "S", 0, "Time between checkpoints, GS.h5.checkpoint (60; 0: after every iteration)", 0},
    {0},
};

/* --kpoints 2 2 2: three words, or one "2 2 2" (or 2,2,2 or 2x2x2). The words after the first come as positional arguments. */
static kd_status take_three(struct choices *c, const char *option, const char *arg, int *value)
{
    char rest;
    int n = sscanf(arg, "%d%*[ ,x]%d%*[ ,x]%d %c", &value[0], &value[1], &value[2], &rest);
    if ((n != 1 && n != 3) || (n == 1 && c->n_open > 2))
        FAIL(KD_EINPUT, "%s: \"%s\", expected three numbers: 2 2 2", option, arg);
    for (int a = 1; a < 3 && n == 1; a++)
        c->open[c->n_open++] = &value[a];
    return KD_OK;
}

/* The positional words: numbers complete --kpoints and --kshift, what is left is the structure. */
static kd_status sort_words(struct app *app, const char **path)
{
    struct choices *c = app->choices;
    int used = 0;
    *path = NULL;
    for (int i = 0; i < app->n_file; i++) {
        if (used < c->n_open && strspn(app->file[i], "0123456789") == strlen(app->file[i]))
            TRY(app_int("--kpoints or --kshift", app->file[i], 0, 64, c->open[used++]));
        else if (*path)
            FAIL(KD_EINPUT, "scf: \"%s\" and \"%s\", expected one structure", *path, app->file[i]);
        else
            *path = app->file[i];
    }
    if (used < c->n_open)
        FAIL(KD_EINPUT, "--kpoints, --kshift: expected three numbers each: 2 2 2");
    return *path ? KD_OK : kd_fail(KD_EINPUT, "scf: no structure given");
}

static kd_status take_smearing(const char *arg, struct choices *c)
{
    struct scf_options *o = &c->scf;
    c->automatic = strcmp(arg, "auto") == 0;
    if (c->automatic || strcmp(arg, "fixed") == 0) {
        o->smearing = SMEARING_FIXED;
        return KD_OK;
    }
    char kind[32], *unit = NULL;
    const char *colon = strchr(arg, ':');
    double width = 0;
    if (colon && (size_t)(colon - arg) < sizeof kind) /* strtod, not scanf, which takes the e of 0.1eV for an exponent */
        width = strtod(colon + 1, &unit);
    if (!unit || unit == colon + 1 || !(width > 0) || !isfinite(width))
        FAIL(KD_EINPUT, "--smearing: \"%s\", expected auto, fixed or KIND:WIDTH, for instance gauss:0.1eV", arg);
    memcpy(kind, arg, (size_t)(colon - arg));
    kind[colon - arg] = '\0';
    TRY(smearing_parse(kind, &o->smearing));
    if (strcasecmp(unit, "ev") == 0)
        o->width = ha_from_ev(width);
    else if (strcasecmp(unit, "ry") == 0)
        o->width = ha_from_ry(width);
    else if (strcasecmp(unit, "ha") == 0)
        o->width = width;
    else
        FAIL(KD_EINPUT, "--smearing: unit \"%s\", expected eV, Ry or Ha", unit);
    return KD_OK;
}

static void prepare(struct choices *c)
{
    if (c->ready)
        return;
    c->scf = scf_defaults();
    c->scf.checkpoint_seconds = 60;
    c->pseudo.core_hole_site = -1;
    c->automatic = true;
    c->ready = true;
}

static kd_status take_physics(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    double x;
    switch (key) {
    case KEY_ECUT:
        TRY(app_double("--ecut-ry", arg, 1, 1000, &x));
        c->scf.ecut = ha_from_ry(x);
        return KD_OK;
    case KEY_KPOINTS:
        return take_three(c, "--kpoints", arg, c->scf.mesh);
    case KEY_SHIFT:
        return take_three(c, "--kshift", arg, c->scf.shift);
    case KEY_CHARGE:
        return app_double("--charge", arg, -1000, 1000, &c->scf.charge);
    case KEY_SMEARING:
        return take_smearing(arg, c);
    case KEY_BANDS:
        return app_int("--bands", arg, 1, 100000, &c->scf.n_band);
    case KEY_CONV:
        TRY(app_double("--conv-ry", arg, 1e-14, 1, &x));
        c->scf.accuracy = ha_from_ry(x);
        return KD_OK;
    case KEY_MAX:
        return app_int("--max-iterations", arg, 1, 10000, &c->scf.max_iteration);
    case KEY_MIXING:
        return app_double("--mixing", arg, 0.001, 1, &c->scf.mixing);
    case KEY_EIGENSOLVER:
        c->scf.eigensolver = strcmp(arg, "davidson") == 0 ? EIGEN_DAVIDSON : EIGEN_PPCG;
        if (c->scf.eigensolver == EIGEN_PPCG && strcmp(arg, "ppcg") != 0)
            FAIL(KD_EINPUT, "--eigensolver: \"%s\", expected ppcg or davidson", arg);
        return KD_OK;
    case KEY_NO_SYMMETRY:
        c->scf.symmetry = false;
        return KD_OK;
    }
    return app_option_unknown(app);
}

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    prepare(c);
    switch (key) {
    case 'o':
        c->out = arg;
        return KD_OK;
    case KEY_START:
        c->start = arg;
        return KD_OK;
    case KEY_CUBE:
        c->cube = arg;
        return KD_OK;
    case KEY_ORBITALS:
        c->orbitals = true;
        return KD_OK;
    case KEY_CHECKPOINT:
        return app_double("--checkpoint-seconds", arg, 0, 1e9, &c->scf.checkpoint_seconds);
    case KEY_NO_FORCES:
        c->no_forces = true;
        return KD_OK;
    case KEY_DIR:
        c->pseudo.directory = arg;
        return KD_OK;
    case KEY_HOLE:
        return app_int("--core-hole", arg, 0, 1000000, &c->pseudo.core_hole_site);
    case KEY_HOLE_FILE:
        c->pseudo.core_hole_file = arg;
        return KD_OK;
    case KEY_PSEUDO:
        if (c->pseudo.n_given == PSEUDO_SET_MAX)
            FAIL(KD_EINPUT, "--pseudo: more than %d", PSEUDO_SET_MAX);
        c->pseudo.given[c->pseudo.n_given++] = arg;
        return KD_OK;
    }
    return take_physics(app, key, arg);
}

/* ---- report ---- */

static kd_status iteration(void *owner, int n, double energy, double accuracy, double seconds)
{
    (void)owner;
    log_info("iteration # %2d   total energy = %17.8f Ry   estimated scf accuracy < %9.2e Ry   %8.2f s", n, ry_from_ha(energy),
             ry_from_ha(accuracy), seconds);
    if (log_wants_events()) {
        struct js *fields = js_new();
        js_int(fields, "iteration", n);
        js_double(fields, "energy_ha", energy);
        js_double(fields, "accuracy_ha", accuracy);
        log_event("scf_iteration", fields);
    }
    return KD_OK;
}

/* ---- run ---- */

static kd_status calculate(struct app *app, struct scf *s, const struct structure *structure, const struct pseudo_set *set)
{
    const struct choices *c = app->choices;
    bool forces = !c->no_forces;
    if (c->start)
        TRY(gs_start_density(c->start, s, structure));
    kd_status status = scf_run(s);
    if (status == KD_ENOCONV && !s->levels_cross) {
        gs_json(s, false, false, app->json);
        scf_report(app, s, false);
    }
    TRY(status);
    if (forces) {
        TRY(scf_forces(s));
        TRY(scf_stress(s));
    }
    gs_json(s, forces, forces, app->json);
    scf_report(app, s, forces);
    if (c->cube)
        TRY(gs_write_cube(c->cube, s, structure));
    if (c->out)
        TRY(gs_write(c->out, s, structure, set, c->orbitals, NULL));
    if (c->checkpoint)
        remove(c->checkpoint); /* there or not */
    return KD_OK;
}

static kd_status ground_state(struct app *app, const struct crystal *crystal, const struct structure *structure,
                              const struct pseudo_set *set, bool *levels_cross)
{
    struct choices *c = app->choices;
    struct scf *s = NULL;
    kd_device *dev;
    kd_status status = KD_OK;
    *levels_cross = false;
    TRY(app_device(app, &dev));
    TRY(scf_create(dev, crystal, &c->scf, &s));
    log_info("%d atoms, %g electrons, %d bands, %d k-points, %d symmetry operations, grid %d x %d x %d, %d plane waves at the first k",
             crystal->n_atom, s->n_electron, s->n_wanted, s->n_k, s->symmetry.n_op, s->n[0], s->n[1], s->n[2], s->k[0].sphere.n);
    TRY_OUT(calculate(app, s, structure, set));
out:
    *levels_cross = s->levels_cross;
    scf_free(s);
    return status;
}

/* Smearing not chosen by the user: fixed occupations unless the number of electrons is odd or levels cross. A restart goes on with what
 * its checkpoint has. */
static kd_status automatic(struct app *app, const struct crystal *crystal, const struct structure *structure, const struct pseudo_set *set)
{
    struct choices *c = app->choices;
    bool found = false, levels_cross;
    enum smearing kept = SMEARING_FIXED;
    double pairs = 0.5 * (crystal->n_electron - c->scf.charge);
    if (c->scf.restart)
        TRY(scf_checkpoint_smearing(c->checkpoint, &kept, &found));
    if (kept == SMEARING_FIXED && fabs(pairs - nearbyint(pairs)) < 1e-6) {
        c->scf.crossing_gap = ha_from_ev(0.1);
        kd_status status = ground_state(app, crystal, structure, set, &levels_cross);
        if (status != KD_ENOCONV || !levels_cross)
            return status;
        log_warning("%s; begins again with --smearing gauss:0.1eV", kd_error_message());
        if (c->checkpoint)
            remove(c->checkpoint);
        c->scf.restart = false;
    }
    c->scf.smearing = SMEARING_GAUSS;
    c->scf.width = ha_from_ev(0.1);
    return ground_state(app, crystal, structure, set, &levels_cross);
}

static kd_status with_structure(struct app *app, const struct structure *structure)
{
    struct choices *c = app->choices;
    struct pseudo_set set = {0};
    struct crystal crystal = {0};
    bool levels_cross;
    kd_status status = KD_OK;
    TRY(pseudo_set_read(structure, &c->pseudo, &set));
    TRY_OUT(crystal_create(structure, set.n, set.list, set.species, &crystal));
    c->scf.precision = app->precision;
    c->scf.seed = app->seed;
    c->scf.report = iteration;
    TRY_OUT(c->automatic ? automatic(app, &crystal, structure, &set) : ground_state(app, &crystal, structure, &set, &levels_cross));
out:
    crystal_free(&crystal);
    pseudo_set_free(&set);
    return status;
}

static kd_status run(struct app *app)
{
    struct structure *frame;
    int n;
    const char *path;
    struct choices *c = app->choices;
    prepare(c);
    TRY(sort_words(app, &path));
    if (!c->out && (app->restart || c->orbitals))
        FAIL(KD_EINPUT, "%s: expected -o GS.h5 with it", app->restart ? "--restart" : "--orbitals");
    TRY(structures_read(path, &frame, &n));
    if (c->out && asprintf(&c->checkpoint, "%s.checkpoint", c->out) < 0)
        c->checkpoint = NULL;
    c->scf.checkpoint = c->checkpoint;
    c->scf.restart = app->restart;
    kd_status status = with_structure(app, &frame[n - 1]);
    structures_free(frame, n);
    free(c->checkpoint);
    return status;
}

const struct app_command cmd_scf = {
    .name = "scf",
    .summary = "Self-consistent ground state: energy, bands, forces, stress",
    .arguments = "IN.xyz",
    .doc = doc,
    .examples = examples,
    .n_file_min = 1,
    .n_file_max = 5,
    .option = options,
    .take = take,
    .choices_size = sizeof(struct choices),
    .run = run,
};
