// SPDX-License-Identifier: BSD-3-Clause
/* text.h - text files read whole, cut into lines and tokens, and numbers read strictly.
 *
 *     struct text t;
 *     TRY(text_read(path, 0, &t));
 *     for (char *line; (line = text_next(&t));) {
 *         char *token[8];
 *         int n = text_split(line, token, 8);
 *         if (n < 4 || !number_double(token[1], &x))
 *             TRY_OUT(text_error(&t, "\"%s\", expected species x y z", text_show(shown, token[1])));
 *     } */
#ifndef KD_TEXT_H
#define KD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels/status.h"

/* A whole file. Lines end with a newline or CR LF (both are taken off) and are NUL-terminated in place; they may be
 * changed. A UTF-8 byte order mark at the start is skipped. */
struct text {
    char *name;     /* for messages: the path as given */
    char *content;  /* [length + 1] */
    size_t length;  /* bytes of the file */
    char **line;    /* [n_line] */
    int n_line;
    int at;         /* lines given so far by text_next: the number, from 1, of the line last given */
};

/* Read `path` whole. limit: largest size in bytes, 0 for 2 GB. KD_EINPUT: no such file, a directory, too large, a NUL
 * byte inside; KD_EIO: a read error; KD_ENOMEM. "-" is not special. */
kd_status text_read(const char *path, size_t limit, struct text *out);
/* The same from memory (tests, fuzzing); `bytes` is copied. */
kd_status text_from(const char *name, const char *bytes, size_t length, struct text *out);
void text_free(struct text *t); /* a zeroed struct is fine */

/* The next line, or NULL at the end. text_back gives the last line again. */
char *text_next(struct text *t);
void text_back(struct text *t);

/* Record "name:line: <format>" for the line last given (line 1 before the first) and return KD_EINPUT. */
kd_status text_error(const struct text *t, const char *format, ...) KD_PRINTF(2, 3);

/* Cut at blanks (space, tab, CR, VT, FF), in place. token[0..max-1] are the first tokens; returns how many there are in
 * all, which may be more than max: the tokens beyond stay unchanged behind the last NUL. */
int text_split(char *line, char **token, int max);
/* One token after the other: the next token, NULL at the end; *at moves behind it. */
char *text_token(char **at);
/* Take blanks off both ends, in place. */
char *text_trim(char *s);
/* Is the line empty, blank, or a comment that starts with `comment` ('\0' for none)? */
bool text_blank(const char *line, char comment);

/* A foreign string fit for a message: control bytes as '?', at most 40 bytes, "..." when cut. Returns shown. */
char *text_show(char shown[48], const char *s);

/* Strict numbers: the whole token, decimal, in range; "nan", "inf", "0x1p3", "1e999", "" and " 1" are refused and leave
 * *value alone. Independent of the locale. */
bool number_double(const char *token, double *value);
bool number_fortran(const char *token, double *value); /* also 1.0D-3, 1.0d-3 */
bool number_int(const char *token, int *value);
bool number_long(const char *token, long long *value);

/* The shortest of %.15g, %.16g, %.17g that reads back as the same double. Returns s. Independent of the locale. */
char *number_write(char s[32], double value);

#endif
