// SPDX-License-Identifier: BSD-3-Clause
/* text.c - text files read whole, cut into lines and tokens. */
#include "host/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const size_t DEFAULT_LIMIT = 2000000000;
static const char BLANKS[] = " \t\r\v\f";

/* Count lines, cut them, refuse what is no text. content[length] is a NUL already. */
static kd_status cut_lines(struct text *t)
{
    char *start = t->content, *end = t->content + t->length;
    if (t->length >= 3 && memcmp(start, "\xEF\xBB\xBF", 3) == 0)
        start += 3;
    int n = 0;
    for (const char *at = start; at < end; at++) {
        if (*at == '\0')
            FAIL(KD_EINPUT, "%s:%d: a NUL byte, expected text", t->name, n + 1);
        n += *at == '\n';
    }
    n += start < end && end[-1] != '\n';
    t->line = malloc(((size_t)n + 1) * sizeof *t->line);
    if (!t->line)
        FAIL(KD_ENOMEM, "%s: no host memory for %d lines", t->name, n);
    for (t->n_line = 0; t->n_line < n; t->n_line++) {
        char *newline = memchr(start, '\n', (size_t)(end - start));
        char *stop = newline ? newline : end;
        t->line[t->n_line] = start;
        start = stop + 1;
        *stop = '\0';
        if (stop > t->line[t->n_line] && stop[-1] == '\r')
            stop[-1] = '\0';
    }
    return KD_OK;
}

kd_status text_from(const char *name, const char *bytes, size_t length, struct text *out)
{
    memset(out, 0, sizeof *out);
    out->name = strdup(name);
    out->content = malloc(length + 1);
    kd_status status = KD_OK;
    if (!out->name || !out->content)
        FAIL_OUT(KD_ENOMEM, "%s: no host memory for %zu bytes", name, length);
    if (length)
        memcpy(out->content, bytes, length);
    out->content[length] = '\0';
    out->length = length;
    TRY_OUT(cut_lines(out));
    return KD_OK;
out:
    text_free(out);
    return status;
}

/* The stream to its end; works for pipes too, whose size nobody knows. */
static kd_status read_all(FILE *f, size_t limit, struct text *t)
{
    size_t room = 1 << 16, n;
    struct stat s;
    if (fstat(fileno(f), &s) == 0 && S_ISREG(s.st_mode) && s.st_size > 0)
        room = (size_t)s.st_size < limit ? (size_t)s.st_size + 1 : limit + 1;
    for (;;) {
        char *grown = realloc(t->content, room + 1);
        if (!grown)
            FAIL(KD_ENOMEM, "%s: no host memory for %zu bytes", t->name, room);
        t->content = grown;
        n = fread(t->content + t->length, 1, room - t->length, f);
        t->length += n;
        if (t->length > limit)
            FAIL(KD_EINPUT, "%s: larger than %zu bytes, expected a smaller file", t->name, limit);
        if (t->length < room)
            break;
        room *= 2;
    }
    if (ferror(f))
        FAIL(KD_EIO, "%s: cannot read, %s", t->name, strerror(errno));
    t->content[t->length] = '\0';
    return KD_OK;
}

kd_status text_read(const char *path, size_t limit, struct text *out)
{
    memset(out, 0, sizeof *out);
    struct stat s;
    if (stat(path, &s) == 0 && S_ISDIR(s.st_mode))
        FAIL(KD_EINPUT, "%s: a directory, expected a file", path);
    FILE *f = fopen(path, "rb");
    if (!f)
        FAIL(errno == ENOMEM ? KD_ENOMEM : KD_EINPUT, "%s: cannot open, %s", path, strerror(errno));
    kd_status status = KD_OK;
    out->name = strdup(path);
    if (!out->name)
        FAIL_OUT(KD_ENOMEM, "%s: no host memory", path);
    TRY_OUT(read_all(f, limit ? limit : DEFAULT_LIMIT, out));
    TRY_OUT(cut_lines(out));
out:
    fclose(f);
    if (status != KD_OK)
        text_free(out);
    return status;
}

void text_free(struct text *t)
{
    free(t->name);
    free(t->content);
    free(t->line);
    memset(t, 0, sizeof *t);
}

char *text_next(struct text *t)
{
    return t->at < t->n_line ? t->line[t->at++] : NULL;
}

void text_back(struct text *t)
{
    if (t->at > 0)
        t->at--;
}

kd_status text_error(const struct text *t, const char *format, ...)
{
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    FAIL(KD_EINPUT, "%s:%d: %s", t->name, t->at > 0 ? t->at : 1, what);
}

char *text_token(char **at)
{
    char *token = *at + strspn(*at, BLANKS);
    if (!*token)
        return NULL;
    char *end = token + strcspn(token, BLANKS);
    *at = *end ? end + 1 : end;
    *end = '\0';
    return token;
}

int text_split(char *line, char **token, int max)
{
    int n = 0;
    char *at = line;
    while (n < max && (token[n] = text_token(&at)))
        n++;
    if (n == max) /* count the rest without touching it */
        for (at += strspn(at, BLANKS); *at; at += strspn(at, BLANKS), n++)
            at += strcspn(at, BLANKS);
    return n;
}

char *text_trim(char *s)
{
    s += strspn(s, BLANKS);
    char *end = s + strlen(s);
    while (end > s && strchr(BLANKS, end[-1]))
        end--;
    *end = '\0';
    return s;
}

bool text_blank(const char *line, char comment)
{
    line += strspn(line, BLANKS);
    return *line == '\0' || (comment && *line == comment);
}

char *text_show(char shown[48], const char *s)
{
    size_t n = 0;
    for (; s[n] && n < 40; n++)
        shown[n] = (unsigned char)s[n] < 32 || s[n] == 127 ? '?' : s[n];
    while (s[n] && n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80) /* not through a UTF-8 character */
        n--;
    strcpy(shown + n, s[n] ? "..." : "");
    return shown;
}
