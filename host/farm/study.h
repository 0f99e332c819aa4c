// SPDX-License-Identifier: BSD-3-Clause
/* study.h - the whole chain for many structures, as the items of a farm.
 *
 * In the study's directory: study.json (settings, version; what may not change), structures/, gs/, charges/, xanes/, dataset.h5,
 * models/, results.h5, report/, and the farm's own files (farm.h).
 *
 * Order of work: the first replica of every composition through all stages, its sites taken in turns round the compositions, then the
 * second replica: results of every composition arrive early. */
#ifndef KD_FARM_STUDY_H
#define KD_FARM_STUDY_H

#include "host/farm/farm.h"
#include "host/farm/ranks.h"
#include "host/farm/settings.h"
#include "host/structure/generate.h"
#include "kernels/device.h"

enum study_stage {
    STAGE_START,     /* structures/NAME-start.xyz */
    STAGE_SCF,       /* gs/NAME.h5 */
    STAGE_N
};

struct study_structure {
    char name[FARM_NAME / 2]; /* Si16O24-r0 */
    struct formula formula;
    int replica, n_si, n_site; /* n_site: those whose spectra are computed */
};

struct study_work { /* what an item is about, beside farm.item */
    enum study_stage stage;
    int structure, site, target, split, windows;
};

struct study {
    struct study_settings set;
    struct conf_section section[SETTINGS_SECTIONS];
    struct conf *conf;
    struct ranks ranks;
    kd_device *dev; /* borrowed; NULL until work begins */
    enum kd_precision precision;
    const char *version;
    int n_structure;
    struct study_structure *structure; /* [n_structure] replica by replica, compositions in the order given */
    struct farm farm;
    struct study_work *work; /* [farm.n_item] */
    int *need;               /* storage of the items' needs */
    size_t n_need;
};

/* Defaults in place, nothing read yet. */
kd_status study_create(struct study *s);
void study_free(struct study *s);
/* `path` is an INI file, or the directory of a study that has begun (its study.ini). Settles farm.directory. conf_set words may come
 * before or after; study_plan comes last. */
kd_status study_read(struct study *s, const char *path);
/* Structures and items from the settings. KD_EINPUT: a formula that is none, one given twice. */
kd_status study_plan(struct study *s);

/* Begin or join: makes the directories, compares with study.json, opens the farm. With `retry` failures are tried a second time and products are checked for damage. */
kd_status study_open(struct study *s, bool retry);
bool study_begun(const struct study *s);
kd_status study_work_all(struct study *s, kd_device *dev, enum kd_precision precision);

/* ---- stages, one function each (stage_*.c): files of the study in, one product out ---- */
kd_status stage_start(struct study *s, const struct study_work *w, const char *product);
kd_status stage_scf(struct study *s, const struct study_work *w, int attempt, const char *product);

/* Inside the room: names of files. */
void study_file(const struct study *s, const char *folder, const char *name, const char *suffix, char path[PATH_MAX]);
/* The structure that SCF and everything after it use. */
kd_status study_glass(const struct study *s, int structure, struct structure **frames, int *n_frame);

#endif
