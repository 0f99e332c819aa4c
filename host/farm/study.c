// SPDX-License-Identifier: BSD-3-Clause
/* study.c - a study begins, goes on, and hands its items to the stages. */
#include "host/farm/study.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/base/commit.h"
#include "host/base/log.h"
#include "host/store/h5.h"

kd_status study_create(struct study *s)
{
    memset(s, 0, sizeof *s);
    s->version = "";
    s->ranks = (struct ranks){0, 1, 0, 1, false};
    return settings_create(&s->set, s->section, &s->conf);
}

void study_free(struct study *s)
{
#ifdef KEDGE_WHOLE_STUDY
    study_close_xanes(s);
#endif
    farm_close(&s->farm);
    conf_free(s->conf);
    free(s->structure);
    free(s->farm.item);
    free(s->work);
    free(s->need);
    memset(s, 0, sizeof *s);
}

void study_file(const struct study *s, const char *folder, const char *name, const char *suffix, char path[PATH_MAX])
{
    farm_path(&s->farm, folder, name, suffix, path);
}

/* ---- settings ---- */

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A file of defaults only would be the paper's whole recipe: nobody means that by an empty file. */
static kd_status some_setting(const struct study *s, const char *path)
{
    for (int i = 0; i < SETTINGS_SECTIONS; i++)
        for (int k = 0; k < s->section[i].n_key; k++)
            if (conf_given(s->conf, s->section[i].name, s->section[i].key[k].name))
                return KD_OK;
    FAIL(KD_EINPUT, "%s: no settings, expected at least one; kedge study --example prints them all", path);
}

kd_status study_read(struct study *s, const char *path)
{
    char ini[PATH_MAX];
    size_t n = strlen(path);
    if (n >= PATH_MAX - 300)
        FAIL(KD_EINPUT, "%.100s...: a name too long", path);
    if (is_directory(path)) {
        snprintf(ini, sizeof ini, "%s/study.ini", path);
        snprintf(s->farm.directory, PATH_MAX, "%s", path);
        return conf_read(s->conf, ini);
    }
    TRY(conf_read(s->conf, path));
    TRY(some_setting(s, path));
    bool ends = n > 4 && strcmp(path + n - 4, ".ini") == 0;
    if (s->set.study.directory[0])
        snprintf(s->farm.directory, PATH_MAX, "%s", s->set.study.directory);
    else
        snprintf(s->farm.directory, PATH_MAX, "%.*s%s", (int)(ends ? n - 4 : n), path, ends ? "" : ".study");
    return KD_OK;
}

static kd_status make_directory(const struct study *s, const char *name)
{
    char path[PATH_MAX];
    study_file(s, "", name, "", path);
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        FAIL(KD_EIO, "%s: cannot make this directory, %s", path, strerror(errno));
    return KD_OK;
}

/* key = words, on as many lines as it takes: the reader's lines have a limit. */
static void write_words(FILE *file, const char *key, const char *words)
{
    int column = fprintf(file, "%s =", key);
    for (const char *at = words; *at; at += *at == ' ') {
        int n = (int)strcspn(at, " ");
        if (at != words && column + n > 110)
            column = fprintf(file, "\n   ");
        column += fprintf(file, " %.*s", n, at);
        at += n;
    }
    fputc('\n', file);
}

/* study.ini: every key with its value, so that the directory explains and continues itself. */
static kd_status write_ini(const struct study *s, const struct js *settings)
{
    char path[PATH_MAX];
    struct commit c;
    study_file(s, "", "study", ".ini", path);
    TRY(commit_open(path, &c));
    fputs("# written by kedge study: all settings\n", c.file);
    for (int i = 0; i < SETTINGS_SECTIONS; i++) {
        fprintf(c.file, "\n[%s]\n", s->section[i].name);
        const struct js *section = js_get(settings, s->section[i].name);
        for (int k = 0; k < s->section[i].n_key; k++) {
            char words[4096];
            const char *key = s->section[i].key[k].name;
            settings_words(js_get(section, key), words, sizeof words);
            write_words(c.file, key, words);
        }
    }
    return commit_finish(&c);
}

