// SPDX-License-Identifier: BSD-3-Clause
/* cmd_study.c - kedge study: the whole chain for many structures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apps/ranks.h"
#include "host/base/log.h"
#include "host/base/progress.h"
#include "host/base/stop.h"
#include "host/farm/study.h"

static const char doc[] =
    "STUDY.ini has a section per stage (--explain lists every key with unit, range and default; --example prints a whole file); the "
    "directory of a study that has begun stands for its own file. Every finished item is one small file in the study's directory: "
    "nothing is lost but what is in flight when the program is killed, at any instant. --restart goes on, with more replicas or "
    "compositions if the file has them, tries failed items once more and makes damaged files again. Without it a directory that has "
    "begun is refused.\n"
    "Any number of processes may work on one study, on any number of machines that see the directory: mpirun -n N, srun, job arrays, or by "
    "hand (each with --restart). Each takes one device: with --device auto or cuda, rank N of a machine takes its GPU N. progress.html "
    "and --status say how far it is.\n"
    "Items that do not converge or whose input is bad are recorded with the reason and left out: exit status 3 at the end.\n"
    "--json: settings, stages[], failures[], all, seconds_left.";

static const char examples[] = "  kedge study siox.ini\n"
                               "  kedge study siox.ini --restart -s study.replicas=10\n"
                               "  mpirun -n 4 kedge study siox.ini --restart --device cuda\n"
                               "  kedge study siox.ini --status\n"
                               "  kedge study siox.ini --gather -o so-far\n"
                               "  kedge study --explain\n";

enum { KEY_STATUS = APP_KEY, KEY_EXPLAIN, KEY_EXAMPLE, KEY_GATHER, MOST_SETS = 100 };

struct choices {
    const char *out, *set[MOST_SETS];
    int n_set;
    bool status, explain, example, gather;
};

static const struct argp_option options[] = {
    {"output", 'o', "DIR", 0, "Everything goes here (default: study.directory, else STUDY)", 0},
    {"set", 's', "SECTION.KEY=VALUE", 0, "Stronger than the file (repeatable)", 0},
    {"status", KEY_STATUS, NULL, 0, "Say how far the study is, and do nothing", 0},
    {"gather", KEY_GATHER, NULL, 0, "Dataset, networks and report of what is finished so far, into DIR of -o (default: STUDY/so-far)", 0},
    {"explain", KEY_EXPLAIN, NULL, 0, "Every key: type, unit, range, default", 0},
    {"example", KEY_EXAMPLE, NULL, 0, "A study file with all defaults", 0},
    {0},
};

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    switch (key) {
    case 'o':
        c->out = arg;
        return KD_OK;
    case 's':
        if (c->n_set == MOST_SETS)
            FAIL(KD_EINPUT, "--set: more than %d", MOST_SETS);
        c->set[c->n_set++] = arg;
        return KD_OK;
    case KEY_STATUS:
        c->status = true;
        return KD_OK;
    case KEY_GATHER:
        c->gather = true;
        return KD_OK;
    case KEY_EXPLAIN:
        c->explain = true;
        return KD_OK;
    case KEY_EXAMPLE:
        c->example = true;
        return KD_OK;
    }
    return app_option_unknown(app);
}

/* ---- status ---- */

static long long member(const struct js *object, const char *key)
{
    long long n = 0;
    js_get_int(object, key, &n);
    return n;
}

static void say_count(struct app *app, const char *name, const struct js *c)
{
    double mean = 0;
    js_get_double(c, "mean_seconds", &mean);
    app_print(app, "%-12s %7lld %7lld %7lld %7lld %7lld %10.2f\n", name, member(c, "total"), member(c, "done"), member(c, "failed"),
              member(c, "blocked"), member(c, "running"), mean);
}

static kd_status say_status(struct app *app, struct study *s, long long *n_failed)
{
    char duration[24];
    double left = -1;
    TRY(farm_summary(&s->farm, app->json));
    const struct js *stages = js_get(app->json, "stages"), *failures = js_get(app->json, "failures"), *all = js_get(app->json, "all");
    app_print(app, "%s\n%-12s %7s %7s %7s %7s %7s %10s\n", s->farm.directory, "stage", "items", "done", "failed", "out of", "at", "seconds");
    app_print(app, "%-12s %7s %7s %7s %7s %7s %10s\n", "", "", "", "", "reach", "work", "per item");
    for (size_t i = 0; i < js_size(stages); i++)
        say_count(app, js_get_string(js_item(stages, i), "stage"), js_item(stages, i));
    say_count(app, "all", all);
    for (size_t i = 0; i < js_size(failures); i++)
        app_print(app, "failed: %s: %s\n", js_get_string(js_item(failures, i), "item"), js_get_string(js_item(failures, i), "reason"));
    if (js_get_double(app->json, "seconds_left", &left) && left > 0)
        app_print(app, "about %s left with %lld at work\n", progress_duration(duration, left), member(all, "running"));
    *n_failed = member(all, "failed") + member(all, "blocked");
    return KD_OK;
}

