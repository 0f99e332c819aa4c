// SPDX-License-Identifier: BSD-3-Clause
/* extxyz_comment.c - the key=value pairs of an extxyz comment line. */
#include "host/structure/extxyz.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/structure/cell.h"

enum { MAX_NUMBERS = 9 };

/* One key=value pair: where it stands in the line, and key and value without quotes and escapes (value NULL:
 * a bare key). */
struct pair {
    const char *begin, *end;
    char *key, *value;
};

struct comment {
    const struct text *text;
    const char *at;
    char *room; /* keys and values are written here; never longer than the line */
    bool seen_lattice, seen_pbc, seen_stress;
    double stress[6]; /* ASE's sign */
};

/* Copy one word, up to a blank (or '=' in a key) outside quotes, to *room. NULL: a quote is not closed. */
static char *take_word(struct comment *c, bool is_key)
{
    static const char open[] = "\"'{[", close[] = "\"'}]";
    char *word = c->room, closing = '\0';
    for (; *c->at; c->at++) {
        const char *kind = closing ? NULL : strchr(open, *c->at);
        if (*c->at == '\\' && c->at[1])
            *c->room++ = *++c->at;
        else if (closing && *c->at == closing)
            closing = '\0';
        else if (kind)
            closing = close[kind - open];
        else if (!closing && (isspace((unsigned char)*c->at) || (is_key && *c->at == '=')))
            break;
        else
            *c->room++ = *c->at;
    }
    *c->room++ = '\0';
    return closing ? NULL : word;
}

static void skip_blanks(struct comment *c)
{
    while (isspace((unsigned char)*c->at))
        c->at++;
}

/* The next pair; key NULL at the end of the line. */
static kd_status next_pair(struct comment *c, struct pair *p)
{
    memset(p, 0, sizeof *p);
    skip_blanks(c);
    p->begin = c->at;
    if (!*c->at)
        return KD_OK;
    p->key = take_word(c, true);
    p->end = c->at;
    skip_blanks(c);
    if (p->key && *c->at == '=') {
        c->at++;
        skip_blanks(c);
        p->value = take_word(c, false);
        p->end = c->at;
        if (!p->value)
            return text_error(c->text, "quote not closed in the value of %.40s, expected key=\"value\"",
                              p->key);
    }
    if (!p->key)
        return text_error(c->text, "quote not closed in the comment line, expected key=\"value\"");
    if (!*p->key)
        return text_error(c->text, "a value without a key in the comment line, expected key=value");
    return KD_OK;
}

/* Numbers separated by blanks or commas; there must be n, or fewer: n_other. number[n]; the count goes to
 * *found. */
static kd_status take_numbers(const struct comment *c, const struct pair *p, int n, int n_other,
                              double *number, int *found)
{
    char shown[48], *at = p->value;
    *found = 0;
    for (char *comma = p->value; comma && *comma; comma++)
        if (*comma == ',')
            *comma = ' ';
    for (char *token; at && (token = text_token(&at)); ++*found)
        if (*found >= n || !number_double(token, &number[*found]))
            return text_error(c->text, "%s has \"%s\", expected %d numbers", p->key, text_show(shown, token),
                              n);
    if (*found != n && *found != n_other)
        return text_error(c->text, "%s has %d numbers, expected %d", p->key, *found, n);
    return KD_OK;
}

/* A symmetric tensor as 9 numbers (the halves are averaged) or as 6 in Voigt order xx yy zz yz xz xy. */
static kd_status take_tensor(const struct comment *c, const struct pair *p, double voigt[6])
{
    double t[MAX_NUMBERS];
    int found;
    TRY(take_numbers(c, p, 9, 6, t, &found));
    if (found == 6) {
        memcpy(voigt, t, 6 * sizeof *t);
        return KD_OK;
    }
    double full[6] = {t[0], t[4], t[8], 0.5 * (t[5] + t[7]), 0.5 * (t[2] + t[6]), 0.5 * (t[1] + t[3])};
    memcpy(voigt, full, sizeof full);
    return KD_OK;
}

static bool truth(const char *word, bool *value)
{
    static const char *yes[] = {"T", "True", "1"}, *no[] = {"F", "False", "0"};
    for (int i = 0; i < 3; i++)
        if (strcasecmp(word, yes[i]) == 0 || strcasecmp(word, no[i]) == 0) {
            *value = strcasecmp(word, yes[i]) == 0;
            return true;
        }
    return false;
}

static kd_status take_pbc(const struct comment *c, const struct pair *p, bool periodic[3])
{
    char shown[48], *word[3];
    text_show(shown, p->value ? p->value : "");
    int n = p->value ? text_split(p->value, word, 3) : 0;
    bool right = n == 3;
    for (int k = 0; k < 3 && right; k++)
        right = truth(word[k], &periodic[k]);
    if (!right)
        return text_error(c->text, "pbc=\"%s\", expected three of T and F", shown);
    return KD_OK;
}

/* Names that programs give to the same thing. Velocities are angstrom/fs, except ASE's momenta. */
static const struct {
    const char *name, *type;
    int n_column;
    enum extxyz_field field;
} known_property[] = {
    {"species", "S", 1, FIELD_SPECIES},   {"Z", "I", 1, FIELD_NUMBER},
    {"pos", "R", 3, FIELD_POSITION},      {"positions", "R", 3, FIELD_POSITION},
    {"forces", "R", 3, FIELD_FORCE},      {"force", "R", 3, FIELD_FORCE},
    {"vel", "R", 3, FIELD_VELOCITY},      {"velo", "R", 3, FIELD_VELOCITY},
    {"velocity", "R", 3, FIELD_VELOCITY}, {"velocities", "R", 3, FIELD_VELOCITY},
    {"momenta", "R", 3, FIELD_MOMENTUM},  {"mass", "R", 1, FIELD_MASS},
    {"masses", "R", 1, FIELD_MASS},
};

