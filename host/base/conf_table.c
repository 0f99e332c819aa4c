// SPDX-License-Identifier: BSD-3-Clause
/* conf_table.c - the tables: names found or suggested, values assigned, -s options. */
#include "host/base/conf.h"

#include <stdlib.h>
#include <string.h>

#include "host/base/conf_value.h"
#include "host/base/text.h"

/* ---- tables ---- */

int conf_find_section(const struct conf *c, const char *name)
{
    for (int i = 0; i < c->n_section; i++)
        if (strcmp(c->section[i].name, name) == 0)
            return i;
    return -1;
}

static int find_key(const struct conf_section *s, const char *name)
{
    for (int i = 0; i < s->n_key; i++)
        if (strcmp(s->key[i].name, name) == 0)
            return i;
    return -1;
}

kd_status conf_create(const struct conf_section *section, int n_section, struct conf **out)
{
    struct conf *c = calloc(1, sizeof *c);
    kd_status status = KD_OK;
    if (!c || !(c->value = calloc((size_t)n_section + 1, sizeof *c->value)))
        FAIL_OUT(KD_ENOMEM, "configuration: no host memory");
    c->section = section;
    c->n_section = n_section;
    for (int i = 0; i < n_section; i++) {
        const struct conf_section *s = &section[i];
        if (!(c->value[i] = calloc((size_t)s->n_key + 1, sizeof **c->value)))
            FAIL_OUT(KD_ENOMEM, "configuration: no host memory");
        for (int k = 0; k < s->n_key; k++) {
            const struct conf_key *key = &s->key[k];
            if (!key->value && key->type != CONF_STRING)
                continue;
            c->value[i][k].text = strdup(key->value ? key->value : "");
            if (!c->value[i][k].text)
                FAIL_OUT(KD_ENOMEM, "configuration: no host memory");
            if (!conf_value_store(key, c->value[i][k].text, s->target))
                FAIL_OUT(KD_EINTERNAL, "%s.%s: its own table refuses the default \"%s\"", s->name, key->name,
                         key->value);
        }
    }
    *out = c;
    return KD_OK;
out:
    conf_free(c);
    return status;
}

void conf_free(struct conf *c)
{
    if (!c)
        return;
    for (int i = 0; c->value && i < c->n_section; i++) {
        for (int k = 0; c->value[i] && k < c->section[i].n_key; k++)
            free(c->value[i][k].text);
        free(c->value[i]);
    }
    free(c->value);
    free(c);
}

/* ---- what is wrong: `place` is "study.ini:12" or "-s" ---- */

kd_status conf_unknown_section(const struct conf *c, const char *place, const char *name)
{
    const char *names[64];
    int n = c->n_section < 64 ? c->n_section : 64;
    for (int i = 0; i < n; i++)
        names[i] = c->section[i].name;
    const char *nearest = conf_nearest(name, names, n);
    char shown[48];
    text_show(shown, name);
    if (nearest)
        FAIL(KD_EINPUT, "%s: unknown section [%s], expected [%s]?", place, shown, nearest);
    FAIL(KD_EINPUT, "%s: unknown section [%s], expected one of those that --explain lists", place, shown);
}

static kd_status unknown_key(const struct conf *c, const struct conf_section *s, const char *place, const char *name)
{
    char shown[48];
    text_show(shown, name);
    for (int i = 0; i < c->n_section; i++)
        if (find_key(&c->section[i], name) >= 0)
            FAIL(KD_EINPUT, "%s: unknown key \"%s\" in [%s], expected it in [%s]?", place, shown, s->name,
                 c->section[i].name);
    const char *names[128];
    int n = s->n_key < 128 ? s->n_key : 128;
    for (int i = 0; i < n; i++)
        names[i] = s->key[i].name;
    const char *nearest = conf_nearest(name, names, n);
    if (nearest)
        FAIL(KD_EINPUT, "%s: unknown key \"%s\" in [%s], expected %s?", place, shown, s->name, nearest);
    FAIL(KD_EINPUT, "%s: unknown key \"%s\" in [%s], expected one of those that --explain lists", place, shown,
         s->name);
}

kd_status conf_find(const struct conf *c, const char *place, const char *section, const char *key, int at[2])
{
    at[0] = conf_find_section(c, section);
    if (at[0] < 0)
        return conf_unknown_section(c, place, section);
    at[1] = find_key(&c->section[at[0]], key);
    if (at[1] < 0)
        return unknown_key(c, &c->section[at[0]], place, key);
    return KD_OK;
}

kd_status conf_assign(struct conf *c, const char *place, const int at[2], const char *text, bool from_option)
{
    const struct conf_section *s = &c->section[at[0]];
    const struct conf_key *key = &s->key[at[1]];
    struct conf_value *value = &c->value[at[0]][at[1]];
    char *copy = strdup(text);
    if (!copy)
        FAIL(KD_ENOMEM, "configuration: no host memory");
    bool weaker = value->from_option && !from_option;
    if (!conf_value_store(key, copy, weaker ? NULL : s->target)) {
        char expected[512], shown[48];
        conf_value_expected(key, expected, sizeof expected);
        free(copy);
        FAIL(KD_EINPUT, "%s: %s.%s = \"%s\", expected %s", place, s->name, key->name, text_show(shown, text), expected);
    }
    if (weaker) {
        free(copy);
        return KD_OK;
    }
    free(value->text);
    value->text = copy;
    value->from_option = from_option;
    return KD_OK;
}

/* ---- options and questions ---- */

kd_status conf_set(struct conf *c, const char *assignment)
{
    char name[64], key[64];
    const char *dot = strchr(assignment, '.'), *equal = strchr(assignment, '=');
    if (!dot || !equal || dot > equal || dot == assignment || (size_t)(dot - assignment) >= sizeof name ||
        (size_t)(equal - dot) >= sizeof name)
        FAIL(KD_EINPUT, "-s %.100s: expected section.key=value", assignment);
    snprintf(name, sizeof name, "%.*s", (int)(dot - assignment), assignment);
    snprintf(key, sizeof key, "%.*s", (int)(equal - dot - 1), dot + 1);
    char *text = strdup(equal + 1);
    if (!text)
        FAIL(KD_ENOMEM, "configuration: no host memory");
    int at[2];
    kd_status status = conf_find(c, "-s", text_trim(name), text_trim(key), at);
    if (status == KD_OK)
        status = conf_assign(c, "-s", at, text_trim(text), true);
    free(text);
    return status;
}

kd_status conf_complete(const struct conf *c)
{
    for (int i = 0; i < c->n_section; i++)
        for (int k = 0; k < c->section[i].n_key; k++)
            if (!c->value[i][k].text || (!c->section[i].key[k].value && !c->value[i][k].text[0])) {
                char expected[512];
                conf_value_expected(&c->section[i].key[k], expected, sizeof expected);
                FAIL(KD_EINPUT, "%s.%s: not given, expected %s", c->section[i].name, c->section[i].key[k].name,
                     expected);
            }
    return KD_OK;
}

static const struct conf_value *value_of(const struct conf *c, const char *section, const char *key)
{
    int i = conf_find_section(c, section);
    int k = i < 0 ? -1 : find_key(&c->section[i], key);
    return k < 0 ? NULL : &c->value[i][k];
}

bool conf_given(const struct conf *c, const char *section, const char *key)
{
    const struct conf_value *v = value_of(c, section, key);
    return v && (v->line || v->from_option);
}

int conf_line(const struct conf *c, const char *section, const char *key)
{
    const struct conf_value *v = value_of(c, section, key);
    return v ? v->line : 0;
}
