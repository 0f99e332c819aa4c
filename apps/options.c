// SPDX-License-Identifier: BSD-3-Clause
/* options.c - the command line of one subcommand: its own options and the common ones, by argp. */
#include "apps/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/conf.h"
#include "host/base/text.h"

enum {
    KEY_DEVICE = 0x800,
    KEY_PRECISION,
    KEY_THREADS,
    KEY_SEED,
    KEY_JSON,
    KEY_LOG_JSON,
    KEY_MAX_SECONDS,
    KEY_RESTART,
    KEY_PROFILE,
    KEY_USAGE,
    COMMON_GROUP = 8,
    MAX_THREADS = 1024
};

static const struct argp_option common[] = {
    {NULL, 0, NULL, 0, "Common options:", COMMON_GROUP},
    {"device", KEY_DEVICE, "WHERE", 0, "auto (default), cpu, cuda or cuda:N", COMMON_GROUP},
    {"precision", KEY_PRECISION, "HOW", 0,
     "mixed (default): heavy work in FP32, sums and energies in FP64; double: all in FP64", COMMON_GROUP},
    {"threads", KEY_THREADS, "N", 0, "CPU threads (default: OMP_NUM_THREADS, else all cores)", COMMON_GROUP},
    {"seed", KEY_SEED, "N", 0, "Seed of all random numbers (default 1)", COMMON_GROUP},
    {"json", KEY_JSON, NULL, 0, "Results as one JSON object on standard output", COMMON_GROUP},
    {"quiet", 'q', NULL, 0, "No progress and no notes on standard error, only errors", COMMON_GROUP},
    {"log-json", KEY_LOG_JSON, "FILE", 0, "Append every event to FILE, one JSON object a line", COMMON_GROUP},
    {"max-seconds", KEY_MAX_SECONDS, "N", 0, "Stop after N seconds with a checkpoint (exit status 75)", COMMON_GROUP},
    {"restart", KEY_RESTART, NULL, 0, "Go on from the last checkpoint, if there is one", COMMON_GROUP},
    {"profile", KEY_PROFILE, NULL, 0, "Let the GPU's profiler record the hot loop (NVTX ranges)", COMMON_GROUP},
    {"help", 'h', NULL, 0, "Give this help", COMMON_GROUP + 1},
    {"usage", KEY_USAGE, NULL, 0, "Give a short usage message", COMMON_GROUP + 1},
    {"version", 'V', NULL, 0, "Print the version", COMMON_GROUP + 1},
    {0},
};

/* ---- strict values ---- */

kd_status app_double(const char *option, const char *arg, double min, double max, double *value)
{
    double x;
    char shown[48], low[32], high[32];
    if (number_double(arg, &x) && x >= min && x <= max) {
        *value = x;
        return KD_OK;
    }
    text_show(shown, arg);
    number_write(low, min);
    number_write(high, max);
    if (max >= 1e300)
        FAIL(KD_EINPUT, "%s: \"%s\", expected a number, at least %s", option, shown, low);
    FAIL(KD_EINPUT, "%s: \"%s\", expected a number from %s to %s", option, shown, low, high);
}

kd_status app_int(const char *option, const char *arg, int min, int max, int *value)
{
    int n;
    char shown[48];
    if (number_int(arg, &n) && n >= min && n <= max) {
        *value = n;
        return KD_OK;
    }
    FAIL(KD_EINPUT, "%s: \"%s\", expected a whole number from %d to %d", option, text_show(shown, arg), min, max);
}

kd_status app_option_unknown(struct app *app)
{
    FAIL(KD_EINTERNAL, "kedge %s: an option of the table that nobody takes", app->command->name);
}

static kd_status take_seed(struct app *app, const char *arg)
{
    long long n;
    char shown[48];
    if (!number_long(arg, &n) || n < 0)
        FAIL(KD_EINPUT, "--seed: \"%s\", expected a whole number, at least 0", text_show(shown, arg));
    app->seed = (uint64_t)n;
    app->seed_given = true;
    return KD_OK;
}

static kd_status take_precision(struct app *app, const char *arg)
{
    char shown[48];
    if (strcmp(arg, "mixed") != 0 && strcmp(arg, "double") != 0)
        FAIL(KD_EINPUT, "--precision: \"%s\", expected mixed or double", text_show(shown, arg));
    app->precision = strcmp(arg, "double") == 0 ? KD_DOUBLE : KD_MIXED;
    return KD_OK;
}

