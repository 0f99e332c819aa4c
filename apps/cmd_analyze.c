// SPDX-License-Identifier: BSD-3-Clause
/* cmd_analyze.c - kedge analyze: density, coordination, bond angles, radial distribution functions. */
#include <stdlib.h>
#include <string.h>

#include "apps/app.h"
#include "apps/frames.h"
#include "host/md/analyze.h"
#include "host/structure/element.h"

static const char doc[] =
    "Every frame of every file is analysed; frames of one formula are replicas, of which mean and spread (sample standard deviation) are "
    "given. All periodic images count, whatever the size of the cell.\n"
    "Bonds are pairs closer than a cutoff: Si-Si 2.8, Si-O 2.1, O-O 1.8 angstrom, other pairs 2.0; --cutoff changes them (repeatable).\n"
    "g(r): total and partial, to --range in --bins. Site-resolved g(R) = N(R) / (4 pi R^2 rho dR) of every Si: all elements, 256 bins to 5 "
    "angstrom, rho the total number density; every neighbour is a Gaussian of --smoothing angstrom (default 0.1; 0: plain counts).\n"
    "OUT (HDF5) has everything, sites included. --pictures DIR writes coordination histograms by (n_Si, n_O) and g(r) as data, gnuplot "
    "scripts and, where gnuplot is installed, SVG.";

static const char examples[] = "  kedge analyze glass/*.final.xyz\n"
                               "  kedge analyze study.xyz -o glass.h5 --pictures figures\n"
                               "  kedge analyze silica.xyz --cutoff Si-O=2.0 --json\n";

struct choices {
    const char *out, *pictures;
    struct analyze_options o;
    bool begun;
};

enum { KEY_CUTOFF = APP_KEY, KEY_RANGE, KEY_BINS, KEY_SMOOTHING, KEY_PICTURES };

static const struct argp_option options[] = {
    {"output", 'o', "OUT", 0, "Write everything here (HDF5)", 0},
    {"pictures", KEY_PICTURES, "DIR", 0, "Write data, gnuplot scripts and pictures here", 0},
    {"cutoff", KEY_CUTOFF, "A-B=X", 0, "Longest bond of a pair, angstrom (repeatable)", 0},
    {"range", KEY_RANGE, "X", 0, "g(r) to X angstrom (default 8)", 0},
    {"bins", KEY_BINS, "N", 0, "Bins of g(r) (default 400)", 0},
    {"smoothing", KEY_SMOOTHING, "X", 0, "Gaussian smoothing of the site-resolved g(R), angstrom (default 0.1)", 0},
    {0},
};

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    if (!c->begun)
        analyze_defaults(&c->o);
    c->begun = true;
    switch (key) {
    case 'o':
        c->out = arg;
        return KD_OK;
    case KEY_PICTURES:
        c->pictures = arg;
        return KD_OK;
    case KEY_CUTOFF:
        return analyze_cutoff(&c->o, arg);
    case KEY_RANGE:
        return app_double("--range", arg, 0.5, 30, &c->o.axis.r_max);
    case KEY_BINS:
        return app_int("--bins", arg, 1, 100000, &c->o.axis.n_bin);
    case KEY_SMOOTHING:
        return app_double("--smoothing", arg, 0, 1, &c->o.site_axis.smoothing);
    }
    return app_option_unknown(app);
}

static void print_group(struct app *app, const struct analysis *all, int n, const int *group, int g)
{
    double density[4096] = {0}, mean, sd;
    int members = 0, n_site = 0;
    double by_oxygen[COORDINATION_MAX + 1] = {0}, by_total[2 * COORDINATION_MAX + 1] = {0};
    for (int f = g; f < n; f++) {
        if (group[f] != g)
            continue;
        if (members < 4096)
            density[members++] = all[f].density_gcc;
        n_site += all[f].n_site;
        for (int s = 0; s <= COORDINATION_MAX; s++)
            for (int o = 0; o <= COORDINATION_MAX; o++) {
                by_oxygen[o] += all[f].site_histogram[s][o];
                by_total[s + o] += all[f].site_histogram[s][o];
            }
    }
    analysis_spread(members, density, &mean, &sd);
    app_print(app, "%-12s %4d %8.3f +- %5.3f ", all[g].formula, members, mean, sd);
    for (int o = 0; o <= 5; o++)
        app_print(app, " %5.1f", n_site ? 100 * by_oxygen[o] / n_site : 0);
    app_print(app, "  ");
    for (int z = 2; z <= 6; z++)
        app_print(app, " %5.1f", n_site ? 100 * by_total[z] / n_site : 0);
    app_print(app, "\n");
}

static kd_status report(struct app *app, const struct choices *c, const struct analysis *all, int n)
{
    int *group = malloc((size_t)n * sizeof *group);
    if (!group)
        FAIL(KD_ENOMEM, "analyze: no host memory");
    analysis_groups(all, n, group);
    app_print(app, "bonds:");
    for (int k = 0; k < c->o.n_cutoff; k++)
        app_print(app, " %s-%s < %g", element_symbol(c->o.cutoff[k].b), element_symbol(c->o.cutoff[k].a), c->o.cutoff[k].cutoff);
    app_print(app, " angstrom\n%-12s %4s %17s   %% of Si with n_O = 0..5               %% of Si with 2..6 neighbours\n", "formula", "n",
              "density (g/cm^3)");
    for (int f = 0; f < n; f++)
        if (group[f] == f)
            print_group(app, all, n, group, f);
    free(group);
    analysis_json(app->json, &c->o, all, n);
    return KD_OK;
}

static kd_status run(struct app *app)
{
    struct choices *c = app->choices;
    struct frames all = {0};
    struct analysis *result = NULL;
    kd_device *dev;
    kd_status status;
    int n = 0;
    if (!c->begun)
        analyze_defaults(&c->o);
    TRY_OUT(frames_read(app, &all));
    TRY_OUT(app_device(app, &dev));
    result = calloc((size_t)all.n, sizeof *result);
    if (!result)
        FAIL_OUT(KD_ENOMEM, "analyze: no host memory for %d frames", all.n);
    for (; n < all.n; n++)
        TRY_OUT(analyze_structure(dev, &c->o, &all.frame[n], &result[n]));
    if (c->out)
        TRY_OUT(analysis_write_h5(c->out, &c->o, result, n));
    if (c->pictures)
        TRY_OUT(analysis_pictures(c->pictures, &c->o, result, n));
    TRY_OUT(report(app, c, result, n));
out:
    for (int f = 0; f < n; f++)
        analysis_free(&result[f]);
    free(result);
    structures_free(all.frame, all.n);
    return status;
}

const struct app_command cmd_analyze = {.name = "analyze",
                                        .summary = "Density, coordination, angles and g(r) of structures",
                                        .arguments = "IN...",
                                        .doc = doc,
                                        .examples = examples,
                                        .n_file_min = 1,
                                        .n_file_max = -1,
                                        .option = options,
                                        .take = take,
                                        .choices_size = sizeof(struct choices),
                                        .run = run};
