// SPDX-License-Identifier: BSD-3-Clause
/* cmd_info.c - kedge info: what this program and this machine can do. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/app.h"
#include "apps/build.h"
#include "host/base/memory.h"
#include "host/base/paths.h"
#include "host/store/h5.h"

static const char doc[] =
    "Version, compiler and libraries of this build; the devices of this machine, and why a GPU cannot be used; what --device "
    "auto takes here; where the shipped files are.";

static const char examples[] = "  kedge info\n"
                               "  kedge info --json | jq .auto\n"
                               "  kedge info --device cuda      # exit status 4 and the reason, if there is no GPU\n";

static void say_build(struct app *app)
{
    char hdf5[24];
    h5_version(hdf5);
    app_print(app, "kedge %s\n", KEDGE_VERSION);
    app_print(app, "build      %s, %s\n", BUILD_COMPILER, BUILD_TYPE);
    app_print(app, "           flags:%s\n", BUILD_FLAGS);
    app_print(app, "           CUDA plug-in %s, emulated plug-in %s\n", BUILD_CUDA ? "built" : "not built",
              BUILD_EMU ? "built" : "not built");
    app_print(app, "libraries  %s; HDF5 %s at run time\n", BUILD_LIBRARIES, hdf5);
    struct js *build = js_object(app->json, "build");
    js_string(build, "compiler", BUILD_COMPILER);
    js_string(build, "type", BUILD_TYPE);
    js_string(build, "flags", BUILD_FLAGS);
    js_bool(build, "cuda", BUILD_CUDA);
    js_bool(build, "emu", BUILD_EMU);
    js_string(build, "libraries", BUILD_LIBRARIES);
    js_string(build, "hdf5", hdf5);
}

/* All devices of one backend, or the reason why there are none. */
static void say_backend(struct app *app, const char *backend, struct js *devices)
{
    char why_not[256] = "", line[160];
    int n = kd_device_count(backend, why_not);
    struct js *entry = js_object(devices, backend);
    js_int(entry, "count", n);
    if (n == 0)
        js_string(entry, "why_not", why_not);
    struct js *descriptions = js_array(entry, "descriptions");
    for (int i = 0; i < n; i++) {
        if (kd_device_describe(backend, i, line) != KD_OK)
            snprintf(line, sizeof line, "%.150s", kd_error_message());
        js_string(descriptions, NULL, line);
        if (strcmp(backend, "cpu") == 0)
            app_print(app, "  cpu      %s\n", line);
        else
            app_print(app, "  %s:%-*d %s\n", backend, (int)(7 - strlen(backend)), i, line);
    }
    if (n == 0 && strcmp(backend, "emu") != 0)
        app_print(app, "  %-8s none: %s\n", backend, why_not);
}

static void say_machine(struct app *app)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    double available = memory_available_mb();
    char directory[PATH_MAX];
    bool found = data_directory(directory) == KD_OK;
    app_print(app, "machine    %ld cores, %.1f GB of memory available\n", cores, available / 1000);
    app_print(app, "data       %s\n", found ? directory : kd_error_message());
    js_int(app->json, "cores", cores);
    js_double(app->json, "memory_available_mb", available);
    js_string(app->json, "data_directory", found ? directory : NULL);
    kd_error_clear();
}

static kd_status run(struct app *app)
{
    say_build(app);
    say_machine(app);
    app_print(app, "devices\n");
    struct js *devices = js_object(app->json, "devices");
    const char *const backends[] = {"cpu", "cuda", "emu"};
    for (int i = 0; i < 3; i++)
        say_backend(app, backends[i], devices);

    kd_device *dev;
    TRY(app_device(app, &dev));
    app_print(app, "--device %s takes %s (%s)\n", app->device, dev->backend, dev->description);
    js_string(app->json, "auto", strcmp(app->device, "auto") == 0 ? dev->backend : NULL);
    return KD_OK;
}

const struct app_command cmd_info = {
    .name = "info",
    .summary = "Version, build, devices, libraries, what --device auto would take",
    .arguments = "",
    .doc = doc,
    .examples = examples,
    .n_file_min = 0,
    .n_file_max = 0,
    .run = run,
};
