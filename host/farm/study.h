// SPDX-License-Identifier: BSD-3-Clause
/* study.h - the whole chain for many structures, as the items of a farm.
 *
 * In the study's directory: study.json (settings, version; what may not change), the products named at enum study_stage, and the farm's
 * own files (farm.h).
 *
 * Order of work: the two reference crystals, then the first replica of every composition through all stages, its sites in blocks of
 * xanes.block taken in turns round the compositions, then the second replica: results of every composition arrive early. */
#ifndef KD_FARM_STUDY_H
#define KD_FARM_STUDY_H

#include "host/dft/pseudo_set.h"
#include "host/farm/farm.h"
#include "host/farm/ranks.h"
#include "host/farm/settings.h"
#include "host/structure/generate.h"
#include "kernels/device.h"

enum study_stage {
    STAGE_START,     /* structures/NAME-start.xyz */
    STAGE_QUENCH,    /* structures/NAME.xyz; logs and checkpoint in quench/ */
    STAGE_SCF,       /* gs/NAME.h5 */
    STAGE_BADER,     /* charges/NAME.h5 */
    STAGE_REFERENCE, /* calibration/quartz.json, silicon.json */
    STAGE_XANES,     /* xanes/NAME-sNNN.h5, the NNN-th of the structure's sites */
    STAGE_DATASET,   /* dataset.h5 */
    STAGE_TRAIN,     /* models/TARGET-SPLIT.h5, -windows_a.h5 .. j */
    STAGE_EVALUATE,  /* results.h5 */
    STAGE_REPORT,    /* report/index.html */
    STAGE_N
};

/* The stages behind the ground state need the rooms xas and bader and the quench of md: a build without them has STAGE_START and
 * STAGE_SCF only (CMakeLists.txt), and its ground states are those of the starts. */
#ifdef KEDGE_WHOLE_STUDY
enum { STUDY_LAST = STAGE_N - 1, STUDY_QUENCHES = 1 };
#else
enum { STUDY_LAST = STAGE_SCF, STUDY_QUENCHES = 0 };
#endif

struct study_structure {
    char name[FARM_NAME / 2]; /* Si16O24-r0 */
    struct formula formula;
    int replica, n_si, n_site; /* n_site: those whose spectra are computed */
};

struct study_work { /* what an item is about, beside farm.item */
    enum study_stage stage;
    int structure, site;        /* STAGE_REFERENCE: site 0 is quartz, 1 silicon */
    int target, split, windows; /* STAGE_TRAIN: charge, rdf; site, structure; whole axis, windows */
};

struct xanes;

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

    struct xanes *xanes;     /* the ground state that the last site belonged to, kept open */
    char xanes_path[PATH_MAX], pseudo_words[2][PATH_MAX + 8];
    int xanes_attempt;
};

/* Defaults in place, nothing read yet. */
kd_status study_create(struct study *s);
void study_free(struct study *s);
/* `path` is an INI file, or the directory of a study that has begun (its study.ini). Settles farm.directory. conf_set words may come
 * before or after; study_plan comes last. */
kd_status study_read(struct study *s, const char *path);
/* Structures and items from the settings. KD_EINPUT: a formula that is none, one given twice. */
kd_status study_plan(struct study *s);

/* Begin or join: makes the directories, compares with study.json, opens the farm. With `retry` failures are tried a second time and
 * products are checked for damage. What was made of the sites (dataset, models, results, report) is removed when there are open items
 * that belong into it. */
kd_status study_open(struct study *s, bool retry);
bool study_begun(const struct study *s);
kd_status study_work_all(struct study *s, kd_device *dev, enum kd_precision precision);
/* Dataset, networks, results and report of what is finished so far, into `base`, whatever other processes do. A stage that fails is
 * said and the others go on; its status comes back. */
kd_status study_gather(struct study *s, kd_device *dev, enum kd_precision precision, const char *base);
struct gather;
struct gather_options;
/* The finished sites of charges/ and xanes/, on the axis of calibration/quartz.json, into g, which was opened with *o; s has been read and
 * planned. KD_EINPUT when there is no calibration yet; what is wrong with a site leaves it out. */
kd_status study_sites(struct study *s, const struct gather_options *o, struct gather *g, double *shift_ev);

/* ---- stages, one function each (stage_*.c): files of the study in, one product out ---- */
kd_status stage_start(struct study *s, const struct study_work *w, const char *product);
kd_status stage_quench(struct study *s, const struct study_work *w, int attempt, const char *product);
kd_status stage_scf(struct study *s, const struct study_work *w, int attempt, const char *product);
kd_status stage_bader(struct study *s, const struct study_work *w, const char *product);
kd_status stage_reference(struct study *s, const struct study_work *w, int attempt, const char *product);
kd_status stage_xanes(struct study *s, const struct study_work *w, int attempt, const char *product);
/* base: the directory of dataset.h5, models/, results.h5 and report/: the study's own, or another (study_gather). */
kd_status stage_dataset(struct study *s, const char *product);
kd_status stage_train(struct study *s, const struct study_work *w, const char *base);
kd_status stage_evaluate(struct study *s, const char *base, const char *product);
kd_status stage_report(struct study *s, const char *base);

/* Inside the room: names of files. */
void study_file(const struct study *s, const char *folder, const char *name, const char *suffix, char path[PATH_MAX]);
/* The structure that SCF and everything after it use. */
/* "Si=FILE" lives in words. */
struct pseudo_choice study_pseudo(const struct study *s, char words[2][PATH_MAX + 8]);
kd_status study_reference_gs(struct study *s, const char *file, const char *name, const char *product);
void study_close_xanes(struct study *s);
void study_model_name(const struct study_work *w, char name[FARM_NAME]); /* "charge-site", "rdf-structure-windows_j" */
kd_status study_glass(const struct study *s, int structure, struct structure **frames, int *n_frame);

#endif