/* Names only; whether it is there shows when it is opened. */
static kd_status take_device(struct app *app, const char *arg)
{
    static const char *const names[] = {"auto", "cpu", "cuda", "emu"};
    char shown[48];
    int n;
    app->device = arg;
    for (int i = 0; i < 4; i++) {
        size_t length = strlen(names[i]);
        if (strcmp(arg, names[i]) == 0 ||
            (i >= 2 && strncmp(arg, names[i], length) == 0 && arg[length] == ':' && number_int(arg + length + 1, &n) && n >= 0))
            return KD_OK;
    }
    FAIL(KD_EINPUT, "--device: \"%s\", expected auto, cpu, cuda or cuda:N", text_show(shown, arg));
}

static bool starts(const char *name, const char *word, size_t length)
{
    return strncmp(name, word, length) == 0;
}

/* ---- options of several words ---- */

static int count_words(const char *placeholder)
{
    int n = 0;
    for (const char *c = placeholder; c && *c; c += strspn(c, " ")) {
        c += strcspn(c, " ");
        n++;
    }
    return n;
}

/* How many words the option of this argument takes; *value is what stands behind '=' in it, or NULL. 0: none or one. */
static int words_wanted(const struct argp_option *options, const char *argument, const char **value)
{
    if (strncmp(argument, "--", 2) != 0 || !argument[2])
        return 0;
    size_t length = strcspn(argument + 2, "=");
    *value = argument[2 + length] ? argument + 3 + length : NULL;
    for (const struct argp_option *o = options; o->name || o->key || o->doc; o++)
        if (o->name && starts(o->name, argument + 2, length) && count_words(o->arg) > 1)
            return count_words(o->arg);
    return 0;
}

/* argp gives an option one word. Where the placeholder has several ("N N N" of --repeat 2 2 2), so many are put together:
 * "--repeat=2 2 2". The new list is app->word, in one block with its strings. */
static kd_status join_words(struct app *app, const struct argp_option *options, int argc, char **argv, int *n_word)
{
    size_t size = ((size_t)argc + 1) * sizeof *app->word;
    for (int i = 0; i < argc; i++)
        size += strlen(argv[i]) + 1;
    app->word = malloc(size);
    if (!app->word)
        FAIL(KD_ENOMEM, "no host memory");
    char *room = (char *)(app->word + argc + 1);
    bool only_files = false;
    *n_word = 0;
    for (int i = 0; i < argc; i++) {
        const char *value = NULL;
        only_files = only_files || strcmp(argv[i], "--") == 0;
        int n = i == 0 || only_files ? 0 : words_wanted(options, argv[i], &value);
        if (n && !value && i + 1 < argc)
            value = argv[i + 1];
        int n_more = !n || (value && strchr(value, ' ')) ? 0 : value == argv[i + 1] ? n : n - 1; /* words behind argv[i] */
        app->word[(*n_word)++] = room;
        room = stpcpy(room, argv[i]);
        for (bool first = !strchr(argv[i], '='); n_more > 0 && i + 1 < argc; n_more--, first = false) {
            *room++ = first ? '=' : ' ';
            room = stpcpy(room, argv[++i]);
        }
        room++;
    }
    app->word[*n_word] = NULL;
    return KD_OK;
}

/* ---- argp ---- */

/* Keys of the common options; EINPUT is wrong usage. *known: was it one? */
static kd_status take_common(struct app *app, int key, const char *arg, bool *known)
{
    *known = true;
    switch (key) {
    case KEY_DEVICE:
        return take_device(app, arg);
    case KEY_PRECISION:
        return take_precision(app, arg);
    case KEY_THREADS:
        return app_int("--threads", arg, 1, MAX_THREADS, &app->n_thread);
    case KEY_SEED:
        return take_seed(app, arg);
    case KEY_JSON:
        app->as_json = true;
        return KD_OK;
    case 'q':
        app->quiet = true;
        return KD_OK;
    case KEY_LOG_JSON:
        app->log_json = arg;
        return KD_OK;
    case KEY_MAX_SECONDS:
        return app_double("--max-seconds", arg, 0.001, 1e9, &app->max_seconds);
    case KEY_RESTART:
        app->restart = true;
        return KD_OK;
    case KEY_PROFILE:
        app->profile = true;
        return KD_OK;
    }
    *known = false;
    return KD_OK;
}