static kd_status write_json(const struct study *s, struct js *object)
{
    char path[PATH_MAX];
    struct commit c;
    study_file(s, "", "study", ".json", path);
    TRY(commit_open(path, &c));
    kd_status status = js_print(object, c.file);
    if (status != KD_OK) {
        commit_abandon(&c);
        return status;
    }
    return commit_finish(&c);
}

bool study_begun(const struct study *s)
{
    char path[PATH_MAX];
    study_file(s, "", "study", ".json", path);
    return access(path, F_OK) == 0;
}

static kd_status settle_settings(struct study *s)
{
    char path[PATH_MAX];
    struct js *now = js_new(), *before = NULL;
    kd_status status = KD_OK;
    js_string(now, "kedge", s->version);
    conf_json(s->conf, now, "settings");
    if (study_begun(s)) {
        study_file(s, "", "study", ".json", path);
        TRY_OUT(js_read(path, &before));
        TRY_OUT(settings_agree(js_get(before, "settings"), js_get(now, "settings"), s->farm.directory));
    }
    if (s->ranks.rank == 0 || !before) {
        TRY_OUT(write_json(s, now));
        TRY_OUT(write_ini(s, js_get(now, "settings")));
    }
out:
    js_free(now);
    js_free(before);
    return status;
}

/* ---- items ---- */

static kd_status run_item(void *owner, int i, int attempt)
{
    struct study *s = owner;
    const struct study_work *w = &s->work[i];
    char product[PATH_MAX];
    study_file(s, "", s->farm.item[i].product, "", product);
#ifdef KEDGE_WHOLE_STUDY
    if (w->stage != STAGE_XANES && w->stage != STAGE_REFERENCE)
        study_close_xanes(s); /* its memory is needed */
#endif
    switch (w->stage) {
    case STAGE_START:
        return stage_start(s, w, product);
    case STAGE_SCF:
        return stage_scf(s, w, attempt, product);
    case STAGE_TRAIN:
        return stage_train(s, w, s->farm.directory);
    case STAGE_EVALUATE:
        return stage_evaluate(s, s->farm.directory, product);
    case STAGE_REPORT:
        return stage_report(s, s->farm.directory);
#ifdef KEDGE_WHOLE_STUDY
    case STAGE_QUENCH:
        return stage_quench(s, w, attempt, product);
    case STAGE_BADER:
        return stage_bader(s, w, product);
    case STAGE_REFERENCE:
        return stage_reference(s, w, attempt, product);
    case STAGE_XANES:
        return stage_xanes(s, w, attempt, product);
    case STAGE_DATASET:
        return stage_dataset(s, product);
#endif
    default:
        break;
    }
    FAIL(KD_EINTERNAL, "%s: of no stage", s->farm.item[i].name);
}

/* Can the product be opened? Truncated HDF5 files and structures cannot. */
static kd_status check_item(void *owner, int i)
{
    struct study *s = owner;
    char path[PATH_MAX];
    struct stat st;
    study_file(s, "", s->farm.item[i].product, "", path);
    size_t n = strlen(path);
    if (n > 3 && strcmp(path + n - 3, ".h5") == 0) {
        struct h5 *f;
        TRY(h5_open(path, &f));
        h5_close(f);
        return KD_OK;
    }
    if (n > 4 && strcmp(path + n - 4, ".xyz") == 0) {
        struct structure *frames;
        int n_frame;
        TRY(structures_read(path, &frames, &n_frame));
        structures_free(frames, n_frame);
        return KD_OK;
    }
    return stat(path, &st) == 0 && st.st_size > 0 ? KD_OK : kd_fail(KD_EINPUT, "%s: empty", path);
}

static void show_progress(void *owner, const struct farm *farm)
{
    struct study *s = owner;
    (void)farm;
    if (s->ranks.rank == 0 && s->set.farm.page && farm_write_progress(&s->farm, s->set.study.title) != KD_OK)
        log_warning("%s", kd_error_message());
}

/* Anything open that belongs into what was gathered? Then that is out of date. */
static void drop_outdated(struct study *s)
{
    bool open = false;
    for (int i = 0; i < s->farm.n_item; i++) {
        char path[PATH_MAX];
        study_file(s, "", s->farm.item[i].product, "", path);
        bool there = access(path, F_OK) == 0;
        if (s->work[i].stage < STAGE_DATASET) {
            open = open || (!there && farm_failure_read(&s->farm, i, NULL) < s->farm.attempts);
            continue;
        }
        if (!open)
            continue;
        unlink(path);
        study_file(s, "done", s->farm.item[i].name, ".json", path);
        unlink(path);
        study_file(s, "failed", s->farm.item[i].name, ".json", path);
        unlink(path);
    }
}