/* ---- work ---- */

/* Ranks without messages between them: the first one begins, the others wait a minute for it and come in behind. */
static bool follows(const struct study *s)
{
    bool follower = s->ranks.rank > 0 && !s->ranks.mpi;
    for (int i = 0; follower && i < 1200 && !study_begun(s) && !stop_requested(); i++)
        nanosleep(&(struct timespec){0, 50000000}, NULL);
    return follower;
}

static kd_status work(struct app *app, struct study *s)
{
    char device[32];
    kd_device *dev;
    long long n_failed;
    bool begun = !follows(s) && study_begun(s);
    ranks_barrier(&s->ranks); /* all ranks have looked before the first one begins it */
    if (!app->restart && begun)
        FAIL(KD_EINPUT, "%s: a study has begun there, expected --restart to go on with it, or another directory (-o)", s->farm.directory);
    if (s->ranks.rank > 0)
        ranks_barrier(&s->ranks);
    kd_status opened = study_open(s, app->restart);
    if (s->ranks.rank == 0)
        ranks_barrier(&s->ranks);
    TRY(opened);
    app_place_rank(app, &s->ranks, device);
    TRY(app_device(app, &dev));
    log_info("%s: %d structures, %d items; rank %d of %d", s->farm.directory, s->n_structure, s->farm.n_item, s->ranks.rank, s->ranks.size);
    TRY(study_work_all(s, dev, app->precision));
    if (s->ranks.rank > 0)
        return KD_OK;
    TRY(say_status(app, s, &n_failed));
    if (n_failed > 0)
        FAIL(KD_ENOCONV, "%s: %lld items failed or out of reach; the rest is done, reasons in --status", s->farm.directory, n_failed);
    return KD_OK;
}

static kd_status gather(struct app *app, struct study *s)
{
    const struct choices *c = app->choices;
    char base[PATH_MAX];
    kd_device *dev;
    snprintf(base, sizeof base, "%.*s/so-far", PATH_MAX - 20, s->farm.directory);
    TRY(app_device(app, &dev));
    kd_status status = study_gather(s, dev, app->precision, c->out ? c->out : base);
    if (status == KD_OK)
        app_print(app, "%s/report/index.html\n", c->out ? c->out : base);
    return status;
}

static kd_status with_study(struct app *app, struct study *s)
{
    const struct choices *c = app->choices;
    long long n_failed;
    for (int i = 0; i < c->n_set; i++)
        TRY(conf_set(s->conf, c->set[i]));
    if (c->explain || c->example) {
        (c->explain ? conf_explain : conf_explain_ini)(s->conf, stdout);
        return KD_OK;
    }
    if (app->n_file != 1)
        FAIL(KD_EINPUT, "kedge study: expected STUDY.ini or the directory of a study");
    TRY(study_read(s, app->file[0]));
    if (c->out && !c->gather)
        snprintf(s->farm.directory, PATH_MAX, "%s", c->out);
    if (app->seed_given)
        FAIL(KD_EINPUT, "--seed: the seed of a study stands in its file, expected -s study.seed=%llu", (unsigned long long)app->seed);
    TRY(study_plan(s));
    conf_json(s->conf, app->json, "settings");
    if ((c->status || c->gather) && !study_begun(s))
        FAIL(KD_EINPUT, "%s: no study has begun there", s->farm.directory);
    if (c->gather)
        return gather(app, s);
    return c->status ? say_status(app, s, &n_failed) : work(app, s);
}

static kd_status run(struct app *app)
{
    struct study s;
    TRY(study_create(&s));
    s.version = KEDGE_VERSION;
    kd_status status = ranks_begin(&s.ranks);
    if (status == KD_OK)
        status = with_study(app, &s);
    ranks_end(&s.ranks);
    study_free(&s);
    return status;
}

const struct app_command cmd_study = {.name = "study",
                                      .summary = "Everything from compositions to networks, resumable, on any number of processes",
                                      .arguments = "STUDY.ini|DIR",
                                      .doc = doc,
                                      .examples = examples,
                                      .n_file_min = 0,
                                      .n_file_max = 1,
                                      .option = options,
                                      .take = take,
                                      .choices_size = sizeof(struct choices),
                                      .run = run};