static void print_and_leave(struct argp_state *state, int key)
{
    const struct app *app = state->input;
    const char *examples = app->command->examples;
    if (key == 'h') {
        argp_state_help(state, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC);
        if (examples && examples[0])
            printf("\nExamples:\n%s", examples); /* argp would break the lines */
    } else if (key == KEY_USAGE) {
        argp_state_help(state, stdout, ARGP_HELP_USAGE);
    } else {
        puts("kedge " KEDGE_VERSION);
    }
    exit(fflush(stdout) == 0 ? 0 : 5);
}

static void check_count(struct argp_state *state, const struct app *app)
{
    const struct app_command *c = app->command;
    if (app->n_file < c->n_file_min && app->n_file == 0)
        argp_error(state, "no input, expected %s", c->arguments);
    else if (app->n_file < c->n_file_min)
        argp_error(state, "%d arguments, expected at least %d: %s", app->n_file, c->n_file_min, c->arguments);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct app *app = state->input;
    const struct app_command *c = app->command;
    bool known;
    switch (key) {
    case 'h':
    case KEY_USAGE:
    case 'V':
        print_and_leave(state, key);
        return 0;
    case ARGP_KEY_ARG:
        if (c->n_file_max >= 0 && app->n_file == c->n_file_max)
            argp_error(state, "\"%s\" is one argument too many, expected %s", arg,
                       c->arguments && c->arguments[0] ? c->arguments : "none");
        app->file[app->n_file++] = arg;
        return 0;
    case ARGP_KEY_END:
        check_count(state, app);
        return 0;
    }
    if (key >= ARGP_KEY_END) /* INIT, SUCCESS and the like: no options */
        return ARGP_ERR_UNKNOWN;
    kd_status status = take_common(app, key, arg, &known);
    if (!known) {
        if (key <= 0 || !c->take)
            return ARGP_ERR_UNKNOWN;
        status = c->take(app, key, arg);
    }
    if (status != KD_OK)
        argp_error(state, "%s", kd_error_message());
    return 0;
}

/* ---- a word for options that do not exist ---- */

/* getopt says what is unknown; this says what may have been meant. */
static void suggest(const struct argp_option *options, int argc, char **argv)
{
    const char *names[128];
    int n = 0;
    for (const struct argp_option *o = options; (o->name || o->key || o->doc) && n < 128; o++)
        if (o->name)
            names[n++] = o->name;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "--", 2) != 0)
            continue;
        char word[64];
        size_t length = strcspn(argv[i] + 2, "=");
        snprintf(word, sizeof word, "%.*s", (int)length, argv[i] + 2);
        bool known = length >= sizeof word;
        for (int k = 0; k < n; k++)
            known = known || starts(names[k], word, length);
        const char *nearest = known ? NULL : conf_nearest(word, names, n);
        if (nearest)
            fprintf(stderr, "%s: no option --%s, expected --%s?\n", argv[0], word, nearest);
    }
}

/* The command's own options, then the common ones, in one list that the caller frees. */
static struct argp_option *all_options(const struct app_command *c)
{
    size_t n = 0, n_common = sizeof common / sizeof *common;
    while (c->option && (c->option[n].name || c->option[n].key || c->option[n].doc))
        n++;
    struct argp_option *all = calloc(n + n_common, sizeof *all);
    if (all && n)
        memcpy(all, c->option, n * sizeof *all);
    if (all)
        memcpy(all + n, common, sizeof common);
    return all;
}

/* argp's doc: what it does, what it needs. */
static char *help_text(const struct app_command *c)
{
    const char *doc = c->doc ? c->doc : "";
    size_t size = strlen(c->summary) + strlen(doc) + 8;
    char *text = malloc(size);
    if (text)
        snprintf(text, size, "%s\n\n%s", c->summary, doc);
    return text;
}

kd_status options_parse(struct app *app, int argc, char **argv)
{
    struct argp_option *options = all_options(app->command);
    char *doc = help_text(app->command);
    if (!options || !doc) {
        free(options);
        free(doc);
        FAIL(KD_ENOMEM, "no host memory");
    }
    int n_word = 0;
    kd_status status = join_words(app, options, argc, argv, &n_word);
    if (status != KD_OK) {
        free(options);
        free(doc);
        return status;
    }
    suggest(options, argc, argv);
    argp_err_exit_status = kd_exit_status(KD_EINPUT);
    const struct argp argp = {options, parse, app->command->arguments, doc, NULL, NULL, NULL};
    error_t failed = argp_parse(&argp, n_word, app->word, ARGP_NO_HELP, NULL, app);
    free(options);
    free(doc);
    if (failed)
        FAIL(KD_EINPUT, "kedge %s: %s", app->command->name, strerror(failed));
    return KD_OK;
}