/* Killed between writing a product and removing the checkpoint that led there, a process leaves the checkpoint. */
static void drop_checkpoints(const struct study *s)
{
    static const char *const suffix[] = {".checkpoint", ".density", ".chains"};
    for (int i = 0; i < s->farm.n_item; i++) {
        char path[PATH_MAX], left[PATH_MAX + 16];
        study_file(s, "", s->farm.item[i].product, "", path);
        if (access(path, F_OK) != 0)
            continue;
        for (size_t k = 0; k < sizeof suffix / sizeof *suffix; k++) {
            snprintf(left, sizeof left, "%s%s", path, suffix[k]);
            unlink(left); /* there or not */
        }
    }
}

kd_status study_open(struct study *s, bool retry)
{
    static const char *const folders[] = {"structures", "quench", "gs", "charges", "calibration", "xanes", "models", "report"};
    if (mkdir(s->farm.directory, 0777) != 0 && errno != EEXIST)
        FAIL(KD_EIO, "%s: cannot make this directory, %s", s->farm.directory, strerror(errno));
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        TRY(make_directory(s, folders[i]));
    TRY(settle_settings(s));
    s->farm.stale_seconds = s->set.farm.stale_s;
    s->farm.attempts = retry ? 2 : 1;
    s->farm.run = run_item;
    s->farm.check = check_item;
    s->farm.progress = show_progress;
    s->farm.owner = s;
    TRY(farm_open(&s->farm));
    int n_bad = 0;
    if (retry && s->ranks.rank == 0)
        TRY(farm_verify(&s->farm, &n_bad));
    if (s->ranks.rank == 0) {
        drop_outdated(s);
        drop_checkpoints(s);
    }
    return KD_OK;
}

kd_status study_work_all(struct study *s, kd_device *dev, enum kd_precision precision)
{
    s->dev = dev;
    s->precision = precision;
    return farm_work(&s->farm);
}

static kd_status gather_one(struct study *s, int i, const char *base)
{
    const struct study_work *w = &s->work[i];
    char product[PATH_MAX];
    snprintf(product, sizeof product, "%.*s/%s", PATH_MAX - 200, base, s->farm.item[i].product);
    switch (w->stage) {
#ifdef KEDGE_WHOLE_STUDY
    case STAGE_DATASET:
        return stage_dataset(s, product);
#endif
    case STAGE_TRAIN:
        return stage_train(s, w, base);
    case STAGE_EVALUATE:
        return stage_evaluate(s, base, product);
    case STAGE_REPORT:
        return stage_report(s, base);
    default:
        return KD_OK;
    }
}

kd_status study_gather(struct study *s, kd_device *dev, enum kd_precision precision, const char *base)
{
    static const char *const folders[] = {"", "/models", "/report"};
    char path[PATH_MAX];
    kd_status worst = KD_OK;
    if (s->farm.n_item == 0 || s->work[s->farm.n_item - 1].stage != STAGE_REPORT)
        FAIL(KD_EINPUT, "%s: this study ends before the dataset", s->farm.directory);
    s->dev = dev;
    s->precision = precision;
    for (int k = 0; k < 3; k++) {
        snprintf(path, sizeof path, "%.*s%s", PATH_MAX - 20, base, folders[k]);
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            FAIL(KD_EIO, "%s: cannot make this directory, %s", path, strerror(errno));
    }
    for (int i = 0; i < s->farm.n_item; i++) {
        kd_status status = gather_one(s, i, base);
        if (status == KD_OK)
            continue;
        if (s->work[i].stage == STAGE_DATASET || (status != KD_EINPUT && status != KD_ENOCONV))
            return status;
        log_warning("%s: %s", s->farm.item[i].name, kd_error_message());
        worst = KD_ENOCONV;
    }
    return worst == KD_OK ? KD_OK : kd_fail(worst, "%s: some networks could not be had; the rest is there", base);
}
