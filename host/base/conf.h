// SPDX-License-Identifier: BSD-3-Clause
/* conf.h - configuration: one table per section, and everything else follows from it. The only door to inih.
 *
 *     struct scf_conf { double ecut_ry; int kpoints[3]; int mixer; char *pseudo_dir; };
 *     static const char *const mixers[] = {"pulay", "linear", NULL};
 *     #define AT(member) offsetof(struct scf_conf, member)
 *     static const struct conf_key keys[] = {
 *         {"ecut_ry", CONF_DOUBLE, "Ry", "50", 5, 500, .at = AT(ecut_ry), .help = "plane-wave cutoff"},
 *         {"kpoints", CONF_INTS, "", "1 1 1", 1, 99, .count = 3, .at = AT(kpoints), .help = "Monkhorst-Pack grid"},
 *         {"mixer", CONF_CHOICE, "", "pulay", .choice = mixers, .at = AT(mixer), .help = "density mixing"},
 *         {"pseudo_dir", CONF_STRING, "", "", .at = AT(pseudo_dir), .help = "folder of UPF files"},
 *     };
 * The table gives the parser, the errors, -s section.key=value, --explain, the manual and the provenance. */
#ifndef KD_CONF_H
#define KD_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "host/base/json.h"
#include "kernels/status.h"

enum conf_type {
    CONF_INT,     /* int */
    CONF_DOUBLE,  /* double */
    CONF_BOOL,    /* bool: yes no true false on off 1 0 */
    CONF_STRING,  /* char *, owned by the conf, never NULL after conf_create; min, max bound nothing */
    CONF_INTS,    /* int[count]: exactly count numbers between blanks or commas */
    CONF_DOUBLES, /* double[count] */
    CONF_CHOICE   /* int: index into choice */
};

struct conf_key {
    const char *name; /* with its unit: ecut_ry */
    enum conf_type type;
    const char *unit;          /* "Ry"; "" for none */
    const char *value;         /* default, written as in the file; NULL: must be given */
    double min, max;           /* of every number, both included; min = max = 0: no bounds */
    int count;                 /* of CONF_INTS, CONF_DOUBLES, at most 64 */
    const char *const *choice; /* of CONF_CHOICE, NULL at the end */
    size_t at;                 /* offset in the section's struct */
    const char *help;          /* one line */
};

struct conf_section {
    const char *name;
    const char *help;
    const struct conf_key *key;
    int n_key;
    void *target; /* the section's struct */
};

struct conf;

/* Fill every target with the defaults. `section` must outlive the conf. KD_EINTERNAL: a default that its own table
 * refuses. The strings of the targets live until conf_free. */
kd_status conf_create(const struct conf_section *section, int n_section, struct conf **out);
void conf_free(struct conf *c);

/* Read an INI file. A value may go on in indented lines; # and ; start comments (after a value: behind a blank).
 * KD_EINPUT "file:line: what, expected what" for the first of: unknown section or key (with the nearest one), wrong type,
 * out of range, the same key twice, a line that is neither, a line over 190 bytes. Targets may then be half filled. */
kd_status conf_read(struct conf *c, const char *path);
kd_status conf_parse(struct conf *c, const char *name, const char *text, size_t length);
/* "scf.ecut_ry=40", stronger than the file whenever it comes. */
kd_status conf_set(struct conf *c, const char *assignment);
/* After reading: is every key that has no default there? */
kd_status conf_complete(const struct conf *c);

/* Was the key given by file or -s? The line it came from, 0 when not from a file. */
bool conf_given(const struct conf *c, const char *section, const char *key);
int conf_line(const struct conf *c, const char *section, const char *key);

/* Every key: type, unit, default, range, help. Text for --explain, an example file, roff (.SH, .TP) for the manual. */
void conf_explain(const struct conf *c, FILE *f);
void conf_explain_ini(const struct conf *c, FILE *f);
void conf_explain_roff(const struct conf *c, FILE *f);
/* {"scf": {"ecut_ry": 40, ...}, "given": ["scf.ecut_ry"]} into object[key]: what ran, for --json and provenance. */
void conf_json(const struct conf *c, struct js *object, const char *key);

/* The one of names[n] that is nearest to `word` (insertions, deletions, replacements, swaps), NULL when none is near.
 * Also used for commands and options. */
const char *conf_nearest(const char *word, const char *const *names, int n);

#endif
