// SPDX-License-Identifier: BSD-3-Clause
/* app.c - the life of one subcommand: options, work, results, the exit status. */
#include "apps/app.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "apps/options.h"
#include "host/base/clock.h"
#include "host/base/log.h"
#include "host/base/memory.h"
#include "host/base/span.h"
#include "host/base/stop.h"

static const double CLOCK_TREE_SECONDS = 1; /* shorter work prints no clock tree, unless --profile asks */

kd_status app_device(struct app *app, kd_device **dev)
{
    char why_not[256] = "";
    if (!app->dev) {
        TRY(kd_device_open(app->device, app->n_thread, &app->dev, why_not));
        span_device(app->dev);
        if (why_not[0])
            log_info("--device auto took the CPU, since no GPU can be had: %s", why_not);
        log_debug("device: %s", app->dev->description);
    }
    *dev = app->dev;
    return KD_OK;
}

void app_print(struct app *app, const char *format, ...)
{
    if (app->as_json || app->silent)
        return;
    va_list args;
    va_start(args, format);
    if (vprintf(format, args) < 0)
        app->stdout_failed = true;
    va_end(args);
}

/* ---- before ---- */

static kd_status begin(struct app *app, int argc, char **argv)
{
    const struct app_command *c = app->command;
    app->started = clock_seconds();
    app->device = "auto";
    app->seed = 1;
    app->choices = calloc(1, c->choices_size + 1);
    app->file = calloc((size_t)argc + 1, sizeof *app->file);
    app->json = js_new();
    if (!app->choices || !app->file || !app->json)
        FAIL(KD_ENOMEM, "no host memory");
    TRY(options_parse(app, argc, argv));
    TRY(log_open(&(struct log_options){app->quiet ? LOG_ERROR : LOG_INFO, app->log_json, "kedge"}));
    span_open();
    stop_install(app->max_seconds);
    if (app->profile)
        profile_enable();
#ifdef _OPENMP
    if (app->n_thread)
        omp_set_num_threads(app->n_thread);
#endif
    return KD_OK;
}

/* ---- after ---- */

static int threads(const struct app *app)
{
    if (app->dev && app->dev->n_thread)
        return app->dev->n_thread;
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}

/* The keys that every command has. Commands may have set some of them themselves: those stay. */
static void add_common(struct app *app, kd_status status)
{
    struct js *json = app->json;
    char name[24] = "none";
    if (app->dev && strcmp(app->dev->backend, "cpu") == 0)
        snprintf(name, sizeof name, "cpu");
    else if (app->dev)
        snprintf(name, sizeof name, "%s:%d", app->dev->backend, app->dev->index);
    js_string(json, "command", app->command->name);
    js_string(json, "version", KEDGE_VERSION);
    if (!js_get(json, "device"))
        js_string(json, "device", name);
    if (app->dev)
        js_string(json, "device_description", app->dev->description);
    js_string(json, "precision", app->precision == KD_DOUBLE ? "double" : "mixed");
    js_int(json, "threads", threads(app));
    js_int(json, "seed", (long long)app->seed);
    if (!js_get(json, "seconds"))
        span_json(json, "seconds");
    js_double(json, "seconds_total", clock_seconds() - app->started);
    js_double(json, "peak_memory_mb", memory_peak_mb());
    js_double(json, "peak_device_memory_mb", app->dev ? (double)app->dev->bytes_peak / 1e6 : 0);
    log_warnings_json(json, "warnings");
    if (status != KD_OK)
        js_string(json, "error", kd_error_message());
    js_int(json, "exit_status", kd_exit_status(status));
}

static void say_error(kd_status status)
{
    if (status == KD_ESTOPPED)
        log_info("%s", kd_error_message());
    else if (status != KD_OK)
        log_error("%s", kd_error_message());
}

/* Results out, device closed. The first failure counts; later ones are said too. */
static kd_status finish(struct app *app, kd_status status)
{
    log_live(NULL);
    if (!app->silent)
        say_error(status);
    if (app->as_json && app->json && !app->silent) {
        add_common(app, status);
        kd_status printed = js_print(app->json, stdout);
        say_error(printed);
        status = status == KD_OK ? printed : status;
    }
    errno = 0;
    bool failed = fflush(stdout) != 0 || ferror(stdout) || app->stdout_failed;
    if (failed && status == KD_OK) {
        status = kd_fail(KD_EIO, "standard output: cannot write, %s", errno ? strerror(errno) : "write error");
        say_error(status);
    }
    bool long_enough = clock_seconds() - app->started > CLOCK_TREE_SECONDS;
    if (!app->quiet && !app->silent && (app->profile || (long_enough && status != KD_EINPUT)))
        span_print(stderr);
    span_close();
    kd_device_close(app->dev);
    kd_status logged = log_close();
    if (logged != KD_OK) {
        fprintf(stderr, "kedge: %s\n", kd_error_message());
        status = status == KD_OK ? logged : status;
    }
    js_free(app->json);
    free(app->choices);
    free(app->file);
    free(app->word);
    return status;
}

int app_main(const struct app_command *command, int argc, char **argv)
{
    struct app app = {.command = command};
    char name[64];
    snprintf(name, sizeof name, "kedge %s", command->name);
    char *own = argv[0];
    argv[0] = name;
    kd_status status = begin(&app, argc, argv);
    if (status != KD_OK)
        log_open(&(struct log_options){LOG_ERROR, NULL, "kedge"});
    else
        status = command->run(&app);
    status = finish(&app, status);
    argv[0] = own;
    return kd_exit_status(status);
}
