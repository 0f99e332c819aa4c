// SPDX-License-Identifier: BSD-3-Clause
/* settings.h - study.ini: one table per section (host/base/conf.h). `kedge study --explain` prints them. */
#ifndef KD_FARM_SETTINGS_H
#define KD_FARM_SETTINGS_H

#include "host/base/conf.h"

struct study_settings {
    struct {
        char *title, *formulas, *directory;
        int replicas, first_replica, seed;
    } study;
    struct {
        int rule;
        double density_gcc;
    } generate;
    struct {
        char *potential;
        double melt_k, melt_ps, cool_ps, dt_fs, pressure_bar;
    } quench;
    struct {
        char *directory, *si, *o, *core_hole;
    } pseudo;
    struct {
        double ecut_ry, width_ev, conv_ry, mixing;
        int kpoints[3], smearing, max_iterations;
    } scf;
    struct {
        int kpoints[3], sites, block, final_state;
        double gamma_ev, conv_ry;
    } xanes;
    struct {
        char *structure, *silicon;
        double peak_ev;
        int repeat[3], kpoints[3];
    } calibration;
    struct {
        double emin_ev, emax_ev, rmax_angstrom;
        int points, rdf_points;
    } dataset;
    struct {
        int epochs_charge, epochs_rdf, ensemble, folds;
        double test_fraction;
        bool windows, by_structure;
    } train;
    struct {
        double stale_s, checkpoint_s;
        bool page;
        char *last_stage;
    } farm;
};

enum { SETTINGS_SECTIONS = 10 };

/* *s is filled with defaults and belongs to the caller; sections[SETTINGS_SECTIONS] must outlive the conf. */
kd_status settings_create(struct study_settings *s, struct conf_section sections[SETTINGS_SECTIONS], struct conf **conf);

/* A value of conf_json as it stands in an INI file: a number, words, a list of numbers. */
void settings_words(const struct js *value, char *words, size_t size);

/* May a study that ran with `before` go on with `now` (objects of conf_json)? Formulas and replicas may be added, networks and the farm
 * itself be told otherwise. KD_EINPUT names the first key that differs: "scf.ecut_ry: 40, but DIR was begun with 50". */
kd_status settings_agree(const struct js *before, const struct js *now, const char *directory);

#endif
