// SPDX-License-Identifier: BSD-3-Clause
/* cmd_dataset.c - kedge dataset: finished structures and sites become dataset.h5. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/app.h"
#include "host/base/log.h"
#include "host/farm/study.h"
#include "host/nn/gather.h"

static const char doc[] =
    "Each RUN is a directory with charges.h5 (kedge bader) and xanes.h5 (kedge xanes --energy-axis calibrated) of one structure, or that of a "
    "study (charges/NAME.h5, xanes/NAME-sNNN.h5, calibration/quartz.json), finished or not, or a dataset made before: datasets of equal recipe are merged, so that `kedge dataset old.h5 new/run -o old.h5` appends.\n"
    "A site is taken when it converged, its spectrum is finite, rises in energy and covers the axis, and it shares recipe, calibration and "
    "method of charges with the sites before; all others are left out and listed with their reasons, here and in the file.\n"
    "Targets: Bader charge; g(R) = N(R) / (4 pi R^2 rho dR) of each Si to 5 angstrom in 256 bins, every neighbour a Gaussian of 0.1 angstrom "
    "(--smoothing), rho the total number density; partial g(R) and coordination stand beside.\n"
    "--json: n_site, n_structure, left_out, recipe, calibration_ev.";

static const char examples[] = "  kedge dataset run/* -o dataset.h5\n"
                               "  kedge dataset dataset.h5 later/* -o dataset.h5\n"
                               "  kedge dataset study-a study-b -o both.h5\n"
                               "  kedge dataset mine.h5 yours.h5 -o ours.h5 --json\n";

enum { KEY_EMIN = APP_KEY, KEY_EMAX, KEY_POINTS, KEY_SMOOTHING, KEY_FRACTION };

struct choices {
    const char *out;
    bool begun;
    struct gather_options o;
};

static const struct argp_option options[] = {
    {"output", 'o', "DATASET.h5", 0, "Write the dataset here", 0},
    {"emin-ev", KEY_EMIN, "EV", 0, "First photon energy (default 1830)", 0},
    {"emax-ev", KEY_EMAX, "EV", 0, "Last photon energy (default 1880)", 0},
    {"points", KEY_POINTS, "N", 0, "Energies (default 256)", 0},
    {"smoothing", KEY_SMOOTHING, "X", 0, "Gaussian smoothing of g(R), angstrom (default 0.1; 0: plain counts)", 0},
    {"test-fraction", KEY_FRACTION, "X", 0, "Share of sites, or structures, in the stored test sets (default 0.2)", 0},
    {0},
};

static void begin(struct choices *c)
{
    if (!c->begun)
        c->o = gather_defaults();
    c->begun = true;
}

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    begin(c);
    switch (key) {
    case 'o':
        c->out = arg;
        return KD_OK;
    case KEY_EMIN:
        return app_double("--emin-ev", arg, 1, 1e5, &c->o.emin_ev);
    case KEY_EMAX:
        return app_double("--emax-ev", arg, 1, 1e5, &c->o.emax_ev);
    case KEY_POINTS:
        return app_int("--points", arg, 4, 100000, &c->o.n_energy);
    case KEY_SMOOTHING:
        return app_double("--smoothing", arg, 0, 1, &c->o.bonds.site_axis.smoothing);
    case KEY_FRACTION:
        return app_double("--test-fraction", arg, 0.01, 0.9, &c->o.test_fraction);
    }
    return app_option_unknown(app);
}

static bool exists(const char *path, const char *name)
{
    char inside[4096];
    struct stat info;
    return snprintf(inside, sizeof inside, "%s/%s", path, name) < (int)sizeof inside && stat(inside, &info) == 0;
}

static kd_status add_study(const struct choices *c, kd_device *dev, struct gather *g, const char *path)
{
    struct study s;
    double shift_ev;
    TRY(study_create(&s));
    kd_status status = study_read(&s, path);
    if (status == KD_OK)
        status = study_plan(&s);
    s.dev = dev;
    if (status == KD_OK)
        status = study_sites(&s, &c->o, g, &shift_ev);
    study_free(&s);
    return status;
}

static kd_status add(const struct choices *c, kd_device *dev, struct gather *g, const char *path)
{
    char charges[4096], xanes[4096];
    struct stat info;
    int index;
    if (stat(path, &info) != 0)
        FAIL(KD_EINPUT, "%s: not found, expected a run's directory or a dataset", path);
    if (!S_ISDIR(info.st_mode))
        return gather_dataset(g, path);
    if (!exists(path, "charges.h5") && exists(path, "study.ini"))
        return add_study(c, dev, g, path);
    if (snprintf(charges, sizeof charges, "%s/charges.h5", path) >= (int)sizeof charges ||
        snprintf(xanes, sizeof xanes, "%s/xanes.h5", path) >= (int)sizeof xanes)
        FAIL(KD_EINPUT, "%.80s...: the name is too long", path);
    TRY(gather_structure(g, path, charges, &index));
    return index < 0 ? KD_OK : gather_xanes(g, index, xanes);
}

static void report(struct app *app, struct gather *g)
{
    gather_json(g, app->json);
    long long n_structure = 0;
    js_get_int(app->json, "n_structure", &n_structure);
    app_print(app, "%d sites of %lld structures, %d left out\n", gather_rows(g), n_structure, gather_left_out(g));
    const struct js *list = js_get(app->json, "left_out");
    for (size_t i = 0; i < js_size(list); i++) {
        const struct js *one = js_item(list, i);
        long long site;
        if (js_get_int(one, "site", &site))
            app_print(app, "left out: %s, site %lld: %s\n", js_get_string(one, "structure"), site, js_get_string(one, "reason"));
        else
            app_print(app, "left out: %s: %s\n", js_get_string(one, "structure"), js_get_string(one, "reason"));
    }
}

static kd_status run(struct app *app)
{
    struct choices *c = app->choices;
    struct gather *g;
    struct js *provenance = NULL;
    kd_device *dev;
    kd_status status = KD_OK;
    begin(c);
    if (!c->out)
        FAIL(KD_EINPUT, "dataset: no output, expected -o DATASET.h5");
    c->o.split_seed = app->seed;
    TRY(app_device(app, &dev));
    TRY(gather_open(dev, &c->o, &g));
    for (int i = 0; i < app->n_file; i++)
        TRY_OUT(add(c, dev, g, app->file[i]));
    provenance = js_new();
    js_string(provenance, "program", "kedge " KEDGE_VERSION);
    js_int(provenance, "inputs", app->n_file);
    report(app, g);
    TRY_OUT(gather_write(g, c->out, provenance));
    if (gather_left_out(g))
        log_warning("%d sites or structures were left out", gather_left_out(g));
out:
    js_free(provenance);
    gather_close(g);
    return status;
}

const struct app_command cmd_dataset = {
    .name = "dataset",
    .summary = "Spectra, charges and g(R) of finished sites in one file",
    .arguments = "RUN|STUDY|DATASET.h5...",
    .doc = doc,
    .examples = examples,
    .n_file_min = 1,
    .n_file_max = -1,
    .option = options,
    .take = take,
    .choices_size = sizeof(struct choices),
    .run = run,
};
