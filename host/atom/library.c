// SPDX-License-Identifier: BSD-3-Clause
/* library.c - pseudopotentials by name. */
#include "host/atom/library.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/check.h"
#include "host/atom/upf.h"
#include "host/base/hash.h"
#include "host/base/log.h"
#include "host/base/paths.h"
#include "host/base/text.h"
#include "host/structure/element.h"

static const char prefix[] = "auto:";

void library_name(const char *element, double hole, char name[LIBRARY_NAME])
{
    if (hole > 0)
        snprintf(name, LIBRARY_NAME, "%s%s:1s=%.12g", prefix, element, hole);
    else
        snprintf(name, LIBRARY_NAME, "%s%s", prefix, element);
}

bool library_is_name(const char *source)
{
    return strncmp(source, prefix, sizeof prefix - 1) == 0;
}

kd_status library_hole(const char *text, const struct recipe *r, struct configuration *c)
{
    char shell[3] = "";
    double electrons;
    int n, l;
    if (strlen(text) < 4 || text[2] != '=')
        FAIL(KD_EINPUT, "core hole: '%.20s', expected something like 1s=1.0", text);
    memcpy(shell, text, 2);
    TRY(shell_parse(shell, &n, &l));
    if (!number_double(text + 3, &electrons) || !(electrons >= 0 && electrons <= 2))
        FAIL(KD_EINPUT, "core hole: '%.20s', expected 0 to 2 electrons", text);
    int k = configuration_find(c, n, l);
    if (k < 0 || k >= r->core_shells)
        FAIL(KD_EINPUT, "core hole: %s is no core shell of this pseudopotential", shell);
    return configuration_excite(c, n, l, electrons);
}

/* What a name stands for. */
static kd_status understand(const char *name, struct recipe *r, struct configuration *c)
{
    char element[4] = "";
    const char *word = name + sizeof prefix - 1, *hole = strchr(word, ':');
    size_t n = hole ? (size_t)(hole - word) : strlen(word);
    if (!library_is_name(name) || n == 0 || n >= sizeof element)
        FAIL(KD_EINPUT, "\"%.40s\": expected a pseudopotential like auto:Si or auto:Si:1s=1", name);
    memcpy(element, word, n);
    int z = element_number(element);
    if (!z)
        FAIL(KD_EINPUT, "\"%.40s\": \"%s\" is no chemical symbol", name, element);
    TRY(recipe_default(z, r));
    TRY(configuration_ground(z, c));
    if (hole && library_hole(hole + 1, r, c) != KD_OK)
        return kd_fail_prefix(KD_EINPUT, "\"%.40s\"", name);
    return KD_OK;
}

static kd_status kept_path(const struct recipe *r, const struct configuration *c, char path[PATH_MAX])
{
    char directory[PATH_MAX], recipe[512], configuration[160], version[24];
    TRY(cache_directory("pseudo", directory));
    recipe_print(r, recipe);
    configuration_print(c, configuration);
    snprintf(version, sizeof version, "version %d", GENERATION_VERSION);
    uint64_t h = hash_bytes(HASH_START, version, strlen(version));
    h = hash_bytes(hash_bytes(h, recipe, strlen(recipe)), configuration, strlen(configuration));
    int n = snprintf(path, PATH_MAX, "%s/%s-%016" PRIx64 ".upf", directory, element_symbol(r->z), h);
    return n < PATH_MAX ? KD_OK : kd_fail(KD_EIO, "%s: the name is too long", directory);
}

kd_status library_path(const char *name, char path[PATH_MAX])
{
    struct recipe r;
    struct configuration c;
    TRY(understand(name, &r, &c));
    return kept_path(&r, &c, path);
}

/* A set that fails one of its checks is not handed out: who wants it writes it with kedge pseudo and gives the file. */
static kd_status examine(const struct generation *g)
{
    char failures[128];
    struct check *check = malloc(sizeof *check);
    if (!check)
        FAIL(KD_ENOMEM, "checks of a pseudopotential");
    kd_status status = check_run(g, check);
    if (status == KD_OK && !check->ok) {
        check_failures(check, failures);
        status = kd_fail(KD_ENOCONV, "%s does not pass: expected all checks of kedge pseudo to be good", failures);
    }
    free(check);
    return status;
}

static kd_status make(const struct recipe *r, const struct configuration *c, struct pseudo *p)
{
    struct generation *g;
    TRY(generation_make(r, c, &g));
    kd_status status = examine(g);
    if (status == KD_OK)
        status = generation_pseudo(g, p);
    generation_free(g);
    return status;
}

kd_status pseudo_open(const char *source, struct pseudo *p)
{
    struct recipe r;
    struct configuration c;
    char path[PATH_MAX];
    *p = (struct pseudo){0};
    if (!library_is_name(source))
        return upf_read(source, p);
    TRY(understand(source, &r, &c));
    bool keep = kept_path(&r, &c, path) == KD_OK;
    if (keep && path_is_file(path)) {
        if (upf_read(path, p) == KD_OK)
            return KD_OK;
        log_warning("%s; the set is made anew", kd_error_message());
    }
    kd_error_clear();
    kd_status status = make(&r, &c, p);
    if (status != KD_OK)
        return kd_fail_prefix(status, "%s", source);
    if (keep && upf_write(p, path) != KD_OK)
        log_warning("%s was made but cannot be kept: %s", source, kd_error_message());
    kd_error_clear();
    return KD_OK;
}
