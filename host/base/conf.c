// SPDX-License-Identifier: BSD-3-Clause
/* conf.c - INI files, line by line through inih, with the line of every mistake. */
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/conf_value.h"
#include "host/base/text.h"

static const size_t FILE_LIMIT = 4000000;
enum { LINE_LIMIT = 190, VALUE_LIMIT = 16384 }; /* inih cuts lines at 200 bytes in silence: refused before */

struct reading {
    struct conf *c;
    struct text text;
    kd_status status;
    int failed_line;
    int pending[2], pending_line; /* the key whose value may go on in the next line; line 0 for none */
    bool continues;               /* the line last given starts with a blank: inih takes it for more of the value */
    char value[VALUE_LIMIT];
};

static void place_of(const struct reading *r, int line, char place[512])
{
    snprintf(place, 512, "%s:%d", r->text.name, line);
}

static bool failed(struct reading *r, kd_status status, int line)
{
    if (status != KD_OK && r->status == KD_OK) {
        r->status = status;
        r->failed_line = line;
    }
    return r->status != KD_OK;
}

static void settle_pending(struct reading *r)
{
    char place[512];
    if (r->pending_line == 0 || r->status != KD_OK)
        return;
    place_of(r, r->pending_line, place);
    failed(r, conf_assign(r->c, place, r->pending, r->value, false), r->pending_line);
    r->pending_line = 0;
}

/* A # behind a blank starts a comment, as ; does in inih itself. */
static void cut_comment(char *line)
{
    for (char *c = line; *c; c++)
        if (*c == '#' && (c == line || c[-1] == ' ' || c[-1] == '\t')) {
            *c = '\0';
            return;
        }
}

/* inih asks for the next line here; the section headers are looked at on the way, since empty ones are never reported. */
static char *give_line(char *str, int size, void *stream)
{
    struct reading *r = stream;
    char place[512];
    char *line = r->status == KD_OK ? text_next(&r->text) : NULL;
    if (!line)
        return NULL;
    int at = r->text.at;
    place_of(r, at, place);
    cut_comment(line);
    r->continues = r->pending_line && (line[0] == ' ' || line[0] == '\t');
    if (strlen(line) > LINE_LIMIT || (int)strlen(line) + 2 > size) {
        failed(r, kd_fail(KD_EINPUT, "%s: %zu bytes, expected at most %d; go on in an indented line", place,
                          strlen(line), LINE_LIMIT), at);
        return NULL;
    }
    strcpy(str, line);
    strcat(str, "\n");
    char *start = text_trim(line), *end = strchr(start, ']');
    if (*start == '[' && end && !r->continues) {
        settle_pending(r);
        *end = '\0';
        if (r->status == KD_OK && conf_find_section(r->c, start + 1) < 0)
            failed(r, conf_unknown_section(r->c, place, start + 1), at);
    }
    return str;
}

static kd_status go_on(struct reading *r, const char *more, const char *place)
{
    if (strchr(more, '=') || more[0] == '[')
        FAIL(KD_EINPUT, "%s: an indented line goes on the value above, expected a key or section without blanks before it", place);
    if (strlen(r->value) + strlen(more) + 2 > sizeof r->value)
        FAIL(KD_EINPUT, "%s: a value over %d bytes, expected a shorter one", place, VALUE_LIMIT);
    if (r->value[0])
        strcat(r->value, " ");
    strcat(r->value, more);
    return KD_OK;
}

static kd_status begin_value(struct reading *r, const char *place, const char *section, const char *key,
                             const char *text)
{
    int at[2];
    if (!section[0])
        FAIL(KD_EINPUT, "%s: \"%s\" before any section, expected [section] first", place, key);
    TRY(conf_find(r->c, place, section, key, at));
    struct conf_value *value = &r->c->value[at[0]][at[1]];
    if (value->line)
        FAIL(KD_EINPUT, "%s: %s.%s given twice, expected once (first in line %d)", place, section, key, value->line);
    value->line = r->text.at;
    memcpy(r->pending, at, sizeof at);
    r->pending_line = r->text.at;
    snprintf(r->value, sizeof r->value, "%s", text);
    return KD_OK;
}

static int take_pair(void *user, const char *section, const char *key, const char *text)
{
    struct reading *r = user;
    char place[512];
    if (r->status != KD_OK)
        return 0;
    place_of(r, r->text.at, place);
    if (r->continues)
        return !failed(r, go_on(r, text, place), r->text.at);
    settle_pending(r);
    if (r->status == KD_OK)
        failed(r, begin_value(r, place, section, key, text), r->text.at);
    return r->status == KD_OK;
}

static kd_status read_text(struct reading *r)
{
    int line = ini_parse_stream(give_line, r, take_pair, r);
    settle_pending(r);
    if (line > 0 && (r->status == KD_OK || line < r->failed_line))
        FAIL(KD_EINPUT, "%s:%d: neither [section] nor key = value", r->text.name, line);
    if (line < 0)
        FAIL(KD_ENOMEM, "%s: no host memory", r->text.name);
    return r->status;
}

/* Takes the text over. */
static kd_status read_into(struct conf *c, struct text *text)
{
    struct reading *r = calloc(1, sizeof *r);
    kd_status status;
    if (r) {
        r->c = c;
        r->text = *text;
        status = read_text(r);
        text_free(&r->text);
    } else {
        text_free(text);
        status = kd_fail(KD_ENOMEM, "configuration: no host memory");
    }
    free(r);
    return status;
}

kd_status conf_read(struct conf *c, const char *path)
{
    struct text text;
    TRY(text_read(path, FILE_LIMIT, &text));
    return read_into(c, &text);
}

kd_status conf_parse(struct conf *c, const char *name, const char *bytes, size_t length)
{
    struct text text;
    TRY(text_from(name, bytes, length, &text));
    return read_into(c, &text);
}
