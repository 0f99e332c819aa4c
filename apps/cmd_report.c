// SPDX-License-Identifier: BSD-3-Clause
/* cmd_report.c - kedge report: the figures of the paper from what a study has so far. */
#include <string.h>
#include <sys/stat.h>

#include "apps/app.h"
#include "host/report/report.h"
#include "host/store/h5.h"

static const char doc[] =
    "From a study's directory, finished or not, or from a dataset and the results of kedge evaluate: every figure of the paper (1 to 8, S1 to "
    "S6) as numbers (figN.dat), gnuplot script (figN.gp), SVG and PNG, its numbers beside ours (numbers.tsv), and one page that holds all of "
    "it, with failures and provenance: OUT/index.html. What a figure lacks is said in its place. gnuplot draws; without it there are data "
    "and scripts.\n"
    "--json: figures[] (id, drawn, lacks), numbers[] (name, paper, site, structure).";

static const char examples[] = "  kedge report siox-mini -o report\n"
                               "  kedge report results.h5 dataset.h5 -o report\n";

enum { KEY_NO_PICTURES = APP_KEY };

struct choices {
    const char *out;
    bool no_pictures;
};

static const struct argp_option options[] = {
    {"output", 'o', "DIR", 0, "Write everything here (default: report/ in the study, else report)", 0},
    {"no-pictures", KEY_NO_PICTURES, NULL, 0, "Data, scripts and page only", 0},
    {0},
};

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    if (key == 'o')
        c->out = arg;
    else if (key == KEY_NO_PICTURES)
        c->no_pictures = true;
    else
        return app_option_unknown(app);
    return KD_OK;
}

/* What a file is shows in its contents. */
static kd_status sort_file(const char *path, struct report_options *o)
{
    struct stat st;
    struct h5 *f;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        if (o->study)
            FAIL(KD_EINPUT, "kedge report: \"%s\" and \"%s\", expected one study", o->study, path);
        o->study = path;
        return KD_OK;
    }
    TRY(h5_open(path, &f));
    bool results = h5_exists(f, "models"), dataset = h5_exists(f, "spectra");
    h5_close(f);
    const char **place = results ? &o->results : &o->dataset;
    if (!results && !dataset)
        FAIL(KD_EINPUT, "%s: neither results (models/) nor a dataset (spectra), expected one of them", path);
    if (*place)
        FAIL(KD_EINPUT, "kedge report: \"%s\" and \"%s\", expected one of this kind", *place, path);
    *place = path;
    return KD_OK;
}

static kd_status run(struct app *app)
{
    const struct choices *c = app->choices;
    char own[PATH_MAX];
    struct report_options o = {.version = KEDGE_VERSION, .no_pictures = c->no_pictures};
    for (int i = 0; i < app->n_file; i++)
        TRY(sort_file(app->file[i], &o));
    snprintf(own, sizeof own, "%.*s%sreport", PATH_MAX - 20, o.study ? o.study : "", o.study ? "/" : "");
    o.out = c->out ? c->out : own;
    TRY(report_write(&o, app->json));
    const struct js *figures = js_get(app->json, "figures");
    for (size_t i = 0; i < js_size(figures); i++) {
        const struct js *f = js_item(figures, i);
        const char *lacks = js_get_string(f, "lacks");
        app_print(app, "%-6s %s\n", js_get_string(f, "id"), lacks ? lacks : "written");
    }
    app_print(app, "%s/index.html\n", o.out);
    js_string(app->json, "page", o.out);
    return KD_OK;
}

const struct app_command cmd_report = {.name = "report",
                                       .summary = "Every figure of the paper, its numbers beside ours, one HTML page",
                                       .arguments = "STUDY|RESULTS.h5|DATASET.h5...",
                                       .doc = doc,
                                       .examples = examples,
                                       .n_file_min = 1,
                                       .n_file_max = 3,
                                       .option = options,
                                       .take = take,
                                       .choices_size = sizeof(struct choices),
                                       .run = run};
