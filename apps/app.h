// SPDX-License-Identifier: BSD-3-Clause
/* app.h - what every subcommand of kedge shares: options, the device, results, the exit status.
 *
 * A subcommand is one file, apps/cmd_NAME.c, listed in commands.h:
 *
 *     struct choices { const char *out; double cutoff; };
 *     static const struct argp_option options[] = {{"output", 'o', "FILE", 0, "Write frames with forces here", 0}, {0}};
 *     static kd_status take(struct app *app, int key, const char *arg)
 *     {
 *         struct choices *c = app->choices;
 *         switch (key) {
 *         case 'o': c->out = arg; return KD_OK;
 *         }
 *         return app_option_unknown(app);
 *     }
 *     static kd_status run(struct app *app)
 *     {
 *         kd_device *dev;
 *         TRY(app_device(app, &dev));                      // opened on first use
 *         ...
 *         app_print(app, "energy %.10f eV\n", energy);     // for people: silent with --json
 *         js_double(app->json, "energy_ev", energy);       // for programs: printed at the end with --json
 *         return KD_OK;
 *     }
 *     const struct app_command cmd_energy = {.name = "energy", .summary = "Tersoff energy, forces and virial", .arguments = "IN.xyz",
 *         .n_file_min = 1, .n_file_max = 1, .option = options, .take = take, .choices_size = sizeof(struct choices), .run = run,
 *         .doc = "Long text.", .examples = "  kedge energy quartz.xyz\n"}; */
#ifndef KD_APP_H
#define KD_APP_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/base/json.h"
#include "kernels/device.h"

struct app;

struct app_command {
    const char *name, *summary; /* "energy", one line for `kedge help` */
    const char *arguments;      /* after the options in the usage line: "IN.xyz..." */
    const char *doc;            /* paragraphs of --help; units, what is written */
    const char *examples;       /* lines "  kedge energy in.xyz" */
    int n_file_min, n_file_max; /* positional arguments; max -1: any number */
    const struct argp_option *option; /* its own options; {0} at the end; NULL for none. Keys from 'a' or APP_KEY up.
                                       * An option with the placeholder "N N N" takes three words: arg is "2 2 2" */
    /* One own option; arg stays valid. KD_EINPUT is a usage error (exit 2, with a hint). */
    kd_status (*take)(struct app *app, int key, const char *arg);
    size_t choices_size; /* app->choices: zeroed memory for take and run */
    kd_status (*run)(struct app *app);
};

enum { APP_KEY = 0x1000 }; /* first key for long options without a letter; the frame's own are 0x800 up */

struct app {
    const struct app_command *command;
    void *choices;
    int n_file;
    const char **file; /* [n_file] positional arguments */
    char **word;       /* the command line, "--repeat 2 2 2" joined to one word */

    /* common options */
    const char *device; /* "auto" */
    enum kd_precision precision;
    int n_thread; /* 0: all cores, or OMP_NUM_THREADS */
    uint64_t seed;
    bool seed_given, as_json, quiet, restart, profile;
    const char *log_json;
    double max_seconds; /* 0: no limit */

    struct js *json; /* results; the frame adds device, precision, threads, seconds_total, ... */
    kd_device *dev;  /* through app_device */
    double started;  /* clock_seconds */
    bool stdout_failed;
    bool silent; /* another process of this run says results and errors */
};

/* The device of --device, opened at the first call; says once why `auto` took the CPU. Closed by the frame. */
kd_status app_device(struct app *app, kd_device **dev);
/* Results for people, on stdout; nothing with --json. */
void app_print(struct app *app, const char *format, ...) KD_PRINTF(2, 3);
/* For take(): a key that it does not know. */
kd_status app_option_unknown(struct app *app);
/* For take(): strict values, or KD_EINPUT "--dt-fs: "x", expected a number from 0 to 10". */
kd_status app_double(const char *option, const char *arg, double min, double max, double *value);
kd_status app_int(const char *option, const char *arg, int min, int max, int *value);

/* Parse, run, report; the exit status. argv[0] is the command's name. */
int app_main(const struct app_command *command, int argc, char **argv);

#endif
