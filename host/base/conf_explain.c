// SPDX-License-Identifier: BSD-3-Clause
/* conf_explain.c - the tables for people: --explain, an example file, the manual; and what ran, as JSON. */
#include <string.h>

#include "host/base/conf_value.h"
#include "host/base/text.h"

static const char *default_words(const struct conf_key *key)
{
    if (!key->value)
        return "must be given";
    return key->value[0] ? key->value : "empty";
}

void conf_explain(const struct conf *c, FILE *f)
{
    char expected[512];
    for (int i = 0; i < c->n_section; i++) {
        const struct conf_section *s = &c->section[i];
        fprintf(f, "%s[%s]  %s\n", i ? "\n" : "", s->name, s->help);
        for (int k = 0; k < s->n_key; k++) {
            conf_value_expected(&s->key[k], expected, sizeof expected);
            fprintf(f, "  %-24s %s\n", s->key[k].name, s->key[k].help);
            fprintf(f, "  %-24s %s; default: %s\n", "", expected, default_words(&s->key[k]));
        }
    }
}

void conf_explain_ini(const struct conf *c, FILE *f)
{
    char expected[512];
    for (int i = 0; i < c->n_section; i++) {
        const struct conf_section *s = &c->section[i];
        fprintf(f, "%s# %s\n[%s]\n", i ? "\n" : "", s->help, s->name);
        for (int k = 0; k < s->n_key; k++) {
            conf_value_expected(&s->key[k], expected, sizeof expected);
            fprintf(f, "# %s: %s\n%s%s = %s\n", s->key[k].help, expected, s->key[k].value ? "" : "# ", s->key[k].name,
                    s->key[k].value ? s->key[k].value : "");
        }
    }
}

/* roff reads backslashes, and dots and quotes at the start of a line. */
static void put_roff(FILE *f, const char *s)
{
    if (*s == '.' || *s == '\'')
        fputs("\\&", f);
    for (; *s; s++) {
        if (*s == '\\')
            fputs("\\e", f);
        else if (*s == '-')
            fputs("\\-", f);
        else
            fputc(*s, f);
    }
}

void conf_explain_roff(const struct conf *c, FILE *f)
{
    char expected[512];
    for (int i = 0; i < c->n_section; i++) {
        const struct conf_section *s = &c->section[i];
        fprintf(f, ".SS [%s]\n", s->name);
        put_roff(f, s->help);
        fputc('\n', f);
        for (int k = 0; k < s->n_key; k++) {
            conf_value_expected(&s->key[k], expected, sizeof expected);
            fprintf(f, ".TP\n.B %s\n", s->key[k].name);
            put_roff(f, s->key[k].help);
            fputs("\n.br\n", f);
            put_roff(f, expected);
            fputs("; default: ", f);
            put_roff(f, default_words(&s->key[k]));
            fputc('\n', f);
        }
    }
}

/* ---- what ran ---- */

static void value_json(const struct conf_key *key, const void *target, struct js *section)
{
    const char *at = (const char *)target + key->at;
    switch (key->type) {
    case CONF_INT:
        js_int(section, key->name, *(const int *)at);
        break;
    case CONF_DOUBLE:
        js_double(section, key->name, *(const double *)at);
        break;
    case CONF_BOOL:
        js_bool(section, key->name, *(const bool *)at);
        break;
    case CONF_STRING:
        js_string(section, key->name, *(char *const *)at);
        break;
    case CONF_INTS:
        js_ints(section, key->name, (size_t)key->count, (const int *)at);
        break;
    case CONF_DOUBLES:
        js_doubles(section, key->name, (size_t)key->count, (const double *)at);
        break;
    case CONF_CHOICE:
        js_string(section, key->name, key->choice[*(const int *)at]);
        break;
    }
}

void conf_json(const struct conf *c, struct js *object, const char *key)
{
    struct js *all = js_object(object, key);
    for (int i = 0; i < c->n_section; i++) {
        const struct conf_section *s = &c->section[i];
        struct js *section = js_object(all, s->name);
        for (int k = 0; k < s->n_key; k++) {
            if (c->value[i][k].text)
                value_json(&s->key[k], s->target, section);
            else
                js_null(section, s->key[k].name);
        }
    }
    struct js *given = js_array(all, "given");
    for (int i = 0; i < c->n_section; i++)
        for (int k = 0; k < c->section[i].n_key; k++)
            if (c->value[i][k].line || c->value[i][k].from_option) {
                char name[128];
                snprintf(name, sizeof name, "%s.%s", c->section[i].name, c->section[i].key[k].name);
                js_string(given, NULL, name);
            }
}
