// SPDX-License-Identifier: BSD-3-Clause
/* conf_value.h - what the files of conf share: one value of one key. Not for others. */
#ifndef KD_CONF_VALUE_H
#define KD_CONF_VALUE_H

#include "host/base/conf.h"

enum { CONF_MAX_COUNT = 64 };

struct conf_value {
    char *text;       /* as given, or the default; owns what a CONF_STRING target points to */
    int line;         /* of the file, 0 for none */
    bool from_option; /* by -s: stronger than the file */
};

struct conf {
    const struct conf_section *section;
    int n_section;
    struct conf_value **value; /* [n_section][n_key] */
};

int conf_find_section(const struct conf *c, const char *name); /* -1: none */
/* at = {section, key}; KD_EINPUT with the nearest name. `place` is "study.ini:12" or "-s". */
kd_status conf_find(const struct conf *c, const char *place, const char *section, const char *key, int at[2]);
kd_status conf_unknown_section(const struct conf *c, const char *place, const char *name); /* the error */
/* Check the text and, unless something stronger is there, make it the key's value. */
kd_status conf_assign(struct conf *c, const char *place, const int at[2], const char *text, bool from_option);

/* Is `text` legal for the key? If so, and target is not NULL, store it there (strings: the pointer). */
bool conf_value_store(const struct conf_key *key, char *text, void *target);
/* "a number from 5 to 500 (Ry)" */
void conf_value_expected(const struct conf_key *key, char *words, size_t size);

#endif