static kd_status take_property(const struct text *t, const char *name, const char *type, const char *count,
                               struct extxyz_layout *layout)
{
    char shown[48];
    int n, p = layout->n_property;
    if (p == EXTXYZ_MAX_PROPERTY)
        return text_error(t, "Properties has more than %d entries, expected fewer", EXTXYZ_MAX_PROPERTY);
    if (!count || !number_int(count, &n) || n < 1 || strlen(type) != 1 || !strchr("RISL", *type))
        return text_error(t, "Properties entry \"%s\", expected name:R|I|S|L:columns",
                          text_show(shown, name));
    layout->field[p] = FIELD_SKIPPED;
    layout->n_column[p] = n;
    layout->n_property++;
    for (size_t i = 0; i < sizeof known_property / sizeof *known_property; i++) {
        if (strcmp(name, known_property[i].name) != 0)
            continue;
        if (strcmp(type, known_property[i].type) != 0 || n != known_property[i].n_column)
            return text_error(t, "Properties has %s:%s:%d, expected %s:%s:%d", name, type, n, name,
                              known_property[i].type, known_property[i].n_column);
        layout->field[p] = known_property[i].field;
        if (layout->has[layout->field[p]])
            return text_error(t, "Properties names %s twice, expected once", name);
        layout->has[layout->field[p]] = true;
    }
    return KD_OK;
}

static kd_status take_properties(const struct comment *c, const struct pair *p, struct extxyz_layout *layout)
{
    memset(layout, 0, sizeof *layout);
    layout->declared = true;
    for (char *rest = p->value; rest;) {
        char *name = strsep(&rest, ":"), *type = rest ? strsep(&rest, ":") : NULL,
             *count = rest ? strsep(&rest, ":") : NULL;
        TRY(take_property(c->text, name, type ? type : "", count, layout));
    }
    const bool *has = layout->has;
    if (!has[FIELD_POSITION] || !(has[FIELD_SPECIES] || has[FIELD_NUMBER]))
        return text_error(c->text, "Properties lacks %s, expected at least species:S:1:pos:R:3",
                          has[FIELD_POSITION] ? "species" : "pos");
    if (has[FIELD_VELOCITY] && has[FIELD_MOMENTUM])
        return text_error(c->text, "Properties has both velocities and momenta, expected one of them");
    return KD_OK;
}

static kd_status keep_info(const struct pair *p, char **info)
{
    size_t used = *info ? strlen(*info) + 1 : 0, length = (size_t)(p->end - p->begin);
    char *longer = realloc(*info, used + length + 1);
    if (!longer)
        FAIL(KD_ENOMEM, "structure: no memory");
    *info = longer;
    if (used)
        longer[used - 1] = ' ';
    memcpy(longer + used, p->begin, length);
    longer[used + length] = '\0';
    return KD_OK;
}

static kd_status take_pair(struct comment *c, struct pair *p, struct structure *s,
                           struct extxyz_layout *layout)
{
    static const char *known[] = {"Lattice", "Properties", "pbc", "energy", "virial", "stress"};
    bool *seen[] = {&c->seen_lattice, &layout->declared, &c->seen_pbc,
                    &s->has_energy,   &s->has_virial,    &c->seen_stress};
    int k = 0, found;
    while (k < 6 && strcasecmp(p->key, known[k]) != 0)
        k++;
    if (k == 6)
        return keep_info(p, &s->info);
    if (*seen[k])
        return text_error(c->text, "%s given twice, expected once", known[k]);
    *seen[k] = true;
    switch (k) {
    case 0:
        return take_numbers(c, p, 9, 9, &s->cell[0][0], &found);
    case 1:
        return take_properties(c, p, layout);
    case 2:
        return take_pbc(c, p, s->periodic);
    case 3:
        return take_numbers(c, p, 1, 1, &s->energy, &found);
    case 4:
        return take_tensor(c, p, s->virial);
    default:
        return take_tensor(c, p, c->stress);
    }
}

static kd_status take_pairs(struct comment *c, struct structure *s, struct extxyz_layout *layout)
{
    struct pair p;
    for (;;) {
        TRY(next_pair(c, &p));
        if (!p.key)
            break;
        TRY(take_pair(c, &p, s, layout));
    }
    if (!c->seen_lattice && (!c->seen_pbc || s->periodic[0] || s->periodic[1] || s->periodic[2]))
        return text_error(
            c->text,
            "no cell, expected Lattice=\"a1x a1y a1z a2x ...\" (or pbc=\"F F F\" for an isolated cluster)");
    if (c->seen_stress && !s->has_virial) {
        if (!c->seen_lattice)
            return text_error(c->text, "stress of an isolated cluster, expected virial");
        double volume = cell_volume((const double(*)[3])s->cell);
        for (int v = 0; v < 6; v++)
            s->virial[v] = -volume * c->stress[v];
        s->has_virial = true;
    }
    return KD_OK;
}

kd_status extxyz_comment(const struct text *t, const char *line, struct structure *s,
                         struct extxyz_layout *layout)
{
    *layout =
        (struct extxyz_layout){.n_property = 2, .field = {FIELD_SPECIES, FIELD_POSITION}, .n_column = {1, 3}};
    layout->has[FIELD_SPECIES] = layout->has[FIELD_POSITION] = true;
    char *room = malloc(2 * strlen(line) + 2); /* every word gains a NUL for the blank or '=' that ended it */
    if (!room)
        FAIL(KD_ENOMEM, "%s: no memory", t->name);
    struct comment c = {.text = t, .at = line, .room = room};
    kd_status status = take_pairs(&c, s, layout);
    free(room);
    return status;
}
